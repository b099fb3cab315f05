/** A line of what waits, in which neither what is new nor what has waited for long keeps back the other. */

export interface InLine {
  /** Since when (in ms) it has been owed. */
  readonly since: number;
  /** Until when (in ms) it is something new. */
  readonly newUntil: number;
  /** In which order they came. */
  readonly order: number;
  /** It waits no longer. */
  readonly hasLeft: boolean;
}

/** What is new, as it came, and by turns with it what is not, the longest owed first. */
export class FairLine<T extends InLine> {
  readonly #fresh: T[] = [];
  readonly #old = new Oldest<T>();
  #isOldNext = false;

  add(item: T, now: number): void {
    if (item.newUntil > now) this.#fresh.push(item);
    else this.#old.add(item);
  }

  /** Takes out who is next. */
  take(now: number): T | undefined {
    this.#tidy(now);
    const [fresh] = this.#fresh;
    if (!fresh || (this.#isOldNext && this.#old.first)) {
      this.#isOldNext = false;
      return this.#old.take();
    }
    this.#isOldNext = true;
    return this.#fresh.shift();
  }

  /** Takes out what has been owed for the longest. */
  takeOldest(now: number): T | undefined {
    this.#tidy(now);
    const [fresh] = this.#fresh;
    const { first } = this.#old;
    return fresh && (!first || fresh.since < first.since) ? this.#fresh.shift() : this.#old.take();
  }

  isEmpty(now: number): boolean {
    this.#tidy(now);
    return this.#fresh.length === 0 && this.#old.first === undefined;
  }

  #tidy(now: number): void {
    while (this.#old.first?.hasLeft) this.#old.take();
    for (let [first] = this.#fresh; first; [first] = this.#fresh) {
      if (!first.hasLeft && first.newUntil > now) return;
      this.#fresh.shift();
      if (!first.hasLeft) this.#old.add(first);
    }
  }
}

/** A binary heap; of those owed since the same moment, who came first is first. */
class Oldest<T extends InLine> {
  readonly #heap: T[] = [];

  get first(): T | undefined {
    return this.#heap[0];
  }

  add(item: T): void {
    this.#heap.push(item);
    let at = this.#heap.length - 1;
    while (at > 0) {
      const above = Math.floor((at - 1) / 2);
      if (!this.#isBefore(at, above)) return;
      this.#swap(at, above);
      at = above;
    }
  }

  take(): T | undefined {
    const { first } = this;
    const last = this.#heap.pop();
    if (last && this.#heap.length > 0) {
      this.#heap[0] = last;
      this.#sink();
    }
    return first;
  }

  #sink(): void {
    let at = 0;
    for (;;) {
      let least = at;
      for (const below of [2 * at + 1, 2 * at + 2]) if (this.#isBefore(below, least)) least = below;
      if (least === at) return;
      this.#swap(at, least);
      at = least;
    }
  }

  #isBefore(one: number, other: number): boolean {
    const [a, b] = [this.#heap[one], this.#heap[other]];
    if (!a || !b) return false;
    return a.since < b.since || (a.since === b.since && a.order < b.order);
  }

  #swap(one: number, other: number): void {
    const [a, b] = [this.#heap[one], this.#heap[other]];
    if (a && b) [this.#heap[one], this.#heap[other]] = [b, a];
  }
}
