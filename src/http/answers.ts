import { type ErrorCode, errors } from "../tickets/errors.ts";
import type { Problems } from "../tickets/problems.ts";

/** On every answer: nothing here is for a browser to guess at, embed, keep or run. */
const securityHeaders = {
  "Cache-Control": "no-store",
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
} as const;

export interface Answer {
  status: number;
  type: string;
  text: string;
  /** Told instead of the text. */
  content?: ReadableStream<Uint8Array>;
  headers: Record<string, string>;
}

/** An answer whose JSON is there already, put together from that of its parts. */
export const jsonAnswer = (
  status: number,
  text: string,
  headers: Record<string, string> = {},
): Answer => ({ status, type: "application/json", text, headers });

export const answer = (status: number, body: object, headers?: Record<string, string>): Answer =>
  jsonAnswer(status, JSON.stringify(body), headers);

export const textAnswer = (status: number, text: string): Answer => ({
  status,
  type: "text/plain; charset=utf-8",
  text,
  headers: {},
});

const texts = new WeakMap<object, string>();

/** JSON of something that is told again and again; kept as long as the thing is, if it is frozen. */
export function jsonOf(value: object): string {
  const known = texts.get(value);
  if (known !== undefined) return known;
  const text = JSON.stringify(value);
  if (Object.isFrozen(value)) texts.set(value, text);
  return text;
}

export function refusal(code: ErrorCode, headers: Record<string, string> = {}): Answer {
  const { status, sentence } = errors[code];
  return answer(status, { error: sentence, message: code }, headers);
}

/** What broke is told by the request's id alone; the log has the rest. */
export function internalError(requestId: string): Answer {
  const { status, sentence } = errors.INTERNAL_ERROR;
  return answer(status, { error: sentence, message: "INTERNAL_ERROR", requestId });
}

/** The first problem is told at the top, and every one in `errors`. */
export function refusalOf(problems: Problems): Answer {
  const [{ error, message }] = problems;
  return answer(errors[message].status, { error, message, errors: problems });
}

/** A list's own shape for what is wrong with its parameters. */
export function parameterRefusal(problems: Problems): Answer {
  const { status, sentence } = errors.INVALID_PARAMETERS;
  const body = { success: false, error: sentence, code: "INVALID_PARAMETERS", errors: problems };
  return answer(status, body);
}

/** The same for every kind of answer, also those that are written before a request is one. */
export const headersOf = (
  { type, headers }: Answer,
  requestId: string,
): Record<string, string> => ({
  ...securityHeaders,
  "Content-Type": type,
  "X-Request-Id": requestId,
  ...headers,
});

export const responseOf = (given: Answer, requestId: string): Response =>
  new Response(given.content ?? (given.text || null), {
    status: given.status,
    headers: headersOf(given, requestId),
  });
