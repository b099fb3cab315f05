/** Who someone is in a server, where Discord does not say so by itself: messages read back lack it. */
import { RESTJSONErrorCodes as Code, Routes } from "discord.js";
import { LRUCache } from "lru-cache";
import type { z } from "zod";
import type { Call } from "./calls.ts";
import { unlessRefused, withoutEffect } from "./errors.ts";
import { memberSchema } from "./people.ts";

export type Member = z.infer<typeof memberSchema>;

interface Kept {
  at: number;
  member: Promise<Member | undefined>;
}

const mostKept = 1_000;
/** Roles and names change: for so long it is taken that they have not. */
const keptMs = 60_000;

const notThere: readonly number[] = [Code.UnknownMember, Code.UnknownUser];

export class Members {
  readonly #call: Call;
  readonly #now: () => number;
  readonly #kept = new LRUCache<string, Kept>({ max: mostKept });

  /** `now` is in ms since 1970. */
  constructor(call: Call, now: () => number) {
    this.#call = call;
    this.#now = now;
  }

  /** Undefined: they are not in the server. Throws what `failureOf` understands. */
  get(guild: string, user: string): Promise<Member | undefined> {
    const key = `${guild} ${user}`;
    const known = this.#kept.get(key);
    if (known && this.#now() - known.at < keptMs) return known.member;
    const member = this.#ask(guild, user);
    this.#kept.set(key, { at: this.#now(), member });
    // What could not be asked is asked again.
    member.catch(() => this.#kept.delete(key));
    return member;
  }

  #ask(guild: string, user: string): Promise<Member | undefined> {
    const asking = () => this.#call("GET", Routes.guildMember(guild, user), memberSchema);
    return unlessRefused(notThere, withoutEffect(asking));
  }
}
