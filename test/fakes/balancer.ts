import { once } from "node:events";
import { createServer, connect as dial, type Socket } from "node:net";

/** A load balancer: each new connection goes to the next server, or the one after that if it is not there. */
export interface Balancer {
  url: string;
  /** Which servers there are from now on. */
  serves(urls: readonly string[]): void;
  close(): Promise<void>;
}

export async function startBalancer(): Promise<Balancer> {
  const sockets = new Set<Socket>();
  let urls: readonly string[] = [];
  let turn = 0;
  const join = async (near: Socket) => {
    sockets.add(near);
    near.on("error", () => undefined).on("close", () => sockets.delete(near));
    for (let tries = 0; tries < urls.length; tries += 1) {
      turn += 1;
      const { hostname: host, port } = new URL(urls[turn % urls.length] ?? "");
      const far = dial({ host, port: Number(port) });
      const isThere = await once(far, "connect").then(
        () => true,
        () => false,
      );
      if (!isThere) continue;
      far.on("error", () => near.destroy()).on("close", () => near.destroy());
      near.on("close", () => far.destroy());
      near.pipe(far).pipe(near);
      return;
    }
    near.destroy();
  };
  const server = createServer({ pauseOnConnect: true }, (near) => void join(near));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = Object(server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    serves: (given) => {
      urls = given;
    },
    async close() {
      for (const each of sockets) each.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
