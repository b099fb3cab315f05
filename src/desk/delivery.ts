/** What a delivery is: one thing to do, in one place or for one message. */
import type { Mark, TicketCard } from "./chat.ts";
import type { MessageFile, Place, TicketDocument, Underway } from "./document.ts";
import type { RichText } from "./text.ts";

/**
 * One thing to do. `id` says what it is about: troubles are kept by it, and people retry by it.
 * `key` names the very message that it makes, for good. `words`: what it says to the letter, where a
 * message can be found by that only.
 */
export type Delivery = { id: string } & (
  | ({ place: Place } & (
      | { do: "open"; card: TicketCard; digest: string; key: string }
      | { do: "card"; of: string; card: TicketCard; digest: string }
      /** Whether what was begun was made is not known. */
      | { do: "find"; sought: Underway; card: TicketCard }
      | ({ message: number } & (
          | { do: "post"; text: RichText; revision: number; key: string; words?: string }
          | { do: "file"; file: number; key: string; words?: string }
          | { do: "edit"; of: string; text: RichText; revision: number }
          /** With `file`, it is what that file became. */
          | { do: "remove"; of: string; file?: number }
          /** Nothing is to be sent: that it is as it is wanted is written down. */
          | { do: "done" }
        ))
    ))
  | {
      do: "mark";
      platform: string;
      message: number;
      of: string;
      mark: Mark | null;
      /** Those that may be there still. */
      others: readonly Mark[];
    }
  | { do: "fetch"; message: number; file: number; offered: MessageFile }
);

export const openId = (place: Place) => `${place.id}/open`;
export const cardId = (place: Place) => `${place.id}/card`;
/** Of a message's text; each of its files has an id of its own, so that one holds up no other. */
export const messageId = (place: Place, message: number) => `${place.id}/m${message}`;
export const fileId = (place: Place, message: number, file: number) =>
  `${messageId(place, message)}/f${file}`;
export const markId = (message: number) => `m${message}/mark`;
export const fetchId = (message: number, file: number) => `m${message}/f${file}`;

/**
 * What the id of a delivery tells: of a message, and maybe of one of its files, in a place or where it
 * was written; or of a part of a place, such as its card.
 */
export function readId(id: string) {
  const [, place, message, file, part] =
    /^(?:(p\d+)\/)?(?:m(\d+)(?:\/f(\d+)|\/mark)?|(\w+))$/.exec(id) ?? [];
  return { place, message: numberOf(message), file: numberOf(file), part };
}

const numberOf = (digits: string | undefined): number | undefined =>
  digits === undefined ? undefined : Number(digits);

/** The message in its place that a delivery is about. */
export function copyOf(delivery: Delivery): { place: Place; message: number } | undefined {
  if (!("place" in delivery)) return undefined;
  const { place } = delivery;
  const message = delivery.do === "find" ? messageOf(delivery.sought) : indexOf(delivery);
  return message === undefined ? undefined : { place, message };
}

const indexOf = (delivery: Delivery): number | undefined =>
  "message" in delivery ? delivery.message : undefined;

/** Whether an id is that of a message's text in a place, or of one of its files. */
export function isAbout(id: string, place: Place, message: number): boolean {
  const ofText = messageId(place, message);
  return id === ofText || id.startsWith(`${ofText}/`);
}

/** Which file of its message a delivery to a place is about. */
export function fileOf(delivery: Delivery): number | undefined {
  if (delivery.do === "find")
    return delivery.sought.makes === "file" ? delivery.sought.file : undefined;
  return delivery.do === "file" || delivery.do === "remove" ? delivery.file : undefined;
}

/** A delivery that makes a message: sent twice, it would make two. */
export type Making = Extract<Delivery, { do: "open" | "post" | "file" }>;

export const isMaking = (delivery: Delivery): delivery is Making =>
  delivery.do === "open" || delivery.do === "post" || delivery.do === "file";

/** What the document keeps of a delivery from before it is sent until it is known what it made. */
export function underwayOf(delivery: Making): Underway {
  const begun = { place: delivery.place.id, key: delivery.key, ...wordsIn(delivery) };
  switch (delivery.do) {
    case "open":
      return { makes: "thread", ...begun, digest: delivery.digest };
    case "post":
      return { makes: "text", ...begun, message: delivery.message, revision: delivery.revision };
    case "file":
      return { makes: "file", ...begun, message: delivery.message, file: delivery.file };
  }
}

const wordsIn = (delivery: Making) =>
  "words" in delivery && delivery.words !== undefined ? { words: delivery.words } : {};

/** The delivery that has begun it. */
export function begunBy(begun: Underway, place: Place): string {
  switch (begun.makes) {
    case "thread":
      return openId(place);
    case "text":
      return messageId(place, begun.message);
    case "file":
      return fileId(place, begun.message, begun.file);
  }
}

/** The message that something was begun for; a thread is for none. */
export const messageOf = (begun: Underway): number | undefined =>
  begun.makes === "thread" ? undefined : begun.message;

export function platformOf(delivery: Delivery): string {
  if ("place" in delivery) return delivery.place.platform;
  return delivery.do === "fetch" ? delivery.offered.platform : delivery.platform;
}

/** Since when (in ms since 1970) what it is about has been there to be sent. */
export function owedSince({ messages, ticket }: TicketDocument, delivery: Delivery): number {
  const message = "place" in delivery ? copyOf(delivery)?.message : delivery.message;
  return Date.parse(messages[message ?? -1]?.at ?? ticket.updatedAt);
}
