import { randomUUID } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { getRequestListener, RequestError } from "@hono/node-server";
import type { Hono } from "hono";
import type { ErrorCode } from "../tickets/errors.ts";
import { headersOf, refusal, textOf } from "./answers.ts";

export interface ServerOptions {
  host: string;
  /** 0 takes a free one. */
  port: number;
  /** How long a request may take to arrive. */
  requestTimeoutMs?: number;
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
  const server = createServer(
    {
      requestTimeout: timeoutMs,
      headersTimeout: timeoutMs,
      keepAliveTimeout: keepAliveTimeoutMs,
      connectionsCheckingInterval: Math.ceil(timeoutMs / 10),
    },
    getRequestListener(fetch, { errorHandler: refuseRequest }),
  );
  server.on("clientError", refuseSocket);
  await listen(server, options);
  return { url: urlOf(server), stop: (graceMs) => stop(server, graceMs) };
}

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

async function stop(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const late = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(late);
}

/** Called for what is HTTP, but no request that can be routed, as with a Host that is none. */
function refuseRequest(error: unknown): Response {
  const given = refusal(error instanceof RequestError ? "BAD_REQUEST" : "INTERNAL_ERROR");
  const headers = headersOf(given, randomUUID());
  return new Response(textOf(given), { status: given.status, headers });
}

const socketErrors: Record<string, ErrorCode> = {
  HPE_INVALID_METHOD: "METHOD_NOT_ALLOWED",
  ERR_HTTP_REQUEST_TIMEOUT: "REQUEST_TIMEOUT",
  HPE_HEADER_OVERFLOW: "HEADERS_TOO_LARGE",
};

/** Answers what never became a request: too slow, too large, or not HTTP. */
function refuseSocket(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const given = refusal(socketErrors[error.code ?? ""] ?? "BAD_REQUEST");
  const text = textOf(given);
  const headers = {
    ...headersOf(given, randomUUID()),
    "Content-Length": `${text.length}`,
    Connection: "close",
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${given.status} Refused\r\n${lines.join("")}\r\n${text}`, () =>
    socket.destroy(),
  );
}
