/**
 * How a call of Discord failed, and what that means for what was to be delivered. What the SDK
 * throws: https://discord.js.org/docs/packages/rest/stable
 */
import { DiscordAPIError, HTTPError, RateLimitError } from "discord.js";
import { brokenAnswer, brokenCall, mendableAfterMs, notOurs } from "../../src/desk/broken-calls.ts";
import type { Failure } from "../../src/desk/chat.ts";
import { PlatformFault } from "../../src/desk/platform-fault.ts";
import { cannotRead } from "./identity.ts";
import { badToken, locked, refusalOf, tooLarge } from "./refusals.ts";
import { type KnownRights, rightsFor } from "./refusals-rights.ts";

/** How long to wait when Discord asks to wait and does not say how long. */
const unsaidWaitMs = 30_000;

/** Every way an adapter's call fails without an error of the SDK's, and what comes of it. */
const faults = {
  /** It is not known yet who we are: nothing was sent. */
  NOT_CONNECTED: {
    outcome: "retry",
    reason: "Deskhand is not connected to Discord yet",
    retryAfterMs: 5_000,
    isDown: true,
  },
  /** The process may have stood still for so long that another does its work: nothing was sent. */
  NOT_OURS: notOurs,
  /** Whatever went wrong (the cause says it), nobody can see anything of it. */
  NO_EFFECT: { outcome: "retry", reason: "Discord cannot be reached" },
  /** Something of it is there (the cause says why not all of it): it is to be looked for. */
  HALF_DONE: { outcome: "uncertain", reason: "it could not be completed" },
  UNEXPECTED_ANSWER: { outcome: "uncertain", reason: "Discord's answer cannot be understood" },
  /** Without the permission embeds are left out of a message, silently. */
  NO_EMBEDS: {
    outcome: "retry",
    reason: "the bot may not show what it writes there: give it Embed Links",
    retryAfterMs: mendableAfterMs,
  },
  CHANNEL_GONE: {
    outcome: "retry",
    reason:
      "the channel has been deleted in Discord, and with it the agents' threads: name another in TRIAGE or deskhand.yaml, where new tickets go; this one stays where it was",
    retryAfterMs: mendableAfterMs,
  },
  WRONG_CHANNEL: {
    outcome: "retry",
    reason: "agents cannot have their threads in such a channel: name a text channel or a forum",
    retryAfterMs: mendableAfterMs,
  },
  // What agents could be told about it would not get into that thread either: so it is waited for.
  LOCKED: locked,
  LOCKED_PRIVATE: { outcome: "dead", reason: locked.reason },
  NOT_SEEN_BY_THEM: {
    outcome: "dead",
    reason:
      "the person does not see the channel of their thread in Discord any more: let them see it, then try again",
  },
  // Not waited for, as it would hold up what was said next: agents are told at once, and try again.
  NO_UPLOADS: {
    outcome: "dead",
    reason: "the bot may not post files there: give it Attach Files, then try again",
  },
  /** What was written may be missing (the cause says why it cannot be read): people are told so. */
  NOT_READABLE: { outcome: "dead", reason: "the bot may not read there in Discord" },
  /** So what they wrote can be given to no side yet. */
  AGENTS_UNKNOWN: {
    outcome: "retry",
    reason: "Discord does not say at the moment who is an agent",
  },
  /** It would give messages without what is in them. */
  CANNOT_READ: { outcome: "retry", reason: cannotRead, retryAfterMs: mendableAfterMs },
  DOWNLOAD_FAILED: { outcome: "retry", reason: "Discord does not give the file at the moment" },
  /** It came, but not as long as it is. */
  NOT_THE_FILE: { outcome: "retry", reason: "Discord gave only a part of the file" },
  FILE_TOO_LARGE: { outcome: "dead", reason: "the file is too large" },
  FILE_TOO_LARGE_THERE: { outcome: "dead", reason: "the file is larger than Discord takes" },
  FILE_EMPTY: { outcome: "dead", reason: "the file is empty, and Discord takes no empty files" },
  FILE_ELSEWHERE: { outcome: "dead", reason: "the file is not kept by Discord" },
  FILE_GONE: { outcome: "dead", reason: "the file has been deleted in Discord" },
  FILE_EXPIRED: {
    outcome: "dead",
    reason: "Discord no longer gives the file: it has to be sent again",
  },
  BAD_REFERENCE: { outcome: "dead", reason: "it is not known where in Discord it belongs" },
} as const satisfies Record<string, Failure>;

export type DiscordFaultCode = keyof typeof faults;

/** What went wrong between us and Discord, where the SDK has no error for it. No secrets. */
export class DiscordFault extends PlatformFault<DiscordFaultCode> {
  override readonly name = "DiscordFault";
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
    throw new DiscordFault("NO_EFFECT", "It failed before anything was to be seen", {
      cause: error,
    });
  }
}

/** The code of Discord's own refusal; 0 is not one. */
export function refusedWith(error: unknown): number | undefined {
  const isRefusal = error instanceof DiscordAPIError && typeof error.code === "number";
  return isRefusal && error.code !== 0 ? Number(error.code) : undefined;
}

/** What Discord refuses with one of these codes because it already is so, has been done. */
export async function unlessRefused<T>(
  codes: readonly number[],
  done: Promise<T>,
): Promise<T | undefined> {
  try {
    return await done;
  } catch (error) {
    const code = refusedWith(error);
    if (code === undefined || !codes.includes(code)) throw error;
    return undefined;
  }
}

/**
 * What became of it when a call failed. What is not known is `uncertain`. Which permission is lacking
 * is told where it is known.
 */
export function failureOf(error: unknown, known?: KnownRights): Failure {
  if (error instanceof RateLimitError) return ofRateLimit(error);
  if (error instanceof DiscordFault) return ofFault(error, known);
  if (error instanceof DiscordAPIError) return ofRefusal(error, known);
  if (error instanceof HTTPError) return brokenAnswer(error.status, "Discord");
  return brokenCall(error, "Discord");
}

function ofRateLimit({ retryAfter, timeToReset, sublimitTimeout }: RateLimitError): Failure {
  const askedMs = Math.max(...[retryAfter, timeToReset, sublimitTimeout].filter(Number.isFinite));
  const retryAfterMs = retryAfter > 0 ? askedMs : unsaidWaitMs;
  return { outcome: "retry", reason: "Discord asks to wait", retryAfterMs };
}

function ofFault({ code, retryAfterMs, cause }: DiscordFault, known?: KnownRights): Failure {
  if (code === "NO_EFFECT") return { ...failureOf(cause, known), outcome: "retry" };
  if (code === "NOT_READABLE") return ofReading(cause, known);
  if (code === "HALF_DONE") return { ...failureOf(cause, known), outcome: "uncertain" };
  return { ...faults[code], ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

function ofReading(cause: unknown, known?: KnownRights): Failure {
  const { outcome, reason } = faults.NOT_READABLE;
  if (!(cause instanceof DiscordAPIError)) return { outcome, reason };
  return { outcome, reason: `${reason}: give it ${rightsFor(cause.method, cause.url, known)}` };
}

/** An answer of HTTP 4xx that is no JSON of Discord's has no code. */
function ofRefusal(error: DiscordAPIError, known?: KnownRights): Failure {
  const { status, method, url, message } = error;
  const code = refusedWith(error);
  if (code !== undefined) return refusalOf({ code, method, url, fields: fieldsIn(message) }, known);
  if (status === 401) return badToken;
  return status === 413 ? tooLarge : brokenAnswer(status, "Discord");
}

const mostOfFields = 300;

/** The SDK puts each field that is wrong on a line of its own, below what is wrong with all. */
const fieldsIn = (message: string): string =>
  message.split("\n").slice(1).join("; ").slice(0, mostOfFields);
