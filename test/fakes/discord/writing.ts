import type { Json } from "../json.ts";
import { keepFile } from "./drafts.ts";
import type { Upload } from "./filling.ts";
import { mentionsIn } from "./mentions.ts";
import { post } from "./messages.ts";
import { messageObject } from "./objects-message.ts";
import {
  type Attachment,
  type Channel,
  type Draft,
  type Message,
  messageFlag,
  messageType,
} from "./records.ts";
import type { Server } from "./server.ts";

/** With a subscription a person may write this much; a bot half of it. */
const contentLength = 4_000;

/** What a person's message has besides its text. */
export interface Besides {
  files?: readonly Upload[];
  /** Names. */
  stickers?: readonly string[];
  poll?: { question: string; answers: readonly string[] };
  nonce?: string;
}

interface Writing extends Besides {
  content: string;
  /** What it is a reply to. */
  answered: Message | undefined;
  /** What it forwards. */
  carried: Message | undefined;
}

/** Posts what a person has written. */
export function write(server: Server, at: Channel, author: string, given: Writing): Message {
  const { content, answered, carried, poll, nonce = server.newId() } = given;
  if (content.length > contentLength) throw new Error("the client does not send so long a text");
  const said = { channel: at, author, content, allowed: undefined, answered: answered?.author };
  return post(server, at, {
    ...{ author, content, nonce, poll: poll && pollOf(poll) },
    attachments: keepFiles(server, at, given.files ?? []),
    stickers: (given.stickers ?? []).map((name) => ({ id: server.newId(), name, format_type: 1 })),
    ...mentionsIn(server, said),
    ...(answered && { type: messageType.reply, reference: referenceTo(at, answered, 0) }),
    ...(carried && forward(server, carried)),
  });
}

/** Puts files of a person where the CDN finds them. */
export const keepFiles = (
  server: Server,
  channel: Channel,
  files: readonly Upload[],
  ephemeral = false,
): Attachment[] =>
  files.map(({ name, content, contentType = "application/octet-stream" }) =>
    keepFile(server, {
      ...{ channel: channel.id, name, type: contentType, description: undefined, ephemeral },
      content: Buffer.from(content),
    }),
  );

const carriedOn = new Set([
  ...["type", "content", "embeds", "attachments", "timestamp", "edited_timestamp", "flags"],
  ...["mentions", "mention_roles", "sticker_items", "components"],
]);

/** https://docs.discord.com/developers/resources/message#message-reference-types */
function forward(server: Server, original: Message): Partial<Draft> {
  const shown = Object.entries(messageObject(server, original));
  const message = Object.fromEntries(shown.filter(([key]) => carriedOn.has(key)));
  return {
    ...{ snapshots: [{ message }], flags: messageFlag.hasSnapshot },
    reference: referenceTo(server.channel(original.channel), original, 1),
  };
}

const referenceTo = ({ guild, id }: Channel, message: Message, type: 0 | 1) =>
  ({ type, message: message.id, channel: id, guild }) as const;

/** https://docs.discord.com/developers/resources/poll#poll-object */
const pollOf = ({ question, answers }: NonNullable<Besides["poll"]>): Json => ({
  question: { text: question },
  answers: answers.map((text, place) => ({ answer_id: place + 1, poll_media: { text } })),
  expiry: null,
  allow_multiselect: false,
  layout_type: 1,
});
