import { expect, test } from "vitest";
import { limits } from "../../src/tickets/limits.ts";
import { type ServiceStory, storyThere } from "./service-story.ts";

const minuteMs = 60_000;

async function polls(story: ServiceStory): Promise<void> {
  await story.engine.pass(minuteMs);
  expect(await story.engine.poll()).toBe(true);
  await story.engine.pass(minuteMs);
}

const writesOf = (story: ServiceStory) => {
  let writes = 0;
  story.engine.writeEnding = () => {
    writes += 1;
    return "ok";
  };
  return () => writes;
};

test("a message of the service that is longer than one may be is cut, and says so and where all of it is; once, also when the service renames it", async () => {
  const story = await storyThere();
  const words = "👍🏽 word ".repeat(4_000);
  story.there.writes("agent", "eve", words);
  await polls(story);
  const { threads } = (await story.document()).ticket;
  const cut = threads[1]?.message ?? "";
  expect([...cut].length).toBeLessThanOrEqual(limits.messageLength);
  expect(cut.startsWith(words.slice(0, 5_000))).toBe(true);
  expect(cut).toMatch(
    /\n\[Cut here: all of it, about 40,000 characters, is in the ticket service, in there-1\]$/,
  );
  expect(story.said("rob")).toEqual(["Rob: It burns", `eve: ${cut}`]);
  const writes = writesOf(story);
  await polls(story);
  expect(writes()).toBe(0);
  story.there.renames = "at writes";
  story.there.changes({});
  await polls(story);
  expect(story.said("rob")).toHaveLength(2);
});

test("of more messages than a ticket may hold, agents are told once that no more come; what is known goes on", async () => {
  const story = await storyThere();
  const long = "x".repeat(limits.messageLength - 10);
  const first = story.there.writes("agent", "eve", "first");
  for (let more = 0; more < 210; more += 1) story.there.writes("agent", "eve", `${more} ${long}`);
  await polls(story);
  const told = () => story.told().filter((each) => each.includes("there is no room left"));
  expect(told()).toEqual([
    "No more of what is written in the ticket service comes here: there is no room left for it. Please read and answer it there, in there-1, or go on in another ticket.",
  ]);
  expect(story.told("rob")).toEqual([]);
  const { threads } = (await story.document()).ticket;
  expect(threads.length).toBeLessThan(210);
  expect(story.said("rob")).toHaveLength(threads.length);
  const writes = writesOf(story);
  await polls(story);
  story.there.writes("user", "one:rob", "more");
  await polls(story);
  expect(writes()).toBe(0);
  story.there.edits(first, "the first");
  await polls(story);
  expect(story.said("rob")).toContain("eve: the first");
  expect(story.said("rob").join()).not.toContain("more");
});

test("what is written for ever to a ticket that is closed here is shown to agents as far as that helps", async () => {
  const story = await storyThere();
  story.there.isStrict = false;
  await story.acts({ do: "status", status: "closed" });
  for (let more = 0; more < 150; more += 1) story.there.writes("user", "one:rob", `wait ${more}`);
  await polls(story);
  const { messages } = await story.document();
  expect(story.told().filter((each) => each.includes("wait"))).toHaveLength(100);
  expect(story.told().filter((each) => each.includes("there is no room left"))).toHaveLength(1);
  await polls(story);
  expect((await story.document()).messages).toHaveLength(messages.length);
});
