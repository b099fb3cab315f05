import { describe, expect, test } from "vitest";
import { msOf } from "../../adapters/slack/references.ts";
import { atTheDesk } from "./at-the-desk.ts";
import { placeOf } from "./connected.ts";
import type { Mode } from "./receiving.ts";

const modes: Mode[] = ["HTTP", "Socket Mode"];
const minute = 60_000;

type Desk = Awaited<ReturnType<typeof atTheDesk>>;

/** Ada writes in the agents' thread. */
const writes = ({ ada, agents, slack }: Desk, text: string) => {
  slack.clock.advance(1_000);
  const { channel, ts } = placeOf(agents);
  return ada.writes(channel, text, { thread: ts });
};

/** The event that Slack has just sent, with how often it did. */
function latest({ slack }: Desk): () => number {
  const eventId = slack.events.attempts.at(-1)?.eventId;
  return () => slack.events.attempts.filter((each) => each.eventId === eventId).length;
}

/** Lets time pass until Slack has sent it so many times. */
async function triedTimes({ slack }: Desk, tries: () => number, times: number): Promise<void> {
  while (tries() < times) {
    slack.clock.advance(1_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Lets it be tried, and fail, so many times. */
async function failsTimes(given: Desk, tries: () => number, times: number): Promise<void> {
  const failed = () => given.log.lines.filter(({ message }) => message.includes("failed here"));
  for (let each = 1; each <= times; each += 1) {
    await triedTimes(given, tries, each);
    await given.slack.until(() => failed().length === each);
  }
}

/** The time on the clock, as soon as it is heard until then. */
const hearsAllUntilNow = ({ slack, heardUntil }: Desk) =>
  slack.until(() => heardUntil() === slack.clock.now());

describe.each(modes)("over %s", (mode) => {
  test("at each start all since the last run may be missing; from then on all is heard", async () => {
    const given = await atTheDesk(mode);
    const { slack, desk, restarts } = given;
    expect(desk.missed).toEqual([undefined]);
    slack.clock.advance(minute);
    await hearsAllUntilNow(given);
    await restarts();
    await slack.until(() => desk.missed.length === 2);
    expect(desk.missed).toEqual([undefined, undefined]);
    await hearsAllUntilNow(given);
  });

  test("what fails at first and is in the desk on a later try is not missed", async () => {
    const given = await atTheDesk(mode);
    const { slack, desk, heardUntil, holds } = given;
    desk.fails = true;
    const { ts } = writes(given, "hello");
    const tries = latest(given);
    await failsTimes(given, tries, 2);
    expect(heardUntil()).toBe(msOf(ts));
    desk.fails = false;
    await triedTimes(given, tries, 3);
    await hearsAllUntilNow(given);
    slack.clock.advance(10 * minute);
    expect(desk.missed).toEqual([undefined]);
    expect(await holds()).toEqual(["hello"]);
  });

  test("what fails on the last try is read back, from when it was written", async () => {
    const given = await atTheDesk(mode);
    const { desk, agents, readsBack, holds } = given;
    desk.fails = true;
    const { ts } = writes(given, "hello");
    await failsTimes(given, latest(given), 4);
    expect(desk.missed).toEqual([undefined, msOf(ts)]);
    await hearsAllUntilNow(given);
    desk.fails = false;
    await readsBack(agents, desk.missed[1] ?? 0);
    expect(await holds()).toEqual(["hello"]);
  });

  test("an edit that fails on the last try is read back from when its message was written", async () => {
    const given = await atTheDesk(mode);
    const { slack, ada, desk, agents, readsBack, holds } = given;
    const said = writes(given, "hte");
    await slack.settled();
    slack.clock.advance(minute);
    desk.fails = true;
    ada.edits(said, "the");
    await failsTimes(given, latest(given), 4);
    expect(desk.missed).toEqual([undefined, msOf(said.ts)]);
    desk.fails = false;
    await readsBack(agents, desk.missed[1] ?? 0);
    expect(await holds()).toEqual(["the"]);
  });

  test("what failed and does not come again is read back after a while", async () => {
    const given = await atTheDesk(mode, { retriesAfterMs: [] });
    const { slack, desk, heardUntil } = given;
    desk.fails = true;
    const { ts } = writes(given, "hello");
    await failsTimes(given, latest(given), 1);
    slack.clock.advance(5 * minute);
    expect(desk.missed).toEqual([undefined]);
    expect(heardUntil()).toBe(msOf(ts));
    slack.clock.advance(minute);
    expect(desk.missed).toEqual([undefined, msOf(ts)]);
  });

  test("what was written while the bot was not in the channel is read back when it is", async () => {
    const given = await atTheDesk(mode);
    const { slack, ada, triage, agents, desk, readsBack, holds } = given;
    slack.removesBot(triage);
    await slack.settled();
    const left = slack.clock.now();
    slack.clock.advance(minute);
    const { ts } = placeOf(agents);
    ada.writes(triage, "anyone?", { thread: ts });
    slack.clock.advance(minute);
    slack.invitesBot(triage);
    await slack.until(() => desk.missed.length === 2);
    expect(desk.missed).toEqual([undefined, left]);
    await readsBack(agents, left);
    expect(await holds()).toEqual(["anyone?"]);
  });

  test("stopped, it has heard until then", async () => {
    const given = await atTheDesk(mode);
    const { slack, heardUntil, stops } = given;
    await hearsAllUntilNow(given);
    const stopped = slack.clock.now();
    await stops();
    slack.clock.advance(minute);
    expect(heardUntil()).toBe(stopped);
  });

  test("what is refused is told once, also when it is read back", async () => {
    const given = await atTheDesk(mode);
    const { slack, ada, triage, agents, adapter } = given;
    const ben = slack.person("U0BEN0001", { name: "ben" });
    ben.joins(triage);
    await slack.settled();
    const { ts } = placeOf(agents);
    const platform = adapter().platform;
    ada.writes(triage, "hello", { thread: ts });
    const { ts: written } = ben.writes(triage, "me too", { thread: ts });
    await slack.settled();
    const told = () => ben.reads(triage).filter(({ ephemeral }) => ephemeral);
    const since = platform.writtenAt(`T/${triage}/${written}`);
    const refused = { refused: "NOT_AN_AGENT", ticket: "1" } as const;
    for await (const event of platform.readSince({ thread: agents, where: triage }, since)) {
      await platform.tellRefused(event, refused);
      await platform.tellRefused(event, refused);
    }
    expect(told()).toHaveLength(1);
  });
});

test("while it cannot connect for the first time, nothing is known of what was heard", async () => {
  const given = await atTheDesk("Socket Mode");
  const { slack, desk, restarts, heardUntil } = given;
  slack.misbehave({ error: "invalid_auth" }, { method: "auth.test", times: 1 });
  await restarts();
  expect(heardUntil()).toBeUndefined();
  expect(desk.missed).toEqual([undefined]);
  slack.clock.advance(10_000);
  await slack.until(() => desk.missed.length === 2);
  expect(desk.missed).toEqual([undefined, undefined]);
  await hearsAllUntilNow(given);
});

const connecting = "apps.connections.open";

const asksToWait = ({ log }: Desk) =>
  log.lines.some(({ fields }) => String(fields.reason).includes("asks to wait"));

describe("a connection", () => {
  test("that is lost leaves a gap since its last sign, until there is another one", async () => {
    const given = await atTheDesk("Socket Mode");
    const { slack, desk, ada, agents, heardUntil, readsBack, holds } = given;
    await hearsAllUntilNow(given);
    const last = slack.clock.now();
    slack.misbehave({ retryAfterS: 600 }, { method: connecting });
    slack.socketMode.cut();
    await slack.until(() => asksToWait(given));
    slack.clock.advance(5 * minute);
    slack.events.disturb("lose");
    const { channel, ts } = placeOf(agents);
    ada.writes(channel, "is anyone there?", { thread: ts });
    expect(heardUntil()).toBe(last);
    expect(desk.missed).toEqual([undefined]);
    slack.clock.advance(5 * minute);
    await slack.until(() => desk.missed.length === 2);
    expect(desk.missed).toEqual([undefined, last]);
    await hearsAllUntilNow(given);
    await readsBack(agents, last);
    expect(await holds()).toEqual(["is anyone there?"]);
  });

  test("that Slack wants to be another one leaves no gap, when that is there in time", async () => {
    const given = await atTheDesk("Socket Mode");
    const { slack, desk } = given;
    slack.socketMode.disconnect();
    await slack.until(() => slack.socketMode.connections() === 1);
    slack.clock.advance(10_000);
    await slack.until(() => slack.socketMode.sockets() === 1);
    await hearsAllUntilNow(given);
    expect(desk.missed).toEqual([undefined]);
  });

  test("that Slack wants to be another one leaves a gap since then, when that cannot be made", async () => {
    const given = await atTheDesk("Socket Mode");
    const { slack, desk, heardUntil } = given;
    await hearsAllUntilNow(given);
    const left = slack.clock.now();
    slack.misbehave({ retryAfterS: 60 }, { method: connecting });
    slack.socketMode.disconnect();
    await slack.until(() => asksToWait(given));
    slack.clock.advance(30_000);
    await slack.until(() => slack.socketMode.sockets() === 0);
    expect(heardUntil()).toBe(left);
    expect(desk.missed).toEqual([undefined]);
    slack.clock.advance(30_000);
    await slack.until(() => desk.missed.length === 2);
    expect(desk.missed).toEqual([undefined, left]);
  });
});

describe("an older edit that comes late", () => {
  test.each([
    ["", async () => undefined],
    [", also after a restart", async ({ restarts }: Desk) => restarts()],
  ])("does not undo the newer one that was read back%s", async (_, between) => {
    const given = await atTheDesk();
    const { slack, ada, agents, readsBack, holds } = given;
    const since = slack.clock.now();
    const said = writes(given, "one");
    await slack.settled();
    const held = slack.events.hold();
    for (const text of ["two", "three"]) {
      slack.clock.advance(10_000);
      ada.edits(said, text);
    }
    await between(given);
    expect(await readsBack(agents, since)).toMatchObject([{ type: "edited" }]);
    expect(await holds()).toEqual(["three"]);
    // Only the older one comes.
    held.release((events) => events.slice(0, 1));
    await slack.settled();
    expect(slack.events.attempts.at(-1)?.ack?.kind).toBe("acked");
    expect(await holds()).toEqual(["three"]);
  });

  test("nor when it was being taken in just then; what is there is read once more", async () => {
    const given = await atTheDesk();
    const { slack, ada, agents, desk, readsBack, holds } = given;
    const since = slack.clock.now();
    const said = writes(given, "one");
    await slack.settled();
    const held = slack.events.hold();
    for (const text of ["two", "three"]) {
      slack.clock.advance(10_000);
      ada.edits(said, text);
    }
    let go: () => void = () => undefined;
    desk.waits = new Promise((resolve) => {
      go = resolve;
    });
    held.release((events) => events.slice(0, 1));
    await slack.until(() => desk.waiting > 0);
    await readsBack(agents, since);
    go();
    await slack.settled();
    expect(await holds()).toEqual(["three"]);
    expect(desk.missed).toEqual([undefined, msOf(said.ts)]);
    await readsBack(agents, msOf(said.ts));
    expect(await holds()).toEqual(["three"]);
  });
});

test("a requester's thread in direct messages is read back into the ticket", async () => {
  const { slack, rob, requester, readsBack, holds } = await atTheDesk();
  slack.events.disturb("lose", { times: 3 });
  const since = slack.clock.now();
  const { channel, ts } = placeOf(requester);
  slack.clock.advance(1_000);
  const said = rob.writes(channel, "it brns", { thread: ts });
  rob.writes(channel, "and smokes", { thread: ts });
  rob.edits(said, "it burns");
  await readsBack(requester, since);
  await readsBack(requester, since);
  expect(await holds()).toEqual(["it burns", "and smokes"]);
});
