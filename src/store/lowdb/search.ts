import MiniSearch from "minisearch";
import { searchWords } from "../../desk/search-words.ts";
import type { Ticket, TicketId } from "../../tickets/ticket.ts";

const fields = ["title", "description", "tags", "messages"];

/** How many tickets are indexed between two chances for others to run. */
const chunk = 200;

/**
 * Full-text search over what both sides of a ticket see. It is built when first asked for, which
 * reads every ticket once, and kept up to date from then on.
 */
export class Search {
  readonly #all: () => AsyncIterable<Ticket>;
  #index: MiniSearch | undefined;
  #building: Promise<MiniSearch> | undefined;
  /** What changed while the index is being built, and may have been read before it did. */
  readonly #changed = new Map<TicketId, Ticket>();

  constructor(all: () => AsyncIterable<Ticket>) {
    this.#all = all;
  }

  /** The tickets that have every word of `words`. */
  async find(words: string): Promise<Set<TicketId>> {
    const index = this.#index ?? (await this.#built());
    return new Set(index.search(words, { combineWith: "AND" }).map((result) => result.id));
  }

  /** Told of every ticket that was created or changed. */
  update(ticket: Ticket): void {
    if (this.#index) put(this.#index, ticket);
    else if (this.#building) this.#changed.set(ticket._id, ticket);
  }

  #built(): Promise<MiniSearch> {
    this.#building ??= this.#build().finally(() => {
      this.#building = undefined;
      this.#changed.clear();
    });
    return this.#building;
  }

  async #build(): Promise<MiniSearch> {
    const index = new MiniSearch({ fields, tokenize: (text) => searchWords(text) });
    let sinceBreak = 0;
    for await (const ticket of this.#all()) {
      put(index, ticket);
      sinceBreak += 1;
      if (sinceBreak % chunk === 0) await new Promise(setImmediate);
    }
    for (const ticket of this.#changed.values()) put(index, ticket);
    this.#index = index;
    return index;
  }
}

function put(index: MiniSearch, ticket: Ticket): void {
  const { _id: id, title, description } = ticket;
  const messages = ticket.threads.map((entry) => entry.message).join("\n");
  const document = { id, title, description, tags: ticket.tags.join("\n"), messages };
  if (index.has(id)) index.replace(document);
  else index.add(document);
}
