/** Which permissions the bot needs for what it does, in the words of Discord's settings. */
import { ChannelType } from "discord.js";
import { isThread } from "./channel-kinds.ts";
import type { Guilds } from "./guilds.ts";
import { lacking, type NeededPermission } from "./permissions.ts";

/** What is known of channels without asking Discord. */
export type KnownRights = Pick<Guilds, "channel" | "ownPermissions">;

const history = ["View Channel", "Read Message History"] as const;

/** By method and path. https://docs.discord.com/developers/topics/permissions */
const rights: readonly [call: RegExp, permissions: readonly NeededPermission[]][] = [
  [/^PUT .*\/reactions\//, ["Add Reactions", "Read Message History"]],
  [/^POST .*\/messages\/\d+\/threads$/, ["View Channel", "Create Public Threads"]],
  [/^POST .*\/threads$/, ["View Channel", "Send Messages", "Create Private Threads"]],
  [/ .*\/thread-members\//, ["View Channel", "Send Messages in Threads"]],
  [
    /^(?:POST|PATCH) .*\/messages/,
    ["View Channel", "Send Messages", "Send Messages in Threads", "Embed Links"],
  ],
  [/^GET .*\/(?:messages|threads)/, history],
  [/^PATCH .*\/channels\/\d+$/, ["Manage Threads"]],
  [/^DELETE /, ["Manage Threads"]],
];

/** What the bot has to be given: just what it lacks, where that is known, else all that is needed. */
export function rightsFor(method: string, url: string, known?: KnownRights): string {
  const [path = ""] = url.split("?");
  const called = `${method.toUpperCase()} ${path}`;
  const [, needed = history] = rights.find(([call]) => call.test(called)) ?? [];
  const missing = known ? lackedIn(path, needed, known) : [];
  return inWords(missing.length > 0 ? missing : needed, called);
}

function lackedIn(
  path: string,
  needed: readonly NeededPermission[],
  { channel, ownPermissions }: KnownRights,
): NeededPermission[] {
  const [, id = ""] = /\/channels\/(\d+)/.exec(path) ?? [];
  const permissions = ownPermissions(id);
  if (permissions === undefined) return [];
  const kind = channel(id)?.type;
  return lacking(permissions, needed).filter((each) => isOfUseIn(kind, each));
}

/** Messages in threads, and those in channels, each have a permission of their own. */
function isOfUseIn(kind: ChannelType | undefined, permission: NeededPermission): boolean {
  if (permission === "Send Messages") return !isThread(kind);
  if (permission === "Send Messages in Threads") return isThread(kind);
  if (permission === "Create Private Threads") return kind === ChannelType.GuildText;
  return true;
}

function inWords(permissions: readonly NeededPermission[], called: string): string {
  const isPosting = called.startsWith("POST") && called.endsWith("/threads");
  const names = permissions.map((each) =>
    isPosting && each === "Send Messages" ? "Send Messages (in a forum: Create Posts)" : each,
  );
  const last = names.at(-1) ?? "";
  return names.length < 2 ? last : `${names.slice(0, -1).join(", ")} and ${last}`;
}
