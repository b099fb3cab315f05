import { beforeEach, expect, test } from "vitest";
import type { Handed } from "../src/desk/ports.ts";
import { HandedOver } from "../src/handed.ts";
import { HandClock } from "./desk/hand-clock.ts";
import { keptLog } from "./log.ts";

let clock: HandClock;
let log: ReturnType<typeof keptLog>;
/** What is still to be taken in. */
let waiting: Handed[];
/** In the order in which it was tried. */
let tried: string[];
/** What cannot be taken in at the moment. */
let failing: Set<string>;
/** Nothing can. */
let isClosed: boolean;
let dropped: string[];
let over: HandedOver;

const settled = () => new Promise<void>((resolve) => setTimeout(resolve, 1));
const pass = (ms: number) => clock.moveTo(clock.now() + ms, settled);
const hands = (id: string, isOld = false) =>
  void waiting.push({ id, platform: "slack", content: `content of ${id}`, atMs: 7, isOld });

beforeEach(() => {
  clock = new HandClock();
  log = keptLog();
  [waiting, tried, failing, isClosed, dropped] = [[], [], new Set(), false, []];
  over = new HandedOver({
    others: {
      handed: async (except) => waiting.filter(({ id }) => !except.includes(id)),
      taken: async (taken) => {
        waiting = waiting.filter(({ id }) => id !== taken);
      },
    },
    take: async ({ id }) => {
      if (isClosed) return "not now";
      tried.push(id);
      return failing.has(id) ? "failed" : "in";
    },
    // Those of a letter are of one thread.
    lineOf: ({ id }) => id.slice(0, 1),
    onDropped: ({ id }) => void dropped.push(id),
    log,
    after: clock.after,
  });
});

test("what others were told is taken in, in its order, and found without being told of", async () => {
  for (const id of ["1", "2", "3"]) hands(id);
  over.look();
  await pass(0);
  expect([tried, waiting]).toEqual([["1", "2", "3"], []]);
  hands("4");
  await pass(1_000);
  expect([tried, waiting]).toEqual([["1", "2", "3", "4"], []]);
});

test("what comes in a thread after something that failed is taken in after it", async () => {
  failing.add("a1");
  for (const id of ["a1", "a2", "b1"]) hands(id);
  over.look();
  await pass(0);
  expect(tried).toEqual(["a1", "b1"]);
  hands("a3");
  over.look();
  await pass(1_999);
  expect(tried).toEqual(["a1", "b1"]);
  failing.clear();
  await pass(1);
  expect(tried).toEqual(["a1", "b1", "a1", "a2", "a3"]);
  expect(waiting).toEqual([]);
});

test("what cannot be taken in as there is no connection yet waits, in order, however long", async () => {
  isClosed = true;
  for (const id of ["a1", "a2"]) hands(id);
  over.look();
  await pass(100_000);
  expect(over.isDrained).toBe(false);
  isClosed = false;
  await pass(2_000);
  expect(tried).toEqual(["a1", "a2"]);
  await pass(1_000);
  expect(over.isDrained).toBe(true);
});

test("what fails again and again keeps its thread waiting for a while only, and is given up after a day", async () => {
  failing.add("a1");
  for (const id of ["a1", "a2"]) hands(id);
  over.look();
  await pass(11_000);
  expect(tried).toEqual(["a1", "a1", "a1", "a1", "a1", "a2"]);
  expect(waiting.map(({ id }) => id)).toEqual(["a1"]);
  waiting = waiting.map((each) => ({ ...each, isOld: true }));
  await pass(120_000);
  expect(waiting).toEqual([]);
  expect(dropped).toEqual(["a1"]);
  expect(log.lines.every(({ level }) => level === "error")).toBe(true);
  expect(JSON.stringify(log.lines)).not.toContain("content of");
});

test("nothing is taken in once it is stopped", async () => {
  over.look();
  await pass(0);
  await over.stop();
  hands("1");
  over.look();
  await pass(60_000);
  expect(tried).toEqual([]);
});
