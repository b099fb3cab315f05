/** How what was changed in a ticket service comes into a document. Times are in ms. */
import { changeTicket } from "../tickets/changes.ts";
import type { Ticket, TicketChange } from "../tickets/ticket.ts";
import { remember } from "./answers.ts";
import { changedBy } from "./changed.ts";
import type { Person } from "./chat.ts";
import type { Place, TicketDocument } from "./document.ts";
import { addAudit, addNotice } from "./messages.ts";
import type { ServiceTicket, SharedFields } from "./service.ts";
import { fieldsThere, sharedFields, wayTo, withinLimits, writeFields } from "./service-fields.ts";
import { statusWords } from "./words.ts";

/** Who changes what is changed there: services do not tell. */
export const serviceItself = ({ platform }: Place): Person => ({
  id: platform,
  name: "The ticket service",
});

/**
 * What our fields are to become because of what was changed there since we last knew. Of a field that
 * was changed here as well, the later change holds, and the audit has both.
 */
export function changesThere(
  draft: TicketDocument,
  place: Place,
  there: ServiceTicket,
  now: number,
): Partial<SharedFields> {
  const before = fieldsThere(place);
  const fields = withinLimits(there.fields);
  const isTaken = (field: keyof SharedFields): boolean => {
    const [theirs, ours] = [fields[field], draft.ticket[field]];
    if (theirs === before[field] || theirs === ours) return false;
    if (ours === before[field]) return true;
    const isOursLater = changedAt(draft, field) > Date.parse(there.updatedAt);
    const [from, to] = isOursLater ? [theirs, ours] : [ours, theirs];
    addAudit(draft, place.platform, `${field} overridden`, { from, to }, now);
    return !isOursLater;
  };
  const taken = new Set(sharedFields.filter(isTaken));
  return {
    ...(taken.has("status") && { status: fields.status }),
    ...(taken.has("priority") && { priority: fields.priority }),
    ...(taken.has("assignedTo") && { assignedTo: fields.assignedTo }),
    ...(taken.has("resolution") && { resolution: fields.resolution }),
  };
}

/** When a field was last changed here. */
function changedAt({ audit }: TicketDocument, field: string): number {
  const last = audit.findLast(({ what }) => what === field);
  return last ? Date.parse(last.at) : Number.NEGATIVE_INFINITY;
}

const resolvedThere = "Resolved in the ticket service";

/** Puts down what `changesThere` has found, once what was said there is taken in. */
export function takeFields(
  draft: TicketDocument,
  place: Place,
  there: ServiceTicket,
  { status, ...others }: Partial<SharedFields>,
  now: number,
): void {
  place.shown = writeFields(withinLimits(there.fields));
  const before = draft.ticket;
  const by = serviceItself(place);
  const { resolution, ...rest } = others;
  const steps = wayTo(before.status, status ?? before.status).map((step) => ({ status: step }));
  const last = { ...steps.pop(), ...(resolution !== undefined && { resolution }) };
  const kept = after(before, [rest], by, now) ?? before;
  const moved = after(kept, [...steps, last], by, now);
  const ticket = moved ?? kept;
  if (ticket !== before) {
    remember(draft, ticket, undefined, now);
    changedBy(draft, before, by, now);
  }
  if (!moved) tellNotTaken(draft, place, now);
}

/** The ticket after these changes, one after the other; undefined when one of them is refused. */
function after(
  ticket: Ticket,
  changes: readonly TicketChange[],
  { id }: Person,
  now: number,
): Ticket | undefined {
  let changed = ticket;
  for (const change of changes) {
    const outcome = changeTicket(
      changed,
      resolvedSomehow(changed, change),
      { role: "agent", id },
      now,
    );
    if ("refused" in outcome) return undefined;
    changed = outcome;
  }
  return changed;
}

/** Not every service asks for words on how a ticket was resolved. */
function resolvedSomehow(ticket: Ticket, change: TicketChange): TicketChange {
  const { status = ticket.status, resolution = ticket.resolution } = change;
  const isResolved = status === "resolved" || (status === "closed" && ticket.resolvedAt !== null);
  if (!isResolved || resolution !== null) return change;
  return { ...change, resolution: ticket.resolution ?? resolvedThere };
}

/** It is told once: by now, how it is there is known, and how it is here is sent there. */
function tellNotTaken(draft: TicketDocument, place: Place, now: number): void {
  const [theirs, ours] = [fieldsThere(place).status, draft.ticket.status];
  const told = `In the ticket service this ticket became ${quoted(theirs)}. Here it is ${quoted(ours)}, from where it cannot go there, so it stays that and the service is told so.`;
  addNotice(draft, told, { audience: "agents" }, now);
}

const quoted = (status: Ticket["status"]) => `“${statusWords[status]}”`;
