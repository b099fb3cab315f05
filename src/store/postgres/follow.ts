import type { Client } from "pg";
import type { HeldStore, SharedStore } from "../../desk/ports.ts";
import { whereIs } from "./address.ts";
import { connect } from "./connection.ts";
import { Database, following } from "./database.ts";
import { Hold, type HoldOptions } from "./hold.ts";
import { migrate } from "./migrate.ts";
import { assertFinished, inWords, leadingOn, type PostgresOptions } from "./open.ts";
import { FollowingStore } from "./roles.ts";
import { endSilent } from "./term.ts";

/** Whoever leads shows that it does every 3 s, and does nothing more once it could not for 9 s. */
const silentMs = 12_000;

/** A process on a database that several share: it follows, until it can lead. */
export interface Member {
  /** Opens the store as one that follows has it. Throws as `openPostgresStore`. */
  follow(): Promise<SharedStore>;
  /**
   * Leads, if no other process does; undefined: another does. One that stands still is put out. Throws
   * as `openPostgresStore`.
   */
  tryToLead(): Promise<HeldStore | undefined>;
  close(): Promise<void>;
}

/** Connects nothing yet. */
export function joinDatabase(options: PostgresOptions): Member {
  return new DatabaseMember(options);
}

class DatabaseMember implements Member {
  readonly #options: PostgresOptions;
  readonly #hold: HoldOptions;
  readonly #where: string;
  /** Asks again and again whether it can lead. */
  #client: Client | undefined;

  constructor(options: PostgresOptions) {
    const { url, log, onLost } = options;
    this.#options = options;
    this.#where = whereIs(options);
    this.#hold = { url, log, onLost, where: this.#where };
  }

  follow(): Promise<SharedStore> {
    return inWords(this.#where, async () => {
      await migrate(await this.#connected());
      const store = new FollowingStore(new Database(this.#options, following), this.#options.log);
      await assertFinished(store, this.#where);
      return store;
    });
  }

  tryToLead(): Promise<HeldStore | undefined> {
    return inWords(this.#where, async () => {
      const client = await this.#connected();
      try {
        const hold = await Hold.tryOn(client, this.#hold, migrate);
        if (!hold) {
          await endSilent(client, silentMs);
          return undefined;
        }
        this.#client = undefined;
        return await leadingOn(hold, this.#options);
      } catch (error) {
        await this.close();
        throw error;
      }
    });
  }

  async #connected(): Promise<Client> {
    this.#client ??= await connect(this.#options);
    return this.#client;
  }

  /** Does not wait for a connection that is cut. */
  async close(): Promise<void> {
    void this.#client?.end().catch(() => undefined);
    this.#client = undefined;
  }
}
