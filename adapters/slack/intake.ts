import {
  type App,
  MultipleListenerError,
  ReceiverMultipleAckError,
  UnknownError,
} from "@slack/bolt";
import { z } from "zod";
import type { Log } from "../../src/desk/ports.ts";
import { type After, within } from "../../src/desk/timing.ts";
import { type Coming, comingIn, type HeardUntil } from "./heard-until.ts";

/** One thing that Slack sent: an event's envelope, a command's fields, an interaction's payload. */
export interface Incoming {
  body: Record<string, unknown>;
  retryNum?: number;
  retryReason?: string;
}

export const incomingSchema: z.ZodType<Incoming> = z.object({
  body: z.record(z.string(), z.unknown()),
  retryNum: z.number().exactOptional(),
  retryReason: z.string().exactOptional(),
});

/** Slack waits 3 s: https://docs.slack.dev/interactivity/handling-user-interaction */
export const answerWithinMs = 2_900;

export type Answer =
  /** To be told to Slack, with this body. */
  { acked: true; body: unknown } | { acked: false; why: "failed" | "no listener" | "closed" };

/** https://docs.slack.dev/apis/events-api/#retries: three times, then never again. */
export const lastRetry = 3;

/** As Bolt sees it. */
export const isEvent = ({ body }: Incoming) => body.event !== undefined;

const isRateLimit = ({ body }: Incoming) => body.type === "app_rate_limited";

const isLast = ({ retryNum = 0 }: Incoming) => retryNum >= lastRetry;

/** What comes of having no answer, for the log. */
function missed(incoming: Incoming): string {
  if (!isEvent(incoming)) return "whoever did it sees that it failed";
  return isLast(incoming)
    ? "Slack does not send it again: messages are read back"
    : "Slack is not told that it arrived, and sends it again";
}

export interface IntakeParts {
  log: Log;
  after: After;
  /** In ms since 1970. */
  now: () => number;
  /** Told of every event about a message: that it came, and whether it is in. */
  heard: HeardUntil;
  /** Where events go, unless they are taken in here: who is told of them there keeps them durably. */
  handOver?: HandOver | undefined;
}

/** Undefined: it is to be taken in here. */
type HandOver = (incoming: Incoming) => Promise<void> | undefined;

/** What could not be handed over is tried again, also while Slack sends it again. */
const handAgainMs = 2_000;

/**
 * Brings what Slack sends to Bolt, and says what to answer. Commands, clicks, shortcuts and forms are
 * answered when their listener says so. An event is answered when all its listeners are done and none
 * has failed: what Slack has been told of is then on disk.
 */
export class Intake {
  readonly #log: Log;
  readonly #after: After;
  readonly #now: () => number;
  readonly #heard: HeardUntil;
  readonly #handOver: IntakeParts["handOver"];
  readonly #underway = new Set<Promise<void>>();
  #app: Pick<App, "processEvent"> | undefined;

  constructor({ log, after, now, heard, handOver }: IntakeParts) {
    this.#log = log;
    this.#after = after;
    this.#now = now;
    this.#heard = heard;
    this.#handOver = handOver;
  }

  open(app: Pick<App, "processEvent">): void {
    this.#app = app;
  }

  /** Takes nothing more, and waits for what is under way, as long as that may take. */
  async close(withinMs: number): Promise<void> {
    this.#app = undefined;
    const all = Promise.all(this.#underway);
    await within(all, { ms: withinMs, after: this.#after, late: undefined });
  }

  /** Takes in what came here, or hands it over. Never rejects. */
  receive(incoming: Incoming): Promise<Answer> {
    if (!this.#app) return Promise.resolve({ acked: false, why: "closed" });
    const isTold = isRateLimit(incoming) || isEvent(incoming);
    const handing = isTold ? this.#handOver?.(incoming) : undefined;
    return handing ? this.#hand(incoming, handing) : this.take(incoming);
  }

  /** Never rejects. */
  take(incoming: Incoming): Promise<Answer> {
    const app = this.#app;
    if (!app) return Promise.resolve({ acked: false, why: "closed" });
    if (isRateLimit(incoming)) return this.#rateLimited(incoming);
    const coming = comingIn(incoming.body);
    if (coming) this.#heard.comes(coming);
    return new Promise((resolve) => {
      const work = this.#process(app, incoming, resolve)
        .then((isIn) => this.#told(incoming, coming, isIn))
        .finally(() => this.#underway.delete(work));
      this.#underway.add(work);
    });
  }

  async #hand(incoming: Incoming, handing: Promise<void>): Promise<Answer> {
    try {
      await handing;
      return { acked: true, body: undefined };
    } catch (err) {
      this.#log.error(
        { ...about(incoming), err },
        `Something from Slack failed here; ${missed(incoming)}`,
      );
      this.#handAgain(incoming);
      return { acked: false, why: "failed" };
    }
  }

  /** Slack may have sent it for the last time. */
  #handAgain(incoming: Incoming): void {
    this.#after(handAgainMs, () => {
      if (!this.#app) return;
      const handing = this.#handOver?.(incoming);
      if (handing) handing.catch(() => this.#handAgain(incoming));
      else void this.take(incoming);
    });
  }

  #told(incoming: Incoming, coming: Coming | undefined, isIn: boolean): void {
    if (!coming) return;
    if (isIn) this.#heard.isIn(coming);
    else this.#heard.failed(coming, isLast(incoming));
  }

  /** Whether all that listens to it has done its work. */
  async #process(
    app: Pick<App, "processEvent">,
    incoming: Incoming,
    answer: (answer: Answer) => void,
  ): Promise<boolean> {
    const withItsListeners = isEvent(incoming);
    let given: Answer | undefined;
    const ack = async (body?: unknown) => {
      if (given) throw new ReceiverMultipleAckError();
      given = { acked: true, body };
      if (!withItsListeners) answer(given);
    };
    const late = this.#after(answerWithinMs, () => this.#late(incoming, given));
    try {
      await app.processEvent({ ...incoming, ack });
      if (!given) this.#log.warn(about(incoming), "Slack sent what nothing here takes");
      answer(given ?? { acked: false, why: "no listener" });
      return true;
    } catch (error) {
      this.#failed(error, incoming, given);
      answer({ acked: false, why: "failed" });
      return false;
    } finally {
      late();
    }
  }

  #late(incoming: Incoming, given: Answer | undefined): void {
    if (given && !isEvent(incoming)) return;
    const then = missed(incoming);
    this.#log.warn(about(incoming), `Something from Slack takes longer than 3 s; ${then}`);
  }

  #failed(error: unknown, incoming: Incoming, given: Answer | undefined): void {
    const answered = given && !isEvent(incoming);
    const then = answered ? "it had been answered before" : missed(incoming);
    for (const err of errorsIn(error))
      this.#log.error({ ...about(incoming), err }, `Something from Slack failed here; ${then}`);
  }

  /** https://docs.slack.dev/reference/events/app_rate_limited: there is no event in it. */
  async #rateLimited({ body }: Incoming): Promise<Answer> {
    const now = this.#now();
    const { data } = rateLimitedSchema.safeParse(body);
    this.#heard.holdsBack(data ? data.minute_rate_limited * 1_000 : now - 60_000, now);
    this.#log.warn(
      {},
      "Slack holds back events for a minute, as there were too many: what was written then is read back once it is over",
    );
    return { acked: true, body: undefined };
  }
}

/** In seconds since 1970. */
const rateLimitedSchema = z.object({ minute_rate_limited: z.number() });

const text = z.string().optional().catch(undefined);
const callback = z.object({ callback_id: text }).optional().catch(undefined);

const labels = z.object({
  type: text,
  event_id: text,
  event: z.object({ type: text, subtype: text }).optional().catch(undefined),
  command: text,
  callback_id: text,
  view: callback,
  actions: z
    .array(z.object({ action_id: text }))
    .optional()
    .catch(undefined),
});

/** What it was, without anything that someone wrote. */
function about({ body, retryNum }: Incoming): object {
  const { event, view, actions, callback_id, ...rest } = labels.parse(body);
  const known = {
    ...rest,
    type: event ? [event.type, event.subtype].filter(Boolean).join("/") : rest.type,
    callback: view?.callback_id ?? callback_id,
    action: actions?.[0]?.action_id,
    retryNum,
  };
  return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
}

/** Bolt wraps what a listener throws. */
function errorsIn(error: unknown): unknown[] {
  if (error instanceof MultipleListenerError) return error.originals.flatMap(errorsIn);
  return error instanceof UnknownError ? [error.original] : [error];
}
