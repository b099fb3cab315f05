import { GatewayDispatchEvents } from "discord.js";
import { expect, onTestFinished, test } from "vitest";
import { startDiscord } from "./discord.ts";
import { startThread } from "./threads.ts";
import { readyBot } from "./tiny-bot.ts";

/** A guild with a channel, and rob and sue in it. */
async function guildAndPeople() {
  const discord = await startDiscord();
  onTestFinished(() => discord.stop());
  const guild = discord.addGuild();
  const channel = discord.addChannel(guild, { name: "help" });
  const rob = discord.person("200000000000000001", { name: "rob", globalName: "Rob" });
  const sue = discord.person("200000000000000002", { name: "sue", nick: "Sue from Sales" });
  return { discord, guild, channel, rob, sue };
}

test("a message is read with who wrote it, its files, its answers and its reactions", async () => {
  const { discord, channel, rob, sue } = await guildAndPeople();
  const files = [{ name: "log file.txt", content: "boom" }];
  const first = rob.writes(channel.id, `<@${sue.id}> look`, { files });
  const answer = sue.writes(channel.id, "I see", { replyTo: first });
  sue.reacts(first, "👍");
  rob.edits(first, "never mind");
  expect(rob.reads(channel.id)).toMatchObject([
    {
      ...{ from: "Rob", words: "never mind", files: ["log_file.txt"], pings: [sue.id] },
      ...{ reactions: ["👍"], edited: true, type: 0 },
    },
    { from: "Sue from Sales", replyTo: first.id, pings: [rob.id], type: 19 },
  ]);
  expect(first.bytes["log_file.txt"]?.toString()).toBe("boom");
  sue.unreacts(first, "👍");
  rob.deletes(first);
  expect(() => rob.deletes(answer)).toThrow("only its author");
  discord.deletes(answer);
  expect(rob.reads(channel.id)).toEqual([]);
});

test("polls, stickers and forwards arrive as a client gets them", async () => {
  const { discord, channel, rob } = await guildAndPeople();
  const client = await readyBot(discord);
  const got: unknown[] = [];
  client.ws.on(GatewayDispatchEvents.MessageCreate, (data) => got.push(data));
  const said = rob.writes(channel.id, "it burns");
  rob.writes(channel.id, "", { stickers: ["wave"] });
  rob.writes(channel.id, "", { poll: { question: "Which?", answers: ["this", "that"] } });
  const forwarded = rob.writes(rob.dm, "", { forwards: said });
  await discord.settled();
  expect(got).toMatchObject([
    { content: "it burns", guild_id: channel.guild, member: { nick: null }, channel_type: 0 },
    { sticker_items: [{ name: "wave" }] },
    { poll: { question: { text: "Which?" } } },
    { message_reference: { type: 1 }, message_snapshots: [{ message: { content: "it burns" } }] },
  ]);
  expect(forwarded.words).toBe("it burns");
});

test("a private thread is seen by who is in it, and by who runs the place", async () => {
  const { discord, guild, channel, rob, sue } = await guildAndPeople();
  const owner = discord.server.application.id;
  const thread = startThread(discord.server, channel, { name: "T-1", type: 12, owner });
  discord.addsToThread(thread.id, rob.id);
  rob.writes(thread.id, "between us");
  expect(rob.threads(channel.id)).toMatchObject([{ name: "T-1", type: 12, archived: false }]);
  expect(sue.threads(channel.id)).toEqual([]);
  expect(sue.reads(thread.id)).toEqual([]);
  expect(() => sue.writes(thread.id, "hello?")).toThrow("does not see");
  const role = discord.addRole(guild, { name: "mods", permissions: ["manageThreads"] });
  discord.givesRole(guild, sue.id, role.id);
  expect(sue.reads(thread.id).at(-1)).toMatchObject({ words: "between us" });
  discord.takesRole(guild, sue.id, role.id);
  expect(sue.sees(thread.id)).toBe(false);
});

test("writing opens an archived thread again, but not a locked one", async () => {
  const { discord, channel, rob } = await guildAndPeople();
  const owner = discord.server.application.id;
  const thread = startThread(discord.server, channel, { name: "T-1", type: 11, owner });
  const before = rob.writes(thread.id, "hello");
  discord.archives(thread.id);
  expect(() => rob.edits(before, "hi")).toThrow("archived");
  rob.writes(thread.id, "hello again");
  expect(rob.threads(channel.id)).toMatchObject([{ archived: false }]);
  discord.locks(thread.id);
  expect(() => rob.writes(thread.id, "and again")).toThrow("locked");
  discord.unlocks(thread.id);
  discord.renames(thread.id, "T-1 again");
  expect(rob.threads(channel.id)).toMatchObject([{ name: "T-1 again", locked: false }]);
});

test("where a person may not look or write they cannot", async () => {
  const { discord, guild, channel, rob, sue } = await guildAndPeople();
  discord.removesPermissions(channel.id, ["sendMessages"], guild.id);
  discord.givesPermissions(channel.id, ["sendMessages"], sue.id);
  expect(() => rob.writes(channel.id, "hello")).toThrow("may not write");
  sue.writes(channel.id, "hello");
  discord.removesPermissions(channel.id, ["viewChannel"], rob.id);
  expect(rob.reads(channel.id)).toEqual([]);
  expect(sue.reads(rob.dm)).toEqual([]);
});

test("a preview that appears under a message changes it, and is no edit", async () => {
  const { discord, channel, rob } = await guildAndPeople();
  const client = await readyBot(discord);
  const got: unknown[] = [];
  client.ws.on(GatewayDispatchEvents.MessageUpdate, (data) => got.push(data));
  const said = rob.writes(channel.id, "see https://example.com/");
  discord.unfurls(said);
  await discord.settled();
  expect(got).toMatchObject([{ content: said.content, edited_timestamp: null, author: {} }]);
  expect(rob.reads(channel.id)).toMatchObject([{ edited: false }]);
});

test("the bot is told when it is thrown out, and hears nothing any more", async () => {
  const { discord, guild, channel, rob } = await guildAndPeople();
  const client = await readyBot(discord);
  const heard: string[] = [];
  client.ws.on(GatewayDispatchEvents.MessageCreate, ({ content }) => heard.push(content));
  discord.removes(guild, discord.server.application.id);
  rob.writes(channel.id, "anyone?");
  await discord.settled();
  expect(client.guilds.cache.has(guild.id)).toBe(false);
  expect(heard).toEqual([]);
});

test("who closes their direct messages gets none from the bot", async () => {
  const { discord, rob } = await guildAndPeople();
  const client = await readyBot(discord);
  rob.closesDms();
  const body = { content: "hello", allowed_mentions: { parse: [] } };
  const writing = () => client.rest.post(`/channels/${rob.dm}/messages`, { body });
  await expect(writing()).rejects.toMatchObject({ code: 50_007 });
  rob.opensDms();
  await writing();
  expect(rob.reads(rob.dm)).toMatchObject([{ content: "hello", pings: [] }]);
});
