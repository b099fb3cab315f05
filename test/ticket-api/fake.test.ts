import { describe, expect, onTestFinished, test } from "vitest";
import { startTicketApi } from "../fakes/ticket-api.ts";
import { withExtraKeys, withoutNulls } from "../fakes/ticket-api-faults.ts";
import type { FakeTicket } from "../fakes/ticket-api-tickets.ts";
import { hangsMs } from "../fakes/until.ts";
import { created, fixture, newTicket } from "./connected.ts";

const listed = fixture<{ success: true; data: unknown[]; pagination: object }>(
  "list.response.json",
);
const told = fixture<Record<string, unknown>>("errors.json");

async function standIn() {
  const service = await startTicketApi();
  onTestFinished(() => service.stop());
  const ask = (method: string, path: string, body?: unknown, token = service.clientToken) =>
    fetch(`${service.url}/v2/support-tickets${path}`, {
      method,
      redirect: "manual",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  return { service, ask };
}

describe("the stand-in answers with the contract's own fixtures", () => {
  test("a create, byte for byte", async () => {
    const { ask } = await standIn();
    const answer = await ask("POST", "", newTicket);
    expect(answer.status).toBe(201);
    expect(await answer.text()).toBe(JSON.stringify(created));
  });

  test("a read and a list", async () => {
    const { ask } = await standIn();
    await ask("POST", "", newTicket);
    expect(await (await ask("GET", `/${created.data._id}`)).json()).toEqual(created);
    const { success, data, pagination } = listed;
    expect(await (await ask("GET", "")).json()).toEqual({ success, data, pagination });
  });

  test("refusals", async () => {
    const { ask } = await standIn();
    const bodyOf = async (answer: Promise<Response>) => (await answer).json();
    expect(await bodyOf(ask("POST", "", {}))).toEqual(told.titleMissing);
    expect(await bodyOf(ask("POST", "", { ...newTicket, priority: "huge" }))).toEqual(
      told.priorityInvalid,
    );
    expect(await bodyOf(ask("GET", "/none"))).toEqual(told.ticketMissing);
    expect(await bodyOf(ask("GET", "?limit=0"))).toEqual(told.listParametersInvalid);
    expect((await ask("GET", "", undefined, "no-such-token")).status).toBe(401);
    expect((await ask("DELETE", "")).status).toBe(404);
  });
});

describe("the stand-in misbehaves when it is told to", () => {
  test("and only as often as it is told, to the method it is told", async () => {
    const { service, ask } = await standIn();
    service.misbehave({ status: 503 }, { times: 2, method: "POST" });
    expect((await ask("GET", "")).status).toBe(200);
    expect((await ask("POST", "", newTicket)).status).toBe(503);
    expect((await ask("POST", "", newTicket)).status).toBe(503);
    expect(service.tickets.byId.size).toBe(0);
    expect((await ask("POST", "", newTicket)).status).toBe(201);
    expect(service.requests.map(({ method, body }) => ({ method, body }))).toEqual([
      { method: "GET", body: undefined },
      ...Array(3).fill({ method: "POST", body: newTicket }),
    ]);
  });

  test("a reset comes before the write, or after it", async () => {
    const { service, ask } = await standIn();
    service.misbehave("reset");
    await expect(ask("POST", "", newTicket)).rejects.toThrow();
    expect(service.tickets.byId.size).toBe(0);
    service.misbehave("reset-after-write");
    await expect(ask("POST", "", newTicket)).rejects.toThrow();
    expect(service.tickets.byId.size).toBe(1);
  });

  test("an answer never begins, or never ends", async () => {
    const { service, ask } = await standIn();
    service.misbehave("slow-headers");
    const unanswered = ask("POST", "", newTicket);
    await expect.poll(() => service.tickets.byId.size, { timeout: hangsMs }).toBe(1);
    service.misbehave("slow-body");
    const begun = await ask("POST", "", newTicket);
    expect(begun.status).toBe(201);
    const cut = [unanswered, begun.text()].map((call) => expect(call).rejects.toThrow());
    await service.stop();
    await Promise.all(cut);
  });

  test("an answer is cut short, with and without saying so", async () => {
    const { service, ask } = await standIn();
    service.misbehave("truncated-json");
    const whole = JSON.stringify(created);
    const short = await (await ask("POST", "", newTicket)).text();
    expect(whole.startsWith(short)).toBe(true);
    expect(short.length).toBeLessThan(whole.length);
    service.misbehave("cut-off");
    await expect(ask("GET", "").then((answer) => answer.text())).rejects.toThrow();
  });

  test("another page, a huge answer, garbage, a redirect", async () => {
    const { service, ask } = await standIn();
    service.misbehave("html");
    expect((await ask("GET", "")).headers.get("content-type")).toBe("text/html");
    service.misbehave({ hugeBytes: 1_000_000 });
    expect((await (await ask("GET", "")).text()).length).toBeGreaterThan(1_000_000);
    service.misbehave("garbage");
    await expect(ask("GET", "")).rejects.toThrow();
    service.misbehave({ status: 302, headers: { location: "http://127.0.0.1:1/" } });
    expect((await ask("GET", "")).status).toBe(302);
  });

  test("nulls are left out, and keys no one knows are added", async () => {
    const { service, ask } = await standIn();
    service.misbehave({ rewrite: withoutNulls });
    const without = await (await ask("POST", "", newTicket)).json();
    const { assignedTo, resolution, resolvedAt, ...rest } = created.data;
    expect(without).toEqual({ success: true, data: rest });
    service.misbehave({ rewrite: withExtraKeys });
    const more = await (await ask("GET", `/${created.data._id}`)).json();
    expect(more).toMatchObject({ ...created, __v: 0, data: { threads: [{ __v: 0 }] } });
  });
});

describe("the stand-in has people and programs besides us", () => {
  const path = `/${created.data._id}`;
  async function withTicket(options: Parameters<typeof startTicketApi>[0] = {}) {
    const service = await startTicketApi(options);
    onTestFinished(() => service.stop());
    const ask = (method: string, body?: unknown, headers: Record<string, string> = {}) =>
      fetch(`${service.url}/v2/support-tickets${path}`, {
        method,
        headers: { authorization: `Bearer ${service.agentToken}`, ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    service.tickets.create({ ...newTicket }, "client_123456789");
    const dataOf = async (answer: Response) => ((await answer.json()) as { data: FakeTicket }).data;
    const threadsNow = async () => (await dataOf(await ask("GET"))).threads;
    return { service, ask, dataOf, threadsNow, id: created.data._id };
  }

  test("who write, edit, take off and change, each time at a later time", async () => {
    const { service, ask, dataOf, threadsNow, id } = await withTicket();
    const entry = service.tickets.write(id, "agent_7", "On it.");
    expect(await threadsNow()).toHaveLength(2);
    service.tickets.edit(id, entry, "I am on it.");
    expect((await threadsNow())[1]).toEqual({ ...entry, message: "I am on it." });
    service.tickets.edit(id, entry);
    expect(await threadsNow()).toHaveLength(1);
    service.tickets.change(id, { priority: "low" });
    expect(await dataOf(await ask("GET"))).toMatchObject({
      priority: "low",
      updatedAt: "2024-01-15T10:30:04Z",
    });
    expect(() => service.tickets.change("none", {})).toThrow("none");
  });

  test("who come just before or just after a request, once", async () => {
    const { service, ask, dataOf, threadsNow, id } = await withTicket();
    service.before("PUT", () => void service.tickets.write(id, "agent_7", "Before."));
    service.after("PUT", () => void service.tickets.write(id, "agent_7", "After."));
    const threads = await threadsNow();
    const answered = await dataOf(await ask("PUT", { threads }));
    expect(answered.threads).toEqual(threads);
    const messages = async () =>
      (await threadsNow()).map((each: { message: string }) => each.message);
    expect(await messages()).toEqual([newTicket.description, "After."]);
    await ask("PUT", { threads });
    expect(await messages()).toEqual([newTicket.description]);
  });

  test("with ETags, a write of something else than what is there is refused", async () => {
    const { service, ask, id } = await withTicket({ etags: true });
    const etag = (await ask("GET")).headers.get("etag") ?? "";
    expect(etag).toMatch(/^".+"$/);
    service.tickets.write(id, "agent_7", "On it.");
    expect((await ask("PUT", { title: "T" }, { "if-match": etag })).status).toBe(412);
    const now = (await ask("GET")).headers.get("etag") ?? "";
    expect((await ask("PUT", { title: "T" }, { "if-match": now })).status).toBe(200);
    expect((await ask("PUT", { title: "U" })).status).toBe(200);
  });

  test("has habits: times and writers of its own, no entries, fields that stay", async () => {
    const { service, ask, dataOf, threadsNow } = await withTicket();
    const { habits } = service.tickets;
    const own = { author: "a", message: "m", timestamp: "2024-01-15T11:00:00.250Z", type: "agent" };
    const threads = await threadsNow();
    Object.assign(habits, { keepsWriters: false });
    await ask("PUT", { threads: [...threads, own] });
    const kept = await threadsNow();
    expect(kept[1]).toMatchObject({ author: "client_123456789", message: "m" });
    expect(kept[1]?.timestamp).not.toBe(own.timestamp);
    Object.assign(habits, { keepsWriters: true, keepsSeconds: true });
    await ask("PUT", { threads: [...kept, own] });
    const all = await threadsNow();
    expect(all.slice(0, 2)).toEqual(kept);
    expect(all[2]).toEqual({ ...own, timestamp: "2024-01-15T11:00:00Z" });
    habits.fixed.push("title");
    habits.showsThreads = false;
    const data = await dataOf(await ask("PUT", { title: "Other", priority: "low" }));
    expect(data).toMatchObject({ title: newTicket.title, priority: "low" });
    expect(data).not.toHaveProperty("threads");
  });

  test("fails after a write as well, and for one ticket only", async () => {
    const { service, ask, id } = await withTicket();
    service.misbehave({ statusAfterwards: 503 }, { method: "PUT" });
    expect((await ask("PUT", { title: "Other" })).status).toBe(503);
    expect(service.tickets.byId.get(id)?.title).toBe("Other");
    service.misbehave({ status: 500 }, { ticket: "another" });
    expect((await ask("GET")).status).toBe(200);
  });
});

describe("the stand-in's list", () => {
  test("knows updatedSince and tag, does not, or refuses them", async () => {
    const { service, ask } = await standIn();
    const { tickets } = service;
    for (const tags of [["a"], ["b"], ["c"]]) tickets.create({ ...newTicket, tags }, "x");
    const [first, second, third] = [...tickets.byId.values()];
    tickets.change(first?._id ?? "", {});
    const idsOf = async (query: string) =>
      ((await (await ask("GET", query)).json()) as { data: FakeTicket[] }).data.map(
        ({ _id }) => _id,
      );
    const all = [third?._id, second?._id, first?._id];
    const since = `?updatedSince=${third?.updatedAt}`;
    expect([await idsOf("?tag=b"), await idsOf(since)]).toEqual([all, all]);
    Object.assign(tickets.habits, { tag: "known", updatedSince: "known" });
    expect(await idsOf("?tag=b")).toEqual([second?._id]);
    expect(await idsOf(since)).toEqual([third?._id, first?._id]);
    Object.assign(tickets.habits, { tag: "refused", updatedSince: "refused" });
    for (const query of ["?tag=b", since]) expect((await ask("GET", query)).status).toBe(400);
    tickets.habits.listsFirst = "oldest";
    expect(await idsOf("")).toEqual(all.toReversed());
    tickets.habits.listsFirst = "changed";
    expect(await idsOf("")).toEqual([first?._id, third?._id, second?._id]);
  });
});
