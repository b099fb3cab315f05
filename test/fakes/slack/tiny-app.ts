import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import type { HandClock } from "../clock.ts";
import { type Json, parsedJson, record, records, string } from "../json.ts";
import { type SlackOptions, startSlack } from "./slack.ts";

/** What the app got, and how it answers. */
interface Received {
  headers: IncomingHttpHeaders;
  raw: string;
  /** An event's envelope, a command's fields or an interaction's payload. */
  body: Json;
}

type Reply =
  | { status?: number; headers?: Record<string, string>; body?: unknown }
  /** There is no answer. */
  | "silence";

/** The least that an app is: it writes down what comes, and answers what it was told to. */
class TinyApp {
  readonly received: Received[] = [];
  url = "";
  reply: (got: Received) => Reply | Promise<Reply> = () => ({});

  /** The inner events, in the order in which they came. */
  get events(): Json[] {
    return this.received.map(({ body }) => record(body.event)).filter(({ type }) => type);
  }

  async listen(): Promise<void> {
    const server = createServer(async (request, response) => {
      const raw = await text(request).catch(() => "");
      if (!request.complete) return;
      const got = { headers: request.headers, raw, body: understood(raw) };
      this.received.push(got);
      const reply = await this.reply(got);
      if (reply === "silence") return;
      const { status = 200, headers = {}, body } = reply;
      response.writeHead(status, headers);
      response.end(body === undefined ? "" : JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    const { port } = server.address() as AddressInfo;
    this.url = `http://127.0.0.1:${port}/slack/events`;
  }
}

function understood(raw: string): Json {
  const asJson = parsedJson(raw);
  if (asJson !== undefined) return record(asJson);
  const fields = Object.fromEntries(new URLSearchParams(raw));
  return fields.payload === undefined ? fields : record(parsedJson(fields.payload));
}

/** A Slack with a triage channel, an agent and a requester, and an app that hears of everything. */
export async function slackWithApp(options: Partial<SlackOptions<HandClock>> = {}) {
  const slack = await startSlack(options);
  onTestFinished(() => slack.stop());
  const app = new TinyApp();
  await app.listen();
  slack.sendTo(app.url);
  const ada = slack.person("U0ADA0001", { name: "ada", displayName: "Ada" });
  const rob = slack.person("U0ROB0001", { name: "rob", displayName: "Rob" });
  const members = [ada.id, slack.workspace.bot.userId];
  const triage = slack.workspace.addChannel({ id: "C0TRIAGE1", name: "triage", members }).id;

  /** Calls the Web API as JSON, with the bot's token unless another is given. */
  const call = async (method: string, args: Json = {}, token: string = slack.app.botToken) => {
    const response = await fetch(`${slack.apiUrl}${method}`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(args),
    });
    return answerOf(await response.json());
  };
  return { slack, app, ada, rob, triage, call };
}

export interface ApiAnswer extends Json {
  ok: boolean;
  error: string;
  ts: string;
  message: Json;
  messages: Json[];
  view: Json;
  /** What is wrong, in `response_metadata`. */
  wrong: string[];
  cursor: string;
}

function answerOf(body: unknown): ApiAnswer {
  const answer = record(body);
  const metadata = record(answer.response_metadata);
  return {
    ...answer,
    ok: answer.ok === true,
    error: string(answer.error),
    ts: string(answer.ts),
    message: record(answer.message),
    messages: records(answer.messages),
    view: record(answer.view),
    wrong: Array.isArray(metadata.messages) ? metadata.messages.map(string) : [],
    cursor: string(metadata.next_cursor),
  };
}
