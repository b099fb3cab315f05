import fc from "fast-check";
import { expect, test } from "vitest";
import { ann } from "./engine.ts";
import { type Missing, minuteMs, missing, secondMs } from "./missed.ts";
import type { Call, Ending, SimulatedPlatform } from "./simulated-platform.ts";

/** A ticket in which much happens while nobody is told of it. */
async function missedMuch() {
  const { world, engine, id } = await missing();
  const edited = await world.says(id, "rob", "helo");
  const deleted = await world.says(id, "desk", "wrong");
  await world.pass(minuteMs);
  world.die();
  engine.one.edits(edited.message, "hello");
  engine.two.deletes(deleted.message);
  await world.writes(id, "rob", "are you there?");
  await world.writes(id, "desk", "yes");
  await world.writes(id, "triage", "// he is new");
  const refused = await world.writes(id, "rob", "me too", ann);
  await world.pass(secondMs);
  return { world, engine, id, refused: refused.message };
}

/** The life ends at the nth call of the store or of a platform from now on; tells whether it came. */
function endAt(world: Missing, nth: number, how: "crash-before" | "crash-after"): () => boolean {
  const { engine } = world;
  let calls = 0;
  const isIt = () => {
    calls += 1;
    return calls === nth;
  };
  engine.onStore = () => {
    if (how === "crash-before" && isIt()) engine.life.end();
  };
  engine.writeEnding = () => (how === "crash-after" && isIt() ? "crash-after" : "ok");
  for (const platform of [engine.one, engine.two]) platform.ending = () => (isIt() ? how : "ok");
  return () => calls >= nth;
}

test.each(["crash-before", "crash-after"] as const)(
  "wherever it is killed (%s), all that was missed is there in the end, once and in order",
  async (how) => {
    let wasKilled = true;
    for (let nth = 1; wasKilled; nth += 1) {
      const { world, engine, id, refused } = await missedMuch();
      const came = endAt(world, nth, how);
      await engine.start();
      await world.pass(minuteMs);
      wasKilled = came();
      for (let more = 1; more <= 2 && wasKilled; more += 1) {
        // Once more at the same place, then not again.
        if (more === 1) endAt(world, nth, how);
        else endAt(world, 0, how);
        await world.restart();
        await world.pass(minuteMs);
      }
      endAt(world, 0, how);
      await world.calm();
      const said = ["hello", "(message deleted)", "are you there?", "yes"];
      expect(await world.entries(id), `call ${nth}`).toEqual(["It burns", ...said]);
      expect(world.shownAt("rob"), `call ${nth}`).toEqual(["It burns", "yes"]);
      const forAgents = ["It burns", "hello", "are you there?"];
      expect(world.shownAt("triage"), `call ${nth}`).toEqual([...forAgents, "yes"]);
      expect(world.shownAt("desk"), `call ${nth}`).toEqual([...forAgents, "he is new"]);
      const told = engine.one.toldRefused.filter((message) => message === refused).length;
      expect(told, `call ${nth}`).toBeGreaterThanOrEqual(1);
      // Killed after it was told and before that was written down, it is told once more.
      expect(told, `call ${nth}`).toBeLessThanOrEqual(wasKilled ? 2 : 1);
      expect(engine.catchUp.unread()).toMatchObject([{ tickets: 0 }, { tickets: 0 }]);
    }
  },
  120_000,
);

const channels = ["rob", "triage", "desk"] as const;
type Channel = (typeof channels)[number];

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("write" as const),
      ticket: fc.nat(1),
      channel: fc.constantFrom(...channels),
      isNote: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("edit" as const), of: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("delete" as const), of: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("repeat" as const), of: fc.nat(20) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom("deafen", "reconnect"),
      platform: fc.constantFrom("one", "two"),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("pass" as const),
      ms: fc.constantFrom(1, secondMs, 10 * secondMs, minuteMs),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ do: "release" as const }) },
  { weight: 2, arbitrary: fc.constantFrom({ do: "die" as const }, { do: "restart" as const }) },
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const quiet: Ending[] = ["ok", "slow-before", "slow-after"];
const loud: Ending[] = ["retry", "uncertain-before", "uncertain-after", "crash-before"];

const histories = fc.record({
  steps: fc.array(step, { minLength: 5, maxLength: 30 }),
  reads: fc.array(
    fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...quiet) },
      { weight: 1, arbitrary: fc.constantFrom(...loud, "crash-after" as const) },
    ),
    { maxLength: 40 },
  ),
  pageLength: fc.constantFrom(1, 2, 100),
});

interface Said {
  ticket: string;
  channel: Channel;
  message: string;
  words: string;
  isNote: boolean;
  isDeleted: boolean;
}

class People {
  readonly said: Said[] = [];
  readonly #world: Missing;
  readonly #tickets: readonly string[];
  #count = 0;

  constructor(world: Missing, tickets: readonly string[]) {
    this.#world = world;
    this.#tickets = tickets;
  }

  async take(step: Step): Promise<void> {
    const world = this.#world;
    const { engine } = world;
    switch (step.do) {
      case "write":
        return this.#write(this.#tickets[step.ticket] ?? "", step.channel, step.isNote);
      case "edit":
      case "delete":
      case "repeat":
        return this.#change(step.do, step.of);
      case "deafen":
        if (!engine.life.isOver && !world.isDeaf(engine[step.platform]))
          world.deafen(step.platform);
        return;
      case "reconnect":
        if (!engine.life.isOver && world.isDeaf(engine[step.platform]))
          await world.reconnect(step.platform);
        return;
      case "pass":
        return world.pass(step.ms);
      case "release":
        engine.one.release();
        engine.two.release();
        return;
      case "die":
        return world.die();
      case "restart":
        return world.restart();
    }
  }

  /** The process hears of it, unless it is not there, or not connected. */
  #tell(platform: SimulatedPlatform, event: Parameters<Missing["hears"]>[0]): void {
    const { engine } = this.#world;
    if (engine.life.isOver || this.#world.isDeaf(platform)) return;
    void engine.desk.heard(event).catch(() => undefined);
  }

  async #write(ticket: string, channel: Channel, wantsNote: boolean): Promise<void> {
    this.#count += 1;
    const isNote = wantsNote && channel !== "rob";
    const words = `${isNote ? "secret" : "public"}${this.#count}`;
    const text = isNote ? `// ${words}` : words;
    const { platform, event, message } = await this.#world.writes(ticket, channel, text);
    this.said.push({ ticket, channel, message, words, isNote, isDeleted: false });
    this.#tell(platform, event);
  }

  async #change(what: "edit" | "delete" | "repeat", of: number): Promise<void> {
    const said = this.said[of % Math.max(1, this.said.length)];
    if (!said || said.isDeleted) return;
    const platform = this.#world.platformAt(said.channel);
    // Time passes between what someone does and what they do next.
    await this.#world.pass(1);
    if (what === "delete") {
      said.isDeleted = true;
      this.#tell(platform, platform.deletes(said.message));
    } else if (what === "edit") {
      this.#count += 1;
      said.words = `${said.isNote ? "secret" : "public"}${this.#count}`;
      const text = said.isNote ? `// ${said.words}` : said.words;
      this.#tell(platform, platform.edits(said.message, text));
    } else {
      const event = platform.tells(said.message);
      // Of edits only the latest is told again, as adapters see to.
      this.#tell(platform, event);
    }
  }
}

/** What a channel of a ticket is to show of what people said elsewhere, in the order of each thread. */
const wantedAt = (people: People, ticket: string, where: Channel, from: Channel): string[] =>
  people.said
    .filter((said) => said.ticket === ticket && said.channel === from && from !== where)
    .filter(({ isNote, isDeleted }) => !isDeleted && !(isNote && where === "rob"))
    .map(({ words }) => words);

async function shownIn(world: Missing, ticket: string, where: Channel): Promise<string[]> {
  const own = await world.thread(ticket, where);
  const threads = world.platformAt(where).threads.filter(({ id }) => id === own);
  return threads.flatMap(({ messages }) => messages.map(({ text }) => text));
}

type History = typeof histories extends fc.Arbitrary<infer T> ? T : never;

/** What happens, and what becomes of it once all is well; `isInOrder`: nothing kept it from being so. */
async function lived({ steps, reads, pageLength }: History) {
  const { world, engine, id } = await missing();
  const tickets = [id, await engine.opened({ creationKey: "other" })];
  await world.pass(minuteMs);
  const left = reads.values();
  let hasFailed = false;
  const nextEnding = ({ do: name }: Call): Ending => {
    if (name !== "readSince" && name !== "isThere") return "ok";
    const { value = "ok" } = left.next();
    hasFailed ||= loud.includes(value);
    return value;
  };
  const platforms = [engine.one, engine.two];
  for (const platform of platforms) Object.assign(platform, { ending: nextEnding, pageLength });
  const people = new People(world, tickets);
  for (const each of steps) {
    await people.take(each);
    await engine.settled();
  }
  for (const platform of platforms) {
    platform.ending = () => "ok";
    platform.release();
  }
  if (engine.life.isOver) await world.restart();
  for (const platform of platforms)
    if (world.isDeaf(platform)) await world.reconnect(platform.platform);
  await world.calm();
  const isLate = engine.log.lines.some(({ message }) => message.includes("Something is taken"));
  return { world, people, tickets, isInOrder: !hasFailed && !isLate };
}

async function expectShown(
  { world, people, isInOrder }: Awaited<ReturnType<typeof lived>>,
  ticket: string,
  where: Channel,
): Promise<void> {
  const shown = await shownIn(world, ticket, where);
  const wanted = channels.map((from) => wantedAt(people, ticket, where, from));
  expect([...shown].sort()).toEqual(["It burns", ...wanted.flat()].sort());
  if (!isInOrder) return;
  for (const each of wanted) expect(shown.filter((words) => each.includes(words))).toEqual(each);
}

test("whatever platforms tell or do not tell, in the end everyone sees what was written, once, and in order unless reading failed", async () => {
  await fc.assert(
    fc.asyncProperty(histories, async (history) => {
      const life = await lived(history);
      const { engine } = life.world;
      expect(engine.catchUp.unread()).toMatchObject([{ tickets: 0 }, { tickets: 0 }]);
      for (const ticket of life.tickets)
        for (const where of channels) await expectShown(life, ticket, where);
      const read = engine.one.ever.filter(({ where }) => where === "rob");
      expect(read.filter(({ text }) => text.includes("secret"))).toEqual([]);
    }),
    { numRuns: 150 },
  );
}, 120_000);
