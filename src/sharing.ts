/** One of several processes on one store: it follows the one that leads, and leads when that is gone. */

import type { Config } from "./config.ts";
import { StoreError } from "./desk/ports.ts";
import { follow } from "./follower.ts";
import { lead } from "./leader.ts";
import { joinStore } from "./open-store.ts";
import { type Given, orUndone, type Service, type Undoing } from "./serving.ts";
import type { Member } from "./store/postgres/follow.ts";

/** Whoever leads and dies is followed by another within this, and what the server takes to notice. */
const tryEveryMs = 1_000;

export class Sharing implements Service {
  readonly #given: Given;
  readonly #member: Member;
  readonly #fail: (error: Error) => void;
  #service: Service | undefined;
  /** What changes the role, one after the other. */
  #turning: Promise<void> = Promise.resolve();
  #cancel: () => void = () => undefined;
  #isLeading = false;
  #isStopped = false;

  private constructor(given: Given, member: Member, fail: (error: Error) => void) {
    this.#given = given;
    this.#member = member;
    this.#fail = fail;
  }

  /** `fail` is told what forces this process to end. Throws what keeps it from starting. */
  static async start(
    given: Given,
    database: NonNullable<Config["database"]>,
    fail: (error: Error) => void,
  ): Promise<Sharing> {
    const lost = (error: StoreError) => sharing.#lost(error);
    const sharing = new Sharing(given, await joinStore(database, given.log, lost), fail);
    try {
      if (!(await sharing.#tryToLead())) await sharing.#follow();
      return sharing;
    } catch (error) {
      await sharing.#member.close();
      throw error;
    }
  }

  get tokens(): Service["tokens"] {
    return this.#service?.tokens ?? [];
  }

  problems(): string[] {
    return this.#service?.problems() ?? [];
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    await this.#turning;
    await this.#service?.stop();
    await this.#member.close();
  }

  /** Whether this process leads now. */
  async #tryToLead(): Promise<boolean> {
    const store = await this.#member.tryToLead();
    if (!store) return false;
    const undoing: Undoing = [() => store.close()];
    const before = this.#service;
    this.#service = await orUndone(undoing, () => lead(store, this.#given, undoing));
    this.#isLeading = true;
    await before?.stop();
    return true;
  }

  async #follow(): Promise<void> {
    const store = await this.#member.follow();
    const undoing: Undoing = [() => store.close()];
    const before = this.#service;
    this.#service = await orUndone(undoing, () => follow(store, this.#given, undoing));
    this.#isLeading = false;
    this.#tryLater();
    await before?.stop();
  }

  #tryLater(): void {
    if (this.#isStopped) return;
    this.#cancel = this.#given.world.after(tryEveryMs, () => {
      this.#turn(async () => {
        if (this.#isLeading || (await this.#leadIfItCan())) return;
        this.#tryLater();
      });
    });
  }

  /** A database that cannot be asked now may be asked later; what cannot be put right ends the process. */
  async #leadIfItCan(): Promise<boolean> {
    try {
      return await this.#tryToLead();
    } catch (err) {
      if (!isPassing(err)) throw err;
      this.#given.log.debug({ err }, "Whether this process is to lead cannot be asked");
      return false;
    }
  }

  #lost({ message }: StoreError): void {
    this.#given.log.error({ reason: message }, "This process leads no more: it follows");
    this.#turn(() => this.#followAgain());
  }

  /** As long as it takes: until then, what this process has of its role does nothing more. */
  async #followAgain(): Promise<void> {
    try {
      await this.#follow();
    } catch (err) {
      if (!isPassing(err)) throw err;
      this.#given.log.warn({ err }, "The database cannot be followed yet: it is tried again");
      this.#cancel = this.#given.world.after(tryEveryMs, () =>
        this.#turn(() => this.#followAgain()),
      );
    }
  }

  #turn(work: () => Promise<void>): void {
    this.#turning = this.#turning
      .then(() => (this.#isStopped ? undefined : work()))
      .catch((error: unknown) =>
        this.#fail(error instanceof Error ? error : new Error(String(error))),
      );
  }
}

/** What is wrong with the database now may be right in a moment, and another may lead by now. */
const isPassing = (error: unknown): boolean =>
  error instanceof StoreError && passing.has(error.code);

const passing: ReadonlySet<string> = new Set([
  "READ_FAILED",
  "WRITE_FAILED",
  "WRITE_UNCERTAIN",
  "IN_USE",
]);
