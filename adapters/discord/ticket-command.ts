/** `/ticket`, `/tickets`, and the command on a message. */
import { PermissionFlagsBits } from "discord.js";
import type { TicketLine } from "../../src/desk/chat.ts";
import { oneLine, shortened } from "../../src/desk/shortened.ts";
import { plainText } from "../../src/desk/text-plain.ts";
import { within } from "../../src/desk/timing.ts";
import { statusWords } from "../../src/desk/words.ts";
import { reply, type Said, suggest } from "./answers.ts";
import { renderCard } from "./cards.ts";
import type { Context } from "./context.ts";
import type { Interacting, OfType } from "./interactions.ts";
import { limits } from "./limits.ts";
import { readMessage, type WrittenMessage } from "./message-events.ts";
import { textOf } from "./message-text.ts";
import { helpMessage, listMessage, noSuchTicket } from "./offers.ts";
import { bringBack, linkTo, ownThreadOf } from "./own-thread.ts";
import { has } from "./permissions.ts";
import { writeMessageReference } from "./references.ts";
import { filesComeAlong, openForm } from "./ticket-form.ts";

/** `/ticket help` is how help is asked for elsewhere, and nothing that a ticket is about. */
export function ticketCommand(context: Context, asked: OfType<"command">): Promise<void> {
  const { title = "" } = asked.options;
  if (title.trim().toLowerCase() === "help") return helpCommand(context, asked);
  return openForm(context, asked, { title });
}

export function helpCommand(context: Context, asked: Interacting): Promise<void> {
  const said = helpMessage();
  return reply(context, asked, Promise.resolve(said), said);
}

const notFound: Said = { content: "Your tickets cannot be looked up just now. Please try again." };

export function listCommand(context: Context, asked: Interacting): Promise<void> {
  const work = context.desk.openTicketsOf(asked.person.id).then(listMessage);
  return reply(context, asked, work, notFound);
}

export const showCommand = (context: Context, asked: OfType<"command">): Promise<void> =>
  reply(context, asked, shown(context, asked), notFound);

async function shown(context: Context, asked: OfType<"command">): Promise<Said> {
  const reference = asked.options.ticket ?? "";
  const card = await context.desk.findFor(asked.person.id, reference);
  if (!card) return noSuchTicket(reference);
  const { embed, components } = renderCard(card);
  const thread = ownThreadOf(card);
  const isThere = thread !== undefined && (await bringBack(context, thread, asked.user));
  return {
    ...(isThere && { content: `You talk about it here: ${linkTo(thread)}` }),
    embeds: [embed],
    components,
  };
}

/** Of these, what is typed is looked for. */
const mostLookedThrough = 100;
const suggestWithinMs = 1_500;

/** Their own tickets, newest first; none when it takes too long. */
export async function suggestTickets(
  context: Context,
  asked: OfType<"autocomplete">,
): Promise<void> {
  const { desk, after, log } = context;
  const looked = desk.ticketsOf(asked.person.id, mostLookedThrough);
  const late: TicketLine[] = [];
  const tickets = await within(looked, { ms: suggestWithinMs, after, late }).catch(
    (err: unknown) => {
      log.warn({ err }, "Someone's tickets could not be suggested to them in Discord");
      return late;
    },
  );
  const matching = tickets.filter((ticket) => isMeant(ticket, asked.typed.trim().toLowerCase()));
  await suggest(context, asked, matching.slice(0, limits.choices).map(choiceFor));
}

const isMeant = ({ reference, title }: TicketLine, typed: string): boolean =>
  `${reference} ${oneLine(title)}`.toLowerCase().includes(typed);

const choiceFor = ({ reference, title, status }: TicketLine) => {
  const end = ` (${statusWords[status].toLowerCase()})`;
  const name = shortened(`${reference} ${oneLine(title)}`, limits.choiceName - end.length);
  return { name: name + end, value: reference };
};

/** The form with the message as its description, and a link back to it. */
export async function ticketFromMessage(
  context: Context,
  asked: OfType<"message-command">,
): Promise<void> {
  const read = readMessage(asked.message, context.us.user, asked.member?.guild);
  if (!read) throw new Error("Discord gave a message that cannot be read");
  const { message, isPersons } = read;
  const isOthers = isPersons && message.user !== asked.user;
  const hasFiles = message.files.length > 0;
  const comeAlong = hasFiles && (!asked.member || has(asked.permissions, readable));
  const source = writeMessageReference({ channel: message.channel, message: message.id });
  const { description, isWhole } = descriptionOf(context, asked, message);
  const hints = {
    ...(isOthers && (await hintOnAuthor(context, asked))),
    ...(!isWhole && { description: onlyBeginning }),
    ...(hasFiles && { attachments: comeAlong ? filesComeAlong : filesDoNot }),
  };
  await openForm(
    context,
    asked,
    { description, hints },
    { key: asked.id, ...(comeAlong && { source }), ...(isOthers && { author: message.user }) },
  );
}

/** What the bot needs to be allowed to fetch a message's files later. */
const readable = PermissionFlagsBits.ViewChannel | PermissionFlagsBits.ReadMessageHistory;

/** Of the 3 s in which the form has to open. */
const lookUpWithinMs = 500;

/** Whose ticket an agent makes of someone's message; nothing for who is no agent. */
async function hintOnAuthor(
  { agents, after, log }: Context,
  { user, member }: Interacting,
): Promise<{ title?: string }> {
  if (!member) return {};
  const looked = agents.isAgent(user, member).catch((err: unknown) => {
    log.debug({ err }, "It is not known in time whether someone in Discord is an agent");
    return undefined;
  });
  const isAgent = await within(looked, { ms: lookUpWithinMs, after, late: undefined });
  if (isAgent === undefined) return { title: mayBeTheAuthors };
  return isAgent ? { title: theAuthors } : {};
}

const theAuthors =
  "Unless its writer is an agent too, this will be the writer's ticket: they read all of it";
const mayBeTheAuthors =
  "If you are an agent and its writer is not, this will be the writer's ticket: they read all of it";
const filesDoNot = "The bot cannot read that channel: please add the message's files here yourself";
const onlyBeginning = "Only the beginning of the message fits in here. The link leads to all of it";

/** The link stands whole, whatever does not fit. */
function descriptionOf(
  { guilds }: Context,
  { member }: Interacting,
  message: WrittenMessage,
): { description: string; isWhole: boolean } {
  const link = `https://discord.com/channels/${member?.guild ?? "@me"}/${message.channel}/${message.id}`;
  const words = plainText(textOf(guilds, message.content)).trim();
  const fits = shortened(words, limits.textInput - link.length - 2);
  const description = [fits, link].filter(Boolean).join("\n\n");
  return { description, isWhole: fits === words };
}
