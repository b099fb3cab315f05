import { type Json, string } from "../json.ts";
import type { Wrong } from "./errors.ts";

/** The wordings of 50035 that more than one rule needs. */

export const required = (at: string): Wrong => ({
  at,
  code: "BASE_TYPE_REQUIRED",
  message: "This field is required",
});

export const invalid = (at: string, message: string): Wrong => ({
  at,
  code: "COMPONENT_VALIDATION_FAILED",
  message,
});

/** What is wrong with the length of `body[key]`; nothing when it is not there. */
export function lengthOf(
  body: Json,
  key: string,
  { at, most, least = 0 }: { at: string; most: number; least?: number },
): Wrong[] {
  const { length } = string(body[key]);
  if (typeof body[key] !== "string" || (length >= least && length <= most)) return [];
  const place = at === "" ? key : `${at}.${key}`;
  return least > 0
    ? [between(place, least, most)]
    : [{ at: place, code: "BASE_TYPE_MAX_LENGTH", message: `Must be ${most} or fewer in length.` }];
}

export const between = (at: string, least: number, most: number): Wrong => ({
  at,
  code: "BASE_TYPE_BAD_LENGTH",
  message: `Must be between ${least} and ${most} in length.`,
});

/** Custom ids that are there more than once. */
export function twice(named: readonly { at: string; id: unknown }[]): Wrong[] {
  const ids = named.filter(({ id }) => typeof id === "string");
  return ids
    .filter(({ id }, place) => ids.findIndex((each) => each.id === id) < place)
    .map(({ at }) => ({
      at: `${at}.custom_id`,
      code: "COMPONENT_CUSTOM_ID_DUPLICATED",
      message: "Component custom id cannot be duplicated",
    }));
}

/** A number that is missing, or out of its range, counts as the usual one. */
export const numberOr = (value: unknown, usual: number): number =>
  typeof value === "number" ? value : usual;
