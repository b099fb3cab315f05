/** Someone in front of one thread of a ticket: what they can do there, and what they see. */

export interface Upload {
  name: string;
  content: Buffer;
}

/** Where only its name can be seen, it has no content. */
interface ShownFile {
  name: string;
  content: Buffer | undefined;
}

/** One message in a thread, as it stands on a screen; cards are none. */
export interface Shown {
  id: string;
  words: string;
  files: readonly ShownFile[];
  /** What its writer is shown of its way. */
  marks: readonly Mark[];
  /** Whom it calls. */
  pings: readonly string[];
  byBot: boolean;
}

export type Mark = "sending" | "delivered" | "failed";

export interface Place {
  /** `slack requester`, `discord agents`, … */
  name: string;
  side: "requester" | "agents" | "service";
  /** The longest text that a client sends, in UTF-16 units. */
  mostText: number;
  /** How many threads of this ticket there are; more than one is one too many. */
  threads(): number;
  /** Oldest first. */
  shows(): Shown[];
  /** The card. */
  card(): string;
  /** What the bot has told them alone. */
  whispers(): string[];
  /** Whether something else can be written without another order being possible than that. */
  isTold(): boolean;
  /** Resolves to what names the message. */
  writes(text: string, files?: readonly Upload[]): string;
  edits(id: string, text: string): void;
  deletes(id: string): void;
}

export type Button = "claim" | "release" | "reopen";
export type Dialog = "note" | "reply" | "resolve";

/** `unsure`: it may be done or not. */
export type Done = "done" | "unsure";

export interface AgentPlace extends Place {
  side: "agents";
  /** What the card offers. */
  offers(): string[];
  presses(button: Button): Promise<Done>;
  fills(dialog: Dialog, text: string): Promise<Done>;
  /** Tries again what a notice tells of; false where none offers it. */
  retries(): Promise<boolean>;
}

/** Whose deeds take a while does one after the other. */
export class OneAtATime {
  readonly #last = new Map<string, Promise<unknown>>();

  run<T>(who: string, act: () => Promise<T>): Promise<T> {
    const done = (this.#last.get(who) ?? Promise.resolve()).then(act);
    this.#last.set(
      who,
      done.catch(() => undefined),
    );
    return done;
  }
}
