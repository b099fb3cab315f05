import { describe, expect, test } from "vitest";
import { startedEngine } from "./engine.ts";
import { ServiceStory, storyThere } from "./service-story.ts";

const secondMs = 1_000;
const minuteMs = 60 * secondMs;

/** All that was written and changed there is taken in, and what follows from it is sent. */
async function polls(story: ServiceStory, ms = 0): Promise<void> {
  await story.engine.pass(ms);
  expect(await story.engine.poll()).toBe(true);
  await story.engine.pass(10 * secondMs);
}

describe("what is written there", () => {
  test("reaches both sides under its writer's name, in order and once, and is not sent back", async () => {
    const story = await storyThere();
    await story.says("triage", "hello");
    story.there.writes("agent", "eve", "one");
    story.there.writes("user", "one:rob", "two");
    story.there.writes("agent", "one:ann", "three");
    await polls(story);
    await polls(story);
    expect(story.said("rob")).toEqual([
      "Rob: It burns",
      "Ann: hello",
      "eve: one",
      "Rob: two",
      "Ann: three",
    ]);
    expect(story.said("desk")).toEqual(story.said("rob"));
    expect(story.said("triage")).toEqual(["Rob: It burns", "eve: one", "Rob: two", "Ann: three"]);
    expect(story.there.words).toEqual(["It burns", "hello", "one", "two", "three"]);
    expect(story.count("append")).toBe(1);
    const { ticket } = await story.document();
    expect(ticket.threads.map(({ type, author }) => [type, author])).toEqual([
      ...[
        ["user", "one:rob"],
        ["agent", "one:ann"],
        ["agent", "eve"],
      ],
      ...[
        ["user", "one:rob"],
        ["agent", "one:ann"],
      ],
    ]);
    await story.expectAlike();
  });

  test("follows the rules of a reply: an agent's first puts the ticket in progress, the requester's reopens it", async () => {
    const story = await storyThere();
    story.there.writes("agent", "eve", "on it");
    await polls(story);
    expect(story.there.ticket.fields.status).toBe("in_progress");
    await story.acts({ do: "resolve", resolution: "mended" });
    story.there.writes("user", "one:rob", "no");
    await polls(story);
    expect((await story.document()).ticket.status).toBe("open");
    await story.expectAlike();
  });

  test("is plain text: slashes make no note of it, and nothing in it is formatting", async () => {
    const story = await storyThere();
    story.there.writes("agent", "eve", "// *not* a <note>");
    await polls(story);
    expect(story.said("rob")).toContain("eve: // *not* a <note>");
  });

  test("of no person is told to everyone; of a writer who is not told, it says so; blanks are nothing", async () => {
    const story = await storyThere();
    story.there.writes("system", null, "The queue was changed");
    story.there.writes("agent", null, "hello");
    story.there.writes("agent", " ", " \n");
    await polls(story);
    for (const where of ["rob", "triage"]) {
      expect(story.told(where)).toContain("The queue was changed");
      expect(story.said(where)).toEqual(["Rob: It burns", "The ticket service: hello"]);
    }
    expect(story.count("append")).toBe(0);
    await story.expectAlike();
  });

  test("is edited and taken off in the threads as it is there, and put back", async () => {
    const story = await storyThere();
    const one = story.there.writes("agent", "eve", "one");
    const two = story.there.writes("agent", "eve", "two");
    await polls(story);
    story.there.edits(one, "uno");
    story.there.takesOff(two);
    await polls(story);
    expect(story.said("rob")).toEqual(["Rob: It burns", "eve: uno"]);
    expect((await story.document()).ticket.threads.map(({ message }) => message)).toEqual([
      ...["It burns", "uno", "(message deleted)"],
    ]);
    story.there.ticket.entries.push({
      ...{ ref: two, type: "agent", author: "eve", message: "two", timestamp: null },
    });
    await polls(story);
    expect(story.said("rob")).toEqual(["Rob: It burns", "eve: uno", "eve: two"]);
    await story.expectAlike();
  });

  test("is not taken off because the service shows nothing, or an older state", async () => {
    const story = await storyThere();
    const before = story.there.seen(story.there.ticket.id);
    await story.engine.pass(minuteMs);
    story.there.writes("agent", "eve", "one");
    story.there.changes({ priority: "low" });
    await polls(story);
    const { serviceDesk } = story.engine;
    const takes = async (read: typeof before) =>
      serviceDesk.takeIn(read, (await serviceDesk.stampOf(before.id)) ?? "");
    expect(await takes(before)).toBe("taken");
    expect(story.said("rob")).toEqual(["Rob: It burns", "eve: one"]);
    expect((await story.document()).ticket.priority).toBe("low");
    story.there.shows = false;
    await polls(story);
    story.there.shows = true;
    const { entries } = story.there.ticket;
    story.there.ticket.entries = [];
    await polls(story);
    story.there.ticket.entries = entries;
    await polls(story);
    expect(story.said("rob")).toEqual(["Rob: It burns", "eve: one"]);
    expect((await story.document()).ticket.priority).toBe("low");
  });

  test("is taken in though the service once told of a time far ahead", async () => {
    const story = await storyThere();
    await story.engine.pass(minuteMs);
    const { ticket } = story.there;
    const { updatedAt } = ticket;
    story.there.writes("agent", "eve", "one");
    ticket.updatedAt = "9999-12-31T00:00:00.000Z";
    await polls(story);
    ticket.updatedAt = updatedAt;
    await story.engine.pass(20 * minuteMs);
    story.there.changes({ priority: "low" });
    await polls(story);
    expect((await story.document()).ticket.priority).toBe("low");
  });

  test("on a ticket that is closed here is shown to the agents, once, and follows its edits", async () => {
    const story = await storyThere();
    story.there.isStrict = false;
    await story.acts({ do: "status", status: "closed" });
    const ref = story.there.writes("user", "one:rob", "wait");
    await polls(story);
    await polls(story);
    const told = (words: string) =>
      `What Rob wrote in the ticket service is shown to agents only (The ticket is closed):\n${words}`;
    expect(story.told().filter((each) => each.startsWith("What"))).toEqual([told("wait")]);
    expect(story.told("rob").join()).not.toContain("wait");
    story.there.edits(ref, "wait!");
    await polls(story);
    expect(story.told().filter((each) => each.startsWith("What"))).toEqual([told("wait!")]);
  });

  test("last words before it was closed there reach everyone", async () => {
    const story = await storyThere();
    story.there.writes("agent", "eve", "bye");
    story.there.changes({ status: "closed" });
    await polls(story);
    expect(story.said("rob")).toEqual(["Rob: It burns", "eve: bye"]);
    expect(story.told("rob")).toEqual(["The ticket service closed this ticket."]);
    await story.expectAlike();
  });

  test("is kept, and so is what was written here at the same time", async () => {
    const story = await storyThere();
    story.there.ending = () => "retry";
    await story.says("triage", "from here");
    story.there.writes("agent", "eve", "from there");
    await polls(story);
    story.there.ending = () => "ok";
    await story.engine.pass(minuteMs);
    expect(story.there.words).toEqual(["It burns", "from there", "from here"]);
    expect(story.said("rob")).toEqual(["Rob: It burns", "Ann: from here", "eve: from there"]);
    await story.expectAlike();
  });

  test("is not taken in from a read during which something of ours got there", async () => {
    const story = await storyThere();
    const { serviceDesk } = story.engine;
    const { id } = story.there.ticket;
    const stamp = (await serviceDesk.stampOf(id)) ?? "";
    await story.says("rob", "help");
    expect(await serviceDesk.takeIn(story.there.seen(id), stamp)).toBe("again");
    story.next("append", "slow-after");
    await story.says("rob", "more");
    expect(await story.engine.poll()).toBe(false);
    story.there.release();
    await story.engine.settled();
    await polls(story);
    expect(story.said("triage")).toEqual(["Rob: It burns", "Rob: help", "Rob: more"]);
    expect(story.there.words).toEqual(["It burns", "help", "more"]);
  });

  test("is taken in once when two reads of it come at the same time, or the process dies", async () => {
    const story = await storyThere();
    const { serviceDesk } = story.engine;
    const { id } = story.there.ticket;
    story.there.writes("agent", "eve", "one");
    const stamp = (await serviceDesk.stampOf(id)) ?? "";
    const read = () => serviceDesk.takeIn(story.there.seen(id), stamp);
    expect((await Promise.all([read(), read()])).sort()).toEqual(["again", "taken"]);
    story.there.writes("agent", "eve", "two");
    story.engine.writeEnding = () => "crash-after";
    await story.engine.poll();
    story.engine.writeEnding = () => "ok";
    await story.engine.start();
    await polls(story);
    expect(story.said("rob")).toEqual(["Rob: It burns", "eve: one", "eve: two"]);
  });

  test("of a ticket that is not ours is left alone; ours are told, until they are closed", async () => {
    const story = await storyThere();
    const { serviceDesk } = story.engine;
    const { id } = story.there.ticket;
    const other = { ...story.there.seen(id), id: "other" };
    expect(await serviceDesk.stampOf("other")).toBeUndefined();
    expect(await serviceDesk.takeIn(other, "")).toBe("unknown");
    const calls: string[] = [];
    story.engine.onStore = (call) => calls.push(call);
    expect([...(await serviceDesk.linked())]).toEqual([id]);
    expect(calls, "no document is read").toEqual(["openThreads"]);
    await story.acts({ do: "status", status: "closed" });
    expect([...(await serviceDesk.linked())]).toEqual([]);
  });
});

describe("an entry of ours that another has overwritten there", () => {
  test("is not written once more when the ticket began with it: agents are told", async () => {
    const story = await storyThere();
    await story.engine.pass(minuteMs);
    await polls(story);
    const [first] = story.there.ticket.entries;
    await story.engine.pass(minuteMs);
    story.there.takesOff(first?.ref ?? "");
    story.there.writes("agent", "eve", "hello");
    await polls(story);
    await polls(story);
    expect(story.told()).toEqual([
      "“It burns” is no longer recorded in the ticket service: something else there has taken it off.",
    ]);
  });

  test("is written once more; the second time, agents are told", async () => {
    const story = await storyThere();
    await story.says("rob", "help");
    const lost = async () => {
      await story.engine.pass(minuteMs);
      const { entries } = story.there.ticket;
      const ours = entries.find(({ message }) => message === "help");
      story.there.takesOff(ours?.ref ?? "");
      await polls(story);
    };
    await lost();
    expect(story.there.words).toEqual(["It burns", "help"]);
    expect(story.told()).toEqual([]);
    await lost();
    await polls(story);
    expect(story.there.words).toEqual(["It burns"]);
    expect(story.told()).toEqual([
      "“help” is no longer recorded in the ticket service: something else there has taken it off twice.",
    ]);
    expect(story.said("triage")).toEqual(["Rob: It burns", "Rob: help"]);
  });

  test("is there as it was edited meanwhile, though its edit found nothing to change", async () => {
    const story = await storyThere();
    await story.says("rob", "help");
    story.there.takesOff(story.there.ticket.entries[1]?.ref ?? "");
    await story.edits("rob", "help", "help me");
    expect(story.told()).toEqual([
      "“help me” could not be changed in the ticket service: there is no such entry.",
    ]);
    await polls(story);
    expect(story.there.words).toEqual(["It burns", "help me"]);
    expect(story.told()).toEqual(["What could not be delivered at first was delivered after all."]);
    await story.expectAlike();
  });
});

describe("what is changed there", () => {
  test("is changed here, told in the threads, and audited", async () => {
    const story = await storyThere();
    story.there.changes({ status: "resolved", resolution: "mended", assignedTo: "one:ann" });
    story.there.changes({ priority: "low" });
    await story.says("triage", "// hello");
    await polls(story);
    expect(story.card()).toMatchObject({
      ...{ status: "resolved", priority: "low", assignee: "Ann", resolution: "mended" },
    });
    expect(story.told("rob")).toEqual([
      "The ticket service resolved this ticket: mended\nA reply from the requester reopens it.",
    ]);
    expect(await story.audit()).toEqual([
      "service status open resolved",
      "service priority high low",
      "service assignedTo null one:ann",
      "service resolution null mended",
    ]);
    expect(story.count("change")).toBe(0);
    await story.expectAlike();
  });

  test("to resolved without a word gets one", async () => {
    const story = await storyThere();
    story.there.changes({ status: "resolved" });
    await polls(story);
    expect((await story.document()).ticket.resolution).toBe("Resolved in the ticket service");
    await story.expectAlike();
  });

  test("in more than one step is followed", async () => {
    const story = await storyThere();
    await story.acts({ do: "resolve", resolution: "mended" });
    story.there.changes({ status: "open" });
    story.there.changes({ status: "pending" });
    await polls(story);
    expect((await story.document()).ticket.status).toBe("pending");
    await story.expectAlike();
  });

  test("to what cannot be here is told to the agents, once, and changed back", async () => {
    const story = await storyThere();
    story.there.isStrict = false;
    await story.acts({ do: "status", status: "closed" });
    story.there.changes({ status: "open", priority: "low" });
    await polls(story);
    await polls(story);
    expect(story.told().filter((each) => each.startsWith("In the"))).toEqual([
      "In the ticket service this ticket became “Open”. Here it is “Closed”, from where it cannot go there, so it stays that and the service is told so.",
    ]);
    expect((await story.document()).ticket).toMatchObject({ status: "closed", priority: "low" });
    await story.expectAlike();
  });

  test("and here as well: the later change of each field holds, and the audit says what happened", async () => {
    const story = await storyThere();
    story.there.ending = () => "retry";
    await story.acts({ do: "priority", priority: "low" });
    await story.engine.pass(minuteMs);
    story.there.changes({ priority: "urgent", status: "pending" });
    await story.engine.pass(minuteMs);
    await story.acts({ do: "resolve", resolution: "mended" });
    story.there.ending = () => "ok";
    await polls(story, minuteMs);
    expect((await story.document()).ticket).toMatchObject({
      priority: "urgent",
      status: "resolved",
    });
    const audit = await story.audit();
    expect(audit).toContain("service priority overridden low urgent");
    expect(audit).toContain("service priority low urgent");
    expect(audit).toContain("service status overridden pending resolved");
    await story.expectAlike();
  });

  test("is seen before something is sent there that would hide when it was changed", async () => {
    const story = await storyThere();
    story.there.changes({ priority: "low" });
    await story.engine.pass(minuteMs);
    story.there.ending = () => "retry";
    await story.says("triage", "hello");
    await story.acts({ do: "priority", priority: "urgent" });
    await story.engine.pass(minuteMs);
    story.there.ending = () => "ok";
    await story.engine.pass(10 * minuteMs);
    expect(story.there.ticket.fields).toMatchObject({ priority: "urgent", status: "in_progress" });
    expect(await story.audit()).toContain("service priority overridden low urgent");
    await story.expectAlike();
  });

  test("later than here is not written over by what had to wait", async () => {
    const story = await storyThere();
    story.there.ending = () => "retry";
    await story.acts({ do: "claim" });
    await story.engine.pass(minuteMs);
    story.there.changes({ assignedTo: "eve" });
    story.there.ending = () => "ok";
    await story.engine.pass(10 * minuteMs);
    await polls(story);
    expect(story.there.ticket.fields.assignedTo).toBe("eve");
    expect(story.card()?.assignee).toBe("eve");
    await story.expectAlike();
  });

  test("nothing is written when nothing has changed", async () => {
    const story = await storyThere();
    await story.says("rob", "help");
    await polls(story);
    let writes = 0;
    story.engine.writeEnding = () => {
      writes += 1;
      return "ok";
    };
    await polls(story);
    await polls(story);
    expect(writes).toBe(0);
  });
});

describe("the service is turned on or off", () => {
  test("a ticket from before lives here only, and goes on as it did", async () => {
    const engine = await startedEngine();
    const story = new ServiceStory(engine);
    await story.open();
    engine.hasService = true;
    await engine.start();
    await story.says("triage", "hello");
    expect(story.said("rob")).toEqual(["Rob: It burns", "Ann: hello"]);
    expect(story.there.calls).toEqual([]);
    expect(story.card()).not.toHaveProperty("elsewhere");
    expect((await story.document()).owes).toBe(false);
  });

  test("a ticket that lives there goes on here without it, and what is owed goes there once it is back", async () => {
    const story = await storyThere();
    story.engine.hasService = false;
    await story.engine.start();
    await story.says("triage", "hello");
    await story.engine.pass(minuteMs);
    expect(story.said("rob")).toEqual(["Rob: It burns", "Ann: hello"]);
    story.engine.hasService = true;
    await story.engine.start();
    await story.engine.pass(minuteMs);
    expect(story.there.words).toEqual(["It burns", "hello"]);
    await story.expectAlike();
  });
});
