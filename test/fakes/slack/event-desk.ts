import type { Clock } from "../clock.ts";
import { type Json, record, string } from "../json.ts";
import type { App } from "./app.ts";
import { limits } from "./limits.ts";
import type { Channel } from "./records.ts";
import { scopeOfEvent, subscriptionOf } from "./scopes.ts";
import { type Ack, failed, type Outbound, type Transport } from "./transport.ts";
import type { Workspace } from "./workspace.ts";

/** What can happen to an event on its way. */
export type Disturbance =
  /** It comes a second time, under another `event_id`. */
  | "repeat"
  /** It never comes. */
  | "lose"
  /** The app gets it, but its answer gets lost: so it comes again. */
  | "lose-ack"
  /** The connection breaks before the app has the whole of it: so it comes again. */
  | "break-off";

/** One attempt to deliver an event, and how it ended. */
export interface Attempt {
  eventId: string;
  event: Json;
  retry: { num: number; reason: string } | undefined;
  ack: Ack | undefined;
}

interface Planned {
  what: Disturbance;
  type: string | undefined;
}

interface Parcel {
  eventId: string;
  event: Json;
  planned: Disturbance | undefined;
}

type Reorder = <T>(events: T[]) => T[];

/** Brings events to the app, in the order in which they happened, unless a test disturbs it. */
export class EventDesk {
  readonly attempts: Attempt[] = [];
  readonly #app: App;
  readonly #clock: Clock;
  readonly #transport: () => Transport;
  readonly #workspace: Workspace;
  readonly #planned: Planned[] = [];
  readonly #retriesAfterMs: readonly number[];
  /** What was told and is neither acked nor given up. */
  readonly #unsettled = new Map<string, Json>();
  #held: Parcel[] | undefined;
  #under = 0;
  /** Called when the app has acked an event. */
  onAck: (event: Json) => void = () => undefined;
  /** Called when an event was lost on its way. */
  onLose: (event: Json) => void = () => undefined;

  constructor(given: {
    app: App;
    clock: Clock;
    workspace: Workspace;
    transport: () => Transport;
    retriesAfterMs?: readonly number[];
  }) {
    this.#app = given.app;
    this.#clock = given.clock;
    this.#workspace = given.workspace;
    this.#transport = given.transport;
    this.#retriesAfterMs = given.retriesAfterMs ?? limits.retriesAfterMs;
  }

  /** The next `times` events, of that type if one is given, go wrong. */
  disturb(what: Disturbance, { times = 1, type }: { times?: number; type?: string } = {}): void {
    this.#planned.push(...Array.from({ length: times }, () => ({ what, type })));
  }

  /**
   * Keeps events back until `release` is called, which sends them in the order that `reorder` puts
   * them in; or `releaseInTurn`, which sends each once the one before has been answered.
   */
  hold(): {
    release(reorder?: Reorder): void;
    releaseInTurn(reorder?: Reorder): Promise<void>;
  } {
    const held: Parcel[] = this.#held ?? [];
    this.#held = held;
    return {
      release: (reorder = (events) => events) => {
        this.#held = undefined;
        for (const parcel of reorder([...held])) this.#send(parcel);
      },
      releaseInTurn: async (reorder = (events) => events) => {
        this.#held = undefined;
        for (const parcel of reorder([...held])) {
          this.#send(parcel);
          await this.#answered();
        }
      },
    };
  }

  #answered(): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (this.#under > 0) return;
        stop();
        resolve();
      };
      const stop = this.#workspace.watch(look);
      look();
    });
  }

  /** How many events are on their way now. Those that wait for a retry do not count. */
  underway(): number {
    return this.#under;
  }

  /** How many events are neither acked nor given up: about this message, when one is named. */
  unsettled(about?: { channel: string; ts: string }): number {
    if (!about) return this.#unsettled.size;
    const isAbout = (event: Json) =>
      event.channel === about.channel && messageOf(event) === about.ts;
    return [...this.#unsettled.values()].filter(isAbout).length;
  }

  tell(event: Json, channel: Channel | undefined): void {
    if (!this.#isFor(string(event.type), channel)) return;
    const place = this.#planned.findIndex(
      ({ type }) => type === undefined || type === event.type || type === event.subtype,
    );
    const [planned] = place < 0 ? [] : this.#planned.splice(place, 1);
    const parcel = { eventId: this.#workspace.newId("Ev"), event, planned: planned?.what };
    this.#unsettled.set(parcel.eventId, event);
    if (this.#held) this.#held.push(parcel);
    else this.#send(parcel);
  }

  /** An event that the app is sent whatever it subscribed to, such as one recorded elsewhere. */
  send(event: Json, eventId: string = this.#workspace.newId("Ev")): void {
    this.#send({ eventId, event, planned: undefined });
  }

  #isFor(type: string, channel: Channel | undefined): boolean {
    const subscription = subscriptionOf(type, channel);
    const scope = scopeOfEvent(subscription);
    const isThere = channel?.members.has(this.#workspace.bot.userId) ?? true;
    const left = type === "channel_left" || type === "group_left";
    return (
      this.#app.events.includes(subscription) &&
      (scope === undefined || this.#app.scopes.includes(scope)) &&
      (isThere || left)
    );
  }

  #send(parcel: Parcel) {
    if (parcel.planned === "lose") {
      this.#unsettled.delete(parcel.eventId);
      this.onLose(parcel.event);
      return;
    }
    this.#attempt(parcel, 0, undefined);
    if (parcel.planned !== "repeat") return;
    const eventId = this.#workspace.newId("Ev");
    this.#attempt({ ...parcel, eventId, planned: undefined }, 0, undefined);
  }

  #attempt(parcel: Parcel, num: number, reason: string | undefined) {
    const retry = reason === undefined ? undefined : { num, reason };
    const { eventId, event } = parcel;
    const attempt: Attempt = { eventId, event, retry, ack: undefined };
    this.attempts.push(attempt);
    this.#under += 1;
    const outbound = { kind: "event" as const, payload: this.#envelope(eventId, event) };
    this.#bring(retry ? { ...outbound, retry } : outbound, parcel.planned).then((ack) => {
      attempt.ack = ack;
      this.#under -= 1;
      this.#again(parcel, num, ack);
      this.#workspace.changed();
    });
  }

  async #bring(outbound: Outbound, planned: Disturbance | undefined): Promise<Ack> {
    const transport = this.#transport();
    if (planned === "break-off") return transport.breakOff(outbound);
    const ack = await transport.deliver(outbound);
    return planned === "lose-ack" ? failed("http_timeout") : ack;
  }

  #again(parcel: Parcel, num: number, ack: Ack) {
    const delay = this.#retriesAfterMs[num];
    if (ack.kind === "acked") this.onAck(parcel.event);
    if (ack.kind === "acked" || ack.noRetry || delay === undefined || this.#app.revoked) {
      this.#unsettled.delete(parcel.eventId);
      return;
    }
    this.#clock.after(delay, () => {
      this.#attempt({ ...parcel, planned: undefined }, num + 1, ack.reason);
    });
  }

  /** https://docs.slack.dev/apis/events-api/#event-type-structure */
  #envelope(eventId: string, event: Json): Json {
    const { team, bot } = this.#workspace;
    return {
      token: "verification-token-of-the-stand-in",
      team_id: team.id,
      api_app_id: bot.appId,
      event,
      type: "event_callback",
      event_id: eventId,
      event_time: Math.floor(this.#clock.now() / 1_000),
      authorizations: [
        {
          enterprise_id: null,
          team_id: team.id,
          user_id: bot.userId,
          is_bot: true,
          is_enterprise_install: false,
        },
      ],
      is_ext_shared_channel: false,
      event_context: `4-${eventId}`,
    };
  }
}

/** The `ts` of the message that an event is about. */
const messageOf = ({ ts, deleted_ts, message }: Json): unknown =>
  deleted_ts ?? record(message).ts ?? ts;
