/** Tickets as some other ticket service keeps them: its own rules, and the contract's answers. */
import { fixture } from "./fixture.ts";

const told = fixture("contract/errors.json") as Record<string, object>;

export interface Answer {
  status: number;
  body: unknown;
  etag?: string;
}

export interface FakeEntry {
  author: string;
  message: string;
  timestamp: string;
  type: string;
}

export interface FakeTicket {
  _id: string;
  title: string;
  description: string;
  status: string;
  priority: string;
  category: string;
  client: string;
  assignedTo: string | null;
  threads: FakeEntry[];
  attachments: unknown[];
  tags: string[];
  resolution: string | null;
  createdAt: string;
  updatedAt: string;
  resolvedAt: string | null;
}

type Body = Record<string, unknown>;

const statuses = ["open", "pending", "in_progress", "resolved", "closed"];
const priorities = ["low", "medium", "high", "urgent"];
const categories = ["technical", "billing", "account", "feature_request", "general"];

const ok = (data: unknown, more: object = {}): Answer => ({
  status: 200,
  body: { success: true, data, ...more },
});
const refuse = (status: number, body: unknown): Answer => ({ status, body });
const missing = (error: string, message: string) => refuse(400, { error, message });

const isText = (value: unknown): value is string =>
  typeof value === "string" && value.trim() !== "";
const isOneOf = (options: string[], value: unknown) =>
  typeof value === "string" && options.includes(value);

/** The first rule that a create breaks decides the answer. */
const creationRules: [(body: Body) => boolean, Answer][] = [
  [({ title }) => isText(title), refuse(400, told.titleMissing)],
  [
    ({ description }) => isText(description),
    missing("Description is required", "DESCRIPTION_REQUIRED"),
  ],
  [({ priority }) => priority !== undefined, missing("Priority is required", "PRIORITY_REQUIRED")],
  [({ priority }) => isOneOf(priorities, priority), refuse(400, told.priorityInvalid)],
  [({ category }) => category !== undefined, missing("Category is required", "CATEGORY_REQUIRED")],
  [
    ({ category }) => isOneOf(categories, category),
    missing("Invalid category", "INVALID_CATEGORY"),
  ],
];

const changeable = [
  ...["title", "description", "status", "priority", "category", "assignedTo", "tags"],
  "resolution",
];
const firstId = 123_456_789;
const firstTime = Date.parse("2024-01-15T10:30:00Z");
const summaryLength = 55;
const aSecond = 1_000;

/** What services differ in. */
interface Habits {
  /** Whether a `threads` in an update is kept, or left out without a word. */
  keepsThreads: boolean;
  /** Whether tickets are shown with their `threads`. */
  showsThreads: boolean;
  /** Whether the author and the time of an entry that is new are the writer's, or its own. */
  keepsWriters: boolean;
  /** Whether each write gives all entries the token's author and another time. */
  stampsAll: boolean;
  /** Whether times are whole seconds, whatever was written. */
  keepsSeconds: boolean;
  /** Whether a write is taken for whatever state of the ticket it is. */
  ignoresEtags: boolean;
  /** What `updatedSince` does in a list; `refused` is a 400. */
  updatedSince: "known" | "ignored" | "refused";
  /** What `tag` does in a list. */
  tag: "known" | "ignored" | "refused";
  /** Which tickets a list begins with, by when they were created, or were changed last. */
  listsFirst: "newest" | "oldest" | "changed";
  /** Fields that an update leaves as they are, without a word. */
  fixed: string[];
  /** The time of what is written; left out, each write is a second after the one before. */
  now?: () => number;
}

export class FakeTickets {
  readonly byId = new Map<string, FakeTicket>();
  readonly habits: Habits = {
    ...{ keepsThreads: true, showsThreads: true, keepsWriters: true, keepsSeconds: false },
    stampsAll: false,
    ignoresEtags: false,
    ...{ updatedSince: "ignored", tag: "ignored", listsFirst: "newest", fixed: [] },
  };
  /** How often each ticket was written. */
  readonly #versions = new Map<string, number>();
  #writes = 0;

  /** The first ticket is the contract's. */
  create(body: Body, author: string): Answer {
    const broken = creationRules.find(([holds]) => !holds(body));
    if (broken) return broken[1];
    const at = this.#tick();
    const description = String(body.description);
    const ticket: FakeTicket = {
      _id: `support_ticket_${firstId + this.byId.size}`,
      title: String(body.title),
      description,
      status: "open",
      priority: String(body.priority),
      category: String(body.category),
      client: author,
      assignedTo: null,
      threads: [{ author, message: description, timestamp: at, type: "user" }],
      attachments: Array.isArray(body.attachments) ? body.attachments : [],
      tags: Array.isArray(body.tags) ? body.tags : [],
      resolution: null,
      createdAt: at,
      updatedAt: at,
      resolvedAt: null,
    };
    this.byId.set(ticket._id, ticket);
    this.#wrote(ticket._id);
    return { ...this.#shown(ticket), status: 201 };
  }

  get(id: string): Answer {
    const ticket = this.byId.get(id);
    return ticket ? this.#shown(ticket) : refuse(404, told.ticketMissing);
  }

  /** Another one after each write of the ticket. */
  etagOf(id: string): string | undefined {
    return this.byId.has(id) ? `"${id}-${this.#versions.get(id) ?? 0}"` : undefined;
  }

  #wrote(id: string): void {
    this.#versions.set(id, (this.#versions.get(id) ?? 0) + 1);
  }

  #shown(ticket: FakeTicket): Answer {
    const { threads, ...rest } = ticket;
    return ok(this.habits.showsThreads ? ticket : rest);
  }

  list(query: URLSearchParams): Answer {
    const page = Number(query.get("page") ?? 1);
    const limit = Number(query.get("limit") ?? 10);
    if (!(page >= 1 && limit >= 1 && limit <= 100)) return refuse(400, told.listParametersInvalid);
    const { habits } = this;
    const isRefused = (["updatedSince", "tag"] as const).some(
      (name) => query.has(name) && habits[name] === "refused",
    );
    if (isRefused) return refuse(400, told.listParametersInvalid);
    const all = this.#inOrder();
    const found = all.filter(
      (ticket) =>
        this.#passes(query, ticket) &&
        matches(query, "status", ticket.status) &&
        matches(query, "priority", ticket.priority) &&
        matches(query, "category", ticket.category),
    );
    const total = found.length;
    const shown = found.slice((page - 1) * limit, page * limit).map(summary);
    const pagination = { page, limit, total, pages: Math.ceil(total / limit) };
    const counted = query.get("countByStatus") === "true" ? { counts: countsOf(all) } : {};
    return ok(shown, { pagination, ...counted });
  }

  #inOrder(): FakeTicket[] {
    const byAge = [...this.byId.values()];
    switch (this.habits.listsFirst) {
      case "newest":
        return byAge.reverse();
      case "oldest":
        return byAge;
      case "changed":
        return byAge.sort((one, other) => Date.parse(other.updatedAt) - Date.parse(one.updatedAt));
    }
  }

  #passes(query: URLSearchParams, { tags, updatedAt }: FakeTicket): boolean {
    const { tag, updatedSince } = this.habits;
    const [wanted, since] = [query.get("tag"), query.get("updatedSince")];
    const isTagged = tag !== "known" || wanted === null || tags.includes(wanted);
    const isSince = since === null || Date.parse(updatedAt) >= Date.parse(since);
    return isTagged && (updatedSince !== "known" || isSince);
  }

  update(id: string, body: Body): Answer {
    const ticket = this.byId.get(id);
    if (!ticket) return this.get(id);
    if (body.status !== undefined && !isOneOf(statuses, body.status))
      return missing("Invalid status", "INVALID_STATUS");
    const given = Object.fromEntries(
      Object.entries(body).filter(
        ([field]) => changeable.includes(field) && !this.habits.fixed.includes(field),
      ),
    );
    Object.assign(ticket, given, { updatedAt: this.#tick() });
    if (typeof given.status === "string")
      ticket.resolvedAt = given.status === "resolved" ? ticket.updatedAt : null;
    if (Array.isArray(body.threads) && this.habits.keepsThreads)
      ticket.threads = this.#kept(body.threads, ticket);
    this.#wrote(id);
    return this.#shown(ticket);
  }

  /** The entries that were written, in the service's own way where they are new. */
  #kept(written: FakeEntry[], { threads, client, updatedAt }: FakeTicket): FakeEntry[] {
    const { keepsWriters, keepsSeconds, stampsAll } = this.habits;
    if (stampsAll)
      return written.map((entry) => ({ ...entry, author: client, timestamp: this.#tick() }));
    const before = new Set((threads ?? []).map((entry) => JSON.stringify(entry)));
    return written.map((entry) => {
      if (before.has(JSON.stringify(entry))) return entry;
      const own = keepsWriters ? entry : { ...entry, author: client, timestamp: updatedAt };
      return keepsSeconds ? { ...own, timestamp: wholeSecond(own.timestamp) } : own;
    });
  }

  /** Someone writes there, with the service's own page. */
  write(id: string, author: string, message: string, type = "agent"): FakeEntry {
    const ticket = this.#known(id);
    const entry = { author, message, timestamp: this.#tick(), type };
    ticket.threads.push(entry);
    this.#touch(ticket, entry.timestamp);
    return entry;
  }

  /** Someone there gives an entry other words, or, without any, takes it off. */
  edit(id: string, entry: FakeEntry, message?: string): void {
    const ticket = this.#known(id);
    const is = ({ author, timestamp, type }: FakeEntry) =>
      author === entry.author && timestamp === entry.timestamp && type === entry.type;
    ticket.threads =
      message === undefined
        ? ticket.threads.filter((each) => !is(each))
        : ticket.threads.map((each) => (is(each) ? { ...each, message } : each));
    this.#touch(ticket);
  }

  /** Someone there changes fields. */
  change(id: string, fields: Partial<FakeTicket>): void {
    const ticket = this.#known(id);
    Object.assign(ticket, fields);
    this.#touch(ticket);
  }

  /** A program there writes all the entries, from a read of its own. */
  overwrite(id: string, threads: FakeEntry[]): void {
    this.change(id, { threads: structuredClone(threads) });
  }

  #known(id: string): FakeTicket {
    const ticket = this.byId.get(id);
    if (!ticket) throw new Error(`The stand-in knows no ticket ${id}`);
    return ticket;
  }

  #touch(ticket: FakeTicket, at = this.#tick()): void {
    ticket.updatedAt = at;
    this.#wrote(ticket._id);
  }

  reply(id: string, body: Body, author: string, role: string): Answer {
    const ticket = this.byId.get(id);
    if (!ticket) return this.get(id);
    if (!isText(body.message)) return missing("Message is required", "MESSAGE_REQUIRED");
    const at = this.#tick();
    const type = typeof body.type === "string" ? body.type : role;
    ticket.threads.push({ author, message: body.message, timestamp: at, type });
    this.#touch(ticket, at);
    return { ...this.#shown(ticket), status: 201 };
  }

  #tick(): string {
    const { now, keepsSeconds } = this.habits;
    const next = firstTime + this.#writes++ * aSecond;
    const at = new Date(now?.() ?? next).toISOString();
    return keepsSeconds ? wholeSecond(at) : at.replace(".000Z", "Z");
  }
}

const wholeSecond = (time: string): string =>
  new Date(Math.floor(Date.parse(time) / aSecond) * aSecond).toISOString().replace(".000Z", "Z");

const matches = (query: URLSearchParams, name: string, value: string) =>
  !query.has(name) || query.get(name) === value;

function summary(ticket: FakeTicket) {
  const { threads, attachments, resolution, resolvedAt, ...rest } = ticket;
  const { description } = rest;
  const short =
    description.length > summaryLength ? `${description.slice(0, summaryLength)}...` : description;
  return { ...rest, description: short };
}

const countsOf = (tickets: FakeTicket[]) =>
  Object.fromEntries(
    statuses.map((status) => [status, tickets.filter((each) => each.status === status).length]),
  );
