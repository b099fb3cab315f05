import { hostname } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import type { Client } from "pg";
import { type Holder, type Log, StoreError } from "../../desk/ports.ts";
import type { PostgresAddress } from "./address.ts";
import { connect } from "./connection.ts";
import { DatabaseFault, faultOf } from "./faults.ts";
import { Freshness } from "./freshness.ts";
import { holderWords } from "./holder.ts";
import { inTime } from "./in-time.ts";
import { lockSpace } from "./migrate.ts";
import { holderLock, isStillOf, raiseTerm, showTerm, termOf } from "./term.ts";

/**
 * The server drops a holder whose machine is gone after 11 s; the holder itself has noticed by then
 * that it is cut off, and has stopped: it looks every 3 s, and waits for an answer as long.
 */
const serverNotices = `
  set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 2; set tcp_keepalives_count = 3;
`;
const lookEveryMs = 3_000;

/** Who has had no answer for so long does nothing more: others may think by 12 s that it is gone. */
const freshMs = 9_000;

const retakeEveryMs = 250;

/** Of whoever has just ended, or was killed, the server has noticed within this. */
const patienceMs = 5_000;
const patientEveryMs = 50;

export interface HoldOptions extends PostgresAddress {
  where: string;
  log: Log;
  /** Told once, when another process has come in between: this one must do nothing more with it. */
  onLost: (error: StoreError) => void;
}

/** Raises the term in a transaction that has the fence alone, and whatever is to be done before. */
export type Prepare = (client: Client, raise: (client: Client) => Promise<void>) => Promise<void>;

/**
 * Holds the database for this process, by an advisory lock that the server drops with its connection.
 * When that breaks, the process does nothing with the database until it has the lock again, and
 * nothing any more when another had it meanwhile.
 *
 * A process may believe that it holds the database for a while after it does not: so each holder
 * raises a term, and the database refuses what is written while the session of its term is gone; and
 * what is done elsewhere asks `isFresh` first.
 */
export class Hold {
  readonly #options: HoldOptions;
  readonly #fresh: Freshness;
  #client: Client;
  /** Raised by each holder: who finds it as it was has been the only one. */
  readonly term: number;
  /** What this process says of itself, but for where it listens. */
  readonly self: Holder;
  #state: "held" | "away" | "lost" | "released" = "held";
  /** Why it is away. */
  #away = broken();
  #looking: NodeJS.Timeout | undefined;
  #onNotice: ((said: string | undefined) => void) | undefined;

  private constructor(
    options: HoldOptions,
    {
      client,
      term,
      self,
      fresh,
    }: Pick<Hold, "term" | "self"> & { client: Client; fresh: Freshness },
  ) {
    this.#options = options;
    this.#client = client;
    this.#fresh = fresh;
    this.term = term;
    this.self = self;
  }

  /** Waits a little for one that is just ending. Throws `IN_USE`, and what pg throws. */
  static async take(options: HoldOptions, prepare: Prepare): Promise<Hold> {
    const client = await connect(options);
    try {
      await takeLock(client, options.where);
      return await Hold.#on(options, client, prepare);
    } catch (error) {
      void client.end().catch(() => undefined);
      throw error;
    }
  }

  /** With a connection of its own from then on; undefined: another holds it. Throws what pg throws. */
  static async tryOn(
    client: Client,
    options: HoldOptions,
    prepare: Prepare,
  ): Promise<Hold | undefined> {
    return (await inTime(tryLock(client))) ? Hold.#on(options, client, prepare) : undefined;
  }

  static async #on(options: HoldOptions, client: Client, prepare: Prepare): Promise<Hold> {
    const self = { pid: process.pid, host: hostname(), since: new Date().toISOString() };
    let term = 0;
    // Others count from the moment at which the term is raised, which may be long before its commit ends.
    let fresh = new Freshness(freshMs);
    await prepare(client, async () => {
      fresh = new Freshness(freshMs);
      term = await raiseTerm(client, self);
    });
    const hold = new Hold(options, { client, term, self, fresh });
    hold.#watch();
    return hold;
  }

  /** Throws a `DatabaseFault` while the lock is away, and `IN_USE` once it is lost. */
  assertHeld(): void {
    if (this.#state === "lost") throw takenOver(this.#options.where);
    if (this.#state === "away") throw this.#away;
  }

  /** Whether this process surely is the only one that holds it: asked before anything is sent. */
  get isFresh(): boolean {
    return this.#state === "held" && this.#fresh.isFresh;
  }

  /** Is told what others say from now on; undefined: something may have been said that is not told. */
  async listen(onNotice: (said: string | undefined) => void): Promise<void> {
    this.#onNotice = onNotice;
    const client = this.#client;
    await client.query(`listen ${noticeChannel}`).catch((error) => this.#goAway(client, error));
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
    client.on("notification", ({ payload }) => this.#onNotice?.(payload));
    const show = () => this.#fresh.confirm(() => inTime(showTerm(client, this.term)));
    // Cut off, the connection would say nothing.
    this.#looking = setInterval(() => void show().catch(gone), lookEveryMs).unref();
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
        void client.end().catch(() => undefined);
        if (this.#state !== "away") return true;
        this.#state = "lost";
        onLost(takenOver(where));
        return true;
      }
      const mine = client;
      await this.#fresh.confirm(async () => {
        if ((await tryLock(mine)) && (await isStillOf(mine, this.term))) return;
        throw new DatabaseFault("lost", "another session holds it at the moment");
      });
      return await this.#resume(client, log);
    } catch (error) {
      const { message, code } = faultOf(error);
      this.#away = new DatabaseFault("lost", message, code);
      log.debug({ reason: message }, "The database is not back yet");
    }
    void client?.end().catch(() => undefined);
    return false;
  }

  async #resume(client: Client, log: Log): Promise<boolean> {
    if (this.#state !== "away") {
      void client.end().catch(() => undefined);
      return true;
    }
    this.#client = client;
    this.#state = "held";
    this.#watch();
    log.info({}, "The database is held again: work goes on");
    if (this.#onNotice) {
      await this.listen(this.#onNotice);
      this.#onNotice(undefined);
    }
    return true;
  }
}

/** Where processes tell the one that holds the database what has changed. */
export const noticeChannel = "deskhand";

const broken = () =>
  new DatabaseFault("lost", "the connection that holds it for this process has broken");

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

const inUse = (where: string, holder = "another process"): StoreError =>
  new StoreError(
    "IN_USE",
    `The database ${where} is in use by ${holder}. What is to be done needs it alone: stop every Deskhand that uses it, or give another database in DATABASE_URL.`,
  );

const takenOver = (where: string): StoreError =>
  new StoreError(
    "IN_USE",
    `The connection that held the database ${where} broke, and another process has taken it over since: this one does nothing more with it, so that nothing is sent twice.`,
  );
