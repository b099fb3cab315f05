/** The ticket form as a modal, and what someone has put into it. */
import {
  type APIComponentInLabel,
  type APILabelComponent,
  type APIModalInteractionResponseCallbackData,
  type APISelectMenuOption,
  ComponentType,
} from "discord.js";
import type { OfferedFile } from "../../src/desk/chat.ts";
import { oneLine, shortened } from "../../src/desk/shortened.ts";
import type { Problem } from "../../src/tickets/errors.ts";
import { type FormField, ticketForm } from "../../src/tickets/form.ts";
import { parse } from "../../src/tickets/problems.ts";
import { type NewTicket, newTicketSchema, type Priority } from "../../src/tickets/ticket.ts";
import { labelled, textInput } from "./components.ts";
import type { OfType } from "./interactions.ts";
import { limits } from "./limits.ts";

/** What stands in the form, right or wrong. */
export interface Typed {
  title: string;
  description: string;
  priority?: string;
  category?: string;
  files: readonly OfferedFile[];
}

export interface FormStart {
  title?: string;
  description?: string;
  priority?: string;
  category?: string;
  /** To be said at fields, by their names. */
  hints?: Readonly<Partial<Record<FieldName, string>>>;
}

type FieldName = keyof NewTicket;

/**
 * The form, with what is known already in its fields. Five inputs are all that a modal holds: tags
 * are left out. A title that is too long is cut, and stands whole at the beginning of the
 * description.
 */
export function ticketModal(
  customId: string,
  start: FormStart,
): APIModalInteractionResponseCallbackData {
  const given = withinLimits(start);
  return {
    custom_id: customId,
    title: "New ticket",
    components: shownFields.flatMap((field) => inputFor(field, given)),
  };
}

const shownFields = ticketForm.filter(({ kind }) => kind !== "tags");

const mostOfTitle = ticketForm.find(({ name }) => name === "title")?.maxLength ?? limits.label;

const isCut = "Only the beginning fits in here. Please write the rest as a reply once it is open";

function withinLimits({ title = "", description = "", ...start }: FormStart): FormStart {
  const line = oneLine(title);
  const short = shortened(line, mostOfTitle);
  const whole = (short === line ? description : `${line}\n\n${description}`).trim();
  const fits = shortened(whole, limits.textInput);
  const hints = fits === whole ? start.hints : { description: isCut, ...start.hints };
  return { ...start, title: short, description: fits, ...(hints && { hints }) };
}

/** What most tickets are; the category is for people to choose. */
const usual: FormStart = { priority: "medium" satisfies Priority };

function inputFor(field: FormField, start: FormStart): APILabelComponent[] {
  const hint = Object.entries(start.hints ?? {}).find(([name]) => name === field.name)?.[1];
  const component = elementOf(field, start);
  return component ? [labelled(field.label, component, hint)] : [];
}

function elementOf(field: FormField, start: FormStart): APIComponentInLabel | undefined {
  const { name: id, kind, maxLength = limits.textInput, required } = field;
  const value = valueIn(start, id) ?? "";
  switch (kind) {
    case "line":
    case "text":
      return textInput({ id, isLong: kind === "text", maxLength, value });
    case "choice": {
      const chosen = value === "" ? valueIn(usual, id) : value;
      const options = (field.options ?? []).map((each) => optionFor(each, chosen));
      return { type: ComponentType.StringSelect, custom_id: id, options, required };
    }
    case "files": {
      const max_values = Math.min(field.maxItems ?? 1, limits.uploadFiles);
      const many = { min_values: 0, max_values, required: false };
      return { type: ComponentType.FileUpload, custom_id: id, ...many };
    }
    case "tags":
      return undefined;
  }
}

function valueIn(start: FormStart, name: string): string | undefined {
  const { title, description, priority, category } = start;
  return new Map(Object.entries({ title, description, priority, category })).get(name);
}

const optionFor = (
  { value, label }: { value: string; label: string },
  chosen: string | undefined,
): APISelectMenuOption => ({ value, label, ...(value === chosen && { default: true }) });

/** What was submitted; `kept` are the files that were added to it before. */
export function readTyped(
  { inputs, uploads }: Pick<OfType<"form">, "inputs" | "uploads">,
  kept: readonly OfferedFile[] = [],
): Typed {
  const one = (name: FieldName) => inputs[name]?.[0];
  const [priority, category] = [one("priority"), one("category")];
  return {
    title: (one("title") ?? "").trim(),
    description: (one("description") ?? "").trim(),
    ...(priority !== undefined && { priority }),
    ...(category !== undefined && { category }),
    files: [...kept, ...uploads],
  };
}

type Checked =
  | { form: Pick<NewTicket, "title" | "description" | "priority" | "category" | "tags"> }
  | { problems: readonly Problem[] };

export function check({ files, ...written }: Typed): Checked {
  const parsed = parse(newTicketSchema, written);
  const tooMany = files.length > mostFiles ? [tooManyFiles] : [];
  if ("problems" in parsed) return { problems: [...parsed.problems, ...tooMany] };
  if (tooMany.length > 0) return { problems: tooMany };
  const { attachments, ...form } = parsed.value;
  return { form };
}

/** Of those that were added before and those that are added now. */
export const mostFiles = ticketForm.find(({ kind }) => kind === "files")?.maxItems ?? 0;

const tooManyFiles: Problem = {
  field: "attachments",
  error: `At most ${mostFiles} files can be added`,
  message: "INVALID_ATTACHMENTS",
};

/** What a field is called; of one that the form does not have, nothing. */
export const labelOf = (field: string): string | undefined =>
  shownFields.find(({ name }) => name === field)?.label;

/** What a choice is called in the form, and what it is, by that. */
export const optionLabel = (field: FieldName, value: string | undefined): string | undefined =>
  optionsOf(field).find((each) => each.value === value)?.label;

export const optionValue = (field: FieldName, label: string | undefined): string | undefined =>
  optionsOf(field).find((each) => each.label === label)?.value;

const optionsOf = (field: FieldName) =>
  ticketForm.find(({ name }) => name === field)?.options ?? [];

/** For buttons: each category, and what it is called. */
export const categoryOptions: readonly { value: string; label: string }[] = optionsOf("category");
