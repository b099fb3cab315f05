import { WebClient } from "@slack/web-api";
import type { Log } from "../../src/desk/ports.ts";
import { sdkLog } from "./sdk-log.ts";

export interface WebOptions {
  token: string;
  /** Slack's own, unless given. */
  apiUrl?: string | undefined;
  timeoutMs?: number;
  log: Log;
}

const defaultTimeoutMs = 15_000;

/**
 * A client of the Web API that tries each call once: who calls decides by `failureOf` what then
 * happens. A 429 is thrown at once.
 */
export function createWeb({ token, apiUrl, timeoutMs, log }: WebOptions): WebClient {
  return new WebClient(token, {
    ...(apiUrl !== undefined && { slackApiUrl: apiUrl }),
    timeout: timeoutMs ?? defaultTimeoutMs,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    allowAbsoluteUrls: false,
    // What it warns of is thrown as well.
    logger: sdkLog(log, { quiet: true }),
  });
}
