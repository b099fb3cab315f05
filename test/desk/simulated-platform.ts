import type {
  ChatActor,
  Failure,
  Mark,
  OutboundMessage,
  Pace,
  PlatformAdapter,
  PlatformReader,
  TicketCard,
  WrittenEvent,
} from "../../src/desk/chat.ts";
import { split } from "../../src/desk/split.ts";
import { typedText } from "../../src/desk/text.ts";
import { plainText } from "../../src/desk/text-plain.ts";
import type { Life } from "./life.ts";

/** How a call ends: `…-before` without an effect, `…-after` with it. */
export type Ending =
  | "ok"
  | "retry"
  | "uncertain-before"
  | "uncertain-after"
  | "dead"
  | "gone"
  | "down-before"
  | "down-after"
  | "held-back"
  | "slow-before"
  | "slow-after"
  | "crash-before"
  | "crash-after";

export interface Call {
  do: keyof (PlatformAdapter & PlatformReader);
  platform: string;
  /** The thread, or where one is to be. */
  where: string;
}

export interface Shown {
  id: string;
  key: string;
  kind: OutboundMessage["kind"] | "file";
  by: string;
  text: string;
  retry?: { id: string; delivery: string };
}

interface Thread {
  id: string;
  where: string;
  key: string;
  isGone: boolean;
  card: TicketCard;
  messages: Shown[];
}

/** What someone wrote in a thread. */
interface Written {
  id: string;
  thread: string;
  at: number;
  by: ChatActor;
  text: string;
  isEdited: boolean;
  editedAt?: number;
  isDeleted: boolean;
}

class Fault extends Error {
  readonly failure: Omit<Failure, "reason">;

  constructor(outcome: Failure["outcome"], more: Partial<Failure> = {}) {
    super(`the call was made to end so: ${outcome}`);
    this.failure = { ...more, outcome };
  }
}

/** For so long a call is held back that ends so, in ms. */
export const heldBackMs = 5_000;

/** A chat platform in memory: it outlives the processes that call it, and ends calls as it is told. */
export class SimulatedPlatform {
  readonly platform: string;
  readonly threads: Thread[] = [];
  /** Everything that was ever to be read, by where its thread is. */
  readonly ever: { where: string; text: string }[] = [];
  readonly calls: Call[] = [];
  readonly marks = new Map<string, Mark>();
  readonly files = new Map<string, Buffer>();
  ending: (call: Call) => Ending = () => "ok";
  /** The limit that what is posted in a channel counts against. */
  pace: (where: string) => Pace | undefined = () => undefined;
  /** Whether words fit one message. */
  fits: (words: string) => boolean = (words) => words.length <= 12;
  /** What people wrote, whether or not anyone was told of it. */
  readonly written: Written[] = [];
  /** How many messages are given at once when they are read back, ours included. */
  pageLength = 100;
  /** How long it asks to wait when a call is to be tried again. */
  retryAfterMs: number | undefined;
  /** Until when it has told of everything; undefined: it has not been in touch. */
  heardUntil: () => number | undefined = () => undefined;
  /** Whether it tells when something was edited. */
  tellsWhenEdited = false;
  /** Whether it tells how far it was read. */
  tellsHowFar = true;
  /** What is not given when a thread is read, though it is there. */
  readonly hidden = new Set<string>();
  /** The messages whose writers were told that they were not taken in. */
  readonly toldRefused: string[] = [];
  readonly #now: () => number;
  readonly #postedAt = new Map<string, number>();
  #held: (() => void)[] = [];
  #made = 0;

  constructor(platform: string, now: () => number = () => 0) {
    this.platform = platform;
    this.#now = now;
  }

  /** Someone writes in a thread; the event is what is told of it, if it is. */
  writes(thread: string, by: ChatActor, text: string, at = this.#now()): WrittenEvent {
    this.#made += 1;
    const id = `${thread}/w${at}-${this.#made}`;
    const written = { id, thread, at, by, text, isEdited: false, isDeleted: false };
    this.written.push(written);
    return this.#eventOf(written);
  }

  edits(message: string, text: string): WrittenEvent {
    const written = this.#writtenBy(message);
    written.text = text;
    written.isEdited = true;
    if (this.tellsWhenEdited) written.editedAt = this.#now();
    return this.#eventOf(written);
  }

  /** It is told of once more, as it stands. */
  tells = (message: string): WrittenEvent => this.#eventOf(this.#writtenBy(message));

  deletes(message: string) {
    const written = this.#writtenBy(message);
    written.isDeleted = true;
    return { type: "deleted", platform: this.platform, thread: written.thread, message } as const;
  }

  #writtenBy(message: string): Written {
    const written = this.written.find(({ id }) => id === message);
    if (!written) throw new Error("Nobody wrote that");
    return written;
  }

  #eventOf({ id, thread, by, text, isEdited, editedAt }: Written): WrittenEvent {
    const type = isEdited ? "edited" : "message";
    const named = { platform: this.platform, thread, message: id };
    const when = editedAt === undefined ? {} : { editedMs: editedAt };
    return { type, ...named, by, text: typedText(text), files: [], ...when };
  }

  /** What stands in the threads of a channel that are not gone, the card aside. */
  shownAt = (where: string): Shown[] =>
    this.threads
      .filter((thread) => thread.where === where && !thread.isGone)
      .flatMap(({ messages }) => messages);

  textsAt = (where: string): string[] => this.shownAt(where).map(({ text }) => text);

  /** Lets the calls that are held go on. */
  release(): void {
    for (const go of this.#held.splice(0)) go();
  }

  adapter(life: Life): PlatformAdapter & PlatformReader {
    const call = <T>(name: Call["do"], where: string, effect: () => T): Promise<T> =>
      this.#call(life, { do: name, platform: this.platform, where }, effect);
    return { ...this.#sender(call), ...this.#reader(call) };
  }

  #reader(call: Calling): PlatformReader {
    const page = (thread: string, sinceMs: number, after: number) =>
      call("readSince", thread, () => this.#page(thread, sinceMs, after));
    const { tellsHowFar } = this;
    const isThere: PlatformReader["isThere"] = ({ thread }, message) =>
      call("isThere", thread, () => {
        const written = this.#writtenBy(message);
        return written.thread === thread && !written.isDeleted;
      });
    return {
      heardUntil: () => this.heardUntil(),
      async *readSince({ thread }, sinceMs, reached) {
        for (let after = -1; ; ) {
          const { events, last } = await page(thread, sinceMs, after);
          yield* events;
          if (!last) return;
          if (tellsHowFar) reached?.(last.at);
          after = last.made;
        }
      },
      isThere,
      writtenAt: (message) =>
        Number(/\/w(\d+)-/.exec(message)?.[1] ?? this.#postedAt.get(message) ?? 0),
      tellRefused: ({ thread, message }) =>
        call("tellRefused", thread, () => {
          this.toldRefused.push(message);
        }),
    };
  }

  /** From then on, oldest first, as it stands now, after one of them; `last` when there is more. */
  #page(id: string, sinceMs: number, after: number) {
    const own = this.#thread(id).messages.map((each) => ({
      ...{ at: this.#postedAt.get(each.id) ?? 0, made: madeAs(each.id), written: undefined },
    }));
    const people = this.written
      .filter(({ thread, isDeleted }) => thread === id && !isDeleted)
      .filter((each) => !this.hidden.has(each.id))
      .map((written) => ({ at: written.at, made: madeAs(written.id), written }));
    const all = [...own, ...people]
      .filter(({ at, made }) => at >= sinceMs && made > after)
      .sort((one, other) => one.made - other.made);
    const page = all.slice(0, this.pageLength);
    const events = page.flatMap(({ written }) => (written ? this.#eventOf(written) : []));
    return { events, last: all.length > page.length ? page.at(-1) : undefined };
  }

  #sender(call: Calling): PlatformAdapter {
    const threadOf = (message: string) => message.split("/")[0] ?? "";
    return {
      platform: this.platform,
      split: (text) => split(text, (part) => this.fits(plainText(part).trim())),
      paceAt: ({ where }) => this.pace(where),
      failureOf: (error) => {
        const failure = error instanceof Fault ? error.failure : { outcome: "uncertain" as const };
        const asked = failure.outcome === "retry" ? this.retryAfterMs : undefined;
        return {
          ...failure,
          reason: String(error),
          ...(asked !== undefined && { retryAfterMs: asked }),
        };
      },
      openThread: (where, card, key) =>
        call("openThread", where, () => this.#open(where, card, key)),
      post: ({ thread }, { kind, author, text, retry }, key) =>
        call("post", thread, () =>
          this.#add(thread, {
            ...{ key, kind, by: author.name, text: plainText(text).trim() },
            ...(retry && { retry }),
          }),
        ),
      postFile: ({ thread }, { author, name }, key) =>
        call("postFile", thread, () =>
          this.#add(thread, { key, kind: "file", by: author.name, text: name }),
        ),
      update: (message, content) =>
        call("update", threadOf(message), () => this.#update(message, content)),
      remove: (message) =>
        call("remove", threadOf(message), () => {
          const thread = this.#thread(threadOf(message));
          thread.messages = thread.messages.filter(({ id }) => id !== message);
        }),
      mark: (message, mark) =>
        call("mark", threadOf(message), () => {
          if (mark === null) this.marks.delete(message);
          else this.marks.set(message, mark);
        }),
      findThread: (where, _card, key) =>
        call("findThread", where, () => {
          const found = this.threads.find((each) => each.where === where && each.key === key);
          return found && { thread: found.id, card: `${found.id}/card` };
        }),
      findPosted: (thread, { key }) =>
        call(
          "findPosted",
          thread,
          () => this.#thread(thread).messages.find((each) => each.key === key)?.id,
        ),
      fetchFile: (file) => call("fetchFile", file, () => this.#file(file)),
    };
  }

  async #call<T>(life: Life, call: Call, effect: () => T): Promise<T> {
    return life.live(async () => {
      this.calls.push(call);
      const ending = this.ending(call);
      await this.#before(life, ending);
      if (life.isOver) return effectless<T>();
      if (ending === "gone") this.#lose(call.where);
      this.#refuse(ending);
      const result = effect();
      await this.#after(life, ending);
      return result;
    });
  }

  #refuse(ending: Ending): void {
    if (isFailure(ending)) throw new Fault(ending);
    if (ending === "uncertain-before") throw new Fault("uncertain");
    if (ending === "down-before") throw new Fault("retry", { isDown: true });
    if (ending === "held-back")
      throw new Fault("retry", { isHeldBack: true, retryAfterMs: heldBackMs });
  }

  async #before(life: Life, ending: Ending): Promise<void> {
    if (ending === "crash-before") life.end();
    if (ending === "slow-before") await this.#hold(life);
  }

  async #after(life: Life, ending: Ending): Promise<void> {
    if (ending === "crash-after") life.end();
    if (ending === "slow-after") await this.#hold(life);
    if (ending === "uncertain-after") throw new Fault("uncertain");
    if (ending === "down-after") throw new Fault("uncertain", { isDown: true });
  }

  #hold(life: Life): Promise<void> {
    return life.held(() => new Promise((resolve) => this.#held.push(resolve)));
  }

  #open(where: string, card: TicketCard, key: string) {
    this.#made += 1;
    const id = `${this.platform}-t${this.#made}`;
    this.threads.push({ id, where, key, card, isGone: false, messages: [] });
    this.#postedAt.set(`${id}/card`, this.#now());
    return { thread: id, card: `${id}/card` };
  }

  #add(id: string, message: Omit<Shown, "id">): string {
    const thread = this.#thread(id);
    this.#made += 1;
    const shown = { ...message, id: `${id}/m${this.#made}` };
    thread.messages.push(shown);
    this.#postedAt.set(shown.id, this.#now());
    this.ever.push({ where: thread.where, text: shown.text });
    return shown.id;
  }

  #update(message: string, content: Parameters<PlatformAdapter["update"]>[1]): undefined {
    const thread = this.#thread(message.split("/")[0] ?? "");
    if ("card" in content) {
      thread.card = content.card;
      return;
    }
    const shown = thread.messages.find(({ id }) => id === message);
    if (!shown) throw new Fault("dead");
    const { kind, text, retry } = content.message;
    shown.kind = kind;
    shown.text = plainText(text).trim();
    if (!retry) delete shown.retry;
    this.ever.push({ where: thread.where, text: shown.text });
  }

  #thread(id: string): Thread {
    const thread = this.threads.find((each) => each.id === id);
    if (!thread || thread.isGone) throw new Fault("gone");
    return thread;
  }

  #lose(id: string): void {
    const thread = this.threads.find((each) => each.id === id);
    if (thread) thread.isGone = true;
  }

  #file(file: string): Buffer {
    const content = this.files.get(file);
    if (!content) throw new Fault("dead");
    return content;
  }
}

type Calling = <T>(name: Call["do"], where: string, effect: () => T) => Promise<T>;

/** Of all that was ever made, which one it was. */
const madeAs = (id: string): number => Number(/\d+$/.exec(id)?.[0]);

const isFailure = (ending: Ending): ending is "retry" | "dead" | "gone" =>
  ending === "retry" || ending === "dead" || ending === "gone";

const effectless = <T>(): Promise<T> => new Promise<T>(() => undefined);
