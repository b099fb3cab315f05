import { expect, test } from "vitest";
import { signature } from "../fakes/slack/http-transport.ts";
import { slackWithBolt } from "./receiving.ts";

const json = "application/json";
const form = "application/x-www-form-urlencoded";
const event = { type: "event_callback", event: { type: "message", text: "a secret" } };

/** An app over HTTP, and a way to send it what Slack would not, or not now. */
async function overHttp() {
  const given = await slackWithBolt("HTTP");
  const heard: unknown[] = [];
  given.app.event(/.*/, async ({ payload }) => void heard.push(payload));
  const post = (body: string, headers: Record<string, string>) =>
    fetch(given.url, { method: "POST", body, headers });
  /** Signed as Slack does, `agedS` ago. */
  const signed = (body: string, { type = json, agedS = 0 } = {}) => {
    const seconds = Math.floor(Date.now() / 1_000) - agedS;
    return post(body, {
      "content-type": type,
      "x-slack-request-timestamp": `${seconds}`,
      "x-slack-signature": signature(given.slack.app.signingSecret, seconds, body),
    });
  };
  return { ...given, heard, post, signed };
}

test.each(["unsigned", "wrong secret", "other body", "old"] as const)(
  "what is %s is refused, and does not get to anyone",
  async (how) => {
    const { slack, heard, log } = await overHttp();
    expect(await slack.forge(how, { kind: "event", payload: event })).toBe(401);
    expect(heard).toEqual([]);
    expect(log.lines).toMatchObject([{ level: "warn", fields: { reason: expect.any(String) } }]);
    expect(JSON.stringify(log.lines)).not.toContain("a secret");
  },
);

test("what is signed for a time to come is refused", async () => {
  const { signed, heard } = await overHttp();
  const body = JSON.stringify(event);
  expect((await signed(body, { agedS: -400 })).status).toBe(401);
  expect(heard).toEqual([]);
  expect((await signed(body, { agedS: -200 })).status).toBe(200);
  expect(heard).toHaveLength(1);
});

test.each(["", "soon", "1e400", "-1"])("a timestamp %j is refused", async (timestamp) => {
  const { post } = await overHttp();
  const headers = { "x-slack-request-timestamp": timestamp, "x-slack-signature": "v0=00" };
  expect((await post("{}", headers)).status).toBe(401);
});

test("the request URL is verified, for Slack only", async () => {
  const { post, signed } = await overHttp();
  const body = JSON.stringify({ type: "url_verification", challenge: "3eZbrw1aBm2rZgRNFdxV" });
  const answer = await signed(body);
  expect([answer.status, await answer.text()]).toEqual([200, "3eZbrw1aBm2rZgRNFdxV"]);
  expect((await post(body, { "content-type": json })).status).toBe(401);
});

test("Slack's look at the certificate is answered, though it is not signed", async () => {
  const { post } = await overHttp();
  expect((await post("ssl_check=1&token=x", { "content-type": form })).status).toBe(200);
});

test("what is neither JSON nor a form is refused in words", async () => {
  const { signed } = await overHttp();
  for (const [body, type] of [
    ["{", json],
    ["[1]", json],
    ["null", json],
    ["payload=%7B", form],
  ] as const) {
    const answer = await signed(body, { type });
    expect([answer.status, await answer.text()]).toEqual([400, "This is neither JSON nor a form"]);
  }
});

test("a body may have 1 MiB, and no more", async () => {
  const { signed, heard } = await overHttp();
  const ofBytes = (bytes: number) => {
    const empty = JSON.stringify({ event: { type: "message", text: "" } });
    return JSON.stringify({ event: { type: "message", text: "a".repeat(bytes - empty.length) } });
  };
  expect((await signed(ofBytes(1024 * 1024))).status).toBe(200);
  expect((await signed(ofBytes(1024 * 1024 + 1))).status).toBe(413);
  expect(heard).toHaveLength(1);
});

test("text that begins with a byte order mark is read as it was signed", async () => {
  const { signed } = await overHttp();
  expect((await signed(`\uFEFF${JSON.stringify(event)}`)).status).toBe(400);
});

test("what Slack holds back in a minute is read back once that is over", async () => {
  const { slack, signed, log, heardUntil, missed } = await overHttp();
  const minute = Math.floor(slack.clock.now() / 60_000) * 60_000;
  slack.clock.advance(minute + 70_000 - slack.clock.now());
  const limited = { type: "app_rate_limited", minute_rate_limited: minute / 1_000 + 60 };
  const agedS = (Date.now() - slack.clock.now()) / 1_000;
  expect((await signed(JSON.stringify(limited), { agedS: Math.floor(agedS) })).status).toBe(200);
  expect(log.lines).toMatchObject([
    { level: "warn", message: expect.stringContaining("holds back") },
  ]);
  expect(missed).toEqual([undefined]);
  expect(heardUntil()).toBe(minute + 60_000);
  slack.clock.advance(49_999);
  expect(missed).toEqual([undefined]);
  slack.clock.advance(1);
  expect(missed).toEqual([undefined, minute + 60_000]);
  expect(heardUntil()).toBe(slack.clock.now());
});

test("once it has stopped, Slack is told to come again", async () => {
  const { app, signed, heard } = await overHttp();
  await app.stop();
  expect((await signed(JSON.stringify(event))).status).toBe(503);
  expect(heard).toEqual([]);
});
