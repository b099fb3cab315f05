import type {
  ChatActor,
  Failure,
  Mark,
  OfferedFile,
  OutboundMessage,
  TicketCard,
} from "../../src/desk/chat.ts";
import { split } from "../../src/desk/split.ts";
import type { RichText } from "../../src/desk/text.ts";
import { plainText } from "../../src/desk/text-plain.ts";
import { saidIn } from "./people.ts";

/** What stands in a thread: what a person wrote, or what we posted. */
export interface Shown {
  id: string;
  /** In ms. */
  at: number;
  kind: OutboundMessage["kind"] | "file";
  text: string;
  files: readonly OfferedFile[];
  isEdited: boolean;
  /** Undefined: we did. */
  writer: ChatActor | undefined;
  /** Of what we posted: its delivery, and the name of who said it. */
  key: string | undefined;
  author: string;
  retry: OutboundMessage["retry"];
}

export interface Thread {
  id: string;
  where: string;
  key: string;
  /** Someone has deleted it, with all that is in it. */
  isGone: boolean;
  /** Undefined: it was opened by half, or someone has deleted it. */
  card: { id: string; shows: TicketCard } | undefined;
  messages: Shown[];
}

/** What a platform says is wrong, and how a call of it failed. */
export class PlatformFault extends Error {
  override readonly name = "PlatformFault";
  readonly failure: Failure;

  constructor(
    outcome: Failure["outcome"],
    reason: string,
    more: Pick<Failure, "retryAfterMs" | "isDown"> = {},
  ) {
    super(reason);
    this.failure = { outcome, reason, ...more };
  }
}

/** As many characters of what people say fit one message; what Deskhand says itself fits. */
const mostCharacters = 14;

type Posted = Pick<Shown, "kind" | "text" | "author" | "retry"> & { key: string };

/** A chat platform: what stands in it outlives the processes that call it. */
export class Platform {
  readonly name: string;
  readonly threads = new Map<string, Thread>();
  readonly marks = new Map<string, Set<Mark>>();
  /** Messages whose writer was told, when they were read back, that they are not taken in. */
  readonly refused = new Set<string>();
  /** The content of files, and what they were offered as. */
  readonly files = new Map<string, Buffer>();
  /** All that was ever to be read: by the channel that it was in, what we posted. */
  readonly ever: { where: string; thread: string; text: string }[] = [];
  readonly #now: () => number;
  #made = 0;

  constructor(name: string, now: () => number) {
    this.name = name;
    this.#now = now;
  }

  split = (text: RichText): RichText[] => {
    const fits = (part: RichText) => {
      const words = plainText(part).trim();
      return words.length <= mostCharacters || saidIn(words) === undefined;
    };
    return fits(text) ? [text] : split(text, fits);
  };

  thread(id: string): Thread {
    const thread = this.threads.get(id);
    if (!thread || thread.isGone) throw new PlatformFault("gone", "the thread is gone");
    return thread;
  }

  /** A thread without its card. */
  open(where: string, key: string): Thread {
    const id = `${this.name}-t${this.#next()}`;
    const thread = { id, where, key, isGone: false, card: undefined, messages: [] };
    this.threads.set(id, thread);
    return thread;
  }

  showCard(thread: Thread, shows: TicketCard): { id: string; shows: TicketCard } {
    thread.card = { id: `${thread.id}/c${this.#next()}@${this.#now()}`, shows };
    return thread.card;
  }

  post(id: string, { kind, text, author, retry, key }: Posted): string {
    const thread = this.thread(id);
    const shown = this.#shown(thread, { kind, text, author, retry, key, files: [] }, undefined);
    this.#toRead(thread, text);
    return shown.id;
  }

  write(id: string, writer: ChatActor, text: string, files: readonly OfferedFile[]): Shown {
    const posted = { kind: "reply", text, author: writer.name, retry: undefined } as const;
    return this.#shown(this.thread(id), { ...posted, key: undefined, files }, writer);
  }

  edit(message: string, { kind, text, retry }: Omit<Posted, "key" | "author">): void {
    const thread = this.thread(threadOf(message));
    const shown = thread.messages.find(({ id }) => id === message);
    if (!shown) throw new PlatformFault("dead", "the message is not there");
    Object.assign(shown, { kind, text, retry });
    this.#toRead(thread, text);
  }

  remove(message: string): void {
    const thread = this.thread(threadOf(message));
    thread.messages = thread.messages.filter(({ id }) => id !== message);
  }

  marksOf = (message: string): Set<Mark> => {
    const marks = this.marks.get(message) ?? new Set();
    this.marks.set(message, marks);
    return marks;
  };

  find(message: string): Shown | undefined {
    const thread = this.threads.get(threadOf(message));
    return thread?.messages.find(({ id }) => id === message);
  }

  #shown(
    thread: Thread,
    given: Omit<Shown, "id" | "at" | "isEdited" | "writer">,
    writer: ChatActor | undefined,
  ): Shown {
    const at = this.#now();
    const shown = {
      ...{ id: `${thread.id}/m${this.#next()}@${at}`, at, isEdited: false, writer },
      ...given,
    };
    thread.messages.push(shown);
    return shown;
  }

  #toRead({ id, where }: Thread, text: string): void {
    this.ever.push({ where, thread: id, text });
  }

  #next(): number {
    this.#made += 1;
    return this.#made;
  }
}

export const threadOf = (message: string): string => message.split("/")[0] ?? "";

/** When it was written, in ms; its name says so. */
export const writtenAt = (message: string): number => Number(message.split("@")[1]);

/** Later ones have higher ones. */
export const numberOf = (message: string): number => Number(/m(\d+)@/.exec(message)?.[1] ?? 0);
