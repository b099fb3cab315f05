import { LRUCache } from "lru-cache";

const mostKept = 5_000;

interface Kept<Value> {
  /** When it was asked for: what it says may be that old. */
  askedAt: number;
  value: Promise<Value>;
  failedUntil: number | undefined;
}

export interface Lookup<Value> {
  /** Rejects with what asking threw; for a while, a failure is remembered and not asked for again. */
  get(id: string, atMostOldMs?: number): Promise<Value>;
  /** What was answered the last time that there was an answer, unless it was forgotten since. */
  last(id: string): Value | undefined;
  /** What is on its way is not kept either: it may be of before. */
  forget(id: string): void;
}

/** Asks once for each id, keeps the answer, and lets everyone who asks meanwhile share it. */
export function createLookup<Value>(given: {
  ask: (id: string) => Promise<Value>;
  keepMs: number;
  /** How long a failure is kept. */
  failedMs: (error: unknown) => number;
  now: () => number;
}): Lookup<Value> {
  const { ask, keepMs, failedMs, now } = given;
  const all = new LRUCache<string, Kept<Value>>({ max: mostKept });

  const answers = new LRUCache<string, { value: Value }>({ max: mostKept });

  const isGood = ({ askedAt, failedUntil }: Kept<Value>, atMostOldMs: number) =>
    failedUntil === undefined ? now() - askedAt <= atMostOldMs : now() < failedUntil;

  const begin = (id: string): Kept<Value> => {
    const kept: Kept<Value> = { askedAt: now(), value: ask(id), failedUntil: undefined };
    kept.value.then(
      (value) => {
        if (all.peek(id) === kept) answers.set(id, { value });
      },
      (error: unknown) => {
        kept.failedUntil = now() + failedMs(error);
      },
    );
    all.set(id, kept);
    return kept;
  };

  return {
    get(id, atMostOldMs = keepMs) {
      const kept = all.get(id);
      return (kept && isGood(kept, atMostOldMs) ? kept : begin(id)).value;
    },
    last: (id) => answers.get(id)?.value,
    forget(id) {
      all.delete(id);
      answers.delete(id);
    },
  };
}
