import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Clock } from "../clock.ts";
import { isRecord, type Json, parsedJson, record, string } from "../json.ts";
import { accept, type ServerWebSocket } from "../websocket.ts";
import { limits } from "./limits.ts";
import { type Ack, failed, type Outbound, type Transport } from "./transport.ts";
import type { Workspace } from "./workspace.ts";

const kinds = {
  event: "events_api",
  command: "slash_commands",
  interaction: "interactive",
} as const;

interface Connection {
  socket: ServerWebSocket;
  /** What it was sent and has not acked: envelope id → what the ack settles. */
  waiting: Map<string, (ack: Ack) => void>;
  /** It was told to go: nothing more is sent over it. */
  leaving: boolean;
}

/** https://docs.slack.dev/apis/events-api/using-socket-mode */
export class SocketMode implements Transport {
  readonly #workspace: Workspace;
  readonly #clock: Clock;
  readonly #tickets = new Set<string>();
  readonly #connections: Connection[] = [];
  #turn = 0;

  constructor(workspace: Workspace, clock: Clock) {
    this.#workspace = workspace;
    this.#clock = clock;
  }

  /** What `apps.connections.open` answers: good for one connection. */
  newUrl(origin: string): string {
    const ticket = this.#workspace.newId("ticket");
    this.#tickets.add(ticket);
    const { appId } = this.#workspace.bot;
    return `${origin.replace("http", "ws")}/link/?ticket=${ticket}&app_id=${appId}`;
  }

  connections(): number {
    return this.#live().length;
  }

  /** Also those that were told to go, and are still there. */
  sockets(): number {
    return this.#connections.length;
  }

  /** Slack wants the app on another connection; this one still takes acks. */
  disconnect(reason: "warning" | "refresh_requested" | "link_disabled" = "refresh_requested") {
    for (const connection of this.#live()) {
      connection.leaving = true;
      const debug_info = { host: "applink-1" };
      connection.socket.send(JSON.stringify({ type: "disconnect", reason, debug_info }));
    }
  }

  /** Every connection ends without a word. */
  cut(): void {
    for (const { socket } of [...this.#connections]) socket.cut();
  }

  upgrade(request: IncomingMessage, socket: Duplex): void {
    const { searchParams } = new URL(request.url ?? "/", "http://stand-in");
    if (!this.#tickets.delete(searchParams.get("ticket") ?? "")) {
      socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
      return;
    }
    const waiting = new Map<string, (ack: Ack) => void>();
    const taken = accept(request, socket, {
      message: (text) => acked(waiting, parsedJson(text)),
      closed: () => this.#gone(waiting),
    });
    this.#connections.push({ socket: taken, waiting, leaving: false });
    taken.send(JSON.stringify(this.#hello()));
    this.#workspace.changed();
  }

  deliver({ kind, payload, retry }: Outbound): Promise<Ack> {
    const connection = this.#next();
    if (!connection) return Promise.resolve(failed("connection_failed"));
    const id = this.#workspace.newId("envelope-");
    const envelope = {
      envelope_id: id,
      type: kinds[kind],
      payload,
      accepts_response_payload: kind !== "event",
      ...(kind === "event" && {
        retry_attempt: retry?.num ?? 0,
        retry_reason: retry?.reason ?? "",
      }),
    };
    return new Promise((resolve) => {
      const cancel = this.#clock.after(limits.ackMs, () => settle(failed("http_timeout")));
      const settle = (ack: Ack) => {
        cancel();
        connection.waiting.delete(id);
        resolve(ack);
      };
      connection.waiting.set(id, settle);
      connection.socket.send(JSON.stringify(envelope));
    });
  }

  breakOff(): Promise<Ack> {
    this.#next()?.socket.cut();
    return Promise.resolve(failed("connection_failed"));
  }

  #live() {
    return this.#connections.filter(({ leaving }) => !leaving);
  }

  /** With several connections, each gets its share. */
  #next(): Connection | undefined {
    const live = this.#live();
    this.#turn += 1;
    return live[this.#turn % live.length];
  }

  #gone(waiting: Connection["waiting"]) {
    const place = this.#connections.findIndex((each) => each.waiting === waiting);
    this.#connections.splice(place, 1);
    for (const settle of [...waiting.values()]) settle(failed("connection_failed"));
    this.#workspace.changed();
  }

  #hello(): Json {
    return {
      type: "hello",
      num_connections: this.#connections.length,
      debug_info: { host: "applink-1", approximate_connection_time: 18_060 },
      connection_info: { app_id: this.#workspace.bot.appId },
    };
  }
}

function acked(waiting: Connection["waiting"], message: unknown) {
  if (!isRecord(message)) return;
  const payload = record(message.payload);
  const body = Object.keys(payload).length > 0 ? payload : undefined;
  waiting.get(string(message.envelope_id))?.({ kind: "acked", body });
}
