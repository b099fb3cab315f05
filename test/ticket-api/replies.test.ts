import { describe, expect, test } from "vitest";
import type { Entry } from "../../src/tickets/ticket.ts";
import type { FakeEntry, FakeTicket } from "../fakes/ticket-api-tickets.ts";
import { connected, created, faultOf, newTicket } from "./connected.ts";

const { _id } = created.data;
const entry: Entry = {
  author: "agent_123456789",
  message: "Let me check the logs.",
  timestamp: "2024-01-15T11:00:00.000Z",
  type: "agent",
};

async function withTicket(options: Parameters<typeof connected>[0] = {}) {
  const { service, api } = await connected(options);
  await api.create(newTicket);
  const stored = service.tickets.byId.get(_id);
  if (!stored) return expect.fail("the stand-in keeps no ticket");
  const asked = () =>
    service.requests.slice(1).map(({ method, path, body }) => ({ method, path, body }));
  return { service, api, stored, asked };
}

const path = `/v2/support-tickets/${_id}`;

describe("a reply that is put among the ticket's threads", () => {
  test("is written after all that was there, each as it came", async () => {
    const { api, stored, asked } = await withTicket();
    const odd = { _id: "7", author: { _id: "a", name: "Ada" }, message: "Beep", type: "robot" };
    Object.assign(stored, { threads: [...stored.threads, odd] });
    const before = structuredClone(stored.threads);
    const appended = await api.append(_id, entry);
    expect(appended).toMatchObject({ recorded: true, ticket: { _id } });
    expect(stored.threads).toEqual([...before, entry]);
    expect(asked()).toEqual([
      { method: "GET", path, body: undefined },
      { method: "PUT", path, body: { threads: [...before, entry] } },
      { method: "GET", path, body: undefined },
    ]);
  });

  test("is said not to be recorded where the service leaves it out", async () => {
    const { service, api, stored } = await withTicket();
    service.tickets.habits.keepsThreads = false;
    expect(await api.append(_id, entry)).toEqual({ recorded: false, reason: "not-kept" });
    expect(stored.threads).toHaveLength(1);
  });

  test("is looked for again where the answer to the write does not show it", async () => {
    const { service, api } = await withTicket();
    const bare = (body: unknown) => {
      const { data } = body as { data: FakeTicket };
      const { threads, ...rest } = data;
      return { data: rest };
    };
    service.misbehave({ rewrite: bare }, { method: "PUT" });
    expect(await api.append(_id, entry)).toMatchObject({ recorded: true });
    service.misbehave("truncated-json", { method: "PUT" });
    expect(await api.append(_id, { ...entry, message: "Another" })).toMatchObject({
      recorded: true,
    });
  });

  test("is recognised where the service puts its own author and time on it", async () => {
    const { service, api } = await withTicket();
    const own = (body: unknown) => {
      const { data } = body as { data: FakeTicket };
      const threads = data.threads.map(
        (each): FakeEntry => ({ ...each, author: "them", timestamp: "2024-02-02T02:02:02Z" }),
      );
      return { data: { ...data, threads } };
    };
    service.misbehave({ rewrite: own }, { method: "PUT" });
    expect(await api.append(_id, entry)).toMatchObject({ recorded: true });
  });

  test("is not taken for an older one with the same words", async () => {
    const { service, api } = await withTicket();
    await api.append(_id, entry);
    service.tickets.habits.keepsThreads = false;
    const later = { ...entry, timestamp: "2024-01-15T12:00:00.000Z" };
    expect(await api.append(_id, later)).toEqual({ recorded: false, reason: "not-kept" });
    service.tickets.habits.keepsThreads = true;
    expect(await api.append(_id, later)).toMatchObject({ recorded: true });
  });

  test("is written once, also when it is sent again", async () => {
    const { service, api, stored } = await withTicket();
    service.misbehave("reset-after-write", { method: "PUT" });
    expect(await faultOf(api.append(_id, entry))).toMatchObject({ effect: "unknown" });
    expect(await api.append(_id, entry)).toMatchObject({ recorded: true });
    expect(stored.threads).toHaveLength(2);
  });

  test("is not written over entries that the service does not show", async () => {
    const { service, api, asked } = await withTicket();
    const hide = (body: unknown) => {
      const { threads, ...rest } = (body as { data: FakeTicket }).data;
      return { data: rest };
    };
    service.misbehave({ rewrite: hide }, { method: "GET" });
    expect(await api.append(_id, entry)).toEqual({ recorded: false, reason: "threads-not-shown" });
    expect(asked().map(({ method }) => method)).toEqual(["GET"]);
  });

  test("is the first of a ticket that has none", async () => {
    const { api, stored } = await withTicket();
    Object.assign(stored, { threads: null });
    expect(await api.append(_id, entry)).toMatchObject({ recorded: true });
    expect(stored.threads).toEqual([entry]);
  });

  test("says whether it may be there when a request of it fails", async () => {
    const { service, api, stored } = await withTicket();
    service.misbehave({ status: 500 }, { method: "GET" });
    expect(await faultOf(api.append(_id, entry))).toMatchObject({ effect: "none" });
    service.misbehave({ status: 400, body: { message: "UNKNOWN_FIELD" } }, { method: "PUT" });
    expect(await faultOf(api.append(_id, entry))).toMatchObject({
      ...{ code: "REFUSED", effect: "none" },
      said: { code: "UNKNOWN_FIELD" },
    });
    expect(stored.threads).toHaveLength(1);
    service.tickets.habits.keepsThreads = false;
    // The first read finds it well, and the one after the write does not.
    service.misbehave({ rewrite: (body) => body }, { method: "GET" });
    service.misbehave({ status: 503 }, { method: "GET" });
    expect(await faultOf(api.append(_id, entry))).toMatchObject({
      ...{ code: "SERVICE_FAILED", status: 503, effect: "unknown" },
    });
  });
});

describe("a reply that is posted", () => {
  test("is sent with its message, type and key, and the service says the rest", async () => {
    const { service, api, asked } = await withTicket({ replies: "post-thread" });
    const appended = await api.append(_id, entry, { idempotencyKey: "key-1" });
    expect(appended).toMatchObject({ recorded: true, ticket: { _id } });
    const { message, type } = entry;
    expect(asked()).toEqual([{ method: "POST", path: `${path}/threads`, body: { message, type } }]);
    expect(service.requests[1]?.headers["idempotency-key"]).toBe("key-1");
  });

  test("may be there when the connection is lost", async () => {
    const { service, api, stored } = await withTicket({ replies: "post-thread" });
    service.misbehave("reset-after-write");
    expect(await faultOf(api.append(_id, entry))).toMatchObject({ effect: "unknown" });
    expect(stored.threads).toHaveLength(2);
  });
});

test("a reply to a service that gets none is said not to be recorded, and asks nothing of it", async () => {
  const { api, asked } = await withTicket({ replies: "off" });
  expect(await api.append(_id, entry)).toEqual({ recorded: false, reason: "off" });
  expect(asked()).toEqual([]);
});

describe("in a service that gives all entries another author and time at each write", () => {
  const begin = async () => {
    const parts = await withTicket();
    parts.service.tickets.habits.stampsAll = true;
    const append = async (message: string) => {
      const appended = await parts.api.append(_id, { ...entry, message });
      return appended.recorded ? appended.ref : expect.fail(appended.reason);
    };
    const words = () => parts.stored.threads.map(({ message }) => message);
    const refOf = async (message: string) =>
      (await parts.api.read(_id)).entries?.find((each) => each.entry.message === message)?.ref ??
      expect.fail("it is not there");
    return { ...parts, append, words, refOf };
  };

  test("replies are there once, also those that say the same", async () => {
    const { append, words } = await begin();
    const refs = [await append("one"), await append("one"), await append("two")];
    expect(new Set(refs).size).toBe(3);
    expect(words()).toEqual([newTicket.description, "one", "one", "two"]);
  });

  test("one is changed, and taken off, and nothing of it comes back", async () => {
    const { api, append, words, refOf } = await begin();
    await append("one");
    await append("two");
    await api.rewrite(_id, await refOf("one"), "uno");
    expect(words()).toEqual([newTicket.description, "uno", "two"]);
    await api.remove(_id, await refOf("two"));
    expect(words()).toEqual([newTicket.description, "uno"]);
  });

  test("one that the service does not take off is not said to be off", async () => {
    const { service, api, append, refOf, stored } = await begin();
    await append("one");
    const ref = await refOf("one");
    service.before("PUT", () => {
      // It stamps what is there, and leaves what is written.
      for (const each of stored.threads) each.timestamp = "2024-02-02T02:02:02Z";
      service.tickets.habits.keepsThreads = false;
    });
    await expect(api.remove(_id, ref)).rejects.toMatchObject({ reason: "not-kept" });
  });

  test("what others read meanwhile, under other names, is not written a second time", async () => {
    const { service, api, append, words, stored } = await begin();
    await append("one");
    const readsOtherwise = async () => {
      for (const [index, each] of stored.threads.entries())
        each.timestamp = new Date(
          1_700_000_000_000 + service.requests.length * 60_000 + index,
        ).toISOString();
      await api.read(_id);
    };
    service.before("PUT", readsOtherwise);
    service.after("PUT", readsOtherwise);
    await append("two");
    expect(words()).toEqual([newTicket.description, "one", "two"]);
  });
});
