import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { startDiscord } from "./fakes/discord/discord.ts";
import { channelType } from "./fakes/discord/records.ts";
import { deskhand, startDeskhand } from "./process.ts";
import { temporaryFolder } from "./temporary.ts";

/** A Discord with a private triage channel, and the variables that turn it on. */
async function discordWithTriage({ forum = false } = {}) {
  const discord = await startDiscord();
  onTestFinished(() => discord.stop());
  const guild = discord.addGuild({ name: "Acme" });
  const support = discord.addRole(guild, { name: "Support" }).id;
  const triage = discord.addChannel(guild, {
    name: "triage",
    ...(forum && { type: channelType.forum, tags: ["Open", "Urgent"] }),
  }).id;
  const isPrivate = () => {
    discord.removesPermissions(triage, ["viewChannel"], guild.id);
    discord.givesPermissions(triage, ["viewChannel"], support);
    discord.givesPermissions(triage, ["viewChannel"]);
  };
  isPrivate();
  const env = {
    DATA_DIR: await temporaryFolder(),
    DISCORD_TOKEN: discord.token,
    DISCORD_API_URL: discord.apiUrl,
    TRIAGE: `discord:${triage}`,
  };
  const runs = async (...args: string[]) => {
    const process = deskhand(args, env);
    const code = await process.exit;
    for (const said of [process.stdout(), process.stderr()])
      expect(said).not.toContain(discord.token);
    return { code, said: process.stdout(), complained: process.stderr() };
  };
  return { discord, guild, support, triage, env, runs };
}

const commandsOf = ({ discord }: Awaited<ReturnType<typeof discordWithTriage>>) =>
  [...discord.server.commands.values()].map(({ name }) => name).sort();

const allCommands = ["Open a ticket", "ticket", "ticket-panel", "tickets"];

describe("deskhand register", () => {
  test("registers every command, and changes nothing when they are there", async () => {
    const world = await discordWithTriage();
    const first = await world.runs("register");
    expect(first).toMatchObject({ code: 0, said: expect.stringContaining("are registered") });
    expect(commandsOf(world)).toEqual(allCommands);
    const puts = () => world.discord.calls.filter(({ method }) => method !== "GET").length;
    const before = puts();
    const second = await world.runs("register");
    expect(second).toMatchObject({
      code: 0,
      said: expect.stringContaining("has the commands already"),
    });
    expect(puts()).toBe(before);
    expect(world.discord.violations).toEqual([]);
    expect(world.discord.gateway.identified).toBe(0);
  });

  test("replaces what another version has registered", async () => {
    const world = await discordWithTriage();
    world.discord.server.commands.set("1", { id: "1", type: 1, name: "old", description: "Old" });
    expect(await world.runs("register")).toMatchObject({ code: 0 });
    expect(commandsOf(world)).toEqual(allCommands);
  });

  test("says in words that the token is refused, and that Discord cannot be reached, and ends with 1", async () => {
    const { discord, env, runs } = await discordWithTriage();
    discord.revokesToken();
    expect(await runs("register")).toMatchObject({
      ...{ code: 1, said: expect.stringContaining("set the new DISCORD_TOKEN") },
    });
    env.DISCORD_API_URL = "http://127.0.0.1:1/api";
    expect(await runs("register")).toMatchObject({
      ...{ code: 1, said: expect.stringContaining("Discord cannot be reached") },
    });
  });

  test("without a token says which variable is missing, and ends with 2", async () => {
    const process = deskhand(["register"], { DATA_DIR: await temporaryFolder() });
    expect(await process.exit).toBe(2);
    expect(process.stderr()).toContain("DISCORD_TOKEN");
  });
});

describe("deskhand doctor", () => {
  test("asks Discord, a line for each thing, and changes nothing there", async () => {
    const { discord, guild, support, triage, env, runs } = await discordWithTriage();
    await runs("register");
    const DESKHAND_CONFIG = join(env.DATA_DIR, "deskhand.yaml");
    await writeFile(
      DESKHAND_CONFIG,
      `agents:\n  - discord: "${support}"\n  - discord: "${guild.owner}"\n`,
    );
    Object.assign(env, { DESKHAND_CONFIG });
    const before = discord.calls.length;
    const { code, said } = await runs("doctor");
    for (const what of [
      ...["token", "Message Content Intent", "servers", `channel ${triage}`, "commands"],
      ...[`agent ${support}`, `agent ${guild.owner}`],
    ])
      expect(said).toMatch(new RegExp(`^good {3}Discord ${what}: `, "m"));
    expect(code).toBe(0);
    expect(discord.calls.slice(before).every(({ method }) => method === "GET")).toBe(true);
  });

  test("is content with a forum, and names the tags that it may have", async () => {
    const { runs } = await discordWithTriage({ forum: true });
    await runs("register");
    const { code, said } = await runs("doctor");
    expect(said).toMatch(/^good {3}Discord channel \d+: the forum #triage .*In progress/m);
    expect(code).toBe(0);
  });

  test("finds all that is wrong at once, says what to do, and ends with 1", async () => {
    const { discord, triage, env, runs } = await discordWithTriage();
    discord.withoutIntent();
    discord.removesPermissions(triage, ["sendMessagesInThreads", "embedLinks"]);
    const DESKHAND_CONFIG = join(env.DATA_DIR, "deskhand.yaml");
    const [gone, nobody] = ["111111111111111111", "222222222222222222"];
    await writeFile(
      DESKHAND_CONFIG,
      `agents: [{ discord: "${nobody}" }]\ntriage: [{ to: "discord:${gone}", priority: urgent }]\n`,
    );
    Object.assign(env, { DESKHAND_CONFIG });
    const { code, said } = await runs("doctor");
    expect(code).toBe(1);
    expect(said).toMatch(/^good {3}Discord token: /m);
    expect(said).toMatch(/^WRONG {2}Discord Message Content Intent: .*switch on Message Content/m);
    expect(said).toMatch(new RegExp(`^WRONG {2}Discord channel ${gone}: .*check TRIAGE`, "m"));
    expect(said).toMatch(new RegExp(`^WRONG {2}Discord channel ${triage}: `, "m"));
    expect(said).toMatch(/^good {3}Discord commands: .*a start registers them/m);
    expect(said).toMatch(new RegExp(`^WRONG {2}Discord agent ${nobody}: `, "m"));
  });

  test("says that no one can answer, where only agents of Slack are listed", async () => {
    const { env, runs } = await discordWithTriage();
    const DESKHAND_CONFIG = join(env.DATA_DIR, "deskhand.yaml");
    await writeFile(DESKHAND_CONFIG, "agents: [{ slack: U0123ABC }]\n");
    Object.assign(env, { DESKHAND_CONFIG });
    const { code, said } = await runs("doctor");
    expect(said).toMatch(/^WRONG {2}Discord agents: .*none of Discord: no one can answer/m);
    expect(code).toBe(1);
  });

  test("is content before the first start", async () => {
    const { runs } = await discordWithTriage();
    expect(await runs("doctor")).toMatchObject({ code: 0 });
  });

  test("says that the token is refused, and that the bot is in no server", async () => {
    const { discord, guild, runs } = await discordWithTriage();
    discord.removes(guild, discord.server.application.id);
    const thrownOut = await runs("doctor");
    expect(thrownOut.code).toBe(1);
    expect(thrownOut.said).toMatch(/^WRONG {2}Discord servers: .*install link/m);
    discord.revokesToken();
    const refused = await runs("doctor");
    expect(refused.code).toBe(1);
    expect(refused.said).toMatch(/^WRONG {2}Discord token: .*set the new DISCORD_TOKEN/m);
  });
});

test("deskhand start says that Discord is on, and registers the commands by itself", async () => {
  const world = await discordWithTriage();
  const DISCORD_API_URL = `${world.discord.apiUrl}/`;
  const running = await startDeskhand({ ...world.env, DISCORD_API_URL });
  await world.discord.until(() => world.discord.gateway.connections() === 1);
  await world.discord.until(() => commandsOf(world).length === allCommands.length);
  await world.discord.until(() => running.stdout().includes("Discord"));
  const ready = await fetch(`${running.url}/readyz`);
  expect(ready.status).toBe(200);
  running.kill("SIGTERM");
  expect(await running.exit).toBe(0);
  expect(running.stdout() + running.stderr()).not.toContain(world.discord.token);
});
