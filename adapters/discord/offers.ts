/** Lists of someone's tickets, what is offered to them, and the buttons of it. */
import { type APIButtonComponentWithCustomId, ButtonStyle, TimestampStyles } from "discord.js";
import type { TicketLine } from "../../src/desk/chat.ts";
import { oneLine, shortened } from "../../src/desk/shortened.ts";
import { categoryWords, counted, signedPriority, signedStatus } from "../../src/desk/words.ts";
import type { TicketId } from "../../src/tickets/ticket.ts";
import type { Said } from "./answers.ts";
import { button, customIdOf, rowsOf, typed } from "./components.ts";
import { limits } from "./limits.ts";

const mostListed = 20;
const mostOffered = 10;

/** Someone's open tickets, newest first. */
export function listMessage(tickets: readonly TicketLine[]): Said {
  const lines = tickets.slice(0, mostListed).map(lineOf);
  const more = tickets.length - lines.length;
  const rest = more > 0 ? [`and ${more} more`] : [];
  return {
    content: headingOf(tickets),
    embeds: lines.length === 0 ? [] : [{ description: [...lines, ...rest].join("\n\n") }],
    components: tickets.length === 0 ? rowsOf([openButton("Open a ticket")]) : [],
  };
}

const headingOf = ({ length }: readonly TicketLine[]) =>
  length === 0
    ? "You have no open tickets"
    : `You have ${counted(length, "open ticket", "open tickets")}`;

/** Of a title: so many lines fit one embed, even when all of it has to be escaped. */
const mostOfTitle = 50;

function lineOf({ reference, title, status, priority, category, createdAt }: TicketLine): string {
  const opened = Math.floor(Date.parse(createdAt) / 1_000);
  const facts = [signedStatus(status), signedPriority(priority), categoryWords(category)];
  const when = `<t:${opened}:${TimestampStyles.ShortDate}>`;
  return `**${reference}** ${typed(shortened(oneLine(title), mostOfTitle))}\n${[...facts, when].join(" · ")}`;
}

/** The answer to `/tickets show` for what is not there, or is someone else's: no one can tell which. */
export function noSuchTicket(reference: string): Said {
  const asked = typed(shortened(oneLine(reference), 40));
  return {
    content: `You have no ticket ${asked}. A reference looks like T-4F7K2M; /tickets list shows your open tickets.`,
  };
}

/**
 * The answer to words that were written to the bot outside of any ticket's thread: whoever wrote
 * them says where they belong. `source` is the reference to their message, whose files go with it.
 */
export function offer(given: {
  /** Plain text. */
  words: string;
  tickets: readonly TicketLine[];
  source: string;
  /** Why they could not be taken where they were written. */
  because?: string;
}): Said {
  const { words, tickets, source, because = notSentYet } = given;
  const description = shortened(words.trim(), limits.embedDescription);
  const carrying = tickets.slice(0, mostOffered).map((ticket) => carryButton(ticket, source));
  const opening = openButton("Open a new ticket", { source });
  return {
    content: [because, ...moreOffered(tickets)].join("\n"),
    embeds: description === "" ? [] : [{ description }],
    components: [...rowsOf(carrying), ...rowsOf([opening])],
  };
}

const notSentYet = "This has not been sent to anyone yet. Where does it belong?";

function moreOffered({ length }: readonly TicketLine[]): string[] {
  if (length <= mostOffered) return [];
  const more = counted(length - mostOffered, "more open ticket", "more open tickets");
  return [`You have ${more}: to add to one of those, write in its thread`];
}

const carryId = "carry";
const openId = "open";

const carryButton = ({ id, reference, title }: TicketLine, source: string) =>
  button(`Add to ${reference}: ${oneLine(title)}`, customIdOf(carryId, id, source));

interface Opening {
  source?: string;
  category?: string;
}

export const openButton = (
  label: string,
  { source, category }: Opening = {},
): APIButtonComponentWithCustomId =>
  button(label, customIdOf(openId, source ?? "", category ?? ""), ButtonStyle.Primary);

/** What was pressed; without a source, it is a new ticket from nothing. */
export type Offered =
  | { offer: "carry"; ticket: TicketId; source: string }
  | ({ offer: "open" } & Opening);

/** Undefined if it is not ours. */
export function readOffer(customId: string): Offered | undefined {
  const [what, first, second] = customId.split(":");
  if (what === carryId && first && second) return { offer: "carry", ticket: first, source: second };
  if (what !== openId) return undefined;
  return {
    offer: "open",
    ...(first && { source: first }),
    ...(second && { category: second }),
  };
}
