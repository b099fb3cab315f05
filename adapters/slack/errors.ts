/**
 * How a call of Slack failed, and what that means for what was to be delivered. What the WebClient
 * throws: https://docs.slack.dev/tools/node-slack-sdk/web-api/#handle-errors
 */
import {
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
} from "@slack/web-api";
import { z } from "zod";
import { brokenAnswer, brokenCall, mendableAfterMs, notOurs } from "../../src/desk/broken-calls.ts";
import type { Failure } from "../../src/desk/chat.ts";
import { PlatformFault } from "../../src/desk/platform-fault.ts";
import { isSlackCode, refusalOf, unreadableFor } from "./refusals.ts";

/** How long to wait when Slack asks to wait and does not say how long. */
const unsaidWaitMs = 30_000;

/** Every way an adapter's call fails without an error of the SDK's, and what comes of it. */
const faults = {
  /** The root is gone; what was posted under it stood in the channel, and was removed. */
  THREAD_GONE: { outcome: "gone", reason: "the thread has been deleted in Slack" },
  /** It is not known yet whose token we have: nothing was sent. */
  NOT_CONNECTED: {
    outcome: "retry",
    reason: "Deskhand is not connected to Slack yet",
    retryAfterMs: 5_000,
    isDown: true,
  },
  /** The process may have stood still for so long that another does its work: nothing was sent. */
  NOT_OURS: notOurs,
  /** The line has to wait, see `Pace`: nothing was sent. */
  PACED: { outcome: "retry", reason: "Slack asks to wait", isHeldBack: true },
  /** Whatever went wrong (the cause says it), nobody can see anything of it. */
  NO_EFFECT: { outcome: "retry", reason: "Slack cannot be reached" },
  /** The file was shared, but its message did not show up in time. */
  NOT_SEEN: { outcome: "uncertain", reason: "Slack has not shown the file yet" },
  UNEXPECTED_ANSWER: { outcome: "uncertain", reason: "Slack's answer cannot be understood" },
  UPLOAD_FAILED: { outcome: "retry", reason: "Slack does not take the file at the moment" },
  DOWNLOAD_FAILED: { outcome: "retry", reason: "Slack does not give the file at the moment" },
  /** It came, but is not the file: a page to sign in on, or only a part of it. */
  NOT_THE_FILE: {
    outcome: "retry",
    reason: "Slack does not give the file: check the bot's token and the scope files:read",
    retryAfterMs: mendableAfterMs,
  },
  AGENTS_UNKNOWN: { outcome: "retry", reason: "Slack does not say who is an agent" },
  /** A thread cannot be read until someone changes something (the cause says what). */
  NOT_READABLE: { outcome: "dead", reason: "Slack does not let the bot read the thread" },
  HISTORY_HIDDEN: {
    outcome: "dead",
    reason: "Slack hides older messages, as they are over the plan's limit",
  },
  FILE_TOO_LARGE: { outcome: "dead", reason: "the file is too large" },
  FILE_EMPTY: { outcome: "dead", reason: "the file is empty, and Slack takes no empty files" },
  FILE_ELSEWHERE: { outcome: "dead", reason: "the file is not kept by Slack, but only linked to" },
  FILE_GONE: { outcome: "dead", reason: "the file has been deleted in Slack" },
  FILE_HIDDEN: { outcome: "dead", reason: "Slack hides the file, as it is over the plan's limit" },
  BAD_REFERENCE: { outcome: "dead", reason: "it is not known where in Slack it belongs" },
  OTHER_TEAM: {
    outcome: "retry",
    reason: "the bot's token is for another Slack workspace: use one for the workspace it is from",
    retryAfterMs: mendableAfterMs,
  },
} as const satisfies Record<string, Failure>;

export type SlackFaultCode = keyof typeof faults;

/** What went wrong between us and Slack, where the SDK has no error for it. No secrets. */
export class SlackFault extends PlatformFault<SlackFaultCode> {
  override readonly name = "SlackFault";
}

/**
 * Does what shows nowhere until something else is done, or only reads: what is uncertain about it
 * is then no matter, and it can be done again.
 */
export async function withoutEffect<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (failureOf(error).outcome !== "uncertain") throw error;
    throw new SlackFault("NO_EFFECT", "It failed before anything was to be seen", { cause: error });
  }
}

const platformData = z.object({
  error: z.string().catch(""),
  needed: z
    .string()
    .regex(/^[\w:.,]+$/)
    .optional()
    .catch(undefined),
});

/** The code of Slack's own refusal, `{ ok: false, error }`. */
export function refusedWith(error: unknown): string | undefined {
  if (!(error instanceof WebAPIPlatformError)) return undefined;
  const { error: code } = platformData.parse(error.data);
  return isSlackCode(code) ? code : undefined;
}

/**
 * What is to be thrown when a thread could not be read. What an operator could mend is not waited
 * for, as it is when something is to be posted: people are told that something may be missing.
 */
export function notRead(error: unknown): unknown {
  const code = refusedWith(error);
  if (code === undefined || unreadableFor(code) === undefined) return error;
  return new SlackFault("NOT_READABLE", `Slack refuses to read it (${code})`, { cause: error });
}

function unreadable(cause: unknown): Failure {
  const reason = unreadableFor(refusedWith(cause) ?? "") || failureOf(cause).reason;
  return { outcome: "dead", reason };
}

/** How long Slack asks to wait when it throttles, in ms. */
export function rateLimitMsOf(error: unknown): number | undefined {
  if (error instanceof WebAPIRateLimitedError) return error.retryAfter * 1_000;
  const code = refusedWith(error);
  if (code === "ratelimited" || code === "rate_limited") return unsaidWaitMs;
  // What the WebClient makes of a 429 without a number of seconds has neither a class nor a code.
  const isUnsaid = error instanceof Error && error.message.startsWith("Retry header did not");
  return isUnsaid ? unsaidWaitMs : undefined;
}

/** What became of it when a call failed. What is not known is `uncertain`. */
export function failureOf(error: unknown): Failure {
  const askedMs = rateLimitMsOf(error);
  if (askedMs !== undefined)
    return { outcome: "retry", reason: "Slack asks to wait", retryAfterMs: askedMs };
  if (error instanceof SlackFault) return ofFault(error);
  if (error instanceof WebAPIPlatformError) return ofRefusal(error);
  if (error instanceof WebAPIHTTPError) return brokenAnswer(error.statusCode, "Slack");
  return brokenCall(error instanceof WebAPIRequestError ? error.original : error, "Slack");
}

function ofFault({ code, retryAfterMs, cause }: SlackFault): Failure {
  if (code === "NO_EFFECT") return { ...failureOf(cause), outcome: "retry" };
  if (code === "NOT_READABLE") return unreadable(cause);
  return { ...faults[code], ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

/** A page instead of JSON is an error of this kind too: the page is its code. */
function ofRefusal(error: WebAPIPlatformError): Failure {
  const code = refusedWith(error);
  if (code === undefined) return faults.UNEXPECTED_ANSWER;
  return refusalOf(code, platformData.parse(error.data).needed);
}
