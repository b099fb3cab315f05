/**
 * Whether a platform, or what else is asked from afar, answers at all. Once calls in a row have found
 * it down, it is asked no more, but for one call at a time that tries whether it is back, ever less
 * often. Times are in ms.
 */

/** What a call says of its platform: that it answers, be it with a refusal, or that it does not. */
export type Sign = "answers" | "down";

interface Patience {
  /** So many in a row, within a minute, are no accident of single calls. */
  mostDown: number;
  /** It is tried at least this often. */
  longestProbeMs: number;
}

const withPlatforms: Patience = { mostDown: 5, longestProbeMs: 60_000 };
const withinMs = 60_000;

const firstProbeMs = 1_000;

export class Circuit {
  /** From 0 to 1. */
  readonly #random: () => number;
  readonly #patience: Patience;
  /** When calls found it down, without an answer since. */
  #downs: number[] = [];
  #openSince: number | undefined;
  #probes = 0;
  #probeAt = 0;
  #isProbing = false;
  #heardAt = Number.NEGATIVE_INFINITY;

  constructor(random: () => number, patience = withPlatforms) {
    this.#random = random;
    this.#patience = patience;
  }

  /** Since when the platform has not answered; undefined while it does. */
  get openSince(): number | undefined {
    return this.#openSince;
  }

  /** When a call last told whether it answers. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** When the next call may try it: never, while one does. 0 while the platform answers. */
  get probeAt(): number {
    if (this.#openSince === undefined) return 0;
    return this.#isProbing ? Number.POSITIVE_INFINITY : this.#probeAt;
  }

  /** A call begins. True: it is the one that tries whether the platform is back. */
  begin(): boolean {
    this.#isProbing = this.#openSince !== undefined;
    return this.#isProbing;
  }

  /** A call has ended; without a sign, it says nothing of the platform. */
  end(sign: Sign | undefined, isProbe: boolean, now: number): "opened" | "closed" | undefined {
    if (isProbe) this.#isProbing = false;
    if (sign === "answers") return this.#close();
    if (sign === undefined) return undefined;
    this.#heardAt = now;
    if (this.#openSince === undefined) return this.#count(now);
    if (isProbe) this.#waitFrom(now);
    return undefined;
  }

  #close(): "closed" | undefined {
    this.#downs = [];
    if (this.#openSince === undefined) return undefined;
    this.#openSince = undefined;
    this.#isProbing = false;
    return "closed";
  }

  #count(now: number): "opened" | undefined {
    this.#downs = [...this.#downs.filter((at) => now - at < withinMs), now];
    if (this.#downs.length < this.#patience.mostDown) return undefined;
    [this.#openSince] = this.#downs;
    this.#probes = 0;
    this.#waitFrom(now);
    return "opened";
  }

  /** Twice as long each time, somewhere in the upper half of that. */
  #waitFrom(now: number): void {
    const waitMs = Math.min(this.#patience.longestProbeMs, firstProbeMs * 2 ** this.#probes);
    this.#probes += 1;
    this.#probeAt = now + waitMs * (0.5 + this.#random() / 2);
  }
}
