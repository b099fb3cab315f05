import { describe, expect, test } from "vitest";
import { rates } from "../../adapters/slack/limits.ts";
import { spot } from "../contracts/adapter.ts";
import { card, message, placeOf, slackWithPlatform } from "./connected.ts";

const second = "C0SECOND1";
const apartMs = rates.posting.everyMs;

async function twoThreads() {
  const connected = await slackWithPlatform();
  const { slack, platform, triage, ada } = connected;
  const members = [ada.id, slack.workspace.bot.userId];
  slack.workspace.addChannel({ id: second, name: "second", members });
  const one = await platform.openThread(triage, card(), "card-1");
  const other = await platform.openThread(second, card(), "card-2");
  const posts = () => slack.calls.filter(({ method }) => method === "chat.postMessage").length;
  const failing = (done: Promise<unknown>) =>
    done.then(
      () => "no failure",
      (error: unknown) => platform.failureOf(error),
    );
  return { ...connected, one: one.thread, other: other.thread, posts, failing };
}

describe("when Slack asks to wait with a channel", () => {
  test("nothing is sent there until then, and who calls is told how long it is", async () => {
    const { slack, platform, one, posts, failing } = await twoThreads();
    slack.misbehave({ retryAfterS: 10 }, { method: "chat.postMessage" });
    const asked = { outcome: "retry", reason: "Slack asks to wait", retryAfterMs: 10_000 };
    expect(await failing(platform.post(spot(one), message("1"), "1"))).toEqual(asked);
    const before = posts();
    slack.clock.advance(4_000);
    expect(await failing(platform.post(spot(one), message("1"), "1"))).toEqual({
      ...{ ...asked, retryAfterMs: 6_000 },
      isHeldBack: true,
    });
    expect(posts()).toBe(before);
    slack.clock.advance(6_000);
    expect(await failing(platform.post(spot(one), message("1"), "1"))).toBe("no failure");
  });

  test("other channels, and other calls, go on", async () => {
    const { slack, platform, one, other, triage, ada, failing } = await twoThreads();
    slack.misbehave({ retryAfterS: 10 }, { method: "chat.postMessage" });
    await failing(platform.post(spot(one), message("1"), "1"));
    await platform.post(spot(other), message("2"), "2");
    await platform.update(one, { card: card({ status: "closed" }), at: spot(one) });
    expect(ada.reads(second, { thread: placeOf(other).ts })).toHaveLength(2);
    expect(ada.reads(triage)).toMatchObject([{ words: "Printer on fire (closed)" }]);
  });

  test("calls that were already under way keep the longest wait", async () => {
    const { slack, platform, one, failing } = await twoThreads();
    slack.misbehave({ retryAfterS: 30 }, { method: "chat.postMessage" });
    slack.misbehave({ retryAfterS: 5 }, { method: "chat.postMessage" });
    await Promise.all([
      failing(platform.post(spot(one), message("1"), "1")),
      failing(platform.post(spot(one), message("2"), "2")),
    ]);
    expect(await failing(platform.post(spot(one), message("3"), "3"))).toMatchObject({
      retryAfterMs: 30_000,
    });
  });

  test("those who wait are told to come one after the other, until Slack is content again", async () => {
    const { slack, platform, one, failing } = await twoThreads();
    slack.misbehave({ retryAfterS: 10 }, { method: "chat.postMessage" });
    const post = (text: string) => failing(platform.post(spot(one), message(text), text));
    expect(await post("1")).toMatchObject({ retryAfterMs: 10_000 });
    expect(await post("2")).toMatchObject({ retryAfterMs: 10_000 });
    expect(await post("3")).toMatchObject({ retryAfterMs: 10_000 + apartMs });
    slack.clock.advance(10_000);
    expect(await post("2")).toBe("no failure");
    expect(await post("4")).toMatchObject({ retryAfterMs: 2 * apartMs });
    slack.clock.advance(apartMs);
    expect(await post("3")).toBe("no failure");
    slack.clock.advance(apartMs);
    expect(await post("4")).toBe("no failure");
    slack.clock.advance(60_000);
    expect([await post("5"), await post("6")]).toEqual(["no failure", "no failure"]);
  });

  test("a limited channel gets all messages, in order, by waiting as long as it is told", async () => {
    const { slack, platform, one, triage, ada } = await twoThreads();
    slack.limitRate("chat.postMessage", { burst: 2, everyMs: 1_000 });
    let refused = 0;
    for (let each = 1; each <= 6; each += 1) {
      const post = () => platform.post(spot(one), message(String(each)), String(each));
      await post().catch(async (error: unknown) => {
        refused += 1;
        slack.clock.advance(platform.failureOf(error).retryAfterMs ?? 0);
        await post();
      });
    }
    const read = ada.reads(triage, { thread: placeOf(one).ts }).map(({ words }) => words);
    expect(read.slice(1)).toEqual(["1", "2", "3", "4", "5", "6"]);
    expect(refused).toBeGreaterThan(0);
  });
});

describe("before Slack asks for anything", () => {
  const at = (where: string, thread: string | null = null) => ({ where, thread });

  test("it is known how long a channel needs for one more message: none for a few, then about a second each", async () => {
    const { slack, platform, one, other, triage } = await twoThreads();
    const waits: (number | undefined)[] = [];
    for (let each = 0; each < 4; each += 1) {
      await platform.post(spot(one), message(String(each)), String(each));
      waits.push(platform.paceAt?.(at(triage, one))?.waitMs);
    }
    // The card was the first.
    expect(waits).toEqual([0, apartMs, 2 * apartMs, 3 * apartMs]);
    expect(platform.paceAt?.(at(triage))).toEqual({ line: triage, waitMs: 3 * apartMs });
    expect(platform.paceAt?.(at(second, other))).toEqual({ line: second, waitMs: 0 });
    slack.clock.advance(3 * apartMs);
    expect(platform.paceAt?.(at(triage, one))?.waitMs).toBe(0);
    slack.clock.advance(60_000);
    expect(platform.paceAt?.(at(triage, one))?.waitMs).toBe(0);
  });

  test("what goes to a person counts with their direct messages, once these are open", async () => {
    const { platform, rob } = await twoThreads();
    expect(platform.paceAt?.(at(rob.id))).toEqual({ line: rob.id, waitMs: 0 });
    const { thread } = await platform.openThread(rob.id, card(), "card-3");
    const { channel } = placeOf(thread);
    for (const where of [at(rob.id), at(rob.id, thread)])
      expect(platform.paceAt?.(where)?.line).toBe(channel);
  });
});

test("when Slack asks to wait with a method that is no message, its calls wait in all channels, and come at its own pace", async () => {
  const { slack, platform, one, other, failing } = await twoThreads();
  slack.misbehave({ retryAfterS: 10 }, { method: "chat.update" });
  const update = (thread: string, where: string) =>
    failing(platform.update(thread, { card: card({ status: "closed" }), at: { where, thread } }));
  expect(await update(one, "C0TRIAGE1")).toMatchObject({ retryAfterMs: 10_000 });
  expect(await update(other, second)).toMatchObject({ retryAfterMs: 10_000, isHeldBack: true });
  const everyMs = 60_000 / rates.perMinute["chat.update"];
  expect(await update(one, "C0TRIAGE1")).toMatchObject({ retryAfterMs: 10_000 + everyMs });
  expect(await failing(platform.post(spot(one), message("1"), "1"))).toBe("no failure");
  slack.clock.advance(10_000);
  expect(await update(other, second)).toBe("no failure");
  slack.clock.advance(everyMs);
  expect(await update(one, "C0TRIAGE1")).toBe("no failure");
});
