/** How a call over the network broke, and what that means for what it was to do. */
import { z } from "zod";
import type { Failure } from "./chat.ts";

/** How long to wait with what somebody has to mend first. */
export const mendableAfterMs = 60_000;

/** Nothing was sent, as another process may do the work of this one by now. */
export const notOurs = {
  outcome: "retry",
  reason: "another process may be at work",
  retryAfterMs: 1_000,
  isHeldBack: true,
} as const satisfies Failure;

const systemError = z.object({
  code: z.string().catch(""),
  syscall: z.string().catch(""),
  /** Of several addresses that were tried. */
  errors: z.array(z.unknown()).catch([]),
});

const unconnected: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "UND_ERR_CONNECT_TIMEOUT",
]);

const certificateErrors = /^(?:CERT_|UNABLE_TO_|ERR_TLS_CERT_|HOSTNAME_MISMATCH)|SELF_SIGNED_CERT/;

/** A connection that was never made has carried nothing. `peer` is who was called. */
export function brokenCall(error: unknown, peer: string): Failure {
  const { success, data } = systemError.safeParse(causeOf(error));
  if (success && certificateErrors.test(data.code))
    return {
      outcome: "retry",
      reason: `no secure connection to ${peer} can be made: check certificates, proxy and clock`,
      retryAfterMs: mendableAfterMs,
      isDown: true,
    };
  if (success && neverConnected(data))
    return { outcome: "retry", reason: `${peer} cannot be reached`, isDown: true };
  const reason = `the connection broke before ${peer} had answered`;
  return { outcome: "uncertain", reason, isDown: true };
}

/**
 * An answer that is none of the platform's own: it is from a proxy, or from a platform that is not
 * well.
 */
export function brokenAnswer(status: number, peer: string): Failure {
  const reason = `${peer} answers with HTTP ${status}`;
  const isRefusal = status >= 400 && status < 500 && status !== 408;
  return isRefusal
    ? { outcome: "retry", reason, retryAfterMs: mendableAfterMs }
    : { outcome: "uncertain", reason, isDown: true };
}

/** `fetch` throws a TypeError whatever happens; what did is its cause. */
const causeOf = (error: unknown): unknown =>
  error instanceof TypeError && error.cause !== undefined ? error.cause : error;

function neverConnected({ code, syscall, errors }: z.infer<typeof systemError>): boolean {
  if (unconnected.has(code) || syscall === "connect" || syscall === "getaddrinfo") return true;
  return (
    errors.length > 0 &&
    errors.every((each) => neverConnected({ ...systemError.parse(each), errors: [] }))
  );
}
