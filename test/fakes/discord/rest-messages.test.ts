import { Routes } from "discord.js";
import { describe, expect, test } from "vitest";
import { type Json, record, records } from "../json.ts";
import { limits } from "./limits.ts";
import { edit, post, remove } from "./messages.ts";
import { permission } from "./permissions.ts";
import { channelType } from "./records.ts";
import { refusal, restHost, said } from "./rest-host.ts";

type Host = Awaited<ReturnType<typeof restHost>>;

const posts = async ({ api, channel }: Host, given: { body: Json }): Promise<Json> =>
  record(await api.post(Routes.channelMessages(channel.id), given));
const reads = async ({ api, channel }: Host, query: Record<string, string> = {}): Promise<Json[]> =>
  records(await api.get(Routes.channelMessages(channel.id), { query: new URLSearchParams(query) }));
const contents = (messages: Json[]) => messages.map(({ content }) => content);

/** From now on this may not be done in the host's channel. */
function forbids({ guild, channel }: Host, name: keyof typeof permission) {
  channel.overwrites.push({ id: guild.id, type: 0, allow: 0n, deny: permission[name] });
}

describe("messages that the bot writes", () => {
  test("are told with their nonce, and read back without it", async () => {
    const host = await restHost();
    const made = await posts(host, said("hello", { nonce: "n-1" }));
    expect(made).toMatchObject({ content: "hello", nonce: "n-1", channel_id: host.channel.id });
    expect(host.told.at(-1)).toMatchObject({
      event: "MESSAGE_CREATE",
      data: { id: made.id, nonce: "n-1", guild_id: host.guild.id },
    });
    const [read] = await reads(host);
    expect(read).toMatchObject({ id: made.id, content: "hello" });
    expect(read).not.toHaveProperty("nonce");
    expect(read).not.toHaveProperty("guild_id");
  });

  test("an enforced nonce makes one message of two, for a few minutes", async () => {
    const host = await restHost();
    const again = () => posts(host, said("once", { nonce: "n-1", enforce_nonce: true }));
    const first = await again();
    expect((await again()).id).toBe(first.id);
    expect(host.told.filter(({ event }) => event === "MESSAGE_CREATE")).toHaveLength(1);
    host.clock.advance(limits.nonceMs + 1);
    expect((await again()).id).not.toBe(first.id);
  });

  test("a nonce that is not enforced holds nothing back, and a long one is refused", async () => {
    const host = await restHost();
    await posts(host, said("twice", { nonce: "n-1" }));
    await posts(host, said("twice", { nonce: "n-1" }));
    expect(host.channel.messages).toHaveLength(2);
    expect(await refusal(posts(host, said("no", { nonce: "n".repeat(26) })))).toMatchObject({
      code: 50035,
    });
  });

  test("ping whom they name unless they say otherwise", async () => {
    const host = await restHost();
    const { rob, ada, server } = host;
    await posts(host, said(`<@${rob.id}> @everyone`));
    expect(host.rest.unguarded).toEqual([]);
    expect(host.channel.messages.at(-1)).toMatchObject({ pings: [], mentions: [] });
    await posts(host, { body: { content: `<@${rob.id}>` } });
    expect(host.channel.messages.at(-1)?.pings).toEqual([rob.id]);
    await posts(host, { body: { content: "@everyone" } });
    expect(host.channel.messages.at(-1)?.pings).toEqual(
      expect.arrayContaining([rob.id, ada.id, server.guild(host.guild.id).owner]),
    );
    expect(host.rest.unguarded).toHaveLength(2);
    expect(host.rest.violations).toEqual([]);
  });

  test("are edited and deleted, and told of", async () => {
    const host = await restHost();
    const { id } = await posts(host, said("helo"));
    const at = Routes.channelMessage(host.channel.id, String(id));
    const edited = await host.api.patch(at, said("hello"));
    expect(edited).toMatchObject({ content: "hello", edited_timestamp: expect.any(String) });
    await host.api.delete(at);
    expect(host.told.slice(-2).map(({ event }) => event)).toEqual([
      "MESSAGE_UPDATE",
      "MESSAGE_DELETE",
    ]);
    expect(await refusal(host.api.get(at))).toMatchObject({ status: 404, code: 10008 });
  });

  test("show a reply with what it answers", async () => {
    const host = await restHost();
    const asked = post(host.server, host.channel, { author: host.rob.id, content: "why?" });
    const message_reference = { message_id: asked.id };
    const made = await posts(host, said("because", { message_reference }));
    expect(made).toMatchObject({ type: 19, referenced_message: { content: "why?" }, mentions: [] });
    const lost = posts(host, said("no", { message_reference: { message_id: "1" } }));
    expect(await refusal(lost)).toMatchObject({ code: 50035 });
  });

  test("carry reactions, of real emoji only", async () => {
    const host = await restHost();
    const { id } = await posts(host, said("done?"));
    const at = (emoji: string) =>
      Routes.channelMessageOwnReaction(host.channel.id, String(id), encodeURIComponent(emoji));
    await host.api.put(at("✅"));
    await host.api.put(at("party:123"));
    expect((await reads(host))[0]?.reactions).toMatchObject([
      { emoji: { id: null, name: "✅" }, count: 1, me: true },
      { emoji: { id: "123", name: "party" }, count: 1, me: true },
    ]);
    expect(await refusal(host.api.put(at("check")))).toMatchObject({ code: 10014 });
    await host.api.delete(at("✅"));
    expect(host.told.at(-1)?.event).toBe("MESSAGE_REACTION_REMOVE");
  });
});

describe("history", () => {
  test("is as it stands now, without what only the gateway tells", async () => {
    const host = await restHost();
    const { server, channel, rob, ada } = host;
    const by = { author: rob.id, mentions: [ada.id] };
    const [kept, changed, gone] = ["kept", "changd", "gone"].map((content) =>
      post(server, channel, { ...by, content }),
    );
    if (changed) edit(server, changed, { content: "changed", editedAt: host.clock.now() });
    if (gone) remove(server, gone);
    const [second, first, ...more] = await reads(host);
    expect(more).toEqual([]);
    expect(first).toMatchObject({ id: kept?.id, content: "kept", edited_timestamp: null });
    expect(second).toMatchObject({ content: "changed", edited_timestamp: expect.any(String) });
    const shown = [first, second, ...records(first?.mentions)];
    for (const each of shown)
      for (const key of ["guild_id", "member"]) expect(each).not.toHaveProperty(key);
    const told = host.told.filter(({ event }) => event === "MESSAGE_CREATE")[0]?.data;
    expect(told).toMatchObject({ guild_id: host.guild.id, member: { roles: [] } });
    expect(records(told?.mentions)).toMatchObject([{ id: ada.id, member: { roles: [] } }]);
  });

  test("comes newest first, and in pages from either side", async () => {
    const host = await restHost();
    const all = ["1", "2", "3", "4"].map((content) =>
      post(host.server, host.channel, { author: host.rob.id, content }),
    );
    const [, second = { id: "" }, third = { id: "" }] = all;
    expect(contents(await reads(host))).toEqual(["4", "3", "2", "1"]);
    expect(contents(await reads(host, { after: second.id }))).toEqual(["4", "3"]);
    expect(contents(await reads(host, { after: "0", limit: "2" }))).toEqual(["2", "1"]);
    expect(contents(await reads(host, { before: third.id, limit: "1" }))).toEqual(["2"]);
    expect(contents(await reads(host, { around: third.id, limit: "3" }))).toEqual(["4", "3", "2"]);
    expect(await refusal(reads(host, { limit: "101" }))).toMatchObject({ code: 50035 });
  });

  test("is empty of others' content without the intent, but not in direct messages", async () => {
    const host = await restHost();
    host.server.application.messageContent = false;
    const { rob, server, api } = host;
    const by = { author: rob.id };
    post(server, host.channel, { ...by, content: "hidden" });
    post(server, host.channel, { ...by, content: "@bot", mentions: [server.application.id] });
    await posts(host, said("mine"));
    expect(contents(await reads(host))).toEqual(["mine", "@bot", ""]);
    const { id } = record(
      await api.post(Routes.userChannels(), { body: { recipient_id: rob.id } }),
    );
    post(server, server.directMessages(rob.id), { ...by, content: "private" });
    expect(contents(records(await api.get(Routes.channelMessages(String(id)))))).toEqual([
      "private",
    ]);
  });

  test("is empty for who may not read it, and one message is refused", async () => {
    const host = await restHost();
    const { id } = post(host.server, host.channel, { author: host.rob.id, content: "before" });
    forbids(host, "readMessageHistory");
    expect(await reads(host)).toEqual([]);
    for (const each of [id, host.channel.id]) {
      const one = host.api.get(Routes.channelMessage(host.channel.id, each));
      expect(await refusal(one)).toMatchObject({ status: 403, code: 50013 });
    }
  });

  test("is refused where the channel is hidden, or gone", async () => {
    const host = await restHost({ botPermissions: [] });
    forbids(host, "viewChannel");
    expect(await refusal(reads(host))).toMatchObject({ status: 403, code: 50001 });
    host.server.channels.delete(host.channel.id);
    expect(await refusal(reads(host))).toMatchObject({ status: 404, code: 10003 });
  });
});

describe("what Discord refuses", () => {
  test.each([
    ["a channel that is hidden", "viewChannel", 50001],
    ["sending", "sendMessages", 50013],
  ] as const)("%s", async (_, name, code) => {
    const host = await restHost({ botPermissions: [] });
    forbids(host, name);
    expect(await refusal(posts(host, said("hi")))).toMatchObject({ status: 403, code });
  });

  test("without Embed Links embeds are left out, and nothing may be left", async () => {
    const host = await restHost();
    forbids(host, "embedLinks");
    const embeds = [{ title: "card" }];
    expect(await posts(host, said("text", { embeds }))).toMatchObject({ embeds: [] });
    expect(await refusal(posts(host, said("", { embeds })))).toMatchObject({ code: 50006 });
  });

  test("an unknown channel, a channel that holds no messages, an empty message", async () => {
    const host = await restHost();
    const { api, server, guild } = host;
    const forum = server.addChannel(guild, { name: "forum", type: channelType.forum });
    expect(await refusal(api.get(Routes.channel("1")))).toMatchObject({ status: 404, code: 10003 });
    const inForum = api.post(Routes.channelMessages(forum.id), said("hi"));
    expect(await refusal(inForum)).toMatchObject({ code: 50008 });
    expect(await refusal(posts(host, said("  ")))).toMatchObject({ status: 400, code: 50006 });
  });

  test("editing what someone else wrote, and deleting it without Manage Messages", async () => {
    const host = await restHost();
    const { id } = post(host.server, host.channel, { author: host.rob.id, content: "mine" });
    const at = Routes.channelMessage(host.channel.id, id);
    expect(await refusal(host.api.patch(at, said("yours")))).toMatchObject({ code: 50005 });
    expect(await refusal(host.api.delete(at))).toMatchObject({ status: 403, code: 50013 });
  });

  test("writing to someone who takes no direct messages", async () => {
    const { server, api, rob } = await restHost();
    const { id } = server.directMessages(rob.id);
    rob.closedDms = true;
    const sent = api.post(Routes.channelMessages(id), said("psst"));
    expect(await refusal(sent)).toMatchObject({
      ...{ status: 403, code: 50007, message: "Cannot send messages to this user" },
    });
  });

  test("every call, once the token is no longer good", async () => {
    const host = await restHost({ revoked: true });
    const refused = await fetch(`${host.server.origin}/api/v10/users/@me`, {
      headers: { authorization: `Bot ${host.token}` },
    });
    expect(refused.status).toBe(401);
    expect(await refused.json()).toEqual({ message: "401: Unauthorized", code: 0 });
  });

  test("what it does not have", async () => {
    const { api } = await restHost();
    expect(await refusal(api.get("/channels/123/no-such-thing"))).toMatchObject({
      ...{ status: 404, code: 0 },
      message: expect.stringContaining("GET /channels/123/no-such-thing"),
    });
  });
});
