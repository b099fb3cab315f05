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
  /** Sent as JSON, or as it is when it is text. */
  body: object | string;
  headers?: Record<string, string>;
}

export const answer = (status: number, body: object | string, headers = {}): Answer => ({
  status,
  body,
  headers,
});

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
export function headersOf({ body, headers }: Answer, requestId: string): Record<string, string> {
  const type = typeof body === "string" ? "text/plain; charset=utf-8" : "application/json";
  return { ...securityHeaders, "Content-Type": type, "X-Request-Id": requestId, ...headers };
}

export const textOf = ({ body }: Answer): string =>
  typeof body === "string" ? body : JSON.stringify(body);
