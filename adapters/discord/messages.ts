/** Neutral messages as Discord's. */
import type { APIActionRowComponent, APIComponentInMessageActionRow, APIEmbed } from "discord.js";
import { tryAgainWords } from "../../src/desk/card-words.ts";
import type { OutboundMessage, Person } from "../../src/desk/chat.ts";
import { oneLine } from "../../src/desk/shortened.ts";
import type { RichText } from "../../src/desk/text.ts";
import { button, customIdOf, rowsOf } from "./components.ts";
import { limits } from "./limits.ts";
import { splitForDiscord, writeMarkdown } from "./text.ts";

export interface WrittenMessage {
  /** Without its address, which names the delivery. */
  embed: APIEmbed;
  components: APIActionRowComponent<APIComponentInMessageActionRow>[];
}

const colors = { reply: 0x5865f2, note: 0xfee75c, notice: 0x99aab5 } as const;

const noteWords = "🔒 Note, for agents only";

/** The parts of a text, each of which is the description of an embed. */
export const partsOf = (text: RichText): RichText[] =>
  splitForDiscord(text, limits.embedDescription);

export function writeMessage({ kind, author, text, retry }: OutboundMessage): WrittenMessage {
  return {
    embed: {
      ...(kind !== "notice" && authorship(author)),
      description: writeMarkdown(text).trim() || "(no text)",
      color: colors[kind],
      ...(kind === "note" && { footer: { text: noteWords } }),
    },
    components: retry ? rowsOf([button(tryAgainWords, retryId(retry))]) : [],
  };
}

const retryId = ({ id, delivery }: { id: string; delivery: string }) =>
  customIdOf("retry", delivery, id);

/** What says whose file it is: the file itself stands beside it. */
export const writeFileMessage = (author: Person): WrittenMessage => ({
  embed: { ...authorship(author), color: colors.reply },
  components: [],
});

/** Names in embeds are plain text. */
function authorship({ name, picture }: Person): Pick<APIEmbed, "author"> {
  const shown = withinLimit(oneLine(name)) || "Someone";
  const isShowable = picture?.startsWith("https://") && URL.canParse(picture) && isShort(picture);
  return { author: { name: shown, ...(isShowable && { icon_url: picture }) } };
}

/** https://docs.discord.com/developers/resources/message#embed-object: as long as any address there. */
const isShort = (address: string) => address.length <= 2_048;

function withinLimit(name: string): string {
  if (name.length <= limits.embedAuthorName) return name;
  const characters = [...name].slice(0, limits.embedAuthorName / 2);
  return `${characters.slice(0, -1).join("")}…`;
}
