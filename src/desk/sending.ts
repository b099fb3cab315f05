/**
 * Sends one delivery: write down what is about to be made → send it → write down what became of it.
 * What was begun when the process died, or ended in doubt, is looked for before anything else is sent,
 * also if it was changed or taken back meanwhile.
 */
import type { TicketId } from "../tickets/ticket.ts";
import { Begun } from "./begun.ts";
import type { Failure, Pace } from "./chat.ts";
import type { Sign } from "./circuit.ts";
import { isFor } from "./copies.ts";
import { type Courier, type CourierParts, createCourier } from "./courier.ts";
import { type Delivery, isMaking, type Making, openId, platformOf } from "./delivery.ts";
import type { TicketDocument } from "./document.ts";
import { forgetEnded, mayBeGone, maySay } from "./ended.ts";
import type { SettleRules } from "./failing.ts";
import { capitalised } from "./giving-up.ts";
import type { Lane } from "./lanes.ts";
import { messageIn } from "./messages.ts";
import { type Next, nextIn } from "./next.ts";
import { owes } from "./owes.ts";
import type { TicketStore } from "./ports.ts";
import type { Result } from "./result.ts";
import { begin, settle } from "./settle.ts";
import type { After } from "./timing.ts";
import { troubleOf } from "./troubles.ts";
import { retried } from "./try-again.ts";

export interface SendingParts extends CourierParts {
  store: TicketStore;
  rules: SettleRules;
  now(): number;
  after: After;
  /** Whether something would be sent at once, or nearly so: only then it is prepared. */
  isFree(ticket: TicketId, delivery: Making): boolean;
  /** Told of every attempt: `sent`, or how it failed. */
  onAttempt?(platform: string, outcome: "sent" | Failure["outcome"]): void;
  /**
   * Told of a thread that was found after it had been given up: since then (in ms) people may have written
   * there without being heard.
   */
  onFoundLate?(platform: string, sinceMs: number): void;
}

type Find = Extract<Delivery, { do: "find" }>;

/** How long what needs the store waits while that cannot be read or written. */
export const storeWaitMs = 2_000;

/** What a process that was killed had sent is looked for after so long: it has arrived by then. */
const mostUnderwayMs = 5_000;

const makingOf = (next: Next): Making | undefined =>
  next && "delivery" in next && isMaking(next.delivery) ? next.delivery : undefined;

export class Sending {
  readonly #parts: SendingParts;
  readonly #courier: Courier;
  readonly #begun = new Begun();
  readonly #off = new Set<string>();
  #rules: SettleRules;
  #isOn = false;

  constructor(parts: SendingParts) {
    this.#parts = parts;
    this.#courier = createCourier(parts);
    this.#rules = { ...parts.rules, carries: (delivery) => this.#courier.carries(delivery) };
  }

  start(): void {
    this.#rules = { ...this.#rules, startedAt: this.#parts.now() };
    this.#isOn = true;
  }

  /** Nothing more is prepared, and no write is tried again. */
  stop(): void {
    this.#isOn = false;
  }

  /** What is sent next in a lane, or the time until which it waits. */
  next(document: TicketDocument, lane: string): Next {
    const next = this.#nextIn(document, lane);
    if (!next || "waitUntil" in next) return next;
    const { delivery } = next;
    if (!this.#courier.carries(delivery)) {
      // Whoever turns it on starts anew, and finds it.
      this.#tellOff(platformOf(delivery));
      return undefined;
    }
    const waitUntil = delivery.do === "find" ? this.#arrivedBy(delivery) : 0;
    return this.#parts.now() < waitUntil ? { waitUntil } : next;
  }

  /** What waits for a platform that is off makes no trouble that anyone would see. */
  #tellOff(platform: string): void {
    if (this.#off.has(platform)) return;
    this.#off.add(platform);
    const said = `${capitalised(platform)} is off: what tickets have for it waits until it is on`;
    this.#parts.log.warn({ platform }, said);
  }

  /** What another process had sent is not looked for too soon. In ms since 1970. */
  #arrivedBy({ sought }: Find): number {
    return this.#begun.isOurs(sought.key) ? 0 : (this.#rules.startedAt ?? 0) + mostUnderwayMs;
  }

  /** Tells the limit that a delivery counts against, as it stands by then. Keeps nothing of what is sent. */
  paceOf(delivery: Delivery): () => Pace | undefined {
    const isPrepared = delivery.do === "find" && this.#begun.isUnsent(delivery.sought.key);
    if (!("place" in delivery) || !(isPrepared || isMaking(delivery))) return () => undefined;
    const { platform, where, thread } = delivery.place;
    return () => this.#parts.adapters.get(platform)?.paceAt?.({ where, thread });
  }

  /** See `Outbox`. */
  prepare(draft: TicketDocument): void {
    this.#forgetEnded(draft);
    this.#putDownNext(draft);
  }

  #putDownNext(draft: TicketDocument): void {
    if (!this.#isOn || !draft.owes) return;
    for (const { id } of draft.places) {
      if (draft.underway.some(({ place }) => place === id)) continue;
      const delivery = this.#makingNext(draft, id);
      const isFree = delivery && this.#parts.isFree(draft.ticket._id, delivery);
      if (!isFree || !this.#courier.carries(delivery)) continue;
      begin(draft, delivery);
      this.#begun.add(delivery.key, { isSent: false });
    }
  }

  /** Without the parts of the texts, more may have been told than is owed. */
  #forgetEnded(draft: TicketDocument): void {
    try {
      forgetEnded(draft, this.#rules);
      if (draft.troubles.some(({ dead }) => dead)) draft.owes &&= owes(draft, this.#rules);
    } catch (err) {
      this.#parts.log.debug({ err }, "Whether all of a text is there cannot be told yet");
    }
  }

  /** What a lane makes next; that this cannot be told must not keep a change from being saved. */
  #makingNext(draft: TicketDocument, lane: string): Making | undefined {
    try {
      return makingOf(this.#nextIn(draft, lane));
    } catch (err) {
      this.#parts.log.debug({ lane, err }, "What is sent next cannot be told yet");
      return undefined;
    }
  }

  #nextIn = (document: TicketDocument, lane: string): Next =>
    nextIn(document, lane, this.#rules, this.#parts.now());

  /**
   * Resolves to what it says of the platform. Throws what the store throws while nothing has been sent.
   * A lane that is held back is told until when.
   */
  async deliver(
    document: TicketDocument,
    lane: Lane,
    delivery: Delivery,
  ): Promise<Sign | undefined> {
    if (delivery.do === "find") return this.#find(document, lane, delivery);
    if (delivery.do === "remove") await this.#doubt(document, delivery);
    if (delivery.do === "edit") await this.#doubtWords(document, delivery);
    if (delivery.do === "mark") await this.#doubtMark(document, delivery.message);
    if (!isMaking(delivery)) return this.#send(document, lane, delivery);
    const begun = await this.#begin(lane);
    return begun && this.#send(begun.document, lane, begun.delivery);
  }

  /** A part that may be gone is not edited, should its text grow again after a crash. */
  async #doubt(document: TicketDocument, delivery: Extract<Delivery, { do: "remove" }>) {
    const mayGrow = isFor(messageIn(document, delivery.message), delivery.place);
    if (!mayGrow) return;
    await this.#parts.store.change(document.ticket._id, (draft) => mayBeGone(draft, delivery));
  }

  /** A ticket service may name it otherwise by then: it is known by what it says. */
  async #doubtWords(document: TicketDocument, delivery: Extract<Delivery, { do: "edit" }>) {
    if (delivery.place.side !== "service") return;
    await this.#parts.store.change(document.ticket._id, (draft) => maySay(draft, delivery));
  }

  /** Once another mark may be there as well, a crash must not leave both. */
  async #doubtMark({ ticket, messages }: TicketDocument, index: number): Promise<void> {
    const { marked = null } = messages[index] ?? {};
    if (marked === null || marked === "unknown") return;
    await this.#parts.store.change(ticket._id, (draft) => {
      messageIn(draft, index).marked = "unknown";
    });
  }

  /** What was only put down is sent; what may have been sent is looked for. */
  #find(document: TicketDocument, lane: Lane, delivery: Find): Promise<Sign | undefined> {
    const { key } = delivery.sought;
    const prepared = this.#begun.takeUnsent(key) && this.#asPrepared(document, lane.name, key);
    return this.#send(document, lane, prepared || delivery);
  }

  /** What was prepared and not sent yet; undefined when by now something else comes next. */
  #asPrepared(document: TicketDocument, lane: string, key: string): Making | undefined {
    const underway = document.underway.filter((begun) => begun.key !== key);
    const delivery = this.#makingNext({ ...document, underway }, lane);
    return delivery?.key === key ? delivery : undefined;
  }

  /** Undefined: by now something else comes next. */
  #begin({
    ticket,
    name,
  }: Lane): Promise<{ document: TicketDocument; delivery: Making } | undefined> {
    return this.#parts.store.change(ticket, (draft) => {
      const delivery = makingOf(this.#nextIn(draft, name));
      if (!delivery) return undefined;
      begin(draft, delivery);
      this.#begun.add(delivery.key, { isSent: true });
      return { document: draft, delivery };
    });
  }

  async #send(document: TicketDocument, lane: Lane, delivery: Delivery): Promise<Sign | undefined> {
    if (isMaking(delivery)) this.#begun.takeUnsent(delivery.key);
    const result = await this.#courier.deliver(document, delivery);
    const heldBackMs = heldBackOf(result);
    if (heldBackMs !== undefined) {
      lane.notBefore = this.#parts.now() + heldBackMs;
      if (isMaking(delivery)) await this.#settle(lane.ticket, delivery, result);
      return undefined;
    }
    if (delivery.do !== "done") this.#tell(document, delivery, result);
    if (delivery.do === "find" && "sent" in result && result.sent.message !== undefined)
      this.#tellFound(document, delivery);
    await this.#settle(lane.ticket, delivery, result);
    return delivery.do === "done" ? undefined : signOf(result);
  }

  #tell({ reference }: TicketDocument, delivery: Delivery, result: Result): void {
    const platform = platformOf(delivery);
    const outcome = "sent" in result ? "sent" : result.failed.outcome;
    this.#parts.onAttempt?.(platform, outcome);
    if ("sent" in result) return;
    const { failed } = result;
    const reason = failed.logged ?? failed.reason;
    const fields = { reference, delivery: delivery.id, do: delivery.do, platform, outcome, reason };
    this.#parts.log.warn(fields, "A delivery failed");
  }

  #tellFound({ audit, ticket }: TicketDocument, { place, sought }: Find): void {
    const id = openId(place);
    const wasGivenUp = audit.some(
      ({ what, to }) => what === retried && to?.split(" ").includes(id),
    );
    if (sought.makes === "thread" && wasGivenUp)
      this.#parts.onFoundLate?.(place.platform, Date.parse(ticket.createdAt));
  }

  /** What was sent is written down, however long the store cannot: nothing else is sent meanwhile. */
  async #settle(id: TicketId, delivery: Delivery, result: Result): Promise<void> {
    const { store, log, now, after } = this.#parts;
    for (;;) {
      try {
        const isGivenUp = await store.change(id, (draft) => {
          settle(draft, delivery, result, this.#rules, now());
          this.#putDownNext(draft);
          return "failed" in result && troubleOf(draft, delivery.id)?.dead;
        });
        const fields = { ticket: id, delivery: delivery.id };
        if (isGivenUp) log.error(fields, "A delivery was given up: agents are told");
        return;
      } catch (err) {
        const fields = { ticket: id, err };
        log.error(fields, "What became of a delivery could not be saved: trying again");
      }
      if (!this.#isOn) return;
      await new Promise<void>((resolve) => after(storeWaitMs, resolve));
    }
  }
}

/** For how long it was held back: then nothing was tried, nothing is told of it, and it comes next again. */
const heldBackOf = (result: Result): number | undefined =>
  "failed" in result && result.failed.isHeldBack ? (result.failed.retryAfterMs ?? 0) : undefined;

/** Nothing, when it may be our own disk or a broken answer that kept it. */
function signOf(result: Result): Sign | undefined {
  if ("sent" in result) return "answers";
  const { isDown, outcome, retryAfterMs } = result.failed;
  if (isDown) return "down";
  const isAnswer = outcome === "dead" || outcome === "gone" || retryAfterMs !== undefined;
  return isAnswer ? "answers" : undefined;
}
