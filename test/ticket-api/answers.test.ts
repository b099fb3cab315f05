import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readPage, readTicket } from "../../adapters/ticket-api/answers.ts";
import { withExtraKeys, withoutNulls } from "../fakes/ticket-api-faults.ts";
import { connected, created, faultOf, newTicket } from "./connected.ts";

const { data } = created;
const { _id } = data;

/** What the client makes of a ticket with these fields instead of the contract's. */
const read = (fields: object) => readTicket({ data: { ...data, ...fields } });
const field = (name: string, value: unknown) => {
  const found = read({ [name]: value });
  return "value" in found ? found.value[name as keyof typeof found.value] : found.reason;
};

describe("a ticket is understood", () => {
  test("from a service that leaves nulls out, adds keys and answers a create with 200", async () => {
    const { service, api } = await connected();
    const ticket = await api.create(newTicket);
    for (const rewrite of [withoutNulls, withExtraKeys]) {
      service.misbehave({ rewrite });
      const again = await api.get(_id);
      expect(again).toEqual(ticket);
      expect(JSON.stringify(again)).toBe(JSON.stringify(ticket));
    }
    service.misbehave({ status: 200, body: created });
    expect(await api.create(newTicket)).toMatchObject({ _id });
  });

  test("without the success that should be around it", () => {
    expect(readTicket({ data })).toEqual(readTicket(created));
    expect(readTicket({ success: null, data })).toEqual(readTicket(created));
  });

  test("with lists that are missing or null", () => {
    const { threads, attachments, tags, ...rest } = data;
    const bare = { value: { threads: [], attachments: [], tags: [] } };
    expect(readTicket({ data: rest })).toMatchObject(bare);
    expect(read({ threads: null, attachments: null, tags: null })).toMatchObject(bare);
  });

  test.each([
    ["2024-01-15T10:30:00Z", "2024-01-15T10:30:00.000Z"],
    ["2024-01-15T10:30:00.5Z", "2024-01-15T10:30:00.500Z"],
    ["2024-01-15T10:30:00.123456Z", "2024-01-15T10:30:00.123Z"],
    ["2024-01-15T12:30:00+02:00", "2024-01-15T10:30:00.000Z"],
    ["2024-01-14T23:30:00.250-11:00", "2024-01-15T10:30:00.250Z"],
  ])("with the time %s", (given, told) => {
    expect(field("createdAt", given)).toBe(told);
    expect(field("resolvedAt", given)).toBe(told);
  });

  test("with people as ids, or as objects with one", () => {
    expect(field("client", { _id: "client_7", name: "Ada" })).toBe("client_7");
    expect(field("assignedTo", { _id: "agent_7" })).toBe("agent_7");
    // As MongoDB's populate shows someone who was deleted.
    expect(field("client", null)).toBeNull();
    const [entry] = data.threads;
    expect(field("threads", [{ ...entry, author: { _id: "client_7" } }])).toMatchObject([
      { author: "client_7" },
    ]);
  });

  test("with entries and attachments that have less, or something else", () => {
    expect(field("threads", [{ type: "robot", message: "Beep" }, {}])).toEqual([
      { author: null, message: "Beep", timestamp: null, type: "system" },
      { author: null, message: "", timestamp: null, type: "system" },
    ]);
    expect(field("attachments", [{ url: "https://a.example/b", size: "7" }])).toEqual([
      { filename: null, url: "https://a.example/b", size: null, type: null },
    ]);
  });

  test("with times that run backwards, and a title longer than ours", () => {
    const title = "x".repeat(500);
    const updatedAt = "2001-01-01T00:00:00.000Z";
    expect(read({ title, updatedAt })).toMatchObject({ value: { title, updatedAt } });
  });
});

describe("a ticket is not understood", () => {
  test.each([
    ["status", "escalated", 'status: "escalated" is not one of open, pending'],
    ["priority", "Low", 'priority: "Low" is not one of low, medium'],
    ["category", null, "category: null is not one of technical"],
    ["createdAt", "yesterday", "createdAt: "],
    ["updatedAt", undefined, "updatedAt: "],
    ["resolvedAt", 7, "resolvedAt: "],
    ["title", 7, "title: "],
    ["threads", "none", "threads: "],
  ])("%s is %j", (name, value, reason) => {
    expect(field(name, value)).toContain(reason);
  });

  test("so reading it fails, and says which field it is", async () => {
    const { service, api } = await connected();
    await api.create(newTicket);
    service.misbehave({ rewrite: () => ({ data: { ...data, status: "escalated" } }) });
    const fault = await faultOf(api.get(_id));
    expect(fault).toMatchObject({ code: "UNREADABLE_TICKET", effect: "none" });
    expect(fault.message).toContain('status: "escalated" is not one of');
  });

  test("so a list goes on without it, and says so", async () => {
    const { service, api } = await connected();
    await api.create(newTicket);
    const other = { ...data, _id: "2", category: "sales" };
    service.misbehave({ rewrite: () => ({ data: [other, data, 7, { status: "open" }] }) });
    const { tickets, unreadable } = await api.list();
    expect(tickets.map((ticket) => ticket._id)).toEqual([_id]);
    expect(unreadable).toEqual([
      { id: "2", tags: data.tags, reason: expect.stringContaining('category: "sales"') },
      { id: null, tags: [], reason: expect.any(String) },
      { id: null, tags: [], reason: expect.stringContaining("_id") },
    ]);
  });
});

describe("a list says what it knows of the pages", () => {
  const pageOf = (body: object, asked = {}) => {
    const found = readPage(asked)({ data: [data], ...body });
    return "value" in found ? found.value : found;
  };
  test.each([
    [{ page: 2, limit: 1, total: 3, pages: 3 }, { page: 2, limit: 1, total: 3, pages: 3 }, true],
    [{ page: 3, limit: 1, total: 3, pages: 3 }, { page: 3, limit: 1, total: 3, pages: 3 }, false],
    [{ total: 41 }, { page: 2, limit: 20, total: 41, pages: 3 }, true],
    [{ total: "many", pages: null }, { page: 2, limit: 20, total: null, pages: null }, true],
    [undefined, { page: 2, limit: 20, total: null, pages: null }, true],
    [7, { page: 2, limit: 20, total: null, pages: null }, true],
  ])("%j", (pagination, told, more) => {
    expect(pageOf({ pagination }, { page: 2, limit: 20 })).toMatchObject({
      pagination: told,
      more,
    });
  });

  test("an empty page is the last, where no number is told", () => {
    expect(pageOf({ data: [] })).toMatchObject({ more: false, pagination: { page: 1 } });
  });

  test("counts may be missing, or some of them", () => {
    expect(pageOf({})).toMatchObject({ counts: null });
    expect(pageOf({ counts: { open: 2 } })).toMatchObject({ counts: { open: 2 } });
  });

  test("a list asks for what it is asked for", async () => {
    const { service, api } = await connected();
    const updatedSince = Date.parse("2024-01-15T10:30:00Z");
    await api.list({ page: 2, limit: 5, status: "open", q: "a&b=c", updatedSince });
    expect(service.requests[0]?.query).toEqual({
      ...{ page: "2", limit: "5", status: "open", q: "a&b=c" },
      updatedSince: "2024-01-15T10:30:00.000Z",
    });
  });
});

test("no JSON whatever breaks the reading", () => {
  const fields = fc.record(
    Object.fromEntries(Object.keys(data).map((name) => [name, fc.jsonValue()])),
    { requiredKeys: [] },
  );
  const bodies = fc.oneof(
    fc.jsonValue(),
    fields.map((changed) => ({ success: true, data: { ...data, ...changed } })),
    fc.array(fc.oneof(fc.jsonValue(), fields)).map((items) => ({ data: items, counts: items[0] })),
  );
  fc.assert(
    fc.property(bodies, (body) => {
      for (const found of [readTicket(body), readPage({})(body)])
        expect("value" in found || found.reason.length > 0).toBe(true);
    }),
  );
});
