import { carriedInto, type MessageRef } from "../../desk/carried.ts";
import type { Place, ThreadRef, TicketDocument } from "../../desk/document.ts";
import { keptFilesIn } from "../../desk/kept-files.ts";
import {
  noCounts,
  type StatusCounts,
  type TicketFilter,
  type TicketQuery,
} from "../../desk/ports.ts";
import type { Status, TicketId } from "../../tickets/ticket.ts";
import type { FileStamp } from "./durable.ts";

/** What is kept in memory of each ticket, to find and to list it. Times are in ms. */
export interface Row {
  /** Of the file that the row was made from; undefined when it was gone just then. */
  stamp: FileStamp | undefined;
  id: TicketId;
  reference: string;
  creationKey: string | null;
  threads: string[];
  /** The messages that were carried into it: most tickets have none. */
  carried: string[];
  /** What it needs of the attachments folder, each by the beginning of its hash. */
  files: string[];
  owes: boolean;
  client: string;
  assignedTo: string | null;
  status: Status;
  priority: string;
  category: string;
  tags: string[];
  createdAt: number;
  updatedAt: number;
}

const threadsOf = (places: readonly Place[]): string[] =>
  places.flatMap(({ platform, thread }) =>
    thread === null ? [] : threadKey({ platform, thread }),
  );

const threadKey = ({ platform, thread }: ThreadRef): string => `${platform}\n${thread}`;

const isOn = (platform: string) => (key: string) =>
  key.startsWith(threadKey({ platform, thread: "" }));

const messageKey = ({ platform, message }: MessageRef): string => `${platform}\n${message}`;

/** As much as tells one from another; of two alike, both are needed as long as one is. */
const fileKey = (hash: string): string => hash.slice(0, 16);

export function rowOf(document: TicketDocument, stamp: FileStamp | undefined): Row {
  const { reference, creationKey, places, owes, ticket } = document;
  const { _id, client, assignedTo, status, priority, category, tags } = ticket;
  return {
    stamp,
    id: _id,
    reference,
    creationKey,
    threads: threadsOf(places),
    carried: carriedInto(document).map(messageKey),
    files: keptFilesIn(document).map(fileKey),
    owes,
    client,
    assignedTo,
    status,
    priority,
    category,
    tags,
    createdAt: Date.parse(ticket.createdAt),
    updatedAt: Date.parse(ticket.updatedAt),
  };
}

export interface Selection {
  ids: TicketId[];
  total: number;
  counts: StatusCounts;
}

/** Every ticket's row, by whatever a ticket is found by. */
export class Rows {
  readonly #byId = new Map<TicketId, Row>();
  readonly #byReference = new Map<string, Row>();
  readonly #byCreationKey = new Map<string, Row>();
  readonly #byThread = new Map<string, Row>();
  readonly #byMessage = new Map<string, Row>();
  /** How many tickets need it. */
  readonly #files = new Map<string, number>();
  readonly #byClient = new Map<string, Timeline>();
  /** Of the platforms that were asked for. */
  readonly #open = new Map<string, Set<string>>();
  readonly #all = new Timeline();
  readonly #counts = noCounts();

  get size(): number {
    return this.#byId.size;
  }

  get counts(): StatusCounts {
    return { ...this.#counts };
  }

  get = (id: TicketId): Row | undefined => this.#byId.get(id);
  ofReference = (reference: string): Row | undefined => this.#byReference.get(reference);
  ofCreationKey = (key: string): Row | undefined => this.#byCreationKey.get(key);
  ofThread = (thread: ThreadRef): Row | undefined => this.#byThread.get(threadKey(thread));
  ofMessage = (message: MessageRef): Row | undefined => this.#byMessage.get(messageKey(message));
  namesFile = (hash: string): boolean => this.#files.has(fileKey(hash));
  /** Of the tickets that owe something, oldest first. */
  owing = (): TicketId[] => this.#all.rows.filter(({ owes }) => owes).map(({ id }) => id);
  /** Of those that are not closed and have or may have a thread there, the latest changed first. */
  unclosed = (platform: string, orSinceMs = Number.POSITIVE_INFINITY): TicketId[] =>
    this.#all.rows
      .filter(({ status, updatedAt }) => status !== "closed" || updatedAt >= orSinceMs)
      .filter(({ owes, threads }) => owes || threads.some(isOn(platform)))
      .sort((one, other) => other.updatedAt - one.updatedAt)
      .map(({ id }) => id);
  /** Those of one platform, of tickets that are not closed; from the first time on, they are kept. */
  openThreads = (platform: string): ReadonlySet<string> => {
    const kept = this.#open.get(platform);
    if (kept) return kept;
    const threads = new Set<string>();
    this.#open.set(platform, threads);
    for (const row of this.#byId.values())
      for (const thread of openThreadsOf(row, platform)) threads.add(thread);
    return threads;
  };
  ids = (): TicketId[] => [...this.#byId.keys()];
  all = (): Row[] => [...this.#byId.values()];

  /** Adds a row, or replaces the one with its id. Rows put in order of time cost the least. */
  put(row: Row): void {
    const old = this.#unlink(row.id);
    if (old && !isListedAs(old, row)) this.#unlist(old);
    this.#byId.set(row.id, row);
    this.#byReference.set(row.reference, row);
    if (row.creationKey !== null) this.#byCreationKey.set(row.creationKey, row);
    for (const thread of row.threads) this.#byThread.set(thread, row);
    for (const message of row.carried) this.#byMessage.set(message, row);
    for (const [platform, threads] of this.#open)
      for (const thread of openThreadsOf(row, platform)) threads.add(thread);
    for (const file of row.files) this.#files.set(file, (this.#files.get(file) ?? 0) + 1);
    this.#all.put(row);
    this.#timelineOf(row.client).put(row);
    this.#counts[row.status] += 1;
  }

  remove(id: TicketId): void {
    const row = this.#unlink(id);
    if (row) this.#unlist(row);
  }

  #unlink(id: TicketId): Row | undefined {
    const row = this.#byId.get(id);
    if (!row) return undefined;
    this.#byId.delete(id);
    this.#byReference.delete(row.reference);
    if (row.creationKey !== null) this.#byCreationKey.delete(row.creationKey);
    for (const thread of row.threads) this.#byThread.delete(thread);
    for (const message of row.carried) this.#byMessage.delete(message);
    for (const [platform, threads] of this.#open)
      for (const thread of openThreadsOf(row, platform)) threads.delete(thread);
    for (const file of row.files) this.#letGo(file);
    this.#counts[row.status] -= 1;
    return row;
  }

  #letGo(file: string): void {
    const left = (this.#files.get(file) ?? 0) - 1;
    if (left > 0) this.#files.set(file, left);
    else this.#files.delete(file);
  }

  #unlist(row: Row): void {
    this.#all.remove(row);
    this.#timelineOf(row.client).remove(row);
  }

  /** The ids of a page, newest first; `found` narrows it to what a search found. */
  select(query: TicketQuery, found?: ReadonlySet<TicketId>): Selection {
    const { client, status, ...rest } = query.filter;
    const rows = client === undefined ? this.#all.rows : (this.#byClient.get(client)?.rows ?? []);
    const conditions = conditionsOf(rest, found);
    if (client === undefined && conditions.length === 0)
      return { ids: pageOf(query, rows), total: this.#count(status), counts: this.counts };
    return selectWhere(query, rows, conditions, status);
  }

  #count(status: Status | undefined): number {
    return status === undefined ? this.size : this.#counts[status];
  }

  #timelineOf(client: string): Timeline {
    let timeline = this.#byClient.get(client);
    if (!timeline) {
      timeline = new Timeline();
      this.#byClient.set(client, timeline);
    }
    return timeline;
  }
}

function openThreadsOf({ status, threads }: Row, platform: string): string[] {
  if (status === "closed") return [];
  const { length } = threadKey({ platform, thread: "" });
  return threads.filter(isOn(platform)).map((key) => key.slice(length));
}

type Condition = (row: Row) => boolean;

const conditionFor: {
  [Field in Exclude<keyof TicketFilter, "client" | "status" | "q">]-?: (
    wanted: NonNullable<TicketFilter[Field]>,
  ) => Condition;
} = {
  category: (wanted) => (row) => row.category === wanted,
  priority: (wanted) => (row) => row.priority === wanted,
  assignedTo: (wanted) => (row) => row.assignedTo === wanted,
  tag: (wanted) => (row) => row.tags.includes(wanted),
  updatedSince: (wanted) => (row) => row.updatedAt >= wanted,
};

function conditionsOf(filter: TicketFilter, found?: ReadonlySet<TicketId>): Condition[] {
  const { category, priority, assignedTo, tag, updatedSince } = filter;
  return [
    category === undefined ? [] : conditionFor.category(category),
    priority === undefined ? [] : conditionFor.priority(priority),
    assignedTo === undefined ? [] : conditionFor.assignedTo(assignedTo),
    tag === undefined ? [] : conditionFor.tag(tag),
    updatedSince === undefined ? [] : conditionFor.updatedSince(updatedSince),
    found === undefined ? [] : (row: Row) => found.has(row.id),
  ].flat();
}

/** Looks at no more rows than it takes to fill the page. */
function pageOf({ page, limit, filter: { status } }: TicketQuery, rows: Row[]): TicketId[] {
  const ids: TicketId[] = [];
  let toSkip = (page - 1) * limit;
  for (let index = rows.length - 1; index >= 0 && ids.length < limit; index -= 1) {
    const row = rows[index];
    if (!row || (status !== undefined && row.status !== status)) continue;
    if (toSkip > 0) toSkip -= 1;
    else ids.push(row.id);
  }
  return ids;
}

function selectWhere(
  query: TicketQuery,
  rows: Row[],
  conditions: Condition[],
  status: Status | undefined,
): Selection {
  const counts = noCounts();
  const first = (query.page - 1) * query.limit;
  const ids: TicketId[] = [];
  let total = 0;
  for (let index = rows.length - 1; index >= 0; index -= 1) {
    const row = rows[index];
    if (!row || !conditions.every((holds) => holds(row))) continue;
    counts[row.status] += 1;
    if (status !== undefined && row.status !== status) continue;
    if (total >= first && ids.length < query.limit) ids.push(row.id);
    total += 1;
  }
  return { ids, total, counts };
}

/** Rows, oldest first; a new one nearly always belongs at the end. */
class Timeline {
  readonly rows: Row[] = [];

  put(row: Row): void {
    const place = this.#place(row);
    this.rows.splice(place, this.rows[place]?.id === row.id ? 1 : 0, row);
  }

  remove(row: Row): void {
    const place = this.#place(row);
    if (this.rows[place]?.id === row.id) this.rows.splice(place, 1);
  }

  /** Where the row is, or belongs. */
  #place(row: Row): number {
    let low = 0;
    let high = this.rows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.rows[middle];
      if (other && isBefore(other, row)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const isListedAs = (old: Row, row: Row): boolean =>
  old.createdAt === row.createdAt && old.client === row.client;

const isBefore = (one: Row, other: Row): boolean =>
  one.createdAt < other.createdAt || (one.createdAt === other.createdAt && one.id < other.id);
