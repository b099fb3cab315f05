import type { Entry } from "../../src/tickets/ticket.ts";
import {
  type RemoteEntry,
  type RemoteTicket,
  readTicket,
  readWithThreads,
  type WithThreads,
} from "./answers.ts";
import { TicketApiError } from "./errors.ts";
import type { Wire } from "./wire.ts";

/** How a service takes replies; none documents a way, so it is configured. */
export type ReplyWay = "put-threads" | "post-thread" | "off";

/** What became of a reply: in the service's ticket, or why not. */
export type Appended =
  | { recorded: true; ticket: RemoteTicket }
  | { recorded: false; reason: NotRecorded };

type NotRecorded =
  /** No replies are sent to this service. */
  | "off"
  /** The service took the write, but the entry is not in the ticket. */
  | "not-kept"
  /** The service does not show the ticket's entries, which writing them anew would lose. */
  | "threads-not-shown";

/** Adds an entry to the ticket at `path`. Throws a `TicketApiError`. */
export function appendEntry(
  wire: Wire,
  way: ReplyWay,
  path: string,
  entry: Entry,
  idempotencyKey?: string,
): Promise<Appended> {
  switch (way) {
    case "off":
      return Promise.resolve({ recorded: false, reason: "off" });
    case "post-thread":
      return postThread(wire, path, entry, idempotencyKey);
    case "put-threads":
      return putThreads(wire, path, entry);
  }
}

/** The service decides the author, by the token, and the time. */
async function postThread(
  wire: Wire,
  path: string,
  { message, type }: Entry,
  idempotencyKey: string | undefined,
): Promise<Appended> {
  const body = { message, type };
  const call = { method: "POST", path: `${path}/threads`, body, idempotencyKey } as const;
  return { recorded: true, ticket: await wire.send(call, readTicket) };
}

/**
 * Writes the ticket's entries as they came, and the new one after them; then looks whether it is
 * there, for a service may take the write and leave `threads` as it was. An entry that is there
 * already, with its message and time, is not written again.
 */
async function putThreads(wire: Wire, path: string, entry: Entry): Promise<Appended> {
  const before = await wire.send({ method: "GET", path }, readWithThreads);
  if (!before.threads) return { recorded: false, reason: "threads-not-shown" };
  if (before.ticket.threads.some((each) => isSame(each, entry)))
    return { recorded: true, ticket: before.ticket };
  const answer = await write(wire, path, [...before.threads, entry]);
  const after = answer && hasGained(answer, before, entry) ? answer : await readAgain(wire, path);
  return hasGained(after, before, entry)
    ? { recorded: true, ticket: after.ticket }
    : { recorded: false, reason: "not-kept" };
}

/** Undefined when it was done, but the answer cannot be read. */
async function write(wire: Wire, path: string, threads: unknown[]) {
  try {
    return await wire.send({ method: "PUT", path, body: { threads } }, readWithThreads);
  } catch (error) {
    if (error instanceof TicketApiError && error.effect === "done") return undefined;
    throw error;
  }
}

/** After a write: when this fails, the entry may be there. */
async function readAgain(wire: Wire, path: string): Promise<WithThreads> {
  try {
    return await wire.send({ method: "GET", path }, readWithThreads);
  } catch (error) {
    if (!(error instanceof TicketApiError)) throw error;
    const { code, message } = error;
    throw new TicketApiError(code, "unknown", message, error);
  }
}

const isSame = (shown: RemoteEntry, entry: Entry): boolean =>
  hasMessage(shown, entry) &&
  shown.timestamp !== null &&
  Date.parse(shown.timestamp) === Date.parse(entry.timestamp);

const hasMessage = (shown: RemoteEntry, entry: Entry): boolean =>
  shown.message.trim() === entry.message.trim();

/** A service may put its own author and time on an entry, so it is known by its message. */
const hasGained = (after: WithThreads, before: WithThreads, entry: Entry): boolean =>
  timesIn(after, entry) > timesIn(before, entry);

const timesIn = ({ ticket }: WithThreads, entry: Entry): number =>
  ticket.threads.filter((each) => hasMessage(each, entry)).length;
