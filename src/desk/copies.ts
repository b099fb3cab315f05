/** What a message says, in which places it is meant to be, and what of it is there. */
import type { Copy, Message, Place, TicketDocument } from "./document.ts";
import { isForService } from "./service-place.ts";
import { type RichText, typedText } from "./text.ts";

/** What a message says; of one that is files only, nothing. */
export function textOf({ ticket }: TicketDocument, { text, entry }: Message): RichText {
  if (text) return text;
  return typedText(ticket.threads[entry ?? -1]?.message ?? "");
}

export const copyIn = (message: Message, place: Place): Copy | undefined =>
  message.copies.find((copy) => copy.place === place.id);

/** Whether a place is meant to show a message. A note is for no requester and no ticket service. */
export function isFor(message: Message, { id, side }: Place): boolean {
  const { deleted, from, audience } = message;
  if (deleted || from?.place === id) return false;
  return side === "service" ? isForService(message) : audience === "everyone" || audience === side;
}

/** The place has what it is meant to have of this message, be that nothing. */
export function isAsWanted(message: Message, place: Place): boolean {
  const copy = copyIn(message, place);
  return copy ? copy.done : !isFor(message, place);
}
