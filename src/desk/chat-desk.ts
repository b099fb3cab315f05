import { openTicket } from "../tickets/changes.ts";
import type { Status, TicketId, TicketSummary } from "../tickets/ticket.ts";
import { act } from "./act.ts";
import { firstAnswer, recall } from "./answers.ts";
import { cardFor } from "./card.ts";
import type { CatchUp } from "./catch-up.ts";
import type { ChatDesk, ChatEvent, ChatForm, Heard, OpenedTicket, TicketLine } from "./chat.ts";
import { create, type DeskParts } from "./desk.ts";
import { digest } from "./digest.ts";
import type { TicketDocument } from "./document.ts";
import { addAudit } from "./messages.ts";
import { newDocument } from "./open.ts";
import type { TicketStore } from "./ports.ts";
import { Serial } from "./serial.ts";
import { change, ifCarried, placeOf, take, takeHeard } from "./take.ts";

export interface ChatDeskParts extends DeskParts {
  /** Without it, what was not told of is never known. */
  catchUp?: Pick<CatchUp, "inTurn" | "mayHaveMissed" | "tellOnce">;
}

/** The desk for chat: tickets from forms, what is said in threads, and the buttons of cards. */
export function createChatDesk(parts: ChatDeskParts): ChatDesk {
  const { store, catchUp } = parts;
  /** Of one message, one carry after the other. */
  const carrying = new Serial();
  return {
    open: (form) => open(parts, form),

    async heard(event) {
      const carried = event.type === "message" ? undefined : await store.findByMessage(event);
      const id = carried ?? (await store.findByThread(event));
      if (id === undefined) return { heard: "elsewhere" };
      const which = carried === undefined ? placeOf(event) : ifCarried(event);
      const work = () => takeHeard(parts, id, event, which);
      return catchUp ? catchUp.inTurn(id, event, work) : work();
    },

    hasThread: async (platform, thread) =>
      (await store.findByThread({ platform, thread })) !== undefined,

    async isClosed(platform, thread) {
      const id = await store.findByThread({ platform, thread });
      const document = id === undefined ? undefined : await store.get(id);
      return document?.ticket.status === "closed";
    },

    hasCarried: async (platform, message) =>
      (await store.findByMessage({ platform, message })) !== undefined,

    mayHaveMissed: (platform, sinceMs) => catchUp?.mayHaveMissed(platform, sinceMs),

    tellOnce: (event, tell) => (catchUp ? catchUp.tellOnce(event, tell) : tell()),

    carry: (id, event) =>
      carrying.run(`${event.platform} ${event.message}`, () => carry(parts, id, event)),

    act: (id, action, by, key) =>
      change(parts, id, (draft, now) => act(draft, action, by, key, parts.rules, now)),

    async card(id, side) {
      const document = await store.get(id);
      return document ? cardFor(document, side, parts.rules) : null;
    },

    openTicketsOf: (requester) => openTicketsOf(parts, requester),

    async ticketsOf(requester, most) {
      const { tickets } = await store.list({ filter: { client: requester }, page: 1, limit: most });
      return linesOf(store, tickets);
    },

    async findFor(requester, reference) {
      const id = await store.findByReference(reference.trim().toUpperCase());
      const document = id === undefined ? undefined : await store.get(id);
      if (document?.ticket.client !== requester) return null;
      return { ...cardFor(document, "requester", parts.rules), ...ownThread(document) };
    },
  };
}

async function open(parts: DeskParts, form: ChatForm): Promise<OpenedTicket> {
  const { creationKey, requester, by, files, platform, where, ...fields } = form;
  const at = parts.now();
  const once = { key: creationKey, hash: digest(saidIn(form)) };
  const { document } = await create(parts, (id, reference) => {
    const asked = { ...fields, attachments: [] };
    const ticket = openTicket(id, asked, { role: "client", id: requester.id }, at);
    const spot = { platform, where };
    const answers = [firstAnswer(once, ticket, at)];
    const given = { ticket, reference, requester, creationKey, answers, at: spot, files };
    if (by.id === requester.id) return newDocument(given, parts.rules);
    const agent = { ...by, id: parts.rules.idOf(by) };
    const forOther = newDocument({ ...given, by: agent }, parts.rules);
    addAudit(forOther, agent.id, "opened", { to: requester.id }, at);
    return forOther;
  });
  const answer = recall(document, once);
  return { ...lineOf(document), isOther: answer !== undefined && "refused" in answer };
}

/** What someone has put into a form, by which it is told from what it held before. */
const saidIn = ({ title, description, priority, category, tags, files }: ChatForm): string =>
  JSON.stringify([title, description, priority, category, tags, files.map(({ file }) => file)]);

async function carry(parts: DeskParts, id: TicketId, event: ChatEvent): Promise<Heard> {
  const there = await parts.store.findByMessage(event);
  if (there !== undefined && there !== id) return { heard: "known", ticket: there };
  return take(parts, id, event, () => null);
}

const openStatuses = ["open", "pending", "in_progress"] as const satisfies Status[];

/** Of each status; there is more only of what no one has looked after for long. */
const mostInStatus = 100;

async function openTicketsOf({ store }: DeskParts, requester: string): Promise<TicketLine[]> {
  const pages = await Promise.all(
    openStatuses.map((status) =>
      store.list({ filter: { client: requester, status }, page: 1, limit: mostInStatus }),
    ),
  );
  return linesOf(
    store,
    pages.flatMap(({ tickets }) => tickets),
  );
}

/** Each once, newest first. */
async function linesOf(
  store: TicketStore,
  tickets: readonly TicketSummary[],
): Promise<TicketLine[]> {
  const ids = new Set(tickets.map(({ _id }) => _id));
  const documents = await Promise.all([...ids].map((id) => store.get(id)));
  return documents
    .filter((document) => document !== undefined)
    .map(lineOf)
    .sort((one, other) => Date.parse(other.createdAt) - Date.parse(one.createdAt));
}

function lineOf(document: TicketDocument): TicketLine {
  const { reference, ticket } = document;
  const { _id: id, title, status, priority, category, createdAt, updatedAt } = ticket;
  const facts = { status, priority, category, createdAt, updatedAt };
  return { id, reference, title, ...facts, ...ownThread(document) };
}

function ownThread({ places }: TicketDocument): Pick<TicketLine, "own"> {
  for (const { side, platform, thread } of places)
    if (side === "requester" && thread !== null) return { own: { platform, thread } };
  return {};
}
