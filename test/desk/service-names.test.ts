import { describe, expect, test } from "vitest";
import { type ServiceStory, storyThere } from "./service-story.ts";

const secondMs = 1_000;
const minuteMs = 60 * secondMs;

async function polls(story: ServiceStory): Promise<void> {
  await story.engine.pass(minuteMs);
  expect(await story.engine.poll()).toBe(true);
  await story.engine.pass(10 * secondMs);
}

/** Four times, ten minutes after each other. */
async function pollsForLong(story: ServiceStory): Promise<void> {
  for (let round = 0; round < 4; round += 1) {
    await polls(story);
    await story.engine.pass(10 * minuteMs);
  }
}

const renamings = async (story: ServiceStory) =>
  (await story.document()).audit.filter(({ what }) => what === "renamed").length;

describe("in a service that gives all entries new times, and its own author, at each write", () => {
  async function renaming(): Promise<ServiceStory> {
    const story = await storyThere();
    story.there.renames = "at writes";
    return story;
  }

  test("what was said is read once on either side, and comes back to no one", async () => {
    const story = await renaming();
    await story.says("rob", "help");
    await story.says("triage", "hello");
    story.there.writes("agent", "eve", "one");
    story.there.writes("system", null, "moved");
    await polls(story);
    await story.says("rob", "two");
    await polls(story);
    await polls(story);
    expect(story.said("rob")).toEqual(["Rob: It burns", "Ann: hello", "eve: one"]);
    expect(story.said("triage")).toEqual([
      ...["Rob: It burns", "Rob: help", "eve: one", "Rob: two"],
    ]);
    expect(story.told("rob")).toEqual(["moved"]);
    expect(story.there.words).toEqual(["It burns", "help", "hello", "one", "moved", "two"]);
    await story.expectAlike();
  });

  test("the same words of several people stay with who said them, and those that are new are heard", async () => {
    const story = await renaming();
    story.there.writes("agent", "eve", "ok");
    story.there.writes("agent", "cleo", "ok");
    await polls(story);
    story.there.writes("agent", "eve", "ok");
    await polls(story);
    expect(story.said("rob")).toEqual(["Rob: It burns", "eve: ok", "cleo: ok", "eve: ok"]);
    await story.expectAlike();
  });

  test("edits and deletions from here get there", async () => {
    const story = await renaming();
    await story.says("rob", "one");
    await story.says("rob", "two");
    await story.says("triage", "three");
    await story.edits("rob", "one", "uno");
    await story.deletes("rob", "two");
    await story.edits("triage", "three", "// for us");
    await pollsForLong(story);
    expect(story.there.words).toEqual(["It burns", "uno"]);
    expect(story.said("triage")).toEqual(["Rob: It burns", "Rob: uno"]);
    expect(story.said("rob")).toEqual(["Rob: It burns"]);
    await story.expectAlike();
  });

  test("a deletion from here gets there, also when all is renamed just before it arrives", async () => {
    const story = await renaming();
    await story.says("rob", "wrong");
    story.next("remove", "slow-before");
    await story.deletes("rob", "wrong");
    expect(story.count("remove")).toBe(1);
    story.there.writes("agent", "eve", "one");
    story.there.release();
    await pollsForLong(story);
    expect(story.there.words).toEqual(["It burns", "one"]);
    expect(story.said("triage")).toEqual(["Rob: It burns", "eve: one"]);
    await story.expectAlike();
  });

  test("an edit whose answer was lost is taken off when its message is deleted, and comes back to no one", async () => {
    const story = await renaming();
    await story.says("rob", "one");
    story.next("rewrite", "uncertain-after");
    await story.edits("rob", "one", "uno");
    await story.deletes("rob", "one");
    story.there.writes("agent", "eve", "hello");
    await pollsForLong(story);
    expect(story.there.words).toEqual(["It burns", "hello"]);
    expect(story.said("triage")).toEqual(["Rob: It burns", "eve: hello"]);
    await story.expectAlike();
  });

  test("files are known by their names, as no two links are the same", async () => {
    const story = await renaming();
    story.engine.one.files.set("f1", Buffer.from("abc"));
    const file = { file: "f1", name: "error.log", sizeBytes: 3, type: "text/plain" };
    await story.says("rob", "see", [file]);
    story.there.writes("agent", "eve", "seen");
    await polls(story);
    expect(story.said("rob")).toEqual(["Rob: It burns", "eve: seen"]);
    expect(story.there.words).toHaveLength(4);
    await story.expectAlike();
  });

  test("edits and deletions from there are followed", async () => {
    const story = await renaming();
    const one = story.there.writes("agent", "eve", "one");
    const two = story.there.writes("agent", "eve", "two");
    await polls(story);
    story.there.edits(one, "uno");
    story.there.takesOff(two);
    await polls(story);
    expect(story.said("rob")).toEqual(["Rob: It burns", "eve: uno"]);
    await story.expectAlike();
  });

  test("what was shown to agents only, as the ticket is closed, is shown once", async () => {
    const story = await renaming();
    story.there.isStrict = false;
    await story.acts({ do: "status", status: "closed" });
    story.there.writes("user", "one:rob", "wait");
    await polls(story);
    story.there.changes({});
    await polls(story);
    expect(story.told().filter((each) => each.includes("wait"))).toHaveLength(1);
  });

  test("a read that is older than one before brings nothing twice, and no older names", async () => {
    const story = await renaming();
    story.there.writes("agent", "eve", "one");
    await polls(story);
    const { serviceDesk } = story.engine;
    const before = story.there.seen(story.there.ticket.id);
    await story.engine.pass(minuteMs);
    story.there.changes({ priority: "low" });
    await polls(story);
    const count = await renamings(story);
    const stamp = (await serviceDesk.stampOf(before.id)) ?? "";
    expect(await serviceDesk.takeIn(before, stamp)).toBe("taken");
    expect(story.said("rob")).toEqual(["Rob: It burns", "eve: one"]);
    expect(await renamings(story)).toBe(count);
  });
});

describe("in a service that gives all entries new times at each read", () => {
  const told = (story: ServiceStory) =>
    story.told().filter((each) => /time or author|keeps the times/.test(each));

  test("agents are told, once, that what is written there does not come here; what is said here goes there, and so does how it stands, both ways", async () => {
    const story = await storyThere();
    story.there.renames = "at reads";
    await story.says("rob", "help");
    story.there.writes("agent", "eve", "one");
    for (let reads = 0; reads < 12; reads += 1) await polls(story);
    expect(told(story)).toHaveLength(1);
    expect(told(story)[0]).toContain("have whoever runs the service keep the time and author");
    expect(await renamings(story)).toBeLessThan(10);
    story.there.writes("agent", "eve", "two");
    story.there.changes({ priority: "low" });
    await story.says("triage", "hello");
    await polls(story);
    expect(story.said("rob")).toEqual(["Rob: It burns", "eve: one", "Ann: hello"]);
    expect(story.said("triage")).toEqual(["Rob: It burns", "Rob: help", "eve: one"]);
    expect(story.there.words).toEqual(["It burns", "help", "one", "two", "hello"]);
    expect((await story.document()).ticket.priority).toBe("low");
    await story.expectAlike();
  });

  test("once it does so no more, what was written meanwhile comes, also after a restart", async () => {
    const story = await storyThere();
    story.there.renames = "at reads";
    for (let reads = 0; reads < 8; reads += 1) await polls(story);
    story.there.writes("agent", "eve", "one");
    await polls(story);
    await story.engine.start();
    await polls(story);
    expect(story.said("rob")).toEqual(["Rob: It burns"]);
    story.there.renames = "never";
    for (let reads = 0; reads < 4; reads += 1) await polls(story);
    expect(story.said("rob")).toEqual(["Rob: It burns", "eve: one"]);
    story.there.writes("agent", "eve", "two");
    for (let reads = 0; reads < 8; reads += 1) await polls(story);
    expect(story.said("rob")).toEqual(["Rob: It burns", "eve: one", "eve: two"]);
    expect(told(story)).toHaveLength(2);
    await story.expectAlike();
  });

  test("that a message could not be taken off there is told to the agents", async () => {
    const story = await storyThere();
    await story.says("rob", "oops");
    story.there.renames = "at reads";
    for (let reads = 0; reads < 8; reads += 1) await polls(story);
    await story.deletes("rob", "oops");
    await polls(story);
    expect(story.told().join()).toMatch(/could not be removed in the ticket service: .* not found/);
  });
});

test("what others there have taken off already is off, whatever blanks are there", async () => {
  const story = await storyThere();
  await story.says("rob", "oops");
  story.there.takesOff(story.there.ticket.entries[1]?.ref ?? "");
  story.there.writes("agent", "eve", " ");
  await story.deletes("rob", "oops");
  await polls(story);
  expect(story.told()).toEqual([]);
  await story.expectAlike();
});

test("in a service that keeps its entries, what another has overwritten with words of its own is not taken for ours", async () => {
  const story = await storyThere();
  await story.says("triage", "hello");
  const ours = story.there.ticket.entries[1]?.ref ?? "";
  story.there.takesOff(ours);
  story.there.writes("agent", "eve", "one");
  await story.edits("triage", "hello", "hello you");
  for (let round = 0; round < 3; round += 1) await polls(story);
  expect(story.said("rob")).toEqual(["Rob: It burns", "Ann: hello you", "eve: one"]);
  expect(story.there.words).toEqual(["It burns", "one", "hello you"]);
  await story.expectAlike();
});
