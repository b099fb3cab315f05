/** Sends again what was given up: how its document tells of it. */
import type { TicketDocument } from "./document.ts";
import { addAudit } from "./messages.ts";
import { undeliveredIn } from "./undelivered.ts";

/** What the audit says of it: which deliveries it was, with a space between them. */
export const retried = "retried";

/** Stands for all deliveries of a ticket that were given up. */
export const allDeliveries = "*";

/**
 * What was given up is tried again from now on, and as long as at first; it is looked for before it is
 * sent, where need be. Says which deliveries these are: none, where nothing was given up. `by` is the
 * id of who asks for it, `now` is in ms.
 */
export function tryAgain(
  draft: TicketDocument,
  delivery: string,
  by: string,
  now: number,
): string[] {
  const chosen =
    delivery === allDeliveries
      ? undeliveredIn(draft)
      : draft.troubles.filter((each) => each.dead && each.delivery === delivery);
  const at = new Date(now).toISOString();
  for (const trouble of chosen)
    Object.assign(trouble, { dead: false, attempts: 1, since: at, dueAt: at });
  const ids = chosen.map((each) => each.delivery);
  if (ids.length > 0) addAudit(draft, by, retried, { to: ids.join(" ") }, now);
  return ids;
}
