/** Every way a call of a remote ticket service fails, by the code that never changes. */
export const ticketApiErrors = {
  // Before anything was sent.
  UNREACHABLE: "The ticket service cannot be reached",
  TLS_FAILED: "No secure connection to the ticket service can be made",
  CONNECT_TIMEOUT: "The ticket service did not accept a connection in time",
  CLOSED: "The connection to the ticket service has been closed on our side",
  // While waiting for the answer.
  CONNECTION_LOST: "The connection to the ticket service was lost before it answered",
  HEADERS_TIMEOUT: "The ticket service did not begin to answer in time",
  BODY_TIMEOUT: "The ticket service stopped in the middle of its answer",
  DEADLINE: "The call to the ticket service took too long",
  // By the status of the answer.
  REDIRECTED: "The ticket service answers from another address; redirects are not followed",
  UNAUTHORIZED: "The ticket service does not accept the token",
  FORBIDDEN: "The ticket service does not let this token do that",
  NOT_FOUND: "The ticket service knows no such ticket",
  CONFLICT: "The ticket's state does not allow that",
  CHANGED: "The ticket was changed at the service while it was being written",
  RATE_LIMITED: "The ticket service asks for fewer requests",
  REQUEST_TIMEOUT: "The ticket service says that the request took too long",
  REFUSED: "The ticket service refuses the request",
  SERVICE_FAILED: "The ticket service failed",
  // By what a 2xx answer holds.
  RESPONSE_TOO_LARGE: "The ticket service's answer is larger than what is read",
  UNREADABLE_ANSWER: "The ticket service's answer is broken JSON",
  UNREADABLE_TICKET: "The ticket service's ticket cannot be understood",
  UNEXPECTED_ANSWER: "The answer is not one that a ticket service gives",
} as const satisfies Record<string, string>;

export type TicketApiErrorCode = keyof typeof ticketApiErrors;

/**
 * Whether a request changed something at the service: surely not, surely, or perhaps. After
 * `none` it may be sent again; after `unknown` only when a look at the service shows that it is
 * not there.
 */
export type Effect = "none" | "done" | "unknown";

/** What the service itself said about a refusal, shortened. */
export interface ServiceWords {
  /** Such as `INVALID_PRIORITY`. */
  code?: string;
  /** For a person. */
  sentence?: string;
}

interface Details {
  status?: number | undefined;
  said?: ServiceWords | undefined;
  retryAfterMs?: number | undefined;
  cause?: unknown;
}

/**
 * What broke in a call of a remote ticket service. The token is in no part of it; what the service said
 * in words, which may quote what people wrote, is in `said` only.
 */
export class TicketApiError extends Error {
  override readonly name = "TicketApiError";
  readonly code: TicketApiErrorCode;
  readonly effect: Effect;
  /** Of the answer, when one began. */
  readonly status: number | undefined;
  readonly said: ServiceWords | undefined;
  /** How long the service asks to wait, from now. */
  readonly retryAfterMs: number | undefined;

  constructor(code: TicketApiErrorCode, effect: Effect, message: string, details: Details = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.effect = effect;
    this.status = details.status;
    this.said = details.said;
    this.retryAfterMs = details.retryAfterMs;
  }
}
