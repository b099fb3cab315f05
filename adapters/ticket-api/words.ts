import { z } from "zod";
import type { ServiceWords } from "./errors.ts";

/** Of anything a service says that goes into an error, in characters. */
const wordsLength = 300;
const mostLookedAt = 10 * wordsLength;

/** Makes what a service says fit for a log: the token taken out, then shortened. */
export function discreet(token: string): (text: string) => string {
  const forms = [token, encodeURIComponent(token), JSON.stringify(token).slice(1, -1)];
  return (text) => {
    const bare = forms.reduce((rest, form) => rest.replaceAll(form, "[token]"), text);
    const line = bare.slice(0, mostLookedAt).toWellFormed().replaceAll(/\s+/g, " ").trim();
    const points = [...line];
    return points.length <= wordsLength ? line : `${points.slice(0, wordsLength).join("")}…`;
  };
}

const said = z.string().optional().catch(undefined);
const refusal = z.object({ code: said, message: said, error: said });

/**
 * The code and the sentence of a refusal's body: `{error, message}` as the contract has it, or
 * `{error, code}`, or either in the other's place. What has a space in it is the sentence.
 */
export function wordsIn(body: unknown, tell: (text: string) => string): ServiceWords | undefined {
  const parsed = refusal.safeParse(body);
  if (!parsed.success) return undefined;
  const { code, message, error } = parsed.data;
  const told = [code, message, error]
    .filter((text) => text !== undefined)
    .filter((text) => text.trim() !== "");
  const asCode = told.find((text) => !/\s/.test(text));
  const asSentence = told.find((text) => text !== asCode);
  if (asCode === undefined && asSentence === undefined) return undefined;
  return {
    ...(asCode === undefined ? {} : { code: tell(asCode) }),
    ...(asSentence === undefined ? {} : { sentence: tell(asSentence) }),
  };
}

/** The code of a refusal, where it can be nothing that someone wrote. */
export const plainCodeOf = (said: ServiceWords | undefined): string | undefined =>
  /^[A-Z][A-Z0-9_]{0,63}$/.test(said?.code ?? "") ? said?.code : undefined;

const thrown = z.object({
  name: z.string().catch("Error"),
  message: z.string().catch(""),
  code: z.string().catch(""),
  errors: z.array(z.object({ message: z.string() })).catch([]),
});

/** The code of what Node or undici threw, or its name when it has none. */
export function errorCodeOf(error: unknown): string {
  const { code, name } = thrown.catch(unknownThrown).parse(error);
  return code || name;
}

/**
 * What was thrown, as a cause that may be logged. Some of these errors hold pieces of what the
 * service sent, so only their name, code and words are kept.
 */
export function causeOf(error: unknown, tell: (text: string) => string): Error {
  const { name, message, code, errors } = thrown.catch(unknownThrown).parse(error);
  const words = message || errors.map((each) => each.message).join("; ") || code;
  return Object.assign(new Error(tell(words)), { name, ...(code === "" ? {} : { code }) });
}

const unknownThrown = { name: "Error", message: "Something else was thrown", code: "", errors: [] };
