/**
 * Sends what is owed, each lane of a ticket (a place, its marks, its files) one delivery after the
 * other: look what comes next → write down what is about to be made → send it → write down what
 * became of it. What was begun when the process died, or ended in doubt, is looked for before
 * anything else is sent, also if it was changed or taken back meanwhile.
 */
import type { TicketId } from "../tickets/ticket.ts";
import { Begun } from "./begun.ts";
import type { Failure } from "./chat.ts";
import { type Courier, type CourierParts, createCourier } from "./courier.ts";
import { lanesOf, type Next, nextIn, troubleOf } from "./deliveries.ts";
import { type Delivery, isMaking, type Making, platformOf } from "./delivery.ts";
import type { TicketDocument } from "./document.ts";
import type { TicketStore } from "./ports.ts";
import { begin, type Result, type SettleRules, settle } from "./settle.ts";

export interface OutboxParts extends CourierParts {
  store: TicketStore;
  rules: SettleRules;
  now(): number;
  /** Does the work after so long; calling what it returns keeps it from being done. */
  after(ms: number, work: () => void): () => void;
  /** Told of every attempt: `sent`, or how it failed. */
  onAttempt?(platform: string, outcome: "sent" | Failure["outcome"]): void;
}

export interface Outbox {
  /** Takes up what is owed from before; until then, nothing is sent. */
  start(): Promise<void>;
  /**
   * To be called at the end of each change of a document: puts down in it what is sent next because
   * of it, so that sending it needs no write of its own.
   */
  prepare(draft: TicketDocument): void;
  /** Something has changed in this ticket. Does not wait. */
  wake(id: TicketId): void;
  /** Begins nothing more, and waits for what is under way, but no longer than this. */
  stop(graceMs: number): Promise<void>;
  /** How many tickets owe something, and since when (in ms) the oldest of them. */
  backlog(): { tickets: number; since: number | undefined };
}

type Find = Extract<Delivery, { do: "find" }>;

interface Lane {
  ticket: TicketId;
  name: string;
  isRunning: boolean;
  /** It was woken while it ran. */
  again: boolean;
  cancel: (() => void) | undefined;
}

/** How long a lane waits for a store that cannot be read or written. */
const storeWaitMs = 2_000;

/** What a process that was killed had sent is looked for after so long: it has arrived by then. */
const mostUnderwayMs = 5_000;

export function createOutbox(parts: OutboxParts): Outbox {
  const running = new Running(parts);
  return {
    start: () => running.start(),
    prepare: (draft) => running.prepare(draft),
    wake: (id) => void running.look(id),
    stop: (graceMs) => running.stop(graceMs),
    backlog: () => running.backlog(),
  };
}

const makingOf = (next: Next): Making | undefined =>
  next && "delivery" in next && isMaking(next.delivery) ? next.delivery : undefined;

class Running {
  readonly #parts: OutboxParts;
  readonly #courier: Courier;
  readonly #lanes = new Map<string, Lane>();
  /** Tickets that owe something, and since when. */
  readonly #owing = new Map<TicketId, number>();
  readonly #underway = new Set<Promise<void>>();
  readonly #begun = new Begun();
  #startedAt: number | undefined;
  #stopped = false;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
    this.#courier = createCourier(parts);
  }

  async start(): Promise<void> {
    // What is owed by now is found below; of what is changed from now on, it is told.
    this.#startedAt = this.#parts.now();
    for (const id of await this.#parts.store.owing()) await this.look(id);
  }

  prepare(draft: TicketDocument): void {
    if (this.#startedAt === undefined || this.#stopped || !draft.owes) return;
    for (const { id } of draft.places) {
      if (draft.underway.some(({ place }) => place === id)) continue;
      const delivery = this.#makingNext(draft, id);
      if (!delivery || !this.#courier.carries(delivery)) continue;
      begin(draft, delivery);
      this.#begun.add(delivery.key, { isSent: false });
    }
  }

  /** What a lane makes next; that this cannot be told must not keep a change from being saved. */
  #makingNext(draft: TicketDocument, lane: string): Making | undefined {
    try {
      return makingOf(this.#next(draft, lane));
    } catch (err) {
      this.#parts.log.debug({ lane, err }, "What is sent next cannot be told yet");
      return undefined;
    }
  }

  backlog() {
    const since = this.#owing.size === 0 ? undefined : Math.min(...this.#owing.values());
    return { tickets: this.#owing.size, since };
  }

  async stop(graceMs: number): Promise<void> {
    this.#stopped = true;
    for (const lane of this.#lanes.values()) lane.cancel?.();
    await new Promise<void>((resolve) => {
      const cancel = this.#parts.after(graceMs, resolve);
      Promise.all(this.#underway).then(() => {
        cancel();
        resolve();
      });
    });
  }

  /** Sets every lane of a ticket going that has something to do. */
  async look(id: TicketId): Promise<void> {
    if (this.#startedAt === undefined || this.#stopped) return;
    const document = await this.#read(id);
    if (!document) return;
    if (!document.owes) this.#owing.delete(id);
    else if (!this.#owing.has(id)) this.#owing.set(id, this.#parts.now());
    for (const name of document.owes ? lanesOf(document) : []) this.#poke(id, name);
  }

  async #read(id: TicketId): Promise<TicketDocument | undefined> {
    const { store, log, after } = this.#parts;
    try {
      return await store.get(id);
    } catch (err) {
      log.error({ ticket: id, err }, "A ticket cannot be read: what it owes waits");
      if (!this.#stopped) after(storeWaitMs, () => void this.look(id));
      return undefined;
    }
  }

  #poke(ticket: TicketId, name: string): void {
    const key = `${ticket} ${name}`;
    const lane = this.#lanes.get(key) ?? {
      ...{ ticket, name, isRunning: false, again: false, cancel: undefined },
    };
    this.#lanes.set(key, lane);
    lane.again = true;
    if (lane.isRunning) return;
    lane.cancel?.();
    const run = this.#run(lane).finally(() => {
      this.#underway.delete(run);
      if (!lane.cancel && !lane.isRunning) this.#lanes.delete(key);
    });
    this.#underway.add(run);
  }

  async #run(lane: Lane): Promise<void> {
    lane.isRunning = true;
    lane.cancel = undefined;
    while (lane.again && !this.#stopped) {
      lane.again = false;
      try {
        await this.#step(lane);
      } catch (err) {
        const { ticket, name } = lane;
        this.#parts.log.error(
          { ticket, lane: name, err },
          "A delivery could not be begun: it waits",
        );
        this.#wait(lane, this.#parts.now() + storeWaitMs);
      }
    }
    lane.isRunning = false;
  }

  async #step(lane: Lane): Promise<void> {
    const document = await this.#read(lane.ticket);
    const next = document && this.#next(document, lane.name);
    if (!document || !next) return;
    if ("waitUntil" in next) this.#wait(lane, next.waitUntil);
    else await this.#deliver(lane, document, next.delivery);
  }

  #next(document: TicketDocument, lane: string) {
    return nextIn(document, lane, this.#rules(), this.#parts.now());
  }

  #rules(): SettleRules {
    const { rules } = this.#parts;
    return this.#startedAt === undefined ? rules : { ...rules, startedAt: this.#startedAt };
  }

  #wait(lane: Lane, until: number): void {
    lane.cancel?.();
    lane.cancel = this.#parts.after(Math.max(0, until - this.#parts.now()), () =>
      this.#poke(lane.ticket, lane.name),
    );
  }

  async #deliver(lane: Lane, document: TicketDocument, delivery: Delivery): Promise<void> {
    // Its platform is off: whoever turns it on starts anew, and finds it.
    if (!this.#courier.carries(delivery)) return;
    if (delivery.do === "find") return this.#find(lane, document, delivery);
    if (isMaking(delivery)) {
      const begun = await this.#begin(lane);
      if (begun) await this.#send(begun.document, begun.delivery);
    } else await this.#send(document, delivery);
    lane.again = true;
  }

  /** What was only put down is sent; what may have been sent is looked for, but not too soon. */
  async #find(lane: Lane, document: TicketDocument, delivery: Find): Promise<void> {
    const { key } = delivery.sought;
    const arrivedBy = (this.#startedAt ?? 0) + mostUnderwayMs;
    if (!this.#begun.isOurs(key) && this.#parts.now() < arrivedBy)
      return this.#wait(lane, arrivedBy);
    const prepared = this.#begun.takeUnsent(key) && this.#asPrepared(document, lane, key);
    await this.#send(document, prepared || delivery);
    lane.again = true;
  }

  /** What was prepared and not sent yet; undefined when by now something else comes next. */
  #asPrepared(document: TicketDocument, lane: Lane, key: string): Making | undefined {
    const underway = document.underway.filter((begun) => begun.key !== key);
    const delivery = this.#makingNext({ ...document, underway }, lane.name);
    return delivery?.key === key ? delivery : undefined;
  }

  /** Undefined: by now something else comes next. */
  #begin(lane: Lane): Promise<{ document: TicketDocument; delivery: Making } | undefined> {
    return this.#parts.store.change(lane.ticket, (draft) => {
      const delivery = makingOf(this.#next(draft, lane.name));
      if (!delivery) return undefined;
      begin(draft, delivery);
      this.#begun.add(delivery.key, { isSent: true });
      return { document: draft, delivery };
    });
  }

  async #send(document: TicketDocument, delivery: Delivery): Promise<void> {
    if (isMaking(delivery)) this.#begun.takeUnsent(delivery.key);
    const result = await this.#courier.deliver(document, delivery);
    if (delivery.do !== "done") this.#tell(document, delivery, result);
    await this.#settle(document.ticket._id, delivery, result);
    await this.look(document.ticket._id);
  }

  #tell({ reference }: TicketDocument, delivery: Delivery, result: Result): void {
    const platform = platformOf(delivery);
    const outcome = "sent" in result ? "sent" : result.failed.outcome;
    this.#parts.onAttempt?.(platform, outcome);
    if ("sent" in result) return;
    const { reason } = result.failed;
    const fields = { reference, delivery: delivery.id, do: delivery.do, platform, outcome, reason };
    this.#parts.log.warn(fields, "A delivery failed");
  }

  /** What was sent is written down, however long the store cannot: nothing else is sent meanwhile. */
  async #settle(id: TicketId, delivery: Delivery, result: Result): Promise<void> {
    const { store, log, now } = this.#parts;
    for (;;) {
      try {
        const isGivenUp = await store.change(id, (draft) => {
          settle(draft, delivery, result, this.#rules(), now());
          this.prepare(draft);
          return "failed" in result && troubleOf(draft, delivery.id)?.dead;
        });
        if (isGivenUp)
          log.error(
            { ticket: id, delivery: delivery.id },
            "A delivery was given up: agents are told",
          );
        return;
      } catch (err) {
        log.error(
          { ticket: id, err },
          "What became of a delivery could not be saved: trying again",
        );
      }
      if (this.#stopped) return;
      await new Promise<void>((resolve) => this.#parts.after(storeWaitMs, resolve));
    }
  }
}
