/** Which contents of the attachments folder a document still needs. */
import { readStoredAddress } from "./attachment-address.ts";
import type { Message, TicketDocument } from "./document.ts";

/**
 * By their hashes, each once: what its messages and the ticket itself name, and what was taken back
 * and still stands somewhere.
 */
export function keptFilesIn({ messages, ticket }: TicketDocument): string[] {
  const hashes = messages.flatMap(neededOf);
  for (const { url } of ticket.attachments) {
    const stored = readStoredAddress(url);
    if (stored) hashes.push(stored.hash);
  }
  return [...new Set(hashes)];
}

const neededOf = (message: Message): string[] =>
  message.files.flatMap(({ state, hash }, index) =>
    hash !== null && (state === "kept" || stands(message, index)) ? [hash] : [],
  );

const stands = ({ copies }: Message, index: number): boolean =>
  copies.some(({ files }) => files.some(({ file }) => file === index));
