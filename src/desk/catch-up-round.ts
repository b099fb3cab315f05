/** One platform's history, as it is read back: what is left, what came of it, what operators are told. */
import type { TicketId } from "../tickets/ticket.ts";
import type { Gap, Reader } from "./catch-up-reading.ts";
import type { TakenAs } from "./catch-up-take.ts";
import type { Failure } from "./chat.ts";
import type { Log } from "./ports.ts";
import { ReadingTurns } from "./reading-turns.ts";
import type { After } from "./timing.ts";

interface RoundParts {
  log: Log;
  now(): number;
  after: After;
  onTaken?(platform: string, as: TakenAs): void;
}

/** How far one went, from the first gap until everything was read. */
interface Progress {
  /** In ms since 1970; negative infinity when it is not known. */
  since: number;
  began: number;
  tickets: number;
  toldAt: number;
  counts: Partial<Record<TakenAs, number>>;
  /** Reasons for what could not be read. */
  lost: Set<string>;
  isEstimated: boolean;
}

const tellEveryMs = 30_000;
/** With fewer tickets, shares of them are no news. */
const leastTickets = 20;
/** One that takes longer writes down how far it came, ticket by ticket. */
const longMs = 60_000;
/** A wait that is worth telling how long all of it will take. */
const longWaitMs = 10_000;

export class Round {
  readonly platform: string;
  readonly reader: Reader;
  readonly turns: ReadingTurns;
  /** The tickets that are still to be read. */
  readonly left = new Set<TicketId>();
  /** A gap whose tickets are not known yet. */
  unlisted: Gap | undefined;
  /** It has been in touch since the start. */
  hasBegun = false;
  /** How often something may have been missed. */
  gaps = 0;
  readonly #parts: RoundParts;
  #progress: Progress | undefined;

  constructor(platform: string, reader: Reader, parts: RoundParts) {
    this.platform = platform;
    this.reader = reader;
    this.#parts = parts;
    this.turns = new ReadingTurns(parts);
  }

  /** Since when something may have been missed and was not read yet; undefined: nothing was. */
  get since(): number | undefined {
    return this.#progress?.since;
  }

  /** How far it came is worth being written down. */
  get isLong(): boolean {
    const { began } = this.#progress ?? {};
    return this.turns.isSlow || (began !== undefined && this.#parts.now() - began >= longMs);
  }

  /** The gap that is open now, as wide as both. */
  open(since: number): void {
    const { platform } = this;
    this.hasBegun = true;
    this.gaps += 1;
    this.reachBack(since);
    this.unlisted = { since: Math.min(this.unlisted?.since ?? since, since) };
    this.#parts.log.debug(
      { platform, since: timeOf(since) },
      "Something may not have been told of",
    );
  }

  /** Something of then is read as well: so far, nothing is known to have been heard. */
  reachBack(since: number): void {
    const now = this.#parts.now();
    const tickets = this.left.size;
    const begun = { since, began: now, tickets, toldAt: now, counts: {}, isEstimated: false };
    this.#progress ??= { ...begun, lost: new Set() };
    this.#progress.since = Math.min(this.#progress.since, since);
  }

  /** The tickets that are to be read because of it are among those that are left. */
  listed(): void {
    this.unlisted = undefined;
    const progress = this.#progress;
    const { platform } = this;
    if (!progress || this.left.size === 0) return;
    progress.tickets = Math.max(progress.tickets, this.left.size);
    const fields = { platform, tickets: this.left.size, since: timeOf(progress.since) };
    this.#parts.log.info(fields, "Reading back what was written while it was not told of");
  }

  took(as: TakenAs): void {
    const { counts } = this.#progress ?? {};
    if (counts) counts[as] = (counts[as] ?? 0) + 1;
    this.#parts.onTaken?.(this.platform, as);
  }

  /** A place cannot be read any more: its ticket says so, and the log once for each reason. */
  lost({ reason }: Failure): void {
    const { platform } = this;
    if (!this.#progress || this.#progress.lost.has(reason)) return;
    this.#progress.lost.add(reason);
    this.#parts.log.error(
      { platform, reason },
      "What was written in some tickets' threads cannot be read back: it may be missing, and both sides of these tickets are told. Mend the reason: what was missed is read at the next start",
    );
  }

  /** The platform asked to wait so long before anything else is read. */
  waits(ms: number): void {
    const progress = this.#progress;
    if (!progress || progress.isEstimated || ms < longWaitMs || this.left.size < 2) return;
    progress.isEstimated = true;
    const minutes = Math.ceil((this.left.size * ms) / 60_000);
    this.#parts.log.warn(
      { platform: this.platform, tickets: this.left.size, minutes },
      `Its history can be read only slowly: about ${minutes} minutes for ${this.left.size} tickets`,
    );
  }

  /** A ticket needs no more reading. */
  finished(ticket: TicketId): void {
    if (this.left.delete(ticket)) this.#tellProgress();
  }

  /** Ends it if everything was read; whether it did. */
  closes(): boolean {
    const progress = this.#progress;
    if (!progress || this.unlisted || this.left.size > 0) return false;
    this.#progress = undefined;
    this.turns.forget();
    const { platform } = this;
    const { tickets, counts, began } = progress;
    const seconds = Math.round((this.#parts.now() - began) / 1_000);
    if (tickets > 0)
      this.#parts.log.info({ platform, tickets, seconds, ...counts }, "All of it was read back");
    return true;
  }

  #tellProgress(): void {
    const progress = this.#progress;
    if (!progress) return;
    const { tickets, toldAt } = progress;
    const read = tickets - this.left.size;
    const tenths = (count: number) => Math.floor((10 * count) / tickets);
    const isTenth = tickets >= leastTickets && tenths(read) > tenths(read - 1);
    if (this.left.size === 0 || (!isTenth && this.#parts.now() - toldAt < tellEveryMs)) return;
    progress.toldAt = this.#parts.now();
    const fields = { platform: this.platform, read, tickets, ...progress.counts };
    this.#parts.log.info(fields, "Reading back goes on");
  }
}

const timeOf = (ms: number): string | null =>
  ms === Number.NEGATIVE_INFINITY ? null : new Date(ms).toISOString();
