/**
 * Takes in messages as the gateway tells of them. What it has told is not told again, so nothing is
 * let go of before it is durable, or its writer knows that it is not.
 */
import { LRUCache } from "lru-cache";
import { StoreError } from "../../src/desk/ports.ts";
import { Serial } from "../../src/desk/serial.ts";
import { within } from "../../src/desk/timing.ts";
import type { Context } from "./context.ts";
import { answer, type Conversing, converse, type Told } from "./conversation.ts";
import { createDirectThreads } from "./direct-threads.ts";
import { readMessageEvents } from "./message-events.ts";

export interface Hearing {
  /** A dispatch of the gateway: those that are about messages are taken in. Throws nothing. */
  heard(name: string, data: unknown): void;
  /** Tries nothing again, and waits a little for what is under way. */
  stop(): Promise<void>;
}

const firstPauseMs = 500;
const longestPauseMs = 15_000;
/** A writer is told by then that it takes longer. */
const tellAfterMs = 10_000;
/** What fails for so long, and not because the store does, will not come right by itself. */
const giveUpAfterMs = 60_000;
const stopWithinMs = 5_000;
const mostRemembered = 5_000;

const stopping = "Deskhand is stopping";

const laterWords =
  "This is not in the ticket yet, because something does not work at the moment. It will be, as soon as that works again.";
const lostWords =
  "This could not be added to the ticket, through no fault of yours. Please write it again later.";

export function createHearing(context: Context): Hearing {
  return new Listening(context);
}

class Listening implements Hearing {
  readonly #context: Conversing;
  /** Of one channel, what is told is taken in in the order in which it was told. */
  readonly #serial = new Serial();
  /** When each message was last edited, of what was taken in. */
  readonly #editions = new LRUCache<string, number>({ max: mostRemembered });
  /** Of messages that the bot wrote itself, so that it is no news when they are deleted. */
  readonly #own = new LRUCache<string, true>({ max: mostRemembered });
  /** Who was told in which channel that something is not in yet. */
  readonly #told = new Set<string>();
  readonly #wakes = new Set<() => void>();
  #stopped = false;

  constructor(context: Context) {
    const pause = (ms: number) => this.#pause(ms);
    this.#context = { ...context, direct: createDirectThreads(context), pause };
  }

  heard(name: string, data: unknown): void {
    for (const event of readMessageEvents(name, data, this.#context.us.user)) {
      switch (event.type) {
        case "message":
        case "edited":
          void this.#take(event);
          break;
        case "deleted":
          if (!this.#own.has(event.id)) void this.#take(event);
          break;
        case "ignored":
          if (event.why === "own") this.#own.set(event.id, true);
          break;
        case "unsupported":
          this.#context.log.debug({ what: event.what }, "A dispatch of another shape than it has");
      }
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const wake of this.#wakes) wake();
    const { after } = this.#context;
    await within(this.#serial.settled(), { ms: stopWithinMs, after, late: undefined });
  }

  async #take(event: Told): Promise<void> {
    const cancel = this.#context.after(tellAfterMs, () => void this.#tellLater(event));
    await this.#serial.run(event.channel, () => this.#untilTaken(event));
    cancel();
  }

  /** Never rejects. */
  async #untilTaken(event: Told): Promise<void> {
    const since = this.#context.now();
    for (let pauseMs = firstPauseMs; !this.#stopped; pauseMs = twice(pauseMs)) {
      const err = await this.#tryToTake(event);
      if (err === undefined) return this.#forgetTold(event);
      if (!isStoreDown(err) && this.#context.now() - since >= giveUpAfterMs)
        return this.#lose(event, err);
      this.#log(event, err, pauseMs === firstPauseMs ? "warn" : "debug");
      await this.#pause(pauseMs).catch(() => undefined);
    }
    const { channel, id } = event;
    const fields = { channel, message: id };
    this.#context.log.warn(fields, "A message in Discord was not taken in before Deskhand stopped");
  }

  /** What kept it from being taken; undefined when it was. */
  async #tryToTake(event: Told): Promise<Error | undefined> {
    if (this.#isOutdated(event)) return undefined;
    try {
      await converse(this.#context, event);
      if (event.type === "edited") this.#editions.set(event.id, event.at);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  /** Of edits, only the latest counts; and it is told of again with each preview that comes later. */
  #isOutdated(event: Told): boolean {
    return event.type === "edited" && event.at <= (this.#editions.get(event.id) ?? 0);
  }

  #log({ channel, id }: Told, err: unknown, level: "warn" | "debug"): void {
    const fields = { err, channel, message: id };
    this.#context.log[level](
      fields,
      "A message in Discord cannot be taken in yet; it is tried again",
    );
  }

  /** Rejects when it is to stop. */
  async #pause(ms: number): Promise<void> {
    if (this.#stopped) throw new Error(stopping);
    await new Promise<void>((resolve, reject) => {
      const wake = () => {
        cancel();
        reject(new Error(stopping));
      };
      const cancel = this.#context.after(ms, () => {
        this.#wakes.delete(wake);
        resolve();
      });
      this.#wakes.add(wake);
    });
  }

  /** Each writer once, until something of the channel is taken in again. */
  async #tellLater(event: Told): Promise<void> {
    if (this.#stopped || event.type === "deleted" || !this.#isOurs(event)) return;
    const who = `${event.channel} ${event.user}`;
    if (this.#told.has(who)) return;
    this.#told.add(who);
    await this.#tell(event, laterWords);
  }

  #forgetTold({ channel }: Told): void {
    for (const who of this.#told) if (who.startsWith(`${channel} `)) this.#told.delete(who);
  }

  async #lose(event: Told, err: unknown): Promise<void> {
    const { channel, id } = event;
    const { log } = this.#context;
    log.error(
      { err, channel, message: id },
      "A message in Discord could not be taken in: it is lost",
    );
    if (event.type !== "deleted" && this.#isOurs(event)) await this.#tell(event, lostWords);
  }

  /** Elsewhere, people write to each other. */
  #isOurs({ guild, channel }: Told): boolean {
    const { guilds, us } = this.#context;
    return guild === undefined || guilds.channel(channel)?.owner === us.user;
  }

  async #tell(event: Exclude<Told, { type: "deleted" }>, content: string): Promise<void> {
    try {
      await answer(this.#context, event, { content });
    } catch (err) {
      const { log } = this.#context;
      log.warn({ err }, "Someone in Discord could not be told what became of their message");
    }
  }
}

const twice = (pauseMs: number): number => Math.min(2 * pauseMs, longestPauseMs);

const isStoreDown = (error: unknown): boolean =>
  error instanceof StoreError &&
  (error.code === "WRITE_FAILED" ||
    error.code === "WRITE_UNCERTAIN" ||
    error.code === "READ_FAILED");
