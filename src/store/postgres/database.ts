import { setTimeout as wait } from "node:timers/promises";
import { Pool, type PoolClient, type QueryResultRow } from "pg";
import type { Log } from "../../desk/ports.ts";
import { type PostgresAddress, whereIs } from "./address.ts";
import { clientConfig, connectMs, prepareConnection } from "./connection.ts";
import { DatabaseFault, faultOf, mayPass, storeError } from "./faults.ts";
import type { Hold } from "./hold.ts";

export interface PoolOptions extends PostgresAddress {
  /** How many connections there are at most. */
  connections: number;
  /** How long a caller waits for one of them, before it is told that there is none. */
  connectMs?: number;
  /** How long to wait before each further try of what may pass. */
  retriesMs?: readonly number[];
  log: Log;
}

/** Unless told otherwise: 2.4 s in all, less than the 3 s in which a chat wants its answer. */
const usualRetriesMs = [10, 40, 100, 250, 500, 500, 1_000];

/** Names a statement that is prepared once per connection. */
export interface Statement {
  name: string;
  text: string;
  values: unknown[];
}

/** A connection, while a caller has it. Throws a `DatabaseFault`. */
export interface Connection {
  /** With which this process may write, for `deskhand.fence`; null: that of no holder. */
  readonly term: number | null;
  query<Row extends QueryResultRow>(statement: Statement | string): Promise<Row[]>;
  /** Told right before what may be done although its answer never comes. */
  commits(): void;
  /** Such was sent in an earlier try, and whether it was done is not known. */
  readonly isUncertain: boolean;
  /** Told once it is known what became of it. */
  knows(): void;
}

/** What lets a process work on the database: its hold, or that it follows whoever has one. */
export type Standing = Pick<Hold, "assertHeld"> & { readonly term: number | null };

/** Of a process that holds nothing: what it writes presumes nothing about what others do. */
export const following: Standing = { term: null, assertHeld: () => undefined };

type Work<T> = (connection: Connection) => Promise<T>;

/**
 * Connections to PostgreSQL, and what to do when one breaks. Work is tried again where a failure may
 * pass; so it must be such that doing it twice is doing it once, also when it is not known whether it
 * was done.
 */
export class Database {
  readonly where: string;
  readonly #pool: Pool;
  readonly #standing: Standing;
  readonly #retriesMs: readonly number[];
  readonly #running = new Set<Promise<unknown>>();

  constructor(options: PoolOptions, standing: Standing) {
    this.where = whereIs(options);
    this.#standing = standing;
    this.#retriesMs = options.retriesMs ?? usualRetriesMs;
    this.#pool = new Pool({
      ...clientConfig(options),
      max: options.connections,
      connectionTimeoutMillis: options.connectMs ?? connectMs,
      onConnect: prepareConnection,
    });
    this.#pool.on("error", (error) => {
      const { message, code } = faultOf(error);
      options.log.warn({ reason: message, code }, "A connection to the database was lost");
    });
    // While a caller has it, the pool does not listen; unheard, it would end the process.
    this.#pool.on("connect", (client) => void client.on("error", () => undefined));
  }

  /** Resolves to what one statement found. Throws `READ_FAILED`. */
  read<Row extends QueryResultRow>(statement: Statement | string): Promise<Row[]> {
    return this.#run("read", ({ query }) => query<Row>(statement));
  }

  /** Throws `WRITE_FAILED`, `WRITE_UNCERTAIN`, or what the work throws. */
  write<T>(work: Work<T>): Promise<T> {
    return this.#run("write", work);
  }

  /** As `write`, of one statement. */
  writeOne(statement: (connection: Connection) => Statement): Promise<void> {
    return this.write(async (connection) => {
      connection.commits();
      await connection.query(statement(connection));
    });
  }

  /** Waits for what is under way, then closes every connection. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#running);
    await this.#pool.end();
  }

  async #run<T>(doing: "read" | "write", work: Work<T>): Promise<T> {
    const running = this.#untilDone(doing, work);
    this.#running.add(running);
    return running.finally(() => this.#running.delete(running));
  }

  async #untilDone<T>(doing: "read" | "write", work: Work<T>): Promise<T> {
    const state = { isUncertain: false };
    for (let tries = 0; ; tries += 1) {
      try {
        return await this.#once(work, state);
      } catch (error) {
        if (!(error instanceof DatabaseFault)) throw error;
        const delayMs = this.#retriesMs[tries];
        if (!mayPass(error) || delayMs === undefined)
          throw storeError(error, { ...state, where: this.where, doing });
        await wait(delayMs);
      }
    }
  }

  async #once<T>(work: Work<T>, state: { isUncertain: boolean }): Promise<T> {
    this.#standing.assertHeld();
    const client = await this.#pool.connect().catch(faulty);
    let before = state.isUncertain;
    const connection: Connection = {
      term: this.#standing.term,
      query: async <Row extends QueryResultRow>(statement: Statement | string) =>
        (await client.query<Row>(statement).catch(faulty)).rows,
      commits: () => {
        state.isUncertain = true;
      },
      get isUncertain() {
        return state.isUncertain;
      },
      knows: () => {
        before = false;
        state.isUncertain = false;
      },
    };
    try {
      const result = await work(connection);
      client.release();
      return result;
    } catch (error) {
      await letGo(client, error);
      // What the server undid was not done; that of an earlier try may have been.
      if (error instanceof DatabaseFault && isUndone(error)) state.isUncertain = before;
      throw error;
    }
  }
}

const isUndone = ({ kind, code = "" }: DatabaseFault): boolean =>
  kind === "again" || kind === "refused" || undoneCodes.has(code);

const undoneCodes = new Set(["57014", "25006", "DH001"]);

const faulty = (error: unknown): never => {
  throw faultOf(error);
};

/** A connection on which something went wrong serves no one else; what it had begun is undone. */
async function letGo(client: PoolClient, error: unknown): Promise<void> {
  if (error instanceof DatabaseFault) {
    client.release(true);
    return;
  }
  await client.query("rollback").then(
    () => client.release(),
    () => client.release(true),
  );
}
