import { beforeEach, describe, expect, test } from "vitest";
import type { TicketStore } from "../../src/desk/ports.ts";
import { typedText } from "../../src/desk/text.ts";
import type { TicketId } from "../../src/tickets/ticket.ts";
import { ann, deadAfterMs, Engine } from "./engine.ts";
import { memoryStore } from "./memory-store.ts";
import { heldBackMs } from "./simulated-platform.ts";

const minuteMs = 60_000;

let engine: Engine;
let store: TicketStore;
let ids: TicketId[];

beforeEach(async () => {
  store = memoryStore();
  engine = new Engine(async () => store);
  ids = [];
  await engine.start();
});

/** Opens tickets that are told apart by what they say; all that can hear of them have. */
async function opens(count: number): Promise<void> {
  for (let each = 0; each < count; each += 1) {
    const name = `t${ids.length}`;
    ids.push(await engine.opened({ creationKey: name, description: name }));
  }
}

/** Ann writes in the agents' thread on “one”, for the requester there and the agents on “two”. */
async function says(id: TicketId | undefined, text: string) {
  const { thread } = await engine.place(id ?? "", "triage");
  const about = { platform: "one", thread: thread ?? "", message: text };
  const said = { type: "message", ...about, by: ann, files: [], text: typedText(text) } as const;
  return engine.desk.heard(said);
}

async function deletes(id: TicketId, message: string) {
  const { thread } = await engine.place(id, "triage");
  await engine.desk.heard({ type: "deleted", platform: "one", thread: thread ?? "", message });
}

/** What stands in the thread of a ticket on “two”, its description aside. */
async function textsOf(id: TicketId): Promise<string[]> {
  const { thread } = await engine.place(id, "desk");
  const texts = engine.two.threads.find((each) => each.id === thread)?.messages ?? [];
  return texts.map(({ text }) => text).slice(1);
}

const down = () => {
  engine.two.ending = () => "down-before";
};
const up = () => {
  engine.two.ending = () => "ok";
};

async function nothingIsOwed() {
  for (const id of ids) {
    const { owes, underway, troubles } = await engine.document(id);
    expect({ owes, underway, troubles }).toEqual({ owes: false, underway: [], troubles: [] });
  }
}

test("what is for a platform that is off waits until it is on, and operators are told so once", async () => {
  await opens(2);
  engine.off.add("two");
  await engine.start();
  for (const id of ids) await says(id, `for ${ids.indexOf(id)}`);
  await engine.pass(2 * deadAfterMs);
  const told = () => engine.log.lines.filter(({ message }) => message.includes("is off"));
  expect(told()).toMatchObject([
    { message: "Two is off: what tickets have for it waits until it is on" },
  ]);
  expect(engine.one.textsAt("rob").filter((text) => text.startsWith("for"))).toHaveLength(2);
  engine.off.clear();
  await engine.start();
  await engine.settled();
  for (const id of ids) expect(await textsOf(id)).toEqual([`for ${ids.indexOf(id)}`]);
  await nothingIsOwed();
});

describe("a platform that does not answer", () => {
  test("is asked now and then, not by everything that is owed there; then all of it arrives, once and in order", async () => {
    await opens(30);
    down();
    const before = engine.two.calls.length;
    for (const id of ids)
      for (const word of ["1st", "2nd"]) await says(id, `${word} ${ids.indexOf(id)}`);
    await engine.settled();
    await engine.pass(20 * minuteMs);
    // Those that were under way when it was found to be down, and a try a minute.
    expect(engine.two.calls.length - before).toBeLessThan(60);
    up();
    await engine.pass(2 * minuteMs);
    for (const id of ids)
      expect(await textsOf(id)).toEqual([`1st ${ids.indexOf(id)}`, `2nd ${ids.indexOf(id)}`]);
    await nothingIsOwed();
  });

  test("holds up no other, and operators read since when it does not answer", async () => {
    await opens(10);
    expect(engine.outbox.problems()).toEqual([]);
    down();
    for (const id of ids) await says(id, `for ${ids.indexOf(id)}`);
    await engine.settled();
    expect(engine.one.textsAt("rob").filter((text) => text.startsWith("for"))).toHaveLength(10);
    const problem = "Two does not answer: what is owed there waits, since";
    expect(engine.outbox.problems()).toEqual([`${problem} 00:00 UTC`]);
    const [since] = engine.outbox.circuits().flatMap(({ downSince }) => downSince ?? []);
    expect(since).toBe(engine.clock.now());
    await engine.pass(24 * 60 * minuteMs);
    expect(engine.outbox.problems()).toEqual([`${problem} 2026-01-01 00:00 UTC`]);
    up();
    await engine.pass(2 * minuteMs);
    expect(engine.outbox.problems()).toEqual([]);
    const said = engine.log.lines.map(({ message }) => message);
    expect(said.filter((words) => /does not answer|answers again/.test(words))).toHaveLength(2);
  });

  test("is no trouble any more once nothing is owed there; whether it is back is tried by the next call", async () => {
    await opens(5);
    for (const id of ids) await says(id, `first ${ids.indexOf(id)}`);
    await engine.settled();
    down();
    for (const id of ids) await says(id, `for ${ids.indexOf(id)}`);
    await engine.settled();
    expect(engine.outbox.problems()).toHaveLength(1);
    for (const id of ids) await deletes(id, `for ${ids.indexOf(id)}`);
    await engine.pass(15 * minuteMs);
    await nothingIsOwed();
    expect(engine.outbox.problems()).toEqual([]);
    const before = engine.two.calls.length;
    for (const id of ids) await says(id, `again ${ids.indexOf(id)}`);
    await engine.settled();
    expect(engine.two.calls.length - before).toBe(1);
    expect(engine.outbox.problems()).toHaveLength(1);
    up();
    await engine.pass(2 * minuteMs);
    for (const id of ids)
      expect(await textsOf(id)).toEqual([`first ${ids.indexOf(id)}`, `again ${ids.indexOf(id)}`]);
    await nothingIsOwed();
  });

  test("is told as down for as long as something is owed there, however long it asks to wait", async () => {
    await opens(6);
    engine.two.retryAfterMs = 10 * minuteMs;
    down();
    for (const id of ids) await says(id, `for ${ids.indexOf(id)}`);
    await engine.settled();
    for (let minute = 0; minute < 30; minute += 1) {
      await engine.pass(minuteMs);
      expect(engine.outbox.problems()).toHaveLength(1);
    }
  });

  test("shows who writes meanwhile that it is on its way, and then that it arrived", async () => {
    await opens(8);
    down();
    for (const id of ids.slice(1)) await says(id, `one of ${id}`);
    await engine.settled();
    await says(ids[0], "while down");
    await engine.settled();
    expect(engine.one.marks.get("while down")).toBe("sending");
    expect((await engine.document(ids[0] ?? "")).troubles).toEqual([]);
    up();
    await engine.pass(2 * minuteMs);
    expect(engine.one.marks.get("while down")).toBe("delivered");
  });

  test("is given up for what was tried again and again, and for nothing else", async () => {
    // More than can be tried in that time.
    await opens(100);
    down();
    for (const id of ids) await says(id, `x ${ids.indexOf(id)}`);
    await engine.settled();
    await engine.pass(deadAfterMs + 30 * minuteMs);
    up();
    await engine.pass(2 * minuteMs);
    const documents = await Promise.all(ids.map((id) => engine.document(id)));
    const untold = documents.filter(({ messages }) => messages.every(({ retry }) => !retry));
    expect(untold.length).toBeGreaterThan(0);
    for (const { ticket } of untold)
      expect(await textsOf(ticket._id)).toEqual([`x ${ids.indexOf(ticket._id)}`]);
  });

  test("may have taken what it did not answer: that is looked for, not sent again", async () => {
    await opens(12);
    engine.two.ending = ({ do: name }) => (name === "post" ? "down-after" : "down-before");
    for (const id of ids) await says(id, `once ${ids.indexOf(id)}`);
    await engine.settled();
    await engine.pass(5 * minuteMs);
    up();
    await engine.pass(2 * minuteMs);
    for (const id of ids) expect(await textsOf(id)).toEqual([`once ${ids.indexOf(id)}`]);
    await nothingIsOwed();
  });

  test("leaves nothing begun that was not sent, for a crash to make it be looked for", async () => {
    await opens(20);
    down();
    for (const id of ids) await says(id, `x ${ids.indexOf(id)}`);
    await engine.settled();
    await engine.pass(minuteMs);
    for (const id of ids) await says(id, `y ${ids.indexOf(id)}`);
    await engine.settled();
    const begun = await Promise.all(ids.map(async (id) => (await engine.document(id)).underway));
    expect(begun.flat()).toEqual([]);
    await engine.start();
    up();
    await engine.pass(2 * minuteMs);
    expect(engine.two.calls.filter((call) => call.do === "findPosted")).toEqual([]);
    for (const id of ids) {
      const index = ids.indexOf(id);
      expect(await textsOf(id)).toEqual([`x ${index}`, `y ${index}`]);
    }
  });
});

describe("a long backlog", () => {
  test("does not keep back what is written now, nor does that keep back the backlog", async () => {
    await opens(1);
    down();
    await opens(400);
    await engine.pass(minuteMs);
    up();
    const [fresh] = ids;
    // In the middle of it, when one in four has been posted.
    let opened = 0;
    let writtenAt = Number.NaN;
    engine.two.ending = ({ do: name }) => {
      opened += name === "openThread" ? 1 : 0;
      if (opened === 100 && name === "openThread")
        void says(fresh, "fresh").then(() => {
          writtenAt = engine.two.ever.length;
        });
      return "ok";
    };
    await engine.pass(2 * minuteMs);
    const read = engine.two.ever.map(({ text }) => text);
    const [at] = read.flatMap((text, index) => (text === "fresh" ? index : []));
    expect((at ?? Number.NaN) - writtenAt).toBeLessThan(2 * engine.atOnce);
    expect(read).toHaveLength(402);
    await nothingIsOwed();
  }, 120_000);

  test("is taken up at the start by so many calls, and so many documents in memory, as there are turns", async () => {
    down();
    await opens(120);
    engine.atOnce = 4;
    let most = 0;
    let reading = 0;
    const { get } = store;
    store.get = async (id) => {
      reading += 1;
      most = Math.max(most, reading);
      await new Promise((resolve) => setImmediate(resolve));
      reading -= 1;
      return get(id);
    };
    engine.two.ending = () => "slow-before";
    const before = engine.two.calls.length;
    await engine.start();
    expect(engine.two.calls.length - before).toBe(4);
    expect(most).toBeLessThanOrEqual(1 + 2 * 4);
    up();
    engine.two.release();
    await engine.pass(2 * minuteMs);
    expect(engine.two.textsAt("desk")).toHaveLength(120);
  }, 60_000);
});

describe("what the adapter holds back", () => {
  test("waits as long as it says, which is no trouble", async () => {
    await opens(1);
    const [id = ""] = ids;
    const endings = ["held-back" as const];
    engine.two.ending = ({ do: name }) => (name === "post" && endings.shift()) || "ok";
    await says(id, "first");
    await says(id, "second");
    await engine.settled();
    const { troubles, underway } = await engine.document(id);
    expect({ troubles, underway }).toEqual({ troubles: [], underway: [] });
    expect(engine.one.marks.size).toBe(0);
    await engine.pass(heldBackMs - 1);
    expect(await textsOf(id)).toEqual([]);
    await engine.pass(1);
    expect(await textsOf(id)).toEqual(["first", "second"]);
    expect(engine.two.calls.filter((call) => call.do === "findPosted")).toEqual([]);
    await nothingIsOwed();
  });
});

describe("a channel that takes so much in a time", () => {
  test("gets it at that pace, in order, and holds up no other channel", async () => {
    await opens(3);
    let next = engine.clock.now();
    const times: number[] = [];
    engine.one.pace = (where) =>
      where === "triage"
        ? { line: where, waitMs: Math.max(0, next - engine.clock.now()) }
        : undefined;
    engine.one.ending = ({ do: name, where }) => {
      const thread = engine.one.threads.find((each) => each.id === where);
      if (name === "post" && thread?.where === "triage") {
        times.push(engine.clock.now());
        next = engine.clock.now() + 1_000;
      }
      return "ok";
    };
    for (const id of ids) {
      const { thread } = await engine.place(id, "desk");
      for (const word of ["one", "two"]) {
        const message = `${word} ${ids.indexOf(id)}`;
        const about = { platform: "two", thread: thread ?? "", message };
        const by = { id: "two:amy", name: "Amy", isAgent: true };
        const text = typedText(message);
        await engine.desk.heard({ type: "message", ...about, by, files: [], text });
      }
    }
    await engine.settled();
    expect(engine.one.textsAt("rob")).toHaveLength(3 + 6);
    expect(times).toHaveLength(1);
    await engine.pass(10_000);
    const apart = times.slice(1).map((at, index) => at - (times[index] ?? 0));
    expect(apart).toEqual([1_000, 1_000, 1_000, 1_000, 1_000]);
    for (const { messages } of engine.one.threads.filter(({ where }) => where === "triage")) {
      const [, one, two] = messages.map(({ text }) => text.split(" ")[0]);
      expect([one, two]).toEqual(["one", "two"]);
    }
    await nothingIsOwed();
  });
});
