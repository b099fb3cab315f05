import { describe, expect, test } from "vitest";
import { ann, Engine, rob, robsForm } from "./engine.ts";
import { memoryStore } from "./memory-store.ts";
import { type Missing, minuteMs, missing, secondMs } from "./missed.ts";
import type { Call } from "./simulated-platform.ts";

const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

const isRead = (call: Call) => call.do === "readSince";

const heardUntil = async ({ store }: Missing, platform: string) =>
  Date.parse((await store.value(`heard ${platform}`)) ?? "");

const logged = ({ engine }: Missing, part: string) =>
  engine.log.lines.filter(({ message }) => message.includes(part));

/** As many more tickets, of which all have heard. */
async function moreTickets(world: Missing, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1)
    ids.push(await world.engine.opened({ creationKey: `more ${n}` }));
  await world.pass(minuteMs);
  return ids;
}

describe("until when all was heard", () => {
  test("is written down every now and then, and when it stops", async () => {
    const { world, engine } = await missing();
    const { clock } = engine;
    expect(await heardUntil(world, "one")).toBe(clock.now());
    const before = clock.now();
    await world.pass(14 * secondMs);
    expect(await heardUntil(world, "one")).toBe(before);
    await world.pass(secondMs);
    expect(await heardUntil(world, "one")).toBe(clock.now());
    await world.pass(secondMs);
    await engine.catchUp.stop();
    await engine.catchUp.remember();
    expect(await heardUntil(world, "two")).toBe(clock.now());
  });

  test("is not known better than the platform says", async () => {
    const { world, engine } = await missing();
    world.deafen("one");
    const deafSince = engine.clock.now();
    await world.pass(hourMs);
    expect(await heardUntil(world, "one")).toBe(deafSince);
    expect(await heardUntil(world, "two")).toBe(deafSince + hourMs);
  });

  test("is not written down before the platform has been in touch", async () => {
    const { world, engine } = await missing();
    const before = await heardUntil(world, "one");
    engine.connects = ["two"];
    world.die();
    await world.pass(hourMs);
    await engine.start();
    await world.pass(hourMs);
    expect(await heardUntil(world, "one")).toBe(before);
    await world.reconnect("one");
    expect(await heardUntil(world, "one")).toBe(engine.clock.now());
  });

  test("goes no further than what is still to be read, and on from there once it is", async () => {
    const { world, engine } = await missing();
    world.deafen("one");
    const deafSince = engine.clock.now();
    await world.pass(hourMs);
    engine.one.ending = (call) => (isRead(call) ? "retry" : "ok");
    await world.reconnect("one");
    await world.pass(hourMs);
    expect(await heardUntil(world, "one")).toBe(deafSince);
    engine.one.ending = () => "ok";
    await world.calm();
    expect(await heardUntil(world, "one")).toBe(engine.clock.now());
  });

  test("falls back to what turns out not to have been told of", async () => {
    const { world, engine, id } = await missing();
    await world.writes(id, "rob", "lost on its way");
    const since = engine.clock.now();
    await world.pass(hourMs);
    engine.one.ending = (call) => (isRead(call) ? "retry" : "ok");
    engine.desk.mayHaveMissed("one", since);
    await world.pass(minuteMs);
    expect(await heardUntil(world, "one")).toBe(since);
    engine.one.ending = () => "ok";
    await world.restart();
    expect(await world.entries(id)).toEqual(["It burns", "lost on its way"]);
  });

  test("goes forward only, whatever the platform says", async () => {
    const { world, engine } = await missing();
    const before = await heardUntil(world, "one");
    engine.one.heardUntil = () => before - hourMs;
    await world.pass(minuteMs);
    expect(await heardUntil(world, "one")).toBe(before);
  });

  test("is tried again when it could not be written down", async () => {
    const { world, engine } = await missing();
    await world.pass(secondMs);
    world.deafen("one");
    const deafSince = engine.clock.now();
    const { store } = world;
    const { setValue } = store;
    const before = await heardUntil(world, "one");
    store.setValue = () => Promise.reject(new Error("the disk is full"));
    await world.pass(minuteMs);
    expect(await heardUntil(world, "one")).toBe(before);
    expect(logged(world, "could not be saved")).not.toEqual([]);
    store.setValue = setValue;
    await world.pass(minuteMs);
    expect(await heardUntil(world, "one")).toBe(deafSince);
  });
});

describe("a platform that gives little of its history", () => {
  test("is asked no sooner than it said, and one ticket after the other", async () => {
    const { world, engine } = await missing();
    await moreTickets(world, 5);
    world.deafen("one");
    const times: number[] = [];
    let allowedAt = 0;
    engine.one.retryAfterMs = minuteMs;
    engine.one.ending = (call) => {
      if (!isRead(call)) return "ok";
      times.push(engine.clock.now());
      if (engine.clock.now() < allowedAt) return "retry";
      allowedAt = engine.clock.now() + minuteMs;
      return "ok";
    };
    await world.reconnect("one");
    await world.pass(hourMs);
    expect(engine.catchUp.unread()).toMatchObject([{ tickets: 0 }, { tickets: 0 }]);
    const [first = 0] = times;
    // Of the calls at once before it said so, all but one were in vain, and one after each other.
    const later = times.filter((time) => time > first);
    const inVain = (time: number) => times.filter((each) => each === time).length > 2;
    expect(later.filter(inVain)).toEqual([]);
    expect(later.every((time) => (time - first) % minuteMs === 0)).toBe(true);
    expect(logged(world, "can be read only slowly")).toHaveLength(1);
    expect(logged(world, "can be read only slowly")[0]?.fields).toMatchObject({
      ...{ platform: "one", tickets: 6, minutes: 6 },
    });
  });

  test.each([
    { how: "makes us wait after each", retryAfterMs: minuteMs, tellsHowFar: true, pageLength: 2 },
    { how: "fails after each", retryAfterMs: undefined, tellsHowFar: true, pageLength: 2 },
    { how: "tells not how far", retryAfterMs: undefined, tellsHowFar: false, pageLength: 30 },
  ])("is read page by page, though it $how, and most is our own", async ({ how: _, ...given }) => {
    const { world, engine, id } = await missing();
    Object.assign(engine.one, given);
    await world.restart();
    await world.pass(minuteMs);
    world.deafen("one");
    await world.writes(id, "rob", "first");
    await world.writes(id, "triage", "hm");
    for (let n = 0; n < 25; n += 1) await world.says(id, "desk", `a ${n}`);
    await world.writes(id, "rob", "second");
    await world.writes(id, "triage", "so");
    for (let n = 0; n < 25; n += 1) await world.says(id, "desk", `b ${n}`);
    await world.writes(id, "rob", "third");
    let calls = 0;
    engine.one.ending = (call) => {
      if (!isRead(call)) return "ok";
      calls += 1;
      return calls % 2 === 0 ? "retry" : "ok";
    };
    await world.reconnect("one");
    await world.pass(10 * hourMs);
    const entries = await world.entries(id);
    const [rob, triage] = [
      ["first", "second", "third"],
      ["hm", "so"],
    ];
    expect(entries.filter((each) => rob?.includes(each))).toEqual(rob);
    expect(entries.filter((each) => triage?.includes(each))).toEqual(triage);
    expect(engine.catchUp.unread()).toMatchObject([{ tickets: 0 }, { tickets: 0 }]);
  });

  test.each([30 * secondMs, hourMs])(
    "does not hold up for %i ms what was written elsewhere",
    async (retryAfterMs) => {
      const { world, engine, id } = await missing();
      const others = await moreTickets(world, 12);
      world.deafen("one", "two");
      for (const each of [id, ...others]) await world.writes(each, "desk", "hello");
      engine.one.retryAfterMs = retryAfterMs;
      engine.one.ending = (call) => (isRead(call) ? "retry" : "ok");
      await world.reconnect("one", "two");
      await world.pass(minuteMs);
      const [one, two] = engine.catchUp.unread();
      expect(one).toMatchObject({ platform: "one", tickets: 13 });
      // Those that were begun before it asked to wait wait a little, so that all comes in order.
      const most = retryAfterMs === hourMs ? 0 : 6;
      expect(two?.tickets).toBeLessThanOrEqual(most);
      await world.pass(hourMs);
      for (const each of [id, ...others])
        expect(await world.entries(each)).toEqual(["It burns", "hello"]);
    },
  );

  test("is asked next for the ticket in which people write now", async () => {
    const { world, engine } = await missing();
    const ids = await moreTickets(world, 6);
    const last = ids.at(-1) ?? "";
    world.deafen("one");
    let allowedAt = 0;
    const given: string[] = [];
    engine.one.retryAfterMs = minuteMs;
    engine.one.ending = (call) => {
      if (!isRead(call)) return "ok";
      if (engine.clock.now() < allowedAt) return "retry";
      allowedAt = engine.clock.now() + minuteMs;
      given.push(call.where);
      return "ok";
    };
    await world.reconnect("one");
    expect(given).toHaveLength(1);
    await world.says(last, "desk", "hello");
    await world.pass(2 * minuteMs);
    expect(given.slice(1)).toEqual([
      ...[await world.thread(last, "rob"), await world.thread(last, "triage")],
    ]);
    await world.pass(hourMs);
  });

  test("and was read in part: who was told then that theirs was refused is not told again", async () => {
    const { world, engine, id } = await missing();
    const [other = ""] = await moreTickets(world, 1);
    world.die();
    const { message } = await world.writes(id, "rob", "me too", ann);
    const own = await world.thread(other, "rob");
    engine.one.ending = (call) => (isRead(call) && call.where === own ? "retry" : "ok");
    await world.restart();
    await world.pass(10 * secondMs);
    await world.restart();
    await world.pass(10 * secondMs);
    expect(engine.catchUp.unread()[0]).toMatchObject({ tickets: 1 });
    expect(engine.one.toldRefused).toEqual([message]);
  });

  test("and shows what was deleted, though it answers one question a minute", async () => {
    const { world, engine, id } = await missing();
    const said: string[] = [];
    for (const text of ["one", "two", "three", "four"])
      said.push((await world.says(id, "rob", text)).message);
    await world.pass(minuteMs);
    world.die();
    for (const message of said.slice(1)) engine.one.deletes(message);
    let allowedAt = 0;
    engine.one.retryAfterMs = minuteMs;
    engine.one.ending = (call) => {
      if (!isRead(call) && call.do !== "isThere") return "ok";
      if (engine.clock.now() < allowedAt) return "retry";
      allowedAt = engine.clock.now() + minuteMs;
      return "ok";
    };
    await engine.start();
    await world.pass(10 * minuteMs);
    expect(world.shownAt("desk")).toEqual(["It burns", "one"]);
    expect(engine.catchUp.unread()).toMatchObject([{ tickets: 0 }, { tickets: 0 }]);
  });

  test("and was away once more while it was asked what is there: that is read as well", async () => {
    const { world, engine, id } = await missing();
    const { message } = await world.says(id, "rob", "oops");
    const kept = await world.says(id, "rob", "helo");
    await world.pass(minuteMs);
    world.deafen("one");
    engine.one.deletes(message);
    let isAsked = false;
    engine.one.retryAfterMs = 5 * minuteMs;
    engine.one.ending = (call) => {
      if (call.do !== "isThere" || isAsked) return "ok";
      isAsked = true;
      return "retry";
    };
    await world.reconnect("one");
    expect(isAsked).toBe(true);
    world.deafen("one");
    engine.one.edits(kept.message, "hello");
    await world.writes(id, "rob", "anyone?");
    await world.reconnect("one");
    await world.calm();
    expect(world.shownAt("desk")).toEqual(["It burns", "hello", "anyone?"]);
    expect(engine.catchUp.unread()).toMatchObject([{ tickets: 0 }, { tickets: 0 }]);
  });

  test("is not read from the start again when the process ends halfway", async () => {
    const { world, engine, id } = await missing();
    const ids = [id, ...(await moreTickets(world, 5))];
    world.die();
    for (const each of ids) await world.writes(each, "desk", "hello");
    let allowedAt = 0;
    engine.two.retryAfterMs = minuteMs;
    engine.two.ending = (call) => {
      if (!isRead(call)) return "ok";
      if (engine.clock.now() < allowedAt) return "retry";
      allowedAt = engine.clock.now() + minuteMs;
      return "ok";
    };
    await engine.start();
    await world.pass(150 * secondMs);
    const read = await Promise.all(
      ids.map(async (each) => (await engine.place(each, "desk")).readTo !== null),
    );
    expect(read.filter(Boolean)).toHaveLength(3);
    engine.two.ending = () => "ok";
    await world.restart();
    await world.calm();
    for (const each of ids) expect(await world.entries(each)).toEqual(["It burns", "hello"]);
  });

  test("and fast ones write nothing down that nothing is gained by", async () => {
    const { world, engine, id } = await missing();
    world.die();
    await world.writes(id, "desk", "hello");
    await engine.start();
    const { places } = await world.document(id);
    expect(places.map(({ readTo }) => readTo)).toEqual([null, null, null]);
  });
});

describe("a platform that cannot be read", () => {
  test("is asked again, ever more rarely and by one ticket only, and nothing is lost", async () => {
    const { world, engine, id } = await missing();
    const ids = [id, ...(await moreTickets(world, 20))];
    world.die();
    for (const each of ids) await world.writes(each, "rob", "hello");
    engine.one.ending = (call) => (isRead(call) ? "uncertain-before" : "ok");
    const before = world.reads(engine.one).length;
    await engine.start();
    await world.pass(2 * hourMs);
    // Once a minute, after the first few.
    expect(world.reads(engine.one).length - before).toBeLessThan(2 * 60 + 20);
    engine.one.ending = () => "ok";
    await world.pass(hourMs);
    for (const each of ids) expect(await world.entries(each)).toEqual(["It burns", "hello"]);
    expect(engine.catchUp.unread()).toMatchObject([{ tickets: 0 }, { tickets: 0 }]);
  });

  test("does not hold up what was written elsewhere", async () => {
    const { world, engine, id } = await missing();
    world.die();
    await world.writes(id, "rob", "hello");
    await world.writes(id, "desk", "hi");
    engine.one.ending = (call) => (isRead(call) ? "retry" : "ok");
    await engine.start();
    await world.pass(secondMs);
    expect(await world.entries(id)).toEqual(["It burns", "hi"]);
  });

  test("in one thread only does not hold up the other tickets", async () => {
    const { world, engine, id } = await missing();
    const [other = ""] = await moreTickets(world, 1);
    world.die();
    for (const each of [id, other]) await world.writes(each, "rob", "hello");
    const own = await world.thread(other, "rob");
    engine.one.ending = (call) => (isRead(call) && call.where === own ? "retry" : "ok");
    await engine.start();
    await world.pass(minuteMs);
    expect(await world.entries(id)).toEqual(["It burns", "hello"]);
    engine.one.ending = () => "ok";
    await world.pass(hourMs);
    expect(await world.entries(other)).toEqual(["It burns", "hello"]);
  });
});

describe("what can no longer be read", () => {
  const notices = ({ engine }: Missing, where: string) =>
    (where === "desk" ? engine.two : engine.one)
      .shownAt(where)
      .filter(({ kind }) => kind === "notice")
      .map(({ text }) => text);

  test("is told of once to both sides, with the reason to agents only", async () => {
    const { world, engine, id } = await missing();
    const own = await world.thread(id, "rob");
    engine.one.ending = (call) => (isRead(call) && call.where === own ? "dead" : "ok");
    world.deafen("one");
    await world.pass(hourMs);
    await world.reconnect("one");
    await world.calm();
    const since = "2026-01-01 00:30 UTC";
    expect(notices(world, "rob")).toEqual([
      `What you wrote since ${since} may not have reached us. If no one has answered it, please write it again.`,
    ]);
    expect(notices(world, "desk")).toEqual([
      `What was written in the requester's thread since ${since} may be missing here: Error: the call was made to end so: dead.`,
    ]);
    expect(notices(world, "triage")).toEqual(notices(world, "desk"));
    expect(logged(world, "cannot be read back")).toHaveLength(1);
    await world.restart();
    world.deafen("one");
    await world.reconnect("one");
    await world.calm();
    expect(notices(world, "rob")).toHaveLength(1);
    expect(notices(world, "desk")).toHaveLength(1);
    expect(engine.catchUp.unread()).toMatchObject([{ tickets: 0 }, { tickets: 0 }]);
  });

  test("of agents is told to the requester in other words", async () => {
    const { world, engine } = await missing();
    engine.two.ending = (call) => (isRead(call) ? "dead" : "ok");
    world.deafen("two");
    await world.reconnect("two");
    expect(notices(world, "rob")).toEqual([
      "Answers that were written since 2026-01-01 00:30 UTC may be missing here. If you are waiting for one, please ask again.",
    ]);
    expect(notices(world, "triage")[0]).toMatch(
      /^What was written in the agents' thread on Two since/,
    );
  });

  test("is read after all when it can be again, and told of anew when it cannot be once more", async () => {
    const { world, engine, id } = await missing();
    const own = await world.thread(id, "rob");
    const isOwn = (call: Call) => isRead(call) && call.where === own;
    engine.one.ending = (call) => (isOwn(call) ? "dead" : "ok");
    world.deafen("one");
    await world.writes(id, "rob", "can you hear me?");
    await world.pass(hourMs);
    await world.reconnect("one");
    await world.pass(2 * dayMs);
    engine.one.ending = () => "ok";
    await world.restart();
    expect(await world.entries(id)).toEqual(["It burns", "can you hear me?"]);
    engine.one.ending = (call) => (isOwn(call) ? "dead" : "ok");
    await world.restart();
    expect(notices(world, "rob")).toHaveLength(2);
  });

  test("as its thread is gone is told of as well, in the one that is opened instead", async () => {
    const { world, engine, id } = await missing();
    const own = await world.thread(id, "rob");
    world.die();
    engine.one.ending = (call) => (isRead(call) && call.where === own ? "gone" : "ok");
    await engine.start();
    engine.one.ending = () => "ok";
    await world.calm();
    expect(notices(world, "rob")).toHaveLength(1);
    expect(notices(world, "desk")).toHaveLength(1);
  });

  test("is logged once for operators, however many tickets it is of", async () => {
    const { world, engine } = await missing();
    await moreTickets(world, 5);
    engine.two.ending = (call) => (isRead(call) ? "dead" : "ok");
    world.deafen("two");
    await world.reconnect("two");
    expect(logged(world, "cannot be read back")).toHaveLength(1);
    expect(notices(world, "desk")).toHaveLength(6);
  });
});

describe("operators see", () => {
  test("how much is left to be read, and since when", async () => {
    const { world, engine } = await missing();
    await moreTickets(world, 2);
    world.deafen("two");
    const since = engine.clock.now();
    await world.pass(minuteMs);
    engine.two.ending = (call) => (isRead(call) ? "retry" : "ok");
    await world.reconnect("two");
    expect(engine.catchUp.unread()).toEqual([
      { platform: "one", tickets: 0, since: undefined },
      { platform: "two", tickets: 3, since },
    ]);
    engine.two.ending = () => "ok";
    await world.calm();
    expect(engine.catchUp.unread()[1]).toEqual({ platform: "two", tickets: 0, since: undefined });
  });

  test("when reading begins, how it goes on, and what came of it", async () => {
    const { world, engine, id } = await missing();
    const ids = [id, ...(await moreTickets(world, 19))];
    for (const each of ids.slice(0, 2)) await world.says(each, "desk", "known");
    world.deafen("two");
    for (const each of ids.slice(2, 5)) await world.writes(each, "desk", "new");
    await world.writes(id, "desk", "refused", rob);
    const lines = engine.log.lines.length;
    engine.taken.splice(0);
    await world.reconnect("two");
    await world.calm();
    const told = engine.log.lines.slice(lines).filter(({ level }) => level === "info");
    expect(told[0]).toMatchObject({
      fields: { platform: "two", tickets: 20 },
      message: "Reading back what was written while it was not told of",
    });
    const progress = told.filter(({ message }) => message === "Reading back goes on");
    expect(progress.map(({ fields }) => fields.read)).toEqual([2, 4, 6, 8, 10, 12, 14, 16, 18]);
    expect(told.at(-1)).toMatchObject({
      fields: { platform: "two", tickets: 20, accepted: 3, known: 2, refused: 1 },
      message: "All of it was read back",
    });
    expect(engine.taken.filter(({ as }) => as === "accepted")).toHaveLength(3);
  });

  test("nothing when there was no ticket to be read", async () => {
    const { world } = await missing();
    await world.engine.desk.act(
      (await world.store.unclosed("one"))[0] ?? "",
      { do: "status", status: "closed" },
      ann,
      "k",
    );
    await world.pass(minuteMs);
    world.deafen("one");
    await world.reconnect("one");
    expect(logged(world, "read back")).toEqual([]);
  });
});

describe("stopping", () => {
  test("lets what waits be taken in, reads no more, and leaves the rest to the next start", async () => {
    const { world, engine, id } = await missing();
    world.deafen("one");
    await world.writes(id, "rob", "first");
    engine.one.ending = (call) => (isRead(call) ? "slow-before" : "ok");
    await world.reconnect("one");
    const { event } = await world.writes(id, "desk", "second");
    const hearing = engine.desk.heard(event);
    await engine.settled();
    const stopped = engine.catchUp.stop();
    await world.pass(secondMs);
    await stopped;
    expect(await hearing).toMatchObject({ heard: "accepted" });
    await engine.catchUp.remember();
    engine.one.ending = () => "ok";
    engine.one.release();
    await engine.settled();
    expect(await world.entries(id)).toEqual(["It burns", "second"]);
    await engine.start();
    expect(await world.entries(id)).toEqual(["It burns", "second", "first"]);
  });
});

test("what was written in a thread that had been given up, and is found after all, is read", async () => {
  const store = memoryStore();
  const engine = new Engine(async () => store);
  engine.one.heardUntil = () => engine.clock.now();
  engine.one.fits = () => true;
  await engine.start();
  // Its answer is lost, and then it may not be looked for.
  engine.one.ending = ({ do: what, where }) => {
    if (where !== "rob") return "ok";
    return what === "openThread" ? "uncertain-after" : what === "findThread" ? "dead" : "ok";
  };
  const { id } = await engine.desk.open(robsForm());
  await engine.settled();
  await engine.pass(minuteMs);
  engine.life.end();
  const [thread] = engine.one.threads.filter(({ where }) => where === "rob");
  engine.one.writes(thread?.id ?? "", rob, "It still burns");
  engine.one.ending = () => "ok";
  engine.connects = ["one", "two"];
  await engine.start();
  await engine.pass(minuteMs);
  expect(engine.one.textsAt("triage")).not.toContain("It still burns");
  await engine.desk.act(id, { do: "retry", delivery: "p1/open" }, ann, "retry");
  await engine.settled();
  await engine.pass(minuteMs);
  expect(engine.one.textsAt("triage").filter((text) => text === "It still burns")).toHaveLength(1);
});
