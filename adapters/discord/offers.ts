/** Lists of someone's tickets, what is offered to them, and the buttons of it. */
import { type APIButtonComponentWithCustomId, ButtonStyle, TimestampStyles } from "discord.js";
import type { TicketLine } from "../../src/desk/chat.ts";
import {
  addTo,
  listHeading,
  moreListed,
  moreOffered,
  mostListed,
  mostOffered,
  noTicketWords,
  offerWords,
} from "../../src/desk/offer-words.ts";
import { oneLine, shortened } from "../../src/desk/shortened.ts";
import { categoryWords, signedPriority, signedStatus } from "../../src/desk/words.ts";
import type { TicketId } from "../../src/tickets/ticket.ts";
import type { Said } from "./answers.ts";
import { button, customIdOf, rowsOf, typed, typedWithin } from "./components.ts";
import type { PressedMessage } from "./interactions.ts";
import { limits } from "./limits.ts";
import { linkTo, ownThreadOf } from "./own-thread.ts";

const commands: readonly (readonly [command: string, does: string])[] = [
  ["/ticket", "opens the form for a new ticket"],
  ["/ticket title: printer on fire", "opens it with that as its title"],
  ["/tickets list", "lists your open tickets"],
  ["/tickets show", "shows how a ticket of yours stands"],
  ["/tickets help", "shows this"],
];

const hints = [
  "On any message, Apps → Open a ticket opens the form with that message in it.",
  "Each ticket has a private thread below the channel where you asked, or goes on in your direct messages with me: there, reply to one of its messages. What you write reaches the agents, and their answers come there.",
] as const;

export function helpMessage(): Said {
  const lines = commands.map(([command, does]) => `- \`${command}\` ${does}`);
  return {
    content: ["**Support tickets**", ...lines, "", ...hints].join("\n"),
    components: rowsOf([openButton(offerWords.open)]),
  };
}

/** Someone's open tickets, newest first. */
export function listMessage(tickets: readonly TicketLine[]): Said {
  const lines = tickets.slice(0, mostListed).map(lineOf);
  const rest = moreListed(tickets) ?? [];
  // All of them, at their longest, do not fit one.
  const halves = [lines.slice(0, mostListed / 2), lines.slice(mostListed / 2).concat(rest)];
  return {
    content: listHeading(tickets),
    embeds: halves
      .filter((half) => half.length > 0)
      .map((half) => ({ description: half.join("\n\n") })),
    components: tickets.length === 0 ? rowsOf([openButton(offerWords.open)]) : [],
  };
}

/** Of a title: half of the lines fit one embed, even when all of it has to be escaped. */
const mostOfTitle = 50;

function lineOf(ticket: TicketLine): string {
  const { reference, title, status, priority, category, createdAt } = ticket;
  const thread = ownThreadOf(ticket);
  const way = thread ? [linkTo(thread)] : [];
  const opened = Math.floor(Date.parse(createdAt) / 1_000);
  const facts = [signedStatus(status), signedPriority(priority), categoryWords(category)];
  const when = `<t:${opened}:${TimestampStyles.ShortDate}>`;
  return `**${reference}** ${typed(shortened(oneLine(title), mostOfTitle))}\n${[...facts, when, ...way].join(" · ")}`;
}

/** The answer to `/tickets show` for what is not there, or is someone else's: no one can tell which. */
export function noSuchTicket(reference: string): Said {
  const asked = typed(shortened(oneLine(reference), 40));
  return { content: noTicketWords(asked, "/tickets list") };
}

/**
 * The answer to words that were written to the bot outside of any ticket's thread: whoever wrote
 * them says where they belong. `source` is the reference to their message, whose files go with it.
 */
export function offer(given: {
  /** Plain text; left out where others read the offer, which stands below the words. */
  words?: string;
  tickets: readonly TicketLine[];
  source: string;
  /** Who wrote them: their id in Discord. */
  to: string;
  /** There are files in their message. */
  hasFiles?: boolean;
  /** Why they could not be taken where they were written. */
  because?: string;
}): Said {
  const {
    words = "",
    tickets,
    source,
    to,
    hasFiles = false,
    because = offerWords.notSentYet,
  } = given;
  const description = typedWithin(words.trim(), limits.embedDescription);
  const carrying = tickets.slice(0, mostOffered).map((ticket) => carryButton(ticket, source));
  const opening = openButton(offerWords.openNew, { source, to, hasFiles });
  return {
    content: [because].concat(moreOffered(tickets) ?? []).join("\n"),
    embeds: description === "" ? [] : [{ description }],
    components: [...rowsOf(carrying), ...rowsOf([opening])],
  };
}

const carryId = "carry";
const openId = "open";

const carryButton = (ticket: TicketLine, source: string) =>
  button(addTo(ticket), customIdOf(carryId, ticket.id, source));

interface Start {
  source?: string;
  category?: string;
  /** Who is offered to open a ticket from the source. */
  to?: string;
  hasFiles?: boolean;
}

export const openButton = (
  label: string,
  { source = "", category = "", to = "", hasFiles = false }: Start = {},
): APIButtonComponentWithCustomId => {
  const id = customIdOf(openId, source, category, to, hasFiles ? withFiles : "");
  return button(label, id, ButtonStyle.Primary);
};

const withFiles = "files";

/** What was pressed; without a source, it is a new ticket from nothing. */
export type Offered =
  | { offer: "carry"; ticket: TicketId; source: string }
  | ({ offer: "open" } & Start);

/** Undefined if it is not ours. */
export function readOffer(customId: string): Offered | undefined {
  const [what, first, second, third, fourth] = customId.split(":");
  if (what === carryId && first && second) return { offer: "carry", ticket: first, source: second };
  if (what !== openId) return undefined;
  return {
    offer: "open",
    ...(first && { source: first }),
    ...(second && { category: second }),
    ...(third && { to: third }),
    ...(fourth === withFiles && { hasFiles: true }),
  };
}

/** Whether it was offered to them what to do with their words. */
export const isOfferTo = (user: string, { customIds }: PressedMessage): boolean =>
  customIds.some((customId) => {
    const offered = readOffer(customId);
    return offered?.offer === "open" && offered.to === user;
  });
