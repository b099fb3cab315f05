import { describe, expect, test } from "vitest";
import { beginning, shortened } from "../../src/desk/shortened.ts";

describe("what is too long is shortened", () => {
  test.each([
    ["not at all if it fits", "Printer on fire", 15, "Printer on fire"],
    ["between words", "Printer on fire", 14, "Printer on…"],
    ["within a word that alone is too long", "x".repeat(20), 10, `${"x".repeat(9)}…`],
    [
      "within one that is most of it",
      `T-4F7K2M ${"あ".repeat(99)}`,
      100,
      `T-4F7K2M ${"あ".repeat(90)}…`,
    ],
    [
      "between words that are half of what fits",
      `Printer on fire ${"x".repeat(99)}`,
      30,
      "Printer on fire…",
    ],
  ])("%s", (_, text, most, short) => {
    expect(shortened(text, most)).toBe(short);
    expect(short.length).toBeLessThanOrEqual(most);
  });

  test.each([
    ["👩‍👩‍👧", 8],
    ["e\u0301", 2],
    ["🇩🇪", 4],
    ["🔥", 2],
  ])("between characters as people see them, such as %s", (character, length) => {
    const text = `T-4F7K2M ${character.repeat(50)}`;
    for (let most = 30; most < 40; most += 1) {
      const short = shortened(text, most);
      expect(short.length).toBeGreaterThan(most - 1 - length);
      expect(short.length).toBeLessThanOrEqual(most);
      expect(short.slice(9, -1).replaceAll(character, "")).toBe("");
    }
  });

  test("by whatever has to fit, and soon, however long it is", () => {
    const twice = (part: string) => part.replaceAll("*", "\\*");
    const stars = `T-4F7K2M ${"*".repeat(200_000)}`;
    let asked = 0;
    const short = beginning(stars, (part) => {
      asked += 1;
      return twice(part).length <= 100;
    });
    expect(short).toBe(`T-4F7K2M ${"*".repeat(45)}`);
    expect(asked).toBeLessThan(100);
  });
});
