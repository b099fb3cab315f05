/** All that a message says, as rich text. */
import { type Block, type RichText, type Run, typedText } from "../../src/desk/text.ts";
import type { Guilds } from "./guilds.ts";
import type { MessageContent } from "./message-events.ts";
import { readMarkdown } from "./text.ts";

/** Empty when there is nothing in it that can be read. */
export function textOf(
  guilds: Pick<Guilds, "roleName" | "publicNameOf">,
  said: MessageContent,
): RichText {
  const names = {
    person: (id: string) => said.people.get(id),
    role: (id: string) => guilds.roleName(id, said.guild),
    channel: (id: string) => guilds.publicNameOf(id, said.guild),
  };
  return [
    ...readMarkdown(said.content, { names }),
    ...stickersOf(said),
    ...pollOf(said),
    ...said.forwarded.flatMap((each) => forwarded(textOf(guilds, each))),
  ];
}

function stickersOf({ stickers }: MessageContent): Block[] {
  const content = stickers.map((name): Run => ({ type: "emoji", name: name.replace(/\s+/g, "_") }));
  return content.length === 0 ? [] : [{ type: "paragraph", content }];
}

/** https://docs.discord.com/developers/resources/poll: what is voted is not told of. */
function pollOf({ poll }: MessageContent): RichText {
  if (!poll) return [];
  const answers = poll.answers.map(
    (text): Block => ({ type: "item", depth: 0, content: [{ type: "text", text: text || "–" }] }),
  );
  return [...typedText(`Poll: ${poll.question}`), ...answers];
}

const forwardedWords = "Forwarded:";
/** As deep as a text can hold. */
const deepestQuote = 8;

const forwarded = (text: RichText): RichText => [
  ...typedText(forwardedWords),
  ...text.map((block) => ({ ...block, quote: Math.min((block.quote ?? 0) + 1, deepestQuote) })),
];
