import { Routes } from "discord.js";
import { describe, expect, test } from "vitest";
import { type Json, record, records } from "../json.ts";
import { edit, post } from "./messages.ts";
import { permission } from "./permissions.ts";
import { type Channel, channelFlag, channelType } from "./records.ts";
import { refusal, restHost, said } from "./rest-host.ts";
import { changeThread } from "./threads.ts";

type Host = Awaited<ReturnType<typeof restHost>>;

const starts = async ({ api, channel }: Host, body: Json): Promise<Json> =>
  record(await api.post(Routes.threads(channel.id), { body }));

/** A private thread that the bot started. */
async function privateThread(host: Host): Promise<Channel> {
  const { id } = await starts(host, { name: "T-1", type: channelType.privateThread });
  return host.server.channel(String(id));
}

const types = ({ messages }: Channel) => messages.map(({ type }) => type);

describe("threads", () => {
  test("one from a message has its id, says where it comes from, and there is only one", async () => {
    const host = await restHost();
    const { api, server, channel } = host;
    const { id } = post(server, channel, { author: host.rob.id, content: "help" });
    const start = () => api.post(Routes.threads(channel.id, id), { body: { name: "help" } });
    expect(await start()).toMatchObject({ id, type: 11, parent_id: channel.id, name: "help" });
    expect(types(server.channel(id))).toEqual([21]);
    expect(server.channel(id).messages[0]?.reference?.message).toBe(id);
    const read = await api.get(Routes.channelMessage(channel.id, id));
    expect(read).toMatchObject({ flags: 32, thread: { id, name: "help" } });
    expect(await refusal(start())).toMatchObject({ code: 160004 });
  });

  test("a public one without a message is told of in the channel", async () => {
    const host = await restHost();
    const { id } = await starts(host, { name: "all of us", type: channelType.publicThread });
    expect(host.channel.messages).toMatchObject([
      { type: 18, content: "all of us", reference: { channel: id } },
    ]);
  });

  test("a private one is there for whom it is opened to, who is told so", async () => {
    const host = await restHost({ botPermissions: [] });
    const { api, server, rob, channel } = host;
    const thread = await privateThread(host);
    expect(channel.messages).toEqual([]);
    expect(server.permissionsOf(rob.id, thread.id)).toBe(0n);
    await api.put(Routes.threadMembers(thread.id, rob.id));
    await api.put(Routes.threadMembers(thread.id, rob.id));
    expect(types(thread)).toEqual([1]);
    expect(thread.messages[0]?.mentions).toEqual([rob.id]);
    expect(server.may(rob.id, thread, "viewChannel")).toBe(true);
    const members = records(await api.get(Routes.threadMembers(thread.id)));
    expect(members.map(({ user_id }) => user_id)).toEqual([server.application.id, rob.id]);
    await api.delete(Routes.threadMembers(thread.id, rob.id));
    expect(types(thread)).toEqual([1, 2]);
    expect(server.permissionsOf(rob.id, thread.id)).toBe(0n);
  });

  test("who is pinged in one is brought in, and who writes in one joins", async () => {
    const host = await restHost();
    const thread = await privateThread(host);
    const content = `<@${host.rob.id}>`;
    await host.api.post(Routes.channelMessages(thread.id), { body: { content } });
    expect([...(thread.thread?.members.keys() ?? [])]).toContain(host.rob.id);
    await host.api.post(Routes.channelMessages(thread.id), said(`<@${host.ada.id}>`));
    expect([...(thread.thread?.members.keys() ?? [])]).not.toContain(host.ada.id);
  });

  test("need their permissions", async () => {
    const host = await restHost({ botPermissions: [] });
    const deny = permission.createPrivateThreads | permission.createPublicThreads;
    host.channel.overwrites.push({ id: host.guild.id, type: 0, allow: 0n, deny });
    const refused = [channelType.privateThread, channelType.publicThread].map((type) =>
      refusal(starts(host, { name: "T-1", type })),
    );
    expect(await Promise.all(refused)).toMatchObject([{ code: 50013 }, { code: 50013 }]);
  });
});

describe("threads that are closed", () => {
  test("one that is archived opens when someone writes, and is not edited before", async () => {
    const host = await restHost({ botPermissions: [] });
    const thread = await privateThread(host);
    const path = Routes.channelMessages(thread.id);
    const { id } = record(await host.api.post(path, said("card")));
    changeThread(host.server, thread, { archived: true });
    const edits = () => host.api.patch(Routes.channelMessage(thread.id, String(id)), said("new"));
    expect(await refusal(edits())).toMatchObject({ status: 400, code: 50083 });
    await host.api.post(path, said("still there?"));
    expect(thread.thread?.archived).toBe(false);
    expect(host.told.map(({ event }) => event)).toContain("THREAD_UPDATE");
    expect(await edits()).toMatchObject({ content: "new" });
  });

  test("one that is locked stays shut for who does not manage threads", async () => {
    const host = await restHost({ botPermissions: [] });
    const thread = await privateThread(host);
    const writes = () => host.api.post(Routes.channelMessages(thread.id), said("hello?"));
    changeThread(host.server, thread, { locked: true });
    expect(await refusal(writes())).toMatchObject({ status: 403, code: 160005 });
    changeThread(host.server, thread, { archived: true });
    expect(await refusal(writes())).toMatchObject({ status: 400, code: 50083 });
    const opens = host.api.patch(Routes.channel(thread.id), { body: { archived: false } });
    expect(await refusal(opens)).toMatchObject({ code: 50013 });
  });

  test("who manages threads opens a locked one by writing", async () => {
    const host = await restHost();
    const thread = await privateThread(host);
    changeThread(host.server, thread, { locked: true, archived: true });
    await host.api.post(Routes.channelMessages(thread.id), said("again"));
    expect(thread.thread).toMatchObject({ archived: false, locked: true });
  });

  test("the bot archives its own, and locks none without Manage Threads", async () => {
    const host = await restHost({ botPermissions: [] });
    const thread = await privateThread(host);
    const patches = (body: Json) => host.api.patch(Routes.channel(thread.id), { body });
    expect(await refusal(patches({ locked: true }))).toMatchObject({ code: 50013 });
    expect(await patches({ archived: true })).toMatchObject({
      thread_metadata: { archived: true },
    });
    expect(await refusal(patches({ name: "renamed" }))).toMatchObject({ code: 50083 });
    await patches({ archived: false });
    await patches({ name: "renamed" });
    expect(types(thread)).toEqual([4]);
  });

  test("are listed: active ones in the guild, archived ones in their channel", async () => {
    const host = await restHost();
    const { api, channel, guild } = host;
    const open = await privateThread(host);
    const shut = await privateThread(host);
    changeThread(host.server, shut, { archived: true });
    const ids = (list: unknown) => records(record(list).threads).map(({ id }) => id);
    expect(ids(await api.get(Routes.guildActiveThreads(guild.id)))).toEqual([open.id]);
    for (const path of [
      Routes.channelThreads(channel.id, "private"),
      Routes.channelJoinedArchivedThreads(channel.id),
    ]) {
      expect(ids(await api.get(path))).toEqual([shut.id]);
    }
    expect(ids(await api.get(Routes.channelThreads(channel.id, "public")))).toEqual([]);
  });

  test("the bot hears nothing of a private one that it is not in", async () => {
    const host = await restHost({ botPermissions: [] });
    const thread = await privateThread(host);
    await host.api.delete(Routes.threadMembers(thread.id, "@me"));
    host.told.length = 0;
    const message = post(host.server, thread, { author: host.ada.id, content: "secret" });
    edit(host.server, message, { content: "more" });
    expect(host.told).toEqual([]);
    expect(await refusal(host.api.get(Routes.channel(thread.id)))).toMatchObject({ code: 50001 });
  });
});

describe("posts in a forum", () => {
  async function withForum() {
    const host = await restHost();
    const tags = ["open", "closed", "low", "high", "urgent", "billing"];
    const given = { name: "triage", type: channelType.forum, tags };
    const forum = host.server.addChannel(host.guild, given);
    const opens = async (body: Json) =>
      record(await host.api.post(Routes.threads(forum.id), { body: { name: "T-1", ...body } }));
    return { ...host, forum, opens, message: said("printer on fire").body };
  }

  test("have their first message, which has the post's id, and tags", async () => {
    const { forum, opens, message, server } = await withForum();
    const applied_tags = [forum.tags[0]?.id];
    const made = await opens({ message, applied_tags });
    expect(made).toMatchObject({ type: 11, parent_id: forum.id, applied_tags });
    expect(made.message).toMatchObject({
      id: made.id,
      channel_id: made.id,
      content: "printer on fire",
    });
    expect(types(server.channel(String(made.id)))).toEqual([0]);
    expect(server.channel(String(made.id)).lastMessage).toBe(made.id);
  });

  test("are refused without a message, with unknown tags or too many, or without any", async () => {
    const { forum, opens, message } = await withForum();
    expect(await refusal(opens({}))).toMatchObject({ code: 50035 });
    expect(await refusal(opens({ message, applied_tags: ["1"] }))).toMatchObject({ code: 50035 });
    const applied_tags = forum.tags.map(({ id }) => id);
    expect(await refusal(opens({ message, applied_tags }))).toMatchObject({ code: 50035 });
    forum.flags |= channelFlag.requireTag;
    expect(await refusal(opens({ message }))).toMatchObject({ code: 40067 });
  });

  test("change their tags", async () => {
    const { forum, opens, message, api } = await withForum();
    const { id } = await opens({ message });
    const applied_tags = [forum.tags[1]?.id];
    const patches = (body: Json) => api.patch(Routes.channel(String(id)), { body });
    expect(await patches({ applied_tags })).toMatchObject({ applied_tags });
    expect(await refusal(patches({ applied_tags: ["1"] }))).toMatchObject({ code: 50035 });
  });
});

test("a channel goes with its threads, and is told of", async () => {
  const host = await restHost({ botPermissions: ["manageChannels", "manageThreads"] });
  const thread = await privateThread(host);
  await host.api.delete(Routes.channel(host.channel.id));
  expect(host.told.at(-1)?.event).toBe("CHANNEL_DELETE");
  expect(await refusal(host.api.get(Routes.channel(thread.id)))).toMatchObject({ code: 10003 });
});
