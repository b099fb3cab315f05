import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { live } from "./history.ts";
import { shrunk } from "./shrink.ts";
import type { World } from "./world.ts";

const projectFolder = join(import.meta.dirname, "..", "..");

test("the same seed is the same history, step by step; another is another", async () => {
  const digests = new Set<string>();
  for (let seed = 0; seed < 30; seed += 1) {
    const lived = await live({ seed, trace: true });
    expect(await live({ seed, trace: true })).toEqual(lived);
    digests.add(lived.digest);
  }
  expect(digests.size).toBe(30);
});

test("what is printed of a history does not change it", async () => {
  const { digest } = await live({ seed: 3 });
  expect((await live({ seed: 3, trace: true })).digest).toBe(digest);
});

test("a history in which the process died when the seed said is the same when that is told", async () => {
  for (let seed = 0; seed < 30; seed += 1) {
    const lived = await live({ seed });
    expect(await live({ seed, crashAt: lived.crashes })).toEqual(lived);
  }
});

test("and it is the same in another process: `npm run sim` shows it step by step", async () => {
  const command = ["run", "--silent", "sim", "--", "--seed", "11", "--trace"];
  const printed = execFileSync("npm", command, { cwd: projectFolder, encoding: "utf8" });
  const { trace, digest } = await live({ seed: 11, trace: true });
  expect(trace.length).toBeGreaterThan(50);
  expect(printed.split("\n").slice(0, trace.length)).toEqual(trace);
  expect(printed).toContain(digest);
}, 300_000);

test("of a history that went wrong, what does not matter is left out", async () => {
  const sabotage = (world: World) => {
    for (const platform of world.platforms.values()) platform.edit = () => undefined;
  };
  const told = { seed: 9, sabotage };
  const lived = await live(told);
  expect(lived.wrongs).not.toEqual([]);
  const shortest = await shrunk(told, lived);
  const shorter = await live(shortest);
  expect(shorter.wrongs).not.toEqual([]);
  expect(shorter.steps).toBeLessThan(lived.steps);
});
