/** Deskhand on PostgreSQL, beside a bare insert: creates, processes, and how soon another takes over. */
import { setTimeout as wait } from "node:timers/promises";
import { Pool } from "pg";
import type { SharedStore } from "../../src/desk/ports.ts";
import { joinDatabase } from "../../src/store/postgres/follow.ts";
import { freePort } from "../../test/free-port.ts";
import { connected, embeddedServer, named, type Server } from "../../test/postgres-server.ts";
import { spreadOf } from "../figures.ts";
import { load } from "../load.ts";
import { type Running, startServer } from "../process.ts";
import { deskhand } from "../servers.ts";
import { seededDocument } from "../tickets.ts";

/** How many tickets or rows a second, of one round. */
export interface Creates {
  round: number;
  callers: number;
  /** How many tickets were there before. */
  size: number;
  bare: number;
  store: number;
}

/** How many tickets a second were created over HTTP, by so many processes. */
interface ByProcesses {
  processes: number;
  callers: number;
  perSecond: number;
  failed: number;
}

/** What so many tickets take in the database, in bytes. */
interface Room {
  size: number;
  bytes: number;
}

export interface PostgresResult {
  version: string;
  creates: Creates[];
  rooms: Room[];
  /** Of a process that leads and of one that follows, after the creates: in bytes. */
  resident: { leader: number | undefined; follower: number | undefined };
  byProcesses: ByProcesses[];
  /** From the kill of the one that led until another one says that it does. */
  takeOverMs: number[];
  /** From a follower's commit until the leader is told of it. */
  toldMs: number[];
}

export interface PostgresOptions {
  rounds: number;
  measureMs: number;
  sizes: number[];
  folder: string;
}

export const callerCounts = [1, 32] as const;
const processCounts = [1, 2, 3] as const;
const connections = 10;

type Tell = (line: string) => void;

export async function measurePostgres(
  options: PostgresOptions,
  tell: Tell,
): Promise<PostgresResult> {
  tell("starting PostgreSQL");
  const server = await embeddedServer(["fsync=on", "shared_buffers=256MB", "max_wal_size=4GB"]);
  try {
    const creates: Creates[] = [];
    const rooms: Room[] = [];
    for (const size of options.sizes)
      creates.push(...(await measureCreates(server, size, { ...options, rooms }, tell)));
    return {
      version: await versionOf(server),
      creates,
      rooms,
      ...(await measureProcesses(server, options, tell)),
      toldMs: await measureTelling(server, tell),
    };
  } finally {
    await server.stop();
  }
}

const versionOf = (server: Server): Promise<string> =>
  connected(server.url, async (client) => {
    const { rows } = await client.query<{ is: string }>(
      "select current_setting('server_version') as is",
    );
    return rows[0]?.is ?? "";
  });

let made = 0;

async function newDatabase(server: Server): Promise<string> {
  made += 1;
  const name = `bench_${made}`;
  await connected(server.url, (client) => client.query(`create database ${name}`));
  return named(server.url, name);
}

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

const join = (url: string) =>
  joinDatabase({ url, connections, log: quiet, onLost: () => undefined });

/** The store as a process has it that follows: no one need lead for it to be written. */
async function withStore<T>(url: string, work: (store: SharedStore) => Promise<T>): Promise<T> {
  const member = join(url);
  const store = await member.follow();
  try {
    return await work(store);
  } finally {
    await store.close();
    await member.close();
  }
}

/** Documents that no one has seen before: those that are seeded are fewer. */
let drawn = 200_000;
const another = () => {
  drawn += 1;
  return seededDocument(drawn);
};

async function measureCreates(
  server: Server,
  size: number,
  { rounds, measureMs, rooms }: PostgresOptions & { rooms: Room[] },
  tell: Tell,
): Promise<Creates[]> {
  const url = await newDatabase(server);
  const samples: Creates[] = [];
  const pool = new Pool({ connectionString: url, max: connections });
  await pool.query("create table bare (id text primary key, document jsonb not null)");
  await withStore(url, async (store) => {
    tell(`seeding ${size} tickets in PostgreSQL`);
    let next = 0;
    const seed = async () => {
      while (next < size) {
        next += 1;
        await store.create(seededDocument(next));
      }
    };
    await Promise.all(Array.from({ length: callerCounts[1] }, seed));
    await pool.query("analyze");
    const { rows } = await pool.query<{ is: string }>(
      "select pg_database_size(current_database()) as is",
    );
    rooms.push({ size, bytes: Number(rows[0]?.is) });
    const bare = async () => {
      const { ticket, ...rest } = another();
      const values = [ticket._id, JSON.stringify({ ticket, ...rest })];
      await pool.query({ name: "bare", text: "insert into bare values ($1, $2)", values });
    };
    for (let round = 0; round < rounds; round += 1)
      for (const callers of callerCounts) {
        tell(
          `creates with ${size} tickets there, ${callers} at once, round ${round + 1} of ${rounds}`,
        );
        const create = async () => void (await store.create(another()));
        const rates = {
          bare: await rateOf(bare, callers, measureMs),
          store: await rateOf(create, callers, measureMs),
        };
        samples.push({ round, callers, size, ...rates });
      }
  });
  await pool.end();
  return samples;
}

async function rateOf(work: () => Promise<void>, callers: number, ms: number): Promise<number> {
  const began = performance.now();
  let done = 0;
  const call = async () => {
    while (performance.now() - began < ms) {
      await work();
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: callers }, call));
  return done / ((performance.now() - began) / 1_000);
}

async function startProcess(url: string, folder: string, index: number): Promise<Running> {
  const port = await freePort();
  const { args, env } = deskhand.command(`${folder}/process-${made}-${index}`, 0, port);
  return startServer(
    { args, env: { ...env, DATABASE_URL: url, ATTACHMENTS_URL: "" } },
    { port, readyPath: "/readyz", log: `${folder}/process-${made}-${index}.log` },
  );
}

async function measureProcesses(
  server: Server,
  options: PostgresOptions,
  tell: Tell,
): Promise<Pick<PostgresResult, "byProcesses" | "takeOverMs" | "resident">> {
  const byProcesses: ByProcesses[] = [];
  let resident: PostgresResult["resident"] = { leader: undefined, follower: undefined };
  const takeOverMs: number[] = [];
  for (const processes of processCounts) {
    const url = await newDatabase(server);
    const running: Running[] = [];
    for (let index = 0; index < processes; index += 1)
      running.push(await startProcess(url, options.folder, index));
    byProcesses.push(...(await measureHttp(running, options, tell)));
    const [leader, ...others] = running;
    resident = {
      leader: leader?.memory()?.resident,
      follower: others.at(-1)?.memory()?.resident,
    };
    if (others.length > 0) takeOverMs.push(await takenOver(running));
    else await leader?.stop();
    for (const each of others) await each.stop();
  }
  return { byProcesses, takeOverMs, resident };
}

async function measureHttp(
  running: Running[],
  { rounds, measureMs }: PostgresOptions,
  tell: Tell,
): Promise<ByProcesses[]> {
  const { length: processes } = running;
  const samples: ByProcesses[] = [];
  for (let round = 1; round <= rounds; round += 1)
    for (const callers of callerCounts) {
      tell(`creates by ${processes} processes, ${callers} at once, round ${round} of ${rounds}`);
      samples.push({ processes, callers, ...(await createdBy(running, callers, measureMs)) });
    }
  return samples;
}

/** Callers are shared out evenly. One alone asks the last process, which follows if any does. */
async function createdBy(
  running: Running[],
  callers: number,
  ms: number,
): Promise<Pick<ByProcesses, "perSecond" | "failed">> {
  const asked = callers === 1 ? running.slice(-1) : running;
  const create = deskhand.asks.create;
  if (!create) throw new Error("Deskhand creates nothing");
  const all = await Promise.all(
    asked.map(({ url }, index) => {
      const share = Math.floor(callers / asked.length) + (index < callers % asked.length ? 1 : 0);
      const scenario = { kind: "create", name: "", callers: share, status: 201 } as const;
      return load(url, scenario, ms, () => create(0));
    }),
  );
  return {
    perSecond: all.reduce((sum, { perSecond }) => sum + perSecond, 0),
    failed: all.reduce((sum, { failed }) => sum + failed, 0),
  };
}

const lookEveryMs = 20;

/** Kills the first, which leads. */
async function takenOver([leader, ...others]: Running[]): Promise<number> {
  const began = performance.now();
  leader?.kill();
  for (;;) {
    for (const { url } of others) {
      const answer = await fetch(`${url}/readyz`).then(
        (each) => each.text(),
        () => "",
      );
      if (answer.includes("outbox")) return performance.now() - began;
    }
    await wait(lookEveryMs);
  }
}

const tellings = 200;

async function measureTelling(server: Server, tell: Tell): Promise<number[]> {
  tell("how soon the leader is told");
  const url = await newDatabase(server);
  const leading = join(url);
  const leader = await leading.tryToLead();
  if (!leader?.others) throw new Error("Nobody leads");
  const tookMs: number[] = [];
  let told: () => void = () => undefined;
  await leader.others.listen(
    () => told(),
    () => undefined,
  );
  await withStore(url, async (store) => {
    const document = another();
    await store.create(document);
    for (let each = 0; each < tellings; each += 1) {
      const arrived = new Promise<void>((resolve) => {
        told = resolve;
      });
      await store.change(document.ticket._id, (draft) => {
        draft.requester = { ...draft.requester, name: `Someone ${each}` };
      });
      const committed = performance.now();
      await store.exchange.tell([document.ticket._id]);
      await arrived;
      tookMs.push(performance.now() - committed);
    }
  });
  await leader.close();
  await leading.close();
  return tookMs;
}

/** Of creates beside a bare insert, by round. */
export const besideBare = (creates: readonly Creates[], callers: number, size: number) =>
  spreadOf(
    creates
      .filter((each) => each.callers === callers && each.size === size)
      .map(({ store, bare }) => store / bare),
  );
