import { type Actor, changeTicket, openTicket, replyToTicket } from "../tickets/changes.ts";
import { type Refusal, refuse } from "../tickets/errors.ts";
import type { NewEntry, NewTicket, Ticket, TicketChange, TicketId } from "../tickets/ticket.ts";
import { firstAnswer, type Once, recall, remember } from "./answers.ts";
import { currentSchema, type TicketDocument } from "./document.ts";
import type { IdSource } from "./ids.ts";
import { noCounts, type Page, type TicketQuery, type TicketStore } from "./ports.ts";

export type Outcome = Ticket | Refusal;

/**
 * What happens to tickets. Each method is one transaction: when it resolves to a ticket, the
 * change is durable; a refusal changed nothing; a StoreError says whether it did. With `once`,
 * the same request again has no second effect and gets the first answer.
 */
export interface Desk {
  open(given: NewTicket, actor: Actor, once?: Once): Promise<Outcome>;
  read(id: TicketId, actor: Actor): Promise<Outcome>;
  list(query: TicketQuery, actor: Actor): Promise<Page>;
  change(id: TicketId, change: TicketChange, actor: Actor, once?: Once): Promise<Outcome>;
  reply(id: TicketId, reply: NewEntry, actor: Actor, once?: Once): Promise<Outcome>;
}

export interface DeskParts {
  store: TicketStore;
  ids: IdSource;
  /** The time, in ms since 1970. */
  now(): number;
}

/** References are short: two draws alike are likely some day, so many in a row are a fault. */
const mostDraws = 20;

export function createDesk(parts: DeskParts): Desk {
  const { store } = parts;
  return {
    open: (given, actor, once) => open(parts, given, actor, once),

    async read(id, actor) {
      const document = await store.get(id);
      if (!document || !maySee(document.ticket, actor)) return refuse("SUPPORT_TICKET_NOT_FOUND");
      return document.ticket;
    },

    async list(query, actor) {
      if (actor.role === "agent") return store.list(query);
      const { filter } = query;
      if (filter.client !== undefined && filter.client !== actor.id) return noTickets(query);
      return store.list({ ...query, filter: { ...filter, client: actor.id } });
    },

    change: (id, change, actor, once) =>
      transact(parts, id, actor, once, (ticket, at) => changeTicket(ticket, change, actor, at)),

    reply: (id, reply, actor, once) =>
      transact(parts, id, actor, once, (ticket, at) => replyToTicket(ticket, reply, actor, at)),
  };
}

async function open(
  { store, ids, now }: DeskParts,
  given: NewTicket,
  actor: Actor,
  once: Once | undefined,
): Promise<Outcome> {
  for (let draw = 0; draw < mostDraws; draw += 1) {
    const at = now();
    const ticket = openTicket(ids.ticketId(), given, actor, at);
    const created = await store.create(newDocument(ticket, ids.reference(), once, at));
    if (created === "created") return ticket;
    if (created === "exists" && once) return answerAgain(store, once);
  }
  throw new Error(`No free ticket id or reference was found in ${mostDraws} draws`);
}

async function answerAgain(store: TicketStore, once: Once): Promise<Outcome> {
  const id = await store.findByCreationKey(once.key);
  const document = id === undefined ? undefined : await store.get(id);
  const answer = document && recall(document, once);
  if (!answer) throw new Error("A ticket that was created with this key was not found");
  return answer;
}

async function transact(
  { store, now }: DeskParts,
  id: TicketId,
  actor: Actor,
  once: Once | undefined,
  work: (ticket: Ticket, at: number) => Outcome,
): Promise<Outcome> {
  const outcome = await store.change(id, (draft) => {
    if (!maySee(draft.ticket, actor)) return refuse("SUPPORT_TICKET_NOT_FOUND");
    const before = recall(draft, once);
    if (before) return before;
    const at = now();
    const changed = work(draft.ticket, at);
    if (!("refused" in changed)) remember(draft, changed, once, at);
    return changed;
  });
  return outcome ?? refuse("SUPPORT_TICKET_NOT_FOUND");
}

function newDocument(
  ticket: Ticket,
  reference: string,
  once: Once | undefined,
  now: number,
): TicketDocument {
  return {
    schema: currentSchema,
    reference,
    creationKey: once?.key ?? null,
    places: [],
    answers: once ? [firstAnswer(once, ticket, now)] : [],
    ticket,
  };
}

/** A client's own tickets, an agent's all; for others' the answer is that there is none. */
const maySee = (ticket: Ticket, actor: Actor): boolean =>
  actor.role === "agent" || ticket.client === actor.id;

/** What a client is told who asks for another's tickets: no one learns whether there are any. */
const noTickets = ({ countByStatus }: TicketQuery): Page => ({
  tickets: [],
  total: 0,
  ...(countByStatus ? { counts: noCounts() } : {}),
});
