/**
 * Chat platforms, as the desk knows them. References (`thread`, `message`, `where`, `file`) are made
 * and read by their adapter only; the desk keeps and compares them.
 */
import type { ErrorCode } from "../tickets/errors.ts";
import type { Category, Priority, Status, TicketId } from "../tickets/ticket.ts";
import type { ThreadRef } from "./document.ts";
import type { RichText } from "./text.ts";

/** `id` is the same wherever the person is met: `platform:team:user`. */
export interface Person {
  id: string;
  name: string;
  /** An http(s) address. */
  picture?: string;
}

/** Someone who does something, and whether they may do it as an agent: their adapter knows. */
export interface ChatActor extends Person {
  isAgent: boolean;
  /** Their name could not be found out: one that is known from before is better. */
  isGuess?: true;
}

/** A file as it was offered: it is fetched later, by `fetchFile`. */
export interface OfferedFile {
  file: string;
  name: string;
  sizeBytes: number;
  /** A MIME type. */
  type: string;
}

/** What happened in a thread, or just beside one. `message` names the message it is about. */
export type ChatEvent = { platform: string; thread: string; message: string } & (
  | {
      type: "message" | "edited";
      by: ChatActor;
      text: RichText;
      files: readonly OfferedFile[];
      /**
       * When it was edited, in ms since 1970 by the platform's clock, where that tells; of what is
       * read back it may be a little early. An older edit does not undo a later one.
       */
      editedMs?: number;
    }
  | { type: "deleted" }
);

/** What became of an event. All but `refused` are final; who wrote has to be told of a refusal. */
export type Heard =
  | { heard: "accepted" | "known" | "elsewhere" | "left-alone"; ticket?: TicketId }
  | { refused: ErrorCode | "NOT_AN_AGENT" | "NOT_THE_REQUESTER"; ticket: TicketId };

export type NotHeard = Extract<Heard, { refused: string }>;

/** What can be done to a ticket with its card's buttons. */
export type Action =
  | { do: "claim" | "release" | "reopen" }
  | { do: "resolve"; resolution: string }
  | { do: "status"; status: Status }
  | { do: "priority"; priority: Priority }
  | { do: "note" | "reply"; text: string }
  /** `delivery` is `*` for all that was given up. */
  | { do: "retry"; delivery: string };

export type Done =
  | { done: true; changed: boolean; reference: string }
  /** Someone else was first. */
  | { claimedBy: string }
  | { refused: ErrorCode | "NOT_AN_AGENT" };

/** A new ticket from a form that someone filled. */
export interface ChatForm {
  /** Names the form, so that it opens one ticket however often it is submitted. */
  creationKey: string;
  title: string;
  description: string;
  priority: Priority;
  category: Category;
  tags: string[];
  files: readonly OfferedFile[];
  requester: Person;
  /** Who filled it, when that is not the requester. */
  by: Person;
  /** Where the requester's thread is to be. */
  platform: string;
  where: string;
}

/** A ticket in a few words, for a list or a button. */
export interface TicketLine {
  id: TicketId;
  reference: string;
  title: string;
  status: Status;
  priority: Priority;
  category: Category;
  createdAt: string;
  updatedAt: string;
  /** Where its requester reads and writes, for their eyes only; unless it is not open yet. */
  own?: ThreadRef;
}

/** `isOther`: the form was submitted before, and what stands in it now is not what was opened. */
export interface OpenedTicket extends TicketLine {
  isOther: boolean;
}

/** The desk, as chat adapters call it. Each call is one transaction, durable when it resolves. */
export interface ChatDesk {
  open(form: ChatForm): Promise<OpenedTicket>;
  heard(event: ChatEvent): Promise<Heard>;
  /** Whether this is a ticket's thread. */
  hasThread(platform: string, thread: string): Promise<boolean>;
  /** Whether it is the thread of a ticket that is closed. */
  isClosed(platform: string, thread: string): Promise<boolean>;
  /** Whether this message was carried into a ticket: `heard` knows its edits and its deletion. */
  hasCarried(platform: string, message: string): Promise<boolean>;
  /**
   * `null`: there is no such ticket. Who may do it is checked here as well. `key` names the act, so
   * that a note or a reply is written once however often its form is submitted.
   */
  act(id: TicketId, action: Action, by: ChatActor, key: string): Promise<Done | null>;
  /**
   * Their words, written elsewhere (`message` names where), become a reply of their ticket: of one
   * only, which is the one that is told of, however often they are carried.
   */
  carry(id: TicketId, event: ChatEvent): Promise<Heard>;
  /**
   * What was written on this platform since `sinceMs` (ms since 1970) may not have been told of: it is
   * read back. Without a time: since it was last in touch, as at every start. Does not wait.
   */
  mayHaveMissed(platform: string, sinceMs?: number): void;
  /**
   * Has someone told that what they wrote was refused: once for the same words, be it heard or read
   * back, before a restart or after. For platforms that do not show that they were told. Throws what
   * `tell` throws.
   */
  tellOnce(event: WrittenEvent, tell: () => Promise<void>): Promise<void>;
  /** The card as this side sees it. */
  card(id: TicketId, side: Side): Promise<TicketCard | null>;
  /** What this person asked for and is not resolved or closed, newest first. */
  openTicketsOf(requester: string): Promise<TicketLine[]>;
  /** The requester's own ticket with this reference, in any case. */
  findFor(requester: string, reference: string): Promise<OwnTicket | null>;
  /** What this person asked for, newest first, whatever has become of it; `most` of them. */
  ticketsOf(requester: string, most: number): Promise<TicketLine[]>;
}

export type Side = "requester" | "agents";

/** How a ticket stands, for the message at the top of its thread. */
export interface TicketCard {
  side: Side;
  id: TicketId;
  reference: string;
  title: string;
  /** Its beginning, on the agents' side only. */
  description?: string;
  status: Status;
  priority: Priority;
  category: Category;
  tags: readonly string[];
  requester: string;
  /** The name of who is on it. */
  assignee: string | null;
  resolution: string | null;
  createdAt: string;
  /** Its id in the ticket service in which it lives, too. */
  elsewhere?: string;
  /** How much was given up and can be sent again; 0 on the requester's side. */
  undelivered: number;
  /** What its buttons may offer: nothing on the requester's side. */
  offers: readonly Action["do"][];
  /** Where the status may go from here. */
  moves: readonly Status[];
}

/** A ticket as its requester is shown it. */
interface OwnTicket extends TicketCard {
  /** Where they read and write; unless it is not open yet. */
  own?: ThreadRef;
}

/** One message to be posted: a whole text, or one part of a split one. */
export interface OutboundMessage {
  /** A notice is said by Deskhand itself. */
  kind: "reply" | "note" | "notice";
  author: Person;
  text: RichText;
  /** A notice of a failure offers to try this delivery of this ticket again. */
  retry?: { id: TicketId; delivery: string };
}

export interface OutboundFile {
  author: Person;
  name: string;
  type: string;
  content: Buffer;
}

/** What someone has written, as it stands now. */
export type WrittenEvent = Extract<ChatEvent, { type: "message" | "edited" }>;

/**
 * What catching up asks of an adapter. A platform may not have told of everything: while we were not
 * running or not connected, or when there was too much of it.
 */
export interface PlatformReader {
  /**
   * Until when (ms since 1970) everything that was written has been told of and is durable: now,
   * while all is well; when that ended, otherwise. Undefined: nothing has been heard since the start.
   */
  heardUntil(): number | undefined;
  /**
   * What people wrote in a place since then (ms since 1970), oldest first, as it stands now:
   * `edited` what they have edited. Without what is ours or a bot's, what is another ticket's, and
   * what was deleted. It ends once all of it was read, and throws what `failureOf` understands. After
   * each page `reached` is told until when (ms since 1970) all is read: a reading that failed is taken
   * up from there, or from its last event, so that a platform which gives little at once is read too.
   */
  readSince(
    at: Spot,
    sinceMs: number,
    reached?: (untilMs: number) => void,
  ): AsyncIterable<WrittenEvent>;
  /**
   * Whether a message that was not read there can be read still: asked before one is taken for
   * deleted. Throws what `failureOf` understands.
   */
  isThere(at: Spot, message: string): Promise<boolean>;
  /** When a message was written, in ms since 1970, by the platform's clock. Pure. */
  writtenAt(message: string): number;
  /** Tells who wrote it that it was not taken in, as when it is heard live. */
  tellRefused(event: WrittenEvent, refused: NotHeard): Promise<void>;
}

/** How a message that someone wrote fares on its way to the others. */
export type Mark = "sending" | "delivered" | "failed";

/** How a call of an adapter failed. */
export interface Failure {
  /**
   * - `retry`: it surely had no effect, and may have one later.
   * - `uncertain`: whether it had an effect is not known.
   * - `dead`: it will not work, however often it is tried.
   * - `gone`: the thread is no longer there, but where it was, another can be opened.
   */
  outcome: "retry" | "uncertain" | "dead" | "gone";
  /** For the agents, after "could not be delivered: ". No secrets. */
  reason: string;
  /** The same for the log, where the reason may quote what someone wrote. */
  logged?: string;
  /** How long the platform asked to wait. */
  retryAfterMs?: number;
  /** The platform as a whole did not answer: it is down, or cannot be reached. */
  isDown?: true;
  /** It was not the platform that failed, but what keeps files here: the platform still has them. */
  isOurs?: true;
  /** Nothing was sent, as the adapter itself holds such calls back, for `retryAfterMs`. It was no try. */
  isHeldBack?: true;
}

/** A limit of the platform's on how much is posted in a time. */
export interface Pace {
  /** Names the limit: what has the same name counts against it together. */
  line: string;
  /** How long it is until one more may be posted; 0: now. */
  waitMs: number;
}

/**
 * What the outbox calls. Nothing is tried twice within a call: whoever calls decides that, by what
 * `failureOf` makes of the error. `key` names a delivery for good, and can be found by `findPosted`.
 */
export interface PlatformAdapter {
  readonly platform: string;
  /** The parts of a text, each of which fits one message. */
  split(text: RichText): RichText[];
  openThread(where: string, card: TicketCard, key: string): Promise<OpenedThread>;
  /** Where a person's thread is, they see what is posted, also if they have left it: or it fails. */
  post(at: Spot, message: OutboundMessage, key: string): Promise<string>;
  postFile(at: Spot, file: OutboundFile, key: string): Promise<string>;
  /**
   * Settled as well when it already is so. A card that someone has deleted is posted anew in its
   * thread: then this resolves to the message that shows it from now on.
   */
  update(
    message: string,
    content: { card: TicketCard; at: Spot } | { message: OutboundMessage },
  ): Promise<string | undefined>;
  remove(message: string): Promise<void>;
  /** Shows this mark, or none; of the `others`, those that are there are taken off. */
  mark(message: string, mark: Mark | null, others: readonly Mark[]): Promise<void>;
  /**
   * The thread that was opened with this key, no earlier than `sinceMs` (ms since 1970). One that was
   * opened by half, so that it does not show the card yet, is completed.
   */
  findThread(
    where: string,
    card: TicketCard,
    key: string,
    sinceMs: number,
  ): Promise<OpenedThread | undefined>;
  /**
   * The message that was posted with this key; a file, which may carry no key, is known by its name
   * and size, if it is none of `others`.
   */
  findPosted(thread: string, wanted: WantedMessage): Promise<string | undefined>;
  fetchFile(file: string, mostBytes: number): Promise<Buffer>;
  /**
   * The limit that what is posted in a place counts against, as it stands now; `thread` is null where
   * one is still to be opened. Without it, and where it is undefined, none is known beforehand.
   */
  paceAt?(place: { where: string; thread: string | null }): Pace | undefined;
  /** Pure. */
  failureOf(error: unknown): Failure;
}

/** A place whose thread is there. */
export interface Spot {
  where: string;
  thread: string;
}

interface OpenedThread {
  thread: string;
  /** The message that shows the card. */
  card: string;
}

export interface WantedMessage {
  key: string;
  /** It was posted no earlier than this, in ms since 1970. */
  sinceMs: number;
  file?: { name: string; sizeBytes: number; others: readonly string[] };
}
