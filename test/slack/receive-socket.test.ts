import { expect, test } from "vitest";
import { createSocketReceiver, type SocketState } from "../../adapters/slack/receive-socket.ts";
import { gate, slackWithBolt } from "./receiving.ts";

const connecting = "apps.connections.open";

async function overSocket() {
  const given = await slackWithBolt("Socket Mode");
  await given.connected();
  return given;
}

const opened = (slack: Awaited<ReturnType<typeof overSocket>>["slack"]) =>
  slack.calls.filter(({ method }) => method === connecting).length;

test("asked to leave in the middle of an event, it acks that and is connected all the time", async () => {
  const { slack, app, ada, triage, states } = await overSocket();
  const { opened: mayGoOn, open } = gate();
  const heard: unknown[] = [];
  app.message(async ({ payload }) => {
    heard.push(Object(payload).text);
    if (heard.length === 1) await mayGoOn;
  });
  ada.writes(triage, "before");
  await slack.until(() => heard.length === 1);
  slack.socketMode.disconnect();
  await slack.until(() => slack.socketMode.connections() === 1);
  ada.writes(triage, "after");
  await slack.until(() => heard.length === 2);
  open();
  await slack.settled();
  expect(heard).toEqual(["before", "after"]);
  expect(slack.events.attempts.map(({ ack }) => ack?.kind)).toEqual(["acked", "acked"]);
  expect(states).toEqual([{ connected: true }]);
});

test("cut off in the middle of an event, it gets that again on another connection", async () => {
  const { slack, app, ada, triage, states, log } = await overSocket();
  const { opened: mayGoOn, open } = gate();
  const retries: unknown[] = [];
  app.message(async ({ context }) => {
    retries.push(context.retryNum);
    if (retries.length === 1) await mayGoOn;
  });
  ada.writes(triage, "hello");
  await slack.until(() => retries.length === 1);
  const held = slack.events.hold();
  slack.socketMode.cut();
  await slack.until(() => slack.socketMode.connections() === 1 && states.length === 3);
  open();
  held.release();
  await slack.until(() => log.lines.find(({ message }) => message.includes("did not reach")));
  expect(states).toEqual([
    { connected: true },
    { connected: false, reason: "the connection to Slack ended" },
    { connected: true },
  ]);
  ada.writes(triage, "and another");
  await slack.until(() => slack.events.attempts.at(-1)?.ack?.kind === "acked");
});

test("nothing is lost when connections end again and again", async () => {
  const minute = 60_000;
  const { slack, app, ada, triage, waiting } = await slackWithBolt("Socket Mode", undefined, {
    retriesAfterMs: [0, minute, minute],
  });
  const heard = new Set<unknown>();
  app.message(async ({ payload }) => void heard.add(Object(payload).text));
  const texts = Array.from({ length: 12 }, (_, place) => `message ${place}`);
  let connections = 1;
  /** Each new connection is watched for a minute. */
  const connected = () => waiting(minute, connections);
  await connected();
  for (const [place, text] of texts.entries()) {
    ada.writes(triage, text);
    if (place % 3 === 0) slack.socketMode.disconnect();
    if (place % 3 === 1) slack.socketMode.cut();
    if (place % 3 !== 2) connections += 1;
    await connected();
    await slack.settled();
    slack.clock.advance(minute);
    await slack.settled();
  }
  expect([...heard].sort()).toEqual(texts.sort());
});

test("while Slack cannot be reached it tries on, ever less often, and says why", async () => {
  const { slack, states, connected, waiting } = await slackWithBolt("Socket Mode", (before) =>
    before.misbehave("reset", { method: connecting, times: 4 }),
  );
  for (const [tries, pauseMs] of [
    [2, 1_000],
    [3, 2_000],
    [4, 4_000],
  ] as const) {
    await waiting(pauseMs);
    expect(opened(slack)).toBe(tries);
    slack.clock.advance(pauseMs - 1);
    expect(opened(slack)).toBe(tries);
    slack.clock.advance(1);
  }
  await connected();
  expect(states).toEqual([
    { connected: false, reason: expect.stringMatching(/^Slack cannot be reached: \w/) },
    { connected: true },
  ]);
});

test("a token that Slack does not take is told in words, and tried again every minute", async () => {
  const { slack, states, connected, waiting, log } = await slackWithBolt("Socket Mode", (before) =>
    before.misbehave({ error: "invalid_auth" }, { method: connecting, times: 2 }),
  );
  await waiting(60_000);
  expect(states).toEqual([
    { connected: false, reason: expect.stringContaining("make an app-level token") },
  ]);
  slack.clock.advance(59_999);
  expect(opened(slack)).toBe(1);
  slack.clock.advance(1);
  await waiting(60_000, 2);
  expect(opened(slack)).toBe(2);
  slack.clock.advance(60_000);
  await connected();
  expect(JSON.stringify([log.lines, states])).not.toContain(slack.app.appToken);
});

test.each([
  [{ error: "not_allowed_token_type" }, "begins with xapp-"],
  [{ error: "missing_scope" }, "connections:write"],
  [{ error: "internal_error" }, "internal_error"],
  [{ retryAfterS: 40 }, "asks to wait 40 s"],
  [{ status: 503 }, "503"],
  ["html", "something else, such as a proxy"],
] as const)("%j says so", async (fault, words) => {
  const { slack, states } = await slackWithBolt("Socket Mode", (before) =>
    before.misbehave(fault, { method: connecting, times: 2 }),
  );
  await slack.until(() => states.length > 0);
  expect(states[0]).toEqual({ connected: false, reason: expect.stringContaining(words) });
});

test("asked to wait for the next connection, it waits as long", async () => {
  const { slack, connected, waiting } = await slackWithBolt("Socket Mode", (before) =>
    before.misbehave({ retryAfterS: 40 }, { method: connecting }),
  );
  await waiting(40_000);
  slack.clock.advance(39_999);
  expect(opened(slack)).toBe(1);
  slack.clock.advance(1);
  await connected();
});

test("what cannot be read does not end the process, nor the connection", async () => {
  const { slack, app, ada, triage, log } = await overSocket();
  let heard = 0;
  app.message(async () => {
    heard += 1;
  });
  void slack.socketMode.deliver({ kind: "event", payload: { type: "app_rate_limited" } });
  await slack.until(() => log.lines.find(({ message }) => message.includes("cannot be read")));
  ada.writes(triage, "hello");
  await slack.settled();
  expect(heard).toBe(1);
});

test("stopped, it leaves no connection", async () => {
  const { slack, app } = await overSocket();
  await app.stop();
  await slack.until(() => slack.socketMode.connections() === 0);
});

test("stopped while it makes a connection, it makes none", async () => {
  const { opened: answered, open } = gate();
  const { slack, app, states, socketParts } = await slackWithBolt("Socket Mode", (before) =>
    before.misbehave({ answeredAfter: answered }, { method: connecting }),
  );
  await slack.until(() => opened(slack) === 1);
  await app.stop();
  open();
  // By the time that another one is there, a left-over would be there as well.
  let isThere = false;
  const onState = ({ connected }: SocketState) => {
    isThere = connected;
  };
  const another = createSocketReceiver({ ...socketParts, onState });
  await another.start();
  await slack.until(() => isThere);
  expect(slack.socketMode.connections()).toBe(1);
  expect(states).toEqual([]);
  await another.stop();
});
