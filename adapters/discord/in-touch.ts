/** Until when Discord has told everything, as its sessions come and go. All times in ms since 1970. */

interface Shard {
  /** All that Discord had told by then has come. */
  aliveAt: number;
  hasSession: boolean;
}

/** Of one start: its connections, and their shards. */
export class InTouch {
  readonly #now: () => number;
  readonly #startedAt: number;
  /** Those of the present connection. */
  readonly #shards = new Map<number, Shard>();
  /** All of them have a session. */
  #isWhole = false;
  #wasReady = false;
  /** When one of them was missing, after all of them had been there. */
  #wholeUntil: number | undefined;

  constructor(now: () => number) {
    this.#now = now;
    this.#startedAt = now();
  }

  /** A heartbeat was answered, `latencyMs` after it was sent. */
  heartbeat(shard: number, latencyMs: number): void {
    const known = this.#shards.get(shard);
    // Before a session is resumed it does not say that all has come.
    if (known?.hasSession) known.aliveAt = Math.max(known.aliveAt, this.#now() - latencyMs);
  }

  /**
   * A new session: nothing is told again of what was before it. Answers since when something may have
   * been missed; undefined for the first of a start.
   */
  began(shard: number): number | undefined {
    const before = this.#shards.get(shard)?.aliveAt ?? this.#wholeUntil;
    const since = before ?? (this.#wasReady ? this.#startedAt : undefined);
    this.#wasReady = true;
    this.resumed(shard);
    return since;
  }

  /** All that was missed has come again. */
  resumed(shard: number): void {
    this.#shards.set(shard, { aliveAt: this.#now(), hasSession: true });
  }

  /** Every shard has a session, and knows its servers. */
  whole(): void {
    this.#isWhole = true;
  }

  lost(shard: number): void {
    const known = this.#shards.get(shard);
    if (known) known.hasSession = false;
    this.#miss(known?.aliveAt ?? this.#now());
  }

  /** The whole connection is over; there may be another, with other shards. */
  ended(): void {
    for (const shard of this.#shards.keys()) this.lost(shard);
    this.#shards.clear();
  }

  #miss(sinceMs: number): void {
    if (this.#isWhole) this.#wholeUntil = sinceMs;
    else if (this.#wholeUntil !== undefined) this.#wholeUntil = Math.min(this.#wholeUntil, sinceMs);
    this.#isWhole = false;
  }

  /** Undefined before all shards had a session once. */
  heardUntil(): number | undefined {
    return this.#isWhole ? this.#now() : this.#wholeUntil;
  }
}
