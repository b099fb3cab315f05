import type { RateLimitData } from "discord.js";
import { DefaultRestOptions, DiscordAPIError, HTTPError, REST } from "discord.js";
import { DiscordFault } from "./errors.ts";

export interface RestParts {
  token: string;
  /** Discord's own, unless given: `https://discord.com/api`, without a version. */
  apiUrl: string | undefined;
  /** How long an answer may take, or a part of it to follow. */
  requestMs?: number;
}

const defaultRequestMs = 15_000;
/** A whole call, with the upload of its files. */
const mostMs = 120_000;
/** Discord asks for waits of less than this all the time. */
const longestWaitMs = 5_000;

type Requested = Parameters<REST["queueRequest"]>[0];
type Answered = ReturnType<REST["queueRequest"]>;

/**
 * A client of the HTTP API that sends each call once: who calls decides by `failureOf` what then
 * happens. Short rate limits are waited out; of longer ones, `RateLimitError` is thrown.
 */
export function createRest({ token, apiUrl, requestMs = defaultRequestMs }: RestParts): REST {
  const rest = new OnceRest(token, {
    ...(apiUrl !== undefined && { api: apiUrl.replace(/\/+$/, "") }),
    version: "10",
    retries: 0,
    timeout: Math.max(requestMs, mostMs),
    rejectOnRateLimit: isLong,
    userAgentAppendix: "Deskhand",
    // The SDK's own timeout ends with the headers: a body that does not come would hold up its line.
    makeRequest(url, init) {
      const bounded = { ...init, headersTimeout: requestMs, bodyTimeout: requestMs };
      return DefaultRestOptions.makeRequest(url, bounded);
    },
  });
  return rest;
}

/** Also when a 429 does not say how long: the SDK would try again at once. */
function isLong({ timeToReset, retryAfter, sublimitTimeout }: RateLimitData): boolean {
  return !(retryAfter > 0) || Math.max(timeToReset, retryAfter, sublimitTimeout) > longestWaitMs;
}

class OnceRest extends REST {
  readonly #token: string;

  constructor(token: string, options: ConstructorParameters<typeof REST>[0]) {
    super(options);
    this.#token = token;
  }

  override async queueRequest(request: Requested): Answered {
    // After a 401 the SDK has forgotten it.
    this.setToken(this.#token);
    try {
      return await notAPage(super.queueRequest(request));
    } catch (error) {
      throw withoutSecrets(error);
    }
  }
}

/** A proxy in between may answer, also with 200: of what was asked for, nothing is known then. */
async function notAPage(asked: Answered): Answered {
  const answer = await asked;
  if (!answer.headers.get("content-type")?.startsWith("text/html")) return answer;
  await answer.arrayBuffer();
  throw new DiscordFault("UNEXPECTED_ANSWER", "Discord's answer is a page of HTML");
}

/** Errors are logged: without what people wrote, and without the tokens of interactions. */
function withoutSecrets(error: unknown): unknown {
  if (!(error instanceof DiscordAPIError) && !(error instanceof HTTPError)) return error;
  error.requestBody = { files: undefined, json: undefined };
  error.url = error.url.replace(/(\/(?:interactions|webhooks)\/\d+\/)[^/?]+/, "$1:token");
  return error;
}
