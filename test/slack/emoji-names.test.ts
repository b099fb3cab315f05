import emojiData from "emojibase-data/en/shortcodes/iamcal.json" with { type: "json" };
import { expect, test } from "vitest";

/** One line for each emoji, as Biome would have it. */
function asFile(names: Readonly<Record<string, string | readonly string[]>>): string {
  const lines = Object.entries(names).map(([codePoints, given]) => {
    const shortcodes = [given].flat().map((name) => JSON.stringify(name));
    const value = typeof given === "string" ? shortcodes[0] : `[${shortcodes.join(", ")}]`;
    return `  ${JSON.stringify(codePoints)}: ${value}`;
  });
  return `{\n${lines.join(",\n")}\n}\n`;
}

test("the emoji are those of emojibase-data: made anew by `npx vitest run emoji-names -u`", async () => {
  const file = "../../adapters/slack/emoji-names.json";
  await expect(asFile(emojiData)).toMatchFileSnapshot(file);
});
