import type { Effect, TicketApiErrorCode } from "./errors.ts";

/** What is known of one request that did not succeed. */
export interface Attempt {
  /** It only reads, so it changes nothing. */
  reads: boolean;
  /** It was handed to a connection: some or all of it may have arrived. */
  sent: boolean;
  code: TicketApiErrorCode;
  /** Of the answer, when its head arrived. */
  status?: number | undefined;
  /** The answer says that it is JSON, as a ticket service's is and a proxy's page is not. */
  json: boolean;
}

/** Whether a request that did not succeed took effect. */
export function effectOf({ reads, sent, code, status, json }: Attempt): Effect {
  if (reads || !sent) return "none";
  if (status === undefined) return "unknown";
  if (isRefusal(status)) return "none";
  return isSuccess(status) && json && brokenAfterwards.has(code) ? "done" : "unknown";
}

/** Faults of a JSON answer to a request that succeeded. */
const brokenAfterwards: ReadonlySet<TicketApiErrorCode> = new Set<TicketApiErrorCode>([
  "RESPONSE_TOO_LARGE",
  "UNREADABLE_ANSWER",
  "UNREADABLE_TICKET",
]);

export const isSuccess = (status: number): boolean => status >= 200 && status < 300;

/** A 408 may come from a proxy that has passed the request on. */
const isRefusal = (status: number): boolean => status >= 300 && status < 500 && status !== 408;

const codesByStatus: Readonly<Record<number, TicketApiErrorCode>> = {
  401: "UNAUTHORIZED",
  403: "FORBIDDEN",
  404: "NOT_FOUND",
  408: "REQUEST_TIMEOUT",
  409: "CONFLICT",
  412: "CHANGED",
  429: "RATE_LIMITED",
};

/** The code of an answer that is no success. */
export function codeOfStatus(status: number): TicketApiErrorCode {
  if (status >= 500) return "SERVICE_FAILED";
  return codesByStatus[status] ?? (status < 400 ? "REDIRECTED" : "REFUSED");
}

/** The code of the error that ends a request on a deadline of ours. */
export const deadlineCode = "DESKHAND_DEADLINE";

/** The code of the error that ends a request as we close. */
export const closedCode = "DESKHAND_CLOSED";

/** undici's errors, https://undici.nodejs.org/#/docs/api/Errors, that say all there is to say. */
const codesByError: Readonly<Record<string, TicketApiErrorCode>> = {
  [deadlineCode]: "DEADLINE",
  [closedCode]: "CLOSED",
  UND_ERR_CONNECT_TIMEOUT: "CONNECT_TIMEOUT",
  UND_ERR_HEADERS_TIMEOUT: "HEADERS_TIMEOUT",
  UND_ERR_BODY_TIMEOUT: "BODY_TIMEOUT",
  UND_ERR_RES_EXCEEDED_MAX_SIZE: "RESPONSE_TOO_LARGE",
  UND_ERR_HEADERS_OVERFLOW: "UNEXPECTED_ANSWER",
  UND_ERR_CLOSED: "CLOSED",
  UND_ERR_DESTROYED: "CLOSED",
};

/** Errors of Node's TLS and of OpenSSL's certificate checks. */
const tlsErrors =
  /^(?:EPROTO$|ERR_(?:TLS|SSL)_|CERT_|CRL_|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_(?:CA|PURPOSE)|PATH_LENGTH)|SELF_SIGNED_CERT/;

/** What came is not HTTP; undici 7.30 gives these errors no code, so they go by their name. */
const parserErrors = /^(?:HPE_|HTTPParserError$)/;

/** The code of an exchange that broke: `error` is the code, or name, of what undici or Node threw. */
export function codeOfBreak(
  error: string,
  { sent, status, json }: Pick<Attempt, "sent" | "status" | "json">,
): TicketApiErrorCode {
  const told = codesByError[error];
  if (told) return told;
  if (!sent) return tlsErrors.test(error) ? "TLS_FAILED" : "UNREACHABLE";
  if (status === undefined)
    return parserErrors.test(error) ? "UNEXPECTED_ANSWER" : "CONNECTION_LOST";
  return json ? "UNREADABLE_ANSWER" : "UNEXPECTED_ANSWER";
}

const aSecond = 1_000;

/**
 * How long a `Retry-After` asks to wait, in ms: seconds, or an HTTP date seen from `now` (in ms).
 * https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function retryAfterMsOf(header: unknown, now: number): number | undefined {
  if (typeof header !== "string") return undefined;
  const value = header.trim();
  if (/^\d{1,9}$/.test(value)) return Number(value) * aSecond;
  const at = /^[A-Za-z]+, .* GMT$/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
