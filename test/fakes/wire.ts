/** The way to a stand-in: what breaks on it, breaks below HTTP. */
import { connect, createServer, type Server, type Socket } from "node:net";

export interface Wire {
  /** As the address of the stand-in, by another port. */
  url: string;
  /** Whoever connects is refused from now on, and who is connected is cut off. */
  refuses(): Promise<void>;
  /** Nothing gets through any more, either way, though connections stay. */
  stalls(): void;
  /** All is well again. */
  heals(): Promise<void>;
  /** Every connection is reset. */
  cuts(): void;
  close(): Promise<void>;
}

interface Pair {
  near: Socket;
  far: Socket;
}

/** Carries everything to and fro, between any free port and this address. `onSent` is told what goes there. */
export async function wire(to: string, onSent?: (data: Buffer) => void): Promise<Wire> {
  const { hostname: host, port } = new URL(to);
  const pairs = new Set<Pair>();
  let isStalled = false;
  const server = createServer((near) => {
    const far = connect({ host, port: Number(port) });
    const pair = { near, far };
    pairs.add(pair);
    if (onSent) near.on("data", onSent);
    join(near, far, () => pairs.delete(pair));
    join(far, near, () => pairs.delete(pair));
    if (isStalled) stall(pair);
  });
  const at = await listen(server, 0);
  const cuts = () => {
    for (const { near, far } of pairs) {
      reset(near);
      reset(far);
    }
  };
  const url = new URL(to);
  url.port = String(at);
  const close = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    cuts();
    await closed;
  };
  return {
    url: url.href.replace(/\/$/, to.endsWith("/") ? "/" : ""),
    cuts,
    close: () => (server.listening ? close() : Promise.resolve()),
    refuses: close,
    stalls() {
      isStalled = true;
      for (const pair of pairs) stall(pair);
    },
    async heals() {
      isStalled = false;
      for (const { near, far } of pairs) {
        near.resume();
        far.resume();
      }
      if (!server.listening) await listen(server, at);
    },
  };
}

function join(from: Socket, to: Socket, gone: () => void): void {
  from.setNoDelay(true);
  from.on("error", () => reset(to));
  from.on("close", () => {
    gone();
    to.destroySoon();
  });
  from.pipe(to);
}

/** One that is ending already is not reset as well: Node never lets go of it then. */
function reset(socket: Socket): void {
  if (socket.writable && !socket.connecting) socket.resetAndDestroy();
  else socket.destroy();
}

function stall({ near, far }: Pair): void {
  near.pause();
  far.pause();
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve();
    });
  });
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no address");
  return address.port;
}
