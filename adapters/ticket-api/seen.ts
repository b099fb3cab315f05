import type { RemoteEntry, WithThreads } from "./answers.ts";
import { hasWords, refsOf, timesSaid } from "./references.ts";

/** An entry, read and as it came. */
export interface SeenEntry {
  ref: string;
  entry: RemoteEntry;
  raw: unknown;
}

/** The entries that a ticket shows; undefined when it shows none. */
export function entriesOf({ ticket, threads }: WithThreads): SeenEntry[] | undefined {
  if (!threads) return undefined;
  const refs = refsOf(ticket.threads);
  return ticket.threads.map((entry, index) => ({
    ...{ ref: refs[index] ?? "", entry, raw: threads[index] },
  }));
}

/** What was seen of one ticket's entries while they were being written. */
export class Watch {
  readonly #seen = new Map<string, SeenEntry>();

  /** One that has another name by now, and says the same, is not another one. */
  saw(entries: readonly SeenEntry[]): void {
    const refs = new Set(entries.map(({ ref }) => ref));
    const gone = [...this.#seen.values()].filter(({ ref }) => !refs.has(ref));
    for (const each of entries) {
      const before = this.#seen.has(each.ref)
        ? -1
        : gone.findIndex(({ entry }) => hasWords(entry, each.entry));
      for (const { ref } of before < 0 ? [] : gone.splice(before, 1)) this.#seen.delete(ref);
      this.#seen.set(each.ref, each);
    }
  }

  /** What is no longer there: neither it, nor its words under another name. */
  missingFrom(entries: readonly SeenEntry[]): SeenEntry[] {
    const refs = new Set(entries.map(({ ref }) => ref));
    const now = entries.map(({ entry }) => entry);
    const before = [...this.#seen.values()].map(({ entry }) => entry);
    return [...this.#seen.values()].filter(
      ({ ref, entry }) => !refs.has(ref) && timesSaid(now, entry) < timesSaid(before, entry),
    );
  }

  /** Nothing has been written yet: what was seen before and is not there, others have removed. */
  beginWith(entries: readonly SeenEntry[]): void {
    this.#seen.clear();
    this.saw(entries);
  }

  /** It may be missing from now on. */
  forget(ref: string): void {
    this.#seen.delete(ref);
  }
}

/**
 * The writes that are under way, with what other reads of the same tickets see meanwhile: what is
 * seen in between, and would be lost by the write.
 */
export class Watches {
  readonly #open = new Map<string, Set<Watch>>();

  /** Calls `write` with a watch over the ticket at `path`. */
  async during<T>(path: string, write: (watch: Watch) => Promise<T>): Promise<T> {
    const watch = new Watch();
    const open = this.#open.get(path) ?? new Set();
    this.#open.set(path, open.add(watch));
    try {
      return await write(watch);
    } finally {
      open.delete(watch);
      if (open.size === 0 && this.#open.get(path) === open) this.#open.delete(path);
    }
  }

  /** Reads the ticket; who writes it already is told what it shows. */
  async reading(path: string, read: () => Promise<WithThreads>): Promise<WithThreads> {
    const open = [...(this.#open.get(path) ?? [])];
    const shown = await read();
    const entries = entriesOf(shown) ?? [];
    for (const watch of open) watch.saw(entries);
    return shown;
  }
}
