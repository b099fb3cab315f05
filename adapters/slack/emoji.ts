import names from "./emoji-names.json" with { type: "json" };
import { emojiLookup } from "./text-emoji.ts";

/** Every emoji that Slack has for everyone. */
export const emoji = emojiLookup(names);
