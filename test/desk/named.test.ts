import { expect, test } from "vitest";
import { named, withoutNames } from "../../src/desk/named.ts";

test.each(["triage", "Talk to us", "📞 voice (2)", "a) (1234", "a\n(b)", "#1 (2)", ""])(
  "a channel's name is no part of what everyone may read: %j",
  (name) => {
    const told = `the bot may not write in ${named(name, "1234567")}, nor (now) in ${named(name, "C0ABC")}: see (help)`;
    expect(withoutNames(told)).toBe(
      "the bot may not write in 1234567, nor (now) in C0ABC: see (help)",
    );
  },
);

test("a name is told to operators as it is", () => {
  expect(named("Talk to us", "1234567")).toBe("#Talk to us (1234567)");
});
