/** Neutral messages as Slack's. */
import type { KnownBlock } from "@slack/web-api";
import { tryAgainWords } from "../../src/desk/card-words.ts";
import type { OutboundMessage, Person } from "../../src/desk/chat.ts";
import { oneLine } from "../../src/desk/shortened.ts";
import { type RichText, typedText } from "../../src/desk/text.ts";
import { limits } from "./limits.ts";
import { richTextBlock, type WrittenRichText } from "./text-blocks-write.ts";
import { mrkdwn } from "./text-write.ts";

export interface WrittenMessage {
  /** For notifications: the blocks are what is read. */
  text: string;
  blocks: (KnownBlock | WrittenRichText)[];
}

const noteWords = "Note, for agents only";
const notePrefix = `${noteWords}: `;

/** The length of a part's mrkdwn, so that it fits as any kind of message. */
export const partLength = limits.messageText - notePrefix.length;

/** Who reads what stands below it knows that it is a note, also where the text is not shown. */
const noteBlock: KnownBlock = {
  type: "context",
  elements: [{ type: "plain_text", text: `🔒 ${noteWords}`, emoji: true }],
};

export function writeMessage({ kind, text, retry }: OutboundMessage): WrittenMessage {
  const words = mrkdwn(text) === "" ? typedText("(no text)") : text;
  const isNote = kind === "note";
  return {
    text: `${isNote ? notePrefix : ""}${mrkdwn(words)}`,
    blocks: [
      ...(isNote ? [noteBlock] : []),
      richTextBlock(words),
      ...(retry ? [retryBlock(retry)] : []),
    ],
  };
}

const retryBlock = ({ id, delivery }: { id: string; delivery: string }): KnownBlock => ({
  type: "actions",
  elements: [
    {
      type: "button",
      action_id: "retry",
      text: { type: "plain_text", text: tryAgainWords },
      value: JSON.stringify({ id, delivery }),
    },
  ],
});

/** Under whose name and picture it is shown, with the scope `chat:write.customize`. */
export function authorship({ kind, author }: OutboundMessage): Record<string, string> {
  if (kind === "notice") return {};
  const name = shownName(author);
  const { picture } = author;
  return {
    ...(name !== "" && { username: name }),
    ...(picture?.startsWith("https://") && { icon_url: picture }),
  };
}

function shownName({ name }: Person): string {
  const characters = [...oneLine(name)];
  if (characters.length <= limits.username) return characters.join("");
  return `${characters.slice(0, limits.username - 1).join("")}…`;
}

/** What introduces a file, which cannot be posted under another name. */
export const fileWords = (author: Person): RichText => typedText(`From ${shownName(author)}`);
