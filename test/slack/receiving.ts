import { EventEmitter, once } from "node:events";
import { Hono } from "hono";
import { onTestFinished } from "vitest";
import { createBolt } from "../../adapters/slack/bolt.ts";
import { HeardUntil } from "../../adapters/slack/heard-until.ts";
import type { IntakeParts } from "../../adapters/slack/intake.ts";
import { createHttpReceiver } from "../../adapters/slack/receive-http.ts";
import { createSocketReceiver, type SocketState } from "../../adapters/slack/receive-socket.ts";
import type { After } from "../../src/desk/timing.ts";
import { serve } from "../../src/http/server.ts";
import { type Slack, startSlack } from "../fakes/slack/slack.ts";
import { keptLog } from "../log.ts";

export type Mode = "HTTP" | "Socket Mode";

interface Given {
  retriesAfterMs?: number[];
  handOver?: IntakeParts["handOver"];
}

/** A Slack, and the real Bolt with one of our receivers; all of it on the stand-in's clock. */
export async function slackWithBolt(
  mode: Mode,
  before: (slack: Slack) => void = () => undefined,
  { retriesAfterMs = [0, 0, 0], handOver }: Given = {},
) {
  const slack = await startSlack({ retriesAfterMs });
  onTestFinished(() => slack.stop());
  before(slack);
  const log = keptLog();
  const states: SocketState[] = [];
  const waits: number[] = [];
  const after: After = (ms, act) => {
    waits.push(ms);
    return slack.clock.after(ms, act);
  };
  const missed: (number | undefined)[] = [];
  const heard = new HeardUntil({ after });
  heard.tells((since) => void missed.push(since));
  const now = () => slack.clock.now();
  const http = createHttpReceiver({
    signingSecret: slack.app.signingSecret,
    ...{ now, after, log, heard, handOver },
  });
  const socketParts = {
    appToken: slack.app.appToken,
    apiUrl: slack.apiUrl,
    random: () => 1,
    ...{ now, after, log, heard },
    onState: (state: SocketState) => void states.push(state),
  };
  const socket = createSocketReceiver(socketParts);
  const { bot, team } = slack.workspace;
  const app = createBolt({
    receiver: mode === "HTTP" ? http : socket,
    identity: {
      botToken: slack.app.botToken,
      botId: bot.botId,
      botUserId: bot.userId,
      teamId: team.id,
    },
    apiUrl: slack.apiUrl,
    log,
  });
  const url = mode === "HTTP" ? await served((request) => http.handle(request)) : "";
  if (mode === "HTTP") slack.sendTo(url);
  onTestFinished(async () => {
    const stopped = app.stop();
    slack.clock.advance(60_000);
    await stopped;
  });
  await app.start();
  const connected = () => slack.until(() => states.at(-1)?.connected);
  const ada = slack.person("U0ADA0001", { name: "ada" });
  const triage = slack.workspace.addChannel({
    id: "C0TRIAGE1",
    name: "triage",
    members: [ada.id, bot.userId],
  }).id;
  /** Lets the 3 s pass after which Slack takes silence for an answer. */
  const waitsInVain = async () => {
    if (mode === "Socket Mode") slack.clock.advance(3_000);
  };
  /** Until the receiver waits that long for something, for the first time or a later one. */
  const waiting = (ms: number, times = 1) =>
    slack.until(() => waits.filter((each) => each === ms).length === times);
  const seen = { log, states, waiting, connected, missed, heardUntil: () => heard.until };
  return { slack, app, ada, triage, url, socketParts, waitsInVain, ...seen };
}

export async function served(handle: (request: Request) => Promise<Response>): Promise<string> {
  const hono = new Hono<never>().post("/slack/events", ({ req }) => handle(req.raw));
  const server = await serve(hono, { host: "127.0.0.1", port: 0 });
  onTestFinished(() => server.stop(0));
  return `${server.url}/slack/events`;
}

/** What a listener waits for until a test opens it. */
export function gate() {
  const opener = new EventEmitter();
  return { opened: once(opener, "open"), open: () => void opener.emit("open") };
}
