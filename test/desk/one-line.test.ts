import { expect, test } from "vitest";
import { oneLine } from "../../src/desk/shortened.ts";

test("what stands among other words is on one line, and turns none of them around", () => {
  expect(oneLine(" Printer\n on \t fire ")).toBe("Printer on fire");
  expect(oneLine("\u202eerif no\u202c \u2066Ada\u2069\u202a")).toBe("erif no Ada");
  expect(oneLine("\u2067\u202b")).toBe("");
  // Marks that turn nothing but themselves belong to words.
  expect(oneLine("\u200fשלום\u200e")).toBe("\u200fשלום\u200e");
});
