/** What the bot says in direct messages and on its home tab, and the buttons of it. */
import type { types } from "@slack/bolt";
import { z } from "zod";
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
import type { RichText } from "../../src/desk/text.ts";
import { categoryWords, signedPriority, signedStatus } from "../../src/desk/words.ts";
import type { TicketId } from "../../src/tickets/ticket.ts";
import {
  block,
  bold,
  button,
  code,
  inJson,
  moment,
  paragraph,
  plain,
  quote,
  type Said,
  say,
  typedWithin,
} from "./block-kit.ts";
import { limits } from "./limits.ts";

const commands: readonly (readonly [command: string, does: string])[] = [
  ["/ticket", "opens the form for a new ticket"],
  ["/ticket printer on fire", "opens it with that as its title"],
  ["/ticket list", "lists your open tickets"],
  ["/ticket show T-4F7K2M", "shows how a ticket of yours stands"],
  ["/ticket help", "shows this"],
];

const hints = [
  "On any message, More actions → Open a ticket opens the form with that message in it.",
  "Each ticket has a thread here. What you write in it reaches the agents, and their answers come there.",
  "Commands do not work inside threads: that is Slack's rule.",
] as const;

export function helpMessage(): Said {
  const item = (...content: Parameters<typeof paragraph>): RichText => [
    { type: "item", depth: 0, content },
  ];
  return {
    text: "What you can do with /ticket",
    blocks: [
      { type: "header", text: plain("Support tickets") },
      block(
        commands.flatMap(([command, does]) => item(code(command), say(` ${does}`))),
        paragraph(say(`\n${hints.join("\n")}`)),
      ),
      openActions,
    ],
  };
}

/** Someone's open tickets, newest first. */
export function listMessage(tickets: readonly TicketLine[]): Said {
  const heading = listHeading(tickets);
  return {
    text: heading,
    blocks: [
      { type: "section", text: plain(heading) },
      ...linesOf(tickets),
      ...(tickets.length === 0 ? [openActions] : []),
    ],
  };
}

function linesOf(tickets: readonly TicketLine[]): types.KnownBlock[] {
  const shown = tickets.slice(0, mostListed).map((ticket) => block(lineOf(ticket)));
  return [...shown, ...small(moreListed(tickets))];
}

const lineOf = ({ reference, title, status, priority, category, createdAt }: TicketLine) =>
  paragraph(
    bold(reference),
    say(` ${oneLine(title)}\n`),
    say(`${signedStatus(status)} · ${signedPriority(priority)} · ${categoryWords(category)} · `),
    moment(createdAt),
  );

const small = (words: string | undefined): types.ContextBlock[] =>
  words === undefined ? [] : [{ type: "context", elements: [plain(words)] }];

/** The answer to `/ticket show` for what is not there, or is someone else's: no one can tell which. */
export function noSuchTicket(reference: string): Said {
  const asked = shortened(oneLine(reference), 40);
  const said = noTicketWords(asked, "/ticket list");
  return {
    text: typedWithin(said, limits.sectionText),
    blocks: [{ type: "section", text: plain(said) }],
  };
}

/** What `source`, a reference to the message that holds the words, may be long. */
const mostOfSource = 100;

/**
 * The answer to words that were written to the bot outside of any ticket's thread: whoever wrote
 * them says where they belong. `source` names their message, in at most 100 characters, and is
 * given back when a button is pressed.
 */
export function offer(given: {
  words: string;
  tickets: readonly TicketLine[];
  source: string;
  /** Why they could not be taken where they were written. */
  because?: string;
}): Said {
  const { words, tickets, source, because } = given;
  if (source.length > mostOfSource)
    throw new RangeError(
      `A source is at most ${mostOfSource} characters long, not ${source.length}`,
    );
  const text = because ?? offerWords.notSentYet;
  const quoted = shortened(words.trim(), mostQuoted);
  return {
    text,
    blocks: [
      { type: "section", text: plain(text) },
      ...(quoted === "" ? [] : [block(quote(quoted))]),
      ...tickets.slice(0, mostOffered).map((ticket) => carryActions(ticket, source)),
      { type: "actions", elements: [openButton(offerWords.openNew, withWords(source, words))] },
      ...small(moreOffered(tickets)),
    ],
  };
}

const mostQuoted = 300;

/** A block of its own for each, for in one block no two elements may have the same action id. */
const carryActions = (ticket: TicketLine, source: string): types.ActionsBlock => ({
  type: "actions",
  elements: [
    button({
      action_id: "carry",
      text: shortened(addTo(ticket), limits.buttonText),
      value: JSON.stringify({ ticket: ticket.id, source }),
    }),
  ],
});

interface Start {
  source?: string;
  words?: string;
}

/** With the words if a button can carry them; without, they are still where the source is. */
function withWords(source: string, words: string): Start {
  const whole = { source, words };
  return JSON.stringify(whole).length <= limits.buttonValue ? whole : { source };
}

const openButton = (text: string, start: Start) =>
  button({ action_id: "open_form", text, style: "primary", value: JSON.stringify(start) });

const openActions: types.ActionsBlock = {
  type: "actions",
  elements: [openButton(offerWords.open, {})],
};

/** What was pressed; without a source, it is a new ticket from nothing. */
export type Offered =
  | { offer: "carry"; ticket: TicketId; source: string }
  | ({ offer: "open_form" } & Start);

const offeredSchema = z.discriminatedUnion("action_id", [
  z.object({
    action_id: z.literal("carry"),
    value: inJson(z.object({ ticket: z.string().min(1), source: z.string() })),
  }),
  z.object({
    action_id: z.literal("open_form"),
    value: inJson(
      z.object({ source: z.string().exactOptional(), words: z.string().exactOptional() }),
    ),
  }),
]);

/** Reads one of the `actions` of a `block_actions` payload; undefined if it is not ours. */
export function readOffer(action: unknown): Offered | undefined {
  const { data } = offeredSchema.safeParse(action);
  switch (data?.action_id) {
    case "carry":
      return { offer: "carry", ...data.value };
    case "open_form":
      return { offer: "open_form", ...data.value };
    case undefined:
      return undefined;
  }
}

/** The bot's home tab: someone's open tickets, newest first. */
export function homeView(tickets: readonly TicketLine[]): types.HomeView {
  return {
    type: "home",
    blocks: [
      { type: "header", text: plain("Your tickets") },
      openActions,
      { type: "section", text: plain(listHeading(tickets)) },
      ...linesOf(tickets),
      {
        type: "context",
        elements: [plain("In the Messages tab, /ticket help shows all you can do")],
      },
    ],
  };
}
