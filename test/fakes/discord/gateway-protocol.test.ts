import { WebSocket } from "undici";
import { expect, onTestFinished, test } from "vitest";
import { type Json, record } from "../json.ts";
import { startDiscord } from "./discord.ts";

/** What a client says and hears when it speaks the protocol by itself. */
async function rawClient(query = "v=10&encoding=json") {
  const discord = await startDiscord();
  onTestFinished(() => discord.stop());
  const guild = discord.addGuild();
  const connect = async () => {
    const socket = new WebSocket(`${discord.origin.replace("http", "ws")}/gateway?${query}`);
    const got: Json[] = [];
    const closed = new Promise<number>((resolve) => {
      socket.addEventListener("close", ({ code }) => resolve(code));
    });
    socket.addEventListener("message", ({ data }) => {
      got.push(record(JSON.parse(String(data))));
      discord.server.changed();
    });
    const say = (op: number, d: unknown) => socket.send(JSON.stringify({ op, d }));
    const hears = (t: string) => discord.until(() => got.find((each) => each.t === t));
    await discord.until(() => got.length > 0);
    return { socket, got, closed, say, hears };
  };
  const identity = { token: discord.token, intents: 1, properties: {}, shard: [0, 1] };
  return { discord, guild, connect, identity };
}

test("hello, then ready, then each guild; heartbeats are answered", async () => {
  const { discord, guild, connect, identity } = await rawClient();
  const client = await connect();
  expect(client.got[0]).toMatchObject({ op: 10, d: { heartbeat_interval: 41_250 } });
  client.say(2, identity);
  expect(await client.hears("GUILD_CREATE")).toMatchObject({ s: 2, d: { id: guild.id } });
  const ready = client.got.find(({ t }) => t === "READY");
  expect(ready).toMatchObject({ s: 1, d: { v: 10, guilds: [{ id: guild.id }], shard: [0, 1] } });
  client.say(1, 2);
  await discord.until(() => client.got.find(({ op }) => op === 11));
  expect(client.got.filter(({ op }) => op === 1)).toHaveLength(1);
});

test.each([
  ["something before it says who it is", 4003, [[3, {}]]],
  ["a wrong token", 4004, [[2, { token: "wrong", intents: 1 }]]],
  ["no shard that can be", 4010, [[2, { shard: [1, 1] }]]],
  [
    "who it is twice",
    4005,
    [
      [2, {}],
      [2, {}],
    ],
  ],
  [
    "what no one understands",
    4001,
    [
      [2, {}],
      [99, {}],
    ],
  ],
] as const)("a client that says %s is closed with %i", async (_, code, words) => {
  const { connect, identity } = await rawClient();
  const client = await connect();
  for (const [op, d] of words) client.say(op, op === 2 ? { ...identity, ...d } : d);
  expect(await client.closed).toBe(code);
});

test("what is no JSON closes with 4002, another version with 4012", async () => {
  const { connect } = await rawClient();
  const client = await connect();
  client.socket.send("{");
  expect(await client.closed).toBe(4002);
  const old = await (await rawClient("v=6")).connect();
  expect(await old.closed).toBe(4012);
});

test("a session is resumed by who knows it, and not beyond what it was told", async () => {
  const { discord, connect, identity } = await rawClient();
  const first = await connect();
  first.say(2, identity);
  const ready = await first.hears("READY");
  const { session_id } = record(ready.d);
  const { token } = identity;
  const second = await connect();
  second.say(6, { token, session_id, seq: 99 });
  expect(await second.closed).toBe(4007);
  const third = await connect();
  third.say(6, { token, session_id, seq: 1 });
  await discord.until(() => third.got.length === 4);
  expect(third.got.map(({ t, s }) => [t, s])).toEqual([
    [null, null],
    ["GUILD_CREATE", 2],
    ["RESUMED", 3],
    [null, null],
  ]);
  expect(await first.closed).toBe(1006);
  const fourth = await connect();
  fourth.say(6, { token, session_id: "unknown", seq: 1 });
  const refusal = await discord.until(() => fourth.got.find(({ op }) => op === 9));
  expect(refusal).toMatchObject({ d: false });
});
