/** Tickets as some other ticket service keeps them: its own rules, and the contract's answers. */
import { fixture } from "./fixture.ts";

const told = fixture("contract/errors.json") as Record<string, object>;

export interface Answer {
  status: number;
  body: unknown;
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

const changeable = ["title", "description", "priority", "category", "assignedTo", "tags"];
const firstId = 123_456_789;
const firstTime = Date.parse("2024-01-15T10:30:00Z");
const summaryLength = 55;
const aSecond = 1_000;

export class FakeTickets {
  readonly byId = new Map<string, FakeTicket>();
  /** Whether a `threads` in an update is kept, or left out without a word. */
  keepsThreads = true;
  #writes = 0;

  /** The first ticket is the contract's; every write happens a second after the one before. */
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
    return { ...ok(ticket), status: 201 };
  }

  get(id: string): Answer {
    const ticket = this.byId.get(id);
    return ticket ? ok(ticket) : refuse(404, told.ticketMissing);
  }

  list(query: URLSearchParams): Answer {
    const page = Number(query.get("page") ?? 1);
    const limit = Number(query.get("limit") ?? 10);
    if (!(page >= 1 && limit >= 1 && limit <= 100)) return refuse(400, told.listParametersInvalid);
    const all = [...this.byId.values()].reverse();
    const found = all.filter(
      (ticket) =>
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

  update(id: string, body: Body): Answer {
    const ticket = this.byId.get(id);
    if (!ticket) return this.get(id);
    if (body.status !== undefined && !isOneOf(statuses, body.status))
      return missing("Invalid status", "INVALID_STATUS");
    const given = Object.fromEntries(
      Object.entries(body).filter(([field]) => changeable.includes(field)),
    );
    Object.assign(ticket, given, { updatedAt: this.#tick() });
    if (body.resolution !== undefined) ticket.resolution = body.resolution as string | null;
    if (typeof body.status === "string") {
      ticket.status = body.status;
      ticket.resolvedAt = body.status === "resolved" ? ticket.updatedAt : null;
    }
    if (Array.isArray(body.threads) && this.keepsThreads) ticket.threads = body.threads;
    return ok(ticket);
  }

  reply(id: string, body: Body, author: string, role: string): Answer {
    const ticket = this.byId.get(id);
    if (!ticket) return this.get(id);
    if (!isText(body.message)) return missing("Message is required", "MESSAGE_REQUIRED");
    const at = this.#tick();
    const type = typeof body.type === "string" ? body.type : role;
    ticket.threads.push({ author, message: body.message, timestamp: at, type });
    ticket.updatedAt = at;
    return { ...ok(ticket), status: 201 };
  }

  #tick(): string {
    const at = new Date(firstTime + this.#writes++ * aSecond).toISOString();
    return at.replace(".000Z", "Z");
  }
}

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
