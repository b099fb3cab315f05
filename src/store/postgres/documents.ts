import { LRUCache } from "lru-cache";
import { NewerSchema, readDocument, type TicketDocument } from "../../desk/document.ts";
import { StoreError } from "../../desk/ports.ts";
import type { TicketId } from "../../tickets/ticket.ts";

/** A document, frozen, and which writing of it this is. */
export interface Version {
  version: string;
  document: TicketDocument;
}

/** How a document comes from the database: its JSON is null where its version is known here. */
export interface StoredDocument {
  id: TicketId;
  version: string;
  json: string | null;
}

/** About how many characters of documents are kept in memory. */
const cachedCharacters = 12 * 1024 * 1024;

/** What a document takes in memory, beside its JSON, in characters. */
const overhead = 1_000;

/**
 * The documents that were used last. One counts only while the database has the same version of it:
 * other processes may change any ticket at any time.
 */
export class Documents {
  readonly #cache = new LRUCache<TicketId, Version & { size: number }>({
    maxSize: cachedCharacters,
    sizeCalculation: ({ size }) => size,
  });

  /** The version that need not be read again. */
  versionOf = (id: TicketId): string | null => this.#cache.get(id)?.version ?? null;

  keep(version: string, document: TicketDocument, jsonLength: number): Version {
    const size = overhead + jsonLength;
    this.#cache.set(document.ticket._id, { version, document: freeze(document), size });
    return { version, document };
  }

  /** Undefined: it is to be read whole, as it is no longer in memory. Throws `DAMAGED`, `NEWER_SCHEMA`. */
  read({ id, version, json }: StoredDocument): Version | undefined {
    if (json !== null) return this.keep(version, parsed(id, json), json.length);
    const cached = this.#cache.get(id);
    return cached?.version === version ? cached : undefined;
  }
}

/** Throws `DAMAGED` and `NEWER_SCHEMA`. */
export function parsed(id: TicketId, json: string): TicketDocument {
  try {
    const document = readDocument(JSON.parse(json));
    if (document.ticket._id === id) return document;
    throw new Error(`It holds another ticket, ${document.ticket._id}`);
  } catch (cause) {
    if (cause instanceof NewerSchema)
      throw new StoreError(
        "NEWER_SCHEMA",
        `Ticket ${id} was written by a newer version of Deskhand. ${cause.message}. Start that version.`,
        { cause },
      );
    throw new StoreError(
      "DAMAGED",
      `The document of ticket ${id} in the database cannot be read. Put it right, or bring back a backup of it.`,
      { cause },
    );
  }
}

function freeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) freeze(part);
  return value;
}
