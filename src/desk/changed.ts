/** How a document tells that its ticket was changed, by whomever and however. Times are in ms. */
import type { Ticket } from "../tickets/ticket.ts";
import type { Person } from "./chat.ts";
import type { TicketDocument } from "./document.ts";
import { addAudit, addNotice } from "./messages.ts";
import { fieldIdOf, sharedFields } from "./service-fields.ts";

const audited = ["title", "status", "priority", "category", "assignedTo", "resolution"] as const;

/** Writes down who changed what, and says in the threads what those who read there should know. */
export function changedBy(draft: TicketDocument, before: Ticket, by: Person, now: number): void {
  const { ticket } = draft;
  auditChanges(draft, before, by, now);
  if (ticket.assignedTo === null) draft.assignee = null;
  else if (draft.assignee?.id !== ticket.assignedTo)
    draft.assignee = [by, ...draft.messages.map((message) => message.by).reverse()].find(
      ({ id }) => id === ticket.assignedTo,
    ) ?? { id: ticket.assignedTo, name: ticket.assignedTo };
  const told = toldOf(before, ticket, by);
  if (told) addNotice(draft, told, { audience: "everyone" }, now);
}

/** Writes down who changed what. What a ticket service refused before, it is asked for anew. */
export function auditChanges(
  draft: TicketDocument,
  before: Ticket,
  { id }: Person,
  now: number,
): void {
  const { ticket } = draft;
  for (const field of audited)
    if (before[field] !== ticket[field])
      addAudit(draft, id, field, { from: before[field], to: ticket[field] }, now);
  const changed = sharedFields.filter((field) => before[field] !== ticket[field]);
  const ids = draft.places.flatMap((place) => changed.map((field) => fieldIdOf(place, field)));
  draft.troubles = draft.troubles.filter(({ delivery, dead }) => !(dead && ids.includes(delivery)));
}

function toldOf(before: Ticket, { status, resolution }: Ticket, { name }: Person) {
  if (status === before.status) return undefined;
  if (status === "resolved")
    return `${name} resolved this ticket: ${resolution}\nA reply from the requester reopens it.`;
  if (status === "closed") return `${name} closed this ticket.`;
  return before.status === "resolved" ? `${name} reopened this ticket.` : undefined;
}
