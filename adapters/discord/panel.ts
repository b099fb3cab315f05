/** `/ticket-panel`: a message that stays in a channel, with a button for each category. */
import { Routes } from "discord.js";
import { reply, type Said } from "./answers.ts";
import { isThread } from "./channel-kinds.ts";
import { rowsOf } from "./components.ts";
import type { Context } from "./context.ts";
import { failureOf } from "./errors.ts";
import { categoryOptions } from "./form.ts";
import type { Interacting } from "./interactions.ts";
import { openButton } from "./offers.ts";
import { lacking, type NeededPermission } from "./permissions.ts";

const panel = (): Said => ({
  embeds: [
    {
      title: "Open a ticket",
      description:
        "What is it about? A form opens; what you write in it goes to the support team. Other members do not see it, but who manages this server's threads can.",
    },
  ],
  components: rowsOf(
    categoryOptions.map(({ value, label }) => openButton(label, { category: value })),
  ),
});

/** Posts the panel where it was asked for, and says so to who asked. */
export const ticketPanel = (context: Context, asked: Interacting): Promise<void> =>
  reply(context, asked, place(context, asked), {
    content: "The panel could not be posted just now. Please try again.",
  });

async function place({ rest, log }: Context, asked: Interacting): Promise<Said> {
  const missing = lacking(asked.permissions, neededIn(asked));
  if (missing.length > 0)
    return {
      content: `The bot may not post here: give it ${missing.join(" and ")} in this channel, then try again.`,
    };
  const body = {
    ...panel(),
    allowed_mentions: { parse: [] },
    nonce: asked.id,
    enforce_nonce: true,
  };
  try {
    await rest.post(Routes.channelMessages(asked.channel.id), { body });
    return { content: "The panel is here. Pin it to keep it in sight." };
  } catch (err) {
    const { outcome, reason } = failureOf(err);
    if (outcome !== "dead" && outcome !== "gone") throw err;
    log.warn({ err }, "A panel could not be posted; who asked for it is told");
    return { content: `The panel could not be posted: ${reason}.` };
  }
}

const neededIn = ({ channel: { type } }: Interacting): NeededPermission[] => [
  "View Channel",
  isThread(type) ? "Send Messages in Threads" : "Send Messages",
  "Embed Links",
];
