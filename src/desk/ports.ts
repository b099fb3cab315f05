/**
 * What the desk needs of the world: a store, and an adapter for each chat platform (`chat.ts`).
 *
 * - **ticket**: what someone asked for, as the contract has it; **requester**: who asked (its `client`).
 * - **entry**: one message of a ticket's `threads`; **reply**: an entry that both sides see; **note**:
 *   a message for agents only, which is no entry.
 * - **document**: everything about one ticket, written as one.
 * - **place**: a thread on some platform where a ticket is visible, for the requester or the agents;
 *   **card**: the message at its top, that shows how the ticket stands.
 * - **delivery**: what is owed to one place: its thread, a message, an edit, a removal, a card.
 * - **creation key**: names what created a ticket (a form, a request), so that it creates one only.
 */
import type { Category, Priority, Status, TicketId, TicketSummary } from "../tickets/ticket.ts";
import type { MessageRef } from "./carried.ts";
import type { ThreadRef, TicketDocument } from "./document.ts";

/**
 * Keeps ticket documents. What it hands out is frozen or a copy: only `change` changes a ticket.
 * Every method may throw a `StoreError`.
 */
export interface TicketStore {
  /**
   * Adds a ticket; durable when it resolves to `created`. `exists`: a ticket with this creation
   * key is there, and durable. `taken`: the id or the reference is another ticket's; draw again.
   */
  create(document: TicketDocument): Promise<"created" | "exists" | "taken">;

  /**
   * Lets `work` change a draft of the ticket, and writes it: serialised per ticket, atomic, and
   * durable when it resolves. When `work` throws, or the write fails, nothing has changed.
   * `work` must not be async; it is called again, with another draft, when another process has
   * changed the ticket in between. Resolves to what `work` returned, or to undefined when there is no
   * such ticket.
   */
  change<T>(id: TicketId, work: (draft: TicketDocument) => T): Promise<T | undefined>;

  get(id: TicketId): Promise<TicketDocument | undefined>;
  findByThread(thread: ThreadRef): Promise<TicketId | undefined>;
  /** The ticket that a message from elsewhere was carried into. */
  findByMessage(message: MessageRef): Promise<TicketId | undefined>;
  findByCreationKey(key: string): Promise<TicketId | undefined>;
  findByReference(reference: string): Promise<TicketId | undefined>;

  /** A page of tickets, newest first. */
  list(query: TicketQuery): Promise<Page>;

  /** The tickets that owe something to some place, oldest first. */
  owing(): Promise<TicketId[]>;

  /**
   * The tickets that are not closed and have a thread there, the most recently changed first; those
   * that owe something, and may have a thread that is not written down yet, may be among them. Those
   * that were closed, and have changed at or after `orSinceMs` (ms since 1970), are as well.
   */
  unclosed(platform: string, orSinceMs?: number): Promise<TicketId[]>;

  /**
   * The threads there of the tickets that are not closed. It costs next to nothing, however many there
   * are; what is handed out may go on changing with the tickets.
   */
  openThreads(platform: string): Promise<ReadonlySet<string>>;

  /**
   * Whether a ticket needs this content of the attachments folder, or may: of one that cannot be read
   * it is not known which it needs. Cheap, however many tickets there are.
   */
  namesFile(hash: string): Promise<boolean>;

  /** A small value, such as how far something was read; undefined before it was first set. */
  value(name: string): Promise<string | undefined>;
  /** Durable when it resolves. */
  setValue(name: string, value: string): Promise<void>;
  /** Sets it unless it is set, also by another process at once; resolves to the one that holds. */
  valueOr(name: string, value: string): Promise<string>;

  /** How many tickets there are in each status. */
  counts(): Promise<StatusCounts>;

  /**
   * Every document that can be read, in no order; what cannot is in the log. A ticket that is
   * changed meanwhile is seen before or after.
   */
  all(): AsyncIterable<TicketDocument>;

  /** Writes something and makes it durable; throws what keeps it from doing so. */
  probe(): Promise<void>;

  /** Waits for the writes under way, then lets go of what it holds. */
  close(): Promise<void>;
}

/** A store that this process alone leads, and says so where it keeps its tickets. */
export interface HeldStore extends TicketStore {
  /** Says where this process serves HTTP; undefined: nowhere any more. */
  announce(url: string | undefined): Promise<void>;
  /** Whether this process surely still leads: asked right before anything is done elsewhere. */
  isHeld(): boolean;
  /** What others tell that work on the store as well; undefined: nobody else can. */
  readonly others?: Others | undefined;
}

/** What whoever leads is told by those who follow. */
export interface Others extends Pick<Exchange, "hand" | "handed" | "taken"> {
  /**
   * Told from now on which tickets may owe something, and of none, that something was handed over.
   * `onMissed`: for a while nothing was told.
   */
  listen(onTold: (ids: readonly TicketId[]) => void, onMissed: () => void): Promise<void>;
}

/** A store on which another process leads; this one takes in what is asked of it, and hands on the rest. */
export interface SharedStore extends TicketStore {
  readonly exchange: Pick<Exchange, "tell" | "hand">;
}

/** What the processes that work on one store tell each other through it. */
export interface Exchange {
  /** Tells whoever leads that these tickets may owe something. It may not arrive. */
  tell(ids: readonly TicketId[]): Promise<void>;
  /** Hands over what a platform told. Durable when it resolves. */
  hand(platform: string, content: string): Promise<void>;
  /** What was handed over and not taken yet, but for these: oldest first, and not all at once. */
  handed(except: readonly string[]): Promise<Handed[]>;
  /** It was taken in. Twice is once. */
  taken(id: string): Promise<void>;
}

export interface Handed {
  id: string;
  platform: string;
  content: string;
  /** When it was handed over, in ms since 1970. */
  atMs: number;
  /** It has been there for a day. */
  isOld: boolean;
}

/** What a process that holds a store says of itself. */
export interface Holder {
  pid: number;
  host: string;
  since: string;
  /** Where it serves HTTP, while it does. */
  url?: string;
}

export interface TicketFilter {
  status?: Status;
  category?: Category;
  priority?: Priority;
  assignedTo?: string;
  client?: string;
  tag?: string;
  /** Words; a ticket matches that has all of them in its title, description, tags or messages. */
  q?: string;
  /** Tickets changed at or after this time, in ms. */
  updatedSince?: number;
}

export interface TicketQuery {
  filter: TicketFilter;
  /** From 1. */
  page: number;
  limit: number;
  /** Also count the tickets in each status, as if the filter named none. */
  countByStatus?: boolean;
}

export type StatusCounts = Record<Status, number>;

export const noCounts = (): StatusCounts => ({
  open: 0,
  pending: 0,
  in_progress: 0,
  resolved: 0,
  closed: 0,
});

export interface Page {
  tickets: TicketSummary[];
  /** Of all pages. */
  total: number;
  counts?: StatusCounts;
}

export type StoreErrorCode =
  /** The disk is full, read-only or failing; nothing was changed. */
  | "WRITE_FAILED"
  /**
   * Written, and seen by every reader, but a power cut now might take it back; or the store was lost
   * while it wrote, and whether it did is not known.
   */
  | "WRITE_UNCERTAIN"
  /** A document cannot be read; the disk, not the document, is at fault. */
  | "READ_FAILED"
  /** A document is no longer one. */
  | "DAMAGED"
  /** Another process holds the data folder, or the database. */
  | "IN_USE"
  /** A document was written by a newer version of Deskhand. */
  | "NEWER_SCHEMA"
  /** A copy into it was begun and not finished. */
  | "UNFINISHED"
  /** Its tickets were moved elsewhere, where they go on. */
  | "MOVED"
  /** `change` was given an async function, or one that left no valid document. */
  | "BAD_CHANGE"
  | "CLOSED";

/** What broke in a store: the message says what happened, what it means and what to do. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Keeps the content of files, by what it is. */
export interface AttachmentFolder {
  /** Durable when it resolves, to the content's hash. */
  keep(content: Buffer): Promise<{ hash: string }>;
  /** Undefined: it is not there, or damaged. */
  read(hash: string): Promise<Buffer | undefined>;
}

/** Which files are taken in. */
export interface FileRules {
  maxBytes: number;
  /** By MIME type. */
  allows(type: string): boolean;
}

/** Where a part of Deskhand says what operators should know. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
