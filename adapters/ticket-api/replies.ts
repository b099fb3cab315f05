import type { Entry } from "../../src/tickets/ticket.ts";
import { type RemoteTicket, threadsAt, type WithThreads } from "./answers.ts";
import { NotRecorded, type NotRecordedReason } from "./not-recorded.ts";
import { atFreeTime, hasWords, isExactly, kindOf, nameOf, timesSaid } from "./references.ts";
import { entriesOf, type SeenEntry } from "./seen.ts";
import { type Edit, type Shown, type Threads, unsure } from "./threads.ts";
import type { Wire } from "./wire.ts";

/** How a service takes replies; none documents a way, so it is configured. */
export type ReplyWay = "put-threads" | "post-thread" | "off";

/** What became of a reply: in the service's ticket under this reference, or why not. */
export type Appended =
  | { recorded: true; ticket: RemoteTicket; ref: string }
  | { recorded: false; reason: NotRecordedReason };

type Recorded = Extract<Appended, { recorded: true }>;

/** How entries of a service's tickets are changed. All of it may throw a `TicketApiError`. */
export interface Replies {
  append(path: string, entry: Entry, idempotencyKey?: string): Promise<Appended>;
  /** Throws `NotRecorded` when it cannot be. */
  rewrite(path: string, ref: string, message: string): Promise<void>;
  /** Resolves once it is not there, to whether it was. Throws `NotRecorded` when it cannot be. */
  remove(path: string, ref: string): Promise<boolean>;
}

export function createReplies(wire: Wire, threads: Threads, way: ReplyWay): Replies {
  const isPut = way === "put-threads";
  return {
    append: (path, entry, idempotencyKey) =>
      asAppended(() => append({ wire, threads, way }, path, entry, idempotencyKey)),
    async rewrite(path, ref, message) {
      if (!isPut) throw new NotRecorded("not-changeable");
      await threads.change(path, { edit: rewriting(ref, message), drops: ref });
    },
    async remove(path, ref) {
      if (!isPut) throw new NotRecorded("not-removable");
      return threads.change(path, { edit: removing(ref), drops: ref });
    },
  };
}

async function asAppended(work: () => Promise<Recorded>): Promise<Appended> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof NotRecorded)) throw error;
    return { recorded: false, reason: error.reason };
  }
}

async function append(
  { wire, threads, way }: { wire: Wire; threads: Threads; way: ReplyWay },
  path: string,
  entry: Entry,
  idempotencyKey: string | undefined,
): Promise<Recorded> {
  switch (way) {
    case "off":
      throw new NotRecorded("off");
    case "post-thread":
      return postThread({ wire, threads }, path, entry, idempotencyKey);
    case "put-threads":
      return threads.change(path, { edit: appending(entry) });
  }
}

/**
 * The service decides the author, by the token, and the time. Its word is taken for it where it shows
 * no entries at all.
 */
async function postThread(
  { wire, threads }: { wire: Wire; threads: Threads },
  path: string,
  entry: Entry,
  idempotencyKey: string | undefined,
): Promise<Recorded> {
  const { message, type } = entry;
  const body = { message, type };
  const call = { method: "POST", path: `${path}/threads`, body, idempotencyKey } as const;
  const answered = await wire.send(call, threadsAt(path));
  const posted = postedIn(answered, entry);
  if (posted) return posted;
  const shown = await unsure(() => threads.read(path));
  const found = postedIn(shown, entry);
  if (found) return found;
  if (shown.threads) throw new NotRecorded("not-kept");
  return { recorded: true, ticket: shown.ticket, ref: `unseen.${nameOf(idempotencyKey)}` };
}

/** It is the last that says so. */
function postedIn(shown: WithThreads, entry: Entry): Recorded | undefined {
  const posted = entriesOf(shown)?.findLast((each) => hasWords(each.entry, entry));
  return posted && { recorded: true, ticket: shown.ticket, ref: posted.ref };
}

/**
 * Puts the entry after all that is there, each as it came. One that is there already, with its
 * message and time, is not written again.
 */
function appending(entry: Entry): Edit<Recorded> {
  let first: Shown | undefined;
  return (shown) => {
    const { ticket, entries } = shown;
    const ours =
      entries.find((each) => isExactly(each.entry, entry)) ?? gained(first, shown, entry);
    if (ours) return { done: { recorded: true, ticket, ref: ours.ref } };
    first ??= shown;
    const raw = entries.map((each) => each.raw);
    return { write: [...raw, atFreeTime(entry, ticket.threads)] };
  };
}

/** A service may put its own author and time on an entry, so it is known by its message. */
function gained(first: Shown | undefined, shown: Shown, entry: Entry): SeenEntry | undefined {
  if (!first) return undefined;
  const before = timesSaid(first.ticket.threads, entry);
  if (timesSaid(shown.ticket.threads, entry) <= before) return undefined;
  const refs = new Set(first.entries.map(({ ref }) => ref));
  const fresh = shown.entries.filter((each) => hasWords(each.entry, entry) && !refs.has(each.ref));
  return fresh.findLast((each) => each.entry.author === entry.author) ?? fresh.at(-1);
}

/** A service may give it another time as it is written: then it is known by its words. */
function rewriting(ref: string, message: string): Edit<undefined> {
  let before: number | undefined;
  return ({ ticket, entries }) => {
    const said = timesSaid(ticket.threads, { message });
    const there = entries.find((each) => each.ref === ref);
    if (!there && before !== undefined && said > before) return { done: undefined };
    if (!there) throw new NotRecorded("no-longer-there");
    if (hasWords(there.entry, { message })) return { done: undefined };
    if (there.entry.timestamp === null) throw new NotRecorded("no-time");
    before ??= said;
    const write = entries.map(({ raw }) =>
      raw === there.raw ? Object.assign({}, raw, { message }) : raw,
    );
    return { write };
  };
}

/**
 * Once it is off, one that is alike may have its reference. One that is named otherwise, but says the
 * same, is still there.
 */
function removing(ref: string): Edit<boolean> {
  let first: { alike: number; entry: SeenEntry["entry"]; said: number } | undefined;
  return ({ ticket, entries }) => {
    const alike = entries.filter((each) => kindOf(each.ref) === kindOf(ref)).length;
    const there = entries.find((each) => each.ref === ref);
    const { entry } = first ?? there ?? {};
    if (!entry) return { done: false };
    const said = timesSaid(ticket.threads, entry);
    first ??= { alike, entry, said };
    const isOff = alike < first.alike || !there;
    if (isOff && said >= first.said) throw new NotRecorded("not-kept");
    if (isOff) return { done: true };
    return { write: entries.filter((each) => each !== there).map(({ raw }) => raw) };
  };
}
