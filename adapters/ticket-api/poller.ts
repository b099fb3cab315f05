/** Brings in what people write and change at a remote ticket service, by asking it again and again. */
import { z } from "zod";
import { Pauses } from "../../src/desk/pauses.ts";
import type { Log, TicketStore } from "../../src/desk/ports.ts";
import type { ServiceDesk, TicketService } from "../../src/desk/service.ts";
import { type After, within } from "../../src/desk/timing.ts";
import { createLister, type Listed } from "./changed.ts";
import type { TicketApi } from "./client.ts";
import { TicketApiError, type TicketApiErrorCode } from "./errors.ts";
import { inTurns } from "./in-turns.ts";
import { KnownTickets, type Polled } from "./known.ts";

export interface PollerParts {
  api: Pick<TicketApi, "list">;
  service: Pick<TicketService, "read">;
  desk: ServiceDesk;
  store: Pick<TicketStore, "value" | "setValue">;
  /** Of the value that keeps how far was read. */
  name: string;
  /** From the end of one poll to the next, at least. */
  pollMs: number;
  log: Log;
  now(): number;
  after: After;
  /** From 0 to 1. */
  random(): number;
  /** Told of every poll. */
  onPoll?(outcome: "done" | "failed"): void;
}

export interface Poller {
  /** Does not wait. */
  start(): void;
  /** Begins nothing more, and waits for what is under way, but no longer than this. */
  stop(graceMs: number): Promise<void>;
}

/** Clocks of a service's machines may differ, and what is written last be listed late. */
const overlapMs = 2 * 60_000;
/** A time that is further ahead than this is a mistake: waiting for it would miss all until then. */
const aheadMs = 10 * 60_000;
const longestWaitMs = 5 * 60_000;
const longestAskedMs = 60 * 60_000;
const mostAtOnce = 4;
const mostTries = 3;
/** So many tickets one after the other: it is not the tickets. */
const mostFailedInARow = 5;

export function createPoller(parts: PollerParts): Poller {
  const running = new Running(parts);
  let run: Promise<void> | undefined;
  return {
    start() {
      run ??= running.run();
    },
    async stop(graceMs) {
      running.end();
      await within(run ?? Promise.resolve(), { ms: graceMs, after: parts.after, late: undefined });
    },
  };
}

/** How far was read: when the latest change was that was seen, and what was not taken in by then. */
const progressSchema = z.object({
  /** In ms since 1970, by the service. */
  updatedMs: z.int(),
  behind: z.array(z.string()),
});

type Progress = z.output<typeof progressSchema>;

class Running {
  readonly #parts: PollerParts;
  readonly #pauses: Pauses;
  readonly #list: (since: number | undefined) => Promise<Listed>;
  readonly #tickets = new KnownTickets();
  /** As it is in the store; null: nothing is there. */
  #progress: Progress | null | undefined;
  #failedPolls = 0;
  #failedInARow = 0;

  constructor(parts: PollerParts) {
    this.#parts = parts;
    this.#pauses = new Pauses(parts.after);
    this.#list = createLister(parts.api);
  }

  async run(): Promise<void> {
    let waitMs = 0;
    while (await this.#pauses.pause(waitMs)) waitMs = await this.#pollOnce();
  }

  end(): void {
    this.#pauses.end();
  }

  /** How long to wait until the next. */
  async #pollOnce(): Promise<number> {
    const { log, pollMs } = this.#parts;
    try {
      await this.#poll();
      if (this.#pauses.isOver) return 0;
      if (this.#failedPolls > 0) log.info({}, "The ticket service can be read again");
      this.#failedPolls = 0;
      this.#parts.onPoll?.("done");
      return pollMs;
    } catch (error) {
      if (this.#pauses.isOver) return 0;
      this.#failedPolls += 1;
      if (this.#failedPolls === 1) this.#tellOf(error);
      this.#parts.onPoll?.("failed");
      return this.#backoffMs(error);
    }
  }

  #tellOf(error: unknown): void {
    const { log } = this.#parts;
    if (error instanceof TicketApiError)
      log.warn(
        { code: error.code, reason: error.message },
        "The ticket service cannot be read: what is written there comes once it can",
      );
    else log.error({ err: error }, "What the ticket service tells cannot be taken in: it waits");
  }

  #backoffMs(error: unknown): number {
    const { pollMs, random } = this.#parts;
    const most = Math.max(pollMs, longestWaitMs);
    const waitMs = Math.min(most, pollMs * 2 ** Math.min(this.#failedPolls, 30));
    const askedMs = error instanceof TicketApiError ? (error.retryAfterMs ?? 0) : 0;
    return Math.max(waitMs * (0.5 + random() / 2), Math.min(askedMs, longestAskedMs));
  }

  async #poll(): Promise<void> {
    const { desk, now } = this.#parts;
    const progress = await this.#loaded();
    const linked = await desk.linked();
    const sinceMs = progress ? progress.updatedMs - overlapMs : undefined;
    const listed = await this.#list(sinceMs);
    if (this.#pauses.isOver) return;
    const polled: Polled = { listed, linked, sinceMs, now: now() };
    this.#failedInARow = 0;
    await inTurns(this.#tickets.due(polled), mostAtOnce, async (id) => {
      if (!this.#pauses.isOver) await this.#take(id, polled);
    });
    if (this.#pauses.isOver) return;
    this.#tickets.prune(polled);
    await this.#save(progress, listed);
  }

  async #loaded(): Promise<Progress | null> {
    if (this.#progress !== undefined) return this.#progress;
    const { store, name } = this.#parts;
    const kept = await store.value(name);
    const read = progressSchema.safeParse(kept === undefined ? undefined : jsonOf(kept));
    this.#tickets.wereBehind(read.data?.behind ?? []);
    this.#progress = read.data ?? null;
    return this.#progress;
  }

  /** Everything up to then is taken in by now, but for what is behind, which is told as well. */
  async #save(before: Progress | null, { newestMs }: Listed): Promise<void> {
    const { store, name, now } = this.#parts;
    const seenMs = newestMs === undefined ? undefined : Math.min(newestMs, now() + aheadMs);
    const latest = [before?.updatedMs, seenMs].filter((at) => at !== undefined);
    if (latest.length === 0) return;
    const progress = { updatedMs: Math.max(...latest), behind: this.#tickets.behind };
    const value = JSON.stringify(progress);
    if (value === JSON.stringify(before)) return;
    await store.setValue(name, value);
    this.#progress = progress;
  }

  /** One that cannot be taken in keeps no other back: it is tried again. Throws what concerns all. */
  async #take(id: string, polled: Polled): Promise<void> {
    try {
      await this.#takeIn(id, polled);
      this.#failedInARow = 0;
    } catch (error) {
      if (concernsAll(error)) throw error;
      const isFirst = this.#isBehind(id, error);
      if (isFirst && !concernsOne(error)) this.#failedInARow += 1;
      if (this.#failedInARow >= mostFailedInARow) throw error;
    }
  }

  async #takeIn(id: string, polled: Polled): Promise<void> {
    const { desk, service, now } = this.#parts;
    for (let tries = 0; tries < mostTries; tries += 1) {
      const readMs = now();
      const stamp = await desk.stampOf(id);
      if (stamp === undefined) return this.#tickets.unknown(id);
      const ticket = await service.read(id);
      if (this.#pauses.isOver) return;
      const taken = await desk.takeIn(ticket, stamp);
      if (taken === "unknown") return this.#tickets.unknown(id);
      if (taken === "taken") return this.#tickets.taken(id, ticket.updatedAt, readMs, polled);
    }
    // It changes here all the time: the next poll finds it again.
    this.#tickets.failed(id, 0, now());
  }

  /** Whether it is news that it is. */
  #isBehind(id: string, error: unknown): boolean {
    const { log, pollMs, now } = this.#parts;
    const { attempts } = this.#tickets.failed(id, pollMs, now());
    if (attempts > 1) return false;
    if (error instanceof TicketApiError)
      log.warn(
        { serviceTicket: id, code: error.code, reason: error.message },
        "A ticket cannot be read at the ticket service: it is tried again",
      );
    else
      log.error(
        { serviceTicket: id, err: error },
        "What a ticket of the ticket service says cannot be taken in: it is tried again",
      );
    return true;
  }
}

const ofTheService: ReadonlySet<TicketApiErrorCode> = new Set<TicketApiErrorCode>([
  "UNREACHABLE",
  "TLS_FAILED",
  "CONNECT_TIMEOUT",
  "CLOSED",
  "REDIRECTED",
  "UNAUTHORIZED",
  "RATE_LIMITED",
]);

const ofOneTicket: ReadonlySet<TicketApiErrorCode> = new Set<TicketApiErrorCode>([
  "FORBIDDEN",
  "NOT_FOUND",
  "CONFLICT",
  "REFUSED",
  "UNREADABLE_TICKET",
  "RESPONSE_TOO_LARGE",
]);

/** Only this ticket is at fault. */
const concernsOne = (error: unknown): boolean =>
  error instanceof TicketApiError && ofOneTicket.has(error.code);

/** Not this ticket is at fault. */
const concernsAll = (error: unknown): boolean =>
  error instanceof TicketApiError && ofTheService.has(error.code);

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
