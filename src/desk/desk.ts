import { type Actor, changeTicket, openTicket, replyToTicket } from "../tickets/changes.ts";
import { type Refusal, refuse } from "../tickets/errors.ts";
import type { NewEntry, NewTicket, Ticket, TicketChange, TicketId } from "../tickets/ticket.ts";
import { firstAnswer, type Once, recall, remember } from "./answers.ts";
import { cardFor, digestOf } from "./card.ts";
import { changedBy } from "./changed.ts";
import type { TicketDocument, Trouble } from "./document.ts";
import type { HearRules } from "./hear.ts";
import type { IdSource } from "./ids.ts";
import { addMessage } from "./messages.ts";
import { newDocument, type Routes } from "./open.ts";
import type { Outbox } from "./outbox.ts";
import { type Owed, owedIn } from "./owed.ts";
import { owes } from "./owes.ts";
import { noCounts, type Page, type TicketQuery, type TicketStore } from "./ports.ts";
import { tryAgain } from "./try-again.ts";

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
  /** What of a ticket does not arrive; for agents. */
  deliveries(id: TicketId, actor: Actor): Promise<Owed[] | Refusal>;
  /**
   * Has a delivery that was given up tried again. One that is being tried stays as it is, so that
   * asking for it twice does no more than asking once; with `once` also when it was given up again
   * meanwhile, and the answer tells how it stands now.
   */
  retry(id: TicketId, delivery: string, actor: Actor, once?: Once): Promise<Owed | Refusal>;
}

export interface DeskParts {
  store: TicketStore;
  ids: IdSource;
  rules: HearRules & Routes;
  /** The time, in ms since 1970. */
  now(): number;
  /** Sends what is owed because of a change. */
  outbox: Pick<Outbox, "prepare" | "wake">;
  /** Does work once whoever is to be answered now was; `setImmediate` when left out. */
  soon?(work: () => void): void;
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

    async deliveries(id, actor) {
      const document = await store.get(id);
      if (!document) return refuse("SUPPORT_TICKET_NOT_FOUND");
      return refusedDeliveries(document, actor) ?? owedIn(document);
    },

    retry: (id, delivery, actor, once) => retry(parts, id, delivery, actor, once),
  };
}

async function open(
  parts: DeskParts,
  given: NewTicket,
  actor: Actor,
  once: Once | undefined,
): Promise<Outcome> {
  const requester = { id: actor.id, name: actor.id };
  const at = parts.now();
  const { document, isNew } = await create(parts, (id, reference) => {
    const ticket = openTicket(id, given, actor, at);
    const answers = once ? [firstAnswer(once, ticket, at)] : [];
    const creationKey = once?.key ?? null;
    return newDocument({ ticket, reference, requester, creationKey, answers }, parts.rules);
  });
  if (isNew) return document.ticket;
  const answer = recall(document, once);
  if (!answer) throw new Error("A ticket that was created with this key has no answer");
  return answer;
}

type Creating = Pick<DeskParts, "store" | "ids" | "outbox" | "soon">;

/**
 * Makes a ticket with ids that no other has; of the same creation key, there is one only, and it is
 * what the first call has made.
 */
export async function create(
  { store, ids, outbox, soon = setImmediate }: Creating,
  make: (id: TicketId, reference: string) => TicketDocument,
): Promise<{ document: TicketDocument; isNew: boolean }> {
  for (let draw = 0; draw < mostDraws; draw += 1) {
    const document = make(ids.ticketId(), ids.reference());
    outbox.prepare(document);
    try {
      const created = await store.create(document);
      if (created === "created") return { document, isNew: true };
      if (created === "exists")
        return { document: await madeBefore(store, outbox, document), isNew: false };
    } finally {
      // Whoever waits for the ticket is answered first. It may be there also if that was not sure.
      soon(() => outbox.wake(document.ticket._id));
    }
  }
  throw new Error(`No free ticket id or reference was found in ${mostDraws} draws`);
}

/** The write that made it may have been unsure, so that nothing was sent yet. */
async function madeBefore(
  store: TicketStore,
  outbox: DeskParts["outbox"],
  { creationKey }: TicketDocument,
): Promise<TicketDocument> {
  const id = creationKey === null ? undefined : await store.findByCreationKey(creationKey);
  const document = id === undefined ? undefined : await store.get(id);
  if (!document) throw new Error("A ticket that was created with this key was not found");
  outbox.wake(document.ticket._id);
  return document;
}

/** One change of a ticket; undefined when there is no such ticket. */
export const inTransaction = <T>(
  { store, outbox }: Pick<DeskParts, "store" | "outbox">,
  id: TicketId,
  work: (draft: TicketDocument) => T,
): Promise<T | undefined> =>
  // A write that is not sure may be there all the same.
  store.change(id, work).finally(() => outbox.wake(id));

async function transact(
  parts: DeskParts,
  id: TicketId,
  actor: Actor,
  once: Once | undefined,
  work: (ticket: Ticket, at: number) => Outcome,
): Promise<Outcome> {
  const { now, rules, outbox } = parts;
  const outcome = await inTransaction(parts, id, (draft) => {
    if (!maySee(draft.ticket, actor)) return refuse("SUPPORT_TICKET_NOT_FOUND");
    const answered = recall(draft, once);
    if (answered) return answered;
    const at = now();
    const before = draft.ticket;
    const changed = work(before, at);
    if ("refused" in changed) return changed;
    remember(draft, changed, once, at);
    follow(draft, before, actor, at);
    conclude(draft, rules, outbox);
    return changed;
  });
  return outcome ?? refuse("SUPPORT_TICKET_NOT_FOUND");
}

async function retry(
  parts: DeskParts,
  id: TicketId,
  delivery: string,
  actor: Actor,
  once: Once | undefined,
): Promise<Owed | Refusal> {
  const outcome = await inTransaction(
    parts,
    id,
    (draft) => refusedDeliveries(draft, actor) ?? retryIn(parts, draft, delivery, actor, once),
  );
  return outcome ?? refuse("SUPPORT_TICKET_NOT_FOUND");
}

function retryIn(
  { rules, outbox, now }: DeskParts,
  draft: TicketDocument,
  delivery: string,
  { id: by }: Actor,
  once: Once | undefined,
): Owed | Refusal {
  const owed = () =>
    owedIn(draft).find((each) => each.id === delivery) ?? refuse("DELIVERY_NOT_FOUND");
  const answered = recall(draft, once);
  if (answered) return "refused" in answered ? answered : owed();
  const found = owed();
  if ("refused" in found) return found;
  const at = now();
  const tried = tryAgain(draft, delivery, by, at);
  if (once) remember(draft, draft.ticket, once, at);
  if (tried.length > 0) conclude(draft, rules, outbox);
  return owed();
}

/** Whose thread is out of reach, and why, is for agents to know. */
function refusedDeliveries({ ticket }: TicketDocument, actor: Actor): Refusal | undefined {
  if (!maySee(ticket, actor)) return refuse("SUPPORT_TICKET_NOT_FOUND");
  return actor.role === "agent" ? undefined : refuse("FORBIDDEN");
}

/** To be called at the end of each change: what is owed because of it goes along with it. */
export function conclude(
  draft: TicketDocument,
  rules: HearRules,
  outbox: Pick<Outbox, "prepare">,
): void {
  // A card or a mark that could not be shown is not the one to be shown now.
  const isOutdated = ({ delivery, dead }: Trouble) => dead && /\/(?:card|mark)$/.test(delivery);
  draft.troubles = draft.troubles.filter((trouble) => !isOutdated(trouble));
  // Once another card is on its way, it is not known which of them is shown.
  for (const place of draft.places)
    if (place.side !== "service" && place.shown !== digestOf(cardFor(draft, place.side, rules)))
      place.shown = null;
  draft.owes = owes(draft, rules);
  outbox.prepare(draft);
}

/** What was said and changed over HTTP is told in the threads as well. */
function follow(draft: TicketDocument, before: Ticket, actor: Actor, now: number): void {
  const by = {
    id: actor.id,
    name: draft.requester.id === actor.id ? draft.requester.name : actor.id,
  };
  for (const [entry, { type }] of draft.ticket.threads.entries()) {
    if (entry < before.threads.length) continue;
    const side = type === "user" ? "requester" : "agents";
    const kind = type === "system" ? "notice" : "reply";
    addMessage(draft, { kind, side, by, entry }, now);
  }
  changedBy(draft, before, by, now);
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
