import { expect, test } from "vitest";
import { Scheduler } from "./scheduler.ts";

const rules = { slow: 0.2, hurry: 0.1 };
const created = (seed: number) => new Scheduler(seed, rules, { trace: true });
const ever = () => true;

test("what follows from a step without waiting for anything has happened before the next", async () => {
  const scheduler = created(1);
  const done: string[] = [];
  const follow = async (name: string) => {
    for (let more = 0; more < 1_000; more += 1) await undefined;
    done.push(`after ${name}`);
  };
  for (const name of ["a", "b", "c"])
    scheduler.put(name, () => {
      done.push(name);
      void follow(name);
    });
  await scheduler.run(ever);
  expect(done).toHaveLength(6);
  for (const index of [0, 2, 4]) expect(done[index + 1]).toBe(`after ${done[index]}`);
});

test("what may happen at once happens in every order that there is, by and by", async () => {
  const orders = new Set<string>();
  for (let seed = 0; seed < 200; seed += 1) {
    const scheduler = created(seed);
    let order = "";
    for (const name of ["a", "b", "c", "d"])
      scheduler.put(name, () => {
        order += name;
      });
    await scheduler.run(ever);
    orders.add(order);
  }
  expect(orders.size).toBe(24);
});

test("time passes by itself, from timer to timer, and those that were taken back do nothing", async () => {
  const scheduler = created(1);
  const start = scheduler.now();
  const done: [string, number][] = [];
  const after = (ms: number, name: string) =>
    scheduler.after(ms, name, () => done.push([name, scheduler.now() - start]));
  after(2_000, "second");
  after(1_000, "first");
  after(1_500, "never")();
  await scheduler.run(ever);
  expect(done).toEqual([
    ["first", 1_000],
    ["second", 2_000],
  ]);
});

test("with a process ends what it has under way, but for what had left it", async () => {
  const scheduler = created(1);
  const process = { isOver: false };
  const done: string[] = [];
  const owner = { owner: process };
  const put = (name: string, given = {}) =>
    scheduler.put(name, () => done.push(name), { ...owner, ...given });
  put("an answer");
  scheduler.after(10, "a timer", () => done.push("a timer"), process);
  put("lost", { fate: () => "lost" });
  put("later", { fate: () => "later" });
  put("now", { fate: () => "now" });
  scheduler.put("the world", () => done.push("the world"));
  process.isOver = true;
  scheduler.end(process);
  put("too late");
  expect(done).toEqual(["now"]);
  await scheduler.run(ever);
  expect(done.sort()).toEqual(["later", "now", "the world"]);
});
