/** What messages and forms are made of. https://docs.discord.com/developers/components/reference */
import {
  type APIActionRowComponent,
  type APIButtonComponent,
  type APIButtonComponentWithCustomId,
  type APIButtonComponentWithURL,
  type APIComponentInLabel,
  type APIComponentInMessageActionRow,
  type APILabelComponent,
  type APITextInputComponent,
  ButtonStyle,
  ComponentType,
  TextInputStyle,
} from "discord.js";
import { beginning, shortened } from "../../src/desk/shortened.ts";
import { typedText } from "../../src/desk/text.ts";
import { plainText } from "../../src/desk/text-plain.ts";
import { limits } from "./limits.ts";
import { readMarkdown, writeMarkdown } from "./text.ts";

type Row = APIActionRowComponent<APIComponentInMessageActionRow>;

export const button = (
  label: string,
  customId: string,
  style: APIButtonComponentWithCustomId["style"] = ButtonStyle.Secondary,
): APIButtonComponentWithCustomId => ({
  type: ComponentType.Button,
  style,
  label: shortened(label, limits.buttonLabel),
  custom_id: within(customId),
});

export const linkButton = (label: string, url: string): APIButtonComponentWithURL => ({
  type: ComponentType.Button,
  style: ButtonStyle.Link,
  label: shortened(label, limits.buttonLabel),
  url,
});

/** As many to a row as it holds. */
export function rowsOf(buttons: readonly APIButtonComponent[]): Row[] {
  const rows: Row[] = [];
  for (let start = 0; start < buttons.length; start += limits.rowButtons) {
    const components = buttons.slice(start, start + limits.rowButtons);
    rows.push({ type: ComponentType.ActionRow, components });
  }
  return rows;
}

/** An input with its name above it, and a hint if there is one. */
export const labelled = (
  label: string,
  component: APIComponentInLabel,
  hint = "",
): APILabelComponent => ({
  type: ComponentType.Label,
  label: shortened(label, limits.label),
  ...(hint !== "" && { description: shortened(hint, limits.labelDescription) }),
  component,
});

export function textInput(given: {
  id: string;
  isLong: boolean;
  maxLength: number;
  value: string;
}): APITextInputComponent {
  const most = Math.min(given.maxLength, limits.textInput);
  return {
    type: ComponentType.TextInput,
    custom_id: given.id,
    style: given.isLong ? TextInputStyle.Paragraph : TextInputStyle.Short,
    required: true,
    max_length: most,
    ...(given.value !== "" && { value: shortened(given.value, most) }),
  };
}

/** A `custom_id` of several parts, the first of which says what it is for. */
export const customIdOf = (...parts: readonly string[]): string => within(parts.join(":"));

function within(customId: string): string {
  if (customId.length <= limits.customId) return customId;
  throw new RangeError(`A custom_id is at most ${limits.customId} characters long: ${customId}`);
}

/** Typed text as Markdown that shows just that. */
export const typed = (text: string): string => writeMarkdown(typedText(text));

/** The same, of at most this length: shortened, if need be. */
export function typedWithin(text: string, mostCharacters: number): string {
  const whole = typed(text);
  if (whole.length <= mostCharacters) return whole;
  return `${typed(beginning(text, (part) => typed(part).length < mostCharacters))}…`;
}

/** The text that such Markdown shows. */
export const untyped = (markdown: string): string =>
  plainText(readMarkdown(markdown, { names: noNames })).trim();

const noOne = () => undefined;
const noNames = { person: noOne, role: noOne, channel: noOne };
