/**
 * Takes in messages as the gateway tells of them. What it has told is not told again, so nothing is
 * let go of before it is durable, or its writer knows that it is not.
 */
import { GatewayDispatchEvents } from "discord.js";
import { LRUCache } from "lru-cache";
import { Pauses } from "../../src/desk/pauses.ts";
import { Serial } from "../../src/desk/serial.ts";
import { within } from "../../src/desk/timing.ts";
import { answer, laterWords, lostWords, type Telling } from "./below.ts";
import { type Context, platform } from "./context.ts";
import { type Conversing, converse, type Told } from "./conversation.ts";
import type { Editions } from "./editions.ts";
import { readMessageEvents } from "./message-events.ts";
import { mayPass } from "./passing.ts";
import { madeAt } from "./snowflakes.ts";

export interface Hearing {
  /** A dispatch of the gateway: those that are about messages are taken in. Throws nothing. */
  heard(name: string, data: unknown): void;
  /**
   * All that has come by then is taken in, in ms since 1970; undefined: all that has come. What was
   * not taken in before the end counts as well.
   */
  takenUntil(): number | undefined;
  /** Tries once more to take in what has come, and waits a little for that. */
  stop(): Promise<void>;
}

type HearingParts = Pick<Conversing, "direct"> & { editions: Editions };

const firstPauseMs = 500;
const longestPauseMs = 15_000;
/** A writer is told by then that it takes longer. */
const tellAfterMs = 10_000;
/** What fails for so long, and for what does not look as if it will pass, is given up. */
const giveUpAfterMs = 60_000;
/** By then it is known of a thread whether it is a ticket's, also after a start. */
const knownAfterMs = 60_000;
const stopWithinMs = 5_000;
const mostRemembered = 5_000;

const stopping = "Deskhand is stopping";

export function createHearing(context: Context, parts: HearingParts): Hearing {
  return new Listening(context, parts);
}

class Listening implements Hearing {
  readonly #context: Conversing;
  /** Of one channel, what is told is taken in in the order in which it was told. */
  readonly #serial = new Serial();
  readonly #editions: Editions;
  /** Of messages that the bot wrote itself, so that it is no news when they are deleted. */
  readonly #own = new LRUCache<string, true>({ max: mostRemembered });
  /** Who was told in which channel that something is not in yet. */
  readonly #told = new Set<string>();
  readonly #taking = new Set<Promise<void>>();
  /** What is not taken in yet, with when it happened. */
  readonly #waiting = new Map<Told, number>();
  readonly #pauses: Pauses;

  constructor(context: Context, { direct, editions }: HearingParts) {
    const pauses = new Pauses(context.after);
    const pause = async (ms: number) => {
      if (!(await pauses.pause(ms))) throw new Error(stopping);
    };
    this.#pauses = pauses;
    this.#editions = editions;
    this.#context = { ...context, direct, pause };
  }

  heard(name: string, data: unknown): void {
    if (name === GatewayDispatchEvents.MessageCreate) this.#context.direct.saw(data);
    for (const event of readMessageEvents(name, data, this.#context.us.user)) {
      switch (event.type) {
        case "message":
        case "edited":
          this.#begin(event);
          break;
        case "deleted":
          if (!this.#own.has(event.id)) this.#begin(event);
          break;
        case "ignored":
          if (event.why === "own") this.#own.set(event.id, true);
          break;
        case "unsupported":
          this.#context.log.debug({ what: event.what }, "A dispatch of another shape than it has");
      }
    }
  }

  takenUntil(): number | undefined {
    return this.#waiting.size === 0 ? undefined : Math.min(...this.#waiting.values());
  }

  async stop(): Promise<void> {
    this.#pauses.end();
    const { after } = this.#context;
    await within(Promise.all(this.#taking), { ms: stopWithinMs, after, late: undefined });
  }

  #begin(event: Told): void {
    this.#waiting.set(event, this.#happenedAt(event));
    const taking = this.#take(event).finally(() => this.#taking.delete(taking));
    this.#taking.add(taking);
  }

  async #take(event: Told): Promise<void> {
    const cancel = this.#context.after(tellAfterMs, () => void this.#tellLater(event));
    const telling = await this.#serial.run(event.channel, () => this.#untilTaken(event));
    cancel();
    // What cannot be told holds up no one else.
    if (telling) await this.#untilTold(telling, () => true);
  }

  /** Never rejects. */
  async #untilTaken(event: Told): Promise<Telling | undefined> {
    const since = this.#context.now();
    for (let pauseMs = firstPauseMs; ; pauseMs = twice(pauseMs)) {
      const isStopping = this.#pauses.isOver;
      const triedForMs = this.#context.now() - since;
      const tried = await this.#tryToTake(event, triedForMs >= knownAfterMs);
      if ("taken" in tried) {
        this.#forgetTold(event);
        this.#waiting.delete(event);
        return tried.taken;
      }
      if (!mayPass(tried.failed) && triedForMs >= giveUpAfterMs)
        return this.#lost(event, tried.failed);
      this.#log(event, tried.failed, pauseMs === firstPauseMs ? "warn" : "debug");
      if (isStopping) return this.#leave(event);
      await this.#pauses.pause(pauseMs);
    }
  }

  /** What is still to be told once it was taken, or what kept it from being taken. */
  async #tryToTake(event: Told, isLast: boolean): Promise<Tried> {
    if (this.#isOutdated(event)) return { taken: undefined };
    try {
      const taken = await converse(this.#context, event, isLast);
      if (event.type === "edited") this.#editions.taken(event.id, event.at);
      return { taken };
    } catch (failed) {
      return { failed };
    }
  }

  #leave({ channel, id }: Told): undefined {
    const fields = { channel, message: id };
    this.#context.log.warn(fields, "A message in Discord was not taken in before Deskhand stopped");
  }

  /** Of edits, only the latest counts; and it is told of again with each preview that comes later. */
  #isOutdated(event: Told): boolean {
    return event.type === "edited" && event.at <= this.#editions.latest(event.id);
  }

  /** As long as it is wanted, and may be possible. Never rejects. */
  async #untilTold(telling: Telling, isWanted: () => boolean): Promise<void> {
    const { log } = this.#context;
    for (let pauseMs = firstPauseMs; isWanted(); pauseMs = twice(pauseMs)) {
      try {
        return await telling();
      } catch (err) {
        if (mayPass(err) && (await this.#pauses.pause(pauseMs))) continue;
        log.warn({ err }, "Someone in Discord could not be told what became of their message");
        return;
      }
    }
  }

  #log({ channel, id }: Told, err: unknown, level: "warn" | "debug"): void {
    const fields = { err, channel, message: id };
    this.#context.log[level](
      fields,
      "A message in Discord cannot be taken in yet; it is tried again",
    );
  }

  /** Each writer once, until something of the channel is taken in again. */
  async #tellLater(event: Told): Promise<void> {
    if (this.#pauses.isOver || event.type === "deleted" || !this.#isOurs(event)) return;
    const who = `${event.channel} ${event.user}`;
    if (this.#told.has(who)) return;
    this.#told.add(who);
    const telling = () => answer(this.#context, event, { content: laterWords });
    await this.#untilTold(telling, () => this.#told.has(who));
  }

  #forgetTold({ channel }: Told): void {
    for (const who of this.#told) if (who.startsWith(`${channel} `)) this.#told.delete(who);
  }

  #lost(event: Told, err: unknown): Telling | undefined {
    const { channel, id } = event;
    const { log, desk } = this.#context;
    log.error(
      { err, channel, message: id },
      "A message in Discord could not be taken in: it is read back, and lost if that fails as well",
    );
    const happenedAt = this.#waiting.get(event);
    if (happenedAt !== undefined && this.#mayBeOurs(event))
      desk.mayHaveMissed(platform, happenedAt);
    this.#waiting.delete(event);
    if (event.type === "deleted" || !this.#isOurs(event)) return undefined;
    return () => answer(this.#context, event, { content: lostWords });
  }

  /** By Discord's clock or ours, whichever is earlier. */
  #happenedAt({ type, id }: Told): number {
    const now = this.#context.now();
    return type === "message" ? Math.min(now, madeAt(id)) : now;
  }

  /** Of a thread that was archived for long, nothing is known. */
  #mayBeOurs(event: Told): boolean {
    return this.#isOurs(event) || this.#context.guilds.channel(event.channel) === undefined;
  }

  /** Elsewhere, people write to each other. */
  #isOurs({ guild, channel }: Told): boolean {
    const { guilds, us } = this.#context;
    return guild === undefined || guilds.channel(channel)?.owner === us.user;
  }
}

type Tried = { taken: Telling | undefined } | { failed: unknown };

const twice = (pauseMs: number): number => Math.min(2 * pauseMs, longestPauseMs);
