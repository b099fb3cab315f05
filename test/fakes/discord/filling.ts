import { type Json, record, records, string } from "../json.ts";
import { numberOr } from "./rule-parts.ts";

export interface Upload {
  name: string;
  content: string | Buffer;
  contentType?: string;
}

/** What a person puts into a field: text, the value or label of an option, several, or files. */
export type Filling = string | readonly string[] | readonly Upload[];

/** https://docs.discord.com/developers/components/reference#component-object-component-types */
export const kinds = {
  row: 1,
  button: 2,
  stringSelect: 3,
  textInput: 4,
  textDisplay: 10,
  label: 18,
  fileUpload: 19,
} as const;

/** One field of an open modal, as it stands on the screen. */
export interface Field {
  readonly customId: string;
  readonly label: string;
  readonly description: string;
  /** As the app gave it. */
  readonly component: Json;
  /** Of a text. */
  text: string;
  /** Values of the chosen options. */
  chosen: readonly string[];
  files: readonly Upload[];
}

/** A modal in front of a person. Nothing of it is kept once it is closed. */
export interface OpenModal {
  readonly customId: string;
  readonly title: string;
  /** As the app gave them. */
  readonly components: readonly Json[];
  readonly fields: readonly Field[];
  /** Plain text between the fields. */
  readonly words: readonly string[];
}

export function opened({ custom_id, title, components }: Json): OpenModal {
  const given = records(components);
  return {
    customId: string(custom_id),
    title: string(title),
    components: given,
    fields: given.flatMap(fieldsIn),
    words: given
      .filter(({ type }) => type === kinds.textDisplay)
      .map((each) => string(each.content)),
  };
}

/** https://docs.discord.com/developers/components/reference#label; rows around texts are the old way. */
function fieldsIn(component: Json): Field[] {
  if (component.type === kinds.row) {
    return records(component.components).map((each) => field(each, string(each.label), ""));
  }
  if (component.type !== kinds.label) return [];
  const { label, description } = component;
  return [field(record(component.component), string(label), string(description))];
}

function field(component: Json, label: string, description: string): Field {
  const preset = records(component.options).filter((option) => option.default === true);
  return {
    ...{ customId: string(component.custom_id), label, description, component },
    text: string(component.value),
    chosen: preset.map(({ value }) => string(value)),
    files: [],
  };
}

/** Puts something into the field with this custom id or label. */
export function fill(modal: OpenModal, name: string, filling: Filling): void {
  const found = modal.fields.find(({ customId, label }) => customId === name || label === name);
  if (!found) throw new Error(`the modal “${modal.title}” has no field ${name}`);
  const given = typeof filling === "string" ? [filling] : filling;
  const texts = given.filter((each) => typeof each === "string");
  const files = given.filter((each) => typeof each !== "string");
  switch (found.component.type) {
    case kinds.textInput:
      found.text = texts.join("\n");
      return;
    case kinds.stringSelect:
      found.chosen = texts
        .filter((each) => each !== "")
        .map((each) => choose(found.component, each));
      return;
    case kinds.fileUpload:
      found.files = files;
      return;
    default:
      throw new Error(`no one can fill a component of type ${string(found.component.type)}`);
  }
}

/** The value of the option with this value or label; what is not there cannot be chosen. */
export function choose(select: Json, wanted: string): string {
  const options = records(select.options);
  const found =
    options.find(({ value }) => value === wanted) ?? options.find(({ label }) => label === wanted);
  if (!found) throw new Error(`there is no option ${wanted}`);
  return string(found.value);
}

/** Throws for what the client does not let a person send. */
export function checkedByClient({ fields }: OpenModal): void {
  for (const each of fields) {
    const wrong = wrongWith(each);
    if (wrong !== undefined)
      throw new Error(`the client does not submit it: ${each.label} ${wrong}`);
  }
}

function wrongWith({ component, text, chosen, files }: Field): string | undefined {
  const isText = component.type === kinds.textInput;
  const size = isText ? text.length : chosen.length + files.length;
  if (size === 0) return component.required === false ? undefined : "is required";
  const [least, most] = isText
    ? [numberOr(component.min_length, 0), numberOr(component.max_length, 4_000)]
    : [numberOr(component.min_values, 1), numberOr(component.max_values, 1)];
  if (size < least) return `is too short or too few: ${size} of ${least}`;
  return size > most ? `is too long or too many: ${size} of ${most}` : undefined;
}
