/** What becomes of what was to be done at a ticket service, when the call failed. Pure. */
import { mendableAfterMs } from "../../src/desk/broken-calls.ts";
import type { Failure } from "../../src/desk/chat.ts";
import { TicketApiError, type TicketApiErrorCode, ticketApiErrors } from "./errors.ts";
import { NotRecorded } from "./not-recorded.ts";
import { plainCodeOf } from "./words.ts";

/** The service, or who operates it, says no: it says so again when it is asked again. */
const refusals: ReadonlySet<TicketApiErrorCode> = new Set<TicketApiErrorCode>([
  "UNAUTHORIZED",
  "FORBIDDEN",
  "NOT_FOUND",
  "CONFLICT",
  "REFUSED",
]);

/** Of a read: what is there will not get smaller, or be understood, by waiting. */
const lasting: ReadonlySet<TicketApiErrorCode> = new Set<TicketApiErrorCode>([
  "UNREADABLE_TICKET",
  "RESPONSE_TOO_LARGE",
]);

/** The service does not answer: that is no matter of the one call. */
const down: ReadonlySet<TicketApiErrorCode> = new Set<TicketApiErrorCode>([
  "UNREACHABLE",
  "TLS_FAILED",
  "CONNECT_TIMEOUT",
  "CONNECTION_LOST",
  "HEADERS_TIMEOUT",
  "BODY_TIMEOUT",
  "DEADLINE",
  "REQUEST_TIMEOUT",
]);

/** Who stands before the service says that it is not there. With 500, it may be but this call that it cannot do. */
const unavailable: ReadonlySet<number | undefined> = new Set([502, 503, 504]);

/** Passes when somebody mends a setting, or a certificate. */
const mendable: ReadonlySet<TicketApiErrorCode> = new Set<TicketApiErrorCode>([
  "TLS_FAILED",
  "REDIRECTED",
]);

/**
 * An error of `TicketService`, as the outbox understands it. Its reason has the service's own words
 * after a colon; what is logged has its code only. What is not known is `uncertain`.
 */
export function failureOf(error: unknown): Failure {
  if (error instanceof NotRecorded) return { outcome: "dead", reason: error.message };
  if (!(error instanceof TicketApiError))
    return { outcome: "uncertain", reason: "the call of the ticket service broke off" };
  const { code, status, retryAfterMs } = error;
  const waitMs = retryAfterMs ?? (mendable.has(code) ? mendableAfterMs : undefined);
  return {
    ...{ outcome: outcomeOf(error), reason: reasonOf(error) },
    ...(error.said === undefined ? {} : { logged: loggedOf(error) }),
    ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
    ...((down.has(code) || unavailable.has(status)) && { isDown: true }),
  };
}

function outcomeOf({ code, effect, said }: TicketApiError): Failure["outcome"] {
  // It was sent before, with other content: it is to be found there.
  if (said?.code === "IDEMPOTENCY_KEY_REUSED") return "uncertain";
  if (refusals.has(code)) return "dead";
  if (effect !== "none") return "uncertain";
  return lasting.has(code) ? "dead" : "retry";
}

const firstOf = (code: TicketApiErrorCode): string => {
  const words = ticketApiErrors[code];
  return words.charAt(0).toLowerCase() + words.slice(1);
};

function loggedOf({ code, status, said }: TicketApiError): string {
  const told = [status === undefined ? [] : `HTTP ${status}`, plainCodeOf(said) ?? []].flat();
  return `${firstOf(code)}${told.length > 0 ? ` (${told.join(", ")})` : ""}`;
}

function reasonOf({ code, status, said, message }: TicketApiError): string {
  const first = firstOf(code);
  const failed = code === "SERVICE_FAILED" ? ` (HTTP ${status})` : "";
  if (code === "UNREADABLE_TICKET") return `${first}: ${detailOf(message)}`;
  const sentence = said?.sentence ?? "";
  const coded = said?.code === undefined ? "" : `${sentence === "" ? "" : " "}(${said.code})`;
  return `${first}${failed}${said === undefined ? "" : `: ${sentence}${coded}`}`;
}

/** What is wrong with a ticket stands at the end of the error's message: "… (GET /path: 200, why)". */
const detailOf = (message: string): string =>
  message.replace(/^.*?\((?:GET|POST|PUT) \S+: (?:\d{3}, )?(.*)\)$/s, "$1");
