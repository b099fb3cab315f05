/** A file that a message came with, once it is kept. */
import { touched } from "../tickets/changes.ts";
import { limits } from "../tickets/limits.ts";
import { ticketSchema } from "../tickets/ticket.ts";
import { remember } from "./answers.ts";
import { storedAddress } from "./attachment-address.ts";
import type { Delivery } from "./delivery.ts";
import type { MessageFile, TicketDocument } from "./document.ts";
import { messageIn, unsettle } from "./messages.ts";

type Fetch = Extract<Delivery, { do: "fetch" }>;

/** A file that was removed meanwhile stays so. */
export function fetched(draft: TicketDocument, delivery: Fetch, hash: string, now: number): void {
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
