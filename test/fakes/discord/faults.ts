/**
 * What can be wrong with one call. It comes instead of the effect, except where it says so.
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
  /** A page of the proxy in front, with 200 or with this status. */
  | "html"
  | { html: number }
  | { status: number; afterEffect?: boolean }
  /** 429, for this route or for all; in seconds of real time, and may be a part of one. */
  | { retryAfterS: number; global?: boolean }
  /** Discord's own `{ code, message }`. */
  | { error: { status: number; code: number; message: string }; afterEffect?: boolean }
  /** Everything as it should be, once the promise has resolved. */
  | { until: Promise<unknown> }
  /** The call takes effect at once, and is answered once the promise has resolved. */
  | { answeredAfter: Promise<unknown> };

/** What is about to be done: its route with `:id` for every id, and the channel if it is about one. */
export interface Target {
  readonly route: string;
  readonly channel?: string | undefined;
  /** Undefined where none came. */
  readonly body?: unknown;
}

export interface Aim {
  /** How many calls go wrong; one, unless said otherwise. */
  times?: number;
  /** Only calls of this route: `POST /channels/:id/messages`, or `GET cdn` for a file. */
  route?: string;
  /** Only calls about this channel. */
  channel?: string;
}

/** What goes wrong with this call; undefined when nothing does. */
export type FaultDraw = (target: Target) => ApiFault | undefined;

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
  next(target: Target): ApiFault | undefined {
    const { route, channel } = target;
    const place = this.#planned.findIndex(
      ({ aim }) => (aim.route ?? route) === route && (aim.channel ?? channel) === channel,
    );
    return place < 0 ? this.#draw(target) : this.#planned.splice(place, 1)[0]?.fault;
  }
}
