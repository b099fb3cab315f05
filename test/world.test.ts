import { expect, onTestFinished, test, vi } from "vitest";
import { realWorld } from "../src/world.ts";

const dayMs = 24 * 60 * 60_000;

test("who waits for more days than a timer takes is not called at once", () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const work = vi.fn();
  realWorld.after(100 * dayMs, work);
  vi.advanceTimersByTime(24 * dayMs);
  expect(work).not.toHaveBeenCalled();
  vi.advanceTimersByTime(76 * dayMs);
  expect(work).toHaveBeenCalledOnce();
});

test("what is called off is not done", () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const work = vi.fn();
  realWorld.after(100 * dayMs, work)();
  vi.advanceTimersByTime(100 * dayMs);
  expect(work).not.toHaveBeenCalled();
});
