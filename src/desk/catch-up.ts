/**
 * Reads back what was written while a platform did not tell of it: while we were not running or not
 * connected, or when there was too much of it. What is read goes into its ticket as what is heard
 * does, and what is heard meanwhile waits until what was written before it is in.
 *
 * A gap begins where the platform was last known to have told of everything, which is kept in the
 * store and goes no further than the oldest gap; so a process that ends halfway begins there again.
 */
import type { TicketId } from "../tickets/ticket.ts";
import { ReadingQueue } from "./catch-up-queue.ts";
import type { Reader } from "./catch-up-reading.ts";
import { Round } from "./catch-up-round.ts";
import type { TakenAs, TakeRules } from "./catch-up-take.ts";
import { type CatchingUpTicket, nameOf } from "./catch-up-ticket.ts";
import type { ChatEvent, Heard, WrittenEvent } from "./chat.ts";
import type { DeskParts } from "./desk.ts";
import { HeardUntil } from "./heard-until.ts";
import { Pauses } from "./pauses.ts";
import type { Log } from "./ports.ts";
import { replyModes } from "./reply-modes.ts";
import { Serial } from "./serial.ts";
import { type After, within } from "./timing.ts";
import { ToldRefusals } from "./told-refusals.ts";

export interface CatchUpParts extends Pick<DeskParts, "store" | "rules" | "now" | "outbox"> {
  /** By their platforms. */
  readers: ReadonlyMap<string, Reader>;
  log: Log;
  after: After;
  /** Told of all that is read. */
  onTaken?(platform: string, as: TakenAs): void;
}

/** What is to be read of a platform. */
interface Unread {
  platform: string;
  tickets: number;
  /** In ms since 1970; undefined when all was read, or when it is not known. */
  since: number | undefined;
}

export interface CatchUp {
  /** Begins to read: the platforms that can be reached are there. What was missed before is kept. */
  start(): void;
  /** As `ChatDesk.mayHaveMissed`. */
  mayHaveMissed(platform: string, sinceMs?: number): void;
  /** Does the work once what was written in this ticket before the event is in, or that takes long. */
  inTurn(id: TicketId, event: ChatEvent, work: () => Promise<Heard>): Promise<Heard>;
  /** As `ChatDesk.tellOnce`. */
  tellOnce(event: WrittenEvent, tell: () => Promise<void>): Promise<void>;
  unread(): Unread[];
  /** Writes down until when each platform has told of everything. Throws nothing. */
  remember(): Promise<void>;
  /** Begins nothing more, lets go on what waits, and waits for the writes under way. */
  stop(): Promise<void>;
}

/** Throws what the store throws. */
export async function createCatchUp(parts: CatchUpParts): Promise<CatchUp> {
  const { store, log, readers, rules, now } = parts;
  const heardUntil = await HeardUntil.open(store, log, readers.keys());
  const modeAt = await replyModes(store, rules.replies, now(), log);
  const rulesAt = (writtenAt: number) => ({ ...rules, replies: modeAt(writtenAt) });
  const told = await ToldRefusals.open(store, log);
  return new CatchingUp(parts, { heardUntil, rulesAt, told });
}

const rememberEveryMs = 15_000;
/** What is heard live waits no longer for what was written before it. */
const mostWaitMs = 60_000;
const storeWaitMs = 2_000;
const mostRefused = 1_000;

interface Kept {
  heardUntil: HeardUntil;
  rulesAt: TakeRules["rulesAt"];
  told: ToldRefusals;
}

class CatchingUp implements CatchUp {
  readonly #parts: CatchUpParts;
  readonly #heardUntil: HeardUntil;
  readonly #rounds: ReadonlyMap<string, Round>;
  readonly #queue: ReadingQueue;
  /** What is heard of a ticket on one platform, one after the other, while it waits. */
  readonly #waiting = new Serial();
  readonly #pauses: Pauses;
  readonly #told: ToldRefusals;
  /** What was refused when it was heard: whoever wrote it is being told. */
  readonly #refused = new Set<string>();
  #isStarted = false;
  #cancelTick: (() => void) | undefined;

  constructor(parts: CatchUpParts, { heardUntil, rulesAt, told }: Kept) {
    this.#parts = parts;
    this.#heardUntil = heardUntil;
    this.#told = told;
    this.#pauses = new Pauses(parts.after);
    const roundOf = ([platform, reader]: [string, Reader]) =>
      [platform, new Round(platform, reader, parts)] as const;
    this.#rounds = new Map([...parts.readers].map(roundOf));
    const { store, rules, now, outbox, log, after } = parts;
    this.#queue = new ReadingQueue({
      ...{ store, rules, now, outbox, log, after, rounds: this.#rounds, rulesAt },
      isBeingTold: (event) => this.#refused.has(nameOf(event)),
      tellOnce: (event, tell) => this.tellOnce(event, tell),
      isOver: () => this.#pauses.isOver,
      onRead: () => this.#close(),
    });
  }

  start(): void {
    if (this.#isStarted || this.#pauses.isOver) return;
    this.#isStarted = true;
    const unlisted = [...this.#rounds.values()].filter((round) => round.unlisted);
    // What was missed on several platforms is read of all of them at once.
    void Promise.all(unlisted.map((round) => this.#list(round))).then(() => this.#queue.start());
    this.#tick();
  }

  mayHaveMissed(platform: string, sinceMs?: number): void {
    const round = this.#rounds.get(platform);
    if (!round) return;
    const isListing = round.unlisted !== undefined;
    round.open(sinceMs ?? this.#heardUntil.of(platform) ?? Number.NEGATIVE_INFINITY);
    if (sinceMs !== undefined) void this.#heardUntil.fallsBack(platform, sinceMs);
    if (this.#isStarted && !isListing) void this.#list(round);
  }

  async inTurn(id: TicketId, event: ChatEvent, work: () => Promise<Heard>): Promise<Heard> {
    const { platform } = event;
    const { gaps } = this.#rounds.get(platform) ?? {};
    await this.#waiting.run(`${platform} ${id}`, () => this.#untilRead(id, platform));
    this.#queue.get(id)?.heard(event);
    const heard = await work();
    if (gaps !== this.#rounds.get(platform)?.gaps) this.#readAgain(id, event);
    if ("refused" in heard) this.#noteRefused(nameOf(event));
    return heard;
  }

  /** What was not known yet when its thread was read may have been edited or deleted by then. */
  #readAgain(id: TicketId, { platform, message }: ChatEvent): void {
    const round = this.#rounds.get(platform);
    if (!round || this.#pauses.isOver) return;
    const since = round.reader.writtenAt(message);
    round.reachBack(since);
    this.#queue.want(id, round, since);
    this.#queue.goOn();
  }

  tellOnce = (event: WrittenEvent, tell: () => Promise<void>): Promise<void> =>
    this.#told.once(event, tell);

  unread(): Unread[] {
    return [...this.#rounds.values()].map(({ platform, left, since }) => ({
      platform,
      tickets: left.size,
      since: since === Number.NEGATIVE_INFINITY ? undefined : since,
    }));
  }

  async remember(): Promise<void> {
    for (const { platform, reader, since, hasBegun } of this.#rounds.values()) {
      const heard = hasBegun ? reader.heardUntil() : undefined;
      const until = Math.min(heard ?? Number.NEGATIVE_INFINITY, since ?? Number.POSITIVE_INFINITY);
      if (Number.isFinite(until)) await this.#heardUntil.reaches(platform, until);
    }
  }

  async stop(): Promise<void> {
    this.#pauses.end();
    this.#cancelTick?.();
    for (const { turns } of this.#rounds.values()) turns.end();
    await this.#queue.stop();
  }

  #tick(): void {
    this.#cancelTick = this.#parts.after(rememberEveryMs, () => {
      void this.remember().then(() => {
        if (!this.#pauses.isOver) this.#tick();
      });
    });
  }

  #close(): void {
    for (const round of this.#rounds.values()) if (round.closes()) void this.remember();
  }

  #noteRefused(refused: string): void {
    this.#refused.add(refused);
    for (const oldest of this.#refused)
      if (this.#refused.size > mostRefused) this.#refused.delete(oldest);
  }

  /** Finds out which tickets have to be read. Throws nothing. */
  async #list(round: Round): Promise<void> {
    const { store, log } = this.#parts;
    const { platform } = round;
    while (round.unlisted && !this.#pauses.isOver) {
      const gap = round.unlisted;
      try {
        // What was written before a ticket was closed meanwhile is told of as too late.
        const closedSince = Number.isFinite(gap.since) ? gap.since : undefined;
        const ids = await store.unclosed(platform, closedSince);
        // It may have become wider meanwhile.
        if (gap !== round.unlisted) continue;
        for (const id of ids) this.#queue.want(id, round, gap.since);
        round.listed();
      } catch (err) {
        log.error({ platform, err }, "Which tickets are to be read back cannot be told: it waits");
        await this.#pauses.pause(storeWaitMs);
      }
    }
    this.#queue.goOn();
  }

  /** Until it is known which tickets have to be read, any may have to be. */
  #toRead(id: TicketId): CatchingUpTicket | undefined {
    for (const round of this.#rounds.values())
      if (round.unlisted && !round.left.has(id)) this.#queue.want(id, round, round.unlisted.since);
    return this.#queue.get(id);
  }

  /** It is read next; what takes long is not waited for, but for what has been read of it by then. */
  async #untilRead(id: TicketId, platform: string): Promise<void> {
    const ticket = this.#pauses.isOver ? undefined : this.#toRead(id);
    if (!ticket) return;
    const { log } = this.#parts;
    if (!ticket.mayPass(platform) && (await this.#isLate(ticket, platform))) {
      log.warn({ ticket: id }, "Something is taken in before what was written earlier was read");
      ticket.letPass(platform);
    }
    try {
      await ticket.apply();
    } catch (err) {
      log.error({ ticket: id, err }, "What was read back could not be saved: it is read again");
    }
  }

  #isLate(ticket: CatchingUpTicket, platform: string): Promise<boolean> {
    ticket.isUrgent = true;
    const read = ticket.untilRead(platform).then(() => false);
    this.#queue.run(ticket);
    return within(read, { ms: mostWaitMs, after: this.#parts.after, late: true });
  }
}
