/** More than are ever under way; without writes that failed, there are far fewer. */
const mostKept = 10_000;

/**
 * The keys of what this process has put down as begun. What is forgotten, as the oldest are when there
 * are too many, is taken for something that may have been sent, and looked for.
 */
export class Begun {
  readonly #ours = new Set<string>();
  readonly #unsent = new Set<string>();

  /** It was put down; it is sent later, or, if `isSent`, at once. */
  add(key: string, { isSent }: { isSent: boolean }): void {
    remember(this.#ours, key);
    if (isSent) this.#unsent.delete(key);
    else remember(this.#unsent, key);
  }

  isOurs = (key: string): boolean => this.#ours.has(key);

  /** It was put down and not sent. */
  isUnsent = (key: string): boolean => this.#unsent.has(key);

  /** True once, for what was put down and not sent. */
  takeUnsent = (key: string): boolean => this.#unsent.delete(key);
}

function remember(keys: Set<string>, key: string): void {
  keys.delete(key);
  keys.add(key);
  for (const oldest of keys) {
    if (keys.size <= mostKept) return;
    keys.delete(oldest);
  }
}
