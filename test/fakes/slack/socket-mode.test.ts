import { WebSocket } from "undici";
import { expect, onTestFinished, test } from "vitest";
import { type Json, record, string } from "../json.ts";
import { startSlack } from "./slack.ts";

/** A Slack, and what an app needs to talk with it over a WebSocket. */
async function slackAndSocket() {
  const slack = await startSlack();
  onTestFinished(() => slack.stop());
  const ada = slack.person("U0ADA0001");
  const connect = async () => {
    const response = await fetch(`${slack.apiUrl}apps.connections.open`, {
      method: "POST",
      headers: { authorization: `Bearer ${slack.app.appToken}` },
    });
    const { url } = record(await response.json());
    return appAt(string(url));
  };
  return { slack, ada, connect };
}

interface SocketApp {
  socket: WebSocket;
  got: Json[];
  /** Called with every envelope; acks it, unless a test says otherwise. */
  take: (envelope: Json) => void;
}

async function appAt(url: string): Promise<SocketApp> {
  const socket = new WebSocket(url);
  const app: SocketApp = {
    socket,
    got: [],
    take: ({ envelope_id }) => socket.send(JSON.stringify({ envelope_id, payload: {} })),
  };
  socket.addEventListener("message", ({ data }) => {
    const envelope = record(JSON.parse(String(data)));
    app.got.push(envelope);
    if (envelope.envelope_id) app.take(envelope);
  });
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener("open", () => resolve());
    socket.addEventListener("error", () => reject(new Error("no connection")));
  });
  return app;
}

test("says hello, and brings events, commands and their answers", async () => {
  const { slack, ada, connect } = await slackAndSocket();
  const app = await connect();
  ada.writes(ada.dm, "é".repeat(70_000));
  await slack.settled();
  expect(app.got).toMatchObject([
    { type: "hello", num_connections: 1 },
    { type: "events_api", accepts_response_payload: false, retry_attempt: 0 },
  ]);
  const { payload } = record(app.got[1]);
  expect(record(record(payload).event).text).toBe("é".repeat(70_000));
  app.take = ({ envelope_id }) =>
    app.socket.send(JSON.stringify({ envelope_id, payload: { text: "got it" } }));
  expect(await ada.types("/ticket")).toEqual({ kind: "acked" });
  expect(ada.reads(ada.dm).at(-1)).toMatchObject({ words: "got it", ephemeral: true });
  app.socket.close();
  await slack.until(() => slack.socketMode.connections() === 0);
});

test("a link is good once", async () => {
  const { slack } = await slackAndSocket();
  const url = slack.socketMode.newUrl(slack.workspace.origin);
  await appAt(url);
  await expect(appAt(url)).rejects.toThrow("no connection");
});

test("what was not acked comes again on another connection, as a retry", async () => {
  const { slack, ada, connect } = await slackAndSocket();
  const first = await connect();
  first.take = () => {};
  ada.writes(ada.dm, "hello");
  await slack.until(() => slack.events.underway() === 1);
  const second = await connect();
  slack.socketMode.disconnect();
  const third = await connect();
  slack.clock.advance(3_000);
  await slack.until(() => third.got.find(({ type }) => type === "events_api"));
  expect(third.got.at(-1)).toMatchObject({ retry_attempt: 1, retry_reason: "http_timeout" });
  expect(second.got.map(({ type }) => type)).toEqual(["hello", "disconnect"]);
});

test("while no one is connected nothing arrives, until a retry does", async () => {
  const { slack, ada, connect } = await slackAndSocket();
  ada.writes(ada.dm, "hello");
  await slack.until(() => slack.events.attempts.length === 2 && slack.events.underway() === 0);
  const app = await connect();
  slack.clock.advance(60_000);
  await slack.until(() => app.got.find(({ retry_attempt }) => retry_attempt === 2));
});

test("a connection that is cut while something is under way", async () => {
  const { slack, ada, connect } = await slackAndSocket();
  const app = await connect();
  app.take = () => slack.socketMode.cut();
  expect(await ada.types("/ticket")).toEqual({ kind: "failed", why: "dispatch_failed" });
  expect(slack.socketMode.connections()).toBe(0);
});
