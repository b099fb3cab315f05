import { beforeEach, describe, expect, test } from "vitest";
import type { Pace } from "../../src/desk/chat.ts";
import type { Sign } from "../../src/desk/circuit.ts";
import { Turns } from "../../src/desk/turns.ts";
import { HandClock } from "./hand-clock.ts";

let clock: HandClock;
let turns: Turns;
/** Who has had a turn, in order. */
let had: string[];
/** Ends the turn of whoever has it. */
let ends: Map<string, (sign?: Sign) => void>;
let changes: string[];

beforeEach(() => {
  clock = new HandClock();
  had = [];
  ends = new Map();
  changes = [];
  turns = newTurns(2);
});

const newTurns = (atOnce: number) =>
  new Turns({
    ...{ atOnce, now: clock.now, after: clock.after, random: () => 1 },
    onCircuit: (platform, change) => changes.push(`${platform} ${change}`),
  });

interface Asked {
  on?: string;
  since?: number;
  isNew?: boolean;
  isMinor?: boolean;
  pace?: () => Pace;
}

function ask(
  name: string,
  { on = "one", since = 0, isNew = false, isMinor = false, pace }: Asked = {},
) {
  return turns.ask(on, {
    ...{ since, isMinor },
    newUntil: isNew ? clock.now() + 30_000 : 0,
    pace: () => pace?.(),
    go: () => {
      had.push(name);
      return new Promise((resolve) => ends.set(name, resolve));
    },
  });
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
const pass = (ms: number) => clock.moveTo(clock.now() + ms, settled);

/** The turn of these is over. */
async function end(names: string[], sign: Sign = "answers"): Promise<void> {
  for (const name of names) ends.get(name)?.(sign);
  await settled();
}

/** Each turn that there is ends, until no one waits. */
async function drain(): Promise<void> {
  for (let before = -1; before < had.length; ) {
    before = had.length;
    await end([...ends.keys()]);
  }
}

describe("on each platform", () => {
  test("there are so many turns at once, and the next comes when one is over", async () => {
    for (const name of ["a", "b", "c", "d"]) ask(name);
    ask("x", { on: "two" });
    expect(had).toEqual(["a", "b", "x"]);
    await end(["b"]);
    expect(had).toEqual(["a", "b", "x", "c"]);
  });

  test("what can wait takes no turn from what cannot, and has its own", async () => {
    turns = newTurns(4);
    for (const name of ["mark a", "mark b"]) ask(name, { isMinor: true });
    for (const name of ["a", "b", "c", "d", "e"]) ask(name);
    expect(had).toEqual(["mark a", "a", "b", "c", "d"]);
    await end(["mark a"]);
    expect(had.at(-1)).toBe("mark b");
    await end(["a"]);
    expect(had.at(-1)).toBe("e");
  });

  test("what has been owed for the longest goes first", async () => {
    turns = newTurns(1);
    ask("a");
    for (const since of [5, 3, 9, 1, 7, 3]) ask(`${since}`, { since });
    await drain();
    expect(had.slice(1)).toEqual(["1", "3", "3", "5", "7", "9"]);
  });

  test("what is new and what has waited for long take turns, so that neither keeps back the other", async () => {
    turns = newTurns(1);
    ask("a");
    for (const since of [1, 2, 3]) ask(`old ${since}`, { since });
    for (const since of [11, 12, 13]) ask(`new ${since}`, { since, isNew: true });
    await drain();
    const [, ...order] = had;
    expect(order).toEqual(["new 11", "old 1", "new 12", "old 2", "new 13", "old 3"]);
  });

  test("what was new has waited for long after half a minute", async () => {
    turns = newTurns(1);
    ask("a");
    ask("was new", { since: 1, isNew: true });
    ask("old", { since: 2 });
    await pass(30_000);
    ask("new", { since: 30_000, isNew: true });
    await drain();
    expect(had).toEqual(["a", "new", "was new", "old"]);
  });

  test("who gives up waiting is passed over", async () => {
    turns = newTurns(1);
    ask("a");
    const leave = [ask("b", { isNew: true }), ask("c"), ask("d")];
    for (const each of leave.slice(0, 2)) each();
    await drain();
    expect(had).toEqual(["a", "d"]);
  });

  test("whoever would have to wait is told so", async () => {
    expect(turns.isFree("one", undefined)).toBe(true);
    for (const name of ["a", "b", "c"]) ask(name);
    expect(turns.isFree("one", undefined)).toBe(false);
    expect(turns.isFree("two", undefined)).toBe(true);
    expect(turns.isFree("two", { line: "channel", waitMs: 1 })).toBe(false);
  });

  test("a turn that fails in our own code is over all the same", async () => {
    turns = newTurns(1);
    const failing = async () => {
      throw new Error("no code is without faults");
    };
    turns.ask("one", { since: 0, newUntil: 0, isMinor: false, pace: () => undefined, go: failing });
    ask("b");
    await settled();
    expect(had).toEqual(["b"]);
  });

  test("once stopped, no one has a turn any more", async () => {
    for (const name of ["a", "b", "c"]) ask(name);
    turns.stop();
    await drain();
    expect(had).toEqual(["a", "b"]);
  });
});

describe("what counts against one limit", () => {
  /** A limit that allows one in so long. */
  function limit(line: string, everyMs: number) {
    let next = clock.now();
    const pace = () => ({ line, waitMs: Math.max(0, next - clock.now()) });
    const count = () => {
      next = clock.now() + everyMs;
    };
    return { pace, count };
  }

  test("goes one after the other, when the limit allows, and takes no turn while it waits", async () => {
    const channel = limit("channel", 1_000);
    for (const name of ["a", "b", "c"]) ask(name, { pace: channel.pace });
    ask("other");
    expect(had).toEqual(["a", "other"]);
    channel.count();
    await end(["a", "other"]);
    for (const name of ["x", "y"]) ask(name);
    expect(had.slice(2)).toEqual(["x", "y"]);
    await end(["x", "y"]);
    await pass(999);
    expect(had.slice(4)).toEqual([]);
    await pass(1);
    expect(had.slice(4)).toEqual(["b"]);
    await pass(5_000);
    expect(had.slice(5)).toEqual([]);
    await end(["b"]);
    expect(had.slice(5)).toEqual(["c"]);
  });

  test("lets what is new and what has waited for long take turns there, too", async () => {
    const channel = limit("channel", 1_000);
    ask("first", { pace: channel.pace });
    for (const since of [1, 2, 3]) ask(`old ${since}`, { since, pace: channel.pace });
    for (const since of [11, 12]) ask(`new ${since}`, { since, isNew: true, pace: channel.pace });
    for (let each = 0; each < 6; each += 1) {
      channel.count();
      await end([...ends.keys()]);
      await pass(1_000);
    }
    expect([...had.slice(1)].sort()).toEqual(["new 11", "new 12", "old 1", "old 2", "old 3"]);
    expect(had.indexOf("new 12")).toBeLessThan(had.indexOf("old 3"));
    expect(had.indexOf("old 1")).toBeLessThan(had.indexOf("new 12"));
  });

  test("holds up no other limit, and who gives up waiting keeps back no one", async () => {
    const [one, other] = [limit("one", 1_000), limit("other", 1_000)];
    one.count();
    const leaves = ["a", "b"].map((name) => ask(name, { pace: one.pace }));
    ask("c", { pace: one.pace });
    ask("d", { pace: other.pace });
    expect(had).toEqual(["d"]);
    for (const leave of leaves) leave();
    await pass(1_000);
    expect(had).toEqual(["d", "c"]);
  });
});

describe("on a platform that does not answer", () => {
  async function down(name = "down") {
    for (let each = 0; each < 5; each += 1) {
      ask(`${name} ${each}`);
      await end([`${name} ${each}`], "down");
    }
    had = [];
  }

  test("one at a time tries it, the longest owed first, and then all go on, no more at once than ever", async () => {
    await down();
    expect(changes).toEqual(["one opened"]);
    expect(turns.downSince("one")).toBe(clock.now());
    for (const since of [5, 3, 4, 1, 2]) ask(`${since}`, { since, isNew: since > 3 });
    ask("elsewhere", { on: "two" });
    expect(had).toEqual(["elsewhere"]);
    await pass(1_000);
    expect(had.slice(1)).toEqual(["1"]);
    await pass(60_000);
    expect(had.slice(1)).toEqual(["1"]);
    await end(["1"], "down");
    await pass(1_999);
    expect(had.slice(1)).toEqual(["1"]);
    await pass(1);
    expect(had.slice(1)).toEqual(["1", "2"]);
    expect(turns.isFree("one", undefined)).toBe(false);
    await end(["2"], "answers");
    expect(changes).toEqual(["one opened", "one closed"]);
    expect(had.slice(3)).toHaveLength(2);
    await drain();
    expect([...had].sort()).toEqual(["1", "2", "3", "4", "5", "elsewhere"]);
  });

  test("whoever asks when it is time for a try has it at once", async () => {
    await down();
    await pass(10_000);
    ask("a");
    ask("b");
    expect(had).toEqual(["a"]);
  });
});
