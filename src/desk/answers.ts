import { type Refusal, refuse } from "../tickets/errors.ts";
import { type Ticket, ticketSchema } from "../tickets/ticket.ts";
import { readStoredAddress } from "./attachment-address.ts";
import type { Answer, TicketDocument } from "./document.ts";

/** A request that is to take effect once: its key, scoped to who asks, and a hash of all it asks. */
export interface Once {
  key: string;
  hash: string;
}

/** How long, and how many of a ticket's latest, keys of changes and replies are recognised. */
const keptMs = 7 * 24 * 60 * 60 * 1_000;
const mostKept = 5_000;

/** To so many of the latest the answer is the first one; to older ones, the ticket as it is now. */
const mostExact = 100;

/** `now` is in ms. */
export const firstAnswer = ({ key, hash }: Once, ticket: Ticket, now: number): Answer => ({
  key,
  hash,
  at: new Date(now).toISOString(),
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
  if (answer.entries === null) return ticket;
  const threads = ticket.threads.slice(0, answer.entries);
  const before = ticketSchema.parse({ ...ticket, ...answer.before, threads });
  return { ...before, attachments: before.attachments.filter(isStillThere(ticket)) };
}

/** A file that is kept here and was taken back is not given out again. */
const isStillThere =
  ({ attachments }: Ticket) =>
  ({ url }: Attachment): boolean =>
    !readStoredAddress(url) || attachments.some((attachment) => attachment.url === url);

type Attachment = Ticket["attachments"][number];

/**
 * Puts the changed ticket into the draft, so that the answers given before it can still be told,
 * and with it the answer given now. `now` is in ms.
 */
export function remember(
  draft: TicketDocument,
  changed: Ticket,
  once: Once | undefined,
  now: number,
): void {
  const before = changedFields(draft.ticket, changed);
  const withBefore = (answer: Answer) => ({ ...answer, before: { ...before, ...answer.before } });
  const isCreation = ({ key }: Answer) => key === draft.creationKey;
  const later = draft.answers.filter((answer) => !isCreation(answer) && isKept(answer, now));
  draft.answers = [
    ...draft.answers.filter(isCreation).map(withBefore),
    ...later.slice(-mostKept, -mostExact).map(loosely),
    ...later.slice(-mostExact).map(withBefore),
    ...(once ? [firstAnswer(once, changed, now)] : []),
  ];
  draft.ticket = changed;
}

const loosely = (answer: Answer): Answer => ({ ...answer, before: {}, entries: null });

const isKept = ({ at }: Answer, now: number): boolean => Date.parse(at) >= now - keptMs;

/** The fields that change, as they were; `threads` only grows, and is told by its length. */
function changedFields(ticket: Ticket, changed: Ticket): Partial<Ticket> {
  const differs = ([field, value]: [string, unknown]) =>
    field !== "threads" && JSON.stringify(value) !== JSON.stringify(changed[field as keyof Ticket]);
  return Object.fromEntries(Object.entries(ticket).filter(differs));
}
