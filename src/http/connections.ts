import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

/** A request, and the answer it waits for. */
export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
}

export interface Connections {
  /** The request on this connection that is not answered yet. */
  requestOn(socket: Duplex): Exchange | undefined;
  /** Closes those on which nothing was ever asked. */
  closeUnused(): void;
}

/** Keeps an eye on a server's connections. Called before any of them is made. */
export function followConnections(server: Server): Connections {
  const sockets = new Set<Socket>();
  const exchanges = new Map<Duplex, Exchange>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  const follow: RequestListener = (request, response) => {
    const { socket } = request;
    exchanges.set(socket, { request, response });
    response.once("close", () => {
      if (exchanges.get(socket)?.response === response) exchanges.delete(socket);
    });
  };
  server.prependListener("request", follow).prependListener("checkExpectation", follow);
  return {
    requestOn: (socket) => exchanges.get(socket),
    closeUnused: () => {
      for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
    },
  };
}
