import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Freshness } from "../../src/store/postgres/freshness.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

test("what was confirmed is fresh for so long from when it was asked, not from the answer", async () => {
  const fresh = new Freshness(9_000);
  expect(fresh.isFresh).toBe(true);
  vi.advanceTimersByTime(8_999);
  expect(fresh.isFresh).toBe(true);
  vi.advanceTimersByTime(1);
  expect(fresh.isFresh).toBe(false);
  await fresh.confirm(async () => void vi.advanceTimersByTime(4_000));
  vi.advanceTimersByTime(4_999);
  expect(fresh.isFresh).toBe(true);
  vi.advanceTimersByTime(1);
  expect(fresh.isFresh).toBe(false);
});

test("what could not be confirmed makes nothing fresh", async () => {
  const fresh = new Freshness(9_000);
  vi.advanceTimersByTime(9_000);
  const refused = fresh.confirm(() => Promise.reject(new Error("it does not answer")));
  await expect(refused).rejects.toThrow();
  expect(fresh.isFresh).toBe(false);
});

test("a machine that stood still, with one of its clocks, is not fresh", () => {
  const fresh = new Freshness(9_000);
  vi.setSystemTime(Date.now() + 60_000);
  expect(fresh.isFresh).toBe(false);
});
