import { Agent, type Dispatcher, request } from "undici";
import { closedCode, deadlineCode } from "./outcome.ts";

/** How long each part of a call may take. All but `totalMs` are kept to about half a second. */
export interface Timeouts {
  /** To connect, TLS included. */
  connectMs: number;
  /** From the request to the head of its answer. */
  headersMs: number;
  /** Between two pieces of the answer. */
  bodyMs: number;
  /** For one request, from waiting for a free connection to the last byte of its answer. */
  totalMs: number;
}

interface PoolSettings extends Omit<Timeouts, "totalMs"> {
  connections: number;
  /** Whether a connection is used again, or each request gets its own. */
  keepsConnections: boolean;
  maxResponseBytes: number;
}

/** Connections to a service. Nothing is connected before the first request. */
export const openPool = (settings: PoolSettings): Agent =>
  new Agent({
    connections: settings.connections,
    pipelining: settings.keepsConnections ? 1 : 0,
    connect: { timeout: settings.connectMs },
    headersTimeout: settings.headersMs,
    bodyTimeout: settings.bodyMs,
    maxResponseSize: settings.maxResponseBytes,
  });

export type Pool = ReturnType<typeof openPool>;

/** One HTTP request. */
export interface Outgoing {
  method: "GET" | "POST" | "PUT";
  url: URL;
  headers: Record<string, string>;
  body: string | null;
}

/** What became of one request: `text` is the whole body of the answer, `error` what broke. */
export interface Exchanged {
  /** It was handed to a connection: some or all of it may have arrived. */
  sent: boolean;
  head?: {
    status: number;
    json: boolean;
    location: unknown;
    retryAfter: unknown;
    etag: unknown;
  };
  text?: string;
  error?: unknown;
}

/** Sends one request and reads its answer, whatever its status. Throws nothing. */
export async function exchange(
  pool: Pool,
  { url, ...outgoing }: Outgoing,
  signal: AbortSignal,
): Promise<Exchanged> {
  const seen: Exchanged = { sent: false };
  const noticeSending = () => {
    // An aborted request is dropped as its connection comes up, before a byte of it is written.
    if (!signal.aborted) seen.sent = true;
  };
  try {
    const dispatcher = pool.compose(whenSending(noticeSending));
    const response = await orAborted(request(url, { ...outgoing, signal, dispatcher }), signal);
    const { "content-type": type, location, "retry-after": retryAfter, etag } = response.headers;
    seen.head = { status: response.statusCode, json: isJson(type), location, retryAfter, etag };
    seen.text = await response.body.text();
  } catch (error) {
    seen.error = error;
  }
  return seen;
}

const isJson = (contentType: unknown): boolean =>
  typeof contentType === "string" && /^\s*application\/(?:[\w.-]+\+)?json\b/i.test(contentType);

/** undici starts a request only on a connection that is up: until then, nothing has left. */
const whenSending =
  (notice: () => void): Dispatcher.DispatcherComposeInterceptor =>
  (dispatch) =>
  (options, handler) =>
    dispatch(options, {
      onRequestStart(controller, context) {
        notice();
        handler.onRequestStart?.(controller, context);
      },
      onRequestUpgrade: (...given) => handler.onRequestUpgrade?.(...given),
      onResponseStart: (...given) => handler.onResponseStart?.(...given),
      onResponseData: (...given) => handler.onResponseData?.(...given),
      onResponseEnd: (...given) => handler.onResponseEnd?.(...given),
      onResponseError: (...given) => handler.onResponseError?.(...given),
    });

/** undici heeds a signal only once the request has a connection; who is waiting is told at once. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const give = () => reject(signal.reason);
    if (signal.aborted) give();
    signal.addEventListener("abort", give, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", give));
  });
}

/** Work that is under way, and can be ended before its time. */
export class Underway {
  readonly #calls = new Set<AbortController>();

  /** Runs `work` with a signal that aborts after `totalMs`, or when all is ended. */
  async withDeadline<T>(totalMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    this.#calls.add(controller);
    const late = endWith(`No answer within ${totalMs} ms`, deadlineCode);
    const timer = setTimeout(() => controller.abort(late), totalMs);
    try {
      return await work(controller.signal);
    } finally {
      clearTimeout(timer);
      this.#calls.delete(controller);
    }
  }

  /** What was sent may have taken effect. */
  end(): void {
    for (const call of this.#calls) call.abort(endWith("Closed on our side", closedCode));
  }
}

const endWith = (words: string, code: string): Error => Object.assign(new Error(words), { code });
