import { type Json, record, records, string } from "../json.ts";
import { elementsOf, optionsOf } from "./blocks.ts";
import { limits } from "./limits.ts";
import type { OpenView } from "./records.ts";

/** What a person puts into a field: text, an option's value or its text, several, or files. */
export type Filling =
  | string
  | string[]
  | { name: string; content: string | Buffer; mimetype?: string }[];

export type StoreFiles = (files: { name: string; content: string | Buffer }[]) => Json[];

/** Puts what a view comes with into its fields, as a person sees it when it opens. */
export function startingValues(view: OpenView): void {
  for (const block of records(view.content.blocks)) {
    for (const element of elementsOf(block)) {
      const slot = slotOf(view, block, element);
      if (slot.type === undefined) Object.assign(slot, { type: element.type }, start(element));
    }
  }
}

function start(element: Json): Json {
  switch (element.type) {
    case "plain_text_input":
    case "email_text_input":
    case "url_text_input":
    case "number_input":
      return { value: element.initial_value ?? null };
    case "static_select":
    case "external_select":
    case "radio_buttons":
      return { selected_option: element.initial_option ?? null };
    case "multi_static_select":
    case "multi_external_select":
    case "checkboxes":
      return { selected_options: element.initial_options ?? [] };
    case "users_select":
      return { selected_user: element.initial_user ?? null };
    case "multi_users_select":
      return { selected_users: element.initial_users ?? [] };
    case "file_input":
      return { files: [] };
    default:
      return {};
  }
}

function slotOf(view: OpenView, block: Json, element: Json): Json {
  const values = view.values[string(block.block_id)] ?? {};
  view.values[string(block.block_id)] = values;
  const slot = values[string(element.action_id)] ?? {};
  values[string(element.action_id)] = slot;
  return slot;
}

/** The field with this block id, action id or label. */
function fieldOf(view: OpenView, name: string): { block: Json; element: Json } {
  const block = records(view.content.blocks).find(
    (each) =>
      each.block_id === name ||
      record(each.label).text === name ||
      elementsOf(each).some(({ action_id }) => action_id === name),
  );
  const element = elementsOf(block ?? {}).find((each) => each.action_id === name);
  const found = element ?? elementsOf(block ?? {})[0];
  if (!block || !found) throw new Error(`the view has no field ${name}`);
  return { block, element: found };
}

export function fill(view: OpenView, name: string, filling: Filling, store: StoreFiles): void {
  const { block, element } = fieldOf(view, name);
  Object.assign(slotOf(view, block, element), filled(element, filling, store));
}

function filled(element: Json, filling: Filling, store: StoreFiles): Json {
  switch (element.type) {
    case "file_input":
      return { files: store(Array.isArray(filling) ? filling.flatMap(asFile) : []) };
    case "users_select":
      return { selected_user: filling };
    case "multi_users_select":
      return { selected_users: filling };
    case "multi_static_select":
    case "multi_external_select":
    case "checkboxes":
      return { selected_options: texts(filling).map((each) => choose(element, each)) };
    case "static_select":
    case "external_select":
    case "radio_buttons":
      return { selected_option: filling === "" ? null : choose(element, string(filling)) };
    default:
      return { value: filling === "" ? null : filling };
  }
}

const asFile = (each: string | { name: string; content: string | Buffer }) =>
  typeof each === "string" ? [] : [each];

const texts = (filling: Filling) =>
  Array.isArray(filling) ? filling.map((each) => string(each)) : [filling];

/** The option with this value or this text; what is not there cannot be chosen. */
export function choose(element: Json, wanted: string): Json {
  const { type } = element;
  if (string(type).includes("external")) return { text: plainText(wanted), value: wanted };
  const found = optionsOf(element).find(
    ({ value, text }) => value === wanted || record(text).text === wanted,
  );
  if (!found) throw new Error(`there is no option ${wanted}`);
  return found;
}

const plainText = (text: string) => ({ type: "plain_text", text, emoji: true });

/** What the client marks by itself, before anything is sent: block id → what is wrong. */
export function markedByClient(view: OpenView): Record<string, string> {
  const marked = records(view.content.blocks).flatMap((block) => {
    const [element] = elementsOf(block);
    if (block.type !== "input" || !element) return [];
    const wrong = wrongWith(block, element, slotOf(view, block, element));
    return wrong === undefined ? [] : [[string(block.block_id), wrong] as const];
  });
  return Object.fromEntries(marked);
}

function wrongWith({ optional }: Json, element: Json, slot: Json): string | undefined {
  if (isEmpty(slot)) {
    return optional === true ? undefined : "Please complete this required field.";
  }
  const { length } = string(slot.value);
  const { min_length, max_length } = element;
  if (typeof slot.value === "string") {
    if (length > bound(max_length, limits.plainTextInput)) return "is too long";
    if (length < bound(min_length, 0)) return "is too short";
  }
  const { max_files, max_selected_items } = element;
  if (records(slot.files).length > bound(max_files, limits.files)) return "too many files";
  const most = bound(max_selected_items, limits.options);
  return records(slot.selected_options).length > most ? "too many options" : undefined;
}

const bound = (given: unknown, otherwise: number) =>
  typeof given === "number" ? given : otherwise;

const isEmpty = ({ type: _, ...slot }: Json) =>
  Object.values(slot).every(
    (value) => value === null || value === "" || (Array.isArray(value) && value.length === 0),
  );
