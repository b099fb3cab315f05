/** A ticket service as a place of a ticket: what of the ticket is there, and in which words. */
import { limits } from "../tickets/limits.ts";
import type { Entry } from "../tickets/ticket.ts";
import type { Delivery } from "./delivery.ts";
import { shortDigest } from "./digest.ts";
import type { Message, Place, TicketDocument } from "./document.ts";
import { shownName } from "./file-name.ts";
import { messageIn } from "./messages.ts";
import type { ServiceEntry } from "./service.ts";
import { sound } from "./service-fields.ts";
import { plainText } from "./text-plain.ts";

/** Only what both sides see, as an entry of the ticket: no note, and nothing that Deskhand says. */
export const isForService = ({ kind, audience, entry, deleted }: Message): boolean =>
  kind === "reply" && audience === "everyone" && entry !== null && !deleted;

/** The description is there by the ticket's creation; once it was found, it is an entry like others. */
export const isCreatedThere = ({ entry, copies }: Message, { id }: Place): boolean =>
  entry === 0 && !copies.some(({ place, parts }) => place === id && parts.length > 0);

/** A link under which whoever has it finds a file that is kept here. */
export type LinkTo = (file: { hash: string; name: string; type: string }) => string;

/** In a service, an entry may be found by its words only: they go with the delivery. */
export function worded(
  document: TicketDocument,
  delivery: Delivery | "wait",
  linkTo: LinkTo | undefined,
): Delivery | "wait" {
  if (delivery === "wait") return delivery;
  if (delivery.do === "post") return { ...delivery, words: plainText(delivery.text) };
  if (delivery.do !== "file") return delivery;
  const { files } = messageIn(document, delivery.message);
  return { ...delivery, words: fileWords(files[delivery.file], linkTo) };
}

function fileWords(file: Message["files"][number] | undefined, linkTo: LinkTo | undefined): string {
  if (!file?.hash) throw new Error("A delivery is about a file that is not kept");
  const { hash, name, type } = file;
  const named = `[attachment: ${shownName(name)}]`;
  return linkTo ? `${named} ${linkTo({ hash, name, type })}` : named;
}

/** An entry as it is sent there. */
export const entryFor = ({ by, at, side }: Message, message: string): Entry => ({
  author: by.id,
  message,
  timestamp: at,
  type: side === "requester" ? "user" : "agent",
});

/** Every entry there that is known: what we wrote, and what was written there. */
export function refsIn({ messages }: TicketDocument, { id }: Place): string[] {
  return messages.flatMap(({ from, copies }) => [
    ...(from?.place === id ? [from.message] : []),
    ...copies
      .filter(({ place }) => place === id)
      .flatMap(({ parts, files }) => [...parts, ...files].map(({ message }) => message)),
  ]);
}

/** Whether these are the same words, however blanks were put. */
export const sayTheSame = (one: string, other: string): boolean =>
  squeezed(one) === squeezed(other);

const squeezed = (words: string) => words.replaceAll(/\s+/g, " ").trim();

/** The same for words that are, however blanks were put; a file's link is another one each time. */
export function digestOfWords(words: string): string {
  const lasting = squeezed(words).replace(/^(\[attachment: .*\]) https?:\/\/\S+$/, "$1");
  return shortDigest(lasting);
}

/**
 * What is taken in of an entry: as much as a message of a ticket may hold. Of one that is cut it says
 * so, and where the whole of it is.
 */
export function wordsTaken({ message }: ServiceEntry, { thread }: Pick<Place, "thread">): string {
  const most = limits.messageLength;
  // A code point is one or two of a string's characters.
  const points = message.length <= most ? [] : [...message.slice(0, 2 * most + 2)];
  if (points.length <= most) return sound(message);
  const told = `\n[Cut here: all of it, about ${message.length.toLocaleString("en")} characters, is in the ticket service, in ${thread}]`;
  const kept = points.slice(0, Math.max(0, most - [...told].length)).join("");
  return sound(kept + told);
}

/** What a copy keeps of the words that were sent. */
export const saidIn = ({ words }: { words?: string }): { said?: string } =>
  words === undefined ? {} : { said: digestOfWords(words) };

/** Likewise, once it was edited. */
export const saidAfter = (delivery: Extract<Delivery, { do: "edit" }>): { said?: string } =>
  delivery.place.side === "service" ? saidIn({ words: plainText(delivery.text) }) : {};

/** What a copy may say, by its digests. */
export const saidBy = ({ said }: { said?: string }): string[] => said?.split(" ") ?? [];

/** Of what may have got there without our knowing, so much is remembered. */
const mostSaid = 8;

/** Likewise, while it is edited: before that was sent, and after it ended in doubt. */
export function saidMeanwhile(
  part: { said?: string },
  delivery: Extract<Delivery, { do: "edit" }>,
): string {
  const words = digestOfWords(plainText(delivery.text));
  const before = saidBy(part).filter((each) => each !== words);
  return [...before.slice(1 - mostSaid), words].join(" ");
}

/** What only agents are shown of what was written there stands below a line that says so. */
export const withHead = (head: string, words: string): string => `${head}\n${words}`;

export const headOf = (shown: string): string => shown.split("\n", 1)[0] ?? "";

/** What was written there, of what is shown. */
export const withoutHead = ({ audience }: Pick<Message, "audience">, shown: string): string =>
  audience === "everyone" ? shown : shown.slice(headOf(shown).length + 1);
