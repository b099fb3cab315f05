/** One WebSocket to Slack: https://docs.slack.dev/apis/events-api/using-socket-mode */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { SocketModeClient, type SocketModeOptions } from "@slack/socket-mode";
import { z } from "zod";
import type { Log } from "../../src/desk/ports.ts";
import { type After, within } from "../../src/desk/timing.ts";
import { sdkLog } from "./sdk-log.ts";

/** As the SDK hands it on. */
export interface Envelope {
  body: unknown;
  retry_num?: number | undefined;
  retry_reason?: string | undefined;
  /** Rejects when this connection is there no more. */
  ack(body?: unknown): Promise<void>;
}

export interface ConnectionParts {
  appToken: string;
  /** Slack's own when undefined. */
  apiUrl: string | undefined;
  /** In ms since 1970. */
  now: () => number;
  after: After;
  log: Log;
  take(envelope: Envelope): void;
}

/** How a connection ends: Slack asks for another one and still takes acks on this one, or it is gone. */
export type Ending = "asked to leave" | "gone";

const answerWithinMs = 10_000;
const helloWithinMs = 20_000;
const closeWithinMs = 2_000;

/** Nothing in it is tried again, and no other connection follows: that is for its owner. */
export class SocketConnection {
  readonly ending: Promise<Ending>;
  /** Also when it was asked to leave before. */
  readonly gone: Promise<void>;
  readonly #client: Client;
  readonly #after: After;
  readonly #now: () => number;
  #end: (ending: Ending) => void = () => undefined;
  #closed = false;
  #heardUntil = 0;
  #isLeaving = false;

  constructor(parts: ConnectionParts) {
    const { appToken, apiUrl, now, after, log, take } = parts;
    this.#after = after;
    this.#now = now;
    this.ending = new Promise((resolve) => {
      this.#end = resolve;
    });
    const options = {
      appToken,
      autoReconnectEnabled: false,
      logger: sdkLog(log, { quiet: true }),
      clientOptions: {
        retryConfig: { retries: 0 },
        rejectRateLimitedCalls: true,
        timeout: answerWithinMs,
        ...(apiUrl !== undefined && { slackApiUrl: apiUrl }),
      },
    };
    this.#client = new Client(options, { log, leave: () => this.#leave() });
    this.gone = new Promise((resolve) => {
      this.#client.once("disconnected", () => resolve());
    });
    this.#client.on("disconnected", () => this.#end("gone"));
    this.#client.on("slack_event", (envelope: Envelope) => take(envelope));
    this.#client.on("ws_message", () => this.#isAlive());
    this.#client.on("authenticated", ({ url }: { url: string }) => this.#watch(url));
    // It would go on to connect, once `apps.connections.open` is answered.
    this.#client.on("connecting", () => this.#closed && queueMicrotask(() => this.#hangUp()));
  }

  /** When Slack last gave a sign over it, and had not asked to leave, in ms since 1970. */
  get heardUntil(): number {
    return this.#heardUntil;
  }

  #isAlive(): void {
    if (!this.#isLeaving) this.#heardUntil = this.#now();
  }

  #leave(): void {
    this.#isLeaving = true;
    this.#end("asked to leave");
  }

  /**
   * The SDK sends pings all the time, and notices that none is answered only after a while. The channel
   * tells of every socket in the process:
   * https://github.com/nodejs/undici/blob/main/docs/docs/api/DiagnosticsChannel.md#undiciwebsocketpong
   */
  #watch(url: string): void {
    const { href } = new URL(url);
    const pong = (message: unknown) => {
      if (pongSchema.safeParse(message).data?.websocket.url === href) this.#isAlive();
    };
    subscribe(pongChannel, pong);
    void this.gone.then(() => unsubscribe(pongChannel, pong));
  }

  /** Resolves when Slack has said hello. Rejects with what the SDK throws, or a `NoHello`. */
  async open(): Promise<void> {
    const limit = { ms: helloWithinMs, after: this.#after, late: "late" as const };
    const opened = this.#client.start().catch((error: unknown) => {
      throw error ?? new NoHello();
    });
    const ended = this.ending.then(() => {
      throw new NoHello();
    });
    if ((await within(Promise.race([opened, ended]), limit)) !== "late") return;
    await this.close();
    throw new NoHello();
  }

  /** Also while it is still opening. */
  async close(): Promise<void> {
    this.#closed = true;
    const limit = { ms: closeWithinMs, after: this.#after, late: "late" as const };
    const gone = this.#hangUp();
    // Asked a second time, the SDK does not wait for Slack to say goodbye.
    if ((await within(gone, limit)) === "late") await this.#hangUp();
  }

  async #hangUp(): Promise<void> {
    await this.#client.disconnect();
  }
}

const pongChannel = "undici:websocket:pong";
const pongSchema = z.object({ websocket: z.object({ url: z.string() }) });

/** The connection ended, or nothing came, before Slack said hello. */
export class NoHello extends Error {
  override readonly name = "NoHello";
}

const goodbye = z.object({ type: z.literal("disconnect") });

interface Hooks {
  log: Log;
  leave(): void;
}

class Client extends SocketModeClient {
  readonly #hooks: Hooks;

  constructor(options: SocketModeOptions, hooks: Hooks) {
    super(options);
    this.#hooks = hooks;
  }

  /**
   * Told to go, the SDK would go at once, and nothing could be acked any more. What it cannot read
   * would end the process.
   */
  protected override async onWebSocketMessage(
    data: string | ArrayBuffer,
    isBinary: boolean,
  ): Promise<void> {
    if (isGoodbye(data)) {
      this.#hooks.leave();
      return;
    }
    try {
      await super.onWebSocketMessage(data, isBinary);
    } catch (err) {
      this.#hooks.log.warn({ err }, "Slack sent something that cannot be read");
    }
  }
}

function isGoodbye(data: string | ArrayBuffer): boolean {
  if (typeof data !== "string" || !data.includes('"disconnect"')) return false;
  try {
    return goodbye.safeParse(JSON.parse(data)).success;
  } catch {
    return false;
  }
}
