import { describe, expect, test } from "vitest";
import {
  checkDiscord,
  type DiscordFinding,
  type DiscordToCheck,
} from "../../adapters/discord/check.ts";
import { registerWith } from "../../adapters/discord/registration.ts";
import type { Discord } from "../fakes/discord/discord.ts";
import { type PermissionName, permissionsOfNames } from "../fakes/discord/permissions.ts";
import { channelType, type Guild, type Role } from "../fakes/discord/records.ts";
import { discordServer } from "./listening.ts";

/** A Discord in which all is well, and what is asked of it. */
async function discordToCheck() {
  const world = await discordServer();
  const { discord, triage, staff, ada } = world;
  const { token, apiUrl } = discord;
  await registerWith({ token, apiUrl });
  const asked = discord.calls.length;
  const given: DiscordToCheck = {
    ...{ token, apiUrl, triageChannels: [triage.id], agents: [staff.id, ada.id] },
  };
  const found = async (other: Partial<DiscordToCheck> = {}) => {
    const findings: DiscordFinding[] = [];
    for await (const finding of checkDiscord({ ...given, ...other })) findings.push(finding);
    expect(JSON.stringify(findings)).not.toContain(discord.token);
    return findings;
  };
  const wrong = async (other: Partial<DiscordToCheck> = {}) =>
    (await found(other)).filter(({ ok }) => !ok);
  return { ...world, found, wrong, calls: () => discord.calls.slice(asked) };
}

/** What the bot is invited with. */
const invited: readonly PermissionName[] = [
  ...(["viewChannel", "sendMessages", "sendMessagesInThreads", "createPublicThreads"] as const),
  ...(["createPrivateThreads", "manageThreads", "embedLinks", "attachFiles"] as const),
  ...(["readMessageHistory", "addReactions"] as const),
];

function botRole({ server }: Discord, guild: Guild): Role {
  const roles = guild.members.get(server.application.id)?.roles ?? new Set<string>();
  const found = [...guild.roles.values()].find(({ id }) => roles.has(id));
  if (!found) throw new Error("the bot has no role");
  return found;
}

describe("where all is well", () => {
  test("each thing is good, with whose token it is and what the ids are called", async () => {
    const { triage, staff, ada, found } = await discordToCheck();
    expect(await found()).toEqual([
      { what: "token", ok: true, sentence: "DISCORD_TOKEN works: it is Deskhand's" },
      {
        what: "Message Content Intent",
        ...{ ok: true, sentence: "it is on: the bot may read messages" },
      },
      { what: "servers", ok: true, sentence: "the bot is in Acme" },
      {
        what: `channel ${triage.id}`,
        ...{ ok: true, sentence: "the channel #triage is there, with all permissions" },
      },
      { what: "commands", ok: true, sentence: "they are registered" },
      { what: `agent ${staff.id}`, ok: true, sentence: "it is the role Staff" },
      { what: `agent ${ada.id}`, ok: true, sentence: "they are ada" },
    ]);
  });

  test("nothing is changed: it is only asked", async () => {
    const { found, calls } = await discordToCheck();
    await found();
    expect(new Set(calls().map(({ method }) => method))).toEqual(new Set(["GET"]));
  });

  test("that everyone would be an agent is noted, where none are listed", async () => {
    const { triage, general, found } = await discordToCheck();
    const sentences = async (agents: string[] | undefined) =>
      (await found({ agents, triageChannels: [general.id, triage.id] }))
        .filter(({ what }) => what.startsWith("channel"))
        .map(({ sentence }) => sentence);
    const note = expect.stringContaining("everyone is an agent");
    const there = expect.not.stringContaining("Note");
    expect(await sentences(undefined)).toEqual([note, there]);
    const readByAll = expect.stringContaining("reads all tickets there, with the notes");
    expect(await sentences(undefined)).toEqual([readByAll, there]);
    expect(await sentences([])).toEqual([readByAll, there]);
    expect(await sentences([])).toEqual([expect.not.stringContaining("is an agent"), there]);
  });

  test("that everyone is an agent is noted, where the role is listed that everyone has", async () => {
    const { guild, found } = await discordToCheck();
    expect((await found({ agents: [guild.id] })).at(-1)).toMatchObject({
      ok: true,
      sentence:
        "it is the role @everyone. Note: everyone in the server has it, so everyone is an agent",
    });
  });

  test("commands that a first start will register are no fault", async () => {
    const { discord, found } = await discordToCheck();
    discord.server.commands.clear();
    expect(await found()).toContainEqual({
      what: "commands",
      ...{ ok: true, sentence: "there are none yet: a start registers them" },
    });
  });

  test("the tags that a forum could have are noted, and so is a permission that may be done without", async () => {
    const { discord, guild, found, general } = await discordToCheck();
    const tags = ["open", "In progress", "Pending", "Resolved", "Urgent", "Else"];
    const forum = discord.addChannel(guild, { name: "help", type: channelType.forum, tags });
    discord.removesPermissions(general.id, ["manageThreads"]);
    const findings = await found({ agents: [], triageChannels: [forum.id, general.id] });
    const [first, second] = findings.filter(({ what }) => what.startsWith("channel"));
    expect(first).toMatchObject({
      ok: true,
      sentence: expect.stringMatching(
        "^the forum #help is there, with all permissions[.] .*Note: posts can show how their tickets stand if it has the tags Closed, Low, Medium, High$",
      ),
    });
    expect(second).toMatchObject({ ok: true, sentence: expect.stringContaining("Manage Threads") });
  });
});

describe("what is wrong is told, with what to do", () => {
  test("a token that does not work, and nothing more is asked with it", async () => {
    const { discord, wrong, calls } = await discordToCheck();
    discord.revokesToken();
    expect(await wrong()).toEqual([
      { what: "token", ok: false, sentence: expect.stringContaining("set the new DISCORD_TOKEN") },
    ]);
    expect(calls()).toHaveLength(1);
  });

  test("the intent that is off", async () => {
    const { discord, wrong } = await discordToCheck();
    discord.withoutIntent();
    expect(await wrong()).toMatchObject([
      {
        what: "Message Content Intent",
        sentence: expect.stringContaining("switch on Message Content Intent on the Bot page"),
      },
    ]);
  });

  test("a bot that is in no server", async () => {
    const { discord, guild, wrong } = await discordToCheck();
    discord.removes(guild, discord.server.application.id);
    const [finding] = await wrong({ triageChannels: [], agents: [] });
    expect(finding).toMatchObject({ what: "servers" });
    expect(finding?.sentence).toContain("open the app's install link");
  });

  test("what the bot's role lacks in a server, and that without threads all goes on in direct messages", async () => {
    const { discord, guild, wrong, found } = await discordToCheck();
    const role = botRole(discord, guild);
    role.permissions = permissionsOfNames(["viewChannel", "sendMessages", "manageThreads"]);
    const everyone = guild.roles.get(guild.id);
    if (everyone) everyone.permissions = permissionsOfNames(["addReactions", "embedLinks"]);
    const [finding] = await wrong({ triageChannels: [], agents: [] });
    expect(finding).toEqual({
      what: "servers",
      ok: false,
      sentence:
        "the bot is in Acme. the bot lacks permissions in the Discord server Acme: give its role Send Messages in Threads, Create Public Threads, Create Private Threads, Attach Files, Read Message History. Without Create Private Threads, tickets can have no threads where people ask: all of them go on in direct messages",
    });
    role.permissions = permissionsOfNames(["administrator"]);
    expect(await wrong({ triageChannels: [], agents: [] })).toEqual([]);
    role.permissions = permissionsOfNames(invited.filter((name) => name !== "manageThreads"));
    const [, , servers] = await found({ triageChannels: [], agents: [] });
    expect(servers).toMatchObject({
      ok: true,
      sentence: expect.stringContaining("Manage Threads"),
    });
  });

  test("who may write in a triage channel's threads only, and so is no agent, is noted", async () => {
    const { discord, guild, triage, staff, found } = await discordToCheck();
    const notes = async (agents?: string[]) =>
      (await found({ agents, triageChannels: [triage.id] })).filter(({ sentence }) =>
        sentence.includes("may write in threads there"),
      );
    expect(await notes()).toEqual([]);
    discord.removesPermissions(triage.id, ["viewChannel", "sendMessages"], guild.id);
    const own = botRole(discord, guild).id;
    discord.givesPermissions(triage.id, ["viewChannel", "sendMessages"], own);
    expect(await notes()).toMatchObject([
      { ok: true, sentence: expect.stringMatching(/Note: Staff may .* needs Send Messages/) },
    ]);
    expect(await notes([staff.id])).toEqual([]);
    discord.givesPermissions(triage.id, ["viewChannel", "sendMessages"], staff.id);
    expect(await notes()).toEqual([]);
  });

  test.each([
    ["text", channelType.text, "Embed Links, Create Public Threads"],
    ["forum", channelType.forum, "Embed Links"],
  ])("each permission that is missing in a %s channel", async (_, type, missing) => {
    const { discord, guild, wrong } = await discordToCheck();
    const { id } = discord.addChannel(guild, { name: "there", type });
    discord.removesPermissions(id, ["embedLinks", "createPublicThreads"]);
    expect(await wrong({ triageChannels: [id] })).toEqual([
      {
        what: `channel ${id}`,
        ok: false,
        sentence: `the bot lacks permissions in the Discord channel #there (${id}): give its role ${missing} there`,
      },
    ]);
  });

  test("a channel that is not there, that cannot be seen, or that is no place for tickets", async () => {
    const { discord, guild, wrong, triage } = await discordToCheck();
    const voice = discord.addChannel(guild, { name: "talk", type: channelType.voice });
    discord.removesPermissions(triage.id, ["viewChannel"]);
    const told = await wrong({ triageChannels: ["77", triage.id, voice.id] });
    expect(told).toMatchObject([
      {
        what: "channel 77",
        sentence: expect.stringContaining("cannot see the Discord channel 77"),
      },
      { what: `channel ${triage.id}`, sentence: expect.stringContaining("View Channel") },
      { what: `channel ${voice.id}`, sentence: expect.stringContaining("can hold no tickets") },
    ]);
  });

  test("commands that are not as they should be", async () => {
    const { discord, wrong } = await discordToCheck();
    const [first] = discord.server.commands.keys();
    discord.server.commands.delete(first ?? "");
    expect(await wrong()).toMatchObject([
      { what: "commands", sentence: expect.stringContaining("run deskhand register") },
    ]);
  });

  test("agents that Discord does not know", async () => {
    const { wrong } = await discordToCheck();
    expect(await wrong({ agents: ["2999999999999999999"] })).toMatchObject([
      {
        what: "agent 2999999999999999999",
        sentence: expect.stringContaining("correct the id under agents"),
      },
    ]);
  });

  test("a Discord that cannot be reached, and one that answers nonsense", async () => {
    const { discord, wrong } = await discordToCheck();
    const unreachable = await wrong({ apiUrl: "http://127.0.0.1:1/api" });
    expect(unreachable).toEqual([
      {
        ...{ what: "token", ok: false },
        sentence: expect.stringContaining("Check that this machine may connect to Discord"),
      },
    ]);
    discord.misbehave("html", { route: "GET /channels/:id" });
    expect(await wrong()).toMatchObject([{ what: expect.stringContaining("channel") }]);
  });
});
