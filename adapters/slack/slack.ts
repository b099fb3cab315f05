/** Slack, whole: how people reach the desk from there, and how the outbox reaches them. */
import type { App, Receiver } from "@slack/bolt";
import type { ChatDesk, PlatformAdapter, PlatformReader } from "../../src/desk/chat.ts";
import { onceEach } from "../../src/desk/once-each.ts";
import type { Log } from "../../src/desk/ports.ts";
import { type After, within } from "../../src/desk/timing.ts";
import { createBolt } from "./bolt.ts";
import { renderCard } from "./cards.ts";
import { type Context, platform } from "./context.ts";
import { createDirectory, type Directory } from "./directory.ts";
import { Editions } from "./editions.ts";
import { failureOf, SlackFault } from "./errors.ts";
import { incomingIn, lineIn } from "./handed-over.ts";
import { HeardUntil } from "./heard-until.ts";
import { type Identity, whoAreWe } from "./identity.ts";
import { listen } from "./listeners.ts";
import { createSlackPlatform } from "./platform.ts";
import { createHttpReceiver, type HttpReceiver } from "./receive-http.ts";
import { createSocketReceiver } from "./receive-socket.ts";
import { createWatch, type Watch } from "./watch.ts";
import { createWeb } from "./web.ts";

export interface SlackParts {
  botToken: string;
  /** With it, Socket Mode; else HTTP, which needs the secret. */
  appToken?: string | undefined;
  signingSecret?: string | undefined;
  /** Slack's own when undefined. */
  apiUrl?: string | undefined;
  /** Users and user groups who are agents; without any, whoever is in a triage channel. */
  agents: { users: readonly string[]; groups: readonly string[] } | undefined;
  triageChannels: readonly string[];
  log: Log;
  now(): number;
  after: After;
  /** From 0 to 1. */
  random(): number;
  /** Told each time that Slack asks to wait, for so many ms. */
  onRateLimit?: (waitMs: number) => void;
  /** Who keeps events durably for the process that takes them in; undefined: they are taken in here. */
  handOver?: ((told: object) => Promise<void> | undefined) | undefined;
  /** Who joins and leaves channels is told to another process. */
  isUntold?: boolean;
  /** Whether this process may post at this moment; it always may when left out. */
  mayPost?: (() => boolean) | undefined;
}

export interface Slack {
  readonly platform: PlatformAdapter & PlatformReader;
  /**
   * Connects, and goes on trying until it can. Resolves when it has, or when the first try failed:
   * what is wrong then is in `problems`.
   */
  start(desk: ChatDesk): Promise<void>;
  stop(): Promise<void>;
  /** Answers Slack's requests. In Socket Mode there are none. */
  readonly handle: ((request: Request) => Promise<Response>) | undefined;
  /** Takes in the JSON of what was handed over, by another process or by this one. Never rejects. */
  takeIn(content: string): Promise<"in" | "failed" | "not now">;
  /** What was handed over with the same line is to be taken in one after the other. */
  lineOf(content: string): string;
  /** What keeps it from working, each as a sentence. */
  problems(): string[];
}

export function createSlack(parts: SlackParts): Slack {
  return new SlackAdapter(parts);
}

const tryAgainMs = 10_000;
const firstLookMs = 1_000;
/** Who comes and goes is told to another process. */
const untoldListsKeptMs = 10_000;

class SlackAdapter implements Slack {
  readonly platform: PlatformAdapter & PlatformReader;
  readonly handle: Slack["handle"];
  readonly #take: HttpReceiver["take"] | undefined;
  readonly #parts: SlackParts;
  readonly #web;
  readonly #receiver: Receiver;
  readonly #watch: Watch;
  readonly #heard: HeardUntil;
  readonly #editions = new Editions();
  readonly #once = onceEach();
  #us: Identity | undefined;
  #directory: Directory | undefined;
  #app: App | undefined;
  #notConnected: string | undefined = "Slack: not connected yet";
  /** Over Socket Mode: there is a connection, or it is known why there is none. */
  readonly #firstTry: Promise<void>;
  #tried: () => void = () => undefined;
  #cancel: () => void = () => undefined;
  #stopped = false;

  constructor(parts: SlackParts) {
    this.#parts = parts;
    this.#firstTry = new Promise((resolve) => {
      this.#tried = resolve;
    });
    const { botToken: token, apiUrl, log, now, after, onRateLimit, mayPost } = parts;
    this.#web = createWeb({ token, apiUrl, log, onRateLimit, mayPost });
    const web = this.#web;
    this.#watch = createWatch({ web, channels: parts.triageChannels, log, after });
    this.#heard = new HeardUntil({ after });
    const wait = (ms: number) => new Promise<void>((resolve) => after(ms, resolve));
    this.platform = createSlackPlatform({
      ...{ web, token, apiUrl, renderCard, log, now, wait },
      ...{ heard: this.#heard, editions: this.#editions, once: this.#once },
      identity: () => this.#connected(this.#us),
      directory: () => this.#connected(this.#directory),
    });
    const [receiver, http] = this.#receiverFor();
    this.#receiver = receiver;
    this.handle = http && ((request) => http.handle(request));
    this.#take = http && ((incoming) => http.take(incoming));
  }

  #connected<T>(known: T | undefined): T {
    if (known) return known;
    throw new SlackFault("NOT_CONNECTED", "It is not known yet whose token this is");
  }

  #receiverFor(): [Receiver, HttpReceiver | undefined] {
    const { appToken, signingSecret, apiUrl, log, now, after, random } = this.#parts;
    const intake = { log, now, after, heard: this.#heard };
    if (appToken !== undefined) {
      const onState = (state: { connected: true } | { connected: false; reason: string }) => {
        this.#notConnected = state.connected ? undefined : `Slack: ${state.reason}`;
        this.#tried();
      };
      return [createSocketReceiver({ ...intake, appToken, apiUrl, random, onState }), undefined];
    }
    if (signingSecret === undefined)
      throw new Error("Slack needs an app token or a signing secret");
    const { handOver } = this.#parts;
    const receiver = createHttpReceiver({ ...intake, signingSecret, handOver });
    return [receiver, receiver];
  }

  async takeIn(content: string): Promise<"in" | "failed" | "not now"> {
    const incoming = incomingIn(content);
    if (!incoming || !this.#take) {
      this.#parts.log.error({}, "What was handed over is nothing of Slack's");
      return "in";
    }
    const answer = await this.#take(incoming);
    if (answer.acked || answer.why === "no listener") return "in";
    return answer.why === "closed" ? "not now" : "failed";
  }

  lineOf = (content: string): string => lineIn(incomingIn(content));

  async start(desk: ChatDesk): Promise<void> {
    try {
      const us = await whoAreWe(this.#web);
      await this.#connect(desk, us);
    } catch (err) {
      this.#notConnected = `Slack: ${failureOf(err).reason}`;
      this.#parts.log.error({ err, problem: this.#notConnected }, "Slack is not connected");
      if (!this.#stopped) this.#cancel = this.#parts.after(tryAgainMs, () => void this.start(desk));
    }
  }

  async #connect(desk: ChatDesk, us: Identity): Promise<void> {
    const { botToken, apiUrl, log, now, after, agents, triageChannels } = this.#parts;
    const { team, botId, botUserId } = us;
    const web = this.#web;
    const listsKeptMs = this.#parts.isUntold ? untoldListsKeptMs : undefined;
    const lists = { agents, triageChannels, listsKeptMs };
    const directory = createDirectory({ web, team, now, after, log, ...lists });
    const context: Context = { desk, web, directory, us, log, now, after, once: this.#once };
    const receiver = this.#receiver;
    const identity = { botToken, botId, botUserId, teamId: team };
    this.#us = us;
    this.#directory = directory;
    this.#heard.tells((sinceMs) => desk.mayHaveMissed(platform, sinceMs));
    this.#app = createBolt({ receiver, identity, apiUrl, log });
    const hearing = { watch: this.#watch, editions: this.#editions, heard: this.#heard };
    listen(this.#app, context, hearing);
    if (this.handle) this.#notConnected = undefined;
    await this.#app.start();
    if (!this.handle) await this.#firstTry;
    // Whoever started it is told what is wrong, if Slack says so soon; nothing waits for longer.
    const looked = this.#watch.start();
    await within(looked, { ms: firstLookMs, after, late: undefined });
    log.info({ team, url: us.url }, "Slack is on");
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#heard.stops();
    this.#tried();
    this.#cancel();
    this.#watch.stop();
    await this.#app?.stop();
  }

  problems(): string[] {
    const own = this.#notConnected === undefined ? [] : [this.#notConnected];
    return [...own, ...this.#watch.problems()];
  }
}
