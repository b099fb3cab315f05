import { describe, expect, test } from "vitest";
import type { TicketApiErrorCode } from "../../adapters/ticket-api/errors.ts";
import {
  type Attempt,
  codeOfBreak,
  codeOfStatus,
  effectOf,
  retryAfterMsOf,
} from "../../adapters/ticket-api/outcome.ts";

const write = (code: TicketApiErrorCode, more: Partial<Attempt> = {}): Attempt => ({
  reads: false,
  sent: true,
  json: true,
  code,
  ...more,
});

describe("whether a write that failed took effect", () => {
  test.each<[string, Attempt, string]>([
    ["refused connection", write("UNREACHABLE", { sent: false }), "none"],
    ["no secure connection", write("TLS_FAILED", { sent: false }), "none"],
    ["no connection in time", write("CONNECT_TIMEOUT", { sent: false }), "none"],
    ["too late before it was sent", write("DEADLINE", { sent: false }), "none"],
    ["our side closed", write("CLOSED", { sent: false }), "none"],
    ["reset", write("CONNECTION_LOST"), "unknown"],
    ["no answer in time", write("HEADERS_TIMEOUT"), "unknown"],
    ["too late after it was sent", write("DEADLINE"), "unknown"],
    ["an answer that is not HTTP", write("UNEXPECTED_ANSWER"), "unknown"],
    ["200, then nothing", write("BODY_TIMEOUT", { status: 200 }), "unknown"],
    ["200, too late", write("DEADLINE", { status: 200 }), "unknown"],
    ["200, broken JSON", write("UNREADABLE_ANSWER", { status: 200 }), "done"],
    ["201, broken JSON", write("UNREADABLE_ANSWER", { status: 201 }), "done"],
    ["201, too much JSON", write("RESPONSE_TOO_LARGE", { status: 201 }), "done"],
    ["200, too large a page", write("RESPONSE_TOO_LARGE", { status: 200, json: false }), "unknown"],
    ["201, a ticket with a status unknown", write("UNREADABLE_TICKET", { status: 201 }), "done"],
    ["200, no ticket", write("UNEXPECTED_ANSWER", { status: 200 }), "unknown"],
    ["200, a page", write("UNEXPECTED_ANSWER", { status: 200, json: false }), "unknown"],
    ["302", write("REDIRECTED", { status: 302, json: false }), "none"],
    ["400", write("REFUSED", { status: 400 }), "none"],
    ["401", write("UNAUTHORIZED", { status: 401 }), "none"],
    ["403", write("FORBIDDEN", { status: 403 }), "none"],
    ["404", write("NOT_FOUND", { status: 404 }), "none"],
    ["408", write("REQUEST_TIMEOUT", { status: 408 }), "unknown"],
    ["409", write("CONFLICT", { status: 409 }), "none"],
    ["413", write("REFUSED", { status: 413 }), "none"],
    ["429", write("RATE_LIMITED", { status: 429 }), "none"],
    ["500", write("SERVICE_FAILED", { status: 500 }), "unknown"],
    ["503, with a page", write("SERVICE_FAILED", { status: 503, json: false }), "unknown"],
  ])("%s", (_, attempt, effect) => {
    expect(effectOf(attempt)).toBe(effect);
    expect(effectOf({ ...attempt, reads: true })).toBe("none");
  });
});

test.each([
  [300, "REDIRECTED"],
  [304, "REDIRECTED"],
  [400, "REFUSED"],
  [401, "UNAUTHORIZED"],
  [403, "FORBIDDEN"],
  [404, "NOT_FOUND"],
  [408, "REQUEST_TIMEOUT"],
  [409, "CONFLICT"],
  [413, "REFUSED"],
  [429, "RATE_LIMITED"],
  [500, "SERVICE_FAILED"],
  [599, "SERVICE_FAILED"],
])("an answer with status %i is %s", (status, code) => {
  expect(codeOfStatus(status)).toBe(code);
});

describe("what broke", () => {
  const unsent = { sent: false, status: undefined, json: false };
  const sent = { ...unsent, sent: true };
  test.each<[string, Parameters<typeof codeOfBreak>[1], TicketApiErrorCode]>([
    ["ECONNREFUSED", unsent, "UNREACHABLE"],
    ["ENOTFOUND", unsent, "UNREACHABLE"],
    ["EAI_AGAIN", unsent, "UNREACHABLE"],
    ["ECONNRESET", unsent, "UNREACHABLE"],
    ["", unsent, "UNREACHABLE"],
    ["EPROTO", unsent, "TLS_FAILED"],
    ["ERR_SSL_WRONG_VERSION_NUMBER", unsent, "TLS_FAILED"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", unsent, "TLS_FAILED"],
    ["CERT_HAS_EXPIRED", unsent, "TLS_FAILED"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", unsent, "TLS_FAILED"],
    ["SELF_SIGNED_CERT_IN_CHAIN", unsent, "TLS_FAILED"],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", unsent, "TLS_FAILED"],
    ["UND_ERR_CONNECT_TIMEOUT", unsent, "CONNECT_TIMEOUT"],
    ["UND_ERR_CLOSED", unsent, "CLOSED"],
    ["UND_ERR_DESTROYED", unsent, "CLOSED"],
    ["ECONNRESET", sent, "CONNECTION_LOST"],
    ["EPIPE", sent, "CONNECTION_LOST"],
    ["UND_ERR_SOCKET", sent, "CONNECTION_LOST"],
    ["UND_ERR_HEADERS_TIMEOUT", sent, "HEADERS_TIMEOUT"],
    ["UND_ERR_HEADERS_OVERFLOW", sent, "UNEXPECTED_ANSWER"],
    ["HPE_INVALID_CONSTANT", sent, "UNEXPECTED_ANSWER"],
    ["HTTPParserError", sent, "UNEXPECTED_ANSWER"],
    ["UND_ERR_SOCKET", { ...sent, status: 200, json: true }, "UNREADABLE_ANSWER"],
    [
      "UND_ERR_RES_CONTENT_LENGTH_MISMATCH",
      { ...sent, status: 200, json: true },
      "UNREADABLE_ANSWER",
    ],
    ["UND_ERR_SOCKET", { ...sent, status: 200, json: false }, "UNEXPECTED_ANSWER"],
    ["UND_ERR_BODY_TIMEOUT", { ...sent, status: 200, json: true }, "BODY_TIMEOUT"],
    ["UND_ERR_RES_EXCEEDED_MAX_SIZE", { ...sent, status: 200, json: true }, "RESPONSE_TOO_LARGE"],
  ])("%s, %o, is %s", (error, attempt, code) => {
    expect(codeOfBreak(error, attempt)).toBe(code);
  });
});

describe("how long a service asks to wait", () => {
  const now = Date.parse("2024-01-15T10:30:00Z");
  test.each([
    ["30", 30_000],
    ["0", 0],
    ["Mon, 15 Jan 2024 10:31:00 GMT", 60_000],
    ["Mon, 15 Jan 2024 10:29:00 GMT", 0],
    ["-5", undefined],
    ["1.5", undefined],
    ["soon", undefined],
    ["Mon, nonsense GMT", undefined],
    ["9".repeat(400), undefined],
    ["", undefined],
    [["1", "2"], undefined],
    [undefined, undefined],
  ])("%j is %j ms", (header, waitMs) => {
    expect(retryAfterMsOf(header, now)).toBe(waitMs);
  });
});
