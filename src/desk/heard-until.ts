/** Until when each platform has told of everything: kept in the store, so that a start knows it. */
import type { Log, TicketStore } from "./ports.ts";

const nameFor = (platform: string) => `heard ${platform}`;

/** Makes it unknown, as tickets have come that are older: much is read back. Throws what the store throws. */
export async function forgetHeard(
  store: Pick<TicketStore, "setValue">,
  platforms: Iterable<string>,
): Promise<void> {
  for (const platform of platforms) await store.setValue(nameFor(platform), "");
}

/** Times are in ms since 1970. */
export class HeardUntil {
  readonly #store: Pick<TicketStore, "setValue">;
  readonly #log: Log;
  readonly #times: Map<string, number>;

  private constructor(store: Pick<TicketStore, "setValue">, log: Log, times: Map<string, number>) {
    this.#store = store;
    this.#log = log;
    this.#times = times;
  }

  /** Throws what the store throws. */
  static async open(
    store: Pick<TicketStore, "value" | "setValue">,
    log: Log,
    platforms: Iterable<string>,
  ): Promise<HeardUntil> {
    const times = new Map<string, number>();
    for (const platform of platforms) {
      const time = Date.parse((await store.value(nameFor(platform))) ?? "");
      if (!Number.isNaN(time)) times.set(platform, time);
    }
    return new HeardUntil(store, log, times);
  }

  /** Undefined: it is not known. */
  of = (platform: string): number | undefined => this.#times.get(platform);

  /** It goes forward only. */
  async reaches(platform: string, untilMs: number): Promise<void> {
    if (untilMs > (this.of(platform) ?? Number.NEGATIVE_INFINITY))
      await this.#write(platform, untilMs);
  }

  /** Something from then on was not told of, as is known only now. */
  async fallsBack(platform: string, toMs: number): Promise<void> {
    if (toMs < (this.of(platform) ?? Number.NEGATIVE_INFINITY)) await this.#write(platform, toMs);
  }

  /** One that fails costs nothing but that more is read back after the next start. */
  async #write(platform: string, ms: number): Promise<void> {
    const before = this.of(platform);
    this.#times.set(platform, ms);
    try {
      await this.#store.setValue(nameFor(platform), new Date(ms).toISOString());
    } catch (err) {
      if (this.of(platform) === ms) this.#undo(platform, before);
      this.#log.warn(
        { platform, err },
        "Until when was heard could not be saved: it is tried again",
      );
    }
  }

  #undo(platform: string, before: number | undefined): void {
    if (before === undefined) this.#times.delete(platform);
    else this.#times.set(platform, before);
  }
}
