export type Json = Record<string, unknown>;

export const isRecord = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** An object that is one, or an empty one. */
export const record = (value: unknown): Json => (isRecord(value) ? value : {});

export const records = (value: unknown): Json[] =>
  Array.isArray(value) ? value.filter(isRecord) : [];

export const string = (value: unknown): string => (typeof value === "string" ? value : "");

/** The object without the keys whose value is undefined. */
export const present = (object: Json): Json =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));

export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
