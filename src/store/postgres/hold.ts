import { hostname } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import type { Client } from "pg";
import { type Holder, type Log, StoreError } from "../../desk/ports.ts";
import type { PostgresAddress } from "./address.ts";
import { connect } from "./connection.ts";
import { DatabaseFault, faultOf } from "./faults.ts";
import { holderLock, holderWords } from "./holder.ts";
import { lockSpace, termSpace } from "./migrate.ts";

/**
 * The server drops a holder whose machine is gone after 11 s; the holder itself has noticed by then
 * that it is cut off, and has stopped: it looks every 3 s, and waits for an answer as long.
 */
const serverNotices = `
  set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 2; set tcp_keepalives_count = 3;
`;
const lookEveryMs = 3_000;
const answerMs = 3_000;

const retakeEveryMs = 250;

/** Of whoever has just ended, or was killed, the server has noticed within this. */
const patienceMs = 5_000;
const patientEveryMs = 50;

export interface HoldOptions extends PostgresAddress {
  where: string;
  log: Log;
  /** Told once, when another process has come in between: this one must end. */
  onLost: (error: StoreError) => void;
}

/**
 * Holds the database for this process, by an advisory lock that the server drops with its connection.
 * When that breaks, the process does nothing with the database until it has the lock again, and
 * nothing any more when another had it meanwhile.
 *
 * A process may believe that it holds the database for a while after it does not: so each holder
 * raises a term, and the database refuses what is written while the session of its term is gone.
 */
export class Hold {
  readonly #options: HoldOptions;
  #client: Client;
  /** Raised by each holder: who finds it as it was has been the only one. */
  readonly term: number;
  /** What this process says of itself, but for where it listens. */
  readonly self: Holder;
  #state: "held" | "away" | "lost" | "released" = "held";
  /** Why it is away. */
  #away = broken();
  #looking: NodeJS.Timeout | undefined;

  private constructor(options: HoldOptions, client: Client, term: number, self: Holder) {
    this.#options = options;
    this.#client = client;
    this.term = term;
    this.self = self;
  }

  /**
   * Runs `prepare` on the connection that has the lock; in its transaction, it lets the term be raised.
   * Throws `IN_USE`, and what pg throws.
   */
  static async take(
    options: HoldOptions,
    prepare: (client: Client, raise: (client: Client) => Promise<void>) => Promise<void>,
  ): Promise<Hold> {
    const client = await connect(options);
    try {
      await takeLock(client, options.where);
      const self = { pid: process.pid, host: hostname(), since: new Date().toISOString() };
      let term = 0;
      await prepare(client, async () => {
        term = await raiseTerm(client, self);
      });
      const hold = new Hold(options, client, term, self);
      hold.#watch();
      return hold;
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
  }

  /** Throws a `DatabaseFault` while the lock is away, and `IN_USE` once it is lost. */
  assertHeld(): void {
    if (this.#state === "lost") throw takenOver(this.#options.where);
    if (this.#state === "away") throw this.#away;
  }

  async release(): Promise<void> {
    this.#state = "released";
    clearInterval(this.#looking);
    await this.#client.end().catch(() => undefined);
  }

  #watch(): void {
    const client = this.#client;
    const gone = (error?: unknown) => void this.#goAway(client, error);
    client.on("error", gone).on("end", gone);
    // Cut off, the connection would say nothing.
    this.#looking = setInterval(() => void answersInTime(client).catch(gone), lookEveryMs).unref();
  }

  async #goAway(client: Client, error: unknown): Promise<void> {
    if (this.#state !== "held" || client !== this.#client) return;
    this.#state = "away";
    this.#away = broken();
    clearInterval(this.#looking);
    void client.end().catch(() => undefined);
    const { where, log } = this.#options;
    const reason = error === undefined ? "it was closed" : faultOf(error).message;
    log.error(
      { reason },
      `The hold on the database ${where} was lost: nothing is done until it is back`,
    );
    while (this.#state === "away") {
      if (await this.#retake()) return;
      await wait(retakeEveryMs);
    }
  }

  /** Whether there is nothing more to try. */
  async #retake(): Promise<boolean> {
    const { where, log, onLost } = this.#options;
    let client: Client | undefined;
    try {
      client = await connect(this.#options);
      if ((await termOf(client)) !== this.term) {
        await client.end();
        if (this.#state !== "away") return true;
        this.#state = "lost";
        onLost(takenOver(where));
        return true;
      }
      if ((await tryLock(client)) && (await isStillOf(client, this.term)))
        return this.#resume(client, log);
    } catch (error) {
      const { message, code } = faultOf(error);
      this.#away = new DatabaseFault("lost", message, code);
      log.debug({ reason: message }, "The database is not back yet");
    }
    await client?.end().catch(() => undefined);
    return false;
  }

  #resume(client: Client, log: Log): boolean {
    if (this.#state !== "away") {
      void client.end().catch(() => undefined);
      return true;
    }
    this.#client = client;
    this.#state = "held";
    this.#watch();
    log.info({}, "The database is held again: work goes on");
    return true;
  }
}

const broken = () =>
  new DatabaseFault("lost", "the connection that holds it for this process has broken");

async function answersInTime(client: Client): Promise<void> {
  const given = new AbortController();
  const late = wait(answerMs, undefined, { signal: given.signal, ref: false }).then(() => {
    throw new Error("it does not answer");
  });
  try {
    await Promise.race([client.query("select 1"), late]);
  } finally {
    given.abort();
    late.catch(() => undefined);
  }
}

async function takeLock(client: Client, where: string): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += patientEveryMs) {
    if (await tryLock(client)) return;
    if (waitedMs >= patienceMs) throw inUse(where, await holderWords(client));
    await wait(patientEveryMs);
  }
}

async function tryLock(client: Client): Promise<boolean> {
  await client.query(serverNotices);
  const { rows } = await client.query<{ held: boolean }>(
    "select pg_try_advisory_lock($1, $2) as held",
    [lockSpace, holderLock],
  );
  return rows[0]?.held === true;
}

const termOf = (client: Client) => readTerm(client, "select term from deskhand.holder");

/** In a transaction that has the fence alone. */
async function raiseTerm(client: Client, self: Holder): Promise<number> {
  // A session that ends lets go of its locks one by one: of that of its term, too, it must have by now.
  await client.query("select pg_advisory_xact_lock($1, term) from deskhand.holder", [termSpace]);
  const term = await readTerm(
    client,
    "update deskhand.holder set term = term + 1, session = pg_backend_pid(), said = $1 returning term",
    [JSON.stringify(self)],
  );
  await lockTerm(client, term);
  return term;
}

/** Whether nobody raised it; then it is this session's from now on. */
async function isStillOf(client: Client, term: number): Promise<boolean> {
  const sql =
    "update deskhand.holder set session = pg_backend_pid() where term = $1 returning term";
  if ((await readTerm(client, sql, [term])) !== term) return false;
  await lockTerm(client, term);
  return true;
}

/** As long as the session has it, what is written with this term is let through. */
const lockTerm = (client: Client, term: number) =>
  client.query("select pg_advisory_lock($1, $2)", [termSpace, term]);

async function readTerm(client: Client, sql: string, values: unknown[] = []): Promise<number> {
  const { rows } = await client.query<{ term: number }>(sql, values);
  return rows[0]?.term ?? -1;
}

const inUse = (where: string, holder = "another process"): StoreError =>
  new StoreError(
    "IN_USE",
    `The database ${where} is in use by ${holder}. This version runs as one process on a database: stop that one, or give this one another database in DATABASE_URL.`,
  );

const takenOver = (where: string): StoreError =>
  new StoreError(
    "IN_USE",
    `The connection that held the database ${where} broke, and another process has taken it over since. This one ends, so that nothing is sent twice. Run one process only.`,
  );
