import { describe, expect, test } from "vitest";
import { rightsFor } from "../../adapters/discord/refusals-rights.ts";
import { channelType } from "../fakes/discord/records.ts";
import { failing } from "./connected.ts";
import { listening } from "./listening.ts";

describe("what the bot may not do is told with the permission that it lacks,", () => {
  test("where it is known which one it is", async () => {
    const { discord, adapter, general, rob, ticketThread } = await listening();
    const thread = ticketThread(general.id, channelType.privateThread);
    const at = { where: `${general.id}/${rob.id}`, thread };
    const author = { id: "discord:1", name: "Ada" };
    const message = {
      ...{ kind: "reply", author },
      text: [{ type: "paragraph", content: [{ type: "text", text: "Try water." }] }],
    } as const satisfies Parameters<typeof adapter.platform.post>[1];
    discord.removesPermissions(general.id, ["sendMessagesInThreads"]);
    await discord.until(() => adapter.problems().length > 0);
    const failure = await failing(adapter.platform, adapter.platform.post(at, message, "key"));
    expect(failure).toMatchObject({
      outcome: "retry",
      reason: "the bot may not do that in Discord: give it Send Messages in Threads",
    });
  });

  const posting = ["POST", "https://discord.com/api/v10/channels/1/messages"] as const;

  test.each([
    ["in a thread", channelType.publicThread, "Send Messages in Threads"],
    ["in a channel", channelType.text, "Send Messages"],
  ])("but for what is of no use %s", (_, type, needed) => {
    const channel = {
      ...{ id: "1", guild: "2", name: "help", type, parent: undefined, owner: undefined, tags: [] },
    };
    const embedLinksOnly = 1n << 14n;
    const known = { channel: () => channel, ownPermissions: () => embedLinksOnly | (1n << 10n) };
    expect(rightsFor(...posting, known)).toBe(needed);
  });

  test("and with all that are needed where none is known to be lacking", () => {
    const all = "View Channel, Send Messages, Send Messages in Threads and Embed Links";
    expect(rightsFor(...posting)).toBe(all);
    const unknown = { channel: () => undefined, ownPermissions: () => undefined };
    expect(rightsFor(...posting, unknown)).toBe(all);
    const everything = { ...unknown, ownPermissions: () => -1n };
    expect(rightsFor(...posting, everything)).toBe(all);
  });
});
