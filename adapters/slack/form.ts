/** The ticket form as a modal, and what someone has put into it. */
import type { types } from "@slack/bolt";
import { z } from "zod";
import type { OfferedFile } from "../../src/desk/chat.ts";
import { oneLine, shortened } from "../../src/desk/shortened.ts";
import { split } from "../../src/desk/split.ts";
import { typedText } from "../../src/desk/text.ts";
import { plainText } from "../../src/desk/text-plain.ts";
import { inDigits } from "../../src/desk/words.ts";
import type { Problem } from "../../src/tickets/errors.ts";
import { type FormField, ticketForm } from "../../src/tickets/form.ts";
import { parse } from "../../src/tickets/problems.ts";
import { type NewTicket, newTicketSchema, type Priority } from "../../src/tickets/ticket.ts";
import { type ErrorsAnswer, option, plain } from "./block-kit.ts";
import { limits } from "./limits.ts";

/** The modal's `callback_id`. */
export const ticketFormId = "ticket_form";

/** A field's block is called by its name; the one element in it, by this. */
const actionId = "value";

export interface TicketModal {
  view: types.ModalView;
  /** The end of the description, where it is too long for any ticket; the modal says so. */
  rest: string;
}

/**
 * The form, with what is known already in its fields. A description longer than one input takes
 * goes on in further ones, each to be seen and changed; a title longer than a title may be is cut,
 * and stands whole at the beginning of the description. `metadata` is given back in the
 * submission's `private_metadata`, as JSON.
 */
export function ticketModal(given: {
  title?: string;
  description?: string;
  notice?: string;
  metadata: object;
}): TicketModal {
  const { start, rest } = startOf(given.title ?? "", given.description ?? "");
  const notices = [given.notice ?? "", rest === "" ? "" : leftOut(rest)];
  const view: types.ModalView = {
    type: "modal",
    callback_id: ticketFormId,
    title: plain("New ticket"),
    submit: plain("Open ticket"),
    close: plain("Cancel"),
    private_metadata: privateMetadata(given.metadata),
    blocks: [
      ...notices.flatMap((notice) => (notice === "" ? [] : [noticeBlock(notice)])),
      ...ticketForm.flatMap((field) => blocksOf(field, start[field.name])),
    ],
  };
  return { view, rest };
}

const noticeBlock = (notice: string): types.SectionBlock => ({
  type: "section",
  text: plain(shortened(notice, limits.sectionText)),
});

const leftOut = (rest: string) =>
  `This is longer than a ticket's description may be: its last ${inDigits(rest.length)} characters are not in this form. You can write them as a reply once the ticket is open.`;

function privateMetadata(metadata: object): string {
  const json = JSON.stringify(metadata);
  if (json.length <= limits.privateMetadata) return json;
  throw Object.assign(
    new RangeError(
      `A form was to carry ${json.length} characters of metadata, but Slack takes ${limits.privateMetadata}: it was not opened. Let it carry references, not texts.`,
    ),
    { code: "METADATA_TOO_LONG" },
  );
}

const fieldCalled = (name: string) => ticketForm.find((field) => field.name === name);

const mostOf = (name: string) => fieldCalled(name)?.maxLength ?? limits.plainTextInput;

/** What stands in the fields at first, a text in the parts of which each fits an input. */
function startOf(title: string, description: string): { start: Start; rest: string } {
  const line = oneLine(title);
  const short = shortened(line, mostOf("title"));
  const whole = short === line ? description : `${line}\n\n${description}`;
  const most = mostOf("description");
  const [head = "", ...beyond] = cut(whole.trim(), (part) => [...part].length <= most);
  const parts = cut(head, (part) => part.length <= limits.plainTextInput);
  return { start: { title: [short], description: parts }, rest: beyond.join("") };
}

type Start = Readonly<Record<string, readonly string[]>>;

/** Cut between paragraphs, lines or words; the white space at a cut ends the part before it. */
const cut = (text: string, fits: (part: string) => boolean): string[] =>
  split(typedText(text), (part) => fits(plainText(part).trim())).map(plainText);

/** What most tickets are; the category is for people to choose. */
const usual: Readonly<Record<string, string>> = { priority: "medium" satisfies Priority };

function blocksOf(field: FormField, start: readonly string[] = []): types.InputBlock[] {
  const [first = "", ...more] = start;
  return [
    inputBlock(field, field.name, { element: elementOf(field, first), ...hintFor(field) }),
    ...more.map((text, index) => {
      const label = `${field.label}, continued`;
      const id = continuationId(field.name, index, start[index] ?? "");
      const continued = { ...field, label, required: false };
      return inputBlock(continued, id, { element: elementOf(field, text) });
    }),
  ];
}

const inputBlock = (
  { label, required }: FormField,
  block_id: string,
  more: Pick<types.InputBlock, "element" | "hint">,
): types.InputBlock => ({
  type: "input",
  block_id,
  label: plain(label),
  optional: !required,
  ...more,
});

function elementOf(field: FormField, start: string): types.InputBlockElement {
  const action_id = actionId;
  switch (field.kind) {
    case "line":
      return textInput(field.maxLength, start, false);
    case "text":
      return textInput(field.maxLength, start.trimEnd(), true);
    case "tags":
      return textInput(
        (field.maxItems ?? 1) * ((field.maxLength ?? 0) + ", ".length),
        start,
        false,
      );
    case "choice": {
      const options = (field.options ?? []).map(({ label, value }) => option(label, value));
      const initial = options.find(({ value }) => value === usual[field.name]);
      return {
        type: "static_select",
        action_id,
        options,
        ...(initial && { initial_option: initial }),
      };
    }
    case "files":
      return { type: "file_input", action_id, max_files: mostFiles(field) };
  }
}

function textInput(
  maxLength: number | undefined,
  start: string,
  multiline: boolean,
): types.PlainTextInput {
  return {
    type: "plain_text_input",
    action_id: actionId,
    multiline,
    max_length: Math.min(maxLength ?? limits.plainTextInput, limits.plainTextInput),
    ...(start === "" ? {} : { initial_value: start }),
  };
}

const mostFiles = ({ maxItems = 1 }: FormField) => Math.min(maxItems, limits.fileInputFiles);

function hintFor(field: FormField): { hint?: types.PlainTextElement } {
  const { kind, maxLength = 0, maxItems = 0 } = field;
  if (kind === "tags")
    return {
      hint: plain(
        `Separated by commas: up to ${maxItems}, each of up to ${inDigits(maxLength)} characters`,
      ),
    };
  if (kind === "files") return { hint: plain(`Up to ${mostFiles(field)} files`) };
  if (kind !== "text" || maxLength <= limits.plainTextInput) return {};
  const here = inDigits(limits.plainTextInput);
  return {
    hint: plain(`Up to ${here} characters here. Anything longer can be written as a reply`),
  };
}

/** White space at a cut is kept in the block's id, where neither people nor Slack can trim it. */
const continuationId = (field: string, index: number, before: string) =>
  `${field}:${index}:${encodeURIComponent(/\s*$/.exec(before)?.[0].slice(0, mostKept) ?? "")}`;

/** Of white space, in characters: as much as an id can hold, at nine characters for each. */
const mostKept = 20;

const said = z.string().min(1);

const fileSchema = z.object({
  id: said,
  name: said.catch("file"),
  size: z.int().min(0).catch(0),
  mimetype: said.catch("application/octet-stream"),
});

const slotSchema = z.object({
  value: z.string().nullish(),
  selected_option: z.object({ value: z.string() }).nullish(),
  files: z.array(fileSchema).nullish(),
});

const submittedSchema = z.object({
  state: z.object({ values: z.record(z.string(), z.record(z.string(), slotSchema)) }),
});

type Values = z.infer<typeof submittedSchema>["state"]["values"];

export type Submission =
  | { form: Omit<NewTicket, "attachments">; files: OfferedFile[] }
  /** By block id. */
  | { errors: Record<string, string> };

/** What was submitted; throws zod's error when `view` is no submission of the form. */
export function readSubmission(view: unknown): Submission {
  const { values } = submittedSchema.parse(view).state;
  const written = ticketForm.filter(({ kind }) => kind !== "files");
  const parsed = parse(
    newTicketSchema,
    Object.fromEntries(written.map((field) => [field.name, filledIn(field, values)])),
  );
  if ("problems" in parsed) return { errors: errorsAt(parsed.problems, values) };
  const { attachments, ...form } = parsed.value;
  return { form, files: filesIn(values) };
}

const slotOf = (values: Values, block: string) => values[block]?.[actionId];

function filledIn(field: FormField, values: Values): string | string[] | undefined {
  switch (field.kind) {
    case "choice":
      return slotOf(values, field.name)?.selected_option?.value;
    case "tags":
      return (slotOf(values, field.name)?.value ?? "")
        .split(/[,，、]/)
        .map((tag) => tag.trim())
        .filter((tag) => tag !== "");
    default:
      return wholeText(field.name, values);
  }
}

/** A text and what it goes on with, in order. */
function wholeText(field: string, values: Values): string {
  let whole = slotOf(values, field)?.value ?? "";
  for (let index = 0; ; index += 1) {
    const start = `${field}:${index}:`;
    const block = Object.keys(values).find((id) => id.startsWith(start));
    if (block === undefined) return whole;
    const text = slotOf(values, block)?.value ?? "";
    const between = whole === "" || text === "" ? "" : block.slice(start.length);
    whole += decodeURIComponent(between) + text;
  }
}

const filesIn = (values: Values): OfferedFile[] =>
  ticketForm
    .filter(({ kind }) => kind === "files")
    .flatMap(({ name }) => slotOf(values, name)?.files ?? [])
    .map(({ id, name, size, mimetype }) => ({ file: id, name, sizeBytes: size, type: mimetype }));

const firstBlock = ticketForm[0]?.name ?? "";

/** What stands at no field that is in the modal is told at the first. */
function errorsAt(problems: readonly Problem[], values: Values): Record<string, string> {
  const errors: Record<string, string> = {};
  for (const { field, error } of problems) {
    const place = Object.hasOwn(values, field) ? field : firstBlock;
    errors[place] ??= error;
  }
  return errors;
}

/** What kept a form that was filled well from becoming a ticket, said at its first field. */
export const formError = (sentence: string): ErrorsAnswer => ({
  response_action: "errors",
  errors: { [firstBlock]: sentence },
});
