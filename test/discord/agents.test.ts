import { describe, expect, test } from "vitest";
import { createAgents } from "../../adapters/discord/agents.ts";
import { createRest } from "../../adapters/discord/rest.ts";
import { channelType } from "../fakes/discord/records.ts";
import { knownServer } from "./listening.ts";

async function agentsIn(given: Partial<Parameters<typeof createAgents>[0]> = {}) {
  const world = await knownServer();
  const { discord, guilds, triage, guild } = world;
  const rest = createRest({ token: discord.token, apiUrl: discord.apiUrl });
  const parts = {
    ...{ rest, guilds, agents: undefined, triageChannels: [triage.id] },
    after: (ms: number, act: () => void) => discord.clock.after(ms, act),
    ...given,
  };
  const agents = createAgents(parts);
  const rolesOf = (user: string) => ({
    guild: guild.id,
    roles: [...(guild.members.get(user)?.roles ?? [])],
  });
  const asks = () => discord.calls.filter(({ path }) => path.includes("/members/")).length;
  return { ...world, parts, agents, rolesOf, asks };
}

describe("without a list", () => {
  test("who sees the triage channel and may write there is an agent", async () => {
    const { agents, ada, rob, rolesOf, asks } = await agentsIn();
    expect(await agents.isAgent(ada.id, rolesOf(ada.id))).toBe(true);
    expect(await agents.isAgent(rob.id, rolesOf(rob.id))).toBe(false);
    expect(asks()).toBe(0);
  });

  test("who may only look is none", async () => {
    const { discord, guilds, guild, general, parts, rob, rolesOf } = await agentsIn();
    const agents = createAgents({ ...parts, triageChannels: [general.id] });
    expect(await agents.isAgent(rob.id, rolesOf(rob.id))).toBe(true);
    const before = guilds.permissionsOf(rob.id, [], general.id);
    discord.removesPermissions(general.id, ["sendMessages"], guild.id);
    await discord.until(() => guilds.permissionsOf(rob.id, [], general.id) !== before);
    expect(await agents.isAgent(rob.id, rolesOf(rob.id))).toBe(false);
  });

  test("where Discord did not say which roles they have, it is asked", async () => {
    const { agents, ada, rob, asks } = await agentsIn();
    expect(await agents.isAgent(ada.id)).toBe(true);
    expect(await agents.isAgent(rob.id)).toBe(false);
    expect(asks()).toBe(2);
  });

  test("who is not in the server of the triage channel is none", async () => {
    const { discord, agents } = await agentsIn();
    const other = discord.addGuild({ name: "Elsewhere" });
    const guilds = [other.id];
    const eve = discord.person("2000000000000000008", { name: "eve", guilds });
    expect(await agents.isAgent(eve.id, { guild: other.id, roles: [] })).toBe(false);
  });

  test("when the channel cannot be seen it is not known, which is not a no", async () => {
    const { discord, triage, parts, ada, rob, rolesOf } = await agentsIn();
    const agents = createAgents({ ...parts, triageChannels: ["1", triage.id] });
    expect(await agents.isAgent(ada.id, rolesOf(ada.id))).toBe(true);
    await expect(agents.isAgent(rob.id, rolesOf(rob.id))).rejects.toMatchObject({
      code: "AGENTS_UNKNOWN",
      message: expect.stringContaining("check TRIAGE"),
    });
    discord.misbehave("reset", { route: "GET /guilds/:id/members/:id" });
    const onlyTriage = createAgents({ ...parts, triageChannels: [triage.id] });
    await expect(onlyTriage.isAgent(ada.id)).rejects.toMatchObject({ code: "AGENTS_UNKNOWN" });
  });

  test("Discord is not waited for longer than it would wait for us", async () => {
    const { discord, agents, ada } = await agentsIn();
    let release: () => void = () => undefined;
    const until = new Promise<void>((resolve) => {
      release = resolve;
    });
    discord.misbehave({ until }, { route: "GET /guilds/:id/members/:id" });
    const asked = agents.isAgent(ada.id);
    await discord.until(() => discord.underway() > 0);
    discord.clock.advance(2_000);
    await expect(asked).rejects.toMatchObject({ code: "AGENTS_UNKNOWN" });
    release();
  });
});

describe("with a list", () => {
  test("those on it are agents, and those with a role on it", async () => {
    const { staff, parts, ada, rob, rolesOf } = await agentsIn();
    const both = createAgents({ ...parts, agents: [staff.id, rob.id] });
    expect(await both.isAgent(ada.id, rolesOf(ada.id))).toBe(true);
    expect(await both.isAgent(rob.id)).toBe(true);
    const neither = createAgents({ ...parts, agents: ["2000000000000000007"] });
    expect(await neither.isAgent(ada.id, rolesOf(ada.id))).toBe(false);
  });

  test("a role counts also where it is not in the same server", async () => {
    const { discord, staff, guild, parts, ada, rob, asks } = await agentsIn();
    const other = discord.addGuild({ name: "Elsewhere" });
    const agents = createAgents({ ...parts, agents: [staff.id] });
    const elsewhere = { guild: other.id, roles: [] };
    expect(await agents.isAgent(ada.id, elsewhere)).toBe(true);
    expect(await agents.isAgent(rob.id, elsewhere)).toBe(false);
    expect(asks()).toBe(2);
    expect(await agents.isAgent(ada.id, { guild: guild.id, roles: [staff.id] })).toBe(true);
    expect(asks()).toBe(2);
  });
});

test("in a forum where only the bot posts, those who may write below a post are agents", async () => {
  const { discord, guild, guilds, parts, ada, rob, rolesOf } = await agentsIn();
  const sends = discord.server.addChannel(guild, {
    ...{ name: "help", type: channelType.forum },
    overwrites: [{ id: guild.id, type: 0, allow: 0n, deny: 1n << 11n }],
  });
  discord.removesPermissions(sends.id, ["sendMessagesInThreads"], rob.id);
  await discord.until(() => guilds.channel(sends.id));
  await discord.settled();
  const agents = createAgents({ ...parts, triageChannels: [sends.id] });
  expect(await agents.isAgent(ada.id, rolesOf(ada.id))).toBe(true);
  expect(await agents.isAgent(rob.id, rolesOf(rob.id))).toBe(false);
});
