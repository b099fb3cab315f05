/** The messages of a ticket, as a draft of its document is changed. Times are in ms. */
import type { ChatEvent, OfferedFile, Person } from "./chat.ts";
import type { Audit, Message, MessageFile, TicketDocument } from "./document.ts";
import { type RichText, tidy, typedText } from "./text.ts";
import { plainText } from "./text-plain.ts";

type Given = Pick<Message, "kind" | "side" | "by"> & Partial<Message>;

/** Adds what someone said, or Deskhand says, to the end. */
export function addMessage(draft: TicketDocument, given: Given, now: number): Message {
  const message: Message = {
    audience: "everyone",
    at: new Date(now).toISOString(),
    entry: null,
    text: null,
    revision: 1,
    deleted: false,
    from: null,
    files: [],
    copies: [],
    marked: null,
    retry: null,
    ...given,
  };
  draft.messages.push(message);
  return message;
}

const deskhand: Person = { id: "deskhand", name: "Deskhand" };

/** Says something in the threads; `retry` offers to try that delivery again. */
export function addNotice(
  draft: TicketDocument,
  said: string,
  given: { audience: Message["audience"]; retry?: string },
  now: number,
): void {
  addMessage(
    draft,
    { kind: "notice", side: "agents", by: deskhand, text: typedText(said), ...given },
    now,
  );
}

export function addAudit(
  draft: TicketDocument,
  by: string,
  what: string,
  change: { from?: string | null; to?: string | null },
  now: number,
): void {
  const { from = null, to = null } = change;
  const audit: Audit = { at: new Date(now).toISOString(), by, what, from, to };
  draft.audit.push(audit);
}

/** Gives a message another text: wherever it stands, it is edited. False: it says that already. */
export function rewrite(message: Message, text: RichText): boolean {
  if (message.text && JSON.stringify(tidy(message.text)) === JSON.stringify(tidy(text)))
    return false;
  message.text = text;
  message.revision += 1;
  unsettle(message);
  return true;
}

/** What its copies are meant to be has changed. */
export function unsettle(message: Message): void {
  for (const copy of message.copies) copy.done = false;
}

export const asOffered = (platform: string, offered: OfferedFile): MessageFile => ({
  ...offered,
  platform,
  state: "offered",
  hash: null,
});

/** An entry's words: the text, and the names of its files. */
export function wordsOf(text: RichText, files: readonly { name: string }[]): string {
  const names = files.map(({ name }) => `[attachment: ${name}]`);
  return [plainText(text), ...names].filter((line) => line.trim() !== "").join("\n");
}

/** The message that something of a platform has become. */
export const messageFrom = (
  { messages }: TicketDocument,
  { platform, message }: Pick<ChatEvent, "platform" | "message">,
): Message | undefined =>
  messages.find(({ from }) => from?.platform === platform && from.message === message);

export function messageIn({ messages }: TicketDocument, index: number): Message {
  const message = messages[index];
  if (!message) throw new Error("A delivery is about a message that is not there");
  return message;
}
