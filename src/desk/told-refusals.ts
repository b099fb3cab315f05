/** Who has been told that what they wrote was not taken in, so that nobody is told twice. */
import { z } from "zod";
import type { WrittenEvent } from "./chat.ts";
import { shortDigest } from "./digest.ts";
import type { Log, TicketStore } from "./ports.ts";
import { plainText } from "./text-plain.ts";

/** It outlasts what may be read back or told of again; what is older stands behind that. */
const mostTold = 200;
const valueName = "told refused";
const keptSchema = z.array(z.string());

type Values = Pick<TicketStore, "value" | "setValue">;

/** Kept in the store: a platform may have no place in which it shows that someone was told. */
export class ToldRefusals {
  readonly #store: Values;
  readonly #log: Log;
  readonly #told: Set<string>;

  private constructor(store: Values, log: Log, told: Iterable<string>) {
    this.#store = store;
    this.#log = log;
    this.#told = new Set(told);
  }

  /** Throws what the store throws. */
  static async open(store: Values, log: Log): Promise<ToldRefusals> {
    return new ToldRefusals(store, log, readKept(await store.value(valueName)));
  }

  /**
   * Tells it, unless it was told before of the same words, be it before a restart. That it was is
   * durable when this resolves; a write that fails costs no more than that it may be told again.
   * Throws what telling throws.
   */
  async once(event: WrittenEvent, tell: () => Promise<void>): Promise<void> {
    const name = nameOf(event);
    if (this.#told.has(name)) return;
    await tell();
    this.#told.add(name);
    for (const oldest of this.#told) if (this.#told.size > mostTold) this.#told.delete(oldest);
    try {
      await this.#store.setValue(valueName, JSON.stringify([...this.#told]));
    } catch (err) {
      const fields = { platform: event.platform, err };
      this.#log.warn(fields, "That something was refused could not be noted as told");
    }
  }
}

/** What someone wrote is not kept, nor where: only what it is known by. */
const nameOf = ({ platform, message, text }: WrittenEvent): string =>
  shortDigest(JSON.stringify([platform, message, plainText(text)]));

function readKept(kept: string | undefined): string[] {
  try {
    return keptSchema.parse(JSON.parse(kept ?? "[]"));
  } catch {
    return [];
  }
}
