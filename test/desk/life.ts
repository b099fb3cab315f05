import { StoreError, type TicketStore } from "../../src/desk/ports.ts";

/** From a start of the process to its end: once it is over, nothing that it began goes on. */
export class Life {
  #isOver = false;
  #pending = 0;
  #end: () => void = () => undefined;
  readonly over = new Promise<void>((resolve) => {
    this.#end = resolve;
  });

  get isOver(): boolean {
    return this.#isOver;
  }

  end(): void {
    this.#isOver = true;
    this.#end();
  }

  /** Work of this life: it never comes to an end when the life is over. */
  async live<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isOver) return never();
    this.#pending += 1;
    try {
      const result = await work();
      return this.#isOver ? await never<T>() : result;
    } catch (error) {
      if (this.#isOver) return await never<T>();
      throw error;
    } finally {
      this.#pending -= 1;
    }
  }

  /** What is held until someone lets it go on is not waited for. */
  async held<T>(work: () => Promise<T>): Promise<T> {
    this.#pending -= 1;
    try {
      return await work();
    } finally {
      this.#pending += 1;
    }
  }

  /** Resolves when nothing goes on but what is held or waits for the clock. */
  async settled(): Promise<void> {
    do await new Promise((resolve) => setImmediate(resolve));
    while (!this.#isOver && this.#pending > 0);
  }

  /** Timers of a life that is over do nothing. */
  after(after: (ms: number, work: () => void) => () => void) {
    return (ms: number, work: () => void) =>
      after(ms, () => {
        if (!this.#isOver) work();
      });
  }
}

const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

/** What befalls a write. */
export type WriteEnding = "ok" | "fails" | "unsure" | "crash-before" | "crash-after";

/**
 * A store as one life sees it; `ending` says what befalls each change, and `called` is told of every
 * call before it has an effect: the life may end there.
 */
export function storeIn(
  life: Life,
  store: TicketStore,
  ending: () => WriteEnding,
  called: (name: string) => void = () => undefined,
): TicketStore {
  const call = <T>(name: string, work: () => Promise<T>): Promise<T> =>
    life.live(() => {
      called(name);
      return life.isOver ? never<T>() : work();
    });
  return {
    create: (document) => call("create", () => store.create(document)),
    change: (id, work) =>
      call("change", () => changed(life, ending(), () => store.change(id, work))),
    get: (id) => call("get", () => store.get(id)),
    findByThread: (thread) => call("findByThread", () => store.findByThread(thread)),
    findByMessage: (message) => call("findByMessage", () => store.findByMessage(message)),
    findByCreationKey: (key) => call("findByCreationKey", () => store.findByCreationKey(key)),
    findByReference: (sought) => call("findByReference", () => store.findByReference(sought)),
    list: (query) => call("list", () => store.list(query)),
    owing: () => call("owing", () => store.owing()),
    unclosed: (platform, orSinceMs) => call("unclosed", () => store.unclosed(platform, orSinceMs)),
    openThreads: (platform) => call("openThreads", () => store.openThreads(platform)),
    namesFile: (hash) => call("namesFile", () => store.namesFile(hash)),
    value: (name) => call("value", () => store.value(name)),
    setValue: (name, value) => call("setValue", () => store.setValue(name, value)),
    valueOr: (name, value) => call("valueOr", () => store.valueOr(name, value)),
    counts: () => store.counts(),
    all: () => store.all(),
    probe: () => store.probe(),
    close: () => store.close(),
  };
}

async function changed<T>(life: Life, ending: WriteEnding, write: () => Promise<T>): Promise<T> {
  if (ending === "crash-before") life.end();
  if (life.isOver) return never();
  if (ending === "fails") throw new StoreError("WRITE_FAILED", "the disk is full");
  const result = await write();
  if (ending === "crash-after") life.end();
  if (ending === "unsure")
    throw new StoreError("WRITE_UNCERTAIN", "the folder could not be synced");
  return result;
}
