import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  createTicketApi,
  type ListParams,
  type TicketApi,
} from "../../adapters/ticket-api/client.ts";
import type { TicketApiError } from "../../adapters/ticket-api/errors.ts";
import type { ReplyWay } from "../../adapters/ticket-api/replies.ts";
import type { Entry, NewTicket, Ticket } from "../../src/tickets/ticket.ts";

/** A running ticket service, with no tickets that were there before. */
export interface TicketService {
  url: string;
  clientToken: string;
  agentToken: string;
  replies: ReplyWay;
  stop(): Promise<void>;
}

/** What the contract marks as ours, so that another service need not have it. */
export type Capability =
  /** `Idempotency-Key` on every write. */
  | "idempotency-key"
  /** Moves that the status table does not have are 409, and a closed ticket takes no reply. */
  | "status-machine"
  /** A client sees its own tickets only, and may not change all of them. */
  | "client-visibility"
  /** `counts` has all statuses, whatever the status filter. */
  | "counts-before-filter"
  /** Lists by `assignedTo`, `client`, `tag`, `q` and `updatedSince`. */
  | "more-filters"
  | "newest-first";

const fixture = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../fixtures/contract/${name}`, import.meta.url), "utf8"));

const request = fixture<NewTicket>("create.request.json");
const created = fixture<{ data: Ticket }>("create.response.json");
const listed = fixture<{ counts?: object }>("list.response.json");
const told = fixture<Record<string, { error: string }>>("errors.json");

/** Every key, in its order, and what kind of value it has: nulls are told apart. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value !== "object" || value === null) return value === null ? null : typeof value;
  return Object.entries(value).map(([key, item]) => [key, shapeOf(item)]);
}

const faultOf = (call: Promise<unknown>): Promise<TicketApiError> =>
  call.then(
    () => expect.unreachable("the call was expected to fail"),
    (error: TicketApiError) => error,
  );

const reply: Entry = {
  author: "agent_123456789",
  message: "I've reviewed your API key and it appears to be valid.",
  timestamp: "2024-01-15T11:00:00.000Z",
  type: "agent",
};

/** What every ticket service must do, driven by our client and on the bare HTTP. */
export function ticketApiContract(
  name: string,
  start: () => Promise<TicketService>,
  capabilities: readonly Capability[] = [],
): void {
  const only = (capability: Capability) => test.skipIf(!capabilities.includes(capability));

  describe(`${name}: the ticket API contract`, () => {
    let service: TicketService;
    let client: TicketApi;
    let agent: TicketApi;
    const connect = (token: string) =>
      createTicketApi({ url: service.url, token, replies: service.replies });

    beforeEach(async () => {
      service = await start();
      client = connect(service.clientToken);
      agent = connect(service.agentToken);
    });
    afterEach(async () => {
      await client.close();
      await agent.close();
      await service.stop();
    });

    const raw = async (method: string, path: string, body?: unknown) => {
      const answer = await fetch(`${service.url.replace(/\/$/, "")}/v2/support-tickets${path}`, {
        method,
        headers: {
          authorization: `Bearer ${service.clientToken}`,
          "content-type": "application/json",
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: answer.status, body: JSON.parse(await answer.text()) };
    };
    const idsOf = async (params: ListParams) =>
      (await agent.list({ limit: 100, ...params })).tickets.map((ticket) => ticket._id);

    describe("creating", () => {
      test("a create is answered with the contract's ticket: each key, in order, nulls written out", async () => {
        const { status, body } = await raw("POST", "", request);
        expect([200, 201]).toContain(status);
        expect(shapeOf(body)).toEqual(shapeOf(created));
        const { _id, client: author, createdAt } = body.data;
        const [entry] = created.data.threads;
        expect(body).toEqual({
          success: true,
          data: {
            ...created.data,
            ...{ _id, client: author, createdAt, updatedAt: createdAt },
            threads: [{ ...entry, author, timestamp: createdAt }],
          },
        });
      });

      test("our client sees the same ticket", async () => {
        const ticket = await client.create(request);
        expect(shapeOf(ticket)).toEqual(shapeOf(created.data));
        expect(ticket).toMatchObject({ ...request, status: "open", assignedTo: null });
      });

      test("a tag put on a ticket finds it in the list again", async () => {
        const ticket = await client.create(request, { tag: "ours-1" });
        expect(ticket.tags).toEqual([...request.tags, "ours-1"]);
        const { tickets } = await agent.list({ limit: 100 });
        expect(tickets.filter((each) => each.tags.includes("ours-1"))).toMatchObject([
          { _id: ticket._id },
        ]);
      });

      test("two tickets have two ids", async () => {
        const [one, other] = await Promise.all([client.create(request), client.create(request)]);
        expect(one._id).not.toBe(other._id);
      });

      only("idempotency-key")(
        "the same key again gets the first ticket, and makes none",
        async () => {
          const first = await client.create(request, { idempotencyKey: "key-1" });
          expect(await client.create(request, { idempotencyKey: "key-1" })).toEqual(first);
          expect(await idsOf({})).toEqual([first._id]);
        },
      );

      only("idempotency-key")("the same key for another ticket is refused", async () => {
        await client.create(request, { idempotencyKey: "key-1" });
        const other = { ...request, title: "Another" };
        expect(await faultOf(client.create(other, { idempotencyKey: "key-1" }))).toMatchObject({
          code: "CONFLICT",
          said: { code: "IDEMPOTENCY_KEY_REUSED" },
        });
      });
    });

    describe("reading", () => {
      test("a ticket is read as it was created", async () => {
        const ticket = await client.create(request);
        expect(await client.get(ticket._id)).toEqual(ticket);
        expect(await agent.get(ticket._id)).toEqual(ticket);
      });

      test("a list is answered as the contract has it", async () => {
        await raw("POST", "", request);
        const { status, body } = await raw("GET", "?page=1&limit=10");
        const { counts, ...plain } = listed;
        expect(status).toBe(200);
        expect(shapeOf(body)).toEqual(shapeOf(plain));
        expect(body).toMatchObject({ pagination: { page: 1, limit: 10, total: 1, pages: 1 } });
        expect(shapeOf(await raw("GET", "?countByStatus=true"))).toEqual(
          shapeOf({ status, body: listed }),
        );
      });

      test("pages hold every ticket once", async () => {
        const tickets = [
          await client.create(request),
          await client.create(request),
          await client.create(request),
        ];
        const first = await agent.list({ page: 1, limit: 2 });
        const second = await agent.list({ page: 2, limit: 2 });
        expect(first).toMatchObject({
          pagination: { page: 1, limit: 2, total: 3, pages: 2 },
          more: true,
        });
        expect(second.more).toBe(false);
        const seen = [...first.tickets, ...second.tickets].map((ticket) => ticket._id);
        expect(seen.sort()).toEqual(tickets.map((ticket) => ticket._id).sort());
      });

      only("newest-first")("the newest ticket comes first", async () => {
        const older = await client.create(request);
        let newer = await client.create(request);
        while (newer.createdAt === older.createdAt) newer = await client.create(request);
        const ids = await idsOf({});
        expect(ids.indexOf(newer._id)).toBeLessThan(ids.indexOf(older._id));
      });

      test("a list is filtered by status, category and priority", async () => {
        const technical = await client.create(request);
        const billing = await client.create({ ...request, category: "billing", priority: "low" });
        await agent.update(billing._id, { status: "pending" });
        expect(await idsOf({ category: "technical" })).toEqual([technical._id]);
        expect(await idsOf({ priority: "low" })).toEqual([billing._id]);
        expect(await idsOf({ status: "pending" })).toEqual([billing._id]);
        expect(await idsOf({ status: "open", priority: "low" })).toEqual([]);
      });

      test("a list counts tickets by status when asked to", async () => {
        const { _id } = await client.create(request);
        await client.create(request);
        await agent.update(_id, { status: "pending" });
        expect((await agent.list()).counts).toBeNull();
        expect((await agent.list({ countByStatus: true })).counts).toEqual({
          ...{ open: 1, pending: 1, in_progress: 0, resolved: 0, closed: 0 },
        });
      });

      only("counts-before-filter")(
        "the counts are of all statuses, whatever the filter",
        async () => {
          const { _id } = await client.create(request);
          await client.create(request);
          await agent.update(_id, { status: "pending" });
          const { counts, tickets } = await agent.list({ status: "open", countByStatus: true });
          expect(tickets).toHaveLength(1);
          expect(counts).toMatchObject({ open: 1, pending: 1 });
        },
      );

      only("more-filters")("a list is filtered by tag, words, people and time", async () => {
        const one = await client.create({ ...request, tags: ["mango"] });
        const other = await client.create({ ...request, title: "A quince in the logs" });
        const assigned = await agent.update(other._id, { assignedTo: "agent_7" });
        expect(await idsOf({ tag: "mango" })).toEqual([one._id]);
        expect(await idsOf({ q: "quince" })).toEqual([other._id]);
        expect(await idsOf({ assignedTo: "agent_7" })).toEqual([other._id]);
        expect((await idsOf({ client: String(one.client) })).sort()).toEqual(
          [one._id, other._id].sort(),
        );
        expect(await idsOf({ client: "no one" })).toEqual([]);
        const updatedSince = Date.parse(assigned.updatedAt);
        expect(await idsOf({ updatedSince })).toContain(other._id);
        expect(await idsOf({ updatedSince: updatedSince + 1 })).toEqual([]);
      });

      only("client-visibility")("another's ticket is as if it were not there", async () => {
        const { _id } = await agent.create(request);
        expect(await faultOf(client.get(_id))).toMatchObject({
          code: "NOT_FOUND",
          said: { code: "SUPPORT_TICKET_NOT_FOUND" },
        });
        expect((await client.list()).tickets).toEqual([]);
      });
    });

    describe("changing", () => {
      test("only the fields given change", async () => {
        const ticket = await client.create(request);
        const changed = await agent.update(ticket._id, {
          priority: "urgent",
          assignedTo: "agent_7",
        });
        const { updatedAt } = changed;
        expect(changed).toEqual({
          ...ticket,
          priority: "urgent",
          assignedTo: "agent_7",
          updatedAt,
        });
        expect(Date.parse(updatedAt)).toBeGreaterThanOrEqual(Date.parse(ticket.updatedAt));
        expect(await client.get(ticket._id)).toEqual(changed);
      });

      test("a resolved ticket tells its resolution and when it was resolved", async () => {
        const { _id } = await client.create(request);
        const change = { status: "resolved", resolution: "The key was renewed." } as const;
        const resolved = await agent.update(_id, change);
        expect(resolved).toMatchObject({ ...change, resolvedAt: expect.any(String) });
        expect(await client.get(_id)).toEqual(resolved);
      });

      only("status-machine")("a move that the table does not have is refused", async () => {
        const { _id } = await client.create(request);
        await agent.update(_id, { status: "closed" });
        expect(await faultOf(agent.update(_id, { status: "open" }))).toMatchObject({
          ...{ code: "CONFLICT", status: 409, effect: "none" },
          said: { code: "INVALID_TRANSITION" },
        });
      });

      only("status-machine")("resolving takes a resolution", async () => {
        const { _id } = await client.create(request);
        expect(await faultOf(agent.update(_id, { status: "resolved" }))).toMatchObject({
          ...{ code: "REFUSED", status: 400, effect: "none" },
          said: { code: "RESOLUTION_REQUIRED" },
        });
      });

      only("client-visibility")(
        "a client may not change what is an agent's to change",
        async () => {
          const { _id } = await client.create(request);
          expect(await faultOf(client.update(_id, { priority: "urgent" }))).toMatchObject({
            ...{ code: "FORBIDDEN", status: 403, effect: "none" },
            said: { code: "FORBIDDEN" },
          });
        },
      );
    });

    describe("replying", () => {
      test("a reply is read back after the entries that were there, or was said not to be", async () => {
        const ticket = await client.create(request);
        const appended = await agent.append(ticket._id, reply);
        const { threads } = await client.get(ticket._id);
        if (service.replies === "off") {
          expect(appended).toEqual({ recorded: false, reason: "off" });
          expect(threads).toEqual(ticket.threads);
          return;
        }
        expect(appended).toMatchObject({ recorded: true, ticket: { threads } });
        const { message, type } = reply;
        expect(threads).toEqual([...ticket.threads, expect.objectContaining({ message, type })]);
      });

      test("two replies keep their order", async () => {
        const { _id } = await client.create(request);
        await agent.append(_id, reply);
        await agent.append(_id, { ...reply, message: "Let me check the logs." });
        const { threads } = await client.get(_id);
        const messages = threads.slice(1).map((entry) => entry.message);
        expect(messages).toEqual(
          service.replies === "off" ? [] : [reply.message, "Let me check the logs."],
        );
      });

      test("a reply keeps its reference, whatever is said after it", async () => {
        const { _id } = await client.create(request);
        const appended = await agent.append(_id, reply);
        if (!appended.recorded) return expect(service.replies).toBe("off");
        await agent.append(_id, { ...reply, message: "Let me check the logs." });
        const { entries = [] } = await client.read(_id);
        expect(entries[1]).toMatchObject({ ref: appended.ref, entry: { message: reply.message } });
        expect(new Set(entries.map(({ ref }) => ref)).size).toBe(3);
      });

      only("status-machine")("a closed ticket takes no reply", async () => {
        const { _id } = await client.create(request);
        await agent.update(_id, { status: "closed" });
        expect(await faultOf(agent.append(_id, reply))).toMatchObject({
          ...{ code: "CONFLICT", effect: "none" },
          said: { code: "TICKET_CLOSED" },
        });
      });
    });

    describe("refusing", () => {
      test("a ticket without a title, in the contract's words", async () => {
        const { title, ...untitled } = request;
        expect(await raw("POST", "", untitled)).toMatchObject({
          status: 400,
          body: told.titleMissing,
        });
        expect(await faultOf(client.create({ ...request, title: " " }))).toMatchObject({
          ...{ code: "REFUSED", status: 400, effect: "none" },
          said: { code: "TITLE_REQUIRED", sentence: told.titleMissing?.error },
        });
        expect(await idsOf({})).toEqual([]);
      });

      test("a priority that there is not, in the contract's words", async () => {
        expect(await raw("POST", "", { ...request, priority: "huge" })).toMatchObject({
          status: 400,
          body: told.priorityInvalid,
        });
      });

      test("a list with parameters that cannot be, in the contract's words", async () => {
        expect(await raw("GET", "?limit=1000")).toMatchObject({
          status: 400,
          body: told.listParametersInvalid,
        });
        expect(await faultOf(client.list({ page: 0 }))).toMatchObject({
          ...{ code: "REFUSED", status: 400, effect: "none" },
          said: { code: "INVALID_PARAMETERS" },
        });
      });

      test("a ticket that is not there, read, changed and replied to", async () => {
        const nowhere = { code: "NOT_FOUND", status: 404, effect: "none" };
        const said = { code: "SUPPORT_TICKET_NOT_FOUND", sentence: told.ticketMissing?.error };
        expect(await raw("GET", "/none")).toMatchObject({ status: 404, body: told.ticketMissing });
        for (const id of ["none", "a/b?c=d#e", "%2e%2e", "ä 🦊"]) {
          expect(await faultOf(agent.get(id))).toMatchObject({ ...nowhere, said });
          expect(await faultOf(agent.update(id, { title: "T" }))).toMatchObject({
            ...nowhere,
            said,
          });
        }
        if (service.replies === "off") return;
        expect(await faultOf(agent.append("none", reply))).toMatchObject({ ...nowhere, said });
      });

      test("a token that it does not know", async () => {
        const stranger = connect("no-such-token");
        const refused = { code: "UNAUTHORIZED", status: 401, effect: "none" };
        expect(await faultOf(stranger.create(request))).toMatchObject({
          ...refused,
          said: { code: "UNAUTHORIZED" },
        });
        expect(await faultOf(stranger.list())).toMatchObject(refused);
        expect(await stranger.check()).toMatchObject({ ok: false });
        await stranger.close();
        expect(await idsOf({})).toEqual([]);
      });
    });

    test("a check finds the service good", async () => {
      await client.create(request);
      expect(await agent.check()).toMatchObject({ ok: true });
    });
  });
}
