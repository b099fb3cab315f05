import { TicketApiError, type TicketApiErrorCode, ticketApiErrors } from "./errors.ts";
import {
  type Exchanged,
  exchange,
  type Outgoing,
  openPool,
  type Pool,
  type Timeouts,
  Underway,
} from "./exchange.ts";
import { codeOfBreak, codeOfStatus, effectOf, isSuccess, retryAfterMsOf } from "./outcome.ts";
import { causeOf, discreet, errorCodeOf, plainCodeOf, wordsIn } from "./words.ts";

const usualTimeouts: Timeouts = {
  connectMs: 5_000,
  headersMs: 15_000,
  bodyMs: 15_000,
  totalMs: 30_000,
};
const usualResponseBytes = 32 * 1024 * 1024;
const mostConnections = 8;

export interface WireOptions {
  /** Where the service is, `/v2/support-tickets` left out; a path prefix is kept. */
  url: string;
  token: string;
  timeouts?: Partial<Timeouts>;
  /** The largest answer that is read. */
  maxResponseBytes?: number;
  /** The time, in ms. */
  now?: () => number;
  /** Whether anything may be written there at this moment; else it fails with `CLOSED`. */
  mayWrite?: (() => boolean) | undefined;
}

export interface Call {
  method: Outgoing["method"];
  /** Percent-encoded, with its query. */
  path: string;
  body?: unknown;
  idempotencyKey?: string | undefined;
  /** A strong ETag: the service is to refuse the write (`CHANGED`) when it no longer holds. */
  ifMatch?: string | undefined;
}

/** What the body of a 2xx answer holds, or what is wrong with it. */
export type Read<T> =
  | { value: T }
  | { fault: "UNEXPECTED_ANSWER" | "UNREADABLE_TICKET"; reason: string };

/** Calls one ticket service, over connections that it keeps. */
export class Wire {
  readonly #base: string;
  readonly #headers: Record<string, string>;
  readonly #timeouts: Timeouts;
  readonly #now: () => number;
  readonly #mayWrite: () => boolean;
  readonly #pool: Pool;
  /** Opens a connection for each request. */
  readonly #fresh: Pool;
  readonly #underway = new Underway();
  #closed: Promise<unknown> | undefined;
  /** Makes what a service says fit for a log. */
  readonly tell: (text: string) => string;

  /** Throws a `TypeError` when the URL is not http(s), or the token cannot go into a header. */
  constructor({ url, token, timeouts, maxResponseBytes, now = Date.now, mayWrite }: WireOptions) {
    if (!/^[\x21-\x7e]+$/.test(token)) throw new TypeError("The token must be visible ASCII");
    const { protocol, origin, pathname } = new URL(url);
    if (!/^https?:$/.test(protocol)) throw new TypeError("The URL must be http or https");
    this.#base = origin + pathname.replace(/\/+$/, "");
    this.#headers = {
      authorization: `Bearer ${token}`,
      accept: "application/json",
      "accept-encoding": "identity",
      "user-agent": "deskhand",
    };
    this.#timeouts = { ...usualTimeouts, ...timeouts };
    this.#now = now;
    this.#mayWrite = mayWrite ?? (() => true);
    this.tell = discreet(token);
    const settings = {
      ...this.#timeouts,
      connections: mostConnections,
      maxResponseBytes: maxResponseBytes ?? usualResponseBytes,
    };
    this.#pool = openPool({ ...settings, keepsConnections: true });
    this.#fresh = openPool({ ...settings, keepsConnections: false });
  }

  /**
   * Makes one call; `read` makes sense of a 2xx answer's JSON, and of its ETag if that is a strong
   * one. Throws a `TicketApiError`.
   */
  async send<T>(
    call: Call,
    read: (body: unknown, etag: string | undefined) => Read<T>,
  ): Promise<T> {
    const seen = await this.#exchange(call);
    if (!seen.head || !isSuccess(seen.head.status) || seen.text === undefined)
      throw this.#error(call, seen, this.#codeOf(seen));
    const body = parsed(seen.text);
    if (body === undefined)
      throw this.#error(call, seen, seen.head.json ? "UNREADABLE_ANSWER" : "UNEXPECTED_ANSWER");
    const found = read(body, strongEtag(seen.head.etag));
    if ("fault" in found) throw this.#error(call, seen, found.fault, found.reason);
    return found.value;
  }

  /** Ends the calls under way, which fail with `CLOSED`, and lets go of the connections. */
  close(): Promise<unknown> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  #close(): Promise<unknown> {
    const closed = Promise.all([this.#pool.close(), this.#fresh.close()]);
    this.#underway.end();
    return closed;
  }

  #exchange(call: Call): Promise<Exchanged> {
    if (call.method !== "GET" && !this.#mayWrite())
      throw new TicketApiError("CLOSED", "none", "Another process may be at work by now");
    return this.#underway.withDeadline(this.#timeouts.totalMs, async (signal) => {
      const outgoing = this.#outgoing(call);
      const seen = await exchange(this.#pool, outgoing, signal);
      // A service may close a kept connection just as it is used again: a read is then asked anew.
      const again = call.method === "GET" && !seen.head && this.#codeOf(seen) === "CONNECTION_LOST";
      return again ? exchange(this.#fresh, outgoing, signal) : seen;
    });
  }

  #outgoing({ method, path, body, idempotencyKey, ifMatch }: Call): Outgoing {
    const headers = { ...this.#headers };
    if (body !== undefined) headers["content-type"] = "application/json";
    if (idempotencyKey !== undefined) headers["idempotency-key"] = idempotencyKey;
    if (ifMatch !== undefined) headers["if-match"] = ifMatch;
    const url = new URL(this.#base + path);
    return { method, url, headers, body: body === undefined ? null : JSON.stringify(body) };
  }

  #codeOf({ sent, head, error }: Exchanged): TicketApiErrorCode {
    if (head && !isSuccess(head.status)) return codeOfStatus(head.status);
    return codeOfBreak(errorCodeOf(error), {
      sent,
      status: head?.status,
      json: head?.json ?? false,
    });
  }

  #error(call: Call, seen: Exchanged, code: TicketApiErrorCode, reason?: string): TicketApiError {
    const { sent, head, text, error } = seen;
    const status = head?.status;
    const json = head?.json ?? false;
    const said = text === undefined ? undefined : wordsIn(parsed(text), this.tell);
    const cause = error === undefined ? undefined : causeOf(error, this.tell);
    // What the service says in words may quote what people wrote: this is for the log as well.
    const why = [status, reason, plainCodeOf(said), head?.location, cause?.message];
    const told = why.filter((part) => part !== undefined).join(", ");
    const [path] = call.path.split("?", 1);
    return new TicketApiError(
      code,
      effectOf({ reads: call.method === "GET", sent, code, status, json }),
      `${ticketApiErrors[code]} (${call.method} ${path}${told ? `: ${this.tell(told)}` : ""})`,
      { status, said, retryAfterMs: retryAfterMsOf(head?.retryAfter, this.#now()), cause },
    );
  }
}

/** A weak one never matches: https://www.rfc-editor.org/rfc/rfc9110#field.if-match */
const strongEtag = (etag: unknown): string | undefined =>
  typeof etag === "string" && /^"[\x21\x23-\x7e]*"$/.test(etag) ? etag : undefined;

/** Undefined when it is not JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
