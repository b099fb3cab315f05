/** The message at the top of a ticket's thread, and what is pressed on it. */
import {
  type APIButtonComponentWithCustomId,
  type APIEmbedField,
  type APISelectMenuOption,
  type APIStringSelectComponent,
  ButtonStyle,
  ComponentType,
} from "discord.js";
import { z } from "zod";
import {
  buttonWords,
  type CardButton,
  cardButtons,
  closedForGood,
  factsOf,
  tryAgainWords,
  undeliveredWords,
} from "../../src/desk/card-words.ts";
import type { TicketCard } from "../../src/desk/chat.ts";
import type { Press } from "../../src/desk/pressing.ts";
import { beginning, oneLine, shortened } from "../../src/desk/shortened.ts";
import type { RichText, Run } from "../../src/desk/text.ts";
import { allDeliveries } from "../../src/desk/try-again.ts";
import { signedPriority, signedStatus, statusSigns } from "../../src/desk/words.ts";
import { priorities, type Status, statuses, type TicketId } from "../../src/tickets/ticket.ts";
import { button, customIdOf, rowsOf, typedWithin } from "./components.ts";
import { limits } from "./limits.ts";
import type { WrittenMessage } from "./messages.ts";
import { writeMarkdown } from "./text.ts";

/**
 * As written, in characters: together with the title they stay below what all of an embed may have.
 * The whole of the description is in the thread.
 */
const mostOf = { description: 1_000, resolution: 2_400, field: 150, tags: 400 } as const;

const colors: Readonly<Record<Status, number>> = {
  open: 0x3498db,
  in_progress: 0xe67e22,
  pending: 0xf1c40f,
  resolved: 0x2ecc71,
  closed: 0x95a5a6,
};

/** How a ticket stands; on the agents' side, with buttons for what can be done. */
export function renderCard(card: TicketCard): WrittenMessage {
  const { title, status, description = "", resolution, tags, createdAt } = card;
  const undelivered = undeliveredWords(card);
  const texts = [
    ...(description === "" ? [] : quote(description, mostOf.description)),
    ...(resolution === null
      ? []
      : [paragraph(bold("Resolution")), ...quote(resolution, mostOf.resolution)]),
    paragraph(say("Opened "), relative(createdAt)),
    ...(undelivered === undefined ? [] : [paragraph(say(undelivered))]),
  ];
  const shownTags = shortened(`Tags: ${tags.map(oneLine).join(", ")}`, mostOf.tags);
  return {
    embed: {
      title: titleOf(`${statusSigns[status]} `, oneLine(title)),
      description: writeMarkdown(texts),
      color: colors[status],
      fields: fieldsOf(card),
      ...(tags.length > 0 && { footer: { text: shownTags } }),
    },
    components: componentsOf(card),
  };
}

/** Titles are Markdown. */
const titleOf = (sign: string, title: string): string =>
  sign + typedWithin(title, limits.embedTitle - sign.length);

const fieldsOf = (card: TicketCard): APIEmbedField[] =>
  factsOf(card).map(([name, value]) => ({
    name,
    value: typedWithin(oneLine(value), mostOf.field) || "–",
    inline: true,
  }));

const say = (text: string): Run => ({ type: "text", text });
const bold = (text: string): Run => ({ type: "text", text, marks: ["bold"] });
const paragraph = (...content: Run[]): RichText[number] => ({ type: "paragraph", content });

const relative = (at: string): Run => ({
  type: "date",
  at: Math.floor(Date.parse(at) / 1_000),
  style: "relative",
});

function quote(text: string, mostCharacters: number): RichText {
  const quoted = (part: string): RichText => [{ ...paragraph(say(part)), quote: 1 }];
  const fits = (part: string) => writeMarkdown(quoted(part)).length < mostCharacters;
  return quoted(fits(text) ? text : `${beginning(text, fits)}…`);
}

function componentsOf(card: TicketCard): WrittenMessage["components"] {
  const offered = cardButtons.filter((each) => card.offers.includes(each));
  const buttons = [...offered.map((offer) => buttonFor(offer, card.id)), ...retryButton(card)];
  return [...rowsOf(buttons), ...menusOf(card)];
}

const retryButton = ({ id, undelivered }: TicketCard): APIButtonComponentWithCustomId[] =>
  undelivered === 0 ? [] : [button(tryAgainWords, customIdOf("retry", allDeliveries, id))];

const buttonFor = (offer: CardButton, id: TicketId): APIButtonComponentWithCustomId =>
  button(
    buttonWords[offer],
    customIdOf("card", offer, id),
    offer === "claim" ? ButtonStyle.Primary : ButtonStyle.Secondary,
  );

function menusOf(card: TicketCard): WrittenMessage["components"] {
  const menus = [
    ...(card.offers.includes("status") ? statusMenu(card) : []),
    ...(card.offers.includes("priority") ? [priorityMenu(card)] : []),
  ];
  return menus.map((menu) => ({ type: ComponentType.ActionRow, components: [menu] }));
}

/** To be resolved, a ticket needs a resolution, which the dialog asks for. */
function statusMenu(card: TicketCard): APIStringSelectComponent[] {
  const options = card.moves.filter((status) => status !== "resolved").map(statusOption);
  return options.length === 0 ? [] : [menu("status", "Status", card, options)];
}

const statusOption = (status: Status): APISelectMenuOption => ({
  label: signedStatus(status),
  value: status,
  ...(status === "closed" && { description: closedForGood }),
});

const priorityMenu = (card: TicketCard): APIStringSelectComponent =>
  menu(
    "priority",
    "Priority",
    card,
    priorities.map((priority) => ({
      label: signedPriority(priority),
      value: priority,
      default: priority === card.priority,
    })),
  );

/**
 * Its id says how the ticket stands as well: where it stays the same, the client goes on showing what
 * was last chosen.
 */
const menu = (
  what: "status" | "priority",
  placeholder: string,
  { id, status, priority }: TicketCard,
  options: APISelectMenuOption[],
): APIStringSelectComponent => ({
  type: ComponentType.StringSelect,
  custom_id: customIdOf("card", what, `${status}.${priority}`, id),
  placeholder,
  options,
});

/** What someone pressed or chose on a card, or on the notice of a failed delivery. */
const pressSchema = z.enum(cardButtons);
const statusSchema = z.enum(statuses);
const prioritySchema = z.enum(priorities);

/** `values`: what was chosen in a menu. Undefined when it is not ours. */
export function readPress(customId: string, values: readonly string[]): Press | undefined {
  const retry = /^retry:(?<value>[^:]+):(?<ticket>.+)$/s.exec(customId)?.groups;
  if (retry?.ticket && retry.value)
    return { ticket: retry.ticket, press: "retry", value: retry.value };
  const [, what = "", rest = ""] = /^card:([a-z]+):(.+)$/s.exec(customId) ?? [];
  const pressed = pressSchema.safeParse(what);
  if (pressed.success) return { ticket: rest, press: pressed.data };
  const [, ticket] = /^[^:]*:(.+)$/s.exec(rest) ?? [];
  return ticket === undefined ? undefined : choiceOf(what, ticket, values[0]);
}

function choiceOf(what: string, ticket: TicketId, chosen: string | undefined): Press | undefined {
  if (what === "status") {
    const { data: value } = statusSchema.safeParse(chosen);
    return value && { ticket, press: "status", value };
  }
  const { data: value } = prioritySchema.safeParse(chosen);
  return what === "priority" && value ? { ticket, press: "priority", value } : undefined;
}
