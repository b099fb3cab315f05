/** Slack over Socket Mode: one connection, and another one whenever it ends. */
import type { Receiver } from "@slack/bolt";
import { z } from "zod";
import { Intake, type IntakeParts } from "./intake.ts";
import { type Ending, type Envelope, SocketConnection } from "./socket-connection.ts";
import { whyNotConnected } from "./socket-failures.ts";

export interface SocketParts extends IntakeParts {
  appToken: string;
  /** Slack's own when undefined. */
  apiUrl: string | undefined;
  /** From 0 to 1, as `Math.random`. */
  random: () => number;
  /** Told of every change. */
  onState(state: SocketState): void;
}

export type SocketState =
  | { connected: true }
  /** `reason` is for operators: what is wrong, and what to do where that is known. */
  | { connected: false; reason: string };

/** What was under way when Slack asked for another connection is acked on the old one. */
const retireAfterMs = 10_000;
/** A connection that lasts this long was a good one: the next failure is a first one again. */
const goodAfterMs = 60_000;
const longestPauseMs = 30_000;
const stopWithinMs = 5_000;

export function createSocketReceiver(parts: SocketParts): Receiver {
  return new SocketReceiver(parts);
}

class SocketReceiver implements Receiver {
  readonly #parts: SocketParts;
  readonly #intake: Intake;
  /** Each with what takes back that it is to be closed. */
  readonly #connections = new Map<SocketConnection, () => void>();
  /** Over which Slack may send, those that it has asked to leave included. */
  readonly #live = new Set<SocketConnection>();
  #state: SocketState = { connected: false, reason: "not connected to Slack yet" };
  #failures = 0;
  #running: Promise<void> | undefined;
  #stopping = false;
  #wake: () => void = () => undefined;

  constructor(parts: SocketParts) {
    this.#parts = parts;
    this.#intake = new Intake(parts);
  }

  init(app: Parameters<Receiver["init"]>[0]): void {
    this.#intake.open(app);
  }

  /** Resolves at once: whether there is a connection, `onState` tells. */
  async start(): Promise<void> {
    this.#running ??= this.#run();
  }

  /** Lets what is under way be acked, then closes every connection. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#wake();
    await this.#intake.close(stopWithinMs);
    await Promise.all([...this.#connections.keys()].map((each) => this.#close(each)));
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      const connection = this.#newConnection();
      try {
        await connection.open();
        await this.#keep(connection);
      } catch (error) {
        this.#connections.delete(connection);
        await this.#failed(error);
      }
    }
  }

  #newConnection(): SocketConnection {
    const take = (envelope: Envelope) => void this.#take(envelope);
    const connection = new SocketConnection({ ...this.#parts, take });
    this.#connections.set(connection, () => undefined);
    return connection;
  }

  /** Until it ends, or another one is wanted. */
  async #keep(connection: SocketConnection): Promise<void> {
    this.#tell({ connected: true });
    this.#begins(connection);
    const good = this.#parts.after(goodAfterMs, () => {
      this.#failures = 0;
    });
    const ending = await connection.ending;
    good();
    // That Slack wants another connection is no failure.
    if (ending !== "asked to leave") this.#failures += 1;
    this.#left(connection, ending);
    await this.#pause();
  }

  /** What was sent while there was no connection at all may not come at all. */
  #begins(connection: SocketConnection): void {
    const { heard } = this.#parts;
    this.#live.add(connection);
    heard.begins(() => Math.max(...[...this.#live].map((each) => each.heardUntil)));
    void connection.gone.then(() => {
      this.#live.delete(connection);
      if (this.#live.size === 0) heard.ends(connection.heardUntil);
    });
  }

  #left(connection: SocketConnection, ending: Ending): void {
    if (ending === "asked to leave") {
      const close = () => void this.#close(connection);
      this.#connections.set(connection, this.#parts.after(retireAfterMs, close));
      return;
    }
    this.#connections.delete(connection);
    if (!this.#stopping) this.#tell({ connected: false, reason: "the connection to Slack ended" });
  }

  async #close(connection: SocketConnection): Promise<void> {
    this.#connections.get(connection)?.();
    await connection.close();
    this.#connections.delete(connection);
  }

  async #failed(error: unknown): Promise<void> {
    if (this.#stopping) return;
    this.#failures += 1;
    const { reason, waitMs } = whyNotConnected(error);
    this.#tell({ connected: false, reason });
    await this.#pause(waitMs);
  }

  /** The first time not at all, then ever longer, and not all at the same time. */
  async #pause(atLeastMs = 0): Promise<void> {
    if (this.#stopping) return;
    const { after, random } = this.#parts;
    const backoffMs = this.#failures < 2 ? 0 : 1_000 * 2 ** Math.min(this.#failures - 2, 5);
    const waitMs = Math.max(Math.min(backoffMs, longestPauseMs) * (0.5 + random() / 2), atLeastMs);
    if (waitMs === 0) return;
    await new Promise<void>((resolve) => {
      const cancel = after(waitMs, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }

  #tell(state: SocketState): void {
    const { log, onState } = this.#parts;
    const before = this.#state;
    if (state.connected ? before.connected : !before.connected && before.reason === state.reason)
      return;
    this.#state = state;
    if (state.connected) log.info({}, "Connected to Slack");
    else log.warn({ reason: state.reason }, "Not connected to Slack");
    onState(state);
  }

  async #take({ body, ack, retry_num, retry_reason }: Envelope): Promise<void> {
    const parsed = payload.safeParse(body);
    if (!parsed.success) return;
    const answer = await this.#intake.take({
      body: parsed.data,
      ...(retry_num && { retryNum: retry_num }),
      ...(retry_reason && { retryReason: retry_reason }),
    });
    if (!answer.acked) return;
    // The connection that it came over may be gone: then Slack sends it again.
    await ack(answer.body).catch((err: unknown) =>
      this.#parts.log.debug({ err }, "An ack did not reach Slack"),
    );
  }
}

const payload = z.record(z.string(), z.unknown());
