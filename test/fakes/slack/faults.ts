import type { Json } from "../json.ts";

/**
 * What can be wrong with one call of the Web API. It comes instead of the effect, except where it
 * says so.
 */
export type ApiFault =
  | "reset"
  /** The connection is reset once the call took effect. */
  | "reset-after-effect"
  /** Nothing comes back. */
  | "silence"
  /** Nothing comes back, but the call took effect. */
  | "silence-after-effect"
  /** Half of the answer, once the call took effect. */
  | "cut-off"
  /** A page to sign in on, with 200. */
  | "html"
  | { status: number; afterEffect?: boolean }
  /** Redirected, with 302. */
  | { location: string }
  /** 429 with `Retry-After`. */
  | { retryAfterS: number }
  /** Slack's own `{ ok: false, error }`. */
  | { error: string; afterEffect?: boolean }
  /** Everything as it should be, once the promise has resolved. */
  | { until: Promise<unknown> }
  /** The call takes effect at once, and is answered once the promise has resolved. */
  | { answeredAfter: Promise<unknown> };

export interface Aim {
  /** How many calls go wrong; one, unless said otherwise. */
  times?: number;
  /** Only calls of this method, such as `chat.postMessage`. */
  method?: string;
  /** Only calls about this channel. */
  channel?: string;
}

/** What goes wrong with this call; undefined when nothing does. */
export type FaultDraw = (method: string, args: Json) => ApiFault | undefined;

export class Faults {
  readonly #planned: { fault: ApiFault; aim: Aim }[] = [];
  #draw: FaultDraw = () => undefined;

  plan(fault: ApiFault, aim: Aim): void {
    const { times = 1 } = aim;
    this.#planned.push(...Array.from({ length: times }, () => ({ fault, aim })));
  }

  /** For every call that nothing is planned for. */
  drawBy(draw: FaultDraw): void {
    this.#draw = draw;
  }

  /** What is to go wrong with this call. */
  next(method: string, args: Json): ApiFault | undefined {
    const place = this.#planned.findIndex(
      ({ aim }) =>
        (aim.method ?? method) === method && (aim.channel ?? args.channel) === args.channel,
    );
    return place < 0 ? this.#draw(method, args) : this.#planned.splice(place, 1)[0]?.fault;
  }
}
