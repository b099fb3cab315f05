import { describe, expect, test } from "vitest";
import { InTouch } from "../../adapters/discord/in-touch.ts";
import { OutOfSight } from "../../adapters/discord/out-of-sight.ts";
import { StoreError } from "../../src/desk/ports.ts";
import { HandClock } from "../fakes/clock.ts";
import { channelType } from "../fakes/discord/records.ts";
import { listening, wordsIn } from "./listening.ts";

type Listening = Awaited<ReturnType<typeof listening>>;

const down = new StoreError("WRITE_FAILED", "The disk is full");

const heardUntil = ({ adapter }: Listening) => adapter.platform.heardUntil();

/** Lets time pass until it is so. */
const passing = ({ discord }: Listening, look: () => unknown) =>
  discord.until(() => {
    discord.clock.advance(100);
    return look();
  });

/** When it is known to be out of touch. */
async function outOfTouch(world: Listening): Promise<number> {
  const { clock } = world.discord;
  await passing(world, () => heardUntil(world) !== clock.now());
  return clock.now();
}

/** It is connected again, and says that all was heard. */
const inTouch = async (world: Listening) => {
  const { discord } = world;
  await discord.until(() => heardUntil(world) === discord.clock.now());
};

describe("what was written is asked for", () => {
  test("at a start, from where it is known to have been heard; and from then on all is heard", async () => {
    const world = await listening();
    const { discord, desk, created } = world;
    expect(created().platform.heardUntil()).toBeUndefined();
    expect(desk.missed).toEqual(["start"]);
    expect(heardUntil(world)).toBe(discord.clock.now());
    discord.clock.advance(60_000);
    expect(heardUntil(world)).toBe(discord.clock.now());
  });

  test("not when a session goes on, which tells all of it", async () => {
    const world = await listening();
    const { discord, desk, ada, ticketThread, heard } = world;
    const thread = ticketThread();
    await discord.settled();
    const before = discord.clock.now();
    discord.clock.advance(5_000);
    discord.gateway.drop();
    await outOfTouch(world);
    ada.writes(thread, "meanwhile");
    expect(heardUntil(world)).toBeGreaterThanOrEqual(before);
    await heard(1);
    await inTouch(world);
    expect(discord.gateway).toMatchObject({ identified: 1, resumed: 1 });
    expect(desk.missed).toEqual(["start"]);
  });

  test("when a session was lost, from where it was last heard of", async () => {
    const world = await listening();
    const { discord, desk, ada, triage, ticketThread, heard, adapter } = world;
    const thread = ticketThread();
    ada.writes(thread, "before");
    await heard(1);
    await discord.settled();
    const before = discord.clock.now();
    discord.clock.advance(5_000);
    discord.gateway.loseSession();
    const lost = await outOfTouch(world);
    discord.clock.advance(1_000);
    ada.writes(thread, "meanwhile");
    discord.clock.advance(5_000);
    await discord.until(() => desk.missed.length === 2);
    const [, since = 0] = desk.missed;
    expect(since).toBeGreaterThanOrEqual(before);
    expect(since).toBeLessThanOrEqual(lost);
    await inTouch(world);
    expect(desk.events).toHaveLength(1);
    const read: string[] = [];
    for await (const event of adapter.platform.readSince(
      { where: triage.id, thread },
      Number(since) + 1,
    ))
      read.push(wordsIn(event));
    expect(read).toEqual(["meanwhile"]);
  });

  test("not when a connection looks alive and is silent: that is noticed, and told by the session", async () => {
    const world = await listening({}, ({ discord }) => {
      discord.gateway.options.heartbeatMs = 200;
    });
    const { discord, desk, ada, ticketThread, heard } = world;
    const thread = ticketThread();
    await discord.settled();
    const before = discord.clock.now();
    discord.gateway.stopsAcking();
    ada.writes(thread, "hello?");
    await outOfTouch(world);
    expect(heardUntil(world)).toBeGreaterThanOrEqual(before);
    await heard(1);
    await inTouch(world);
    expect(desk.missed).toEqual(["start"]);
  });

  test("when there is another connection after one that was ended", async () => {
    const world = await listening();
    const { discord, desk } = world;
    await discord.settled();
    const before = discord.clock.now();
    discord.clock.advance(1_000);
    discord.revokesToken();
    discord.gateway.closes(4004);
    await discord.until(() => world.adapter.problems().length > 0);
    discord.clock.advance(1_000);
    expect(heardUntil(world)).toBeLessThanOrEqual(before + 1_000);
    discord.restoresToken();
    discord.clock.advance(10_000);
    await discord.until(() => desk.missed.length === 2);
    expect(desk.missed[1]).toBeGreaterThanOrEqual(before);
    expect(desk.missed[1]).toBeLessThanOrEqual(before + 1_000);
    await inTouch(world);
  });

  test("when Discord reaches a server again, since it did not", async () => {
    const world = await listening();
    const { discord, guild, desk, ada, ticketThread } = world;
    const thread = ticketThread();
    await discord.settled();
    discord.goesDown(guild);
    const since = discord.clock.now();
    await discord.settled();
    discord.clock.advance(60_000);
    ada.writes(thread, "meanwhile");
    expect(heardUntil(world)).toBe(since);
    discord.comesBack(guild);
    await discord.until(() => desk.missed.length === 2);
    expect(desk.missed).toEqual(["start", since]);
    await inTouch(world);
  });

  test.each([
    ["sees the agents' channel", channelType.publicThread, "viewChannel"],
    ["sees where a requester has their thread", channelType.privateThread, "viewChannel"],
    ["may read what was written there", channelType.publicThread, "readMessageHistory"],
  ] as const)("when the bot %s again, since it did not", async (_, type, permission) => {
    const world = await listening();
    const { discord, desk, triage, general, ticketThread } = world;
    const { id } = type === channelType.privateThread ? general : triage;
    ticketThread(id, type);
    await discord.settled();
    discord.removesPermissions(id, [permission]);
    const hidden = discord.clock.now();
    await outOfTouch(world);
    const since = heardUntil(world);
    expect(since).toBeGreaterThanOrEqual(hidden);
    discord.givesPermissions(id, [permission]);
    await discord.until(() => desk.missed.length === 2);
    expect(desk.missed).toEqual(["start", since]);
    await inTouch(world);
  });

  test("when the bot was taken out of the server and is back", async () => {
    const clock = new HandClock();
    const since: number[] = [];
    const sight = outOfSight(clock, since);
    const left = clock.now();
    sight.heard("GUILD_DELETE", { id: "1" });
    clock.advance(5_000);
    // It is not waited for: it may never be back.
    expect(sight.since()).toBeUndefined();
    sight.heard("GUILD_CREATE", { id: "1" });
    expect(since).toEqual([left]);
  });

  test("when a server comes that Discord could not reach at the beginning", async () => {
    const clock = new HandClock();
    const since: number[] = [];
    const sight = outOfSight(clock, since);
    const began = clock.now();
    sight.missing(["1", "2"]);
    clock.advance(5_000);
    sight.heard("GUILD_CREATE", { id: "1" });
    expect(since).toEqual([began]);
    expect(sight.since()).toBe(began);
    sight.heard("GUILD_DELETE", { id: "2" });
    expect(sight.since()).toBeUndefined();
  });
});

const outOfSight = (clock: HandClock, since: number[]) =>
  new OutOfSight({
    guilds: { ownPermissions: () => undefined, withPrivateThreads: () => [] },
    channels: [],
    now: () => clock.now(),
    after: (ms, act) => clock.after(ms, act),
    onBack: (ms) => void since.push(ms),
  });

describe("what was told, and is not durable yet, has not been heard", () => {
  test("as long as tickets cannot be saved", async () => {
    const world = await listening();
    const { discord, desk, ada, ticketThread } = world;
    let isDown = true;
    desk.meets = () => {
      if (isDown) throw down;
      return undefined;
    };
    const thread = ticketThread();
    const written = discord.clock.now();
    ada.writes(thread, "one");
    await discord.settled();
    discord.clock.advance(20_000);
    ada.writes(thread, "two");
    discord.clock.advance(100_000);
    await discord.settled();
    expect(heardUntil(world)).toBe(written);
    isDown = false;
    await passing(world, () => desk.events.length === 2);
    await inTouch(world);
    expect(desk.missed).toEqual(["start"]);
  });

  test("nor has what was left when it was stopped", async () => {
    const world = await listening();
    const { discord, desk, ada, ticketThread, adapter } = world;
    desk.meets = () => {
      throw down;
    };
    const written = discord.clock.now();
    ada.writes(ticketThread(), "one");
    await discord.settled();
    discord.clock.advance(20_000);
    await adapter.stop();
    discord.clock.advance(20_000);
    expect(heardUntil(world)).toBe(written);
  });

  test("and what was not taken in at last is asked for again", async () => {
    const world = await listening();
    const { discord, desk, ada, ticketThread, adapter } = world;
    desk.meets = () => {
      throw new TypeError("A mistake of ours");
    };
    const thread = ticketThread();
    const message = ada.writes(thread, "one");
    await discord.settled();
    discord.clock.advance(1_000);
    await passing(world, () => desk.missed.length === 2);
    expect(desk.missed[1]).toBe(adapter.platform.writtenAt(`${thread}/${message.id}`));
    await inTouch(world);
  });

  test("but not what people write to each other elsewhere", async () => {
    const world = await listening();
    const { discord, desk, ada, general } = world;
    desk.hasThread = () => Promise.reject(new TypeError("A mistake of ours"));
    ada.writes(general.id, "one");
    await discord.settled();
    await passing(world, () => heardUntil(world) === discord.clock.now());
    expect(desk.missed).toEqual(["start"]);
  });
});

test("after it was stopped, no later time is told", async () => {
  const world = await listening();
  const { discord, adapter } = world;
  await adapter.stop();
  const stopped = discord.clock.now();
  discord.clock.advance(60_000);
  expect(heardUntil(world)).toBeLessThanOrEqual(stopped);
});

describe("with several shards", () => {
  test("all of them are asked about, and nothing is heard before all have a session", async () => {
    const { desk } = await listening({}, ({ discord }) => {
      discord.server.gateway.shards = 2;
      discord.server.gateway.together = 2;
      discord.gateway.options.shardsNeeded = 2;
    });
    expect(desk.missed).toEqual(["start", expect.any(Number)]);
  });

  test("what one of them missed is asked for, and only until then was all heard", () => {
    let now = 1_000;
    const touch = new InTouch(() => now);
    expect(touch.began(0)).toBeUndefined();
    now = 1_100;
    touch.lost(0);
    expect(touch.heardUntil()).toBeUndefined();
    expect(touch.began(0)).toBe(1_000);
    expect(touch.began(1)).toBe(1_000);
    touch.whole();
    now = 2_000;
    touch.heartbeat(0, 0);
    now = 3_000;
    touch.heartbeat(1, 0);
    now = 4_000;
    touch.lost(1);
    touch.lost(0);
    expect(touch.heardUntil()).toBe(2_000);
    // Before a session goes on, an answered heartbeat is no sign that all has come.
    now = 5_000;
    touch.heartbeat(0, 0);
    expect(touch.heardUntil()).toBe(2_000);
    touch.resumed(0);
    expect(touch.began(1)).toBe(3_000);
    expect(touch.heardUntil()).toBe(2_000);
    touch.whole();
    expect(touch.heardUntil()).toBe(5_000);
  });

  test("what was told while a heartbeat was answered may not have come", () => {
    let now = 1_000;
    const touch = new InTouch(() => now);
    touch.began(0);
    touch.whole();
    now = 2_000;
    touch.heartbeat(0, 300);
    now = 3_000;
    touch.lost(0);
    expect(touch.began(0)).toBe(1_700);
  });

  test("another connection with other shards begins where the one before ended", () => {
    let now = 1_000;
    const touch = new InTouch(() => now);
    touch.began(0);
    touch.began(1);
    touch.whole();
    now = 2_000;
    touch.heartbeat(1, 0);
    touch.ended();
    expect(touch.heardUntil()).toBe(1_000);
    now = 3_000;
    touch.heartbeat(1, 0);
    expect(touch.began(0)).toBe(1_000);
    touch.whole();
    expect(touch.heardUntil()).toBe(3_000);
  });
});
