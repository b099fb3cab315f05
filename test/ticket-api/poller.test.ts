import { describe, expect, onTestFinished, test } from "vitest";
import { createPoller } from "../../adapters/ticket-api/poller.ts";
import { createTicketService } from "../../adapters/ticket-api/service.ts";
import { memoryStore } from "../desk/memory-store.ts";
import { HandClock } from "../fakes/clock.ts";
import type { Fault } from "../fakes/ticket-api-faults.ts";
import { hangsMs } from "../fakes/until.ts";
import { startApi, tokens } from "../http/api.ts";
import { keptLog } from "../log.ts";
import { clientOf, connected, newTicket } from "./connected.ts";
import { recordedServiceDesk } from "./recorded-service-desk.ts";

const pollMs = 15_000;
const minuteMs = 60_000;
const startsAt = Date.parse("2024-06-01T10:00:00.500Z");

type Habits = Awaited<ReturnType<typeof connected>>["service"]["tickets"]["habits"];

/** A stand-in, a desk, and a poller of the one for the other, on a clock that stands. */
async function polled(habits: Partial<Habits> = {}) {
  const { service: remote, api } = await connected();
  const clock = new HandClock(startsAt);
  // No two writes are at the very same time.
  let writes = 0;
  Object.assign(remote.tickets.habits, { now: () => clock.now() + ++writes, ...habits });
  const parts = partsOf(api, clock);
  const { desk } = parts;
  const create = (isLinked = true): string => {
    const { body } = remote.tickets.create({ ...newTicket }, "someone");
    const { _id } = (body as { data: { _id: string } }).data;
    if (isLinked) desk.tickets.add(_id);
    return _id;
  };
  /** What was asked of it since this was asked last. */
  const asked = () =>
    remote.requests
      .splice(0)
      .map(({ path, query }) => (path.endsWith("support-tickets") ? query : path.split("/").pop()));
  return { remote, clock, create, asked, ...parts };
}

function partsOf(api: ReturnType<typeof clientOf>, clock: HandClock) {
  const desk = recordedServiceDesk();
  const store = memoryStore();
  const log = keptLog();
  const polls: string[] = [];
  const service = createTicketService(api);
  const start = () => {
    const poller = createPoller({
      ...{ api, service, desk, store, log, pollMs, name: "progress" },
      ...{ now: () => clock.now(), after: (ms, act) => clock.after(ms, act), random: () => 1 },
      onPoll: (outcome) => polls.push(outcome),
    });
    poller.start();
    onTestFinished(() => poller.stop(0));
    return poller;
  };
  const ended = async (count: number) => {
    await expect.poll(() => polls.length, { timeout: hangsMs }).toBe(count);
    return polls.at(-1);
  };
  /** Starts, and waits for the first poll to end. */
  const firstPoll = async () => {
    const count = polls.length + 1;
    const poller = start();
    await ended(count);
    return poller;
  };
  const nextPoll = async (afterMs = pollMs) => {
    const count = polls.length + 1;
    clock.advance(afterMs);
    return ended(count);
  };
  /** The ids of what was taken in since this was asked last. */
  const takenIn = () => desk.taken.splice(0).map(({ ticket }) => ticket.id);
  return { desk, store, log, polls, start, firstPoll, nextPoll, takenIn };
}

describe("what people write at the service", () => {
  test.each(["known", "ignored", "refused"] as const)(
    "is taken in by the next poll, once, where updatedSince is %s",
    async (updatedSince) => {
      const { remote, desk, create, firstPoll, nextPoll, takenIn } = await polled({ updatedSince });
      const [one, other] = [create(), create()];
      await firstPoll();
      expect(takenIn().sort()).toEqual([one, other].sort());
      remote.tickets.write(one, "agent_7", "On it.");
      await nextPoll();
      const [taken] = desk.taken.filter(({ ticket }) => ticket.id === one);
      expect(taken?.ticket.entries).toMatchObject([{}, { author: "agent_7", message: "On it." }]);
      expect(takenIn()).toContain(one);
      await nextPoll(10 * minuteMs);
      expect(takenIn()).not.toContain(one);
    },
  );

  test("is asked for since the last change but two minutes, where that is known", async () => {
    const { remote, create, firstPoll, nextPoll, asked } = await polled({
      updatedSince: "known",
    });
    const id = create();
    await firstPoll();
    expect(asked()).toEqual([{ page: "1", limit: "100" }, id]);
    await nextPoll(10 * minuteMs);
    expect(asked()[0]).toMatchObject({ updatedSince: "2024-06-01T09:58:00.000Z" });
    remote.tickets.change(id, { priority: "low" });
    await nextPoll();
    await nextPoll();
    expect(asked().at(-1)).toMatchObject({ updatedSince: "2024-06-01T10:08:00.000Z" });
  });

  test("costs a list, and a look at one that it does not tell of, while nothing happens", async () => {
    const { create, firstPoll, nextPoll, asked, takenIn } = await polled({ updatedSince: "known" });
    const ids = [create(), create(), create()].sort();
    await firstPoll();
    takenIn();
    // By then, the last change is older than what is asked for.
    for (const _ of ids) await nextPoll();
    asked();
    const looked: unknown[] = [];
    for (const _ of ids) {
      await nextPoll();
      looked.push(...asked().slice(1));
    }
    expect(looked.length).toBeLessThanOrEqual(3);
  });

  test("is read page by page when much has changed", async () => {
    const { remote, create, firstPoll, nextPoll, takenIn } = await polled({
      updatedSince: "known",
    });
    const ids = Array.from({ length: 230 }, () => create());
    await firstPoll();
    expect(takenIn()).toHaveLength(230);
    for (const id of ids) remote.tickets.write(id, "agent_7", "On it.");
    await nextPoll();
    expect(takenIn().sort()).toEqual(ids.sort());
  });

  test("is noticed within a few polls on an old ticket that no list shows", async () => {
    const { remote, create, firstPoll, nextPoll, takenIn } = await polled();
    const old = create();
    for (let newer = 0; newer < 510; newer += 1) create(false);
    await firstPoll();
    expect(takenIn()).toEqual([old]);
    remote.tickets.write(old, "agent_7", "Still here?");
    await nextPoll();
    expect(takenIn()).toEqual([old]);
  });

  test("is noticed where the service's list lies, and shows nothing as changed", async () => {
    const { remote, create, firstPoll, nextPoll, desk } = await polled({ updatedSince: "known" });
    const ids = [create(), create(), create()];
    await firstPoll();
    for (const id of ids) remote.tickets.write(id, "agent_7", "On it.");
    const nothing = { success: true, data: [], pagination: { page: 1, pages: 1, total: 0 } };
    for (const _ of ids) {
      remote.misbehave({ rewrite: () => nothing });
      await nextPoll();
    }
    const noticed = desk.taken.filter(({ ticket }) => ticket.entries?.length === 2);
    expect(noticed.map(({ ticket }) => ticket.id).sort()).toEqual(ids.sort());
  });

  test("within one second after another change is taken in as well, where times are whole seconds", async () => {
    const { remote, create, firstPoll, nextPoll, desk } = await polled({
      ...{ updatedSince: "known", keepsSeconds: true },
    });
    const id = create();
    await firstPoll();
    const first = remote.tickets.byId.get(id)?.updatedAt;
    remote.tickets.write(id, "agent_7", "On it.");
    expect(remote.tickets.byId.get(id)?.updatedAt).toBe(first);
    await nextPoll();
    expect(desk.taken.at(-1)?.ticket.entries).toHaveLength(2);
    await nextPoll();
    const count = desk.taken.length;
    await nextPoll();
    expect(desk.taken).toHaveLength(count);
  });

  test("is left alone where the ticket is none of ours", async () => {
    const { remote, create, firstPoll, nextPoll, takenIn, asked } = await polled();
    const [ours, other] = [create(), create(false)];
    await firstPoll();
    remote.tickets.write(other, "agent_7", "Not for you.");
    await nextPoll();
    expect(takenIn()).toEqual([ours]);
    expect(asked()).not.toContain(other);
  });

  test("while its create was not written down here yet is taken in once it is", async () => {
    const { remote, desk, create, firstPoll, nextPoll, takenIn } = await polled({
      updatedSince: "known",
    });
    const id = create(false);
    remote.tickets.write(id, "agent_7", "Already on it.");
    await firstPoll();
    expect(takenIn()).toEqual([]);
    await nextPoll(10 * minuteMs);
    desk.tickets.add(id);
    await nextPoll();
    expect(takenIn()).toEqual([id]);
  });

  test("on a ticket that is closed here is taken in", async () => {
    const { remote, desk, create, firstPoll, nextPoll, takenIn } = await polled();
    const id = create();
    await firstPoll();
    desk.closed.add(id);
    takenIn();
    remote.tickets.write(id, "agent_7", "One more thing.");
    await nextPoll();
    expect(takenIn()).toEqual([id]);
  });
});

describe("after a restart", () => {
  test("what was written meanwhile is taken in, also where it is closed here", async () => {
    const { remote, clock, desk, create, firstPoll, takenIn } = await polled({
      updatedSince: "known",
    });
    const still = create();
    clock.advance(60 * minuteMs);
    const [open, closed] = [create(), create()];
    desk.closed.add(closed).add(still);
    await (await firstPoll()).stop(0);
    takenIn();
    clock.advance(60 * minuteMs);
    remote.tickets.write(open, "agent_7", "On it.");
    remote.tickets.write(closed, "agent_7", "One more thing.");
    await firstPoll();
    expect(takenIn().sort()).toEqual([open, closed].sort());
  });

  test("what could not be taken in before is not forgotten", async () => {
    const { remote, clock, desk, create, firstPoll, nextPoll, takenIn, store } = await polled({
      updatedSince: "known",
    });
    const [broken, well] = [create(), create()];
    const poller = await firstPoll();
    remote.tickets.write(broken, "agent_7", "On it.");
    remote.tickets.write(well, "agent_7", "On it.");
    remote.misbehave({ status: 500 }, { method: "GET", ticket: broken, times: 1 });
    takenIn();
    await nextPoll();
    expect(takenIn()).toEqual([well]);
    expect(JSON.parse((await store.value("progress")) ?? "")).toMatchObject({ behind: [broken] });
    await poller.stop(0);
    clock.advance(60 * minuteMs);
    remote.tickets.change(well, { title: "Later" });
    desk.closed.add(broken);
    await firstPoll();
    expect(takenIn()).toContain(broken);
    expect(JSON.parse((await store.value("progress")) ?? "")).toMatchObject({ behind: [] });
  });

  test("a value that cannot be understood is as none", async () => {
    const { create, firstPoll, takenIn, store } = await polled();
    await store.setValue("progress", "{{");
    const id = create();
    await firstPoll();
    expect(takenIn()).toEqual([id]);
  });
});

describe("a ticket that changes here while it is read there", () => {
  test("is read again, with a new stamp", async () => {
    const { desk, create, firstPoll, asked } = await polled();
    const id = create();
    const stamps: string[] = [];
    desk.says = (_, stamp) => (stamps.push(stamp) < 3 ? "again" : "taken");
    await firstPoll();
    expect(stamps).toEqual(["stamp 1", "stamp 2", "stamp 3"]);
    expect(asked().slice(1)).toEqual([id, id, id]);
  });

  test("all the time, is left to the next poll", async () => {
    const { desk, create, firstPoll, nextPoll, takenIn, log } = await polled();
    const id = create();
    desk.says = () => "again";
    await firstPoll();
    desk.says = () => "taken";
    await nextPoll();
    expect(takenIn()).toEqual([id]);
    expect(log.lines).toEqual([]);
  });

  test("so that it is no longer linked, is left alone", async () => {
    const { desk, create, firstPoll, polls } = await polled();
    create();
    desk.says = () => "unknown";
    await firstPoll();
    expect(polls).toEqual(["done"]);
  });
});

describe("a ticket that cannot be taken in", () => {
  test.each<[string, Fault]>([
    ["is not there any more", { status: 404, body: { message: "SUPPORT_TICKET_NOT_FOUND" } }],
    ["makes the service fail", { status: 500 }],
    ["has an unknown status", { rewrite: () => ({ data: { _id: "x", status: "new" } }) }],
    ["loses the connection", "reset-after-write"],
  ])("as it %s, keeps no other back, and is tried again, less and less often", async (_, fault) => {
    const { remote, create, firstPoll, nextPoll, takenIn, log, polls } = await polled();
    const broken = create();
    const others = [create(), create(), create(), create(), create(), create()];
    remote.misbehave(fault, { times: 2_000, method: "GET", ticket: broken });
    await firstPoll();
    expect(takenIn().sort()).toEqual(others.sort());
    for (const other of others) remote.tickets.write(other, "agent_7", "On it.");
    remote.requests.length = 0;
    for (let times = 0; times < 20; times += 1) await nextPoll();
    expect(takenIn()).toEqual(expect.arrayContaining(others));
    const tries = remote.requests.filter(({ path }) => path.endsWith(broken)).length;
    expect(tries).toBeGreaterThanOrEqual(3);
    // A connection that was lost is tried twice at once.
    expect(tries).toBeLessThan(12);
    expect(polls.every((outcome) => outcome === "done")).toBe(true);
    expect(log.lines).toMatchObject([{ level: "warn", fields: { serviceTicket: broken } }]);
  });

  test("here, as the store fails, waits for it, and is told once", async () => {
    const { desk, create, firstPoll, nextPoll, takenIn, log } = await polled();
    const ids = Array.from({ length: 9 }, () => create());
    const fault = new Error("The disk is full");
    desk.says = () => Promise.reject(fault);
    await firstPoll();
    const told = log.lines.length;
    expect(told).toBeGreaterThan(0);
    desk.says = () => "taken";
    for (let times = 0; times < 4; times += 1) await nextPoll(2 * minuteMs);
    expect([...new Set(takenIn())].sort()).toEqual(ids.sort());
    expect(JSON.stringify(log.lines)).not.toContain(newTicket.description);
  });
});

describe("a service that is down", () => {
  test.each<[string, Fault]>([
    ["fails", { status: 503 }],
    ["does not accept the token", { status: 401 }],
    ["answers with a page", "html"],
  ])(
    "as it %s, is asked less and less often, and told of once, and once when it is back",
    async (_, fault) => {
      const { remote, create, firstPoll, nextPoll, takenIn, log, polls } = await polled();
      const id = create();
      remote.misbehave(fault, { times: 3 });
      await firstPoll();
      expect(polls).toEqual(["failed"]);
      expect(await nextPoll(2 * pollMs)).toBe("failed");
      expect(await nextPoll(4 * pollMs)).toBe("failed");
      expect(takenIn()).toEqual([]);
      expect(await nextPoll(8 * pollMs)).toBe("done");
      expect(takenIn()).toEqual([id]);
      await nextPoll();
      expect(log.lines.map(({ level }) => level)).toEqual(["warn", "info"]);
    },
  );

  test("is asked no sooner than it says, and no more often than twice in ten minutes", async () => {
    const { remote, create, clock, firstPoll, nextPoll, polls } = await polled();
    create();
    remote.misbehave({ status: 429, headers: { "retry-after": "600" } });
    remote.misbehave({ status: 503 }, { times: 7 });
    await firstPoll();
    clock.advance(10 * minuteMs - 1);
    expect(polls).toEqual(["failed"]);
    await nextPoll(1);
    for (let times = 0; times < 6; times += 1) await nextPoll(5 * minuteMs);
    expect(await nextPoll(5 * minuteMs)).toBe("done");
  });

  test("in the middle of a poll loses nothing of what had changed", async () => {
    const { remote, clock, desk, create, firstPoll, nextPoll, takenIn } = await polled({
      updatedSince: "known",
    });
    const ids = Array.from({ length: 30 }, () => create());
    for (const id of ids) desk.closed.add(id);
    await firstPoll();
    clock.advance(60 * minuteMs);
    for (const id of ids) remote.tickets.write(id, "agent_7", "On it.");
    for (const id of ids.slice(10)) remote.misbehave({ status: 503 }, { ticket: id });
    for (let times = 0; times < 9; times += 1) {
      await nextPoll(10 * minuteMs);
    }
    expect([...new Set(takenIn())].sort()).toEqual(ids.sort());
  });

  test("with a clock that is far ahead does not hide what changes later", async () => {
    const { remote, create, firstPoll, nextPoll, takenIn } = await polled({
      updatedSince: "known",
    });
    const [id, mistaken] = [create(), create()];
    remote.tickets.change(mistaken, { updatedAt: "2099-01-01T00:00:00Z" });
    const stored = remote.tickets.byId.get(mistaken);
    Object.assign(stored ?? {}, { updatedAt: "2099-01-01T00:00:00Z" });
    await firstPoll();
    for (let times = 0; times < 60; times += 1) await nextPoll();
    takenIn();
    remote.tickets.write(id, "agent_7", "On it.");
    await nextPoll();
    expect(takenIn()).toContain(id);
  });
});

describe("polling", () => {
  test("never runs twice at once, and waits from the end of one to the next", async () => {
    const { remote, clock, create, start, polls, nextPoll } = await polled();
    create();
    const gate = gateOf();
    remote.before("GET", () => gate.promise);
    start();
    await expect.poll(() => remote.requests.length, { timeout: hangsMs }).toBe(1);
    clock.advance(10 * minuteMs);
    expect(remote.requests).toHaveLength(1);
    gate.resolve();
    await expect.poll(() => polls.length, { timeout: hangsMs }).toBe(1);
    expect(await nextPoll()).toBe("done");
  });

  test("ends at once when it is stopped, and takes nothing in any more", async () => {
    const { remote, clock, create, start, desk, polls } = await polled();
    create();
    const gate = gateOf();
    remote.after("GET", () => undefined);
    remote.after("GET", () => gate.promise);
    const poller = start();
    await expect.poll(() => remote.requests.length, { timeout: hangsMs }).toBe(2);
    const stopped = poller.stop(1_000);
    clock.advance(1_000);
    await stopped;
    gate.resolve();
    const again = poller.stop(60_000);
    await again;
    expect(desk.taken).toEqual([]);
    expect(polls).toEqual([]);
  });

  test("that is stopped between two polls is over", async () => {
    const { remote, clock, create, firstPoll } = await polled();
    create();
    const poller = await firstPoll();
    await poller.stop(0);
    remote.requests.length = 0;
    clock.advance(60 * minuteMs);
    await poller.stop(0);
    expect(remote.requests).toEqual([]);
  });
});

test("another Deskhand is polled: only what has changed is read", async () => {
  const { url } = await startApi();
  const [, , agent] = tokens;
  const api = clientOf(url, { token: agent.token, replies: "post-thread" });
  const { desk, firstPoll, nextPoll, takenIn } = partsOf(api, new HandClock());
  const [one, other] = [await api.create(newTicket), await api.create(newTicket)];
  desk.tickets.add(one._id).add(other._id);
  await firstPoll();
  expect(takenIn().sort()).toEqual([one._id, other._id].sort());
  await api.append(one._id, { ...newEntry, message: "On it." });
  await nextPoll();
  expect(takenIn()).toEqual([one._id]);
});

const newEntry = { author: "a", type: "agent", timestamp: "2024-01-15T11:00:00Z" } as const;

function gateOf() {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
