/** The message at the top of a ticket's thread, and what is pressed on it. */
import type { types } from "@slack/bolt";
import { z } from "zod";
import {
  buttonWords,
  cardButtons,
  closedForGood,
  factsOf,
  tryAgainWords,
  undeliveredWords,
} from "../../src/desk/card-words.ts";
import type { TicketCard } from "../../src/desk/chat.ts";
import type { Press } from "../../src/desk/pressing.ts";
import { oneLine, shortened } from "../../src/desk/shortened.ts";
import { allDeliveries } from "../../src/desk/try-again.ts";
import { signedPriority, signedStatus, statusSigns, statusWords } from "../../src/desk/words.ts";
import {
  type Priority,
  priorities,
  type Status,
  statuses,
  type TicketId,
} from "../../src/tickets/ticket.ts";
import {
  block,
  bold,
  button,
  inJson,
  marked,
  moment,
  option,
  paragraph,
  plain,
  quote,
  type Said,
  say,
  typedWithin,
} from "./block-kit.ts";
import { limits } from "./limits.ts";
import { mrkdwn } from "./text-write.ts";

/** Of the description, in characters: the whole of it is in the thread. */
const mostOfDescription = 600;
/** As much as the dialog takes; longer ones come from elsewhere. */
const mostOfResolution = 3_000;

/** How a ticket stands; on the agents' side, with buttons for what can be done. */
export function renderCard(card: TicketCard): Said {
  const { title, status, description = "", resolution } = card;
  const whole = oneLine(title);
  const sign = `${statusSigns[status]} `;
  const heading = shortened(whole, limits.headerText - sign.length);
  const blocks: types.KnownBlock[] = [
    { type: "header", text: plain(sign + heading) },
    ...(heading === whole ? [] : [block(paragraph(bold(whole)))]),
    { type: "section", fields: fieldsOf(card) },
    ...(description === "" ? [] : [block(quote(shortened(description, mostOfDescription)))]),
    ...(resolution === null
      ? []
      : [block(paragraph(bold("Resolution")), quote(shortened(resolution, mostOfResolution)))]),
    contextOf(card),
    ...undeliveredOf(card),
    ...actionsOf(card),
  ];
  return { text: summaryOf(card), blocks };
}

/** Long enough for any title but one that is hardly more than formatting characters. */
const mostOfSummary = 1_000;

function summaryOf({ reference, title, status, priority }: TicketCard): string {
  const words = `${statusWords[status].toLowerCase()}, ${priority}`;
  return `${reference} · ${typedWithin(oneLine(title), mostOfSummary)} (${words})`;
}

const fieldsOf = (card: TicketCard): types.MrkdwnElement[] =>
  factsOf(card).map(([label, value]) =>
    marked(`*${label}*\n${typedWithin(oneLine(value), mostOfField)}`),
  );

const mostOfField = limits.sectionFieldText - 100;

function contextOf({ tags, createdAt }: TicketCard): types.ContextBlock {
  const opened = marked(mrkdwn(paragraph(say("Opened "), moment(createdAt))));
  const shown = shortened(`Tags: ${tags.map(oneLine).join(", ")}`, limits.sectionText);
  return { type: "context", elements: tags.length === 0 ? [opened] : [plain(shown), opened] };
}

function undeliveredOf(card: TicketCard): types.SectionBlock[] {
  const words = undeliveredWords(card);
  if (words === undefined) return [];
  const value = JSON.stringify({ id: card.id, delivery: allDeliveries });
  const accessory = button({ action_id: "retry", value, text: tryAgainWords });
  return [{ type: "section", text: plain(words), accessory }];
}

function actionsOf(card: TicketCard): types.ActionsBlock[] {
  const elements = order.filter((each) => card.offers.includes(each)).flatMap(elementFor(card));
  return elements.length === 0 ? [] : [{ type: "actions", block_id: blockIdOf(card), elements }];
}

/** From left to right. */
const order = [...cardButtons, "status", "priority"] as const;

const elementFor =
  (card: TicketCard) =>
  (offer: (typeof order)[number]): types.ActionsBlockElement[] => {
    if (offer === "status") return statusMenu(card);
    if (offer === "priority") return [priorityMenu(card)];
    const press = { action_id: offer, value: card.id, text: buttonWords[offer] };
    return [button({ ...press, ...(offer === "claim" && { style: "primary" }) })];
  };

/** To be resolved, a ticket needs a resolution, which the dialog asks for. */
function statusMenu({ moves }: TicketCard): types.StaticSelect[] {
  const options = moves.filter((status) => status !== "resolved").map(statusOption);
  if (options.length === 0) return [];
  return [{ type: "static_select", action_id: "status", placeholder: plain("Status"), options }];
}

const statusOption = (status: Status): types.PlainTextOption => ({
  ...option(signedStatus(status), status),
  ...(status === "closed" && { description: plain(closedForGood) }),
});

const priorityOption = (priority: Priority) => option(signedPriority(priority), priority);

const priorityMenu = ({ priority }: TicketCard): types.StaticSelect => ({
  type: "static_select",
  action_id: "priority",
  placeholder: plain("Priority"),
  options: priorities.map(priorityOption),
  initial_option: priorityOption(priority),
});

/**
 * Names the ticket, since menus have no value of their own; and how it stands, since a menu shows
 * what was last chosen, whatever an update says, for as long as its block has the same id:
 * https://github.com/slackapi/java-slack-sdk/issues/762
 */
const blockIdOf = ({ id, status, priority }: TicketCard) => `ticket:${status}.${priority}:${id}`;

const ticketIn = (blockId: string): TicketId | undefined =>
  /^ticket:[^:]*:(?<id>.+)$/s.exec(blockId)?.groups?.id;

/** What someone pressed or chose on a card, or on the notice of a failed delivery. */
const chosen = <T extends z.ZodType>(value: T) => ({ selected_option: z.object({ value }) });

const pressSchema = z.discriminatedUnion("action_id", [
  z.object({
    action_id: z.enum(cardButtons),
    value: z.string().min(1),
  }),
  z.object({ action_id: z.literal("status"), block_id: z.string(), ...chosen(z.enum(statuses)) }),
  z.object({
    action_id: z.literal("priority"),
    block_id: z.string(),
    ...chosen(z.enum(priorities)),
  }),
  z.object({
    action_id: z.literal("retry"),
    value: inJson(z.object({ id: z.string().min(1), delivery: z.string().min(1) })),
  }),
]);

type Pressed = z.infer<typeof pressSchema>;

/** Reads one of the `actions` of a `block_actions` payload; undefined if it is not ours. */
export function readAction(action: unknown): Press | undefined {
  const { data } = pressSchema.safeParse(action);
  if (!data) return undefined;
  switch (data.action_id) {
    case "retry":
      return { ticket: data.value.id, press: "retry", value: data.value.delivery };
    case "status":
    case "priority":
      return choiceOf(data);
    default:
      return { ticket: data.value, press: data.action_id };
  }
}

function choiceOf(data: Extract<Pressed, { block_id: string }>): Press | undefined {
  const ticket = ticketIn(data.block_id);
  if (ticket === undefined) return undefined;
  return data.action_id === "status"
    ? { ticket, press: "status", value: data.selected_option.value }
    : { ticket, press: "priority", value: data.selected_option.value };
}
