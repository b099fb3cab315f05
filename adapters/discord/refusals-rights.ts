/** Which permissions the bot needs for what it does, in the words of Discord's settings. */

const history = "View Channel and Read Message History";

/** By method and path. https://docs.discord.com/developers/topics/permissions */
const rights: readonly [call: RegExp, permissions: string][] = [
  [/^PUT .*\/reactions\//, "Add Reactions and Read Message History"],
  [/^POST .*\/messages\/\d+\/threads$/, "View Channel and Create Public Threads"],
  [
    /^POST .*\/threads$/,
    "View Channel, Send Messages (in a forum: Create Posts) and Create Private Threads",
  ],
  [/ .*\/thread-members\//, "View Channel and Send Messages in Threads"],
  [
    /^(?:POST|PATCH) .*\/messages/,
    "View Channel, Send Messages, Send Messages in Threads and Embed Links",
  ],
  [/^GET .*\/(?:messages|threads)/, history],
  [/^PATCH .*\/channels\/\d+$/, "Manage Threads"],
  [/^DELETE /, "Manage Threads"],
];

export function rightsFor(method: string, url: string): string {
  const [path = ""] = url.split("?");
  const [, permissions = history] =
    rights.find(([call]) => call.test(`${method.toUpperCase()} ${path}`)) ?? [];
  return permissions;
}
