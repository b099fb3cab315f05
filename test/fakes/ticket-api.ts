import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { answerWrongly, type Fault, send } from "./ticket-api-faults.ts";
import { type Answer, FakeTickets } from "./ticket-api-tickets.ts";

export interface Recorded {
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
  /**
   * The next `times` requests, with that method if one is given, and about that ticket, are answered
   * wrongly.
   */
  misbehave(fault: Fault, options?: { times?: number; method?: string; ticket?: string }): void;
  /** Asked about every request that is not planned to be answered wrongly. */
  misbehaves(decide: (asked: Recorded) => Fault | undefined): void;
  /** Before the next request of this method takes effect, and once what `act` does is done. */
  before(method: string, act: () => void | Promise<void>): void;
  /** After the next request of this method took effect, before it is answered. */
  after(method: string, act: () => void | Promise<void>): void;
  stop(): Promise<void>;
}

const collection = "/v2/support-tickets";
const callers: Record<string, { id: string; role: string }> = {
  "Bearer client-token-of-the-stand-in": { id: "client_123456789", role: "user" },
  "Bearer agent-token-of-the-stand-in": { id: "agent_123456789", role: "agent" },
};

/**
 * A ticket service that is not Deskhand's, on a free port, with its paths after `prefix`. With
 * `etags`, a ticket is read with its ETag, and a write may say which one it is for.
 */
export async function startTicketApi({ prefix = "", etags = false } = {}): Promise<TicketApiFake> {
  const tickets = new FakeTickets();
  const requests: Recorded[] = [];
  const faults: Planned[] = [];
  const acts: Act[] = [];
  let decide: (asked: Recorded) => Fault | undefined = () => undefined;
  let connections = 0;
  const meanwhile = async (when: Act["when"], method: string) => {
    const place = acts.findIndex((each) => each.when === when && each.method === method);
    const [planned] = place < 0 ? [] : acts.splice(place, 1);
    await planned?.act();
  };

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://stand-in");
    const body = parsed(await text(request));
    const { method = "GET", headers } = request;
    const query = Object.fromEntries(searchParams);
    const recorded = { method, path: pathname, query, headers, body };
    requests.push(recorded);
    const path = pathname.startsWith(prefix) ? pathname.slice(prefix.length) : "";
    await meanwhile("before", method);
    const place = faults.findIndex((each) => isFor(each, method, path));
    const [planned] = place < 0 ? [] : faults.splice(place, 1);
    const fault = planned?.fault ?? decide(recorded);
    const apply = () => route(tickets, { method, path, searchParams, headers, body, etags });
    if (fault) return answerWrongly(response, fault, apply, String(headers.authorization));
    const answered = apply();
    await meanwhile("after", method);
    send(response, answered);
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
    misbehave(fault, { times = 1, method, ticket } = {}) {
      faults.push(...Array.from({ length: times }, () => ({ fault, method, ticket })));
    },
    misbehaves(given) {
      decide = given;
    },
    before: (method, act) => void acts.push({ when: "before", method, act }),
    after: (method, act) => void acts.push({ when: "after", method, act }),
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Planned {
  fault: Fault;
  method: string | undefined;
  ticket: string | undefined;
}

const isFor = ({ method, ticket }: Planned, asked: string, path: string): boolean =>
  (method === undefined || method === asked) &&
  (ticket === undefined || path.startsWith(`${collection}/${encodeURIComponent(ticket)}`));

interface Act {
  when: "before" | "after";
  method: string;
  act: () => void | Promise<void>;
}

const parsed = (body: string): unknown => (body === "" ? undefined : JSON.parse(body));

interface Asked {
  method: string;
  path: string;
  searchParams: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: unknown;
  etags: boolean;
}

/** What it comes to; as it was, whatever happens to the ticket before it is sent. */
function route(tickets: FakeTickets, asked: Asked): Answer {
  const { method, path, headers, etags } = asked;
  const id = decodeURIComponent(path.slice(collection.length + 1).split("/")[0] ?? "");
  const wanted = headers["if-match"];
  const isAsked = etags && !tickets.habits.ignoresEtags;
  if (isAsked && method === "PUT" && wanted !== undefined && wanted !== tickets.etagOf(id))
    return { status: 412, body: { error: "The ticket has changed", message: "STALE" } };
  const { status, body } = routed(tickets, asked);
  const etag = etags && method === "GET" ? tickets.etagOf(id) : undefined;
  return { status, body: structuredClone(body), ...(etag !== undefined && { etag }) };
}

function routed(
  tickets: FakeTickets,
  { method, path, searchParams, headers, body }: Asked,
): Answer {
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
