/** Where tickets' threads are, for those who have just asked for them. */
import { LRUCache } from "lru-cache";
import type { TicketCard } from "../../src/desk/chat.ts";
import type { TicketId } from "../../src/tickets/ticket.ts";
import type { ThreadAddress } from "./references.ts";

/** `unreachable`: there is none, not in their direct messages either, before they allow these. */
export type Found = ThreadAddress | "unreachable";

type Tell = (found: Found) => void;

export interface Openings {
  /**
   * Tells where the requester's thread is, once: now if it is known, else when it is open. That they
   * are not to be reached is told before.
   */
  expect(ticket: TicketId, tell: Tell): void;
  opened(card: TicketCard, thread: ThreadAddress): void;
  failed(card: TicketCard): void;
}

/**
 * How long an interaction's answer can be changed:
 * https://docs.discord.com/developers/interactions/receiving-and-responding
 */
const changeableMs = 15 * 60_000;
const mostKept = 1_000;

/** In memory only: whoever is not told finds the thread among their own. */
export function createOpenings({ now }: { now: () => number }): Openings {
  const known = new LRUCache<TicketId, Found>({ max: mostKept });
  const waiting = new LRUCache<TicketId, { tell: Tell; since: number }>({ max: mostKept });
  const learn = ({ id, side }: TicketCard, found: Found) => {
    if (side !== "requester") return;
    known.set(id, found);
    const expected = waiting.get(id);
    if (found !== "unreachable") waiting.delete(id);
    if (expected && now() - expected.since < changeableMs) expected.tell(found);
  };
  return {
    expect(ticket, tell) {
      const found = known.get(ticket);
      if (found === undefined || found === "unreachable")
        waiting.set(ticket, { tell, since: now() });
      if (found !== undefined) tell(found);
    },
    opened: learn,
    failed: (card) => learn(card, "unreachable"),
  };
}
