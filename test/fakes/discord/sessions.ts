import type { Json } from "../json.ts";

/** What the gateway has told one session; `s` is its place in the order. */
export interface Told {
  s: number;
  t: string;
  d: Json;
}

/** Said once, when a session begins or goes on. */
const greetings = ["READY", "RESUMED"];

/**
 * What Discord keeps of a client that identified: everything it was told, or would have been told had
 * it been connected. https://docs.discord.com/developers/events/gateway#resuming
 */
export class Session {
  readonly id: string;
  readonly shard: readonly [id: number, count: number];
  readonly intents: number;
  readonly #told: Told[] = [];
  /** It cannot be resumed any more. */
  lost = false;
  /** Its connection was taken from it, and its client has not come back yet. */
  awaited = false;

  constructor(given: Pick<Session, "id" | "shard" | "intents">) {
    this.id = given.id;
    this.shard = given.shard;
    this.intents = given.intents;
  }

  get last(): number {
    return this.#told.length;
  }

  add(t: string, d: Json): void {
    this.#told.push({ s: this.last + 1, t, d });
  }

  since(s: number): readonly Told[] {
    return this.#told.slice(s);
  }

  /** What a client that resumes is told again. */
  missedSince(s: number): readonly Told[] {
    return this.since(s).filter(({ t }) => !greetings.includes(t));
  }
}
