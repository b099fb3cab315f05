import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { text } from "node:stream/consumers";
import { type Answer, FakeTickets } from "./ticket-api-tickets.ts";

/**
 * What can be wrong with one answer. Those marked (applied) come after the request took effect,
 * the others instead of it.
 */
export type Fault =
  /** Nothing comes back (applied). */
  | "slow-headers"
  /** Half of the answer, and then nothing (applied). */
  | "slow-body"
  | "reset"
  /** The connection is reset instead of the answer (applied). */
  | "reset-after-write"
  /** A whole HTTP message with half of the JSON (applied). */
  | "truncated-json"
  /** The connection ends in the middle of the answer (applied). */
  | "cut-off"
  /** A sign-in page, with 200. */
  | "html"
  /** Not HTTP; it holds the request's token. */
  | "garbage"
  /** A JSON answer of at least so many bytes (applied). */
  | { hugeBytes: number }
  | { status: number; headers?: Record<string, string>; body?: unknown }
  /** The answer, changed (applied). */
  | { rewrite: (body: unknown) => unknown };

interface Recorded {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: IncomingHttpHeaders;
  /** Undefined when there was none. */
  body: unknown;
}

export interface TicketApiFake {
  url: string;
  clientToken: string;
  agentToken: string;
  tickets: FakeTickets;
  /** Every request whose body arrived, in order. */
  requests: Recorded[];
  /** How many connections were made. */
  connections(): number;
  /** The next `times` requests, with that method if one is given, are answered wrongly. */
  misbehave(fault: Fault, options?: { times?: number; method?: string }): void;
  stop(): Promise<void>;
}

const collection = "/v2/support-tickets";
const callers: Record<string, { id: string; role: string }> = {
  "Bearer client-token-of-the-stand-in": { id: "client_123456789", role: "user" },
  "Bearer agent-token-of-the-stand-in": { id: "agent_123456789", role: "agent" },
};

/** A ticket service that is not Deskhand's, on a free port, with its paths after `prefix`. */
export async function startTicketApi({ prefix = "" } = {}): Promise<TicketApiFake> {
  const tickets = new FakeTickets();
  const requests: Recorded[] = [];
  const faults: { fault: Fault; method: string | undefined }[] = [];
  let connections = 0;

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://stand-in");
    const body = parsed(await text(request));
    const { method = "GET", headers } = request;
    requests.push({
      method,
      path: pathname,
      query: Object.fromEntries(searchParams),
      headers,
      body,
    });
    const path = pathname.startsWith(prefix) ? pathname.slice(prefix.length) : "";
    const place = faults.findIndex((each) => each.method === undefined || each.method === method);
    const [planned] = place < 0 ? [] : faults.splice(place, 1);
    const apply = () => route(tickets, { method, path, searchParams, headers, body });
    if (planned) answerWrongly(response, planned.fault, apply, String(headers.authorization));
    else send(response, apply());
  };
  const server = createServer((request, response) => {
    // Who asks may give up, or send what is not JSON: then there is no one to answer.
    answer(request, response).catch(() => response.destroy());
  });
  server.on("connection", () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}${prefix}`,
    clientToken: "client-token-of-the-stand-in",
    agentToken: "agent-token-of-the-stand-in",
    tickets,
    requests,
    connections: () => connections,
    misbehave(fault, { times = 1, method } = {}) {
      faults.push(...Array.from({ length: times }, () => ({ fault, method })));
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

const parsed = (body: string): unknown => (body === "" ? undefined : JSON.parse(body));

interface Asked {
  method: string;
  path: string;
  searchParams: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: unknown;
}

function route(tickets: FakeTickets, { method, path, searchParams, headers, body }: Asked): Answer {
  const caller = callers[headers.authorization ?? ""];
  if (!caller) return { status: 401, body: { error: "Invalid token", message: "UNAUTHORIZED" } };
  const given = Object(body);
  const [id, ...rest] = path
    .slice(collection.length + 1)
    .split("/")
    .map(decodeURIComponent);
  const isOurs = path === collection || path.startsWith(`${collection}/`);
  switch (
    isOurs &&
    `${method} ${id ? "ticket" : "all"}${rest.map((part) => `/${part}`).join("")}`
  ) {
    case "POST all":
      return tickets.create(given, caller.id);
    case "GET all":
      return tickets.list(searchParams);
    case "GET ticket":
      return tickets.get(id ?? "");
    case "PUT ticket":
      return tickets.update(id ?? "", given);
    case "POST ticket/threads":
      return tickets.reply(id ?? "", given, caller.id, caller.role);
    default:
      return { status: 404, body: { error: "No such path", message: "NOT_FOUND" } };
  }
}

const json = { "content-type": "application/json; charset=utf-8" };

function send(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, json).end(JSON.stringify(body));
}

function answerWrongly(response: ServerResponse, fault: Fault, apply: () => Answer, token: string) {
  if (typeof fault === "string") return broken[fault](response, apply, token);
  if ("status" in fault) {
    const { status, headers = {}, body = {} } = fault;
    response.writeHead(status, { ...json, ...headers }).end(JSON.stringify(body));
  } else if ("rewrite" in fault) {
    const { status, body } = apply();
    send(response, { status, body: fault.rewrite(structuredClone(body)) });
  } else {
    pour(response, apply().status, fault.hugeBytes);
  }
}

type Broken = (response: ServerResponse, apply: () => Answer, token: string) => void;

const broken: Record<Extract<Fault, string>, Broken> = {
  "slow-headers": (_, apply) => {
    apply();
  },
  "slow-body": (response, apply) => {
    begin(response, apply());
  },
  reset: ({ socket }) => {
    reset(socket);
  },
  "reset-after-write": ({ socket }, apply) => {
    apply();
    reset(socket);
  },
  "truncated-json": (response, apply) => {
    const { status, body } = apply();
    response.writeHead(status, json).end(half(JSON.stringify(body)));
  },
  "cut-off": (response, apply) => {
    begin(response, apply(), () => response.socket?.destroy());
  },
  html: (response) => {
    const page = "<!doctype html><title>Sign in</title>";
    response.writeHead(200, { "content-type": "text/html" }).end(page);
  },
  garbage: ({ socket }, _, token) => {
    socket?.end(`What is this, ${token}?\r\n\r\n`);
  },
};

const half = (body: string) => body.slice(0, body.length / 2);

function begin(response: ServerResponse, { status, body }: Answer, then?: () => void) {
  const whole = JSON.stringify(body);
  response.writeHead(status, { ...json, "content-length": Buffer.byteLength(whole) });
  response.write(half(whole), then);
}

function reset(socket: Socket | null) {
  socket?.resetAndDestroy();
}

function pour(response: ServerResponse, status: number, bytes: number) {
  const piece = "x".repeat(64 * 1024);
  let left = bytes;
  response.writeHead(status, json);
  response.write('{"success":true,"padding":"');
  const more = () => {
    while (left > 0) {
      left -= piece.length;
      if (!response.write(piece)) return response.once("drain", more);
    }
    return response.end('"}');
  };
  more();
}

/** For `rewrite`: leaves out every key whose value is null. */
export const withoutNulls = (body: unknown): unknown =>
  reshaped(body, (_, value) => value !== null);

/** For `rewrite`: puts a key that no one knows into every object. */
export const withExtraKeys = (body: unknown): unknown =>
  reshaped(body, () => true, { __v: 0, somethingNew: { deep: [null] } });

function reshaped(
  value: unknown,
  keep: (key: string, value: unknown) => boolean,
  extra: object = {},
): unknown {
  if (Array.isArray(value)) return value.map((item) => reshaped(item, keep, extra));
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([key, item]) => keep(key, item));
  return {
    ...Object.fromEntries(kept.map(([key, item]) => [key, reshaped(item, keep, extra)])),
    ...extra,
  };
}
