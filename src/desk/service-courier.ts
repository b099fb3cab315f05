/** Carries one delivery to a ticket service. */
import type { NewTicket } from "../tickets/ticket.ts";
import { readStoredAddress } from "./attachment-address.ts";
import type { Failure } from "./chat.ts";
import { type Delivery, isMaking } from "./delivery.ts";
import type { Place, TicketDocument, Underway } from "./document.ts";
import { messageIn } from "./messages.ts";
import type { Log, TicketStore } from "./ports.ts";
import type { Result, Sent } from "./result.ts";
import type { ServiceEntry, ServiceTicket, TicketService } from "./service.ts";
import { areOthersThere, changeSent, writeFields } from "./service-fields.ts";
import { isFollowed } from "./service-names.ts";
import { entryFor, refsIn, sayTheSame } from "./service-place.ts";
import { shortened } from "./shortened.ts";
import { plainText } from "./text-plain.ts";

export type ForPlace = Extract<Delivery, { place: Place }>;

export const isForPlace = (delivery: Delivery): delivery is ForPlace => "place" in delivery;

export async function deliverToService(
  { service, store, log }: { service: TicketService; store: TicketFinder; log: Log },
  document: TicketDocument,
  delivery: ForPlace,
): Promise<Result> {
  try {
    const sent = await send(service, document, delivery);
    return (await isOthers(store, document, delivery, sent)) ? idOfOther : { sent };
  } catch (error) {
    const failed = error instanceof NotKnown ? error.failure : service.failureOf(error);
    // Where the service's words are left out of the log, they are in the error as well.
    if (failed.logged === undefined)
      log.debug({ delivery: delivery.id, err: error }, "A call of the ticket service failed");
    if (delivery.do === "open") tellRefused(log, document, failed);
    return { failed };
  }
}

export type TicketFinder = Pick<TicketStore, "findByThread">;

/** Two tickets that are one there would tell each the other's words. */
async function isOthers(
  store: TicketFinder,
  { ticket }: TicketDocument,
  { place: { platform } }: ForPlace,
  { thread }: Sent,
): Promise<boolean> {
  const known = thread === undefined ? undefined : await store.findByThread({ platform, thread });
  return known !== undefined && known !== ticket._id;
}

const idOfOther: Result = {
  failed: { outcome: "dead", reason: "the service gave it the id of another ticket" },
};

/**
 * In characters: why a ticket is refused is said in the service's words, which may quote the form, as
 * only the operator can mend it. Of anything else the service's words are for agents, not for the log.
 */
const mostLogged = 200;

function tellRefused(log: Log, { reference }: TicketDocument, { outcome, reason }: Failure): void {
  if (outcome === "dead")
    log.error(
      { reference, reason: shortened(reason, mostLogged) },
      "The ticket service refuses a ticket: it lives here only. Mend what the reason says, then let agents try again from its thread",
    );
}

async function send(
  service: TicketService,
  document: TicketDocument,
  delivery: ForPlace,
): Promise<Sent> {
  if (delivery.do === "open") return create(service, document, delivery.key);
  if (delivery.do === "find") return find(service, document, delivery);
  if (delivery.do === "done") return {};
  const { place } = delivery;
  const id = idOf(place);
  // Once something else was written, it could not be told when its fields were changed there.
  if (writeFields(document.ticket) !== place.shown) {
    const there = await service.read(id);
    if (areOthersThere(place, there.fields)) return { there };
  }
  switch (delivery.do) {
    case "post":
    case "file": {
      const entry = entryFor(messageIn(document, delivery.message), begunWords(document, delivery));
      return { message: await service.append(id, entry, delivery.key) };
    }
    case "edit":
      await isKnownThere(service, document, delivery);
      await service.rewrite(id, delivery.of, plainText(delivery.text));
      return {};
    case "remove":
      await remove(service, document, delivery);
      return {};
    case "card":
      await service.change(id, changeSent(delivery));
      return {};
  }
}

/** What is not there may be there under another name, which is found out by what takes in. */
class NotKnown extends Error {
  override readonly name = "NotKnown";
  readonly failure: Failure;

  constructor(outcome: "retry" | "dead", reason: string) {
    super(reason);
    this.failure = { outcome, reason };
  }
}

/** What is named otherwise between the look and the removal is still there, and looked for again. */
async function remove(
  service: TicketService,
  document: TicketDocument,
  delivery: Extract<ForPlace, { do: "remove" }>,
): Promise<void> {
  const wasThere = await isKnownThere(service, document, delivery);
  const isTakenOff = await service.remove(idOf(delivery.place), delivery.of);
  if (wasThere && !isTakenOff)
    throw new NotKnown("retry", "the ticket changed there just as a message was to be removed");
}

/** Whether it is there. Throws when what is not there may be among what is not known there. */
async function isKnownThere(
  service: TicketService,
  document: TicketDocument,
  { place, of }: Extract<ForPlace, { do: "edit" | "remove" }>,
): Promise<boolean> {
  const { entries = [] } = await service.read(idOf(place));
  if (entries.some(({ ref }) => ref === of)) return true;
  const known = new Set(refsIn(document, place));
  const isKnown = ({ ref, message }: ServiceEntry) => known.has(ref) || message.trim() === "";
  if (entries.every(isKnown)) return false;
  if (!isFollowed(document, place))
    throw new NotKnown(
      "dead",
      "the ticket service gives its messages another time or author each time they are read, so this one is not found there",
    );
  throw new NotKnown("retry", "the ticket has new messages there, which are to be read first");
}

function idOf({ thread }: Place): string {
  if (thread === null) throw new Error("A delivery is for a ticket that is not in the service");
  return thread;
}

/** What was put down is what is sent: by that it is found. */
function begunWords({ underway }: TicketDocument, delivery: ForPlace): string {
  const key = isMaking(delivery) ? delivery.key : undefined;
  return wordsOf(underway.find((begun) => begun.key === key));
}

function wordsOf(begun: Underway | undefined): string {
  const words = begun && "words" in begun ? begun.words : undefined;
  if (words === undefined) throw new Error("An entry was begun without its words");
  return words;
}

async function create(
  service: TicketService,
  { ticket }: TicketDocument,
  key: string,
): Promise<Sent> {
  const { title, description, priority, category, tags } = ticket;
  // What is kept here follows as entries, with links.
  const attachments = ticket.attachments.filter(({ url }) => !readStoredAddress(url));
  const asked: NewTicket = { title, description, priority, category, tags, attachments };
  const created = await service.create(asked, key);
  const [first] = created.entries ?? [];
  return asOpened(created, first?.type === "user" ? first.ref : descriptionIn(created, ticket));
}

function asOpened({ id }: ServiceTicket, entry: string | undefined): Sent {
  return { thread: id, message: id, ...(entry !== undefined && { entry }) };
}

/** The entry that the description of a ticket became. */
export const descriptionIn = (
  { entries = [] }: ServiceTicket,
  { description }: { description: string },
): string | undefined =>
  entries.find(({ type, message }) => type === "user" && sayTheSame(message, description))?.ref;

type Find = Extract<ForPlace, { do: "find" }>;

async function find(
  service: TicketService,
  document: TicketDocument,
  { place, sought }: Find,
): Promise<Sent> {
  const { ticket } = document;
  if (sought.makes === "thread") {
    const found = await service.findCreated(sought.key, Date.parse(ticket.createdAt));
    return found ? asOpened(found, descriptionIn(found, ticket)) : {};
  }
  const entry = entryFor(messageIn(document, sought.message), wordsOf(sought));
  const others = refsIn(document, place);
  const message = await service.findAppended(idOf(place), entry, sought.key, others);
  return message === undefined ? {} : { message };
}
