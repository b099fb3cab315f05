/** One WebSocket to Slack: https://docs.slack.dev/apis/events-api/using-socket-mode */
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
  readonly #client: Client;
  readonly #after: After;
  #end: (ending: Ending) => void = () => undefined;
  #closed = false;

  constructor(parts: ConnectionParts) {
    const { appToken, apiUrl, after, log, take } = parts;
    this.#after = after;
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
    this.#client = new Client(options, { log, leave: () => this.#end("asked to leave") });
    this.#client.on("disconnected", () => this.#end("gone"));
    this.#client.on("slack_event", (envelope: Envelope) => take(envelope));
    // It would go on to connect, once `apps.connections.open` is answered.
    this.#client.on("connecting", () => this.#closed && queueMicrotask(() => this.#hangUp()));
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
