import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

/** The part of RFC 6455 that a server needs to talk with a client in text. */

const opcodes = { more: 0x0, text: 0x1, binary: 0x2, close: 0x8, ping: 0x9, pong: 0xa } as const;
const accepted = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

interface Frame {
  last: boolean;
  opcode: number;
  payload: Buffer;
  /** How many bytes it took. */
  bytes: number;
}

export interface WebSocketHandlers {
  message(text: string): void;
  /** Called once, however the connection ended. */
  closed(): void;
}

/** The server's end of one connection. */
export class ServerWebSocket {
  readonly #socket: Duplex;
  readonly #on: WebSocketHandlers;
  #unread = Buffer.alloc(0);
  #text: Buffer[] = [];
  #ended = false;

  constructor(socket: Duplex, handlers: WebSocketHandlers) {
    this.#socket = socket;
    this.#on = handlers;
    socket.on("data", (bytes: Buffer) => this.#read(bytes));
    // A client whose process has ended says goodbye no other way.
    socket.on("end", () => socket.end());
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#finish());
  }

  send(text: string): void {
    this.#write(opcodes.text, Buffer.from(text));
  }

  /** Says goodbye; the client answers and the connection ends. */
  close(): void {
    this.#write(opcodes.close, Buffer.from([0x03, 0xe8]));
  }

  /** The connection is gone without a word. */
  cut(): void {
    this.#socket.destroy();
  }

  #finish() {
    if (this.#ended) return;
    this.#ended = true;
    this.#on.closed();
  }

  #write(opcode: number, payload: Buffer) {
    if (this.#socket.writable) this.#socket.write(Buffer.concat([head(opcode, payload), payload]));
  }

  #read(bytes: Buffer) {
    this.#unread = Buffer.concat([this.#unread, bytes]);
    for (let frame = parsed(this.#unread); frame; frame = parsed(this.#unread)) {
      this.#unread = this.#unread.subarray(frame.bytes);
      this.#take(frame);
    }
  }

  #take({ opcode, payload, last }: Frame) {
    switch (opcode) {
      case opcodes.ping:
        return this.#write(opcodes.pong, payload);
      case opcodes.close:
        this.#write(opcodes.close, payload);
        this.#socket.end();
        return this.#finish();
      case opcodes.text:
      case opcodes.more:
        this.#text.push(payload);
        if (last) this.#complete();
    }
  }

  #complete() {
    const text = Buffer.concat(this.#text).toString();
    this.#text = [];
    this.#on.message(text);
  }
}

function head(opcode: number, { length }: Buffer): Buffer {
  const first = 0x80 | opcode;
  if (length < 126) return Buffer.from([first, length]);
  if (length < 0x1_0000) return Buffer.from([first, 126, length >> 8, length & 0xff]);
  const long = Buffer.alloc(10);
  long.writeUInt8(first, 0);
  long.writeUInt8(127, 1);
  long.writeBigUInt64BE(BigInt(length), 2);
  return long;
}

/** The first frame that is there as a whole. */
function parsed(bytes: Buffer): Frame | undefined {
  const [first, second] = bytes;
  if (first === undefined || second === undefined) return undefined;
  const masked = (second & 0x80) !== 0;
  const size = sizeOf(bytes, second & 0x7f);
  if (!size) return undefined;
  const maskAt = size.until;
  const start = maskAt + (masked ? 4 : 0);
  const end = start + size.length;
  if (bytes.length < end) return undefined;
  const payload = Buffer.from(bytes.subarray(start, end));
  if (masked) unmask(payload, bytes.subarray(maskAt, start));
  return { last: (first & 0x80) !== 0, opcode: first & 0x0f, payload, bytes: end };
}

function sizeOf(bytes: Buffer, short: number): { length: number; until: number } | undefined {
  if (short < 126) return { length: short, until: 2 };
  if (short === 126) {
    return bytes.length < 4 ? undefined : { length: bytes.readUInt16BE(2), until: 4 };
  }
  return bytes.length < 10 ? undefined : { length: Number(bytes.readBigUInt64BE(2)), until: 10 };
}

function unmask(payload: Buffer, mask: Buffer) {
  for (const [place, byte] of payload.entries()) payload[place] = byte ^ (mask[place % 4] ?? 0);
}

/** Answers the request to upgrade. */
export function accept(
  request: IncomingMessage,
  socket: Duplex,
  handlers: WebSocketHandlers,
): ServerWebSocket {
  const key = createHash("sha1").update(`${request.headers["sec-websocket-key"]}${accepted}`);
  socket.write(
    [
      "HTTP/1.1 101 Switching Protocols",
      "upgrade: websocket",
      "connection: Upgrade",
      `sec-websocket-accept: ${key.digest("base64")}`,
      "\r\n",
    ].join("\r\n"),
  );
  return new ServerWebSocket(socket, handlers);
}
