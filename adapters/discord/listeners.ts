/** What people do with commands, buttons and forms, to what takes it. */
import { z } from "zod";
import { type Answerable, reply } from "./answers.ts";
import { commandNames } from "./commands.ts";
import type { Context } from "./context.ts";
import { readDialogId } from "./dialogs.ts";
import { type Interaction, type OfType, readInteraction } from "./interactions.ts";
import { ticketPanel } from "./panel.ts";
import { pressed, submitDialog } from "./presses.ts";
import {
  helpCommand,
  listCommand,
  showCommand,
  suggestTickets,
  ticketCommand,
  ticketFromMessage,
} from "./ticket-command.ts";
import { originOfForm, submitForm } from "./ticket-form.ts";

/** Does what someone asked for, once, and answers them. Never rejects. */
export async function onInteraction(context: Context, payload: unknown): Promise<void> {
  const { log, once } = context;
  try {
    const interaction = readInteraction(payload);
    await once(`interaction ${interaction.id}`, () => taken(context, interaction));
  } catch (err) {
    log.error({ err }, "Discord sent an interaction that cannot be read");
    const { data: to } = answerableSchema.safeParse(payload);
    if (to) await tell(context, to, failed);
  }
}

async function taken(context: Context, interaction: Interaction): Promise<void> {
  try {
    if (await route(context, interaction)) return;
    context.log.warn({ type: interaction.type }, "Someone in Discord used what is not known here");
    await tell(context, interaction, fromBefore);
  } catch (err) {
    context.log.error({ err }, "What someone did in Discord failed here; they are told");
    await tell(context, interaction, failed);
  }
}

const fromBefore =
  "That is from another version of Deskhand, and nothing was done. To open a ticket, use /ticket.";
const staleWords =
  "That has changed in the meantime, and nothing was done. Please look at it as it is now.";
const failed = "That did not work, through no fault of yours. Please try again.";

const answerableSchema = z.object({ id: z.string(), token: z.string() });

const tell = (context: Context, to: Answerable, content: string): Promise<void> =>
  reply(context, to, Promise.resolve({ content }), { content });

/** False when nothing here takes it. */
async function route(context: Context, interaction: Interaction): Promise<boolean> {
  switch (interaction.type) {
    case "command":
      return onCommand(context, interaction);
    case "autocomplete":
      await suggestTickets(context, interaction);
      return true;
    case "message-command":
      await ticketFromMessage(context, interaction);
      return true;
    case "press":
      return pressed(context, interaction);
    case "form":
      return onForm(context, interaction);
    case "stale-press":
      await tell(context, interaction, staleWords);
      return true;
    case "unsupported":
      return false;
  }
}

async function onCommand(context: Context, asked: OfType<"command">): Promise<boolean> {
  switch (asked.command) {
    case commandNames.ticket:
      await ticketCommand(context, asked);
      return true;
    case commandNames.list:
      await listCommand(context, asked);
      return true;
    case commandNames.show:
      await showCommand(context, asked);
      return true;
    case commandNames.help:
      await helpCommand(context, asked);
      return true;
    case commandNames.panel:
      await ticketPanel(context, asked);
      return true;
    default:
      return false;
  }
}

async function onForm(context: Context, form: OfType<"form">): Promise<boolean> {
  const origin = originOfForm(form.customId);
  const dialog = readDialogId(form.customId);
  if (origin) await submitForm(context, form, origin);
  else if (dialog) await submitDialog(context, form, dialog);
  else return false;
  return true;
}
