import { describe, expect, onTestFinished, test } from "vitest";
import {
  createGateway,
  type GatewayState,
  requiredIntents,
} from "../../adapters/discord/gateway.ts";
import type { Discord } from "../fakes/discord/discord.ts";
import { keptLog } from "../log.ts";
import { discordServer, listening, wordsIn } from "./listening.ts";

/** The gateway alone, which tells what it hears. */
function connection(discord: Discord, token = discord.token) {
  const states: GatewayState[] = [];
  const told: string[] = [];
  const gateway = createGateway({
    ...{ token, apiUrl: discord.apiUrl, log: keptLog() },
    after: (ms, act) => discord.clock.after(ms, act),
    onDispatch: (name) => void told.push(name),
    onState: (state) => void states.push(state),
  });
  onTestFinished(() => gateway.close());
  return { gateway, states, told };
}

const gate = () => {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
};

test("no more intents are asked for than are needed", () => {
  expect(requiredIntents.reduce((sum: number, each) => sum | each, 0)).toBe(
    (1 << 0) | (1 << 9) | (1 << 12) | (1 << 15),
  );
});

describe("what people write is heard, whatever becomes of the connection", () => {
  test("when it is cut, nothing is missed, and nothing comes twice to the ticket", async () => {
    const { discord, desk, ada, ticketThread, heard } = await listening();
    const thread = ticketThread();
    ada.writes(thread, "one");
    await heard(1);
    discord.gateway.replaysTwice();
    discord.gateway.drop();
    ada.writes(thread, "two");
    await discord.until(() => desk.events.some((event) => wordsIn(event) === "two"));
    await discord.settled();
    expect(discord.gateway).toMatchObject({ identified: 1, resumed: 1 });
    // What comes twice names the same message: the desk knows it.
    expect(new Set(desk.events.map(({ message }) => message)).size).toBe(2);
  });

  test.each([
    ["Discord asks to come back", (discord: Discord) => discord.gateway.askToReconnect()],
    ["the session is invalid for now", (discord: Discord) => discord.gateway.invalidate(true)],
    ["the session is lost", (discord: Discord) => discord.gateway.loseSession()],
    ["the session is invalid for good", (discord: Discord) => discord.gateway.invalidate(false)],
  ])("when %s, the next message is heard again", async (_, happens) => {
    const { discord, ada, ticketThread, heard, adapter } = await listening();
    const thread = ticketThread();
    happens(discord);
    await discord.until(() => discord.gateway.identified + discord.gateway.resumed === 2);
    await discord.until(() => discord.gateway.connections() === 1);
    ada.writes(thread, "still there?");
    await heard(1);
    await discord.until(() => adapter.problems().length === 0);
  });

  test("with as many shards as Discord asks for", async () => {
    const { discord, ada, ticketThread, heard } = await listening({}, ({ discord }) => {
      discord.server.gateway.shards = 2;
      discord.server.gateway.together = 2;
      discord.gateway.options.shardsNeeded = 2;
    });
    expect(discord.gateway.connections()).toBe(2);
    ada.writes(ticketThread(), "hello");
    await heard(1);
  });
});

describe("a connection", () => {
  test("that is lost is told of when it does not come back in some seconds, and when it has", async () => {
    const { discord } = await discordServer();
    const { gateway, states } = connection(discord);
    await gateway.open();
    await discord.until(() => states.length === 1);
    const { opened, open } = gate();
    discord.gateway.refusesConnections(opened);
    discord.gateway.drop();
    await discord.until(() => discord.gateway.connections() === 0);
    await discord.until(() => {
      discord.clock.advance(1_000);
      return states.length === 2;
    });
    expect(states).toEqual([
      { state: "connected" },
      { state: "lost", reason: "the connection to its gateway is lost; it is tried again" },
    ]);
    open();
    await discord.until(() => states.length === 3);
    expect(states.at(-1)).toEqual({ state: "connected" });
  });

  test.each([
    [4004, "Discord does not accept the bot's token"],
    [4014, "Message Content Intent"],
    [4011, "4011 ShardingRequired"],
  ])("that Discord ends with %d is over, with the reason", async (code, reason) => {
    const { discord } = await discordServer();
    const { gateway, states } = connection(discord);
    await gateway.open();
    await discord.until(() => states.length === 1);
    discord.gateway.closes(code);
    await discord.until(() => states.length === 2);
    expect(states.at(-1)).toEqual({ state: "ended", reason: expect.stringContaining(reason) });
  });

  test("that is refused from the start is over, and does not come up later behind our back", async () => {
    const { discord } = await discordServer();
    const { gateway, states } = connection(discord);
    const { opened, open } = gate();
    discord.gateway.refusesConnections(opened);
    await gateway.open();
    expect(states).toMatchObject([{ state: "ended", reason: expect.stringContaining("503") }]);
    await gateway.close();
    open();
    await anotherHasComeBack(discord);
    expect(discord.gateway).toMatchObject({ identified: 1, resumed: 1 });
  });

  test("that is closed while it is being tried again stays closed", async () => {
    const { discord } = await discordServer();
    const { gateway, states, told } = connection(discord);
    await gateway.open();
    await discord.until(() => states.length === 1);
    const before = told.length;
    discord.gateway.drop();
    await discord.until(() => discord.gateway.connections() === 0);
    await gateway.close();
    await anotherHasComeBack(discord);
    expect(discord.gateway).toMatchObject({ identified: 2, resumed: 1 });
    expect(told).toHaveLength(before);
  });
});

/** Another was cut off later, and is back: whatever else was tried again would be too. */
async function anotherHasComeBack(discord: Discord): Promise<void> {
  const { gateway, states } = connection(discord);
  await gateway.open();
  await discord.until(() => states.length === 1);
  discord.gateway.drop();
  await discord.until(() => states.length === 2);
}
