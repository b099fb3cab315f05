import { describe, expect, test } from "vitest";
import { typedText } from "../../src/desk/text.ts";
import { amy, ann, rob } from "./engine.ts";
import { Missing, minuteMs, missing, secondMs } from "./missed.ts";
import type { Call } from "./simulated-platform.ts";

const hourMs = 60 * minuteMs;

const isRead = (call: Call) => call.do === "readSince";

describe("what was written while Deskhand was down", () => {
  test("is with the other side after the start, in the order in which it was written, once", async () => {
    const { world, id } = await missing();
    world.die();
    await world.writes(id, "rob", "hello?");
    await world.writes(id, "desk", "try this");
    await world.writes(id, "rob", "that did it");
    await world.writes(id, "triage", "great");
    await world.restart();
    const said = ["hello?", "try this", "that did it", "great"];
    expect(await world.entries(id)).toEqual(["It burns", ...said]);
    await world.restart();
    await world.restart();
    await world.calm();
    expect(await world.entries(id)).toEqual(["It burns", ...said]);
    expect(world.shownAt("rob")).toEqual(["It burns", "try this", "great"]);
    expect(world.shownAt("triage")).toEqual(["It burns", "hello?", "try this", "that did it"]);
    expect(world.shownAt("desk")).toEqual(["It burns", "hello?", "that did it", "great"]);
  });

  test("by people who may not speak there is told to them, once", async () => {
    const { world, engine, id } = await missing();
    world.die();
    const { message } = await world.writes(id, "rob", "me too", ann);
    await world.restart();
    expect(engine.one.toldRefused).toEqual([message]);
    await world.restart();
    await world.pass(minuteMs);
    await world.restart();
    expect(engine.one.toldRefused).toEqual([message]);
    expect(await world.entries(id)).toEqual(["It burns"]);
  });

  test("is read from the time until which all was heard, and a little before", async () => {
    const { world, engine, id } = await missing();
    await world.pass(hourMs);
    const { message } = await world.writes(id, "rob", "known long ago", ann);
    expect(await world.hears(engine.one.edits(message, "still refused"))).toHaveProperty("refused");
    // An agent by now: what they wrote before is no answer all the same.
    const written = engine.one.written.find((each) => each.id === message);
    if (written) written.by = rob;
    await world.pass(hourMs);
    world.die();
    await world.writes(id, "rob", "new");
    await world.restart();
    expect(await world.entries(id)).toEqual(["It burns", "new"]);
  });

  test("shortly before it died, and was not taken in, is read too", async () => {
    const { world, id } = await missing();
    await world.writes(id, "rob", "on its way");
    await world.pass(5 * minuteMs);
    world.die();
    await world.restart();
    expect(await world.entries(id)).toEqual(["It burns", "on its way"]);
  });

  test("before anything was ever noted is read from the beginning of each ticket, but for what is a week old", async () => {
    const { world, id } = await missing();
    await world.writes(id, "rob", "too old");
    await world.pass(7 * 24 * hourMs);
    await world.writes(id, "rob", "days ago");
    await world.pass(2 * 24 * hourMs);
    await world.store.setValue("heard one", "nonsense");
    world.die();
    await world.restart();
    expect(await world.entries(id)).toEqual(["It burns", "days ago"]);
  });

  test("in a closed ticket is not read", async () => {
    const { world, engine, id } = await missing();
    await engine.desk.act(id, { do: "status", status: "closed" }, ann, "key");
    await engine.settled();
    await world.pass(minuteMs);
    const before = world.reads(engine.one).length;
    await world.restart();
    expect(world.reads(engine.one)).toHaveLength(before);
  });

  test("in a ticket that is closed before it was read is told to be too late", async () => {
    const { world, engine, id } = await missing();
    world.die();
    const { message } = await world.writes(id, "rob", "wait!");
    engine.one.ending = (call) => (isRead(call) ? "retry" : "ok");
    await world.restart();
    await engine.desk.act(id, { do: "status", status: "closed" }, ann, "key");
    engine.one.ending = () => "ok";
    await world.calm();
    expect(engine.one.toldRefused).toEqual([message]);
  });

  test("in a ticket that is closed before its platform is back is told to be too late", async () => {
    const { world, engine, id } = await missing();
    world.deafen("one");
    const { message } = await world.writes(id, "rob", "wait!");
    await engine.desk.act(id, { do: "status", status: "closed" }, ann, "key");
    await world.reconnect("one");
    await world.calm();
    expect(engine.one.toldRefused).toEqual([message]);
  });

  test("in a thread that had been opened, and was not written down yet, is read as well", async () => {
    const world = new Missing();
    const { engine } = world;
    for (const platform of [engine.one, engine.two]) platform.fits = () => true;
    await world.start();
    await world.pass(minuteMs);
    engine.one.ending = (call) =>
      call.do === "openThread" && call.where === "rob" ? "crash-after" : "ok";
    const form = { title: "Screen", description: "Black", priority: "low" } as const;
    const more = { category: "technical", tags: [], files: [], creationKey: "k" } as const;
    const where = { platform: "one", where: "rob", requester: rob, by: rob };
    const { id } = await engine.desk.open({ ...form, ...more, tags: [], ...where });
    await engine.settled();
    expect(engine.life.isOver).toBe(true);
    const [thread] = engine.one.threads.filter((each) => each.where === "rob");
    engine.one.writes(thread?.id ?? "", rob, "is anyone there?");
    engine.one.ending = () => "ok";
    await world.restart();
    await world.calm();
    expect(await world.entries(id)).toEqual(["Black", "is anyone there?"]);
  });

  test("and carried into another ticket by its writer is in that one only", async () => {
    const { world, engine, id } = await missing();
    const other = await engine.opened({ creationKey: "other", title: "Mouse" });
    await world.pass(minuteMs);
    const { event, message } = await world.writes(id, "rob", "about the mouse");
    await engine.desk.carry(other, event);
    world.die();
    await world.pass(secondMs);
    await world.restart();
    expect(await world.entries(id)).toEqual(["It burns"]);
    world.die();
    engine.one.edits(message, "about the mat");
    await world.restart();
    expect(await world.entries(id)).toEqual(["It burns"]);
    expect(await world.entries(other)).toEqual(["It burns", "about the mat"]);
  });

  test("among agents stays there when their replies begin to need no mark", async () => {
    const { world, engine, id } = await missing();
    engine.replies = "explicit";
    await world.restart();
    await world.pass(minuteMs);
    await world.says(id, "triage", "he is a fool");
    world.die();
    await world.writes(id, "desk", "he is indeed");
    engine.replies = "thread";
    await world.restart();
    await world.writes(id, "desk", "dear Rob");
    await world.restart();
    await world.calm();
    expect(world.shownAt("rob")).toEqual(["It burns", "dear Rob"]);
  });

  test("to the requester is sent when replies begin to need a mark", async () => {
    const { world, engine, id } = await missing();
    world.die();
    await world.writes(id, "desk", "dear Rob");
    engine.replies = "explicit";
    await world.restart();
    expect(world.shownAt("rob")).toEqual(["It burns", "dear Rob"]);
  });
});

describe("what was changed while Deskhand was down", () => {
  test("is changed for the others: edited, deleted, and both of what they never saw", async () => {
    const { world, engine, id } = await missing();
    const edited = await world.says(id, "rob", "helo");
    const deleted = await world.says(id, "triage", "wrong ticket");
    await world.pass(minuteMs);
    world.die();
    engine.one.edits(edited.message, "hello");
    engine.one.deletes(deleted.message);
    const typo = await world.writes(id, "desk", "yuor printer");
    engine.two.edits(typo.message, "your printer");
    const taken = await world.writes(id, "rob", "never mind");
    engine.one.deletes(taken.message);
    await world.restart();
    await world.calm();
    expect(world.shownAt("triage")).toEqual(["It burns", "hello", "your printer"]);
    expect(world.shownAt("desk")).toEqual(["It burns", "hello"]);
    expect(world.shownAt("rob")).toEqual(["It burns", "your printer"]);
  });

  test("is changed although it was written hours before", async () => {
    const { world, engine, id } = await missing();
    const edited = await world.says(id, "rob", "helo");
    const deleted = await world.says(id, "rob", "my password is");
    await world.pass(20 * hourMs);
    world.die();
    engine.one.edits(edited.message, "hello");
    engine.one.deletes(deleted.message);
    await world.restart();
    expect(world.shownAt("desk")).toEqual(["It burns", "hello"]);
  });

  test("hours before is looked for no further than one page or so goes", async () => {
    const { world, engine, id } = await missing();
    const words = Array.from({ length: 14 }, (_, index) => `word ${index}`);
    const said: string[] = [];
    for (const each of words) {
      said.push((await world.says(id, "rob", each)).message);
      await world.pass(15 * minuteMs);
    }
    await world.pass(hourMs);
    world.die();
    for (const message of said) engine.one.deletes(message);
    await world.restart();
    expect(world.shownAt("desk")).toEqual(["It burns", "word 0", "word 1"]);
  });

  test("is not thought to be deleted as long as it can be asked for", async () => {
    const { world, engine, id } = await missing();
    const { message } = await world.says(id, "rob", "hello");
    await world.pass(minuteMs);
    world.die();
    engine.one.hidden.add(message);
    await world.restart();
    expect(world.shownAt("desk")).toEqual(["It burns", "hello"]);
    expect(engine.one.calls.filter((call) => call.do === "isThere")).toHaveLength(1);
  });

  test("is changed although it had been written just before, once it can be sure", async () => {
    const { world, engine, id } = await missing();
    const { message } = await world.says(id, "rob", "oops");
    world.die();
    engine.one.deletes(message);
    await world.restart();
    await world.pass(10 * secondMs);
    expect(world.shownAt("desk")).toEqual(["It burns"]);
    expect(engine.catchUp.unread()).toMatchObject([{ tickets: 0 }, { tickets: 0 }]);
  });

  test("is not thought to be deleted when its thread was lost and another one opened", async () => {
    const { world, engine, id } = await missing();
    await world.says(id, "rob", "hello");
    await world.pass(minuteMs);
    const own = await world.thread(id, "rob");
    engine.one.ending = (call) => (call.do === "post" && call.where === own ? "gone" : "ok");
    await world.says(id, "triage", "hi");
    await world.pass(hourMs);
    engine.one.ending = () => "ok";
    expect(engine.one.threads.filter(({ where }) => where === "rob")).toHaveLength(2);
    await world.restart();
    await world.calm();
    expect(world.shownAt("desk")).toEqual(["It burns", "hello", "hi"]);
    const later = await world.says(id, "rob", "here again");
    await world.pass(minuteMs);
    world.die();
    engine.one.deletes(later.message);
    await world.restart();
    expect(world.shownAt("desk")).toEqual(["It burns", "hello", "hi"]);
  });

  test("is left as it is when reading it fails", async () => {
    const { world, engine, id } = await missing();
    const { message } = await world.says(id, "rob", "hello");
    await world.pass(minuteMs);
    world.die();
    engine.one.hidden.add(message);
    engine.one.ending = (call) => (call.do === "isThere" ? "retry" : "ok");
    await world.restart();
    await world.calm();
    expect(world.shownAt("desk")).toEqual(["It burns", "hello"]);
  });
});

describe("what was written while a platform was not connected", () => {
  test("is read once it is again, along with what the other platform had all the time", async () => {
    const { world, id } = await missing();
    world.deafen("one");
    await world.writes(id, "rob", "hello?");
    await world.writes(id, "triage", "yes");
    await world.says(id, "desk", "hello");
    await world.reconnect("one");
    expect(await world.entries(id)).toEqual(["It burns", "hello", "hello?", "yes"]);
    expect(world.shownAt("desk")).toEqual(["It burns", "hello?", "yes"]);
  });

  test("is taken in once, though it is told of before, meanwhile and afterwards", async () => {
    const { world, engine, id } = await missing();
    world.deafen("one");
    const events = [];
    for (const text of ["one", "two", "three"])
      events.push((await world.writes(id, "rob", text)).event);
    const [one, two, three] = events;
    if (one) await world.hears(one);
    engine.one.ending = (call) => (isRead(call) ? "slow-after" : "ok");
    await world.reconnect("one");
    const hearing = two && engine.desk.heard(two);
    await engine.settled();
    engine.one.ending = () => "ok";
    engine.one.release();
    expect(await hearing).toMatchObject({ heard: "known" });
    if (three) expect(await world.hears(three)).toMatchObject({ heard: "known" });
    expect(await world.entries(id)).toEqual(["It burns", "one", "two", "three"]);
    expect(world.shownAt("desk")).toEqual(["It burns", "one", "two", "three"]);
  });

  test("comes before what is written afterwards, though reading it takes a while", async () => {
    const { world, engine, id } = await missing();
    world.deafen("one");
    await world.writes(id, "rob", "first");
    engine.one.ending = (call) => (isRead(call) ? "slow-before" : "ok");
    await world.reconnect("one");
    const { event } = await world.writes(id, "desk", "second");
    const also = await world.writes(id, "desk", "third");
    const hearing = [engine.desk.heard(event), engine.desk.heard(also.event)];
    await world.pass(30 * secondMs);
    expect(await world.entries(id)).toEqual(["It burns"]);
    engine.one.ending = () => "ok";
    engine.one.release();
    await Promise.all(hearing);
    expect(await world.entries(id)).toEqual(["It burns", "first", "second", "third"]);
  });

  test("is waited for no longer than a minute: what is told of then is taken in, and so said", async () => {
    const { world, engine, id } = await missing();
    world.deafen("one");
    await world.writes(id, "rob", "first");
    engine.one.ending = (call) => (isRead(call) ? "slow-before" : "ok");
    await world.reconnect("one");
    const { event } = await world.writes(id, "desk", "second");
    const hearing = engine.desk.heard(event);
    await world.pass(59 * secondMs);
    expect(await world.entries(id)).toEqual(["It burns"]);
    await world.pass(secondMs);
    expect(await hearing).toMatchObject({ heard: "accepted" });
    const late = engine.log.lines.filter(({ message }) => message.startsWith("Something is taken"));
    expect(late).toHaveLength(1);
    expect(await world.says(id, "desk", "third")).toMatchObject({ heard: { heard: "accepted" } });
    engine.one.ending = () => "ok";
    engine.one.release();
    await world.calm();
    expect(await world.entries(id)).toEqual(["It burns", "second", "third", "first"]);
  });

  test("comes before what is written afterwards, though it cannot be read at first", async () => {
    const { world, engine, id } = await missing();
    world.deafen("one");
    await world.writes(id, "rob", "first");
    engine.one.ending = (call) => (isRead(call) ? "retry" : "ok");
    await world.reconnect("one");
    const reads = world.reads(engine.one).length;
    const { event } = await world.writes(id, "desk", "second");
    const hearing = engine.desk.heard(event);
    await world.pass(2 * secondMs);
    // It is tried once more after each pause, and not because of what is heard.
    expect(world.reads(engine.one).length - reads).toBeLessThanOrEqual(4);
    expect(await world.entries(id)).toEqual(["It burns"]);
    engine.one.ending = () => "ok";
    await world.pass(10 * secondMs);
    expect(await hearing).toMatchObject({ heard: "accepted" });
    expect(await world.entries(id)).toEqual(["It burns", "first", "second"]);
  });

  test("comes before what is written there afterwards, though its platform asks to wait a little and another one is read meanwhile", async () => {
    const { world, engine, id } = await missing();
    for (let n = 0; n < 8; n += 1) await engine.opened({ creationKey: `form ${n}` });
    await world.pass(minuteMs);
    world.deafen("one", "two");
    await world.writes(id, "rob", "first");
    engine.one.retryAfterMs = 3 * secondMs;
    engine.one.ending = (call) => (isRead(call) ? "retry" : "ok");
    engine.two.ending = (call) => (isRead(call) ? "slow-before" : "ok");
    await world.reconnect("one", "two");
    const { event } = await world.writes(id, "rob", "second");
    const hearing = engine.desk.heard(event);
    await engine.settled();
    engine.two.ending = () => "ok";
    engine.two.release();
    await engine.settled();
    engine.one.ending = () => "ok";
    await world.pass(30 * secondMs);
    await hearing;
    expect(await world.entries(id)).toEqual(["It burns", "first", "second"]);
  });

  test("comes before what is written there afterwards, though another platform is to be left alone for long", async () => {
    const { world, engine, id } = await missing();
    world.deafen("one", "two");
    await world.writes(id, "desk", "first");
    engine.one.retryAfterMs = 20 * secondMs;
    engine.one.ending = (call) => (isRead(call) ? "retry" : "ok");
    engine.two.ending = (call) => (isRead(call) ? "slow-before" : "ok");
    await world.reconnect("one", "two");
    const { event } = await world.writes(id, "desk", "second");
    const hearing = engine.desk.heard(event);
    await world.pass(secondMs);
    engine.two.ending = () => "ok";
    engine.two.release();
    await world.pass(5 * secondMs);
    await hearing;
    expect(await world.entries(id)).toEqual(["It burns", "first", "second"]);
  });

  test("comes before what is written there afterwards, though it could not be saved at first", async () => {
    const { world, engine, id } = await missing();
    world.deafen("one");
    await world.writes(id, "rob", "first");
    engine.writeEnding = () => "fails";
    await world.reconnect("one");
    const { event } = await world.writes(id, "rob", "second");
    const hearing = engine.desk.heard(event);
    await world.pass(secondMs);
    engine.writeEnding = () => "ok";
    await world.pass(30 * secondMs);
    await hearing;
    expect(await world.entries(id)).toEqual(["It burns", "first", "second"]);
  });

  test("is not waited for on a platform that is to be left alone for long", async () => {
    const { world, engine, id } = await missing();
    world.deafen("one");
    await world.writes(id, "rob", "first");
    engine.one.retryAfterMs = minuteMs;
    engine.one.ending = (call) => (isRead(call) ? "retry" : "ok");
    await world.reconnect("one");
    const reads = world.reads(engine.one).length;
    const { event } = await world.writes(id, "desk", "second");
    expect(await world.hears(event)).toMatchObject({ heard: "accepted" });
    expect(world.reads(engine.one)).toHaveLength(reads);
    engine.one.ending = () => "ok";
    await world.calm();
    expect(await world.entries(id)).toEqual(["It burns", "second", "first"]);
  });

  test("and has been read so far comes first, though the rest has to wait", async () => {
    const { world, engine, id } = await missing();
    world.deafen("one");
    await world.writes(id, "rob", "first");
    await world.writes(id, "triage", "hm");
    const triage = await world.thread(id, "triage");
    engine.one.retryAfterMs = hourMs;
    engine.one.ending = (call) => (isRead(call) && call.where === triage ? "retry" : "ok");
    await world.reconnect("one");
    expect(await world.entries(id)).toEqual(["It burns"]);
    await world.says(id, "rob", "second");
    expect(await world.entries(id)).toEqual(["It burns", "first", "second"]);
    engine.one.ending = () => "ok";
    await world.pass(hourMs);
    expect(await world.entries(id)).toEqual(["It burns", "first", "second", "hm"]);
  });

  test("is read first in the tickets that people write in now", async () => {
    const { world, engine } = await missing();
    const ids: string[] = [];
    for (let n = 0; n < 12; n += 1) ids.push(await engine.opened({ creationKey: `form ${n}` }));
    await world.pass(minuteMs);
    world.deafen("one");
    const before = world.reads(engine.one).length;
    engine.one.ending = (call) => (isRead(call) ? "slow-before" : "ok");
    await world.reconnect("one");
    const oldest = ids.at(-1) ?? "";
    const { event } = await world.writes(oldest, "desk", "hello");
    const hearing = engine.desk.heard(event);
    await engine.settled();
    engine.one.release();
    await engine.settled();
    const own = [await world.thread(oldest, "rob"), await world.thread(oldest, "triage")];
    const next = world.reads(engine.one).slice(before + 3);
    expect(own).toContain(next[0]);
    engine.one.ending = () => "ok";
    engine.one.release();
    await hearing;
    await world.calm();
  });

  test("begins with the tickets that were changed last", async () => {
    const { world, engine, id } = await missing();
    const other = await engine.opened({ creationKey: "other" });
    await world.pass(minuteMs);
    const order = async (first: string) => {
      await world.says(first, "rob", `${first} now`);
      const before = world.reads(engine.one).length;
      world.deafen("one");
      await world.reconnect("one");
      return world.reads(engine.one)[before];
    };
    expect(await order(id)).toBe(await world.thread(id, "rob"));
    expect(await order(other)).toBe(await world.thread(other, "rob"));
    expect(await order(id)).toBe(await world.thread(id, "rob"));
  });

  test("and edited, does not undo what is edited while it is read", async () => {
    const { world, engine, id } = await missing();
    const { message } = await world.says(id, "rob", "v1");
    world.deafen("one");
    engine.one.edits(message, "v2");
    engine.one.ending = (call) => (isRead(call) ? "slow-after" : "ok");
    await world.reconnect("one");
    const hearing = engine.desk.heard(engine.one.edits(message, "v3"));
    await world.pass(minuteMs);
    await hearing;
    engine.one.ending = () => "ok";
    engine.one.release();
    await world.calm();
    expect(world.shownAt("desk")).toEqual(["It burns", "v3"]);
    // What was read was the second version, and never was shown again.
    expect(engine.two.ever.map(({ text }) => text)).toEqual(["It burns", "v1", "v3"]);
  });

  test("comes before what is written while it is not known yet which tickets are to be read", async () => {
    const { world, engine, id } = await missing();
    world.deafen("one");
    await world.writes(id, "rob", "first");
    const { unclosed } = world.store;
    let go: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    world.store.unclosed = (...asked) => gate.then(() => unclosed(...asked));
    const reconnecting = world.reconnect("one");
    const event = engine.two.writes(await world.thread(id, "desk"), amy, "second");
    const hearing = engine.desk.heard(event);
    setImmediate(() => go());
    await reconnecting;
    await hearing;
    expect(await world.entries(id)).toEqual(["It burns", "first", "second"]);
  });

  test("is all read when a gap turns out to be wider just after it was told of", async () => {
    const { world, engine, id } = await missing();
    await world.writes(id, "rob", "lost");
    const since = engine.clock.now();
    await world.pass(2 * hourMs);
    engine.desk.mayHaveMissed("one", engine.clock.now());
    engine.desk.mayHaveMissed("one", since);
    await engine.settled();
    expect(await world.entries(id)).toEqual(["It burns", "lost"]);
  });

  test("is read again where a later gap may have come after it was read", async () => {
    const { world, engine, id } = await missing();
    world.deafen("one");
    await world.writes(id, "rob", "first");
    engine.one.ending = (call) => (isRead(call) ? "slow-after" : "ok");
    await world.reconnect("one");
    world.deafen("one");
    await world.writes(id, "rob", "second");
    engine.one.ending = () => "ok";
    await world.reconnect("one");
    engine.one.release();
    await world.calm();
    expect(await world.entries(id)).toEqual(["It burns", "first", "second"]);
  });

  test("by people who were told then that it is not taken in is not told to them again", async () => {
    const { world, engine, id } = await missing();
    world.deafen("one");
    const { event } = await world.writes(id, "rob", "me too", ann);
    expect(await world.hears(event)).toMatchObject({ refused: "NOT_THE_REQUESTER" });
    await world.reconnect("one");
    expect(engine.one.toldRefused).toEqual([]);
  });

  test("by people who were told then is not told to them again after a kill, but of what they made of it since", async () => {
    const { world, engine, id } = await missing();
    const { event } = await world.writes(id, "rob", "me too", ann);
    if (event.type !== "message") throw new Error("it is no message");
    const told: string[] = [];
    const tells = async (text: string) => void told.push(text);
    expect(await world.hears(event)).toMatchObject({ refused: "NOT_THE_REQUESTER" });
    await engine.desk.tellOnce(event, () => tells("first"));
    await engine.desk.tellOnce(event, () => tells("twice"));
    await world.restart();
    await world.calm();
    await engine.desk.tellOnce(event, () => tells("after a restart"));
    expect(told).toEqual(["first"]);
    expect(engine.one.toldRefused).toEqual([]);
    await engine.desk.tellOnce({ ...event, text: typedText("me too!") }, () => tells("edited"));
    expect(told).toEqual(["first", "edited"]);
  });

  test("by people who could not be told then is told to them after a kill", async () => {
    const { world, engine, id } = await missing();
    const { event, message } = await world.writes(id, "rob", "me too", ann);
    if (event.type !== "message") throw new Error("it is no message");
    await world.hears(event);
    const fails = () => Promise.reject(new Error("not now"));
    await expect(engine.desk.tellOnce(event, fails)).rejects.toThrow("not now");
    await world.restart();
    expect(engine.one.toldRefused).toEqual([message]);
  });

  test("and was edited is not undone by an older edit that comes late, be it after a restart", async () => {
    const { world, engine, id } = await missing();
    engine.one.tellsWhenEdited = true;
    const { message } = await world.says(id, "rob", "one");
    await world.pass(minuteMs);
    const edits = async (text: string) => {
      await world.pass(secondMs);
      return engine.one.edits(message, text);
    };
    world.deafen("one");
    const two = await edits("two");
    const three = await edits("three");
    engine.one.ending = (call) => (isRead(call) ? "slow-after" : "ok");
    await world.reconnect("one");
    // It waits until all was read.
    const hearing = engine.desk.heard(two);
    await engine.settled();
    engine.one.ending = () => "ok";
    engine.one.release();
    expect(await hearing).toMatchObject({ heard: "known" });
    await world.calm();
    expect(world.shownAt("desk")).toEqual(["It burns", "three"]);
    await world.pass(30 * hourMs);
    await world.restart();
    expect(await world.hears(two)).toMatchObject({ heard: "known" });
    expect(await world.hears(three)).toMatchObject({ heard: "known" });
    expect(world.shownAt("desk")).toEqual(["It burns", "three"]);
    expect(await world.hears(await edits("four"))).toMatchObject({ heard: "accepted" });
    expect(world.shownAt("desk")).toEqual(["It burns", "four"]);
  });

  test("and was edited more than once is the last of it, whichever is heard first", async () => {
    const { world, engine, id } = await missing();
    engine.one.tellsWhenEdited = true;
    const { message, event } = await world.writes(id, "rob", "one");
    await world.pass(secondMs);
    const two = engine.one.edits(message, "two");
    await world.pass(secondMs);
    const three = engine.one.edits(message, "three");
    for (const each of [three, two, event, three, two]) await world.hears(each);
    expect(await world.entries(id)).toEqual(["It burns", "three"]);
    expect(world.shownAt("desk")).toEqual(["It burns", "three"]);
  });

  test("is given a platform that cannot tell its writers: the rest is taken in all the same", async () => {
    const { world, engine, id } = await missing();
    world.deafen("one");
    await world.writes(id, "rob", "me too", ann);
    await world.writes(id, "rob", "hello");
    engine.one.ending = (call) => (call.do === "tellRefused" ? "dead" : "ok");
    await world.reconnect("one");
    expect(await world.entries(id)).toEqual(["It burns", "hello"]);
    expect(engine.catchUp.unread()).toMatchObject([{ tickets: 0 }, { tickets: 0 }]);
  });

  test("waits for a store that fails, and is not taken in twice by one that is unsure", async () => {
    const { world, engine, id } = await missing();
    world.deafen("one");
    await world.writes(id, "rob", "hello");
    const endings = ["fails", "unsure"] as const;
    let writes = 0;
    engine.writeEnding = () => endings[writes++] ?? "ok";
    await world.reconnect("one");
    await world.calm();
    expect(writes).toBeGreaterThan(2);
    expect(await world.entries(id)).toEqual(["It burns", "hello"]);
    expect(world.shownAt("desk")).toEqual(["It burns", "hello"]);
  });
});
