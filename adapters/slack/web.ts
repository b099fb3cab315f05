import { type WebAPICallResult, WebClient } from "@slack/web-api";
import type { Log } from "../../src/desk/ports.ts";
import { rateLimitMsOf, SlackFault } from "./errors.ts";
import { sdkLog } from "./sdk-log.ts";

export interface WebOptions {
  token: string;
  /** Slack's own, unless given. */
  apiUrl?: string | undefined;
  timeoutMs?: number;
  log: Log;
  /** Told each time that Slack asks to wait, for so many ms. */
  onRateLimit?: ((waitMs: number) => void) | undefined;
  /** Whether anything may be posted at this moment; else that fails with `NOT_OURS`. */
  mayPost?: (() => boolean) | undefined;
}

const defaultTimeoutMs = 15_000;

/**
 * A client of the Web API that tries each call once: who calls decides by `failureOf` what then
 * happens. A 429 is thrown at once.
 */
export function createWeb(options: WebOptions): WebClient {
  const { token, apiUrl, timeoutMs, log } = options;
  return new TellingClient(options, token, {
    ...(apiUrl !== undefined && { slackApiUrl: apiUrl }),
    timeout: timeoutMs ?? defaultTimeoutMs,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    allowAbsoluteUrls: false,
    // What it warns of is thrown as well.
    logger: sdkLog(log, { quiet: true }),
  });
}

/** What shows to more than whoever asked for it just now. */
const posting: ReadonlySet<string> = new Set([
  "chat.delete",
  "chat.postMessage",
  "chat.update",
  "files.completeUploadExternal",
  "reactions.add",
  "reactions.remove",
]);

class TellingClient extends WebClient {
  readonly #given: Pick<WebOptions, "onRateLimit" | "mayPost">;

  constructor(
    given: Pick<WebOptions, "onRateLimit" | "mayPost">,
    ...options: ConstructorParameters<typeof WebClient>
  ) {
    super(...options);
    this.#given = given;
  }

  /** Every method goes through it. */
  override async apiCall(...asked: Parameters<WebClient["apiCall"]>): Promise<WebAPICallResult> {
    if (posting.has(asked[0]) && this.#given.mayPost?.() === false)
      throw new SlackFault("NOT_OURS", "Another process may be at work by now");
    try {
      return await super.apiCall(...asked);
    } catch (error) {
      const waitMs = rateLimitMsOf(error);
      if (waitMs !== undefined) this.#given.onRateLimit?.(waitMs);
      throw error;
    }
  }
}
