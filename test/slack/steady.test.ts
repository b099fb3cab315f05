import { expect, test } from "vitest";
import { rates } from "../../adapters/slack/limits.ts";
import type { PlatformAdapter } from "../../src/desk/chat.ts";
import { createChatDesk } from "../../src/desk/chat-desk.ts";
import { randomIds } from "../../src/desk/ids.ts";
import { createOutbox } from "../../src/desk/outbox.ts";
import { memoryStore } from "../desk/memory-store.ts";
import { slackWithPlatform } from "./connected.ts";

/** Counts what is under way, so that time passes only while nothing is. */
function counted(platform: PlatformAdapter) {
  let underway = 0;
  const adapter = new Proxy(platform, {
    get(target, name: keyof PlatformAdapter) {
      const method = target[name];
      if (typeof method !== "function") return method;
      return (...given: never[]) => {
        const result: unknown = Reflect.apply(method, target, given);
        if (!(result instanceof Promise)) return result;
        underway += 1;
        return result.finally(() => {
          underway -= 1;
        });
      };
    },
  });
  const settled = async () => {
    do await new Promise((resolve) => setImmediate(resolve));
    while (underway > 0);
  };
  return { adapter, settled };
}

/** A desk whose tickets have their threads in Slack only, at the limits that Slack has. */
async function desk() {
  const connected = await slackWithPlatform();
  const { slack, platform, triage } = connected;
  const { adapter, settled } = counted(platform);
  const { clock } = slack;
  const store = memoryStore();
  const rules = {
    replies: "thread" as const,
    triageFor: () => [{ platform: "slack", where: triage }],
    idOf: ({ id }: { id: string }) => id,
    split: (_: string, text: Parameters<PlatformAdapter["split"]>[0]) => platform.split(text),
    ...{ deadAfterMs: 24 * 60 * 60_000, random: () => 0.5 },
  };
  const world = { now: () => clock.now(), after: clock.after.bind(clock) };
  const outbox = createOutbox({
    ...{ store, rules, log: connected.log, adapters: new Map([["slack", adapter]]), ...world },
    files: { keep: async () => ({ hash: "" }), read: async () => undefined },
    fileRules: { maxBytes: 1, allows: () => true },
  });
  await outbox.start();
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 20) {
      clock.advance(20);
      await settled();
    }
  };
  const chat = createChatDesk({ store, ids: randomIds, rules, now: world.now, outbox });
  return { ...connected, outbox, store, chat, pass, settled };
}

const form = (name: string, where: string) => ({
  ...{
    creationKey: name,
    title: name,
    description: `It burns: ${name}`,
    priority: "high" as const,
  },
  ...{ category: "technical" as const, tags: [], files: [], platform: "slack", where },
  requester: { id: `slack:T:${where}`, name: "Rob" },
  by: { id: `slack:T:${where}`, name: "Rob" },
});

test("a channel with more to say than Slack takes gets it as fast as Slack takes it, and Slack never has to ask", async () => {
  const { slack, chat, rob, triage, ada, outbox, pass, store } = await desk();
  slack.limitRate("chat.postMessage", { burst: 3, everyMs: 1_000 });
  const tickets = 30;
  for (let each = 0; each < tickets; each += 1) await chat.open(form(`t${each}`, rob.id));
  do await pass(1_000);
  while (outbox.backlog().tickets > 0);

  const posts = slack.calls.filter(({ method }) => method === "chat.postMessage");
  expect(posts.filter(({ answer }) => answer === undefined)).toEqual([]);
  const times = posts.filter(({ args }) => args.channel === triage).map(({ at }) => at);
  // The card and the description of each.
  expect(times).toHaveLength(2 * tickets);
  const tookMs = (times.at(-1) ?? 0) - (times[0] ?? 0);
  const atLimitMs = (times.length - rates.posting.burst) * 1_000;
  expect(atLimitMs / tookMs).toBeGreaterThan(0.95);
  for (const id of await store.unclosed("slack")) {
    const { places, troubles } = (await store.get(id)) ?? { places: [], troubles: [] };
    expect(troubles).toEqual([]);
    const ts = places.find(({ side }) => side === "agents")?.thread?.split("/")[2] ?? "";
    expect(ada.reads(triage, { thread: ts })).toHaveLength(2);
  }
});

test("who waits for a full channel keeps back no other one", async () => {
  const { slack, chat, rob, triage, pass, settled } = await desk();
  for (let each = 0; each < 20; each += 1) await chat.open(form(`t${each}`, rob.id));
  await settled();
  await pass(5_000);
  const zoe = slack.person("U0ZOE0001", { name: "zoe", displayName: "Zoe" });
  const before = slack.clock.now();
  await chat.open(form("zoe", zoe.id));
  await pass(100);
  const posts = slack.calls.filter(({ method }) => method === "chat.postMessage");
  const toZoe = posts.filter(({ at, args }) => at >= before && args.channel !== triage);
  expect(toZoe.length).toBeGreaterThan(0);
});
