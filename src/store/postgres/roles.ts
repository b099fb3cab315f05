/** The store as the process has it that leads on its database, and as those have it that follow. */
import type { Exchange, HeldStore, Log, SharedStore } from "../../desk/ports.ts";
import { Serial } from "../../desk/serial.ts";
import type { Database } from "./database.ts";
import { createExchange } from "./exchange.ts";
import type { Hold } from "./hold.ts";
import { PostgresStore } from "./store.ts";

export class LeadingStore extends PostgresStore implements HeldStore {
  readonly others: NonNullable<HeldStore["others"]>;
  readonly #hold: Hold;
  readonly #database: Database;
  readonly #serial = new Serial();

  constructor(database: Database, log: Log, hold: Hold) {
    super(database, log);
    this.#hold = hold;
    this.#database = database;
    const { handed, taken } = createExchange(database);
    const told = (said: string | undefined) => (said ? said.split(" ") : []);
    this.others = {
      ...{ handed, taken },
      listen: (onTold) => hold.listen((said) => onTold(told(said))),
    };
  }

  isHeld(): boolean {
    return this.#hold.isFresh;
  }

  async announce(url: string | undefined): Promise<void> {
    const said = JSON.stringify({ ...this.#hold.self, ...(url !== undefined && { url }) });
    await this.#serial.run("announce", () =>
      this.#database.writeOne(({ term }) => ({
        name: "announce",
        text: "update deskhand.holder set said = $1 where term = $2",
        values: [said, term],
      })),
    );
  }

  override async close(): Promise<void> {
    await this.#serial.settled();
    await super.close();
    await this.#hold.release();
  }
}

export class FollowingStore extends PostgresStore implements SharedStore {
  readonly exchange: Pick<Exchange, "tell" | "hand">;

  constructor(database: Database, log: Log) {
    super(database, log);
    this.exchange = createExchange(database);
  }
}
