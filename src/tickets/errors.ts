import { limits } from "./limits.ts";

const upTo = (length: number) => `1 to ${length.toLocaleString("en")} characters`;

/**
 * Every way the ticket API refuses, by the code that never changes: the HTTP status and the
 * sentence a person reads. A field's code is `FIELD_REQUIRED` or `INVALID_FIELD`.
 */
export const errors = {
  TITLE_REQUIRED: { status: 400, sentence: "Title is required" },
  DESCRIPTION_REQUIRED: { status: 400, sentence: "Description is required" },
  PRIORITY_REQUIRED: { status: 400, sentence: "Priority is required" },
  CATEGORY_REQUIRED: { status: 400, sentence: "Category is required" },
  MESSAGE_REQUIRED: { status: 400, sentence: "Message is required" },
  INVALID_TITLE: { status: 400, sentence: `Title must be text of ${upTo(limits.titleLength)}` },
  INVALID_DESCRIPTION: {
    status: 400,
    sentence: `Description must be text of ${upTo(limits.descriptionLength)}`,
  },
  INVALID_PRIORITY: { status: 400, sentence: "Invalid priority level" },
  INVALID_CATEGORY: { status: 400, sentence: "Invalid category" },
  INVALID_TAGS: {
    status: 400,
    sentence: `Tags must be a list of at most ${limits.tags}, each of ${upTo(limits.tagLength)}`,
  },
  INVALID_ATTACHMENTS: {
    status: 400,
    sentence: `Attachments must be a list of at most ${limits.attachments}, each with a filename, an http(s) url, a size in bytes and a MIME type`,
  },
  INVALID_STATUS: { status: 400, sentence: "Invalid status" },
  INVALID_ASSIGNEE: {
    status: 400,
    sentence: `Assignee must be null or an id of ${upTo(limits.idLength)}`,
  },
  INVALID_RESOLUTION: {
    status: 400,
    sentence: `Resolution must be null or text of ${upTo(limits.resolutionLength)}`,
  },
  INVALID_MESSAGE: {
    status: 400,
    sentence: `Message must be text of ${upTo(limits.messageLength)}`,
  },
  INVALID_TYPE: { status: 400, sentence: "Invalid message type" },
  RESOLUTION_REQUIRED: {
    status: 400,
    sentence: "A resolution is required to resolve a ticket",
  },
  INVALID_JSON: { status: 400, sentence: "The body must be a JSON object, in UTF-8" },
  UNKNOWN_FIELD: { status: 400, sentence: "Unknown field" },
  INVALID_PARAMETERS: { status: 400, sentence: "Invalid query parameters" },
  INVALID_IDEMPOTENCY_KEY: {
    status: 400,
    sentence: `Idempotency-Key must be 1 to ${limits.idempotencyKeyLength} visible ASCII characters`,
  },
  BAD_REQUEST: { status: 400, sentence: "The request is not valid HTTP" },
  UNAUTHORIZED: { status: 401, sentence: "A valid bearer token is required" },
  FORBIDDEN: { status: 403, sentence: "This token may not do that" },
  LINK_INVALID: { status: 403, sentence: "This link is not as it was given out" },
  SUPPORT_TICKET_NOT_FOUND: { status: 404, sentence: "Support ticket not found" },
  DELIVERY_NOT_FOUND: {
    status: 404,
    sentence: "There is no such delivery, or it has arrived meanwhile",
  },
  NOT_FOUND: { status: 404, sentence: "There is nothing at this path" },
  METHOD_NOT_ALLOWED: { status: 405, sentence: "This path does not take that method" },
  REQUEST_TIMEOUT: { status: 408, sentence: "The request took too long to arrive" },
  INVALID_TRANSITION: { status: 409, sentence: "The ticket's status does not allow that" },
  TICKET_CLOSED: { status: 409, sentence: "The ticket is closed" },
  TICKET_FULL: {
    status: 409,
    sentence: "The ticket holds as many messages as it can. Please open another one",
  },
  IDEMPOTENCY_KEY_REUSED: {
    status: 409,
    sentence: "This Idempotency-Key was used for a different request",
  },
  LINK_EXPIRED: {
    status: 410,
    sentence: "This link has expired: whoever sees the ticket can get a new one",
  },
  PAYLOAD_TOO_LARGE: { status: 413, sentence: "The body is larger than 1 MiB" },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, sentence: "Content-Type must be application/json" },
  RATE_LIMITED: { status: 429, sentence: "Too many requests" },
  HEADERS_TOO_LARGE: { status: 431, sentence: "The request's headers are too large" },
  INTERNAL_ERROR: { status: 500, sentence: "Something went wrong on our side" },
  STORE_UNAVAILABLE: {
    status: 503,
    sentence: "Tickets cannot be read or saved just now; nothing was changed. Please try again",
  },
} as const satisfies Record<string, { status: number; sentence: string }>;

export type ErrorCode = keyof typeof errors;

/** A refusal is a value: what a person did wrong, in their words, at the field they typed it. */
export interface Problem {
  field: string;
  /** The sentence for a person. */
  error: string;
  /** The code; named `message` by the contract. */
  message: ErrorCode;
}

export interface Refusal {
  refused: ErrorCode;
}

export const refuse = (code: ErrorCode): Refusal => ({ refused: code });

export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(errors, code);
