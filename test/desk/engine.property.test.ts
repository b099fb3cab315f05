import fc from "fast-check";
import { expect, test } from "vitest";
import { deadAfterMs, Engine } from "./engine.ts";
import type { WriteEnding } from "./life.ts";
import { memoryStore } from "./memory-store.ts";
import type { Call, Ending, SimulatedPlatform } from "./simulated-platform.ts";
import { type Channel, channels, type Step, Story } from "./story.ts";

const channel = fc.constantFrom(...channels);
const of = fc.nat(20);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("write" as const),
      channel,
      isNote: fc.boolean(),
      isLong: fc.boolean(),
      late: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("edit" as const),
      of,
      isNote: fc.boolean(),
      isLong: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("delete" as const), of }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("repeat" as const), of }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("form" as const),
      isNote: fc.boolean(),
      twice: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("act" as const),
      what: fc.constantFrom("claim", "release", "resolve", "reopen"),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("pass" as const),
      ms: fc.constantFrom(1, 1_000, 5_000, 60_000),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ do: "release" as const }) },
  { weight: 1, arbitrary: fc.constant({ do: "crash" as const }) },
);

const ending: fc.Arbitrary<Ending> = fc.oneof(
  { weight: 8, arbitrary: fc.constant("ok" as const) },
  {
    weight: 6,
    arbitrary: fc.constantFrom<Ending[]>(
      ...(["retry", "uncertain-before", "uncertain-after", "slow-before", "slow-after"] as const),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom<Ending[]>("down-before", "down-after", "held-back"),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Ending[]>("crash-before", "crash-after", "dead", "gone"),
  },
);

const writeEnding: fc.Arbitrary<WriteEnding> = fc.oneof(
  { weight: 30, arbitrary: fc.constant("ok" as const) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<WriteEnding[]>("fails", "unsure", "crash-before", "crash-after"),
  },
);

const histories = fc.record({
  steps: fc.array(step, { minLength: 5, maxLength: 25 }),
  endings: fc.record({
    one: fc.array(ending, { maxLength: 40 }),
    two: fc.array(ending, { maxLength: 40 }),
  }),
  writes: fc.array(writeEnding, { maxLength: 60 }),
});

type History = typeof histories extends fc.Arbitrary<infer T> ? T : never;

async function lived({ steps, endings, writes }: History): Promise<Story> {
  const store = memoryStore();
  const engine = new Engine(async () => store);
  const [one, two, written] = [endings.one.values(), endings.two.values(), writes.values()];
  const nextOf = (left: Iterator<Ending>) => (call: Call) => {
    const { value } = left.next();
    // A mark, a file or a channel is no thread that could be gone.
    const isThread = call.where.includes("-t");
    return value === "gone" && !isThread ? "retry" : (value ?? "ok");
  };
  engine.one.ending = nextOf(one);
  engine.two.ending = nextOf(two);
  engine.writeEnding = () => written.next().value ?? "ok";
  await engine.start();
  const story = new Story(engine);
  await story.open();
  for (const each of steps) {
    await story.take(each);
    await story.rest();
  }
  return story;
}

async function calm(story: Story): Promise<void> {
  const { engine } = story;
  for (const platform of [engine.one, engine.two]) platform.ending = () => "ok";
  engine.writeEnding = () => "ok";
  engine.one.release();
  engine.two.release();
  await story.tellLate();
  await story.pass(deadAfterMs);
  await story.retryAll();
}

const platformAt = ({ engine }: Story, where: Channel): SimulatedPlatform =>
  where === "desk" ? engine.two : engine.one;

/** What a channel is meant to show of what people said, by the name of each message. */
function wantedAt(story: Story, where: Channel): Map<string, string> {
  const heard = story.said.map((said) => ({
    ...said,
    told: said.versions.filter(({ isTold }) => isTold),
  }));
  const wanted = heard.filter(({ name, channel, told, isDeleted }) => {
    const isOwn = channel === where && !name.startsWith("form");
    const isNote = told.some((version) => version.isNote);
    return told.length > 0 && !isOwn && !isDeleted && !(isNote && where === "rob");
  });
  return new Map(wanted.map(({ name, told }) => [name, told.at(-1)?.words ?? ""]));
}

async function expectShown(story: Story, where: Channel): Promise<void> {
  const { messages, places, troubles, owes, underway } = await story.engine.document(story.id);
  expect({ owes, underway, dead: troubles.filter(({ dead }) => dead) }).toEqual({
    ...{ owes: false, underway: [], dead: [] },
  });
  const platform = platformAt(story, where);
  const place = places.find((each) => each.where === where);
  expect(platform.threads.filter((each) => each.where === where && !each.isGone)).toHaveLength(1);
  const wanted = wantedAt(story, where);
  const keyOf = new Map(
    messages.map(({ from }, index) => [from?.message ?? "", `${story.id}/${place?.id}/m${index}/`]),
  );
  const shown = platform.shownAt(where).filter(({ kind }) => kind !== "notice");
  const lost = platform.threads.some((thread) => thread.where === where && thread.isGone);
  const all = platform.threads.filter((thread) => thread.where === where);
  for (const [name, words] of wanted) {
    const key = keyOf.get(name) ?? "none";
    const wordsIn = (those: typeof shown) =>
      those.filter((each) => each.key.startsWith(key)).map(({ text }) => text);
    const now = wordsIn(shown).join(" ");
    // What stood in a thread that is gone is not written again, unless it is changed.
    const before = all.map(({ messages: those }) => wordsIn(those).join(" "));
    if (lost && now === "") expect(before).toContain(words);
    else expect(now).toBe(words);
  }
  const known = [...wanted.keys()].map((name) => keyOf.get(name) ?? "none");
  const first = `${story.id}/${place?.id}/m0/`;
  const others = shown.filter(({ key }) => ![first, ...known].some((one) => key.startsWith(one)));
  expect(others).toEqual([]);
}

/** An agent's note shows no mark: nothing of it is on its way to the requester. */
function expectNoMarksOnNotes({ said, engine }: Story): void {
  const marked = [...engine.one.marks.keys(), ...engine.two.marks.keys()];
  const notes = said.filter(({ versions }) => versions.some((each) => each.isNote && each.isTold));
  const names = notes.filter(({ isDeleted }) => !isDeleted).map(({ name }) => name);
  expect(marked.filter((message) => names.includes(message))).toEqual([]);
}

/** By their first parts: what grows by an edit, and what was given up or lost, may come later. */
function expectInOrder(story: Story, where: Channel): void {
  const isOutOfOrder = story.engine.log.lines.some(
    ({ fields }) => fields.outcome === "dead" || fields.outcome === "gone",
  );
  if (isOutOfOrder) return;
  const indexes = platformAt(story, where)
    .shownAt(where)
    .filter(({ key }) => key.endsWith("/0"))
    .map(({ key }) => Number(/\/m(\d+)\/0$/.exec(key)?.[1]));
  expect(indexes).toEqual([...indexes].sort((a, b) => a - b));
}

test("whatever happens, every thread shows in the end what it is meant to show, once, and never a note that is not for it", async () => {
  await fc.assert(
    fc.asyncProperty(histories, async (history) => {
      const story = await lived(history);
      await calm(story);
      for (const where of channels) {
        await expectShown(story, where);
        expectInOrder(story, where);
      }
      expectNoMarksOnNotes(story);
      const read = story.engine.one.ever.filter(({ where }) => where === "rob");
      expect(read.filter(({ text }) => text.includes("secret"))).toEqual([]);
    }),
    { numRuns: 150 },
  );
}, 60_000);
