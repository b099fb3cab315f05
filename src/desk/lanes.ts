/** What is kept of each lane of a ticket between two looks at its document: next to nothing. */
import type { TicketId } from "../tickets/ticket.ts";
import type { After } from "./timing.ts";

/** Times are in ms since 1970. */
export interface Lane {
  readonly ticket: TicketId;
  readonly name: string;
  /** It has its turn. */
  isRunning: boolean;
  /** It waits for a turn on this platform, with this limit. */
  asked: { platform: string; line: string | undefined; leave?: () => void } | undefined;
  /** It is looked at again then. */
  timer: { at: number; cancel(): void } | undefined;
  /** It does nothing before this. */
  notBefore: number;
}

export class Lanes {
  readonly #lanes = new Map<string, Lane>();
  readonly #now: () => number;
  readonly #after: After;

  constructor({ now, after }: { now(): number; after: After }) {
    this.#now = now;
    this.#after = after;
  }

  of(ticket: TicketId, name: string): Lane {
    const key = keyOf(ticket, name);
    const lane = this.#lanes.get(key) ?? {
      ...{ ticket, name, isRunning: false, asked: undefined, timer: undefined, notBefore: 0 },
    };
    this.#lanes.set(key, lane);
    return lane;
  }

  /** Whether it may do something now. */
  isFree = (ticket: TicketId, name: string): boolean =>
    (this.#lanes.get(keyOf(ticket, name))?.notBefore ?? 0) <= this.#now();

  /** Of a lane that waits for nothing, nothing is kept. */
  tidy({ ticket, name, isRunning, asked, timer }: Lane): void {
    if (!isRunning && !asked && !timer) this.#lanes.delete(keyOf(ticket, name));
  }

  /** `look` is called at this time, or earlier when it waits for an earlier one already. */
  wait(lane: Lane, until: number, look: () => void): void {
    if (lane.timer && lane.timer.at <= until) return;
    lane.timer?.cancel();
    const cancel = this.#after(Math.max(0, until - this.#now()), () => {
      lane.timer = undefined;
      look();
    });
    lane.timer = { at: until, cancel };
  }

  /** None is looked at again. */
  stop(): void {
    for (const { timer } of this.#lanes.values()) timer?.cancel();
  }
}

const keyOf = (ticket: TicketId, name: string) => `${ticket} ${name}`;
