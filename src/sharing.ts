/** One of several processes on one store: it follows the one that leads, and leads when that is gone. */

import type { Config } from "./config.ts";
import { type HeldStore, StoreError } from "./desk/ports.ts";
import { follow } from "./follower.ts";
import { lead } from "./leader.ts";
import { joinStore } from "./open-store.ts";
import { type Given, orUndone, type Service, type Undoing } from "./serving.ts";
import type { Member } from "./store/postgres/follow.ts";

/** Whoever leads and dies is followed by another within this, and what the server takes to notice. */
const tryEveryMs = 1_000;
/** Others put it out 12 s after it last showed itself; 6 s may have passed until it knew. */
const unsureForMs = 4_000;

export class Sharing implements Service {
  readonly #given: Given;
  readonly #member: Member;
  readonly #fail: (error: Error) => void;
  #service: Service | undefined;
  /** What changes the role, one after the other. */
  #turning: Promise<void> = Promise.resolve();
  #cancel: () => void = () => undefined;
  #leading: HeldStore | undefined;
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
    const began = sharing.#begin();
    // What happens meanwhile to the role waits for that.
    sharing.#turning = began.catch(() => undefined);
    try {
      await began;
      return sharing;
    } catch (error) {
      await sharing.#member.close();
      throw error;
    }
  }

  /** Who loses the lead while beginning with it follows. */
  async #begin(): Promise<void> {
    const isLeading = await this.#tryToLead().catch((error: unknown) => {
      if (error instanceof StoreError && error.code === "IN_USE") return false;
      throw error;
    });
    if (!isLeading) await this.#follow();
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
    if (store) await this.#lead(store);
    return store !== undefined;
  }

  async #lead(store: HeldStore): Promise<void> {
    const undoing: Undoing = [() => store.close()];
    const before = this.#service;
    this.#service = await orUndone(undoing, () => lead(store, this.#given, undoing));
    this.#leading = store;
    this.#watch();
    await before?.stop();
  }

  async #follow(): Promise<void> {
    const store = await this.#member.follow();
    const undoing: Undoing = [() => store.close()];
    const before = this.#service;
    this.#service = await orUndone(undoing, () => follow(store, this.#given, undoing));
    this.#tryLater();
    await before?.stop();
  }

  #tryLater(): void {
    if (this.#isStopped) return;
    this.#cancel = this.#given.world.after(tryEveryMs, () => {
      this.#turn(async () => {
        if (this.#leading || (await this.#leadIfItCan())) return;
        this.#tryLater();
      });
    });
  }

  /**
   * Whether it leads, or has tried and follows anew. A database that cannot be asked now may be asked
   * later; what cannot be put right ends the process.
   */
  async #leadIfItCan(): Promise<boolean> {
    const { log } = this.#given;
    const store = await this.#member.tryToLead().catch((err: unknown) => {
      if (!isPassing(err)) throw err;
      log.debug({ err }, "Whether this process is to lead cannot be asked");
      return undefined;
    });
    if (!store) return false;
    try {
      await this.#lead(store);
    } catch (err) {
      if (!isPassing(err)) throw err;
      log.warn({ err }, "This process could not begin to lead: it follows");
      await this.#followAgain();
    }
    return true;
  }

  /** A leader that could not be sure of it for so long may not be the only one: it gives up. */
  #watch(sinceMs = 0): void {
    if (this.#isStopped) return;
    this.#cancel = this.#given.world.after(tryEveryMs, () => {
      const unsureMs = this.#leading?.isHeld() ? 0 : sinceMs + tryEveryMs;
      if (unsureMs < unsureForMs) this.#watch(unsureMs);
      else this.#lost({ message: "it could not be sure of it for too long" });
    });
  }

  #lost({ message }: Pick<StoreError, "message">): void {
    this.#given.log.error({ reason: message }, "This process leads no more: it follows");
    this.#turn(async () => {
      if (!this.#leading) return;
      this.#leading = undefined;
      this.#cancel();
      // Before anything else: another may be connected where this one is.
      await this.#service?.stop().catch((err: unknown) => {
        this.#given.log.error({ err }, "What this process led did not end in order");
      });
      this.#service = undefined;
      await this.#followAgain();
    });
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
