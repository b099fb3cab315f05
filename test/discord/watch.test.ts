import { describe, expect, onTestFinished, test } from "vitest";
import { createDiscord } from "../../adapters/discord/discord.ts";
import { neededPermissions } from "../../adapters/discord/permissions.ts";
import { channelType } from "../fakes/discord/records.ts";
import { keptLog } from "../log.ts";
import { discordServer, listening } from "./listening.ts";
import { recordedDesk } from "./recorded-desk.ts";

const lookEveryMs = 30_000;

type World = Awaited<ReturnType<typeof discordServer>>;

/** The adapter, not started yet. */
async function waiting(given: Partial<Parameters<typeof createDiscord>[0]> = {}) {
  const world = await discordServer();
  const { discord, triage } = world;
  const log = keptLog();
  const adapter = createDiscord({
    ...{ token: discord.token, apiUrl: discord.apiUrl, agents: undefined, log },
    ...{ triageChannels: [triage.id], now: () => discord.clock.now() },
    after: (ms, act) => discord.clock.after(ms, act),
    ...given,
  });
  onTestFinished(() => adapter.stop());
  return { ...world, adapter, log, start: () => adapter.start(recordedDesk()) };
}

test("where all is well nothing is said", async () => {
  const { adapter, log } = await listening();
  expect(adapter.problems()).toEqual([]);
  expect(log.lines.filter(({ level }) => level === "error" || level === "warn")).toEqual([]);
});

describe("what keeps it from connecting is told, and it goes on trying", () => {
  test("before it has tried", async () => {
    const { adapter } = await waiting();
    expect(adapter.problems()).toEqual(["Discord: not connected yet"]);
  });

  test("a token that is refused, until it is good", async () => {
    const { discord, adapter, start, log } = await waiting();
    discord.revokesToken();
    await start();
    expect(adapter.problems()).toEqual([expect.stringContaining("set the new DISCORD_TOKEN")]);
    expect(discord.gateway.identified).toBe(0);
    discord.restoresToken();
    discord.clock.advance(10_000);
    await discord.until(() => adapter.problems().length === 0);
    expect(JSON.stringify(log.lines)).not.toContain(discord.token);
  });

  test("the intent that is missing, without a login that would fail", async () => {
    const { discord, adapter, start } = await waiting();
    discord.withoutIntent();
    await start();
    expect(adapter.problems()).toEqual([
      "Discord does not let the bot read messages: switch on Message Content Intent on the Bot page of the Developer Portal",
    ]);
    expect(discord.gateway.identified).toBe(0);
    discord.withIntent();
    discord.clock.advance(10_000);
    await discord.until(() => adapter.problems().length === 0);
  });

  test("a Discord that cannot be reached", async () => {
    const { adapter, start } = await waiting({ apiUrl: "http://127.0.0.1:1/api" });
    await start();
    expect(adapter.problems()).toEqual([expect.stringContaining("Discord cannot be reached")]);
  });

  test("a gateway that takes no connections", async () => {
    const { discord, adapter, start } = await waiting();
    let open: () => void = () => undefined;
    discord.gateway.refusesConnections(
      new Promise<void>((resolve) => {
        open = resolve;
      }),
    );
    await start();
    expect(adapter.problems()).toEqual([expect.stringContaining("gateway cannot be reached")]);
    open();
    discord.clock.advance(10_000);
    await discord.until(() => adapter.problems().length === 0);
    expect(discord.gateway.connections()).toBe(1);
  });

  test("a gateway that ends the connection, once it lets us back", async () => {
    const { discord, adapter, log } = await listening();
    discord.revokesToken();
    discord.gateway.closes(4004);
    await discord.until(() => adapter.problems().length > 0);
    expect(adapter.problems()).toEqual([expect.stringContaining("DISCORD_TOKEN")]);
    discord.restoresToken();
    discord.clock.advance(10_000);
    await discord.until(() => adapter.problems().length === 0);
    expect(log.lines.at(-1)).toMatchObject({
      level: "info",
      message: "Discord is connected again",
    });
  });

  test("stopping ends it all", async () => {
    const { discord, adapter, start } = await waiting();
    discord.revokesToken();
    await start();
    await adapter.stop();
    discord.restoresToken();
    const calls = discord.calls.length;
    discord.clock.advance(60_000);
    await discord.settled();
    expect(discord.calls).toHaveLength(calls);
  });
});

describe("what is wrong while it is connected is told, until it is right", () => {
  test.each<[string, (world: World) => void, RegExp, (world: World) => void]>([
    [
      "a permission that was taken",
      ({ discord, triage }) => discord.removesPermissions(triage.id, ["attachFiles"]),
      /lacks permissions in the Discord channel #triage \(\d+\): give its role Attach Files there/,
      ({ discord, triage }) => discord.givesPermissions(triage.id, ["attachFiles"]),
    ],
    [
      "a channel that the bot no longer sees",
      ({ discord, triage }) => discord.removesPermissions(triage.id, ["viewChannel"]),
      /give its role View Channel, Send Messages/,
      ({ discord, triage }) => discord.givesPermissions(triage.id, ["viewChannel"]),
    ],
  ])("%s", async (_, breaks, told, mends) => {
    const world = await listening();
    const { discord, adapter, log } = world;
    breaks(world);
    await discord.until(() => adapter.problems().length === 1);
    expect(adapter.problems()).toEqual([expect.stringMatching(told)]);
    mends(world);
    await discord.until(() => adapter.problems().length === 0);
    expect(log.lines.slice(-2)).toMatchObject([
      { level: "error", fields: { problem: expect.stringMatching(told) } },
      { level: "info", message: "Something that was wrong in Discord is right again" },
    ]);
  });

  test("a permission that is lacking where requesters have threads, as long as one is open there", async () => {
    const { discord, adapter, general, ticketThread } = await listening();
    const own = ticketThread(general.id, channelType.privateThread);
    discord.removesPermissions(general.id, ["sendMessagesInThreads", "sendMessages"]);
    await discord.until(() => adapter.problems().length === 1);
    expect(adapter.problems()).toEqual([
      `the bot lacks permissions in the Discord channel #general (${general.id}), where requesters have threads: give its role Send Messages in Threads there`,
    ]);
    discord.archives(own);
    await discord.settled();
    discord.clock.advance(lookEveryMs);
    await discord.until(() => adapter.problems().length === 0);
    discord.unarchives(own);
    await discord.settled();
    discord.clock.advance(lookEveryMs);
    await discord.until(() => adapter.problems().length === 1);
    discord.givesPermissions(general.id, ["sendMessagesInThreads"]);
    await discord.until(() => adapter.problems().length === 0);
  });

  test("what the bot's role lacks in a server keeps nothing from working, and is in the log", async () => {
    const { discord, adapter, guild, log } = await listening({}, ({ discord, guild }) => {
      const roles = guild.members.get(discord.server.application.id)?.roles ?? new Set();
      for (const role of guild.roles.values())
        if (role.id === guild.id || roles.has(role.id))
          role.permissions &= ~neededPermissions["Create Private Threads"];
    });
    expect(adapter.problems()).toEqual([]);
    const hints = () => log.lines.filter(({ fields }) => String(fields.hint).includes(guild.name));
    expect(hints()).toMatchObject([
      { level: "warn", fields: { hint: expect.stringContaining("go on in direct messages") } },
    ]);
    discord.clock.advance(lookEveryMs);
    await discord.settled();
    expect(hints()).toHaveLength(1);
  });

  test("a channel that is deleted, or was never there", async () => {
    const { discord, adapter, triage } = await listening();
    discord.deletesChannel(triage.id);
    await discord.until(() => adapter.problems().length === 1);
    expect(adapter.problems()).toEqual([
      expect.stringContaining(`cannot see the Discord channel ${triage.id}: check TRIAGE`),
    ]);
  });

  test("a channel of another kind", async () => {
    const { discord, adapter, guild, start } = await waiting({ triageChannels: ["77"] });
    discord.addChannel(guild, { id: "77", name: "talk", type: channelType.voice });
    await start();
    expect(adapter.problems()).toEqual([
      "the Discord channel #talk (77) can hold no tickets: name a text channel or a forum in TRIAGE or deskhand.yaml",
    ]);
  });

  test("a bot that is in no server any more", async () => {
    const { discord, adapter, guild } = await listening({ triageChannels: [] });
    discord.removes(guild, discord.server.application.id);
    await discord.until(() => adapter.problems().length === 1);
    expect(adapter.problems()).toEqual([
      expect.stringContaining("the bot is in no Discord server"),
    ]);
  });

  test("an intent or a token that is taken away, when it is looked at next", async () => {
    const { discord, adapter } = await listening();
    discord.withoutIntent();
    discord.clock.advance(lookEveryMs);
    await discord.until(() => adapter.problems().length === 1);
    expect(adapter.problems()).toEqual([expect.stringContaining("Message Content Intent")]);
    discord.withIntent();
    discord.revokesToken();
    discord.clock.advance(lookEveryMs);
    await discord.until(() => adapter.problems().join().includes("DISCORD_TOKEN"));
    discord.restoresToken();
    discord.clock.advance(lookEveryMs);
    await discord.until(() => adapter.problems().length === 0);
  });

  test("a call that fails once is not worth a word", async () => {
    const { discord, adapter, log } = await listening();
    const calls = discord.calls.length;
    discord.misbehave("reset", { route: "GET /applications/@me" });
    discord.clock.advance(lookEveryMs);
    await discord.until(() => {
      discord.clock.advance(1_000);
      return discord.calls.length >= calls + 2;
    });
    await discord.settled();
    expect(adapter.problems()).toEqual([]);
    expect(log.lines.filter(({ level }) => level === "error")).toEqual([]);
  });
});

describe("commands", () => {
  test("are registered at a first start, and not again at the next", async () => {
    const { discord, restarts } = await listening();
    const puts = () => discord.calls.filter(({ method }) => method === "PUT").length;
    expect(discord.server.commands.size).toBeGreaterThan(0);
    expect(puts()).toBe(1);
    await restarts();
    expect(puts()).toBe(1);
    expect(discord.violations).toEqual([]);
  });

  test("that Discord does not take are a problem, and are tried again", async () => {
    const { discord, adapter, start } = await waiting();
    discord.misbehave({ status: 503 }, { route: "PUT /applications/:id/commands" });
    await start();
    expect(adapter.problems()).toEqual([
      expect.stringContaining("Discord did not take the commands: "),
    ]);
    discord.clock.advance(60_000);
    await discord.until(() => adapter.problems().length === 0);
    expect(discord.server.commands.size).toBeGreaterThan(0);
  });
});
