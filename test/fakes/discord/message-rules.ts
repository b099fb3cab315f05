import { isRecord, type Json, record, records, string } from "../json.ts";
import type { Wrong } from "./errors.ts";
import { limits } from "./limits.ts";
import { messageFlag } from "./records.ts";
import { between, invalid, lengthOf, numberOr, required, twice } from "./rule-parts.ts";

/** What Discord refuses in a bot's message though its description of the API lets it through. */
export function wrongInMessage(body: Json, at = ""): Wrong[] {
  const place = (key: string) => (at === "" ? key : `${at}.${key}`);
  const modern = (numberOr(body.flags, 0) & messageFlag.componentsV2) !== 0;
  const components = records(body.components);
  return [
    ...lengthOf(body, "content", { at, most: limits.content }),
    ...wrongEmbeds(body.embeds, place("embeds")),
    ...(modern ? wrongModern(body, place) : wrongRows(components, place("components"))),
    ...twice(namedIn(components, place("components"))),
  ];
}

/** https://docs.discord.com/developers/resources/message#embed-object-embed-limits */
function wrongEmbeds(embeds: unknown, at: string): Wrong[] {
  const length = records(embeds).reduce((sum, each) => sum + textOf(each), 0);
  if (length <= limits.embedsText) return [];
  const message = `Embed size exceeds maximum size of ${limits.embedsText}`;
  return [{ at, code: "MAX_EMBED_SIZE_EXCEEDED", message }];
}

function textOf({ title, description, footer, author, fields }: Json): number {
  const texts = [title, description, record(footer).text, record(author).name];
  const inFields = records(fields).flatMap(({ name, value }) => [name, value]);
  return [...texts, ...inFields].reduce<number>((sum, text) => sum + string(text).length, 0);
}

/** https://docs.discord.com/developers/components/reference#component-reference: with that flag. */
function wrongModern(body: Json, place: (key: string) => string): Wrong[] {
  const filled = ["content", "embeds", "poll", "sticker_ids"].filter((key) =>
    Array.isArray(body[key]) ? body[key].length > 0 : body[key],
  );
  return filled.map((key) => ({
    at: place(key),
    code: "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
    message: `The '${key}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2`,
  }));
}

function wrongRows(rows: Json[], at: string): Wrong[] {
  const many = rows.length > limits.rows ? [between(at, 1, limits.rows)] : [];
  return [...many, ...rows.flatMap((row, place) => wrongRow(row, `${at}.${place}`))];
}

function wrongRow(row: Json, at: string): Wrong[] {
  const inside = records(row.components);
  if (row.type !== 1) return [invalid(`${at}.type`, "Value of field must be 1")];
  const selects = inside.filter(({ type }) => type !== 2);
  const most = selects.length > 0 ? 1 : limits.buttonsInRow;
  const count =
    inside.length < 1 || inside.length > most ? [between(`${at}.components`, 1, most)] : [];
  return [
    ...count,
    ...inside.flatMap((each, place) => wrongPart(each, `${at}.components.${place}`)),
  ];
}

const wrongPart = (part: Json, at: string): Wrong[] => [
  ...lengthOf(part, "custom_id", { at, most: limits.customId, least: 1 }),
  ...(part.type === 2 ? wrongButton(part, at) : wrongSelect(part, at)),
];

function wrongButton(button: Json, at: string): Wrong[] {
  const links = button.style === 5;
  const needed = links ? "url" : "custom_id";
  const other = links ? "custom_id" : "url";
  const bare = !string(button.label) && !isRecord(button.emoji);
  return [
    ...(string(button[needed]) ? [] : [required(`${at}.${needed}`)]),
    ...(button[other] === undefined
      ? []
      : [invalid(at, "A custom id and url cannot both be specified")]),
    ...(bare ? [invalid(at, "A button must have a label or an emoji")] : []),
    ...lengthOf(button, "label", { at, most: limits.buttonLabel }),
    ...lengthOf(button, "url", { at, most: limits.buttonUrl }),
  ];
}

/** Of messages and of modals alike. */
export function wrongSelect(select: Json, at: string): Wrong[] {
  const options = records(select.options);
  const counted = select.type === 3;
  const wrongCount = options.length < 1 || options.length > limits.options;
  const values = options.map(({ value }) => value);
  const starts = options.filter((each) => each.default === true).length;
  const most = numberOr(select.max_values, 1);
  return [
    ...(string(select.custom_id) ? [] : [required(`${at}.custom_id`)]),
    ...(counted && wrongCount ? [between(`${at}.options`, 1, limits.options)] : []),
    ...(new Set(values).size < values.length
      ? [invalid(`${at}.options`, "The specified option value is already used")]
      : []),
    ...(starts > most ? [invalid(`${at}.options`, "More default options than max_values")] : []),
    ...wrongRange(select, at, counted ? options.length : limits.options),
    ...lengthOf(select, "placeholder", { at, most: limits.selectPlaceholder }),
    ...options.flatMap((option, place) => wrongOption(option, `${at}.options.${place}`)),
  ];
}

function wrongRange({ min_values: min, max_values: max }: Json, at: string, most: number): Wrong[] {
  const highest = numberOr(max, 1);
  if (highest >= numberOr(min, 1) && highest <= Math.max(most, 1)) return [];
  return [invalid(`${at}.max_values`, "max_values is out of range")];
}

const wrongOption = (option: Json, at: string): Wrong[] => [
  ...lengthOf(option, "label", { at, most: limits.optionText, least: 1 }),
  ...lengthOf(option, "value", { at, most: limits.optionText, least: 1 }),
  ...lengthOf(option, "description", { at, most: limits.optionText }),
];

/** Everything that has a custom id, wherever it stands. */
export function namedIn(parts: Json[], at: string): { at: string; id: unknown }[] {
  return parts.flatMap((part, place) => {
    const here = `${at}.${place}`;
    const { component, accessory } = part;
    return [
      { at: here, id: part.custom_id },
      ...namedIn(records(part.components), `${here}.components`),
      ...(isRecord(component) ? [{ at: `${here}.component`, id: component.custom_id }] : []),
      ...(isRecord(accessory) ? [{ at: `${here}.accessory`, id: accessory.custom_id }] : []),
    ];
  });
}
