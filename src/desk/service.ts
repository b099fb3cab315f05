/**
 * A ticket service elsewhere, in which the same tickets live, too: one more place of each. Its
 * references (`id`, `ref`) are made and read by its adapter only; the desk keeps and compares them.
 */
import type {
  Entry,
  EntryType,
  NewTicket,
  Priority,
  Status,
  TicketChange,
} from "../tickets/ticket.ts";
import type { Failure } from "./chat.ts";

/** The fields that are kept alike here and there. */
export interface SharedFields {
  status: Status;
  priority: Priority;
  /** An id of the service's. */
  assignedTo: string | null;
  resolution: string | null;
}

/** An entry as the service shows it. */
export interface ServiceEntry {
  /** Names it within its ticket, the same each time it is read, also when its message was edited. */
  ref: string;
  type: EntryType;
  /** Null: the service does not tell. */
  author: string | null;
  message: string;
  /** ISO 8601, UTC; null: the service does not tell. */
  timestamp: string | null;
}

/** A ticket as the service has it. */
export interface ServiceTicket {
  id: string;
  fields: SharedFields;
  /** ISO 8601, UTC. */
  updatedAt: string;
  /** Oldest first; undefined where the service does not show them. */
  entries: readonly ServiceEntry[] | undefined;
}

/**
 * What the outbox calls. Nothing is tried twice within a call: whoever calls decides that, by what
 * `failureOf` makes of the error. `key` names a delivery for good.
 */
export interface TicketService {
  /** What its places have as their platform. */
  readonly platform: string;
  /** Creates the ticket, with a tag made of the key. */
  create(ticket: NewTicket, key: string): Promise<ServiceTicket>;
  /** The ticket that was created with this key, no earlier than `sinceMs` (ms since 1970). */
  findCreated(key: string, sinceMs: number): Promise<ServiceTicket | undefined>;
  /** Resolves to the `ref` of the entry, which is there now: that was looked at. */
  append(id: string, entry: Entry, key: string): Promise<string>;
  /** The `ref` of an entry that was appended so, if it is none of `others`. */
  findAppended(
    id: string,
    entry: Entry,
    key: string,
    others: readonly string[],
  ): Promise<string | undefined>;
  /** Gives an entry other words, where the service lets us; else fails as dead. */
  rewrite(id: string, ref: string, message: string): Promise<void>;
  /**
   * Takes an entry off, where the service lets us; else fails as dead. Resolves once it is gone: to
   * whether it was there. What was not may be there under another name.
   */
  remove(id: string, ref: string): Promise<boolean>;
  /** Changes these fields and no others. */
  change(id: string, change: TicketChange): Promise<void>;
  read(id: string): Promise<ServiceTicket>;
  /** Pure. */
  failureOf(error: unknown): Failure;
}

/** What the poller calls, with a ticket of the service as it was just read. */
export interface ServiceDesk {
  /** The service's ids of our tickets that live there and are not closed here. Costs next to nothing. */
  linked(): Promise<ReadonlySet<string>>;
  /**
   * How this ticket stands with us before it is read there: what was read while that changed is not
   * to be taken in.
   */
  stampOf(serviceId: string): Promise<string | undefined>;
  /**
   * Takes in what was said and changed there, durably when it resolves; `again`: something of ours
   * is on its way there or got there meanwhile, and it is to be read once more, from `stampOf` on.
   */
  takeIn(ticket: ServiceTicket, stamp: string): Promise<"taken" | "again" | "unknown">;
}
