/** Discord, whole: how people reach the desk from there, and how the outbox reaches them. */
import { type Client, GatewayDispatchEvents, type REST } from "discord.js";
import type { ChatDesk, PlatformAdapter, PlatformReader } from "../../src/desk/chat.ts";
import { onceEach } from "../../src/desk/once-each.ts";
import type { Log } from "../../src/desk/ports.ts";
import { type After, within } from "../../src/desk/timing.ts";
import { type Agents, createAgents } from "./agents.ts";
import { ChannelPace } from "./channel-pace.ts";
import { closeLeftOpen } from "./closed-threads.ts";
import { registerCommands } from "./commands.ts";
import { type Context, type Identity, platform } from "./context.ts";
import { createDirectThreads, type DirectThreads } from "./direct-threads.ts";
import { Editions } from "./editions.ts";
import { DiscordFault, failureOf } from "./errors.ts";
import { createGateway, type Gateway, type GatewayState, type ShardNews } from "./gateway.ts";
import { createGuilds, type Guilds } from "./guilds.ts";
import { createHearing, type Hearing } from "./hearing.ts";
import { cannotRead, readsMessages, whoAreWe } from "./identity.ts";
import { InTouch } from "./in-touch.ts";
import { onInteraction } from "./listeners.ts";
import { createOpenings, type Openings } from "./openings.ts";
import { OutOfSight } from "./out-of-sight.ts";
import { createDiscordPlatform } from "./platform.ts";
import { createRest } from "./rest.ts";
import { createWatch, inWords, type Watch } from "./watch.ts";

export interface DiscordParts {
  token: string;
  /** Discord's own when undefined. */
  apiUrl?: string | undefined;
  /** Users and roles who are agents; without any, whoever may write in a triage channel. */
  agents: readonly string[] | undefined;
  triageChannels: readonly string[];
  log: Log;
  now(): number;
  after: After;
  /** Told each time that Discord asks to wait, for so many ms. */
  onRateLimit?: (waitMs: number) => void;
  /** Whether this process may post at this moment; it always may when left out. */
  mayPost?: (() => boolean) | undefined;
}

export interface Discord {
  readonly platform: PlatformAdapter & PlatformReader;
  /**
   * Connects, and goes on trying until it can. Resolves when it has, or when the first try failed:
   * what is wrong then is in `problems`.
   */
  start(desk: ChatDesk): Promise<void>;
  stop(): Promise<void>;
  /** What keeps it from working, each as a sentence. */
  problems(): string[];
}

export function createDiscord(parts: DiscordParts): Discord {
  return new DiscordAdapter(parts);
}

const tryAgainMs = 10_000;
const registerAgainMs = 60_000;
const firstLookMs = 1_000;

class DiscordAdapter implements Discord {
  readonly platform: PlatformAdapter & PlatformReader;
  readonly #parts: DiscordParts;
  readonly #pace: ChannelPace;
  readonly #rest: REST;
  readonly #guilds: Guilds;
  readonly #openings: Openings;
  readonly #watch: Watch;
  readonly #agents: Agents;
  readonly #direct: DirectThreads;
  readonly #editions = new Editions();
  readonly #touch: InTouch;
  readonly #outOfSight: OutOfSight;
  #context: Context | undefined;
  #hearing: Hearing | undefined;
  #gateway: Gateway | undefined;
  /** The latest that was connected: until another is, it knows the servers best. */
  #client: Client | undefined;
  #notConnected: string | undefined = "Discord: not connected yet";
  #notRegistered: string | undefined;
  #hasBegun = false;
  /** There is a connection, or it is known why there is none. */
  readonly #firstTry: Promise<void>;
  #tried: () => void = () => undefined;
  readonly #cancels = new Set<() => void>();
  #stopped = false;

  constructor(parts: DiscordParts) {
    this.#parts = parts;
    this.#firstTry = new Promise((resolve) => {
      this.#tried = resolve;
    });
    const { token, apiUrl, log, now, after, agents, triageChannels: channels } = parts;
    this.#pace = new ChannelPace(now);
    const { onRateLimit, mayPost } = parts;
    const rest = createRest({ token, apiUrl, onRateLimit, mayPost, pace: this.#pace });
    const guilds = createGuilds(() => this.#client ?? this.#gateway?.client);
    this.#rest = rest;
    this.#guilds = guilds;
    this.#openings = createOpenings({ now });
    this.#watch = createWatch({ rest, guilds, channels, log, after });
    this.#agents = createAgents({ rest, guilds, after, agents, triageChannels: channels });
    this.#direct = createDirectThreads({ rest, self: () => this.#identity().user });
    this.#touch = new InTouch(now);
    const onBack = (sinceMs: number) => this.#mayHaveMissed(sinceMs);
    this.#outOfSight = new OutOfSight({ guilds, channels, now, after, onBack });
    this.platform = this.#createPlatform();
  }

  #createPlatform(): PlatformAdapter & PlatformReader {
    const { apiUrl, log, now } = this.#parts;
    const { opened: onOpened, failed: onFailed } = this.#openings;
    return createDiscordPlatform({
      ...{ rest: this.#rest, guilds: this.#guilds, agents: this.#agents, direct: this.#direct },
      ...{ apiUrl, log, now, onOpened, onFailed, editions: this.#editions, pace: this.#pace },
      identity: () => this.#identity(),
      heardUntil: () => this.#heardUntil(),
    });
  }

  /** What was told, but is not durable yet, has not been heard. */
  #heardUntil(): number | undefined {
    const told = this.#touch.heardUntil();
    if (told === undefined) return undefined;
    const bounds = [this.#hearing?.takenUntil(), this.#outOfSight.since()];
    return Math.min(told, ...bounds.filter((each) => each !== undefined));
  }

  #mayHaveMissed(sinceMs: number | undefined): void {
    const { desk } = this.#context ?? {};
    if (sinceMs === undefined) desk?.mayHaveMissed(platform);
    else desk?.mayHaveMissed(platform, sinceMs);
  }

  #identity(): Identity {
    if (this.#context) return this.#context.us;
    throw new DiscordFault("NOT_CONNECTED", "It is not known yet whose token this is");
  }

  async start(desk: ChatDesk): Promise<void> {
    await this.#connect(desk);
    await this.#firstTry;
  }

  /** Never rejects; what comes of it is told later. */
  async #connect(desk: ChatDesk): Promise<void> {
    if (this.#stopped) return;
    try {
      const us = await whoAreWe(this.#rest);
      if (!(await readsMessages(this.#rest))) return this.#failed(desk, cannotRead);
      this.#context ??= this.#contextFor(desk, us);
      this.#hearing ??= createHearing(this.#context, {
        direct: this.#direct,
        editions: this.#editions,
      });
      this.#open(desk, this.#context, this.#hearing);
    } catch (err) {
      this.#failed(desk, failureOf(err).reason, err);
    }
  }

  #contextFor(desk: ChatDesk, us: Identity): Context {
    const { log, now, after } = this.#parts;
    const [rest, guilds, openings] = [this.#rest, this.#guilds, this.#openings];
    const agents = this.#agents;
    return { desk, rest, guilds, agents, openings, us, log, now, after, once: onceEach() };
  }

  #open(desk: ChatDesk, context: Context, hearing: Hearing): void {
    if (this.#stopped) return;
    const { token, apiUrl, log, after } = this.#parts;
    const onDispatch = (name: string, data: unknown) => {
      this.#watch.heard(name);
      this.#outOfSight.heard(name, data);
      if (name === GatewayDispatchEvents.InteractionCreate) void onInteraction(context, data);
      else hearing.heard(name, data);
    };
    const onState = (state: GatewayState) => this.#changed(desk, context, gateway, state);
    const onShard = (news: ShardNews) => this.#learn(news);
    const gateway = createGateway({ token, apiUrl, log, after, onDispatch, onShard, onState });
    this.#gateway = gateway;
    void gateway.open();
  }

  #learn(told: ShardNews): void {
    const { shard } = told;
    switch (told.news) {
      case "began":
        this.#mayHaveMissed(this.#touch.began(shard));
        break;
      case "resumed":
        this.#touch.resumed(shard);
        break;
      case "lost":
        this.#touch.lost(shard);
        break;
      case "heartbeat":
        this.#touch.heartbeat(shard, told.latencyMs);
        break;
      case "servers":
        this.#outOfSight.missing(told.unavailable);
    }
  }

  #changed(desk: ChatDesk, context: Context, gateway: Gateway, state: GatewayState): void {
    switch (state.state) {
      case "connected":
        this.#touch.whole();
        if (this.#hasBegun && this.#notConnected !== undefined)
          this.#parts.log.info({ was: this.#notConnected }, "Discord is connected again");
        this.#notConnected = undefined;
        this.#client = gateway.client;
        void this.#begin(context);
        break;
      case "lost":
        this.#notConnected = inWords(state.reason);
        this.#parts.log.warn({ problem: this.#notConnected }, "Discord is not connected");
        this.#tried();
        break;
      case "ended":
        this.#touch.ended();
        void gateway.close();
        this.#failed(desk, state.reason);
    }
  }

  #failed(desk: ChatDesk, reason: string, err?: unknown): void {
    if (this.#stopped) return;
    this.#notConnected = inWords(reason);
    this.#parts.log.error({ err, problem: this.#notConnected }, "Discord is not connected");
    this.#tried();
    this.#later(tryAgainMs, () => void this.#connect(desk));
  }

  /** Whoever started it is told what is wrong, if Discord says so soon; nothing waits for longer. */
  async #begin(context: Context): Promise<void> {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    const { us } = context;
    const { log, after } = this.#parts;
    void closeLeftOpen(context);
    const looked = Promise.all([this.#watch.start(), this.#register(us)]);
    await within(looked, { ms: firstLookMs, after, late: undefined });
    log.info({ name: us.name, servers: this.#guilds.all().length }, "Discord is on");
    this.#tried();
  }

  async #register(us: Identity): Promise<void> {
    const { log } = this.#parts;
    try {
      if ((await registerCommands(this.#rest, us.application)) === "registered")
        log.info({}, "Discord has the commands of this version now");
      this.#notRegistered = undefined;
    } catch (err) {
      this.#notRegistered = `Discord did not take the commands: ${failureOf(err).reason}`;
      log.error({ err, problem: this.#notRegistered }, "There are no commands in Discord");
      this.#later(registerAgainMs, () => void this.#register(us));
    }
  }

  #later(ms: number, act: () => void): void {
    if (this.#stopped) return;
    const cancel = this.#parts.after(ms, () => {
      this.#cancels.delete(cancel);
      act();
    });
    this.#cancels.add(cancel);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#tried();
    for (const cancel of this.#cancels) cancel();
    this.#watch.stop();
    this.#touch.ended();
    await this.#gateway?.close();
    await this.#hearing?.stop();
  }

  problems(): string[] {
    const own = [this.#notConnected, this.#notRegistered].filter((each) => each !== undefined);
    return [...own, ...this.#watch.problems()];
  }
}
