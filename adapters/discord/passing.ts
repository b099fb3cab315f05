/** Whether what kept something from being done may be over by itself. */
import { DiscordAPIError, HTTPError, RateLimitError } from "discord.js";
import { StoreError } from "../../src/desk/ports.ts";
import { AgentsUnknown } from "./agents.ts";
import { NotKnownYet } from "./conversation.ts";
import { DiscordFault, failureOf } from "./errors.ts";

/** False for what will stay as it is: what Discord refuses for good, and mistakes of ours. */
export function mayPass(error: unknown): boolean {
  if (error instanceof StoreError) return storeIsDown.has(error.code);
  if (error instanceof NotKnownYet || error instanceof AgentsUnknown) return true;
  if (!isOfCall(error)) return false;
  const { outcome } = failureOf(error);
  return outcome === "retry" || outcome === "uncertain";
}

const storeIsDown: ReadonlySet<StoreError["code"]> = new Set([
  "WRITE_FAILED",
  "WRITE_UNCERTAIN",
  "READ_FAILED",
]);

/** Of systems, TLS and undici. */
const brokenCodes = /^(?:E(?!RR_)|ERR_TLS_|UND_ERR_|HPE_|CERT_|UNABLE_TO_)|SELF_SIGNED_CERT/;

/** Whether it was thrown by a call: what breaks below the SDK has a code, or is an `AbortError`. */
const isOfCall = (error: unknown): boolean =>
  error instanceof DiscordAPIError ||
  error instanceof HTTPError ||
  error instanceof RateLimitError ||
  error instanceof DiscordFault ||
  // An answer that was cut off is no JSON.
  error instanceof SyntaxError ||
  (error instanceof Error && (error.name === "AbortError" || brokenCodes.test(codeOf(error))));

const codeOf = (error: Error): string =>
  "code" in error && typeof error.code === "string" ? error.code : "";
