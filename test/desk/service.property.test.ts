import fc from "fast-check";
import { expect, test } from "vitest";
import { transitions } from "../../src/tickets/lifecycle.ts";
import { priorities } from "../../src/tickets/ticket.ts";
import { ann, deadAfterMs, Engine } from "./engine.ts";
import type { WriteEnding } from "./life.ts";
import { memoryStore } from "./memory-store.ts";
import type { Ending } from "./simulated-platform.ts";
import { channels, type Step, Story } from "./story.ts";

/** What people do in the service. `of` picks one of what they wrote there. */
type StepThere =
  | { there: "write"; type: "user" | "agent" | "system" }
  | { there: "edit" | "take off"; of: number }
  | { there: "status" | "priority" | "assign"; to: number }
  | { there: "overwrite"; of: number }
  | { there: "poll" };

const of = fc.nat(20);

const here: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("write" as const),
      channel: fc.constantFrom(...channels),
      isNote: fc.boolean(),
      isLong: fc.boolean(),
      late: fc.constant(false),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("edit" as const),
      of,
      isNote: fc.boolean(),
      isLong: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("delete" as const), of }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("act" as const),
      what: fc.constantFrom("claim", "release", "resolve", "reopen"),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("pass" as const),
      ms: fc.constantFrom(1, 1_000, 5_000, 60_000),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ do: "release" as const }) },
  { weight: 1, arbitrary: fc.constant({ do: "crash" as const }) },
);

const there: fc.Arbitrary<StepThere> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      there: fc.constant("write" as const),
      type: fc.constantFrom("user", "agent", "system"),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ there: fc.constantFrom("edit" as const, "take off" as const), of }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      there: fc.constantFrom("status" as const, "priority" as const, "assign" as const),
      to: of,
    }),
  },
  { weight: 1, arbitrary: fc.record({ there: fc.constant("overwrite" as const), of }) },
  { weight: 5, arbitrary: fc.constant({ there: "poll" as const }) },
);

const ending: fc.Arbitrary<Ending> = fc.oneof(
  { weight: 8, arbitrary: fc.constant("ok" as const) },
  {
    weight: 6,
    arbitrary: fc.constantFrom<Ending[]>(
      ...(["retry", "uncertain-before", "uncertain-after", "slow-before", "slow-after"] as const),
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom<Ending[]>("crash-before", "crash-after", "dead") },
);

const writeEnding: fc.Arbitrary<WriteEnding> = fc.oneof(
  { weight: 30, arbitrary: fc.constant("ok" as const) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<WriteEnding[]>("fails", "unsure", "crash-before", "crash-after"),
  },
);

const histories = fc.record({
  steps: fc.array(fc.oneof(here, there), { minLength: 5, maxLength: 30 }),
  endings: fc.array(ending, { maxLength: 60 }),
  writes: fc.array(writeEnding, { maxLength: 60 }),
});

interface Written {
  ref: string;
  words: string;
  isGone: boolean;
}

/** A ticket here and there, and what people do with it on either side. */
class BothSides {
  readonly engine: Engine;
  readonly story: Story;
  readonly written: Written[] = [];
  #count = 0;
  #hasOverwritten = false;

  constructor(engine: Engine) {
    this.engine = engine;
    this.story = new Story(engine);
  }

  async take(step: Step | StepThere): Promise<void> {
    if ("do" in step) await this.story.take(step);
    else if (this.engine.service.tickets.length > 0) await this.#takeThere(step);
    if ("do" in step && step.do === "release") this.engine.service.release();
    await this.story.rest();
  }

  async #takeThere(step: StepThere): Promise<void> {
    const { service } = this.engine;
    switch (step.there) {
      case "write":
        return this.#write(step.type);
      case "edit":
        return this.#edit(step.of);
      case "take off":
        return this.#takeOff(step.of);
      case "overwrite":
        return this.#overwrite(step.of);
      case "status": {
        const moves = transitions[service.ticket.fields.status].filter((to) => to !== "closed");
        const status = moves[step.to % moves.length];
        return status && service.changes({ status });
      }
      case "priority":
        return service.changes({ priority: priorities[step.to % priorities.length] ?? "low" });
      case "assign":
        return service.changes({ assignedTo: step.to % 3 === 0 ? null : `eve${step.to}` });
      case "poll":
        await this.engine.poll();
    }
  }

  #words(): string {
    this.#count += 1;
    return `there${this.#count}`;
  }

  #write(type: "user" | "agent" | "system"): void {
    const words = this.#words();
    const author = type === "user" ? "one:rob" : "eve";
    this.written.push({
      words,
      isGone: false,
      ref: this.engine.service.writes(type, author, words),
    });
  }

  #edit(of: number): void {
    const written = this.#pick(of);
    if (!written) return;
    written.words = this.#words();
    this.engine.service.edits(written.ref, written.words);
  }

  #takeOff(of: number): void {
    const written = this.#pick(of);
    if (!written) return;
    written.isGone = true;
    this.engine.service.takesOff(written.ref);
  }

  #pick(of: number): Written | undefined {
    const those = this.written.filter(({ isGone }) => !isGone);
    return those[of % Math.max(1, those.length)];
  }

  /** Another client writes the list of entries as it was before one of ours. */
  #overwrite(of: number): void {
    const { service } = this.engine;
    const ours = service.ticket.entries.filter(({ message }) => message.startsWith("public"));
    const { ref } = ours[of % Math.max(1, ours.length)] ?? {};
    if (ref === undefined || this.#hasOverwritten) return;
    this.#hasOverwritten = true;
    service.takesOff(ref);
  }

  /** All goes well from now on: what is owed is sent, what was given up is tried again. */
  async calm(): Promise<void> {
    const { engine, story } = this;
    engine.service.ending = () => "ok";
    engine.service.isStrict = false;
    engine.writeEnding = () => "ok";
    engine.service.release();
    for (let round = 0; round < 4; round += 1) {
      await story.pass(deadAfterMs);
      await engine.poll();
      const { troubles } = await engine.document(story.id);
      for (const { delivery, dead } of troubles)
        if (dead) await engine.desk.act(story.id, { do: "retry", delivery }, ann, "retry");
      await story.pass(deadAfterMs);
    }
  }
}

async function lived(
  { steps, endings, writes }: typeof histories extends fc.Arbitrary<infer T> ? T : never,
  renames: Engine["service"]["renames"],
) {
  const store = memoryStore();
  const engine = new Engine(async () => store, { service: true });
  const [ended, written] = [endings.values(), writes.values()];
  for (const platform of [engine.one, engine.two]) platform.fits = () => true;
  engine.service.renames = renames;
  engine.service.ending = () => ended.next().value ?? "ok";
  engine.writeEnding = () => written.next().value ?? "ok";
  await engine.start();
  const both = new BothSides(engine);
  await both.story.open();
  for (const step of steps) await both.take(step);
  await both.calm();
  return both;
}

/** What is meant to be read everywhere, of what was said here; and what is for agents only. */
function saidHere({ story }: BothSides) {
  return story.said
    .filter(({ isDeleted }) => !isDeleted)
    .map(({ channel, versions }) => {
      const told = versions.filter(({ isTold }) => isTold);
      const isNote = told.some((version) => version.isNote);
      return { channel, isNote, words: told.at(-1)?.words };
    });
}

const sorted = (words: readonly (string | undefined)[]) => [...words].sort();

test.each([
  ["keeps its entries as they are", "never"],
  ["gives all of them its own times and authors at each write", "at writes"],
] as const)(
  "whatever happens, in a service that %s, both sides have in the end what was said and how it stands, once, and the service never had a note",
  async (_, renames) => {
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        const both = await lived(history, renames);
        const { engine, story, written } = both;
        const { ticket, owes, underway, troubles } = await engine.document(story.id);
        const dead = troubles.filter((trouble) => trouble.dead);
        expect({ owes, underway, dead }).toEqual({ owes: false, underway: [], dead: [] });
        expect(await engine.poll()).toBe(true);
        const replies = saidHere(both).filter(({ isNote }) => !isNote);
        const left = written.filter(({ isGone }) => !isGone).map(({ words }) => words);
        expect(sorted(engine.service.words)).toEqual(
          sorted(["It burns", ...replies.map(({ words }) => words), ...left]),
        );
        expect(engine.service.ever.filter((words) => words.includes("secret"))).toEqual([]);
        for (const where of channels) {
          const platform = where === "desk" ? engine.two : engine.one;
          const shown = platform.textsAt(where);
          const wanted = saidHere(both)
            .filter(({ channel, isNote }) => channel !== where && !(isNote && where === "rob"))
            .map(({ words }) => words);
          expect(
            sorted(shown.filter((text) => /^(?:there|public|secret|It burns)/.test(text))),
          ).toEqual(sorted(["It burns", ...wanted, ...left]));
        }
        const { status, priority, assignedTo, resolution } = ticket;
        expect(engine.service.ticket.fields).toEqual({ status, priority, assignedTo, resolution });
      }),
      { numRuns: 100 },
    );
  },
  120_000,
);

/** What only adds, so that nothing has to be found there by its name. */
const adding = fc.record({
  steps: fc.array(
    fc.oneof(here, there).filter((step) => {
      if ("do" in step) return step.do !== "edit" && step.do !== "delete";
      return step.there !== "edit" && step.there !== "take off" && step.there !== "overwrite";
    }),
    { minLength: 5, maxLength: 30 },
  ),
  endings: fc.array(ending, { maxLength: 60 }),
  writes: fc.array(writeEnding, { maxLength: 60 }),
});

test("whatever happens, in a service that gives all entries other times and authors at each read, nothing is read twice, what is said here gets there, and what is not followed is told", async () => {
  await fc.assert(
    fc.asyncProperty(adding, async (history) => {
      const both = await lived(history, "at reads");
      const { engine, story, written } = both;
      const replies = saidHere(both).filter(({ isNote }) => !isNote);
      const theirs = written.map(({ words }) => words);
      expect(sorted(engine.service.words)).toEqual(
        sorted(["It burns", ...replies.map(({ words }) => words), ...theirs]),
      );
      expect(engine.service.ever.filter((words) => words.includes("secret"))).toEqual([]);
      for (const where of channels) {
        const platform = where === "desk" ? engine.two : engine.one;
        const shown = platform.textsAt(where).filter((text) => /^(?:there|public)/.test(text));
        expect(new Set(shown).size).toBe(shown.length);
        const missed = theirs.filter((words) => !shown.includes(words));
        const isTold = engine.one.textsAt("triage").some((text) => /time or author/.test(text));
        expect(missed.length === 0 || isTold).toBe(true);
      }
      const { ticket } = await engine.document(story.id);
      const { status, priority, assignedTo, resolution } = ticket;
      expect(engine.service.ticket.fields).toEqual({ status, priority, assignedTo, resolution });
    }),
    { numRuns: 100 },
  );
}, 120_000);
