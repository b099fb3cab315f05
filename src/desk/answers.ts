import { type Refusal, refuse } from "../tickets/errors.ts";
import { type Ticket, ticketSchema } from "../tickets/ticket.ts";
import type { Answer, TicketDocument } from "./document.ts";

/** A request that is to take effect once: its key, scoped to who asks, and a hash of all it asks. */
export interface Once {
  key: string;
  hash: string;
}

/** How long a repeated change or reply is recognised; a repeated create always is. */
const keptMs = 7 * 24 * 60 * 60 * 1_000;

export const firstAnswer = ({ key, hash }: Once, ticket: Ticket): Answer => ({
  key,
  hash,
  at: ticket.updatedAt,
  before: {},
  entries: ticket.threads.length,
});

/** The answer that this request was given before; undefined when it is new. */
export function recall(
  { ticket, answers }: TicketDocument,
  once: Once | undefined,
): Ticket | Refusal | undefined {
  const answer = once && answers.find(({ key }) => key === once.key);
  if (!answer) return undefined;
  if (answer.hash !== once.hash) return refuse("IDEMPOTENCY_KEY_REUSED");
  const threads = ticket.threads.slice(0, answer.entries);
  return ticketSchema.parse({ ...ticket, ...answer.before, threads });
}

/**
 * Puts the changed ticket into the draft, so that the answers given before it can still be told,
 * and with it the answer given now.
 */
export function remember(draft: TicketDocument, changed: Ticket, once: Once | undefined): void {
  const before = changedFields(draft.ticket, changed);
  const oldest = Date.parse(changed.updatedAt) - keptMs;
  draft.answers = draft.answers
    .filter(({ key, at }) => key === draft.creationKey || Date.parse(at) >= oldest)
    .map((answer) => ({ ...answer, before: { ...before, ...answer.before } }));
  draft.ticket = changed;
  if (once) draft.answers.push(firstAnswer(once, changed));
}

/** The fields that change, as they were; `threads` only grows, and is told by its length. */
function changedFields(ticket: Ticket, changed: Ticket): Partial<Ticket> {
  const differs = ([field, value]: [string, unknown]) =>
    field !== "threads" && JSON.stringify(value) !== JSON.stringify(changed[field as keyof Ticket]);
  return Object.fromEntries(Object.entries(ticket).filter(differs));
}
