/**
 * The Web API as far as apps that are measured call it, answered at once and unchecked. It runs in
 * the process that asks: there is then one clock, and no one waits for word of a call.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";
import { workspace } from "./workspace.ts";

/** What a call is about, as far as it is looked at. */
interface Call {
  method: string;
  /** As it came: a form. */
  body: string;
}

export class StandIn {
  readonly #server: Server;
  readonly #awaited = new Map<string, (at: number) => void>();
  #roots: string[] = [];
  #posted = 0;
  #lastCall = 0;

  constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}/api/`;
  }

  /** Resolves when a call came that has this in it, to when that was, as `performance.now` tells. */
  seen(mark: string): Promise<number> {
    return new Promise((resolve) => this.#awaited.set(mark, resolve));
  }

  /** What it is waited for no longer. */
  forget(mark: string): void {
    this.#awaited.delete(mark);
  }

  /** When people were shown something last, as `performance.now` tells. */
  get lastCall(): number {
    return this.#lastCall;
  }

  /** Resolves once there was no call for so long. */
  async quiet(ms: number): Promise<void> {
    let left = ms;
    while (left > 0) {
      await wait(left);
      left = this.#lastCall + ms - performance.now();
    }
  }

  /** The agents' threads that were opened since this was asked last, by their `ts`. */
  newThreads(): string[] {
    const roots = this.#roots;
    this.#roots = [];
    return roots;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const at = performance.now();
    const method = request.url?.slice("/api/".length) ?? "";
    if (shown.has(method)) this.#lastCall = at;
    for (const [mark] of body.matchAll(marks)) {
      this.#awaited.get(mark)?.(at);
      this.#awaited.delete(mark);
    }
    const answer = JSON.stringify({ ok: true, ...this.#answer({ method, body }) });
    response.writeHead(200, { "content-type": "application/json; charset=utf-8" }).end(answer);
  }

  #answer({ method, body }: Call): object {
    switch (method) {
      case "chat.postMessage":
        return this.#post(body);
      case "users.info": {
        const id = field(body, "user");
        return { user: { id, name: id, real_name: `Person ${id}`, profile: {} } };
      }
      case "conversations.open":
        return { channel: { id: `D${field(body, "users")}` } };
      default:
        return answers[method] ?? {};
    }
  }

  #post(body: string): object {
    const channel = field(body, "channel");
    const thread = field(body, "thread_ts");
    this.#posted += 1;
    const ts = `1700000000.${`${this.#posted}`.padStart(6, "0")}`;
    if (channel === workspace.triageChannel && !thread) this.#roots.push(ts);
    return { channel, ts, message: { ts, ...(thread && { thread_ts: thread }) } };
  }
}

/** What tells calls apart: nothing in it is written otherwise in a form. */
export const markOf = (index: number): string => `bench-mark-${index}-`;

const marks = /bench-mark-\d+-/g;

const shown = new Set(["views.open", "chat.postMessage", "chat.update", "reactions.add"]);

const { team, botId, botUserId, appId, triageChannel, agents } = workspace;

const answers: Readonly<Record<string, object>> = {
  "auth.test": {
    ...{ url: "https://bench.slack.com/", team: "Bench", user: "deskhand" },
    ...{ team_id: team, user_id: botUserId, bot_id: botId },
  },
  "bots.info": { bot: { id: botId, app_id: appId } },
  "conversations.info": { channel: { id: triageChannel, name: "triage", is_member: true } },
  "conversations.members": {
    members: [...agents, botUserId],
    response_metadata: { next_cursor: "" },
  },
  "conversations.history": { messages: [] },
  "conversations.replies": { messages: [] },
  "views.open": { view: { id: "V0" } },
};

/** Ids and timestamps are written in a form as they are. */
const field = (body: string, name: string): string | undefined =>
  new RegExp(`(?:^|&)${name}=([^&]*)`).exec(body)?.[1];
