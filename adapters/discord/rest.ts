import { setTimeout as wait } from "node:timers/promises";
import type { RateLimitData } from "discord.js";
import { DefaultRestOptions, DiscordAPIError, HTTPError, RateLimitError, REST } from "discord.js";
import { realAfter } from "../../src/desk/timing.ts";
import type { ChannelPace } from "./channel-pace.ts";
import { DiscordFault } from "./errors.ts";
import { GlobalPace } from "./global-pace.ts";

export interface RestParts {
  token: string;
  /** Discord's own, unless given: `https://discord.com/api`, without a version or a slash. */
  apiUrl: string | undefined;
  /** How long an answer may take, or a part of it to follow. */
  requestMs?: number;
  /** Told of each 429, and how many ms it asks to wait. */
  onRateLimit?: ((waitMs: number) => void) | undefined;
  /** Whether anything may be posted at this moment; else that fails with `NOT_OURS`. */
  mayPost?: (() => boolean) | undefined;
  /** Learns how soon each channel takes one more message. */
  pace?: ChannelPace;
}

const defaultRequestMs = 15_000;
/** A whole call, with the upload of its files. */
const mostMs = 120_000;
/** Discord asks for waits of less than this all the time: most of its limits are for 5 s. */
const longestWaitMs = 6_000;

type Requested = Parameters<REST["queueRequest"]>[0];
type Answered = ReturnType<REST["queueRequest"]>;

/**
 * A client of the HTTP API that sends each call once: who calls decides by `failureOf` what then
 * happens. Short rate limits are waited out; of longer ones, `RateLimitError` is thrown.
 */
export function createRest(parts: RestParts): REST {
  const { token, apiUrl, requestMs = defaultRequestMs, onRateLimit } = parts;
  const global = new GlobalPace({ now: () => performance.now(), after: realAfter });
  const limited = (headers: Headers) => {
    const waitMs = askedMsOf(headers.get("retry-after"));
    // What waits for its turn would be refused as well.
    if (headers.get("x-ratelimit-global") === "true") global.hold(waitMs);
    onRateLimit?.(waitMs);
  };
  const rest = new OnceRest(token, {
    ...(apiUrl !== undefined && { api: apiUrl }),
    version: "10",
    retries: 0,
    // The SDK would let as many go at once when a second begins, whatever waits behind them.
    globalRequestsPerSecond: Number.POSITIVE_INFINITY,
    timeout: Math.max(requestMs, mostMs),
    rejectOnRateLimit: isForUs,
    userAgentAppendix: "Deskhand",
    // The SDK's own timeout ends with the headers: a body that does not come would hold up its line.
    async makeRequest(url, init) {
      const bounded = { ...init, headersTimeout: requestMs, bodyTimeout: requestMs };
      await global.turn(url);
      const isPost = init.method !== "GET" && inChannels.test(url);
      if (isPost && parts.mayPost?.() === false)
        throw new DiscordFault("NOT_OURS", "Another process may be at work by now");
      const answer = await DefaultRestOptions.makeRequest(url, bounded);
      parts.pace?.learn({ method: init.method, url }, answer.headers);
      // The SDK waits out many of them and tells nobody.
      if (answer.status === 429) limited(answer.headers);
      return answer;
    },
  });
  return rest;
}

/** Not the answers to what people do just now. */
const inChannels = /\/channels\/\d/;

/** In seconds: https://docs.discord.com/developers/topics/rate-limits; 0 where it is not said. */
function askedMsOf(retryAfter: string | null): number {
  const seconds = Number(retryAfter ?? 0);
  return seconds > 0 ? seconds * 1_000 : 0;
}

/**
 * Also of a 429 that does not say how long, which the SDK would repeat at once, and of one that no
 * bucket has announced: when others wait for its route by then, the SDK may never let them go.
 */
function isForUs(limit: RateLimitData): boolean {
  return isLong(limit) || limit.sublimitTimeout > 0;
}

const isLong = ({ timeToReset, retryAfter, sublimitTimeout }: RateLimitData): boolean =>
  !(retryAfter > 0) || Math.max(timeToReset, retryAfter, sublimitTimeout) > longestWaitMs;

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
      if (!(error instanceof RateLimitError) || isLong(error)) throw withoutSecrets(error);
      await wait(error.retryAfter);
      return this.queueRequest(request);
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
  if (error instanceof RateLimitError) {
    for (const key of ["url", "route", "hash"] as const) error[key] = withoutToken(error[key]);
    // `ID/TOKEN` of a webhook; of channels and servers, an id.
    error.majorParameter = error.majorParameter.replace(/\/.*$/, "/:token");
    return error;
  }
  if (!(error instanceof DiscordAPIError) && !(error instanceof HTTPError)) return error;
  error.requestBody = { files: undefined, json: undefined };
  error.url = withoutToken(error.url);
  return error;
}

const withoutToken = (address: string): string =>
  address.replace(/(\/(?:interactions|webhooks)\/[^/]+\/)[^/?)]+/, "$1:token");
