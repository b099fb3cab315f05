import { randomUUID } from "node:crypto";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { getRequestListener, RequestError } from "@hono/node-server";
import type { Hono } from "hono";
import type { ErrorCode } from "../tickets/errors.ts";
import { type Answer, headersOf, internalError, refusal, responseOf } from "./answers.ts";
import { type Connections, type Exchange, followConnections } from "./connections.ts";

export interface ServerOptions {
  host: string;
  /** 0 takes a free one. */
  port: number;
  /** How long a request may take to arrive. */
  requestTimeoutMs?: number;
  /** Told of what was refused before it became a request that the app answers. */
  onRefused?: (refused: { requestId: string; status: number; reason: string }) => void;
}

export interface HttpServer {
  /** Where it listens: `http://127.0.0.1:3000`. */
  url: string;
  /** Takes no more requests, answers those it has, and within `graceMs` closes what is left. */
  stop(graceMs: number): Promise<void>;
}

const requestTimeoutMs = 30_000;

/** Longer than load balancers keep their connections, so that they close them, not we. */
const keepAliveTimeoutMs = 75_000;

export async function serve(
  { fetch }: Pick<Hono<never>, "fetch">,
  options: ServerOptions,
): Promise<HttpServer> {
  const timeoutMs = options.requestTimeoutMs ?? requestTimeoutMs;
  const refuse = refuser(options);
  const errorHandler = (error: unknown) => {
    const { given, requestId } = refuse(codeOf(error), error);
    return responseOf(given, requestId);
  };
  const listener = getRequestListener(fetch, { errorHandler, hostname: "localhost" });
  const server = createServer(
    {
      requestTimeout: timeoutMs,
      headersTimeout: timeoutMs,
      keepAliveTimeout: keepAliveTimeoutMs,
      connectionsCheckingInterval: Math.ceil(timeoutMs / 10),
      requireHostHeader: false,
    },
    listener,
  );
  // An expectation that we do not know is passed over, as one that we do not have to meet.
  server.on("checkExpectation", listener);
  const connections = followConnections(server);
  server.on("clientError", (error: NodeJS.ErrnoException, socket) =>
    refuseSocket(error, socket, connections.requestOn(socket), refuse),
  );
  await listen(server, options);
  return { url: urlOf(server), stop: (graceMs) => stop(server, connections, graceMs) };
}

/** What was refused before it became a request: called for a Host that is none, for one. */
const codeOf = (error: unknown): ErrorCode =>
  error instanceof RequestError ? "BAD_REQUEST" : "INTERNAL_ERROR";

type Refuse = (code: ErrorCode, err: unknown) => { given: Answer; requestId: string };

const refuser =
  ({ onRefused }: ServerOptions): Refuse =>
  (code, err) => {
    const requestId = randomUUID();
    const given = code === "INTERNAL_ERROR" ? internalError(requestId) : refusal(code);
    onRefused?.({ requestId, status: given.status, reason: reasonOf(err) });
    return { given, requestId };
  };

/** Not the error itself: Node's parser puts what came into it, and that may be someone's token. */
const reasonOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : "unknown";

function listen(server: Server, { port, host }: ServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}

async function stop(server: Server, connections: Connections, graceMs: number): Promise<void> {
  // What still comes on open connections is answered, and then the connection is closed.
  const closing: RequestListener = (_, response) => {
    response.shouldKeepAlive = false;
  };
  server.prependListener("request", closing);
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  connections.closeUnused();
  const late = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(late);
}

const socketErrors: Record<string, ErrorCode> = {
  HPE_INVALID_METHOD: "METHOD_NOT_ALLOWED",
  ERR_HTTP_REQUEST_TIMEOUT: "REQUEST_TIMEOUT",
  HPE_HEADER_OVERFLOW: "HEADERS_TOO_LARGE",
};

/** Answers what never became a request: too slow, too large, or not HTTP. */
function refuseSocket(
  error: NodeJS.ErrnoException,
  socket: Duplex,
  current: Exchange | undefined,
  refuse: Refuse,
): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  // What is wrong came after a request that is being answered: that answer is the last one.
  if (current?.request.complete) {
    current.response.once("close", () => socket.destroy());
    return;
  }
  const { given, requestId } = refuse(socketErrors[error.code ?? ""] ?? "BAD_REQUEST", error);
  socket.end(responseText(given, requestId), () => socket.destroy());
}

function responseText(given: Answer, requestId: string): string {
  const { text } = given;
  const length = `${Buffer.byteLength(text)}`;
  const headers = { ...headersOf(given, requestId), "Content-Length": length, Connection: "close" };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${given.status} Refused\r\n${lines.join("")}\r\n${text}`;
}
