import { expect, test } from "vitest";
import { HandClock, wallClock } from "./clock.ts";

test("a clock in hand calls what is due in order, and what comes of that", () => {
  const clock = new HandClock(0);
  const called: [string, number][] = [];
  const call = (name: string) => () => void called.push([name, clock.now()]);
  clock.after(200, call("second"));
  clock.after(100, () => {
    call("first")();
    clock.after(50, call("in between"));
  });
  clock.after(300, call("too late"));
  const takeBack = clock.after(120, call("never"));
  takeBack();
  clock.advance(250);
  expect(called).toEqual([
    ["first", 100],
    ["in between", 150],
    ["second", 200],
  ]);
  expect(clock.now()).toBe(250);
});

test.each([new HandClock(), wallClock])("what is due at once comes by itself", async (clock) => {
  await new Promise<void>((resolve) => clock.after(0, resolve));
});
