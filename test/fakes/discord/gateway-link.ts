import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type Json, parsedJson, record } from "../json.ts";
import { accept, type ServerWebSocket } from "../websocket.ts";
import type { Session } from "./sessions.ts";

/** https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway-gateway-opcodes */
export const op = {
  dispatch: 0,
  heartbeat: 1,
  identify: 2,
  resume: 6,
  reconnect: 7,
  invalidSession: 9,
  hello: 10,
  heartbeatAck: 11,
} as const;

/** What a client may send besides; the stand-in takes it and does nothing. */
const ignored = [3, 4, 8, 31];

export interface LinkHandlers {
  identify(link: Link, data: Json): void;
  resume(link: Link, data: Json): void;
  /** The connection has gone, whoever ended it. */
  closed(link: Link): void;
  /** The client has told how much of what it was sent has arrived. */
  confirmed(): void;
}

/** One connection of a client to the gateway. */
export class Link {
  session: Session | undefined;
  /** It looks alive, but nothing gets through any more, either way. */
  silent = false;
  readonly #raw: Duplex;
  readonly #socket: ServerWebSocket;
  readonly #on: LinkHandlers;
  #sent = 0;
  #confirmed = 0;
  #isAsked = false;

  constructor(
    request: IncomingMessage,
    raw: Duplex,
    given: { heartbeatMs: number; on: LinkHandlers },
  ) {
    this.#raw = raw;
    this.#on = given.on;
    this.#socket = accept(request, raw, {
      message: (text) => this.#take(parsedJson(text)),
      closed: () => this.#on.closed(this),
    });
    this.send(op.hello, { heartbeat_interval: given.heartbeatMs, _trace: [] });
  }

  /** What the session was told and the client is not known to have. */
  get underway(): number {
    return (this.session?.last ?? 0) - this.#confirmed;
  }

  /** From now on the session speaks over this connection, beginning after `s`. */
  attach(session: Session, s: number): void {
    this.session = session;
    this.#sent = s;
    this.#confirmed = s;
  }

  /** The same once more; what is new comes with `pump`. */
  replay(s: number): void {
    for (const told of this.session?.missedSince(s) ?? []) this.#dispatch(told);
    this.#sent = this.session?.last ?? this.#sent;
  }

  /** Sends what the session was told since, and asks how much has arrived. */
  pump(): void {
    if (!this.session || this.silent) return;
    for (const told of this.session.since(this.#sent)) this.#dispatch(told);
    this.#sent = this.session.last;
    this.#ask();
  }

  send(opcode: number, d: unknown): void {
    if (!this.silent) this.#socket.send(JSON.stringify({ op: opcode, d, s: null, t: null }));
  }

  /** The connection is gone without a word. */
  cut(): void {
    this.#socket.cut();
  }

  /** https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes */
  close(code: number, reason: string): void {
    const payload = Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)]);
    const head = Buffer.from([0x88, payload.length]);
    if (this.#raw.writable) this.#raw.end(Buffer.concat([head, payload]));
  }

  #dispatch({ s, t, d }: { s: number; t: string; d: Json }) {
    if (!this.silent) this.#socket.send(JSON.stringify({ op: op.dispatch, t, s, d }));
  }

  /** Its heartbeat names the last dispatch that it has. */
  #ask() {
    if (this.#isAsked || this.#confirmed >= this.#sent) return;
    this.#isAsked = true;
    this.send(op.heartbeat, null);
  }

  #take(message: unknown) {
    if (this.silent) return;
    const { op: opcode, d } = record(message);
    switch (opcode) {
      case undefined:
        return this.close(4002, "Error while decoding payload.");
      case op.heartbeat:
        return this.#beat(d);
      case op.identify:
        return this.#on.identify(this, record(d));
      case op.resume:
        return this.#on.resume(this, record(d));
      default:
        return this.#other(opcode);
    }
  }

  #beat(s: unknown) {
    this.send(op.heartbeatAck, null);
    this.#isAsked = false;
    if (typeof s === "number") this.#confirmed = Math.max(this.#confirmed, s);
    this.#ask();
    this.#on.confirmed();
  }

  #other(opcode: unknown) {
    if (!this.session) return this.close(4003, "Not authenticated.");
    if (!ignored.some((each) => each === opcode)) this.close(4001, "Unknown opcode.");
  }
}
