import { type Client, GatewayDispatchEvents, GatewayIntentBits } from "discord.js";
import { expect, onTestFinished, test } from "vitest";
import { type DiscordOptions, startDiscord } from "./discord.ts";
import { readyBot, tinyBot, usualIntents } from "./tiny-bot.ts";

const robId = "200000000000000001";

/** A guild with a channel in which rob writes. */
async function guildAndRob(options: Partial<DiscordOptions<never>> = {}) {
  const discord = await startDiscord(options);
  onTestFinished(() => discord.stop());
  const guild = discord.addGuild();
  const channel = discord.addChannel(guild, { name: "help" }).id;
  const rob = discord.person(robId, { name: "rob" });
  return { discord, guild, channel, rob };
}

/** The texts that a client gets, in their order. */
function heardBy(client: Client): string[] {
  const heard: string[] = [];
  client.ws.on(GatewayDispatchEvents.MessageCreate, ({ content }) => {
    heard.push(content);
  });
  return heard;
}

test("a client logs in, knows its guilds and channels, and hears what is written", async () => {
  const { discord, guild, channel, rob } = await guildAndRob();
  const client = await readyBot(discord);
  expect(client.user.id).toBe(discord.server.application.id);
  expect(client.guilds.cache.get(guild.id)?.channels.cache.get(channel)?.name).toBe("help");
  const heard = heardBy(client);
  rob.writes(channel, "it burns");
  rob.writes(rob.dm, "é".repeat(1_900));
  await discord.settled();
  expect(heard).toEqual(["it burns", "é".repeat(1_900)]);
});

test("after a dropped socket the session goes on, and what was missed comes", async () => {
  const { discord, channel, rob } = await guildAndRob();
  const client = await readyBot(discord);
  const heard = heardBy(client);
  rob.writes(channel, "one");
  await discord.settled();
  discord.gateway.drop();
  rob.writes(channel, "two");
  expect(discord.underway()).toBeGreaterThan(0);
  await discord.settled();
  expect(heard).toEqual(["one", "two"]);
  expect(discord.gateway).toMatchObject({ identified: 1, resumed: 1 });
});

test("after a lost session there is a new one, and what was missed never comes", async () => {
  const { discord, channel, rob } = await guildAndRob();
  const client = await readyBot(discord);
  const heard = heardBy(client);
  discord.gateway.loseSession();
  rob.writes(channel, "lost");
  await discord.until(() => discord.gateway.connections() === 1);
  rob.writes(channel, "heard");
  await discord.settled();
  expect(heard).toEqual(["heard"]);
  expect(discord.gateway).toMatchObject({ identified: 2, resumed: 0 });
});

test("a client that is asked to reconnect does, and misses nothing", async () => {
  const { discord, channel, rob } = await guildAndRob();
  const client = await readyBot(discord);
  const heard = heardBy(client);
  discord.gateway.askToReconnect();
  rob.writes(channel, "meanwhile");
  await discord.settled();
  expect(heard).toEqual(["meanwhile"]);
  expect(discord.gateway).toMatchObject({ identified: 1, resumed: 1 });
});

test("a session that is invalid is resumed where it can be, and else begun anew", async () => {
  const { discord, channel, rob } = await guildAndRob();
  const heard = heardBy(await readyBot(discord));
  discord.gateway.invalidate(true);
  rob.writes(channel, "one");
  await discord.settled();
  expect(discord.gateway).toMatchObject({ identified: 1, resumed: 1 });
  discord.gateway.invalidate(false);
  rob.writes(channel, "two");
  await discord.settled();
  expect(discord.gateway).toMatchObject({ identified: 2, resumed: 1 });
  expect(heard).toEqual(["one"]);
});

test("a connection over which nothing is heard any more is noticed and left", async () => {
  const { discord, channel, rob } = await guildAndRob({ heartbeatMs: 100 });
  const heard = heardBy(await readyBot(discord));
  discord.gateway.stopsAcking();
  rob.writes(channel, "hello?");
  await discord.settled();
  expect(heard).toEqual(["hello?"]);
  expect(discord.gateway.resumed).toBeGreaterThan(0);
});

test("a guild that Discord does not reach is told of, and nothing of what happens in it", async () => {
  const { discord, guild, channel, rob } = await guildAndRob();
  const client = await readyBot(discord);
  const heard = heardBy(client);
  discord.goesDown(guild);
  rob.writes(channel, "while it is down");
  await discord.settled();
  expect(client.guilds.cache.get(guild.id)?.available).toBe(false);
  discord.comesBack(guild);
  rob.writes(channel, "back");
  await discord.settled();
  expect(client.guilds.cache.get(guild.id)?.available).toBe(true);
  expect(heard).toEqual(["back"]);
});

test("while connections are refused the client keeps trying", async () => {
  const { discord, channel, rob } = await guildAndRob();
  const client = await readyBot(discord);
  const heard = heardBy(client);
  const opened = new Promise<void>((resolve) => {
    client.once("shardError", () => resolve());
  });
  discord.gateway.refusesConnections(opened);
  discord.gateway.drop();
  rob.writes(channel, "while away");
  await discord.settled();
  expect(heard).toEqual(["while away"]);
});

test("dispatches come twice, live or with a resume", async () => {
  const { discord, channel, rob } = await guildAndRob();
  const heard = heardBy(await readyBot(discord));
  discord.gateway.repeatsDispatches(1, "MESSAGE_CREATE");
  rob.writes(channel, "one");
  rob.writes(channel, "two");
  await discord.settled();
  expect(heard).toEqual(["one", "one", "two"]);
  discord.gateway.replaysTwice();
  discord.gateway.drop();
  await discord.settled();
  expect(heard).toEqual(["one", "one", "two", "one", "one", "two"]);
});

test("a connection that is closed comes back, with its session unless that has timed out", async () => {
  const { discord, channel, rob } = await guildAndRob();
  const heard = heardBy(await readyBot(discord));
  discord.gateway.closes(4000);
  rob.writes(channel, "one");
  await discord.settled();
  expect(discord.gateway).toMatchObject({ identified: 1, resumed: 1 });
  discord.gateway.closes(4009);
  rob.writes(channel, "two");
  await discord.settled();
  expect(discord.gateway).toMatchObject({ identified: 2, resumed: 1 });
  expect(heard).toEqual(["one"]);
});

test("what is held comes when it is released", async () => {
  const { discord, channel, rob } = await guildAndRob();
  const heard = heardBy(await readyBot(discord));
  await discord.settled();
  discord.gateway.holds();
  rob.writes(channel, "late");
  expect(discord.underway()).toBe(1);
  discord.gateway.releases();
  await discord.settled();
  expect(heard).toEqual(["late"]);
});

test("faults that are drawn: everything still arrives, except with a lost session", async () => {
  const { discord, channel, rob } = await guildAndRob();
  const heard = heardBy(await readyBot(discord));
  const faults = ["drop-before", "drop-after", "ask-to-reconnect", "repeat", undefined] as const;
  for (const fault of faults) {
    discord.gateway.misbehaves(() => fault);
    rob.writes(channel, String(fault));
    discord.gateway.misbehaves(() => undefined);
    await discord.settled();
  }
  expect([...new Set(heard)]).toEqual(faults.map(String));
  discord.gateway.misbehaves(() => "lose-session");
  rob.writes(channel, "never");
  discord.gateway.misbehaves(() => undefined);
  await discord.settled();
  expect(heard).not.toContain("never");
});

test("a wrong token is told in its own words", async () => {
  const { discord } = await guildAndRob();
  await expect(tinyBot(discord).login("wrong.to.ken")).rejects.toThrow(/invalid token/i);
});

test.each([
  [4014, "disallowed intents", usualIntents, {}],
  [4013, "invalid intents", 1 << 30, {}],
  [4011, "sharding is required", usualIntents, { shardsNeeded: 2 }],
])("a client is turned away with %i: %s", async (code, words, intents, options) => {
  const { discord } = await guildAndRob(options);
  if (code === 4014) discord.withoutIntent();
  const client = tinyBot(discord, intents);
  const closed = new Promise((resolve) => {
    client.once("shardDisconnect", (event) => resolve(event.code));
  });
  const login = expect(client.login(discord.token)).rejects.toThrow(new RegExp(words, "i"));
  expect(await closed).toBe(code);
  await login;
});

test("without the intent, what others write comes empty, except where it is meant for the bot", async () => {
  const { discord, channel, rob } = await guildAndRob();
  discord.withoutIntent();
  const heard = heardBy(await readyBot(discord, usualIntents & ~GatewayIntentBits.MessageContent));
  rob.writes(channel, "secret");
  rob.writes(channel, `<@${discord.server.application.id}> help`);
  rob.writes(rob.dm, "between us");
  await discord.settled();
  expect(heard).toEqual(["", `<@${discord.server.application.id}> help`, "between us"]);
});

test("a client hears only what it asked for, and only where it may look", async () => {
  const { discord, guild, channel, rob } = await guildAndRob();
  const heard = heardBy(
    await readyBot(discord, GatewayIntentBits.Guilds | GatewayIntentBits.GuildMessages),
  );
  rob.writes(rob.dm, "not asked for");
  discord.removesPermissions(channel, ["viewChannel"]);
  rob.writes(channel, "not to be seen");
  const other = discord.addChannel(guild, { name: "other" });
  rob.writes(other.id, "");
  await discord.settled();
  expect(heard).toEqual([""]);
});

test("guilds are dealt out to as many shards as Discord asks for", async () => {
  const { discord, channel, rob } = await guildAndRob({ shards: 2, shardsNeeded: 2 });
  const even = discord.addGuild({ id: String(2n << 22n), name: "even" });
  const odd = discord.addGuild({ id: String(3n << 22n), name: "odd" });
  const client = tinyBot(discord);
  client.options.shards = "auto";
  discord.server.gateway.together = 2;
  const ready = new Promise((resolve) => client.once("clientReady", resolve));
  await client.login(discord.token);
  await ready;
  expect(client.guilds.cache.get(even.id)?.shardId).toBe(0);
  expect(client.guilds.cache.get(odd.id)?.shardId).toBe(1);
  const heard = heardBy(client);
  rob.writes(channel, "to one of them");
  rob.writes(rob.dm, "to the first");
  await discord.settled();
  expect(heard.toSorted()).toEqual(["to one of them", "to the first"]);
});
