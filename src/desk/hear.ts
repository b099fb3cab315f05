/** What people write, edit and delete in a ticket's threads: how its document takes it in. */
import { replyToTicket, touched } from "../tickets/changes.ts";
import type { Refusal } from "../tickets/errors.ts";
import { remember } from "./answers.ts";
import type { CardRules } from "./card.ts";
import { auditChanges } from "./changed.ts";
import type { ChatActor, ChatEvent, Heard, Person, Side } from "./chat.ts";
import { isAbout } from "./delivery.ts";
import type { Message, MessageFile, Place, TicketDocument } from "./document.ts";
import { noteEdition } from "./editions.ts";
import { attachmentOf } from "./fetched.ts";
import { quoteOf } from "./giving-up.ts";
import {
  addAudit,
  addMessage,
  addNotice,
  asOffered,
  messageFrom,
  rewrite,
  unsettle,
  wordsOf,
} from "./messages.ts";
import { type Saying, saying } from "./saying.ts";
import type { RichText } from "./text.ts";
import { plainText } from "./text-plain.ts";

export interface HearRules extends CardRules {
  /** The id under which the ticket knows someone. */
  idOf(person: Person): string;
}

/** As much as is remembered of deletions of what was never heard. */
const mostUnwanted = 200;

const deletedWords = "(message deleted)";

type Written = Extract<ChatEvent, { type: "message" | "edited" }>;

/**
 * Takes in an event of one of its places; `place` is null for what was written elsewhere and is to
 * be said in all of them. Events may come late, twice and in any order. `now` is in ms.
 */
export function hear(
  draft: TicketDocument,
  event: ChatEvent,
  place: Place | null,
  rules: HearRules,
  now: number,
): Heard {
  const { _id: ticket } = draft.ticket;
  if (event.type === "deleted") return withdrawn(draft, event, now);
  const known = messageFrom(draft, event);
  if (draft.unwanted.includes(event.message)) return { heard: "known", ticket };
  if (known && event.type === "message") return heardAgain(draft, known, event, rules, now);
  const refused = refusalOf(draft, event, place);
  if (refused) return refused;
  // An edit may come before what it edits.
  const heard = known
    ? edited(draft, known, event, rules, now)
    : said(draft, event, place, rules, now);
  noteEdition(draft, event);
  return heard;
}

/** When an edit came before it, only now it is known that it began as a note: then it is one. */
function heardAgain(
  draft: TicketDocument,
  message: Message,
  event: Written,
  rules: HearRules,
  now: number,
): Heard {
  const { _id: ticket } = draft.ticket;
  const isReply = message.kind === "reply" && !message.deleted;
  if (!isReply || readAs(message.side, event, rules).kind !== "note")
    return { heard: "known", ticket };
  forgetTroubles(draft, message);
  retract(draft, message, now);
  addAudit(draft, message.by.id, "edited", { to: String(draft.messages.indexOf(message)) }, now);
  tellStaysNote(draft, message, now);
  return { heard: "accepted", ticket };
}

/** Who may speak, and as whom, follows from the place. */
function refusalOf(
  { requester, ticket }: TicketDocument,
  { by }: Written,
  place: Place | null,
): Heard | undefined {
  if (place?.side === "agents")
    return by.isAgent ? undefined : { refused: "NOT_AN_AGENT", ticket: ticket._id };
  return by.id === requester.id ? undefined : { refused: "NOT_THE_REQUESTER", ticket: ticket._id };
}

function said(
  draft: TicketDocument,
  event: Written,
  place: Place | null,
  rules: HearRules,
  now: number,
): Heard {
  const { _id: ticket } = draft.ticket;
  const side = place?.side === "agents" ? "agents" : "requester";
  const { kind, text } = readAs(side, event, rules);
  const { platform, message } = event;
  const files = event.files.map((file) => asOffered(platform, file));
  if (kind === undefined || wordsOf(text, files) === "") return { heard: "left-alone", ticket };
  const by = personBy(draft, event.by, side, rules);
  const from = { place: place?.id ?? null, platform, message };
  const refused = speak(draft, { kind, side, by, text, from, files }, wordsOf(text, files), now);
  return refused ? { ...refused, ticket } : { heard: "accepted", ticket };
}

type Spoken = Pick<Message, "side" | "by" | "text" | "from" | "files"> & { kind: "reply" | "note" };

/** Adds a note, or a reply, which is an entry of the ticket with these words unless it is refused. */
export function speak(
  draft: TicketDocument,
  spoken: Spoken,
  words: string,
  now: number,
): Refusal | undefined {
  if (spoken.kind === "note") {
    addMessage(draft, { ...spoken, audience: "agents" }, now);
    return undefined;
  }
  const actor = { role: spoken.side === "agents" ? "agent" : "client", id: spoken.by.id } as const;
  const replied = replyToTicket(draft.ticket, { message: words }, actor, now);
  if ("refused" in replied) return replied;
  addMessage(draft, { ...spoken, entry: replied.threads.length - 1 }, now);
  const before = draft.ticket;
  remember(draft, replied, undefined, now);
  auditChanges(draft, before, spoken.by, now);
  return undefined;
}

/** Someone as the ticket knows them; whose name is not told now has the one they had before. */
export function personBy(
  draft: TicketDocument,
  { isAgent: _, isGuess, ...person }: ChatActor,
  side: Side,
  rules: HearRules,
): Person {
  const by = side === "agents" ? { ...person, id: rules.idOf(person) } : person;
  const isRequester = side === "requester" && draft.requester.id === by.id;
  if (isGuess) {
    const known = draft.messages.findLast((message) => message.by.id === by.id)?.by;
    return isRequester ? draft.requester : (known ?? by);
  }
  if (isRequester) draft.requester = by;
  return by;
}

function readAs(side: Side, event: Written, rules: HearRules): Saying {
  const text = withoutBlank(event.text);
  return side === "agents" ? blanked(saying(text, rules)) : { kind: "reply", text };
}

const blanked = ({ kind, text }: Saying): Saying => ({ kind, text: withoutBlank(text) });

/** What shows nothing is nothing: no platform takes it as a message. */
const withoutBlank = (text: RichText): RichText => (plainText(text).trim() === "" ? [] : text);

function edited(
  draft: TicketDocument,
  message: Message,
  event: Written,
  rules: HearRules,
  now: number,
): Heard {
  const { _id: ticket } = draft.ticket;
  if (message.deleted) return { heard: "known", ticket };
  // A note stays one, whatever it begins with now: it must not reach the requester by an edit.
  const { kind, text } = readAs(message.side, event, rules);
  // What is no longer said to be for the requester is taken back from them.
  const becameNote = message.kind === "reply" && kind !== "reply";
  const hasOtherFiles = offer(message, event);
  const isRewritten = rewrite(message, text);
  const isTold = kind === "reply" && tellStaysNote(draft, message, now);
  if (!hasOtherFiles && !isRewritten && !becameNote)
    return { heard: isTold ? "accepted" : "known", ticket };
  forgetTroubles(draft, message);
  if (becameNote) retract(draft, message, now);
  else {
    const isThere = ({ state }: MessageFile) => state !== "removed";
    const removed = message.files.filter((file) => !isThere(file));
    dropAttachments(draft, removed, now);
    const words = wordsOf(text, message.files.filter(isThere));
    setEntry(draft, message, words || deletedWords, now);
  }
  addAudit(draft, message.by.id, "edited", { to: String(draft.messages.indexOf(message)) }, now);
  return { heard: "accepted", ticket };
}

const keptAsNote = "kept as a note";

/** Who makes a reply of a note by an edit is told, once, that it is not sent. */
function tellStaysNote(draft: TicketDocument, message: Message, now: number): boolean {
  if (message.kind !== "note" || message.text?.length === 0) return false;
  const to = String(draft.messages.indexOf(message));
  if (draft.audit.some((each) => each.what === keptAsNote && each.to === to)) return false;
  addAudit(draft, message.by.id, keptAsNote, { to }, now);
  const told = `${quoteOf(draft, message)} was edited; it stays a note, since a note never becomes a reply. Write it again to send it.`;
  addNotice(draft, told, { audience: "agents" }, now);
  return true;
}

/** What was sent by mistake is taken back, and stays with the agents. */
function retract(draft: TicketDocument, message: Message, now: number): void {
  message.kind = "note";
  // How it fared may be shown, also when it has not been written down that it is.
  message.marked ??= "unknown";
  message.audience = "agents";
  // It shows as a note now, wherever it stays.
  message.revision += 1;
  unsettle(message);
  dropAttachments(draft, message.files, now);
  setEntry(draft, message, deletedWords, now);
  message.entry = null;
}

/**
 * Files may be taken off a message, and put on it: also back on it, as edits may be heard late.
 * False: they are the same.
 */
function offer(message: Message, { files, platform }: Written): boolean {
  const kept = new Set(files.map(({ file }) => file));
  const isThere = ({ state }: MessageFile) => state !== "removed";
  const had = new Set(message.files.filter(isThere).map(({ file }) => file));
  const removed = message.files.filter(({ file, state }) => state !== "removed" && !kept.has(file));
  const added = files.filter(({ file }) => !had.has(file));
  for (const file of removed) file.state = "removed";
  message.files.push(...added.map((file) => asOffered(platform, file)));
  if (removed.length + added.length === 0) return false;
  unsettle(message);
  return true;
}

/** Takes off what someone has deleted. */
export function withdrawn(
  draft: TicketDocument,
  event: Extract<ChatEvent, { type: "deleted" }>,
  now: number,
): Heard {
  const { _id: ticket } = draft.ticket;
  const known = messageFrom(draft, event);
  if (!known) {
    if (draft.unwanted.includes(event.message)) return { heard: "known", ticket };
    draft.unwanted = [...draft.unwanted, event.message].slice(-mostUnwanted);
    return { heard: "accepted", ticket };
  }
  if (known.deleted) return { heard: "known", ticket };
  known.deleted = true;
  known.text = [];
  for (const file of known.files) file.state = "removed";
  unsettle(known);
  forgetTroubles(draft, known);
  dropAttachments(draft, known.files, now);
  setEntry(draft, known, deletedWords, now);
  addAudit(draft, known.by.id, "deleted", { to: String(draft.messages.indexOf(known)) }, now);
  return { heard: "accepted", ticket };
}

/** What was given up is tried again, now that something else is to be sent. */
export function forgetTroubles(draft: TicketDocument, message: Message): void {
  const index = draft.messages.indexOf(message);
  const isOfIt = (delivery: string) =>
    draft.places.some((place) => isAbout(delivery, place, index));
  draft.troubles = draft.troubles.filter(({ delivery, dead }) => !(dead && isOfIt(delivery)));
}

/** Takes off the list what is of these files, unless another message has the same one. */
function dropAttachments(draft: TicketDocument, files: MessageFile[], now: number): void {
  const dropped = new Set(files.map(addressOf));
  const kept = draft.messages
    .filter(({ audience }) => audience === "everyone")
    .flatMap((message) => message.files.filter(({ state }) => state === "kept").map(addressOf));
  const attachments = draft.ticket.attachments.filter(({ url }) => {
    if (!dropped.has(url)) return true;
    const place = kept.indexOf(url);
    if (place >= 0) kept.splice(place, 1);
    return place >= 0;
  });
  if (attachments.length < draft.ticket.attachments.length)
    remember(draft, { ...draft.ticket, attachments }, undefined, now);
}

const addressOf = (file: MessageFile) =>
  file.hash === null ? undefined : attachmentOf(file, file.hash).url;

/** An entry says what its message says now; that it was another is kept in the audit. */
export function setEntry(
  draft: TicketDocument,
  { entry }: Message,
  message: string,
  now: number,
): void {
  if (entry === null) return;
  const threads = draft.ticket.threads.map((each, index) =>
    index === entry ? { ...each, message } : each,
  );
  remember(draft, touched({ ...draft.ticket, threads }, now), undefined, now);
}
