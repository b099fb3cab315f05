import { beforeEach, expect, test } from "vitest";
import { GlobalPace } from "../../adapters/discord/global-pace.ts";
import { HandClock } from "../desk/hand-clock.ts";

const message = "https://discord.com/api/v10/channels/1/messages";
const mark = "https://discord.com/api/v10/channels/1/messages/2/reactions/%E2%9C%85/@me";
const member = "https://discord.com/api/v10/channels/1/thread-members/2";

let clock: HandClock;
let pace: GlobalPace;
/** When each call began. */
let begun: { url: string; at: number }[];

beforeEach(() => {
  clock = new HandClock();
  pace = new GlobalPace(clock);
  begun = [];
});

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
const pass = (ms: number) => clock.moveTo(clock.now() + ms, settled);

function calls(url: string, count: number): void {
  for (let call = 0; call < count; call += 1)
    void pace.turn(url).then(() => begun.push({ url, at: clock.now() }));
}

test("no second has more than 50 calls, whenever it begins, and while more wait, none has many less", async () => {
  for (let tenth = 0; tenth < 20; tenth += 1) {
    calls(message, 20);
    await pass(100);
  }
  await pass(60_000);
  const times = begun.map(({ at }) => at);
  expect(times).toHaveLength(400);
  const spans = times.slice(50).map((at, index) => at - (times[index] ?? 0));
  expect(new Set(spans)).toEqual(new Set([1_020]));
});

test("marks leave room for people's words, and go when no words wait", async () => {
  calls(mark, 60);
  await settled();
  expect(begun).toHaveLength(42);
  calls(message, 8);
  await settled();
  expect(begun.slice(42).map(({ url }) => url)).toEqual(Array(8).fill(message));
  await pass(1_020);
  expect(begun).toHaveLength(68);
});

test("marks wait while people's words do, but not for ever", async () => {
  calls(message, 60);
  for (let tenth = 0; tenth < 100; tenth += 1) {
    calls(message, 10);
    if (tenth === 0) calls(mark, 20);
    await pass(100);
  }
  const marks = begun.filter(({ url }) => url === mark).map(({ at }) => at - (begun[0]?.at ?? 0));
  expect(marks).toHaveLength(20);
  expect(Math.min(...marks)).toBeGreaterThanOrEqual(5_000);
  expect(Math.max(...marks)).toBeLessThan(8_000);
});

test("what answers a press or a command does not wait", async () => {
  calls(message, 200);
  const answers = [
    "https://discord.com/api/v10/interactions/1/token/callback",
    "https://discord.com/api/v10/webhooks/1/token/messages/@original",
  ];
  for (const url of answers) calls(url, 1);
  await settled();
  expect(begun.slice(50).map(({ url }) => url)).toEqual(answers);
});

test("nothing begins while Discord has asked to wait", async () => {
  calls(message, 10);
  await settled();
  pace.hold(700);
  calls(message, 10);
  await pass(699);
  expect(begun).toHaveLength(10);
  await pass(1);
  expect(begun).toHaveLength(20);
});

test("bringing someone into a thread waits for what is posted, and for nothing else", async () => {
  calls(member, 60);
  await settled();
  expect(begun).toHaveLength(50);
  calls(mark, 5);
  calls(message, 20);
  await pass(1_020);
  const then = begun.slice(50).map(({ url }) => url);
  expect(then.slice(0, 30)).toEqual([...Array(20).fill(message), ...Array(10).fill(member)]);
});
