/** What stands in angle brackets. https://docs.discord.com/developers/reference#message-formatting-formats */
import type { Run } from "../../src/desk/text.ts";
import { dateRun } from "./text-dates.ts";
import { type Names, nameOf } from "./text-names.ts";

type Read = (found: RegExpExecArray, names: Names) => Run;

const text = (words: string): Run => ({ type: "text", text: words });

const tabs: Readonly<Record<string, string>> = {
  customize: "Channels & Roles",
  browse: "Browse Channels",
  guide: "Server Guide",
  "linked-roles": "Linked Roles",
};

const forms: readonly (readonly [RegExp, Read])[] = [
  [
    /^@!?(\d+)$/,
    ([, id = ""], names) => ({ type: "mention", kind: "person", name: nameOf.person(id, names) }),
  ],
  [
    /^@&(\d+)$/,
    ([, id = ""], names) => ({ type: "mention", kind: "group", name: nameOf.role(id, names) }),
  ],
  [
    /^#(\d+)$/,
    ([, id = ""], names) => ({ type: "mention", kind: "channel", name: nameOf.channel(id, names) }),
  ],
  [/^@\$\d+$/, () => text("a game")],
  [/^a?:(\w+):\d+$/, ([, name = ""]) => ({ type: "emoji", name })],
  [/^t:(-?\d+)(?::([tTdDfFsSR]))?$/, ([, at, letter]) => dateRun(Number(at), letter)],
  [/^(\/[^:]+):\d+$/, ([, command = ""]) => text(command)],
  [/^id:(customize|browse|guide|linked-roles)(?::\d+)?$/, ([, tab = ""]) => text(tabs[tab] ?? tab)],
  [/^(?:https?|discord):\/\S+$/i, ([url]) => ({ type: "link", url })],
  [/^[^\s:]+:\/\S+$/, ([words]) => text(words)],
];

/** What stands between the brackets, as it is shown; undefined if that is only text, brackets and all. */
export function readAngle(inner: string, names: Names): Run | undefined {
  for (const [form, read] of forms) {
    const found = form.exec(inner);
    if (found) return read(found, names);
  }
  return undefined;
}
