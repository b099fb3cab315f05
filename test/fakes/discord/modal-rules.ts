import { isRecord, type Json, record, records, string } from "../json.ts";
import type { Wrong } from "./errors.ts";
import { limits } from "./limits.ts";
import { namedIn, wrongSelect } from "./message-rules.ts";
import { between, invalid, lengthOf, numberOr, required, twice } from "./rule-parts.ts";

/** What can be in a modal: https://docs.discord.com/developers/components/reference#label */
const kinds = { row: 1, textDisplay: 10, label: 18, textInput: 4, fileUpload: 19 } as const;
const selects = [3, 5, 6, 7, 8];
/** Radio group, checkbox group, checkbox: taken as Discord's description of them has it. */
const choices = [21, 22, 23];

/** `https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-response-object-modal` */
export function wrongInModal(modal: Json, at: string): Wrong[] {
  const parts = records(modal.components);
  const place = `${at}.components`;
  const count = parts.length < 1 || parts.length > limits.modalParts;
  return [
    ...(string(modal.title) ? [] : [required(`${at}.title`)]),
    ...(string(modal.custom_id) ? [] : [required(`${at}.custom_id`)]),
    ...lengthOf(modal, "title", { at, most: limits.modalTitle }),
    ...lengthOf(modal, "custom_id", { at, most: limits.customId }),
    ...(count ? [between(place, 1, limits.modalParts)] : []),
    ...parts.flatMap((part, index) => wrongPart(part, `${place}.${index}`)),
    ...twice(namedIn(parts, place)),
  ];
}

function wrongPart(part: Json, at: string): Wrong[] {
  switch (part.type) {
    case kinds.label:
      return wrongLabel(part, at);
    case kinds.row:
      return records(part.components).flatMap((each, place) =>
        wrongText(each, `${at}.components.${place}`),
      );
    case kinds.textDisplay:
      return [];
    default:
      return [invalid(`${at}.type`, "Value of field must be one of (1, 10, 18)")];
  }
}

function wrongLabel(label: Json, at: string): Wrong[] {
  const component = record(label.component);
  const here = `${at}.component`;
  return [
    ...(string(label.label) ? [] : [required(`${at}.label`)]),
    ...lengthOf(label, "label", { at, most: limits.label }),
    ...lengthOf(label, "description", { at, most: limits.labelDescription }),
    ...(isRecord(label.component) ? wrongComponent(component, here) : [required(here)]),
    ...lengthOf(component, "custom_id", { at: here, most: limits.customId, least: 1 }),
  ];
}

function wrongComponent(component: Json, at: string): Wrong[] {
  const type = numberOr(component.type, 0);
  if (type === kinds.textInput) {
    const labelled =
      component.label === undefined ? [] : [invalid(at, "label is not allowed here")];
    return [...labelled, ...wrongText(component, at)];
  }
  if (type === kinds.fileUpload)
    return [...wrongCounts(component, at), ...namedRight(component, at)];
  if (choices.includes(type)) return namedRight(component, at);
  if (!selects.includes(type)) return [invalid(`${at}.type`, "This cannot be in a label")];
  const disabled =
    component.disabled === true ? [invalid(at, "Cannot be disabled in a modal")] : [];
  return [...disabled, ...wrongSelect(component, at), ...wrongNeed(component, at)];
}

const namedRight = ({ custom_id }: Json, at: string) =>
  string(custom_id) ? [] : [required(`${at}.custom_id`)];

/** `min_values` must be left out, or be 1 at least, when it is required. */
function wrongNeed({ required: needed, min_values: min }: Json, at: string): Wrong[] {
  const optional = needed === false;
  return !optional && min === 0
    ? [invalid(`${at}.min_values`, "min_values must be at least 1 when required")]
    : [];
}

/** https://docs.discord.com/developers/components/reference#file-upload */
function wrongCounts(upload: Json, at: string): Wrong[] {
  const most = numberOr(upload.max_values, 1);
  const least = numberOr(upload.min_values, 1);
  const fits = most >= 1 && most <= limits.uploads && least <= most;
  return [
    ...(fits ? [] : [invalid(at, "min_values or max_values is out of range")]),
    ...wrongNeed(upload, at),
  ];
}

/** https://docs.discord.com/developers/components/reference#text-input */
function wrongText(input: Json, at: string): Wrong[] {
  const most = numberOr(input.max_length, limits.textInput);
  const least = numberOr(input.min_length, 0);
  const ranged = most >= 1 && most <= limits.textInput && least <= most;
  return [
    ...(string(input.custom_id) ? [] : [required(`${at}.custom_id`)]),
    ...(ranged ? [] : [invalid(at, "min_length or max_length is out of range")]),
    ...lengthOf(input, "value", { at, most: Math.min(most, limits.textInput) }),
    ...lengthOf(input, "placeholder", { at, most: limits.textPlaceholder }),
  ];
}
