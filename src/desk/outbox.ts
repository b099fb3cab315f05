/**
 * Sends what is owed, each lane of a ticket (a place, its marks, its files) one delivery after the
 * other, each when it is its lane's turn (`turns.ts`). How one is sent, and what is looked for first, is
 * in `sending.ts`. What waits is no more than a name: its document is read once it has its turn.
 */
import type { TicketId } from "../tickets/ticket.ts";
import type { Failure } from "./chat.ts";
import type { Sign } from "./circuit.ts";
import type { CourierParts } from "./courier.ts";
import { type Delivery, owedSince, platformOf } from "./delivery.ts";
import type { TicketDocument } from "./document.ts";
import type { SettleRules } from "./failing.ts";
import { capitalised } from "./giving-up.ts";
import { type Lane, Lanes } from "./lanes.ts";
import { lanesOf } from "./next.ts";
import type { TicketStore } from "./ports.ts";
import { Sending, storeWaitMs } from "./sending.ts";
import { silenceOf, silenceSince } from "./silence.ts";
import type { After } from "./timing.ts";
import { dueAtOf } from "./troubles.ts";
import { Turns } from "./turns.ts";

export interface OutboxParts extends CourierParts {
  store: TicketStore;
  rules: SettleRules;
  now(): number;
  /** Does the work after so long; calling what it returns keeps it from being done. */
  after: After;
  /** How many deliveries are under way at once, on each platform. */
  atOnce?: number;
  /** Told of every attempt: `sent`, or how it failed. */
  onAttempt?(platform: string, outcome: "sent" | Failure["outcome"]): void;
  /** See `SendingParts`. */
  onFoundLate?(platform: string, sinceMs: number): void;
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
  /** Those may owe something: what is not known of yet is looked at. Does not wait. */
  notice(ids: readonly TicketId[]): void;
  /** Begins nothing more, and waits for what is under way, but no longer than this. */
  stop(graceMs: number): Promise<void>;
  /** How many tickets owe something, and since when (in ms) the oldest of them. */
  backlog(): { tickets: number; since: number | undefined };
  /** Since when (in ms) what something is owed to has not answered; undefined while it does. */
  circuits(): { platform: string; downSince: number | undefined }[];
  /** What keeps deliveries to people waiting, each as a sentence. */
  problems(): string[];
}

/** As many as keep a platform busy that takes 50 a second and answers within half a second. */
const defaultAtOnce = 32;

/** For so long after a change, what is sent because of it is new. */
const newMs = 30_000;

export function createOutbox(parts: OutboxParts): Outbox {
  const running = new Running(parts);
  return {
    start: () => running.start(),
    prepare: (draft) => running.sending.prepare(draft),
    wake: (id) => running.wake(id),
    notice: (ids) => running.notice(ids),
    stop: (graceMs) => running.stop(graceMs),
    backlog: () => running.backlog(),
    circuits: () => running.circuits(),
    problems: () => running.problems(),
  };
}

class Running {
  readonly sending: Sending;
  readonly #parts: OutboxParts;
  readonly #turns: Turns;
  readonly #lanes: Lanes;
  /** Tickets that owe something, and since when. */
  readonly #owing = new Map<TicketId, number>();
  /** Until when what a ticket owes is new. */
  readonly #newUntil = new Map<TicketId, number>();
  /** Tickets that are being looked at, and whether they are to be once more. */
  readonly #looking = new Map<TicketId, { again: boolean }>();
  /** Tickets that could not be read, and are to be looked at again. */
  readonly #unread = new Set<TicketId>();
  readonly #underway = new Set<Promise<void>>();
  #startedAt: number | undefined;
  #stopped = false;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
    this.#lanes = new Lanes(parts);
    const { now, after, rules, atOnce = defaultAtOnce } = parts;
    this.#turns = new Turns({
      ...{ now, after, atOnce, random: () => rules.random() },
      onCircuit: (platform, change) => this.#onCircuit(platform, change),
    });
    const isDown = (platform: string) => this.#turns.downSince(platform) !== undefined;
    this.sending = new Sending({
      ...parts,
      rules: { ...rules, isDown },
      isFree: (id, delivery) =>
        this.#lanes.isFree(id, delivery.place.id) &&
        this.#turns.isFree(platformOf(delivery), this.sending.paceOf(delivery)()),
    });
  }

  async start(): Promise<void> {
    // What is owed by now is found below; of what is changed from now on, it is told.
    this.#startedAt = this.#parts.now();
    this.sending.start();
    for (const id of await this.#parts.store.owing()) await this.#look(id);
  }

  wake(id: TicketId): void {
    if (this.#startedAt === undefined || this.#stopped) return;
    this.#newUntil.set(id, this.#parts.now() + newMs);
    void this.#look(id);
  }

  notice(ids: readonly TicketId[]): void {
    for (const id of ids) if (!this.#owing.has(id)) this.wake(id);
  }

  backlog() {
    let since: number | undefined;
    for (const each of this.#owing.values()) since = Math.min(since ?? each, each);
    return { tickets: this.#owing.size, since };
  }

  circuits() {
    const { adapters, service } = this.#parts;
    return [...adapters.keys(), ...(service ? [service.platform] : [])].map((platform) => ({
      platform,
      downSince: this.#turns.downSince(platform),
    }));
  }

  problems(): string[] {
    const now = this.#parts.now();
    // Without the ticket service, people are served all the same.
    return this.circuits().flatMap(({ platform, downSince }) =>
      downSince === undefined || !this.#parts.adapters.has(platform)
        ? []
        : silenceSince(platform, downSince, now),
    );
  }

  #onCircuit(platform: string, change: "opened" | "closed"): void {
    const { log } = this.#parts;
    if (change === "opened")
      log.warn({ platform }, `${silenceOf(platform)}: it is tried now and then`);
    else
      log.info({ platform }, `${capitalised(platform)} answers again: what is owed there is sent`);
  }

  async stop(graceMs: number): Promise<void> {
    this.#stopped = true;
    this.sending.stop();
    this.#turns.stop();
    this.#lanes.stop();
    await new Promise<void>((resolve) => {
      const cancel = this.#parts.after(graceMs, resolve);
      Promise.all(this.#underway).then(() => {
        cancel();
        resolve();
      });
    });
  }

  /** Looks what each lane of a ticket has to do; one look after the other, so that the last is the latest. */
  async #look(id: TicketId): Promise<void> {
    const current = this.#looking.get(id);
    if (current) {
      current.again = true;
      return;
    }
    const look = { again: true };
    this.#looking.set(id, look);
    while (look.again && !this.#stopped) {
      look.again = false;
      const document = await this.#read(id);
      if (document && !this.#stopped) this.#lookAt(document);
    }
    this.#looking.delete(id);
  }

  async #read(id: TicketId): Promise<TicketDocument | undefined> {
    try {
      return await this.#parts.store.get(id);
    } catch (err) {
      const { log, after } = this.#parts;
      log.error({ ticket: id, err }, "A ticket cannot be read: what it owes waits");
      if (this.#stopped || this.#unread.has(id)) return undefined;
      this.#unread.add(id);
      after(storeWaitMs, () => {
        this.#unread.delete(id);
        void this.#look(id);
      });
      return undefined;
    }
  }

  #lookAt(document: TicketDocument): void {
    const { _id: id } = document.ticket;
    if (document.owes) this.#owing.set(id, this.#owing.get(id) ?? this.#parts.now());
    else for (const noted of [this.#owing, this.#newUntil]) noted.delete(id);
    for (const name of lanesOf(document)) {
      const lane = this.#lanes.of(id, name);
      if (document.owes && !lane.isRunning) this.#consider(lane, document);
      this.#lanes.tidy(lane);
    }
  }

  #consider(lane: Lane, document: TicketDocument): void {
    try {
      const next = this.sending.next(document, lane.name);
      if (!next) return;
      const isDue = "delivery" in next && lane.notBefore <= this.#parts.now();
      if (isDue) this.#ask(lane, document, next.delivery);
      else this.#wait(lane, "waitUntil" in next ? next.waitUntil : lane.notBefore);
    } catch (err) {
      this.#cannotBegin(lane, err);
      this.#wait(lane, lane.notBefore);
    }
  }

  #cannotBegin(lane: Lane, err: unknown): void {
    const { ticket, name } = lane;
    const { log, now } = this.#parts;
    log.error({ ticket, lane: name, err }, "A delivery could not be begun: it waits");
    lane.notBefore = now() + storeWaitMs;
  }

  #wait(lane: Lane, until: number): void {
    this.#lanes.wait(lane, until, () => void this.#look(lane.ticket));
  }

  /** Asks for a turn, unless it waits for just that already. */
  #ask(lane: Lane, document: TicketDocument, delivery: Delivery): void {
    const platform = platformOf(delivery);
    const pace = this.sending.paceOf(delivery);
    const line = pace()?.line;
    const { asked } = lane;
    if (asked?.platform === platform && asked.line === line) return;
    asked?.leave?.();
    const waiting: NonNullable<Lane["asked"]> = { platform, line };
    lane.asked = waiting;
    waiting.leave = this.#turns.ask(platform, {
      since: dueSince(document, delivery),
      newUntil: this.#newUntil.get(lane.ticket) ?? 0,
      isMinor: delivery.do === "mark",
      pace,
      go: () => this.#go(lane, platform),
    });
  }

  #go(lane: Lane, platform: string): Promise<Sign | undefined> {
    const line = lane.asked?.line;
    lane.isRunning = true;
    lane.asked = undefined;
    const turn = this.#take(lane, (delivery) => {
      const isThere = platformOf(delivery) === platform;
      return isThere && this.sending.paceOf(delivery)()?.line === line;
    });
    // What comes next, in this lane and in those that waited for it, is found once its turn is over.
    const run: Promise<void> = turn.then(async () => {
      lane.isRunning = false;
      await this.#look(lane.ticket);
      this.#underway.delete(run);
    });
    this.#underway.add(run);
    return turn;
  }

  /** Sends what comes next by now, if it is for this turn. */
  async #take(lane: Lane, isForIt: (delivery: Delivery) => boolean): Promise<Sign | undefined> {
    try {
      const document = await this.#read(lane.ticket);
      if (!document || this.#stopped) return undefined;
      const next = this.sending.next(document, lane.name);
      if (!next || !("delivery" in next) || !isForIt(next.delivery)) return undefined;
      return await this.sending.deliver(document, lane, next.delivery);
    } catch (err) {
      this.#cannotBegin(lane, err);
      return undefined;
    }
  }
}

/**
 * Since when (in ms) it could have been sent. What failed stands behind what waits: whatever the platform
 * will not answer must not be all that it is asked.
 */
const dueSince = (document: TicketDocument, delivery: Delivery): number =>
  Math.max(owedSince(document, delivery), dueAtOf(document, delivery.id));
