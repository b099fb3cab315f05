import { expect, test } from "vitest";
import { commandFor } from "./again.ts";
import { type Asked, run, usualLikely } from "./chaos.ts";
import { points } from "./killer.ts";
import { failure } from "./summary.ts";
import { losesEventsByDefault } from "./world.ts";

/** A round as `npm run chaos` plays them, and a small one. */
const asked: Asked = {
  ...{ seed: 20_261_121, first: 1, only: [], likely: usualLikely },
  size: { tickets: 5, acts: 5, kills: points.length, outages: 2 },
  losesEvents: losesEventsByDefault,
  processes: 1,
  goesOn: () => false,
  tell: () => undefined,
};

const several: Asked = {
  ...{ ...asked, processes: 3 },
  size: { tickets: 4, acts: 4, kills: 5, outages: 3 },
};

test("killed at every point of its work, while everything around it goes wrong, it loses, repeats and leaks nothing", async () => {
  const result = await run(asked);
  const { findings, journal } = result;
  expect(findings, failure(result, commandFor({ asked, result }))).toEqual([]);
  expect(result.tickets).toBe(asked.size.tickets);
  expect(result.copies).toBeGreaterThan(result.messages / 2);
  expect(journal.total("kills")).toBeGreaterThanOrEqual(asked.size.kills);
  expect(journal.total("troubles")).toBe(asked.size.outages);
}, 600_000);

test("three processes on one database, killed, cut off from it and standing still, lose, repeat and leak nothing", async () => {
  const result = await run(several);
  const { findings, journal } = result;
  expect(findings, failure(result, commandFor({ asked: several, result }))).toEqual([]);
  expect(result.tickets).toBe(several.size.tickets);
  expect(journal.total("kills")).toBeGreaterThanOrEqual(several.size.kills);
  expect(journal.total("troubles")).toBe(several.size.outages);
}, 900_000);
