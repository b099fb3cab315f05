import { once } from "node:events";
import { createServer, connect as dial, type Socket } from "node:net";

/** What connects a program to a server: it can be cut or slow at a word, or unplugged. */
export interface Cable {
  port: number;
  /**
   * Cuts the connection on which this is next sent to the server: `before` the server gets it, or
   * `after` the server has answered, of which nothing comes through. Resolves when it is cut.
   */
  cutAt(words: string, when: "before" | "after"): Promise<void>;
  /**
   * What is next sent with these words, and all that comes after it on its connection, gets to the
   * server only once `letGo` was called. `held` resolves when it is there.
   */
  slowAt(words: string): { held: Promise<void>; letGo(): void };
  /** Takes no new connection until it is plugged in; those that are there stay. */
  takeNoMore(): void;
  /** Cuts every connection, and takes none until it is plugged in. */
  unplug(): void;
  plugIn(): void;
  close(): Promise<void>;
}

interface Cut {
  words: string;
  when: "before" | "after";
  done: () => void;
}

interface Slow {
  words: string;
  held: () => void;
  until: Promise<void>;
}

export async function cableTo(target: { host: string; port: number }): Promise<Cable> {
  const ends = new Set<() => void>();
  let isPlugged = true;
  let cut: Cut | undefined;
  let slow: Slow | undefined;
  const server = createServer((near) => {
    if (!isPlugged) near.destroy();
    else join(near);
  });
  const join = (near: Socket) => {
    const far = dial(target);
    let isMute = false;
    let pending: Promise<void> | undefined;
    const send = (data: Buffer) => {
      if (slow !== undefined && data.includes(slow.words)) {
        pending = slow.until;
        slow.held();
        slow = undefined;
      }
      if (pending) pending = pending.then(() => void far.write(data));
      else far.write(data);
    };
    const end = () => {
      near.destroy();
      far.destroy();
      ends.delete(end);
    };
    ends.add(end);
    for (const socket of [near, far]) socket.on("error", end).on("close", end);
    const cutNow = ({ done }: Cut) => {
      end();
      done();
    };
    near.on("data", (data) => {
      const due = cut !== undefined && data.includes(cut.words) ? cut : undefined;
      if (!due) {
        send(data);
        return;
      }
      cut = undefined;
      if (due.when === "before") {
        cutNow(due);
        return;
      }
      isMute = true;
      far.once("data", () => cutNow(due));
      far.write(data);
    });
    far.on("data", (data) => {
      if (!isMute) near.write(data);
    });
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("It has no port");
  const unplug = () => {
    isPlugged = false;
    for (const end of [...ends]) end();
  };
  return {
    port: address.port,
    cutAt: (words, when) =>
      new Promise((done) => {
        cut = { words, when, done };
      }),
    slowAt(words) {
      let letGo = () => {};
      const until = new Promise<void>((resolve) => {
        letGo = resolve;
      });
      const held = new Promise<void>((resolve) => {
        slow = { words, held: resolve, until };
      });
      return { held, letGo };
    },
    takeNoMore: () => {
      isPlugged = false;
    },
    unplug,
    plugIn: () => {
      isPlugged = true;
    },
    async close() {
      unplug();
      server.close();
      await once(server, "close");
    },
  };
}
