import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Ticket } from "../../src/tickets/ticket.ts";
import { type Answered, type Api, startApi } from "./api.ts";

const fixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`../fixtures/contract/${name}`, import.meta.url), "utf8"));

const path = "/v2/support-tickets";
const given = { title: "T", description: "D", priority: "low", category: "general" };
const dataOf = ({ json }: Answered) => (json as { data: Ticket }).data;
const idsOf = ({ json }: Answered) => (json as { data: Ticket[] }).data.map(({ _id }) => _id);
const open = async (api: Api, more: object = {}, as: "client_1" | "client_2" = "client_1") =>
  dataOf(await api.request("POST", path, { as, json: { ...given, ...more } }));
const change = (api: Api, id: string, json: object, as: "client_1" | "agent_1" = "agent_1") =>
  api.request("PUT", `${path}/${id}`, { as, json });
const reply = (api: Api, id: string, json: object, as: "client_1" | "agent_1" = "agent_1") =>
  api.request("POST", `${path}/${id}/threads`, { as, json });

describe("creating a ticket", () => {
  test("the contract's example is answered with exactly the contract's example", async () => {
    const api = await startApi({
      ids: { ticketId: () => "support_ticket_123456789", reference: () => "T-123456" },
      now: () => Date.parse("2024-01-15T10:30:00Z"),
    });
    const created = await api.request("POST", path, { json: fixture("create.request.json") });
    const expected = JSON.stringify(fixture("create.response.json"))
      .replaceAll("client_123456789", "client_1")
      .replaceAll("10:30:00Z", "10:30:00.000Z");
    expect(created.status).toBe(201);
    expect(created.text).toBe(expected);
    expect(created.headers.get("Location")).toBe(`${path}/support_ticket_123456789`);
  });

  test("it is there after a restart", async () => {
    const api = await startApi();
    const ticket = await open(api, { tags: ["a"] });
    await api.restart();
    expect(dataOf(await api.request("GET", `${path}/${ticket._id}`))).toEqual(ticket);
  });

  test("a reference that is taken is drawn again", async () => {
    const references = ["T-AAAAAA", "T-AAAAAA", "T-BBBBBB"];
    const ticketIds = ["ticket_1", "ticket_2", "ticket_3"];
    const api = await startApi({
      ids: {
        ticketId: () => ticketIds.shift() ?? "none left",
        reference: () => references.shift() ?? "T-CCCCCC",
      },
    });
    await open(api);
    await open(api);
    expect(await api.store.findByReference("T-AAAAAA")).toBe("ticket_1");
    expect(await api.store.findByReference("T-BBBBBB")).toBe("ticket_3");
  });

  test("what is wrong is told, each field once, the first at the top", async () => {
    const api = await startApi();
    const wrong = await api.request("POST", path, { json: { ...given, title: "", tags: 1, x: 1 } });
    expect(wrong.status).toBe(400);
    expect(wrong.json).toEqual({
      ...fixture("errors.json").titleMissing,
      errors: [
        { field: "title", ...fixture("errors.json").titleMissing },
        { field: "tags", error: expect.any(String), message: "INVALID_TAGS" },
        { field: "x", error: "Unknown field: x", message: "UNKNOWN_FIELD" },
      ],
    });
  });
});

describe("who may do what", () => {
  test.each([
    "",
    "Bearer",
    "Bearer x",
    "Basic client-one-secret",
    "client-one-secret",
    "Bearer client-one-secre",
    "Bearer client-one-secrett",
    "Bearer client-one-secret x",
  ])("with %j nothing is told, of any ticket", async (Authorization) => {
    const api = await startApi();
    const { _id } = await open(api);
    const headers = { Authorization };
    const answers = [
      await api.request("GET", path, { as: "nobody", headers }),
      await api.request("GET", `${path}/${_id}`, { as: "nobody", headers }),
      await api.request("GET", `${path}/none`, { as: "nobody", headers }),
      await api.request("POST", path, { as: "nobody", headers, json: given }),
      await api.request("PUT", `${path}/${_id}`, { as: "nobody", headers, json: {} }),
    ];
    for (const { status, json, headers } of answers) {
      expect(status).toBe(401);
      expect(json).toEqual({ error: expect.any(String), message: "UNAUTHORIZED" });
      expect(headers.get("WWW-Authenticate")).toBe("Bearer");
    }
  });

  test("a client sees and changes their own tickets; of others' it learns nothing", async () => {
    const api = await startApi();
    const { _id } = await open(api);
    const foreign = { as: "client_2" } as const;
    const missing = await api.request("GET", `${path}/support_ticket_none`, foreign);
    expect(missing.status).toBe(404);
    expect(missing.json).toEqual(fixture("errors.json").ticketMissing);
    const attempts = [
      api.request("GET", `${path}/${_id}`, foreign),
      api.request("PUT", `${path}/${_id}`, { ...foreign, json: { title: "Mine" } }),
      api.request("PUT", `${path}/${_id}`, { ...foreign, json: { priority: "low" } }),
      api.request("POST", `${path}/${_id}/threads`, { ...foreign, json: { message: "Hi" } }),
      api.request("POST", `${path}/${_id}/threads`, {
        ...foreign,
        json: { message: "Hi", type: "agent" },
      }),
    ];
    for (const attempt of await Promise.all(attempts)) {
      expect(attempt.status).toBe(404);
      expect(attempt.json).toEqual(missing.json);
    }
    expect(idsOf(await api.request("GET", path, foreign))).toEqual([]);
    const asked = await api.request(
      "GET",
      `${path}?client=client_1&countByStatus=true&q=D`,
      foreign,
    );
    expect(asked.json).toMatchObject({
      data: [],
      pagination: { total: 0, pages: 0 },
      counts: { open: 0 },
    });
    expect(idsOf(await api.request("GET", path, { as: "agent_1" }))).toEqual([_id]);
    await open(api, {}, "client_2");
    expect(idsOf(await api.request("GET", `${path}?client=client_1`, foreign))).toEqual([]);
  });

  test.each([
    [{ priority: "high" }, 403, "FORBIDDEN"],
    [{ assignedTo: "agent_1" }, 403, "FORBIDDEN"],
    [{ title: "New", resolution: "x" }, 403, "FORBIDDEN"],
    [{ status: "in_progress" }, 403, "FORBIDDEN"],
    [{ status: "resolved", resolution: "x" }, 403, "FORBIDDEN"],
    [{ title: "New", description: "Newer", tags: ["x"] }, 200, undefined],
    [{ status: "closed" }, 200, undefined],
    [{}, 200, undefined],
  ])("a client changing %j: %s", async (changed, status, message) => {
    const api = await startApi();
    const ticket = await open(api);
    const answered = await change(api, ticket._id, changed, "client_1");
    expect(answered.status).toBe(status);
    if (status === 200) expect(dataOf(answered)).toMatchObject(changed);
    else expect(answered.json).toMatchObject({ message });
  });
});

describe("the life of a ticket", () => {
  test("opened, answered, resolved, reopened by a reply, resolved, closed", async () => {
    const api = await startApi();
    const { _id } = await open(api);
    const answered = dataOf(await reply(api, _id, { message: "Looking into it" }));
    expect(answered).toMatchObject({ status: "in_progress", resolvedAt: null });
    expect(answered.threads.map(({ author, type }) => [author, type])).toEqual([
      ["client_1", "user"],
      ["agent_1", "agent"],
    ]);

    expect((await change(api, _id, { status: "resolved" })).json).toMatchObject({
      message: "RESOLUTION_REQUIRED",
    });
    const resolved = dataOf(await change(api, _id, { status: "resolved", resolution: "Done" }));
    expect(resolved.resolvedAt).toBe(resolved.updatedAt);

    const reopened = dataOf(await reply(api, _id, { message: "Not yet" }, "client_1"));
    expect(reopened).toMatchObject({ status: "open", resolvedAt: null });

    await change(api, _id, { status: "resolved", resolution: "Really done" });
    const closed = dataOf(await change(api, _id, { status: "closed" }, "client_1"));
    expect(closed).toMatchObject({ status: "closed", resolution: "Really done" });
    expect(closed.resolvedAt).not.toBeNull();

    const late = await reply(api, _id, { message: "One more thing" }, "client_1");
    expect([late.status, late.json]).toEqual([
      409,
      expect.objectContaining({ message: "TICKET_CLOSED" }),
    ]);
    const moved = await change(api, _id, { status: "open" });
    expect([moved.status, moved.json]).toEqual([
      409,
      expect.objectContaining({ message: "INVALID_TRANSITION" }),
    ]);
    await api.restart();
    expect(dataOf(await api.request("GET", `${path}/${_id}`))).toEqual(closed);
  });

  test("a hundred replies at once all arrive, each once", async () => {
    const api = await startApi();
    const { _id } = await open(api);
    const said = Array.from({ length: 100 }, (_, n) => `message ${n}`);
    await Promise.all(said.map((message) => reply(api, _id, { message })));
    const { threads } = dataOf(await api.request("GET", `${path}/${_id}`));
    expect(
      threads
        .slice(1)
        .map(({ message }) => message)
        .sort(),
    ).toEqual(said.sort());
  });
});

test("a ticket that is full says so, can still be closed, and leaves the others alone", async () => {
  const api = await startApi();
  const { _id } = await open(api);
  const message = "x".repeat(10_000);
  const sent = Array.from({ length: 201 }, () => reply(api, _id, { message }));
  const answers = await Promise.all(sent);
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(200);
  const refused = answers.filter(({ status }) => status !== 201);
  expect(refused.map(({ json }) => json)).toEqual([
    expect.objectContaining({ message: "TICKET_FULL" }),
  ]);
  expect((await change(api, _id, { status: "closed" })).status).toBe(200);
});

describe("lists", () => {
  test("have the contract's shape", async () => {
    const api = await startApi();
    await open(api, { tags: ["api"] });
    const { json } = await api.request("GET", `${path}?countByStatus=true`);
    const expected = fixture("list.response.json");
    const shape = (value: object) => Object.keys(value);
    const { data, pagination, counts } = json as typeof expected;
    expect(shape(json as object)).toEqual(shape(expected));
    expect(shape(data[0])).toEqual(shape(expected.data[0]));
    expect(pagination).toEqual(expected.pagination);
    expect(counts).toEqual({ open: 1, pending: 0, in_progress: 0, resolved: 0, closed: 0 });
    expect((await api.request("GET", path)).json).not.toHaveProperty("counts");
  });

  test("can be asked for by everything the contract names", async () => {
    const api = await startApi();
    const first = await open(api, { priority: "urgent", tags: ["vip"], title: "Printer on fire" });
    await open(api, { category: "billing" }, "client_2");
    await change(api, first._id, { assignedTo: "agent_1" });
    const asked = (query: string) => api.request("GET", `${path}?${query}`, { as: "agent_1" });
    for (const query of [
      "priority=urgent",
      "tag=vip",
      "assignedTo=agent_1",
      "client=client_1",
      "q=fire+printer",
      "category=general&status=open",
    ])
      expect(idsOf(await asked(query)), query).toEqual([first._id]);
    expect(
      idsOf(await asked(`updatedSince=${encodeURIComponent("2100-01-01T00:00:00+02:00")}`)),
    ).toEqual([]);
    expect(idsOf(await asked("updatedSince=2020-01-01T00:00:00Z"))).toHaveLength(2);
    const second = await asked("page=2&limit=1");
    expect(idsOf(second)).toEqual([first._id]);
    expect(second.json).toMatchObject({ pagination: { page: 2, limit: 1, total: 2, pages: 2 } });
  });

  test.each([
    "page=0",
    "page=-1",
    "page=1.5",
    "page=x",
    "limit=0",
    "limit=101",
    "status=opened",
    "category=",
    "priority=LOW",
    "countByStatus=yes",
    "updatedSince=yesterday",
    "page=1&page=2",
    "unknown=1",
    "__proto__=1",
    "tag=",
    `q=${"x".repeat(201)}`,
  ])("%s is refused in the contract's words", async (query) => {
    const api = await startApi();
    const { status, json } = await api.request("GET", `${path}?${query}`);
    expect(status).toBe(400);
    expect(json).toMatchObject(fixture("errors.json").listParametersInvalid);
    expect(json).toMatchObject({
      errors: [{ field: query.split("=")[0], error: expect.any(String) }],
    });
  });
});

describe("Idempotency-Key", () => {
  const once = (key: string) => ({ headers: { "Idempotency-Key": key } });

  test("the same create again returns the first answer, also after a restart and later changes", async () => {
    const api = await startApi();
    const first = await api.request("POST", path, { json: given, ...once("k") });
    const again = { ...once("k"), body: JSON.stringify({ ...given, tags: [] }, null, 2) };
    expect((await api.request("POST", path, again)).text).toBe(first.text);
    const { _id } = dataOf(first);
    await reply(api, _id, { message: "m" });
    await change(api, _id, { title: "Other", status: "resolved", resolution: "r", tags: ["t"] });
    await api.restart();
    const later = await api.request("POST", path, again);
    expect([later.status, later.text]).toEqual([201, first.text]);
    expect(idsOf(await api.request("GET", path))).toEqual([_id]);
  });

  test("changes and replies take effect once, and return what they first did", async () => {
    const api = await startApi();
    const { _id } = await open(api);
    const say = () =>
      api.request("POST", `${path}/${_id}/threads`, { json: { message: "m" }, ...once("r") });
    const name = () =>
      api.request("PUT", `${path}/${_id}`, { json: { title: "Named" }, ...once("n") });
    const said = await say();
    const named = await name();
    await change(api, _id, { title: "Renamed", priority: "urgent" });
    await reply(api, _id, { message: "n" });
    await api.restart();
    expect((await say()).text).toBe(said.text);
    expect((await name()).text).toBe(named.text);
    const { threads, title } = dataOf(await api.request("GET", `${path}/${_id}`));
    expect(threads.map(({ message }) => message)).toEqual(["D", "m", "n"]);
    expect(title).toBe("Renamed");
  });

  test("the same key with another request is refused", async () => {
    const api = await startApi();
    const { _id } = dataOf(await api.request("POST", path, { json: given, ...once("k") }));
    await api.request("PUT", `${path}/${_id}`, { json: { title: "A" }, ...once("c") });
    await api.restart();
    const reuses = [
      await api.request("POST", path, { json: { ...given, title: "Other" }, ...once("k") }),
      await api.request("PUT", `${path}/${_id}`, { json: { title: "B" }, ...once("c") }),
      await api.request("PUT", `${path}/${_id}`, { json: { title: "B" }, ...once("k") }),
      await api.request("POST", `${path}/${_id}/threads`, { json: { message: "A" }, ...once("c") }),
    ];
    for (const { status, json } of reuses) {
      expect(status).toBe(409);
      expect(json).toMatchObject({ message: "IDEMPOTENCY_KEY_REUSED" });
    }
  });

  test("one caller's key is not another's", async () => {
    const api = await startApi();
    await api.request("POST", path, { json: given, ...once("k") });
    const other = await api.request("POST", path, { as: "client_2", json: given, ...once("k") });
    expect(dataOf(other)).toMatchObject({ client: "client_2" });
  });

  test("an agent's key is not that of a client with the same id", async () => {
    const api = await startApi();
    const as = (token: string) => ({
      as: "nobody" as const,
      json: given,
      headers: { "Idempotency-Key": "k", Authorization: `Bearer ${token}` },
    });
    const one = dataOf(await api.request("POST", path, as("client-three-secret")));
    const other = dataOf(await api.request("POST", path, as("agent-three-secret")));
    expect(one._id).not.toBe(other._id);
  });

  test("a create's key is kept for good, a change's for seven days", async () => {
    let now = Date.parse("2026-01-01T00:00:00Z");
    const dayMs = 24 * 60 * 60 * 1_000;
    const api = await startApi({ now: () => now });
    const create = () => api.request("POST", path, { json: given, ...once("c") });
    const first = await create();
    const { _id } = dataOf(first);
    const say = () =>
      api.request("POST", `${path}/${_id}/threads`, { json: { message: "m" }, ...once("r") });
    now += 30 * dayMs;
    const said = await say();
    now += 6 * dayMs;
    await change(api, _id, { title: "Other" });
    expect((await say()).text).toBe(said.text);
    now += 2 * dayMs;
    await change(api, _id, { title: "Another" });
    expect((await create()).text).toBe(first.text);
    expect(dataOf(await say()).threads).toHaveLength(3);
  });

  test("a change that changed nothing is not done later, on an old ticket either", async () => {
    let now = Date.parse("2026-01-01T00:00:00Z");
    const api = await startApi({ now: () => now });
    const { _id } = await open(api, { title: "X" });
    now += 30 * 24 * 60 * 60 * 1_000;
    const name = () => api.request("PUT", `${path}/${_id}`, { json: { title: "X" }, ...once("n") });
    const named = await name();
    await change(api, _id, { title: "Y" });
    expect((await name()).text).toBe(named.text);
    expect(dataOf(await api.request("GET", `${path}/${_id}`)).title).toBe("Y");
  });

  test("after a hundred later ones a key still has no second effect", async () => {
    const api = await startApi();
    const { _id } = await open(api);
    const say = (n: number) =>
      api.request("POST", `${path}/${_id}/threads`, {
        json: { message: `${n}` },
        ...once(`r${n}`),
      });
    for (let n = 0; n < 102; n += 1) await say(n);
    const again = dataOf(await say(0));
    expect(again.threads).toHaveLength(103);
    expect(again).toEqual(dataOf(await api.request("GET", `${path}/${_id}`)));
    const exact = dataOf(await say(50));
    expect(exact.threads).toHaveLength(52);
  });

  test("twenty of the same at once make one ticket, and all hear of it", async () => {
    const api = await startApi();
    const creates = Array.from({ length: 20 }, () =>
      api.request("POST", path, { json: given, ...once("k") }),
    );
    const answers = await Promise.all(creates);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(idsOf(await api.request("GET", path))).toHaveLength(1);
  });

  test("a refused request leaves the key free", async () => {
    const api = await startApi();
    await api.request("POST", path, { json: { ...given, title: "" }, ...once("k") });
    expect((await api.request("POST", path, { json: given, ...once("k") })).status).toBe(201);
  });

  test.each(["", "two words", "x".repeat(256), "é"])("%j is no key", async (key) => {
    const api = await startApi();
    const { status, json } = await api.request("POST", path, { json: given, ...once(key) });
    expect([status, json]).toEqual([
      400,
      expect.objectContaining({ message: "INVALID_IDEMPOTENCY_KEY" }),
    ]);
  });
});
