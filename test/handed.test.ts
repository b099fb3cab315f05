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
let over: HandedOver;

const settled = () => new Promise<void>((resolve) => setTimeout(resolve, 1));
const pass = (ms: number) => clock.moveTo(clock.now() + ms, settled);
const hands = (id: string, isOld = false) =>
  void waiting.push({ id, platform: "slack", content: `content of ${id}`, isOld });

beforeEach(() => {
  clock = new HandClock();
  log = keptLog();
  [waiting, tried, failing] = [[], [], new Set()];
  over = new HandedOver({
    others: {
      handed: async (except) => waiting.filter(({ id }) => !except.includes(id)),
      taken: async (taken) => {
        waiting = waiting.filter(({ id }) => id !== taken);
      },
    },
    take: async ({ id }) => {
      tried.push(id);
      return !failing.has(id);
    },
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

test("what comes after something that failed is taken in after it", async () => {
  failing.add("1").add("2");
  for (const id of ["1", "2"]) hands(id);
  over.look();
  await pass(0);
  hands("3");
  over.look();
  await pass(1_999);
  expect(tried).toEqual(["1", "2"]);
  failing.clear();
  await pass(1);
  expect(tried).toEqual(["1", "2", "1", "2", "3"]);
  expect(waiting).toEqual([]);
});

test("what fails again and again keeps nothing else waiting for long, and is given up after a day", async () => {
  failing.add("1");
  hands("1");
  over.look();
  await pass(15_000);
  expect(tried).toHaveLength(6);
  hands("2");
  await pass(1_000);
  expect(waiting.map(({ id }) => id)).toEqual(["1"]);
  waiting = waiting.map((each) => ({ ...each, isOld: true }));
  await pass(120_000);
  expect(waiting).toEqual([]);
  expect(log.lines).toMatchObject([{ level: "error", fields: { platform: "slack", id: "1" } }]);
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
