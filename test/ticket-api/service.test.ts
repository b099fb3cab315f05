import { describe, expect, test } from "vitest";
import { createTicketService } from "../../adapters/ticket-api/service.ts";
import type { Failure } from "../../src/desk/chat.ts";
import { limits } from "../../src/tickets/limits.ts";
import type { Entry } from "../../src/tickets/ticket.ts";
import type { Fault } from "../fakes/ticket-api-faults.ts";
import type { FakeTicket } from "../fakes/ticket-api-tickets.ts";
import { startApi, tokens } from "../http/api.ts";
import { keptLog } from "../log.ts";
import { clientOf, connected, created, newTicket } from "./connected.ts";

const key = "1/p2/open/0";
const tagPattern = /^deskhand-[\w-]{22}$/;
const before = Date.parse("2024-01-15T10:30:00Z");
const said: Entry = {
  ...{ author: "T1:U1", message: "Let me check the logs.", type: "agent" },
  timestamp: "2024-01-15T11:00:00.250Z",
};

async function standIn(options: Parameters<typeof connected>[0] = {}) {
  const { service: remote, api } = await connected(options);
  const service = createTicketService(api);
  const failureOf = async (call: Promise<unknown>): Promise<Failure> => {
    const fault = await call.then(
      (given) => expect.unreachable(`It gave ${JSON.stringify(given)}`),
      (error: unknown) => error,
    );
    return service.failureOf(fault);
  };
  const messages = (id: string) => remote.tickets.byId.get(id)?.threads.map((each) => each.message);
  return { remote, api, service, failureOf, messages };
}

/** The same, with a ticket in it. */
async function withTicket(options: Parameters<typeof connected>[0] = {}) {
  const parts = await standIn(options);
  const ticket = await parts.service.create(newTicket, key);
  const stored = parts.remote.tickets.byId.get(ticket.id);
  if (!stored) return expect.fail("the stand-in keeps no ticket");
  parts.remote.requests.length = 0;
  const entriesNow = async () => (await parts.service.read(ticket.id)).entries ?? [];
  return { ...parts, ticket, id: ticket.id, stored, entriesNow };
}

describe("a ticket that is created there", () => {
  test("is told of with its fields and its description, and carries a tag of the key", async () => {
    const { remote, service } = await standIn();
    const ticket = await service.create(newTicket, key);
    const { updatedAt } = await service.read(ticket.id);
    expect(ticket).toEqual({
      id: created.data._id,
      fields: { status: "open", priority: newTicket.priority, assignedTo: null, resolution: null },
      updatedAt,
      entries: [expect.objectContaining({ type: "user", message: newTicket.description })],
    });
    const tags = remote.tickets.byId.get(ticket.id)?.tags;
    expect(tags).toEqual([...newTicket.tags, expect.stringMatching(tagPattern)]);
    expect(remote.requests[0]?.headers["idempotency-key"]).toBe(tags?.at(-1));
  });

  test("keeps to the number of tags: the last gives way", async () => {
    const { remote, service } = await standIn();
    const tags = Array.from({ length: limits.tags }, (_, index) => `tag-${index}`);
    const { id } = await service.create({ ...newTicket, tags }, key);
    const kept = remote.tickets.byId.get(id)?.tags;
    expect(kept).toEqual([...tags.slice(0, -1), expect.stringMatching(tagPattern)]);
  });

  test.each<[string, Fault]>([
    ["the answer is lost", "reset-after-write"],
    ["it is answered with a server's error", { statusAfterwards: 502 }],
    ["the answer is broken", "truncated-json"],
  ])("is found by its key when %s", async (_, fault) => {
    const { remote, service, failureOf } = await standIn();
    remote.misbehave(fault);
    expect(await failureOf(service.create(newTicket, key))).toMatchObject({ outcome: "uncertain" });
    const found = await service.findCreated(key, before);
    expect(found).toEqual(await service.read(created.data._id));
    expect(await service.findCreated("another", before)).toBeUndefined();
    expect(remote.tickets.byId.size).toBe(1);
  });

  test.each([
    ["knows the filter by tag", "known", 1],
    ["does not know the filter", "ignored", 4],
    ["refuses the filter", "refused", 4],
  ] as const)("is found among hundreds where the service %s", async (_, tag, lists) => {
    const { remote, service, api } = await standIn();
    const { id } = await service.create(newTicket, key);
    for (let more = 0; more < 250; more += 1) remote.tickets.create({ ...newTicket }, "x");
    remote.tickets.habits.tag = tag;
    remote.requests.length = 0;
    expect(await service.findCreated(key, before)).toMatchObject({ id });
    expect(remote.requests).toHaveLength(lists + 1);
    await api.close();
  });

  test.each(["newest", "oldest"] as const)(
    "is not looked for among tickets that are older than it, with the %s listed first",
    async (listsFirst) => {
      const { remote, service } = await standIn();
      for (let more = 0; more < 450; more += 1) remote.tickets.create({ ...newTicket }, "x");
      const { id } = await service.create(newTicket, key);
      remote.tickets.create({ ...newTicket }, "x");
      remote.tickets.habits.listsFirst = listsFirst;
      const sinceMs = Date.parse(remote.tickets.byId.get(id)?.createdAt ?? "");
      remote.requests.length = 0;
      expect(await service.findCreated("not there", sinceMs + 15 * 60_000)).toBeUndefined();
      expect(await service.findCreated(key, sinceMs)).toMatchObject({ id });
      expect(remote.requests.length).toBeLessThan(9);
    },
  );

  test("is found behind older ones that were changed since, where these are listed first", async () => {
    const { remote, service } = await standIn();
    for (let more = 0; more < 150; more += 1) remote.tickets.create({ ...newTicket }, "x");
    const { id } = await service.create(newTicket, key);
    const created = Date.parse(remote.tickets.byId.get(id)?.createdAt ?? "");
    let now = created + 3_600_000;
    remote.tickets.habits.now = () => now++;
    const others = [...remote.tickets.byId.keys()].filter((each) => each !== id);
    for (const index of others.keys())
      remote.tickets.change(others[(index * 7) % others.length] ?? "", {});
    remote.tickets.habits.listsFirst = "changed";
    // By our clock, it was created after all of the others.
    const sinceMs = created + 10 * 60_000;
    expect(await service.findCreated(key, sinceMs)).toMatchObject({ id });
  });

  test("is not created again when it is there and cannot be understood: agents are told", async () => {
    const { remote, service, failureOf } = await standIn();
    const { id } = await service.create(newTicket, key);
    remote.tickets.change(id, { status: "new" });
    const failure = await failureOf(service.findCreated(key, before));
    expect(failure).toMatchObject({ outcome: "dead" });
    expect(failure.reason).toContain('status: "new" is not one of');
  });

  test("is not said to be missing where the list cannot be read", async () => {
    const { remote, service, failureOf } = await standIn();
    remote.misbehave({ status: 503 }, { times: 9, method: "GET" });
    expect(await failureOf(service.findCreated(key, before))).toMatchObject({ outcome: "retry" });
  });
});

describe("what a failure means", () => {
  test.each<[string, Fault, Failure]>([
    [
      "what it refuses is dead, with its words",
      { status: 400, body: { error: "Title is required", message: "TITLE_REQUIRED" } },
      {
        outcome: "dead",
        reason: "the ticket service refuses the request: Title is required (TITLE_REQUIRED)",
      },
    ],
    [
      "a wrong token is dead",
      { status: 401, body: { error: "Who are you?" } },
      { outcome: "dead", reason: "the ticket service does not accept the token: Who are you?" },
    ],
    [
      "a missing right is dead",
      { status: 403, body: { message: "FORBIDDEN" } },
      {
        outcome: "dead",
        reason: "the ticket service does not let this token do that: (FORBIDDEN)",
      },
    ],
    [
      "a ticket that is not there is dead",
      { status: 404, body: {} },
      { outcome: "dead", reason: "the ticket service knows no such ticket" },
    ],
    [
      "a state that does not allow it is dead",
      { status: 409, body: { error: "It is closed", message: "TICKET_CLOSED" } },
      {
        outcome: "dead",
        reason: "the ticket's state does not allow that: It is closed (TICKET_CLOSED)",
      },
    ],
    [
      "a key that was used for another content has been used: it is looked for",
      { status: 409, body: { error: "Reused", message: "IDEMPOTENCY_KEY_REUSED" } },
      {
        outcome: "uncertain",
        reason: "the ticket's state does not allow that: Reused (IDEMPOTENCY_KEY_REUSED)",
      },
    ],
    [
      "too many requests wait as long as it asks",
      { status: 429, headers: { "retry-after": "7" } },
      {
        outcome: "retry",
        reason: "the ticket service asks for fewer requests",
        retryAfterMs: 7_000,
      },
    ],
    [
      "an address that has moved waits for who can mend it",
      { status: 301, headers: { location: "https://elsewhere.example/" } },
      {
        outcome: "retry",
        reason: "the ticket service answers from another address; redirects are not followed",
        retryAfterMs: 60_000,
      },
    ],
    [
      "a server's error may have done it",
      { status: 500 },
      { outcome: "uncertain", reason: "the ticket service failed (HTTP 500)" },
    ],
    [
      "a server that is not there may have done it all the same",
      { status: 503 },
      { outcome: "uncertain", reason: "the ticket service failed (HTTP 503)", isDown: true },
    ],
    [
      "a lost connection may have done it",
      "reset",
      {
        outcome: "uncertain",
        reason: "the connection to the ticket service was lost before it answered",
        isDown: true,
      },
    ],
  ])("%s", async (_, fault, failure) => {
    const { remote, service, failureOf } = await standIn();
    remote.misbehave(fault);
    const { logged, ...told } = await failureOf(service.create(newTicket, key));
    expect(told).toEqual(failure);
    expect(logged ?? "").not.toMatch(/: |It is closed|Reused/);
  });

  test("what it says is for agents; the log has the status, and a code that no one can have written", async () => {
    const { remote, service, failureOf } = await standIn();
    const refusedWith = async (body: object) => {
      remote.misbehave({ status: 422, body });
      return failureOf(service.create(newTicket, key));
    };
    const quoting = { error: 'No "my password is hush"', message: "INVALID_DESCRIPTION" };
    expect(await refusedWith(quoting)).toEqual({
      outcome: "dead",
      reason: `the ticket service refuses the request: ${quoting.error} (INVALID_DESCRIPTION)`,
      logged: "the ticket service refuses the request (HTTP 422, INVALID_DESCRIPTION)",
    });
    expect(await refusedWith({ error: "It is bad", message: "hush" })).toMatchObject({
      logged: "the ticket service refuses the request (HTTP 422)",
    });
  });

  test("a service that is not there is tried again; nothing was done", async () => {
    const { remote, service, failureOf } = await standIn();
    await remote.stop();
    expect(await failureOf(service.create(newTicket, key))).toEqual({
      outcome: "retry",
      reason: "the ticket service cannot be reached",
      isDown: true,
    });
  });

  test("what was only read can be read again", async () => {
    const { remote, service, failureOf } = await standIn();
    remote.misbehave({ status: 500 });
    expect(await failureOf(service.read("1"))).toMatchObject({ outcome: "retry" });
  });

  test("what is no error of a call may have had an effect", () => {
    const { failureOf } = createTicketService(clientOf("http://127.0.0.1:1"));
    expect(failureOf(new RangeError("?"))).toMatchObject({ outcome: "uncertain" });
  });

  test("no reason has the token in it", async () => {
    const token = "a-token";
    const { remote } = await standIn();
    const service = createTicketService(clientOf(remote.url, { token }));
    remote.misbehave({ status: 403, body: { error: `Not with ${token}`, message: token } });
    const fault = await service.create(newTicket, key).catch((error: unknown) => error);
    expect(service.failureOf(fault).reason).not.toContain(token);
  });
});

describe("an entry's reference", () => {
  test("stays when others write, and when its message is edited there", async () => {
    const { remote, service, id, entriesNow } = await withTicket();
    const ref = await service.append(id, said, "key-1");
    const theirs = remote.tickets.write(id, "agent_7", "On it.");
    remote.tickets.write(id, "agent_7", "On it.");
    const first = await entriesNow();
    expect(new Set(first.map((entry) => entry.ref)).size).toBe(4);
    expect(first.find((entry) => entry.ref === ref)).toEqual({ ref, ...said });
    remote.tickets.edit(id, theirs, "I am on it.");
    const second = await entriesNow();
    expect(second.map((entry) => entry.ref)).toEqual(first.map((entry) => entry.ref));
    expect(second[2]?.message).toBe("I am on it.");
  });

  test("is another for each of two that were sent at the same moment, in whole seconds too", async () => {
    for (const keepsSeconds of [false, true]) {
      const { remote, service, id, entriesNow } = await withTicket();
      remote.tickets.habits.keepsSeconds = keepsSeconds;
      const first = await service.append(id, said, "key-1");
      const second = await service.append(id, { ...said, message: "And the file." }, "key-2");
      await service.remove(id, first);
      expect(await entriesNow()).toMatchObject([{}, { ref: second, message: "And the file." }]);
    }
  });

  test("holds without times and authors, as long as the message stays", async () => {
    const { remote, id, stored, entriesNow } = await withTicket();
    const bare = { message: "Hello", type: "agent" };
    Object.assign(stored, { threads: [bare, bare, { message: "Bye", type: "agent" }] });
    const refs = (await entriesNow()).map((entry) => entry.ref);
    expect(new Set(refs).size).toBe(3);
    remote.tickets.write(id, "agent_7", "More");
    expect((await entriesNow()).map((entry) => entry.ref).slice(0, 3)).toEqual(refs);
  });

  test("is not told where the service shows no entries", async () => {
    const { remote, service, id } = await withTicket();
    remote.tickets.habits.showsThreads = false;
    expect((await service.read(id)).entries).toBeUndefined();
  });
});

describe("an entry that is put among the ticket's threads", () => {
  test("is there, and read again", async () => {
    const { remote, service, id, entriesNow } = await withTicket();
    const ref = await service.append(id, said, "key-1");
    expect(remote.requests.map(({ method }) => method)).toEqual(["GET", "PUT", "GET"]);
    expect(await entriesNow()).toMatchObject([{ type: "user" }, { ref, ...said }]);
  });

  test("loses nothing that another wrote in between, where the service has ETags", async () => {
    const { remote, service, id, messages } = await withTicket({ etags: true });
    remote.before("PUT", () => void remote.tickets.write(id, "agent_7", "Me first."));
    remote.before("PUT", () => void remote.tickets.write(id, "agent_7", "Me too."));
    await service.append(id, said, "key-1");
    expect(messages(id)).toEqual([newTicket.description, "Me first.", "Me too.", said.message]);
    expect(remote.requests.map(({ method }) => method)).toEqual([
      ...["GET", "PUT", "GET", "PUT", "GET", "PUT", "GET"],
    ]);
  });

  test("leaves off what another took off just after it was written, where the service has ETags", async () => {
    const { remote, service, id, messages } = await withTicket({ etags: true });
    const theirs = remote.tickets.write(id, "agent_7", "Wrong ticket.");
    remote.after("PUT", () => remote.tickets.edit(id, theirs));
    await service.append(id, said, "key-1");
    expect(messages(id)).toEqual([newTicket.description, said.message]);
  });

  test("puts back what is missing where the service has ETags, and does not ask for them", async () => {
    const { remote, service, id, messages, entriesNow } = await withTicket({ etags: true });
    remote.tickets.habits.ignoresEtags = true;
    remote.before("PUT", async () => {
      remote.tickets.write(id, "agent_7", "Did you see this?");
      await entriesNow();
    });
    await service.append(id, said, "key-1");
    expect(messages(id)?.sort()).toEqual(
      [newTicket.description, "Did you see this?", said.message].sort(),
    );
  });

  test("gives up for now where the ticket changes all the time, and has done nothing", async () => {
    const { remote, service, failureOf, id, messages } = await withTicket({ etags: true });
    for (let times = 0; times < 20; times += 1)
      remote.before("PUT", () => remote.tickets.change(id, { title: `Title ${times}` }));
    expect(await failureOf(service.append(id, said, "key-1"))).toMatchObject({ outcome: "retry" });
    expect(messages(id)).toEqual([newTicket.description]);
  });

  test("puts back what a read saw in between, where the service has no ETags", async () => {
    const { remote, service, id, messages, entriesNow } = await withTicket();
    let ref: string | undefined;
    remote.before("PUT", async () => {
      remote.tickets.write(id, "agent_7", "Did you see this?");
      ref = (await entriesNow()).at(-1)?.ref;
    });
    const ours = await service.append(id, said, "key-1");
    expect(messages(id)?.sort()).toEqual(
      [newTicket.description, "Did you see this?", said.message].sort(),
    );
    const now = await entriesNow();
    expect(now.find((entry) => entry.ref === ref)).toMatchObject({ author: "agent_7" });
    expect(now.find((entry) => entry.ref === ours)).toMatchObject(said);
  });

  test("tells the log when others' entries are lost, and none of their words", async () => {
    const log = keptLog();
    const { remote, service, id, entriesNow } = await withTicket({ log });
    remote.before("PUT", async () => {
      remote.tickets.write(id, "agent_7", "Did you see this?");
      await entriesNow();
    });
    const without = (body: unknown) => {
      const { data } = body as { data: FakeTicket };
      const threads = data.threads.filter((each) => each.message !== "Did you see this?");
      return { data: { ...data, threads } };
    };
    remote.after("PUT", () =>
      remote.misbehave({ rewrite: without }, { times: 9, method: "GET", ticket: id }),
    );
    await service.append(id, said, "key-1");
    expect(log.lines).toMatchObject([{ level: "warn", fields: { lost: 1 } }]);
    expect(JSON.stringify(log.lines)).not.toContain("Did you see");
  });

  test("does not bring back what someone removed before", async () => {
    const { remote, service, id, messages, entriesNow } = await withTicket();
    const gone = remote.tickets.write(id, "agent_7", "Oops.");
    await entriesNow();
    remote.tickets.edit(id, gone);
    await service.append(id, said, "key-1");
    expect(messages(id)).toEqual([newTicket.description, said.message]);
  });

  test("is written again when another program's list, read before, has overwritten it", async () => {
    const { remote, service, id, stored, messages } = await withTicket();
    const theirs = [...structuredClone(stored.threads), { ...said, message: "From a program" }];
    remote.after("PUT", () => remote.tickets.overwrite(id, theirs));
    await service.append(id, said, "key-1");
    expect(messages(id)).toEqual([newTicket.description, "From a program", said.message]);
  });

  test("is written again when the list was put back as it was, once", async () => {
    const { remote, service, id, stored, messages } = await withTicket();
    const theirs = structuredClone(stored.threads);
    remote.after("PUT", () => remote.tickets.overwrite(id, theirs));
    await service.append(id, said, "key-1");
    expect(messages(id)).toEqual([newTicket.description, said.message]);
  });

  test("two at once are both there", async () => {
    const { service, id, messages } = await withTicket();
    const more = ["One", "Two", "Three"].map((message) => ({ ...said, message }));
    await Promise.all(more.map((entry) => service.append(id, entry, entry.message)));
    expect(messages(id)).toEqual([newTicket.description, "One", "Two", "Three"]);
  });

  test("is dead where the service does not keep it, and where it shows no entries", async () => {
    const { remote, service, failureOf, id } = await withTicket();
    remote.tickets.habits.keepsThreads = false;
    expect(await failureOf(service.append(id, said, "key-1"))).toEqual({
      outcome: "dead",
      reason: "the ticket service takes it, but does not keep it",
    });
    remote.tickets.habits.showsThreads = false;
    expect(await failureOf(service.append(id, said, "key-1"))).toEqual({
      outcome: "dead",
      reason: "the ticket service does not show the ticket's messages",
    });
  });

  test.each<[string, Fault]>([
    ["the answer is lost", "reset-after-write"],
    ["the service fails afterwards", { statusAfterwards: 500 }],
  ])("is found when %s", async (_, fault) => {
    for (const keepsWriters of [true, false]) {
      const { remote, service, failureOf, id, entriesNow } = await withTicket();
      Object.assign(remote.tickets.habits, {
        ...{ keepsWriters, now: () => Date.parse("2024-01-15T11:00:05Z") },
      });
      const other = remote.tickets.write(id, "agent_7", said.message);
      remote.misbehave(fault, { method: "PUT" });
      expect(await failureOf(service.append(id, said, "key-1"))).toMatchObject({
        outcome: "uncertain",
      });
      const ours = (await entriesNow()).at(-1);
      expect(ours?.author).toBe(keepsWriters ? said.author : "agent_123456789");
      expect(await service.findAppended(id, said, "key-1", [])).toBe(ours?.ref);
      expect(await service.findAppended(id, said, "key-1", [ours?.ref ?? ""])).toBeUndefined();
      expect(other.author).toBe("agent_7");
    }
  });

  test("is not found where it never arrived, whoever else says the same", async () => {
    const { remote, service, id } = await withTicket();
    remote.tickets.write(id, "agent_7", said.message);
    expect(await service.findAppended(id, said, "key-1", [])).toBeUndefined();
  });

  test("is not said to be missing where the service shows no entries", async () => {
    const { remote, service, failureOf, id } = await withTicket();
    remote.tickets.habits.showsThreads = false;
    expect(await failureOf(service.findAppended(id, said, "key-1", []))).toMatchObject({
      outcome: "dead",
    });
  });

  test("may be there when it cannot be looked for after the write", async () => {
    const { remote, service, failureOf, id } = await withTicket();
    remote.after("PUT", () => remote.misbehave({ status: 503 }, { method: "GET" }));
    expect(await failureOf(service.append(id, said, "key-1"))).toMatchObject({
      outcome: "uncertain",
    });
  });
});

describe("an entry that is there", () => {
  test("gets other words, and keeps its reference, its author and what no one knows", async () => {
    const { remote, service, id, stored, messages } = await withTicket();
    const ref = await service.append(id, said, "key-1");
    const odd = stored.threads.map((entry) => ({ ...entry, read: true }));
    Object.assign(stored, { threads: odd });
    remote.before("PUT", () => undefined);
    await service.rewrite(id, ref, "Let me check both logs.");
    expect(messages(id)).toEqual([newTicket.description, "Let me check both logs."]);
    const entry = (await service.read(id)).entries?.at(-1);
    expect(entry).toMatchObject({ ref, author: said.author, timestamp: said.timestamp });
    expect(stored.threads).toMatchObject([{ read: true }, { read: true }]);
    remote.requests.length = 0;
    await service.rewrite(id, ref, "Let me check both logs.");
    expect(remote.requests.map(({ method }) => method)).toEqual(["GET"]);
  });

  test("is taken off, and is off when it is asked for again; it is told that it was not there", async () => {
    const { remote, service, id, messages } = await withTicket();
    const ref = await service.append(id, said, "key-1");
    remote.tickets.write(id, "agent_7", "On it.");
    expect(await service.remove(id, ref)).toBe(true);
    expect(messages(id)).toEqual([newTicket.description, "On it."]);
    expect(await service.remove(id, ref)).toBe(false);
    expect(messages(id)).toEqual([newTicket.description, "On it."]);
  });

  test("is taken off alone, where another is just like it", async () => {
    const { service, id, stored, messages } = await withTicket();
    const twin = { ...said, timestamp: "2024-01-15T11:00:00Z" };
    stored.threads.push({ ...twin }, { ...twin, message: "The twin" });
    const ref = (await service.read(id)).entries?.[1]?.ref ?? "";
    await service.remove(id, ref);
    expect(messages(id)).toEqual([newTicket.description, "The twin"]);
  });

  test("that is gone, or tells no time, cannot get other words: agents are told", async () => {
    const { service, failureOf, id, stored } = await withTicket();
    expect(await failureOf(service.rewrite(id, "none.0", "?"))).toEqual({
      outcome: "dead",
      reason: "the message is no longer in the ticket service",
    });
    Object.assign(stored, { threads: [{ message: "Hello", type: "agent" }] });
    const ref = (await service.read(id)).entries?.[0]?.ref ?? "";
    expect(await failureOf(service.rewrite(id, ref, "?"))).toMatchObject({ outcome: "dead" });
  });

  test("stays as it is where replies are not put: agents are told", async () => {
    for (const replies of ["post-thread", "off"] as const) {
      const { service, failureOf, id } = await withTicket({ replies });
      expect(await failureOf(service.rewrite(id, "x.0", "?"))).toMatchObject({ outcome: "dead" });
      expect(await failureOf(service.remove(id, "x.0"))).toMatchObject({ outcome: "dead" });
    }
  });
});

describe("an entry that is posted", () => {
  test("is there, under a reference that stays", async () => {
    const { remote, service, id, entriesNow } = await withTicket({ replies: "post-thread" });
    const ref = await service.append(id, said, "key-1");
    expect(await service.append(id, said, "key-2")).not.toBe(ref);
    expect((await entriesNow())[1]).toMatchObject({ ref, message: said.message });
    expect(remote.requests[0]?.headers["idempotency-key"]).toMatch(/^[\w-]{22}$/);
  });

  test("is found when the answer was lost", async () => {
    const { remote, service, failureOf, id, entriesNow } = await withTicket({
      replies: "post-thread",
    });
    remote.tickets.habits.now = () => Date.parse("2024-01-15T11:00:05Z");
    remote.misbehave("reset-after-write");
    expect(await failureOf(service.append(id, said, "key-1"))).toMatchObject({
      outcome: "uncertain",
    });
    const { ref } = (await entriesNow()).at(-1) ?? { ref: "" };
    expect(await service.findAppended(id, said, "key-1", [])).toBe(ref);
  });

  test("is taken for there where the service takes it and shows no entries", async () => {
    const { remote, service, id } = await withTicket({ replies: "post-thread" });
    remote.tickets.habits.showsThreads = false;
    expect(await service.append(id, said, "key-1")).toMatch(/^unseen\./);
  });

  test("is dead where the service takes it, and shows others only", async () => {
    const { remote, service, failureOf, id, stored } = await withTicket({ replies: "post-thread" });
    remote.after("POST", () => void stored.threads.pop());
    remote.misbehave(
      { rewrite: () => ({ data: { ...created.data, threads: [] } }) },
      { method: "POST" },
    );
    remote.misbehave({ rewrite: () => ({ data: created.data }) }, { method: "GET" });
    expect(await failureOf(service.append(id, said, "key-1"))).toMatchObject({ outcome: "dead" });
  });
});

test("an entry for a service that gets no replies is dead, and nothing is asked", async () => {
  const { remote, service, failureOf, id } = await withTicket({ replies: "off" });
  expect(await failureOf(service.append(id, said, "key-1"))).toEqual({
    outcome: "dead",
    reason: "replies are not sent to the ticket service: TICKETS_API_REPLIES is off",
  });
  expect(remote.requests).toEqual([]);
});

describe("a change of fields", () => {
  test("changes these and no others", async () => {
    const { remote, service, id } = await withTicket();
    const change = { status: "resolved", resolution: "Renewed the key." } as const;
    await service.change(id, change);
    expect(remote.requests.map(({ method, body }) => ({ method, body }))).toEqual([
      { method: "PUT", body: change },
    ]);
    expect((await service.read(id)).fields).toMatchObject({ ...change, assignedTo: null });
  });

  test("is dead where the service takes it, and leaves a field as it was", async () => {
    const { remote, service, failureOf, id } = await withTicket();
    remote.tickets.habits.fixed.push("status");
    const change = service.change(id, { status: "pending", priority: "low" });
    expect(await failureOf(change)).toEqual({
      outcome: "dead",
      reason: "the ticket service takes it, but does not keep it: status",
    });
  });

  test.each<[string, Fault]>([
    ["has no ticket in it", { rewrite: () => ({ success: true }) }],
    ["is broken", "truncated-json"],
    ["shows the ticket as it was", { rewrite: () => created }],
  ])("is looked at again when the answer %s", async (_, fault) => {
    const { remote, service, id } = await withTicket();
    remote.misbehave(fault, { method: "PUT" });
    await service.change(id, { status: "pending" });
    expect(remote.requests.map(({ method }) => method)).toEqual(["PUT", "GET"]);
  });

  test("is tried again when a page came in place of the answer, and nothing was changed", async () => {
    const { remote, service, failureOf, id } = await withTicket();
    remote.misbehave("html", { method: "PUT" });
    const change = service.change(id, { status: "pending" });
    expect(await failureOf(change)).toMatchObject({ outcome: "uncertain" });
    await service.change(id, { status: "pending" });
    expect((await service.read(id)).fields.status).toBe("pending");
  });

  test("is dead with the service's words when it refuses it", async () => {
    const { service, failureOf, id } = await withTicket();
    const change = service.change(id, JSON.parse('{"status":"lost"}'));
    expect(await failureOf(change)).toMatchObject({
      outcome: "dead",
      reason: "the ticket service refuses the request: Invalid status (INVALID_STATUS)",
    });
  });
});

describe("another Deskhand as the service", () => {
  const another = async (as: "agent_1" | "mirror_1" = "mirror_1") => {
    const { url } = await startApi();
    const { token = "" } = tokens.find(({ id }) => id === as) ?? {};
    const api = clientOf(url, { token, replies: "post-thread" });
    return { api, service: createTicketService(api) };
  };

  test("what requesters say is recorded there as theirs, with a token that mirrors: it reopens what was resolved", async () => {
    const { service } = await another();
    const { id } = await service.create(newTicket, key);
    const now = { ...said, timestamp: new Date().toISOString() };
    await service.append(id, now, "key-1");
    await service.change(id, { status: "resolved", resolution: "Done." });
    const asked = { ...now, type: "user", message: "It still burns." } as const;
    const ref = await service.append(id, asked, "key-2");
    expect(await service.append(id, asked, "key-2")).toBe(ref);
    const { entries, fields } = await service.read(id);
    expect(entries?.map(({ type, message }) => [type, message])).toEqual([
      ["user", newTicket.description],
      ["agent", said.message],
      ["user", "It still burns."],
    ]);
    expect(fields.status).toBe("open");
  });

  test("with an agent's token they are not: no agent speaks in a requester's name", async () => {
    const { service } = await another("agent_1");
    const { id } = await service.create(newTicket, key);
    const call = service.append(id, { ...said, type: "user" }, "key-1");
    const fault = await call.catch((error: unknown) => error);
    expect(service.failureOf(fault)).toMatchObject({ outcome: "dead" });
    expect((await service.read(id)).entries).toHaveLength(1);
  });

  test("a ticket is created once by its key, found by it, replied to, changed and read", async () => {
    const { api, service } = await another();
    const { id } = await service.create(newTicket, key);
    expect(await service.create(newTicket, key)).toMatchObject({ id });
    expect((await api.list()).tickets).toHaveLength(1);
    expect(await service.findCreated(key, Date.now())).toMatchObject({ id });
    expect(await service.findCreated("another", Date.now())).toBeUndefined();

    const now = { ...said, timestamp: new Date().toISOString() };
    const ref = await service.append(id, now, "key-1");
    expect(await service.append(id, now, "key-1")).toBe(ref);
    expect(await service.findAppended(id, now, "key-1", [])).toBe(ref);
    await service.change(id, { status: "resolved", resolution: "Done.", assignedTo: "agent_1" });
    const ticket = await service.read(id);
    expect(ticket.fields).toMatchObject({ status: "resolved", assignedTo: "agent_1" });
    expect(ticket.entries).toMatchObject([{ type: "user" }, { ref, message: said.message }]);
  });

  test("another ticket under the same key is looked for, as it may be there", async () => {
    const { service } = await another();
    await service.create(newTicket, key);
    const again = service.create({ ...newTicket, title: "Another" }, key);
    const fault = await again.catch((error: unknown) => error);
    expect(service.failureOf(fault)).toMatchObject({ outcome: "uncertain" });
    expect(await service.findCreated(key, Date.now())).toMatchObject({ id: expect.any(String) });
  });

  test("what its rules do not allow is dead, with its words", async () => {
    const { service } = await another();
    const { id } = await service.create(newTicket, key);
    await service.change(id, { status: "closed" });
    const refused = async (call: Promise<unknown>) =>
      service.failureOf(await call.catch((error: unknown) => error));
    expect(await refused(service.append(id, said, "key-1"))).toMatchObject({
      ...{ outcome: "dead", reason: expect.stringContaining("TICKET_CLOSED") },
    });
    expect(await refused(service.change(id, { status: "open" }))).toMatchObject({
      ...{ outcome: "dead", reason: expect.stringContaining("INVALID_TRANSITION") },
    });
  });
});
