/** What becomes of a delivery: how the document tells of it afterwards. Times are in ms. */
import { touched } from "../tickets/changes.ts";
import { limits } from "../tickets/limits.ts";
import { ticketSchema } from "../tickets/ticket.ts";
import { remember } from "./answers.ts";
import { storedAddress } from "./attachment-address.ts";
import { digestOf } from "./card.ts";
import type { Failure } from "./chat.ts";
import { copyIn, type DeliveryRules, isFor, owedOf, owes, troubleOf } from "./deliveries.ts";
import {
  begunBy,
  copyOf,
  type Delivery,
  isAbout,
  isMaking,
  type Making,
  messageOf,
  openId,
  underwayOf,
} from "./delivery.ts";
import type {
  Copy,
  Message,
  MessageFile,
  Place,
  TicketDocument,
  Trouble,
  Underway,
} from "./document.ts";
import { givenUp, recovered } from "./giving-up.ts";
import { messageIn, unsettle } from "./messages.ts";
import { forgetFailure, isStillOwed, mayBeGone } from "./overtaken.ts";
import type { ServiceTicket } from "./service.ts";
import { fieldsAfter, fieldsAtFirst } from "./service-fields.ts";
import { mergeFields } from "./service-merge.ts";
import { saidAfter, saidIn } from "./service-place.ts";

/** How a delivery ended. What was looked for and not found has no message. */
export interface Sent {
  message?: string;
  thread?: string;
  hash?: string;
  /** Of what was created in a ticket service: the entry that its description became. */
  entry?: string;
  /** Nothing was sent: first, what was changed there is to be taken in. */
  there?: ServiceTicket;
}

export type Result = { sent: Sent } | { failed: Failure };

export interface SettleRules extends DeliveryRules {
  /** After so long it is given up. */
  deadAfterMs: number;
  /** From 0 to 1. */
  random(): number;
}

/** Puts down that something is about to be made: if nothing else is heard of it, it is looked for. */
export function begin(draft: TicketDocument, delivery: Making): void {
  draft.underway.push(underwayOf(delivery));
  draft.owes = true;
}

/** Puts what became of a delivery into a draft of the document; a second time changes nothing. */
export function settle(
  draft: TicketDocument,
  delivery: Delivery,
  result: Result,
  rules: SettleRules,
  now: number,
): void {
  if (isMaking(delivery) && !isUnderway(draft, delivery.key)) return;
  if ("sent" in result && result.sent.there) takenIn(draft, delivery, result.sent.there, now);
  else if ("sent" in result) settleSent(draft, delivery, result.sent, now);
  // What was to be removed has gone with its thread.
  else if (delivery.do === "remove" && result.failed.outcome === "gone")
    settleSent(draft, delivery, {}, now);
  else settleFailed(draft, delivery, result.failed, rules, now);
  const about = copyOf(delivery);
  if (about) {
    settleCopy(draft, about.place, about.message, rules);
    forgetFailure(draft, about.place, about.message);
  }
  draft.owes = owes(draft, rules);
}

const isUnderway = ({ underway }: TicketDocument, key: string) =>
  underway.some((begun) => begun.key === key);

function ended(draft: TicketDocument, key: string): void {
  draft.underway = draft.underway.filter((begun) => begun.key !== key);
}

/** Unless it was taken in meanwhile. */
function takenIn(
  draft: TicketDocument,
  delivery: Delivery,
  there: ServiceTicket,
  now: number,
): void {
  if (isMaking(delivery)) ended(draft, delivery.key);
  if (!("place" in delivery)) return;
  const place = placeIn(draft, delivery.place);
  if (place.shown === delivery.place.shown) mergeFields(draft, place, there, now);
}

function settleSent(draft: TicketDocument, delivery: Delivery, sent: Sent, now: number): void {
  // What was only looked for is no success: how long it has been tried, and how often, is kept.
  if (delivery.do !== "find" || sent.message !== undefined)
    draft.troubles = draft.troubles.filter((trouble) => trouble.delivery !== delivery.id);
  switch (delivery.do) {
    case "open":
    case "post":
    case "file":
      made(draft, delivery.place, asBegun(draft, delivery), sent);
      break;
    case "find":
      found(draft, delivery, sent);
      break;
    case "done":
      copyFor(messageIn(draft, delivery.message), delivery.place);
      break;
    case "card":
      shownIn(placeIn(draft, delivery.place), delivery, sent);
      recovered(draft, delivery.id, "is there now");
      break;
    case "mark":
      messageIn(draft, delivery.message).marked = delivery.mark;
      break;
    case "fetch":
      fetched(draft, delivery, required(sent.hash), now);
      break;
    default:
      changed(copyFor(messageIn(draft, delivery.message), delivery.place), delivery);
  }
}

/** Where words were put down, these were sent, whatever the message says by now. */
function asBegun({ underway }: TicketDocument, delivery: Making): Underway {
  const begun = underway.find(({ key }) => key === delivery.key);
  return begun && "words" in begun ? begun : underwayOf(delivery);
}

type Card = Extract<Delivery, { do: "card" }>;

/** Someone may have deleted the message that showed the card: then it is another one now. */
function shownIn(place: Place, delivery: Card, { message }: Sent): void {
  if (place.side === "service") {
    // What was changed there meanwhile may have come before or after: it is asked for once more.
    if (place.shown !== null) place.shown = fieldsAfter(place, delivery);
    return;
  }
  place.card = message ?? place.card;
  place.shown = delivery.digest;
}

/** Puts down what was made, as it was when it was begun. */
function made(draft: TicketDocument, where: Place, begun: Underway, sent: Sent): void {
  const message = required(sent.message);
  ended(draft, begun.key);
  switch (begun.makes) {
    case "thread": {
      const place = placeIn(draft, where);
      place.thread = required(sent.thread);
      place.card = message;
      place.shown = place.side === "service" ? fieldsAtFirst(begun.digest) : begun.digest;
      if (sent.entry !== undefined) link(messageIn(draft, 0), place, sent.entry);
      recovered(draft, openId(place), "can be now");
      break;
    }
    case "text": {
      const { revision } = begun;
      const part = { message, revision, ...saidIn(begun) };
      copyFor(messageIn(draft, begun.message), where).parts.push(part);
      break;
    }
    case "file": {
      const { file } = begun;
      copyFor(messageIn(draft, begun.message), where).files.push({ file, message });
    }
  }
  // What is posted may open a thread that was closed with its ticket: its card closes it again.
  if (draft.ticket.status === "closed" && where.side !== "service")
    placeIn(draft, where).shown = null;
}

/** A message is found to be in a place already, as this one there. */
export function link(message: Message, place: Place, part: string): void {
  const { revision } = message;
  copyFor(message, place).parts.push({ message: part, revision });
}

/** What may have been made, and was given up, is there all the same. */
export function foundAfterAll(
  draft: TicketDocument,
  place: Place,
  begun: Underway,
  message: string,
): void {
  const about = messageOf(begun);
  if (about === undefined) return;
  const id = begunBy(begun, place);
  draft.troubles = draft.troubles.filter(({ delivery }) => delivery !== id);
  made(draft, place, begun, { message });
  recovered(draft, id, "was delivered after all");
  copyFor(messageIn(draft, about), place).done = false;
}

type Find = Extract<Delivery, { do: "find" }>;

function found(draft: TicketDocument, { sought, place, card }: Find, sent: Sent): void {
  if (!isUnderway(draft, sought.key)) return;
  if (sent.message === undefined) ended(draft, sought.key);
  else made(draft, place, sought, sent);
  // A thread that was open by half may have got the card as it is now.
  const isCard = sought.makes === "thread" && place.side !== "service";
  const mayShowOther = isCard && sought.digest !== digestOf(card);
  if (mayShowOther) placeIn(draft, place).shown = null;
}

function changed(copy: Copy, delivery: Extract<Delivery, { do: "edit" | "remove" }>): void {
  if (delivery.do === "edit") {
    copy.parts = copy.parts.map((part) =>
      part.message === delivery.of
        ? { ...part, revision: delivery.revision, ...saidAfter(delivery) }
        : part,
    );
  } else {
    copy.parts = copy.parts.filter(({ message }) => message !== delivery.of);
    copy.files = copy.files.filter(({ message }) => message !== delivery.of);
  }
}

type Fetch = Extract<Delivery, { do: "fetch" }>;

/** A file that was removed meanwhile stays so. */
function fetched(draft: TicketDocument, delivery: Fetch, hash: string, now: number): void {
  const message = messageIn(draft, delivery.message);
  const file = message.files[delivery.file];
  if (file?.state !== "offered") return;
  file.state = "kept";
  file.hash = hash;
  unsettle(message);
  if (message.audience === "everyone") attach(draft, file, hash, now);
}

/** Lists a file with the ticket, as far as the contract's list goes. */
function attach(draft: TicketDocument, file: MessageFile, hash: string, now: number): void {
  const { ticket } = draft;
  if (ticket.attachments.length >= limits.attachments) return;
  const attachments = [...ticket.attachments, attachmentOf(file, hash)];
  remember(draft, touched({ ...ticket, attachments }, now), undefined, now);
}

/** Platforms name files and their types as they like; the contract has its limits. */
export function attachmentOf({ name, type: told, sizeBytes: size }: MessageFile, hash: string) {
  const filename = [...name.trim()].slice(0, limits.filenameLength).join("").trim() || "file";
  const attachmentWith = (type: string) => ({
    ...{ filename, url: storedAddress({ hash, name: filename, type }), size, type },
  });
  const attachment = attachmentWith(told);
  return ticketSchema.shape.attachments.safeParse([attachment]).success
    ? attachment
    : attachmentWith("application/octet-stream");
}

function settleFailed(
  draft: TicketDocument,
  delivery: Delivery,
  failure: Failure,
  rules: SettleRules,
  now: number,
): void {
  const { id } = delivery;
  const before = troubleOf(draft, id);
  if (before?.dead) return;
  if (isMaking(delivery) && failure.outcome !== "uncertain") ended(draft, delivery.key);
  if (failure.isHeldBack) return;
  if (failure.outcome === "gone" && "place" in delivery) reopen(draft, delivery.place);
  if (delivery.do === "remove" && failure.outcome === "uncertain") mayBeGone(draft, delivery);
  if (!isStillOwed(draft, delivery, rules)) {
    draft.troubles = draft.troubles.filter((trouble) => trouble.delivery !== id);
    return;
  }
  const trouble = troubleAfter(draft, delivery, failure, before, rules, now);
  draft.troubles = [...draft.troubles.filter((each) => each.delivery !== id), trouble];
  if (trouble.dead) givenUp(draft, delivery, failure.reason, now);
}

function troubleAfter(
  draft: TicketDocument,
  delivery: Delivery,
  { outcome, reason, retryAfterMs, isDown }: Failure,
  before: Trouble | undefined,
  rules: SettleRules,
  now: number,
): Trouble {
  const attempts = (before?.attempts ?? 0) + 1;
  const since = before?.since ?? new Date(now).toISOString();
  const { startedAt = Number.NEGATIVE_INFINITY } = rules;
  // What the platform says comes before what we would do.
  const mostWaitMs = isDown ? longestDownWaitMs : longestWaitMs;
  const waitMs = retryAfterMs ?? backoffMs(attempts, rules.random(), mostWaitMs);
  const mostMs = delivery.do === "fetch" ? fetchDeadAfterMs : rules.deadAfterMs;
  const isLate = now - Date.parse(since) >= mostMs && now - startedAt >= mostMs * leastTried;
  const dead = mustArrive(delivery)
    ? false
    : outcome === "dead" || (isLate && !mayTakeLong(draft, delivery));
  const dueAt = new Date(now + (outcome === "dead" ? longestWaitMs : waitMs)).toISOString();
  return { delivery: delivery.id, since, attempts, dueAt, dead, reason };
}

/** Of the time after which it is given up, as much has to be since the start: not all was tried. */
const leastTried = 1 / 24;

/** Without the agents' thread no one would ever see the ticket, nor that it could not be shown. */
const mustArrive = (delivery: Delivery): boolean => {
  const isOpening =
    delivery.do === "open" || (delivery.do === "find" && delivery.sought.makes === "thread");
  return isOpening && delivery.place.side === "agents";
};

/** What costs little to go on trying: a card, a mark, and that something else could not be delivered. */
function mayTakeLong(draft: TicketDocument, delivery: Delivery): boolean {
  if (delivery.do === "card") return delivery.place.side !== "service";
  if (delivery.do === "mark") return true;
  const about = copyOf(delivery);
  return about !== undefined && messageIn(draft, about.message).retry !== null;
}

/** A file that cannot be fetched for so long is refused: people wait for it. */
const fetchDeadAfterMs = 15 * 60_000;

const firstWaitMs = 1_000;
const longestWaitMs = 5 * 60_000;
/** How often a platform that is down is asked is seen to elsewhere: once it is back, nobody waits for long. */
const longestDownWaitMs = 60_000;

/** Twice as long each time, somewhere in the upper half of that, so that not all come at once. */
const backoffMs = (attempts: number, random: number, mostMs: number): number =>
  Math.min(mostMs, firstWaitMs * 2 ** (attempts - 1)) * (0.5 + random / 2);

/** The thread is gone: the place gets another, where what is still to be said is said. */
function reopen(draft: TicketDocument, { id, thread }: Place): void {
  const place = draft.places.find((each) => each.id === id);
  if (!place || thread === null || place.thread !== thread) return;
  place.thread = null;
  place.card = null;
  place.shown = null;
  place.opened += 1;
  draft.underway = draft.underway.filter((begun) => begun.place !== id);
  for (const message of draft.messages) {
    const copy = copyIn(message, place);
    if (!copy) continue;
    // What was there is gone as well, and is not written again; what was half there is.
    if (!copy.done) message.copies = message.copies.filter((each) => each !== copy);
    copy.parts = [];
    copy.files = [];
  }
  for (const index of draft.messages.keys()) forgetFailure(draft, place, index);
}

/** Marks a copy as done once nothing of it is owed; of what is owed no longer, no trouble is left. */
function settleCopy(
  draft: TicketDocument,
  { id }: Place,
  index: number,
  rules: DeliveryRules,
): void {
  const message = messageIn(draft, index);
  const place = draft.places.find((each) => each.id === id);
  const copy = place && copyIn(message, place);
  if (!place || !copy) return;
  const all = [...owedOf(draft, place, index, rules)];
  const owed = all.filter((each) => each !== "wait");
  copy.done = all.length === 1 && owed[0]?.do === "done";
  const left = new Set(copy.done ? [] : owed.map((each) => each.id));
  const isOver = (delivery: string) => isAbout(delivery, place, index) && !left.has(delivery);
  draft.troubles = draft.troubles.filter(({ delivery }) => !isOver(delivery));
  for (const { retry } of draft.messages)
    if (retry !== null && isOver(retry)) recovered(draft, retry, howEnded(message, place, retry));
}

/** How what had failed has ended. */
function howEnded(message: Message, place: Place, delivery: string): string {
  const [, file] = /\/f(\d+)$/.exec(delivery) ?? [];
  const isThere = file === undefined || message.files[Number(file)]?.state === "kept";
  return isThere && isFor(message, place) ? "was delivered after all" : "was taken back";
}

function placeIn(draft: TicketDocument, { id }: Place): Place {
  return required(draft.places.find((place) => place.id === id));
}

function copyFor(message: Message, place: Place): Copy {
  const copy = copyIn(message, place) ?? { place: place.id, parts: [], files: [], done: false };
  if (!message.copies.includes(copy)) message.copies.push(copy);
  return copy;
}

/** What an adapter has to give, and a document to hold. */
function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("A delivery has ended without what it was for");
  return value;
}
