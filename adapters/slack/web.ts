import { type WebAPICallResult, WebClient } from "@slack/web-api";
import type { Log } from "../../src/desk/ports.ts";
import { rateLimitMsOf } from "./errors.ts";
import { sdkLog } from "./sdk-log.ts";

export interface WebOptions {
  token: string;
  /** Slack's own, unless given. */
  apiUrl?: string | undefined;
  timeoutMs?: number;
  log: Log;
  /** Told each time that Slack asks to wait, for so many ms. */
  onRateLimit?: ((waitMs: number) => void) | undefined;
}

const defaultTimeoutMs = 15_000;

/**
 * A client of the Web API that tries each call once: who calls decides by `failureOf` what then
 * happens. A 429 is thrown at once.
 */
export function createWeb(options: WebOptions): WebClient {
  const { token, apiUrl, timeoutMs, log, onRateLimit = () => undefined } = options;
  return new TellingClient(onRateLimit, token, {
    ...(apiUrl !== undefined && { slackApiUrl: apiUrl }),
    timeout: timeoutMs ?? defaultTimeoutMs,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    allowAbsoluteUrls: false,
    // What it warns of is thrown as well.
    logger: sdkLog(log, { quiet: true }),
  });
}

class TellingClient extends WebClient {
  readonly #onRateLimit: (waitMs: number) => void;

  constructor(
    onRateLimit: (waitMs: number) => void,
    ...options: ConstructorParameters<typeof WebClient>
  ) {
    super(...options);
    this.#onRateLimit = onRateLimit;
  }

  /** Every method goes through it. */
  override async apiCall(...asked: Parameters<WebClient["apiCall"]>): Promise<WebAPICallResult> {
    try {
      return await super.apiCall(...asked);
    } catch (error) {
      const waitMs = rateLimitMsOf(error);
      if (waitMs !== undefined) this.#onRateLimit(waitMs);
      throw error;
    }
  }
}
