/** Of the edits of a message, the latest counts, however late another is heard of. */
import type { ChatEvent } from "./chat.ts";
import type { TicketDocument } from "./document.ts";
import { messageFrom } from "./messages.ts";

/** A later edit than this one is in the document. */
export function isOutdated(document: TicketDocument, event: ChatEvent): boolean {
  if (event.type !== "edited" || event.editedMs === undefined) return false;
  const known = messageFrom(document, event)?.editedAt;
  return known !== undefined && event.editedMs < Date.parse(known);
}

/** Writes down when what is in the document was edited. */
export function noteEdition(draft: TicketDocument, event: ChatEvent): void {
  if (event.type !== "edited" || event.editedMs === undefined) return;
  const message = messageFrom(draft, event);
  if (!message || isOutdated(draft, event)) return;
  message.editedAt = new Date(event.editedMs).toISOString();
}
