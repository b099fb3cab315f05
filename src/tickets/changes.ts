import { type Refusal, refuse } from "./errors.ts";
import { mayMove, statusAfterReply } from "./lifecycle.ts";
import { limits } from "./limits.ts";
import type {
  EntryType,
  NewEntry,
  NewTicket,
  Status,
  Ticket,
  TicketChange,
  TicketId,
} from "./ticket.ts";

/** Who acts: an agent on every ticket, a client on their own. */
export interface Actor {
  role: "client" | "agent";
  id: string;
  /** An agent that is no person: it writes down what both sides have said elsewhere. */
  mirrors?: true;
}

/** A new ticket, opened by `actor`, whose first entry is the description. `now` is in ms. */
export function openTicket(id: TicketId, given: NewTicket, actor: Actor, now: number): Ticket {
  const at = new Date(now).toISOString();
  return {
    _id: id,
    title: given.title,
    description: given.description,
    status: "open",
    priority: given.priority,
    category: given.category,
    client: actor.id,
    assignedTo: null,
    threads: [{ author: actor.id, message: given.description, timestamp: at, type: "user" }],
    attachments: given.attachments,
    tags: given.tags,
    resolution: null,
    createdAt: at,
    updatedAt: at,
    resolvedAt: null,
  };
}

/**
 * The ticket with a change made to it, or why it may not be made. Only the fields given change;
 * nothing, not even `updatedAt`, when all of them already are as asked.
 */
export function changeTicket(
  ticket: Ticket,
  change: TicketChange,
  actor: Actor,
  now: number,
): Ticket | Refusal {
  const refused = refusalOf(ticket, change, actor);
  if (refused) return refused;
  const { status = ticket.status, ...given } = change;
  const changed = moved({ ...ticket, ...given }, status, timeAfter(ticket, now));
  if (changed.resolvedAt !== null && changed.resolution === null)
    return refuse("RESOLUTION_REQUIRED");
  return isSame(ticket, changed) ? ticket : touched(changed, now);
}

/** What a client may change on their own ticket, besides closing it and reopening it. */
const clientsFields: ReadonlySet<string> = new Set<keyof TicketChange>([
  "title",
  "description",
  "tags",
  "status",
]);

function refusalOf(ticket: Ticket, change: TicketChange, actor: Actor): Refusal | undefined {
  const { status = ticket.status } = change;
  if (actor.role === "client") {
    if (Object.keys(change).some((field) => !clientsFields.has(field))) return refuse("FORBIDDEN");
    if (!clientMayMove(ticket.status, status)) return refuse("FORBIDDEN");
  }
  return mayMove(ticket.status, status) ? undefined : refuse("INVALID_TRANSITION");
}

function clientMayMove(from: Status, to: Status): boolean {
  // From closed nothing moves, for anyone: that is told as the transition's fault.
  if (from === to || from === "closed") return true;
  return to === "closed" || (from === "resolved" && to === "open");
}

/**
 * The ticket with one more entry, moved to the status that the reply brings, or why not. A client
 * speaks as `user`, an agent as `agent` or, for what no person said, `system`; who mirrors, as any.
 */
export function replyToTicket(
  ticket: Ticket,
  reply: NewEntry,
  actor: Actor,
  now: number,
): Ticket | Refusal {
  const own: EntryType = actor.role === "client" ? "user" : "agent";
  const type = reply.type ?? own;
  if (type !== own && !maySpeakAs(type, actor)) return refuse("FORBIDDEN");
  if (ticket.status === "closed") return refuse("TICKET_CLOSED");
  if (isFull(ticket)) return refuse("TICKET_FULL");
  const timestamp = timeAfter(ticket, now);
  const entry = { author: actor.id, message: reply.message, timestamp, type };
  return {
    ...moved(ticket, statusAfterReply(ticket.status, type), timestamp),
    threads: [...ticket.threads, entry],
    updatedAt: timestamp,
  };
}

/** No agent says in a requester's name what they did not say. */
const maySpeakAs = (type: EntryType, { role, mirrors }: Actor): boolean =>
  role === "agent" && (type === "system" || mirrors === true);

function isFull({ threads }: Ticket): boolean {
  let length = 0;
  for (const { message } of threads) length += message.length;
  return threads.length >= limits.entries || length >= limits.conversationLength;
}

function moved(ticket: Ticket, status: Status, at: string): Ticket {
  if (status === ticket.status) return ticket;
  if (status === "resolved") return { ...ticket, status, resolvedAt: at };
  // Closing keeps when it was resolved; every other move takes it back.
  return status === "closed" ? { ...ticket, status } : { ...ticket, status, resolvedAt: null };
}

/** The ticket as one that has changed now. */
export const touched = (ticket: Ticket, now: number): Ticket => ({
  ...ticket,
  updatedAt: timeAfter(ticket, now),
});

/** Now, but never before what the ticket already tells: clocks are set back, tickets are not. */
const timeAfter = (ticket: Ticket, now: number): string =>
  new Date(Math.max(now, Date.parse(ticket.updatedAt))).toISOString();

const isSame = (one: Ticket, other: Ticket): boolean =>
  JSON.stringify(one) === JSON.stringify(other);
