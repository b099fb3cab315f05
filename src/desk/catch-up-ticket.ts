/**
 * Reads one ticket back: all its places first, then what was written there goes into it in the order
 * in which it was written. Times are in ms since 1970.
 *
 * Until it is done nothing is durable but what went in, whole; read again, it is known. What was
 * heard live meanwhile went in before it.
 */
import type { TicketId } from "../tickets/ticket.ts";
import { beginReading, type Gap, type Reading, readOn } from "./catch-up-reading.ts";
import type { Round } from "./catch-up-round.ts";
import {
  type Batch,
  batchOf,
  noteReadTo,
  type Taken,
  type TakeRules,
  takeIn,
} from "./catch-up-take.ts";
import type { ChatEvent, WrittenEvent } from "./chat.ts";
import { openId } from "./delivery.ts";
import type { DeskParts } from "./desk.ts";
import type { Place, TicketDocument } from "./document.ts";
import type { Log } from "./ports.ts";
import { Serial } from "./serial.ts";
import { change, ifCarried, take } from "./take.ts";

export interface TicketParts extends Pick<DeskParts, "store" | "rules" | "now" | "outbox"> {
  log: Log;
  rounds: ReadonlyMap<string, Round>;
  rulesAt: TakeRules["rulesAt"];
  /** Whoever wrote it is told, as it was heard. */
  isBeingTold(event: WrittenEvent): boolean;
  /** As `ChatDesk.tellOnce`. */
  tellOnce(event: WrittenEvent, tell: () => Promise<void>): Promise<void>;
  isOver(): boolean;
  /** A platform asked to wait: others may be read meanwhile. */
  onSlow(): void;
}

/** What was written elsewhere waits no longer, so that all of it comes in order. */
const mostPatienceMs = 60_000;
/** What is heard live waits while a platform is left alone for so long, so that all comes in order. */
const mostHeldUpMs = 5_000;
/** As often a platform may make it wait before other tickets come first. */
const mostTries = 20;

export const nameOf = ({ platform, message }: ChatEvent): string => `${platform} ${message}`;

export class CatchingUpTicket {
  readonly id: TicketId;
  /** The platforms of which something is wanted, as one word. */
  kind = "";
  isUrgent = false;
  isRunning = false;
  /** How often it failed in a row. */
  failures = 0;
  /** Not before this is it tried again. */
  dueAt = Number.NEGATIVE_INFINITY;
  readonly #parts: TicketParts;
  /** What is wanted of each platform. */
  readonly #wanted = new Map<string, Gap>();
  readonly #readings = new Map<string, Reading>();
  readonly #applying = new Serial();
  /** What was heard to be edited since the reading of its thread began, with that thread. */
  readonly #edited = new Map<string, string>();
  /** Platforms of which something has to be read once more. */
  readonly #outdated = new Set<string>();
  /** What goes on once it was read, with the platforms where that was heard. */
  readonly #waiting = new Map<() => void, string>();
  /** Platforms that take long: what is heard live there goes in without waiting. */
  readonly #passable = new Set<string>();

  constructor(id: TicketId, parts: TicketParts) {
    this.id = id;
    this.#parts = parts;
  }

  /** Platforms of which something is wanted. */
  get platforms(): string[] {
    return [...this.#wanted.keys()];
  }

  /** To be read from there on, also if it is being read. */
  want(platform: string, { since }: Gap): void {
    const before = this.#wanted.get(platform)?.since ?? since;
    this.#wanted.set(platform, { since: Math.min(since, before) });
    this.kind = this.platforms.join(" ");
    this.#review();
  }

  /**
   * Whether what is heard live on a platform goes in without waiting: it takes long to read what was
   * written there, or that is read, and it takes long elsewhere.
   */
  mayPass(platform: string): boolean {
    if (this.#passable.has(platform)) return true;
    return !this.#wanted.has(platform) && this.platforms.every((each) => this.#passable.has(each));
  }

  letPass(platform: string): void {
    this.#passable.add(platform);
    this.#wake((each) => this.mayPass(each));
  }

  get isAwaited(): boolean {
    return this.#waiting.size > 0;
  }

  /** Resolves when it was read, as far as this platform needs it, or that takes long. */
  untilRead(platform: string): Promise<void> {
    const read = new Promise<void>((resolve) => this.#waiting.set(resolve, platform));
    this.#review();
    return read;
  }

  /** Who waits for a turn to read may have to wait less. */
  #review(): void {
    for (const { turns } of this.#parts.rounds.values()) turns.review();
  }

  wake(): void {
    this.#wake(() => true);
  }

  /** Something was read. `isAll`: all that was to be; where nothing is wanted any more, nothing waits. */
  wakeRead(isAll: boolean): void {
    this.#wake((platform) => this.mayPass(platform) || (isAll && !this.#wanted.has(platform)));
  }

  #wake(isRead: (platform: string) => boolean): void {
    for (const [wake, platform] of [...this.#waiting]) {
      if (!isRead(platform)) continue;
      this.#waiting.delete(wake);
      wake();
    }
  }

  /** Something of it is heard live, and goes in now. */
  heard(event: ChatEvent): void {
    if (event.type === "edited" && this.#readings.size > 0)
      this.#edited.set(nameOf(event), event.thread);
  }

  /**
   * Reads what is wanted of these platforms; tells of which all was read, and nothing is wanted any
   * more. Throws what the store throws: then it has to be tried again.
   */
  async read(platforms: readonly string[]): Promise<string[]> {
    const wanted = new Map([...this.#wanted].filter(([name]) => platforms.includes(name)));
    const document = await this.#parts.store.get(this.id);
    const failing = document ? await this.#readPlaces(document, wanted) : new Set<string>();
    if (this.#parts.isOver()) return [];
    await this.apply();
    for (const platform of this.#outdated) failing.add(platform);
    this.#forget([...this.#outdated]);
    this.#outdated.clear();
    const isRead = (name: string) =>
      !failing.has(name) && wanted.get(name) === this.#wanted.get(name);
    const read = [...wanted.keys()].filter(isRead);
    for (const platform of read) this.#wanted.delete(platform);
    this.#forget(read);
    this.kind = this.platforms.join(" ");
    return read;
  }

  /** Tells which platforms have to be tried again. */
  async #readPlaces(
    document: TicketDocument,
    wanted: ReadonlyMap<string, Gap>,
  ): Promise<Set<string>> {
    const places = document.places.filter(({ platform }) => wanted.has(platform));
    const failing = new Set(places.filter(isBeingOpened(document)).map(({ platform }) => platform));
    for (const place of places) {
      if (!hasThread(place) || failing.has(place.platform)) continue;
      const reading = this.#readingOf(document, place, wanted);
      if (reading && !(await this.#readPlace(reading))) failing.add(place.platform);
    }
    return failing;
  }

  /** Puts what has been read by now into the ticket. Throws what the store throws. */
  apply(): Promise<void> {
    return this.#applying.run(this.id, () => this.#apply());
  }

  #forget(platforms: readonly string[]): void {
    for (const [place, { platform }] of this.#readings)
      if (platforms.includes(platform)) this.#readings.delete(place);
  }

  /** Undefined: it has been read. */
  #readingOf(
    document: TicketDocument,
    place: Place & { thread: string },
    wanted: ReadonlyMap<string, Gap>,
  ): Reading | undefined {
    const gap = wanted.get(place.platform);
    const round = this.#parts.rounds.get(place.platform);
    if (!gap || !round) return undefined;
    const begun = this.#readings.get(place.id);
    const isSame = begun?.thread === place.thread;
    if (isSame && begun.state === "unread" && begun.gap === gap) return begun;
    if (isSame && begun.isSettled && begun.gap === gap) return undefined;
    const reading = beginReading(document, place, gap, round.reader, this.#parts.now());
    this.#readings.set(place.id, reading);
    for (const [name, thread] of this.#edited)
      if (thread === place.thread) this.#edited.delete(name);
    return reading;
  }

  /** False when it has to be tried again. */
  async #readPlace(reading: Reading): Promise<boolean> {
    const round = this.#parts.rounds.get(reading.platform);
    if (!round) return true;
    for (let tries = 0; tries < mostTries; tries += 1) {
      const waits = (ms: number) => this.#waits(reading.platform, ms);
      if (!(await round.turns.turn({ isUrgent: () => this.isUrgent, waits }))) return false;
      const goesOn = await this.#tryToRead(round, reading).finally(() => round.turns.done());
      if (goesOn !== "wait") return goesOn === "done";
    }
    return false;
  }

  /** Not as long, if another platform can be read meanwhile; and whatever is heard waits less. */
  #waits(platform: string, ms: number): boolean {
    if (ms > mostHeldUpMs) this.letPass(platform);
    const { rounds } = this.#parts;
    const isQuick = (each: string) => rounds.get(each)?.turns.pauseMs === 0;
    const mostMs = this.isAwaited ? mostHeldUpMs : mostPatienceMs;
    return ms <= mostMs || !this.platforms.some(isQuick);
  }

  async #tryToRead(round: Round, reading: Reading): Promise<"done" | "failed" | "wait"> {
    const { isOver } = this.#parts;
    try {
      const isElsewhere = (event: WrittenEvent) => this.#isElsewhere(event);
      await readOn(reading, round.reader, { isElsewhere, isOver });
      round.turns.succeeded();
      if (reading.isTooSoon) this.#outdated.add(reading.platform);
      return reading.state === "read" ? "done" : "failed";
    } catch (error) {
      return this.#failed(round, reading, error);
    }
  }

  #failed(round: Round, reading: Reading, error: unknown): "done" | "failed" | "wait" {
    const { platform } = reading;
    const { turns } = round;
    const failure = round.reader.failureOf(error);
    const { outcome, reason, retryAfterMs } = failure;
    const fields = { ticket: this.id, platform, outcome, reason, err: error };
    this.#parts.log.debug(fields, "A thread could not be read back");
    if (outcome === "dead" || outcome === "gone") return lose(round, reading, failure);
    // It may be read a moment later: what is heard meanwhile comes after what was written before it.
    if (retryAfterMs === undefined) {
      turns.failed();
      return "failed";
    }
    if (retryAfterMs > mostHeldUpMs) this.letPass(platform);
    turns.askedToWait(retryAfterMs);
    round.waits(retryAfterMs);
    this.#parts.onSlow();
    return "wait";
  }

  /** What was carried into another ticket is edited there, and is none of this one. */
  async #isElsewhere(event: WrittenEvent): Promise<boolean> {
    const carried = await this.#parts.store.findByMessage(event);
    if (carried === undefined || carried === this.id) return false;
    if (event.type === "edited") await take(this.#parts, carried, event, ifCarried(event));
    return true;
  }

  async #apply(): Promise<void> {
    const { rounds, rulesAt } = this.#parts;
    const readings = [...this.#readings.values()].filter(hasSomething);
    if (readings.length === 0) return;
    let batches: Batch[] = [];
    const isOutdated = (event: WrittenEvent) => this.#edited.has(nameOf(event));
    const taken = await change(this.#parts, this.id, (draft, now) => {
      // More may be read while this is written.
      batches = readings.map(batchOf);
      const result = takeIn(draft, batches, { rulesAt, isOutdated }, now);
      const isAllTold = result.every(({ refusal }) => refusal === undefined);
      if (isAllTold) this.#noteReadTo(draft, batches, false);
      return result;
    });
    for (const batch of batches) this.#applied(batch);
    for (const { platform, as } of taken ?? []) {
      rounds.get(platform)?.took(as);
      if (as === "outdated") this.#outdated.add(platform);
    }
    await this.#tellRefused(taken ?? [], batches);
  }

  #noteReadTo(draft: TicketDocument, batches: readonly Batch[], isRefused: boolean): void {
    for (const { reading } of batches)
      if (isRefused || this.#parts.rounds.get(reading.platform)?.isLong) noteReadTo(draft, reading);
  }

  #applied({ reading, events, deleted, isEnded }: Batch): void {
    reading.events.splice(0, events.length);
    reading.deleted.splice(0, deleted.length);
    reading.isSettled = isEnded;
  }

  /** Nobody is told twice, unless the process ends before it is written down that they were told. */
  async #tellRefused(taken: readonly Taken[], batches: readonly Batch[]): Promise<void> {
    const { rounds, log, isBeingTold, tellOnce } = this.#parts;
    const refusals = taken.flatMap(({ refusal }) => refusal ?? []);
    for (const { event, refused } of refusals) {
      const reader = rounds.get(event.platform)?.reader;
      if (!reader || isBeingTold(event)) continue;
      try {
        await tellOnce(event, () => reader.tellRefused(event, refused));
      } catch (err) {
        const fields = { ticket: this.id, platform: event.platform, err };
        log.warn(fields, "Someone could not be told that what they wrote was not taken in");
      }
    }
    if (refusals.length > 0)
      await change(this.#parts, this.id, (draft) => this.#noteReadTo(draft, batches, true));
  }
}

function lose(round: Round, reading: Reading, failure: NonNullable<Reading["failure"]>): "done" {
  reading.state = "lost";
  reading.failure = failure;
  round.turns.succeeded();
  round.lost(failure);
  return "done";
}

const hasSomething = ({ events, state, isSettled }: Reading): boolean =>
  events.length > 0 || (state !== "unread" && !isSettled);

const hasThread = (place: Place): place is Place & { thread: string } => place.thread !== null;

/**
 * Its thread may be there, and people may write in it; that it is has not been written down. Of one that
 * was given up, it is not waited for.
 */
const isBeingOpened =
  ({ underway, troubles }: TicketDocument) =>
  (place: Place) =>
    place.thread === null &&
    !troubles.some(({ delivery, dead }) => dead && delivery === openId(place)) &&
    underway.some((begun) => begun.makes === "thread" && begun.place === place.id);
