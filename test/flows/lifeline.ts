import { connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** The way to a server on this machine. */
export interface Lifeline {
  /** As the address of the server, by another port. */
  url: string;
  /** Nothing gets through any more, as when the process that called has ended. */
  cut(): void;
  /** Nothing gets through until what it returns is called, as when the server cannot be reached. */
  breaks(): () => void;
}

/** Carries everything to and fro, until it is cut; also how connections break. */
export async function lifeline(to: string): Promise<Lifeline> {
  const { hostname: host, port } = new URL(to);
  const sockets = new Set<Socket>();
  let isBroken = false;
  const server = createServer((near) => {
    if (isBroken) {
      near.resetAndDestroy();
      return;
    }
    const far = connect({ host, port: Number(port) });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.setNoDelay(true);
      one.on("error", () => other.resetAndDestroy());
      one.on("close", () => {
        sockets.delete(one);
        other.destroySoon();
      });
      one.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cut = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  const breaks = () => {
    isBroken = true;
    for (const socket of sockets) socket.destroy();
    return () => {
      isBroken = false;
    };
  };
  onTestFinished(cut);
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no address");
  const url = new URL(to);
  url.port = String(address.port);
  return { url: url.href, cut, breaks };
}
