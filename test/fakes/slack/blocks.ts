import { z } from "zod";
import { isRecord, type Json, record, records, string } from "../json.ts";
import {
  actionsElement,
  anyText,
  image,
  inputElement,
  plain,
  sectionAccessory,
} from "./block-elements.ts";
import { limits } from "./limits.ts";

/** https://docs.slack.dev/reference/block-kit/blocks: the kinds that Deskhand could want. */

const block = <T extends string>(type: T) => ({
  type: z.literal(type),
  block_id: z.string().min(1).max(limits.blockId).optional(),
});

const contextText = z.discriminatedUnion("type", [...anyText(3_000).options, image]);

const everywhere = [
  z
    .strictObject({
      ...block("section"),
      text: anyText(limits.sectionText).optional(),
      fields: z.array(anyText(limits.sectionField)).min(1).max(limits.sectionFields).optional(),
      accessory: sectionAccessory.optional(),
      expand: z.boolean().optional(),
    })
    .refine(({ text, fields }) => text ?? fields, "must define either `fields` or `text`"),
  z.strictObject({ ...block("header"), text: plain(limits.headerText) }),
  z.strictObject({ ...block("divider") }),
  z.strictObject({
    ...block("context"),
    elements: z.array(contextText).min(1).max(limits.contextElements),
  }),
  z.strictObject({
    ...block("actions"),
    elements: z.array(actionsElement).min(1).max(limits.actionsElements),
  }),
  z.strictObject({
    ...block("image"),
    image_url: z.string().min(1).max(3_000).optional(),
    slack_file: z.looseObject({}).optional(),
    alt_text: z.string().min(1).max(2_000),
    title: plain(2_000).optional(),
  }),
  z.strictObject({
    ...block("input"),
    label: plain(limits.inputLabel),
    element: inputElement,
    hint: plain(limits.inputHint).optional(),
    optional: z.boolean().optional(),
    dispatch_action: z.boolean().optional(),
  }),
  z.strictObject({ ...block("rich_text"), elements: z.array(z.looseObject({})) }),
  z.looseObject({ ...block("video") }),
] as const;

const inMessages = [
  z.strictObject({ ...block("markdown"), text: z.string().min(1).max(limits.markdownText) }),
  z.strictObject({ ...block("file"), external_id: z.string(), source: z.string() }),
  z.looseObject({ ...block("table") }),
] as const;

const messageBlocks = z
  .array(z.discriminatedUnion("type", [...everywhere, ...inMessages]))
  .max(limits.messageBlocks);
export const viewBlocks = z.array(z.discriminatedUnion("type", everywhere)).max(limits.viewBlocks);

/** What Slack finds wrong in a message's blocks, in its words; nothing when they are good. */
export function wrongInMessage(blocks: unknown): string[] {
  const shape = messageBlocks.safeParse(blocks, { reportInput: true });
  const wrong = shape.success ? [] : shape.error.issues.map((issue) => inWords(issue, "/blocks"));
  return [...wrong, ...wrongIds(blocks, "/blocks"), ...filesInMessage(blocks)];
}

const filesInMessage = (blocks: unknown) =>
  records(blocks).flatMap((each, place) =>
    record(each.element).type === "file_input"
      ? [`unsupported type: file_input [json-pointer:/blocks/${place}/element]`]
      : [],
  );

/** Ids that are there twice, and first choices that are not among the options. */
export function wrongIds(blocks: unknown, pointer: string): string[] {
  const seen = new Set<string>();
  return records(blocks).flatMap((each, place) => {
    const at = `${pointer}/${place}`;
    const id = string(each.block_id);
    const twice = id !== "" && seen.has(id);
    seen.add(id);
    return [
      ...(twice ? [`\`block_id\` "${id}" already exists [json-pointer:${at}/block_id]`] : []),
      ...wrongActions(each, at),
      ...elementsOf(each).flatMap((element) => wrongStart(element, at)),
    ];
  });
}

function wrongActions(block: Json, at: string): string[] {
  const names = elementsOf(block).map(({ action_id }) => string(action_id));
  return names
    .filter((name, place) => name !== "" && names.indexOf(name) !== place)
    .map((name) => `\`action_id\` "${name}" already exists for block_id [json-pointer:${at}]`);
}

function wrongStart(element: Json, at: string): string[] {
  const { initial_option, initial_value, max_length } = element;
  const known = optionsOf(element).map(({ value }) => value);
  const unknown =
    element.type !== "external_select" &&
    isRecord(initial_option) &&
    !known.includes(initial_option.value);
  const long = typeof max_length === "number" && string(initial_value).length > max_length;
  return [
    ...(unknown ? [`initial_option was not found in options [json-pointer:${at}]`] : []),
    ...(long ? [`initial_value is longer than max_length [json-pointer:${at}]`] : []),
  ];
}

/** The interactive parts of a block. */
export const elementsOf = (block: Json): Json[] =>
  [...records(block.elements), record(block.accessory), record(block.element)].filter(
    ({ type }) => type !== undefined,
  );

export const optionsOf = (element: Json): Json[] => [
  ...records(element.options),
  ...records(element.option_groups).flatMap(({ options }) => records(options)),
];

/** Slack names every block and every interactive element that came without a name. */
export const named = (blocks: Json[], newId: () => string): Json[] =>
  blocks.map((each) => ({
    ...each,
    block_id: each.block_id ?? newId(),
    ...(each.elements ? { elements: nameEach(each.elements, newId) } : {}),
    ...(isRecord(each.accessory) ? { accessory: withName(each.accessory, newId) } : {}),
    ...(isRecord(each.element) ? { element: withName(each.element, newId) } : {}),
  }));

const nameEach = (elements: unknown, newId: () => string) =>
  records(elements).map((each) => withName(each, newId));

const nameless = new Set(["plain_text", "mrkdwn", "image", "text", "link", "emoji", "user"]);

const withName = (element: Json, newId: () => string): Json =>
  nameless.has(string(element.type)) || string(element.type).startsWith("rich_text")
    ? element
    : { ...element, action_id: element.action_id ?? newId() };

type Issue = z.core.$ZodIssue;

/** As in https://github.com/rtCamp/frappe-slack-connector/issues/54 and others like it. */
export function inWords(issue: Issue, pointer: string): string {
  const at = `[json-pointer:${[pointer, ...issue.path.map(String)].join("/")}]`;
  return `${what(issue)} ${at}`;
}

function what(issue: Issue): string {
  switch (issue.code) {
    case "too_big":
      return issue.origin === "string"
        ? `must be less than ${Number(issue.maximum) + 1} characters`
        : `no more than ${issue.maximum} items allowed`;
    case "too_small":
      return issue.origin === "string"
        ? `must be more than ${Number(issue.minimum) - 1} characters`
        : `no less than ${issue.minimum} items allowed`;
    case "unrecognized_keys":
      return `invalid additional property: ${issue.keys.join(", ")}`;
    case "invalid_union":
      return `unsupported type: ${String(record(issue.input).type ?? "unknown")}`;
    case "invalid_type":
      return issue.input === undefined
        ? "missing required field"
        : `must provide ${article(issue.expected)}`;
    default:
      return issue.message;
  }
}

const article = (expected: string) => `${/^[aeiou]/.test(expected) ? "an" : "a"} ${expected}`;
