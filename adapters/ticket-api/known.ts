/** Which tickets of a service have to be read: what is known of each, and of which that is too old. */
import type { Listed } from "./changed.ts";

interface Known {
  /** In ms since 1970, by the service. */
  updatedMs: number;
  /** When that was first seen, in ms. */
  seenMs: number;
  /** It cannot change again without being seen to. */
  isSure: boolean;
}

/** How a ticket fares that could not be taken in. */
interface Behind {
  attempts: number;
  /** Not before this is it tried again, in ms. */
  dueMs: number;
}

/** What a poll knows of a service, after its list was read. */
export interface Polled {
  listed: Listed;
  /** The tickets of ours that live there. */
  linked: ReadonlySet<string>;
  /** Changes since then are news, in ms by the service; undefined: nothing was ever read. */
  sinceMs: number | undefined;
  now: number;
}

/** Of those that no list tells of, so many are read each time: more, where the list is no help. */
const sweptOfComplete = 1;
const sweptOtherwise = 10;

const aSecondMs = 1_000;
const longestWaitMs = 60 * 60_000;

export class KnownTickets {
  readonly #known = new Map<string, Known>();
  readonly #behind = new Map<string, Behind>();
  #lastSwept = "";

  /** Of those that are to be tried again. */
  get behind(): string[] {
    return [...this.#behind.keys()].sort();
  }

  /** The tickets to read now, each once; those that failed before come last. */
  due(polled: Polled): string[] {
    const { listed, linked, now } = polled;
    const fresh = [
      ...[...listed.updatedMs].filter(([id, at]) => this.#isNews(id, at, polled)).map(([id]) => id),
      ...listed.unreadable.filter((id) => linked.has(id)),
      ...this.#unlisted(polled),
    ];
    const failed = [...this.#behind].filter(([, { dueMs }]) => dueMs <= now).map(([id]) => id);
    return [...new Set([...fresh.filter((id) => !this.#behind.has(id)), ...failed])];
  }

  #isNews(id: string, updatedMs: number, { sinceMs }: Polled): boolean {
    const known = this.#known.get(id);
    if (known) return known.updatedMs !== updatedMs || !known.isSure;
    return sinceMs !== undefined && updatedMs >= sinceMs;
  }

  /**
   * Of our tickets, those of which nothing is known yet; and the next in turn of those that are not
   * listed: a list may be wrong, and cannot be complete. There may be a hundred thousand of them.
   */
  #unlisted({ listed, linked }: Polled): string[] {
    const most = listed.isComplete ? sweptOfComplete : sweptOtherwise;
    const unknown: string[] = [];
    const [later, earlier] = [new First(most), new First(most)];
    for (const id of linked) {
      if (!this.#known.has(id)) unknown.push(id);
      if (!listed.updatedMs.has(id)) (id > this.#lastSwept ? later : earlier).add(id);
    }
    const swept = [...later.ids, ...earlier.ids].slice(0, most);
    this.#lastSwept = swept.at(-1) ?? "";
    return [...unknown, ...swept];
  }

  /** It was taken in, as it was read at `readMs`. */
  taken(id: string, updatedAt: string, readMs: number, { listed, now }: Polled): void {
    this.#behind.delete(id);
    const updatedMs = Date.parse(updatedAt);
    const before = this.#known.get(id);
    const seenMs = before?.updatedMs === updatedMs ? before.seenMs : now;
    // In a second that is not over, it may change again and say the same.
    const isWhole = updatedMs % aSecondMs === 0;
    const isOver = updatedMs + aSecondMs <= (listed.newestMs ?? 0) || readMs - seenMs >= aSecondMs;
    this.#known.set(id, { updatedMs, seenMs, isSure: !isWhole || isOver });
  }

  /** It is none of ours: by the time that it is, it is read. */
  unknown(id: string): void {
    this.#behind.delete(id);
    this.#known.delete(id);
  }

  /** It could not be taken in; is it tried again, that is no sooner than `waitMs`. */
  failed(id: string, waitMs: number, now: number): { attempts: number } {
    const attempts = (this.#behind.get(id)?.attempts ?? 0) + 1;
    const dueMs = now + Math.min(longestWaitMs, waitMs * 2 ** Math.min(attempts - 1, 30));
    this.#behind.set(id, { attempts, dueMs });
    return { attempts };
  }

  /** They were behind when the process before ended. */
  wereBehind(ids: readonly string[]): void {
    for (const id of ids) this.#behind.set(id, { attempts: 0, dueMs: 0 });
  }

  /** Forgets what neither is linked nor was listed now. */
  prune({ listed, linked }: Polled): void {
    if (this.#known.size <= linked.size) return;
    for (const id of this.#known.keys())
      if (!linked.has(id) && !listed.updatedMs.has(id)) this.#known.delete(id);
  }
}

/** The first few in order, without putting all in order. */
class First {
  readonly ids: string[] = [];
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  add(id: string): void {
    const last = this.ids[this.#most - 1];
    if (last !== undefined && id >= last) return;
    this.ids.push(id);
    this.ids.sort();
    if (this.ids.length > this.#most) this.ids.pop();
  }
}
