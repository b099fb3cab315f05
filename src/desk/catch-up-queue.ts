/** Which tickets are read back, and which is next: a few at once, and those in use before others. */
import type { TicketId } from "../tickets/ticket.ts";
import type { Round } from "./catch-up-round.ts";
import { CatchingUpTicket, type TicketParts } from "./catch-up-ticket.ts";
import { StoreError } from "./ports.ts";
import { type After, within } from "./timing.ts";

interface QueueParts extends Omit<TicketParts, "onSlow"> {
  after: After;
  /** Something was read: a round may be at its end. */
  onRead(): void;
}

/** Tickets of the same platforms that are read at once. */
const mostAtOnce = 3;
const firstWaitMs = 1_000;
const longestWaitMs = 5 * 60_000;
const stopWithinMs = 1_000;

export class ReadingQueue {
  readonly #parts: QueueParts;
  readonly #ticketParts: TicketParts;
  /** In the order in which they are read. */
  readonly #tickets = new Map<TicketId, CatchingUpTicket>();
  readonly #running = new Map<CatchingUpTicket, { kind: string; reading: Promise<void> }>();
  #isStarted = false;
  #cancel: (() => void) | undefined;

  constructor(parts: QueueParts) {
    this.#parts = parts;
    this.#ticketParts = { ...parts, onSlow: () => this.goOn() };
  }

  get(id: TicketId): CatchingUpTicket | undefined {
    return this.#tickets.get(id);
  }

  /** The ticket is to be read; those that are wanted first come first. */
  want(id: TicketId, round: Round, since: number): void {
    const ticket = this.#tickets.get(id) ?? new CatchingUpTicket(id, this.#ticketParts);
    this.#tickets.set(id, ticket);
    ticket.want(round.platform, { since });
    round.left.add(id);
  }

  start(): void {
    this.#isStarted = true;
    for (const ticket of [...this.#tickets.values()]) if (ticket.isUrgent) this.run(ticket);
    this.goOn();
  }

  /** Reads it now, before all others, unless it failed just before: then it is tried again soon. */
  run(ticket: CatchingUpTicket): void {
    if (!this.#isStarted || this.#parts.isOver() || this.#running.has(ticket)) return;
    if (ticket.dueAt > this.#parts.now()) return;
    const kind = this.#kindOf(ticket);
    const reading = this.#read(ticket).then(() => {
      this.#running.delete(ticket);
      // Something waits for the rest of it.
      if (ticket.isAwaited && ticket.platforms.length > 0) this.run(ticket);
      this.goOn();
    });
    this.#running.set(ticket, { kind, reading });
  }

  /** Begins with those that are next, as far as there is room. */
  goOn(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (!this.#isStarted || this.#parts.isOver()) return;
    this.#parts.onRead();
    const next = this.#runNext();
    const { after, now } = this.#parts;
    if (next !== never) this.#cancel = after(next - now(), () => this.goOn());
  }

  /** Lets go what waits; an answer that takes long is not needed any more. */
  async stop(): Promise<void> {
    this.#cancel?.();
    for (const ticket of this.#tickets.values()) ticket.wake();
    const { after } = this.#parts;
    const all = Promise.all([...this.#running.values()].map(({ reading }) => reading));
    await within(all, { ms: stopWithinMs, after, late: undefined });
  }

  /** Tells when one that is not due yet will be, in ms since 1970. */
  #runNext(): number {
    const now = this.#parts.now();
    const counts = this.#runningByKind();
    let next = never;
    for (const ticket of [...this.#tickets.values()]) {
      if (this.#running.has(ticket)) continue;
      const kind = this.#kindOf(ticket);
      const count = counts.get(kind) ?? 0;
      if (ticket.dueAt > now) next = Math.min(next, ticket.dueAt);
      else if (count < mostAtOnce) {
        counts.set(kind, count + 1);
        this.run(ticket);
      }
    }
    return next;
  }

  #runningByKind(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { kind } of this.#running.values()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    return counts;
  }

  /** Tickets of one kind wait for each other. */
  #kindOf(ticket: CatchingUpTicket): string {
    const hasSlow = [...this.#parts.rounds.values()].some(({ turns }) => turns.isSlow);
    return hasSlow ? this.#platformsOf(ticket).join(" ") : ticket.kind;
  }

  /** All at once, so that their words come in order; but none waits for one that gives little. */
  #platformsOf({ platforms }: CatchingUpTicket): string[] {
    const { rounds } = this.#parts;
    const quick = platforms.filter((platform) => !rounds.get(platform)?.turns.isSlow);
    return quick.length > 0 ? quick : platforms;
  }

  async #read(ticket: CatchingUpTicket): Promise<void> {
    const { log, now, rounds } = this.#parts;
    const { id } = ticket;
    const platforms = this.#platformsOf(ticket);
    let read: string[] = [];
    try {
      read = await ticket.read(platforms);
    } catch (err) {
      log.error({ ticket: id, err }, "A ticket could not be read back: it is tried again");
      // What the store cannot take now, it does not take of what is heard live either: that can wait.
      if (!(err instanceof StoreError)) for (const each of platforms) ticket.letPass(each);
    }
    for (const platform of read) rounds.get(platform)?.finished(id);
    const isRead = read.length === platforms.length;
    ticket.failures = isRead ? 0 : ticket.failures + 1;
    ticket.dueAt = isRead ? Number.NEGATIVE_INFINITY : now() + waitMs(ticket.failures);
    ticket.wakeRead(isRead);
    ticket.isUrgent = ticket.isAwaited;
    this.#tickets.delete(id);
    // It goes to the end of the line.
    if (ticket.platforms.length > 0) this.#tickets.set(id, ticket);
  }
}

const never = Number.POSITIVE_INFINITY;

const waitMs = (failures: number): number =>
  Math.min(longestWaitMs, firstWaitMs * 2 ** (failures - 1));
