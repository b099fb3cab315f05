/** Where tickets' threads are, for those who have just asked for them. */
import { LRUCache } from "lru-cache";
import type { TicketCard } from "../../src/desk/chat.ts";
import type { TicketId } from "../../src/tickets/ticket.ts";
import type { ThreadAddress } from "./references.ts";

type Tell = (thread: ThreadAddress) => void;

export interface Openings {
  /** Tells where the requester's thread is, once: now if it is known, else when it is open. */
  expect(ticket: TicketId, tell: Tell): void;
  opened(card: TicketCard, thread: ThreadAddress): void;
}

/**
 * How long an interaction's answer can be changed:
 * https://docs.discord.com/developers/interactions/receiving-and-responding
 */
const changeableMs = 15 * 60_000;
const mostKept = 1_000;

/** In memory only: whoever is not told finds the thread among their own. */
export function createOpenings({ now }: { now: () => number }): Openings {
  const threads = new LRUCache<TicketId, ThreadAddress>({ max: mostKept });
  const waiting = new LRUCache<TicketId, { tell: Tell; since: number }>({ max: mostKept });
  return {
    expect(ticket, tell) {
      const thread = threads.get(ticket);
      if (thread) tell(thread);
      else waiting.set(ticket, { tell, since: now() });
    },
    opened({ id, side }, thread) {
      if (side !== "requester") return;
      threads.set(id, thread);
      const expected = waiting.get(id);
      waiting.delete(id);
      if (expected && now() - expected.since < changeableMs) expected.tell(thread);
    },
  };
}
