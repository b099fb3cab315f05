/** What people are told of a delivery that is given up, and when it is delivered after all. */
import { copyIn, isFor, textOf } from "./copies.ts";
import { copyOf, type Delivery, fileId, fileOf } from "./delivery.ts";
import type { Message, MessageFile, Place, TicketDocument } from "./document.ts";
import { shownName } from "./file-name.ts";
import { addNotice, messageIn, rewrite, unsettle } from "./messages.ts";
import { notChangedThere } from "./service-fields.ts";
import { typedText } from "./text.ts";
import { plainText } from "./text-plain.ts";
import { troubleOf } from "./troubles.ts";

/** Says what will not be delivered, and offers to try again. */
export function givenUp(
  draft: TicketDocument,
  delivery: Delivery,
  reason: string,
  now: number,
): void {
  const there = forService(delivery);
  if (there) {
    tellAgents(draft, there.id, now, `${notThere(draft, there)}: ${reason}.`);
    return;
  }
  switch (delivery.do) {
    case "card":
    case "mark":
      break;
    case "fetch":
      refuseFile(draft, delivery, reason, now);
      break;
    default: {
      const about = copyOf(delivery);
      const thread = threadOf(draft, delivery.place);
      const said = about
        ? notDelivered(draft, delivery, about.message, delivery.place)
        : `${thread} could not be opened, so no message reaches it`;
      if (said !== undefined) tellAgents(draft, delivery.id, now, `${said}: ${reason}.`);
      if (about) tellRequester(draft, delivery, about.message, reason, now);
    }
  }
}

/** Undefined: that a notice of a failure could not be delivered makes no further one. */
function notDelivered(
  draft: TicketDocument,
  delivery: Delivery,
  index: number,
  place: Place,
): string | undefined {
  const message = messageIn(draft, index);
  if (message.retry !== null) return undefined;
  const isWanted = isFor(message, place) && delivery.do !== "remove";
  const file = message.files[fileOf(delivery) ?? -1];
  const what = file ? named(file) : quoteOf(draft, message);
  const thread = threadOf(draft, place);
  const made = isWanted ? "posted" : "removed";
  return `${what} could not be ${delivery.do === "edit" ? "changed" : made} in ${thread}`;
}

type ForService = Extract<Delivery, { place: Place }>;

const forService = (delivery: Delivery): ForService | undefined =>
  "place" in delivery && delivery.place.side === "service" ? delivery : undefined;

/** What is not in the ticket service as it is here. */
function notThere(draft: TicketDocument, delivery: ForService): string {
  const about = copyOf(delivery);
  if (delivery.do === "card") return notChangedThere(delivery);
  if (!about) return "The ticket could not be created in the ticket service, so it lives here only";
  const message = messageIn(draft, about.message);
  const file = message.files[fileOf(delivery) ?? -1];
  const what = file ? named(file) : quoteOf(draft, message);
  if (delivery.do === "edit") return `${what} could not be changed in the ticket service`;
  return isFor(message, delivery.place) && delivery.do !== "remove"
    ? `${what} is not recorded in the ticket service`
    : `${what} could not be removed in the ticket service`;
}

const named = ({ name }: MessageFile) => `The file “${shownName(name)}”`;

/** Where there are several, it is said which. */
export function threadOf({ places }: TicketDocument, { side, platform }: Place): string {
  const isOneOfMany = places.filter((place) => place.side === side).length > 1;
  return `the ${side === "requester" ? "requester's" : "agents'"} thread${isOneOfMany ? ` on ${capitalised(platform)}` : ""}`;
}

/** As a sentence begins. */
export const capitalised = (words: string) => words.charAt(0).toUpperCase() + words.slice(1);

/** Of a file that no agent can see, its writer is told, once: only they have it. */
function tellRequester(
  draft: TicketDocument,
  delivery: Delivery,
  index: number,
  reason: string,
  now: number,
): void {
  const message = messageIn(draft, index);
  const wanted = fileOf(delivery) ?? -1;
  const file = message.files[wanted];
  if (message.side !== "requester" || file?.state !== "kept") return;
  if (draft.places.some((place) => mayShow(draft, place, index, wanted))) return;
  const { id: retry } = delivery;
  const isTold = draft.messages.some(
    (each) => each.audience === "requester" && each.retry === retry,
  );
  // What comes after a colon is what agents can do about it.
  const [why] = reason.split(": ");
  const told = `${named(file)} could not be shown to the agents: ${why}.`;
  if (!isTold) addNotice(draft, told, { audience: "requester", retry }, now);
}

/** Whether agents see a file in this place, or may see it yet. */
function mayShow(draft: TicketDocument, place: Place, index: number, file: number): boolean {
  if (place.side !== "agents") return false;
  const posted = copyIn(messageIn(draft, index), place)?.files ?? [];
  const isGivenUp = troubleOf(draft, fileId(place, index, file))?.dead ?? false;
  return !isGivenUp || posted.some((each) => each.file === file);
}

const tellAgents = (draft: TicketDocument, retry: string, now: number, said: string) =>
  addNotice(draft, capitalised(said), { audience: "agents", retry }, now);

function refuseFile(
  draft: TicketDocument,
  delivery: Extract<Delivery, { do: "fetch" }>,
  reason: string,
  now: number,
): void {
  const message = messageIn(draft, delivery.message);
  const file = message.files[delivery.file];
  if (file?.state !== "offered") return;
  file.state = "refused";
  unsettle(message);
  const told = `${named(file)} was not passed on: ${reason}.`;
  addNotice(draft, told, { audience: message.audience }, now);
}

const quotedLength = 60;

/** The beginning of what a message says, in quotes. */
export function quoteOf(draft: TicketDocument, message: Message): string {
  const words = plainText(textOf(draft, message)).replaceAll(/\s+/g, " ").trim();
  if (words === "") return "A file";
  const characters = [...words];
  const cut = characters.length > quotedLength;
  return `“${cut ? `${characters.slice(0, quotedLength).join("")}…` : words}”`;
}

/** What was told of a failure no longer holds. */
export function recovered(draft: TicketDocument, delivery: string, what: string): void {
  for (const notice of draft.messages) if (notice.retry === delivery) takeBack(notice, what);
}

/** The same, of one notice. */
export function takeBack(notice: Message, what: string): void {
  notice.retry = null;
  rewrite(notice, typedText(`What could not be delivered at first ${what}.`));
}
