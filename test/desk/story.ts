import type { ChatActor, ChatEvent } from "../../src/desk/chat.ts";
import { typedText } from "../../src/desk/text.ts";
import { amy, ann, deadAfterMs, type Engine, rob, robsForm } from "./engine.ts";

export const channels = ["rob", "triage", "desk"] as const;
export type Channel = (typeof channels)[number];

const writers: Record<Channel, ChatActor> = { rob, triage: ann, desk: amy };

/** One thing that happens. `of` picks one of the messages written so far. */
export type Step =
  | { do: "write"; channel: Channel; isNote: boolean; isLong: boolean; late: boolean }
  | { do: "edit"; of: number; isNote: boolean; isLong: boolean }
  | { do: "delete" | "repeat"; of: number }
  | { do: "form"; isNote: boolean; twice: boolean }
  | { do: "act"; what: "claim" | "release" | "resolve" | "reopen" }
  | { do: "pass"; ms: number }
  | { do: "release" | "crash" };

interface Version {
  words: string;
  isNote: boolean;
  /** The desk has heard of it. */
  isTold: boolean;
}

/** A message as its writer knows it. */
interface Said {
  name: string;
  channel: Channel;
  thread: string;
  /** As it was at first and after each edit; the desk hears of each, in some order. */
  versions: Version[];
  /** The first version has not been told to the desk yet. */
  isLate: boolean;
  isDeleted: boolean;
}

/** A ticket, what people do with it, and what they know of it themselves. */
export class Story {
  readonly engine: Engine;
  readonly said: Said[] = [];
  #count = 0;
  id = "";

  constructor(engine: Engine) {
    this.engine = engine;
  }

  /** What is asked of the desk is asked again until it is done, as platforms do. */
  async #ask<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      const { life } = this.engine;
      const done = await Promise.race([
        work().then(
          (result) => ({ result }),
          () => undefined,
        ),
        life.over.then(() => undefined),
      ]);
      if (done) return done.result;
      if (life.isOver) await this.engine.start();
    }
  }

  /** Lets all come to rest, through as many crashes as there are. */
  async rest(): Promise<void> {
    await this.engine.settled();
    while (this.engine.life.isOver) await this.engine.start();
  }

  async open(): Promise<void> {
    this.id = (await this.#ask(() => this.engine.desk.open(robsForm()))).id;
    await this.rest();
  }

  async pass(ms: number): Promise<void> {
    await this.engine.pass(ms);
    await this.rest();
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case "write":
        return this.#write(step);
      case "edit":
        return this.#edit(step);
      case "delete":
        return this.#delete(step.of);
      case "repeat":
        return this.#repeat(step.of);
      case "form":
        return this.#form(step.isNote, step.twice);
      case "act":
        return this.#act(step.what);
      case "pass":
        return this.pass(step.ms);
      case "release":
        this.engine.one.release();
        this.engine.two.release();
        return;
      case "crash":
        return this.engine.start();
    }
  }

  #words(isNote: boolean, isLong: boolean): Version {
    this.#count += 1;
    const word = `${isNote ? "secret" : "public"}${this.#count}`;
    return { isNote, isTold: false, words: isLong ? `${word} and ${word} again` : word };
  }

  async #write(step: Extract<Step, { do: "write" }>): Promise<void> {
    const { channel } = step;
    const { thread } = await this.engine.place(this.id, channel);
    if (thread === null || !this.#isThere(thread)) return;
    const isNote = step.isNote && channel !== "rob";
    const versions = [this.#words(isNote, step.isLong)];
    const name = `said-${this.said.length}`;
    const said = { name, channel, thread, versions, isLate: step.late, isDeleted: false };
    this.said.push(said);
    if (!step.late) await this.#tell(said, 0);
  }

  async #edit(step: Extract<Step, { do: "edit" }>): Promise<void> {
    const said = this.#pick(step.of);
    if (!said || said.isDeleted) return;
    const isNote = step.isNote && said.channel !== "rob";
    said.versions.push(this.#words(isNote, step.isLong));
    await this.#tell(said, said.versions.length - 1);
  }

  async #delete(of: number): Promise<void> {
    const said = this.#pick(of);
    if (!said) return;
    said.isDeleted = true;
    const { name: message, thread } = said;
    await this.#hear({ type: "deleted", platform: this.#platformOf(said), thread, message });
  }

  /**
   * The first telling of a message comes late, or again. An edit that comes again after a later one
   * cannot be told from a new one, as events do not say when they happened: only the latest is.
   */
  async #repeat(of: number): Promise<void> {
    const said = this.#pick(of);
    if (!said) return;
    await this.#tell(said, 0);
    if (said.versions.length > 1) await this.#tell(said, said.versions.length - 1);
  }

  async #form(isNote: boolean, twice: boolean): Promise<void> {
    const version = { ...this.#words(isNote, false), isTold: true };
    const name = `form-${this.said.length}`;
    const action = { do: isNote ? "note" : "reply", text: version.words } as const;
    const said = { name, channel: "triage" as const, thread: "", versions: [version] };
    this.said.push({ ...said, isLate: false, isDeleted: false });
    const times = twice ? 2 : 1;
    for (let time = 0; time < times; time += 1)
      await this.#ask(() => this.engine.desk.act(this.id, action, ann, name));
  }

  async #act(what: "claim" | "release" | "resolve" | "reopen"): Promise<void> {
    const action = what === "resolve" ? { do: what, resolution: "done" } : { do: what };
    await this.#ask(() => this.engine.desk.act(this.id, action, ann, "act"));
  }

  async tellLate(): Promise<void> {
    for (const said of this.said) if (said.isLate) await this.#tell(said, 0);
  }

  async #tell(said: Said, version: number): Promise<void> {
    const { channel, name: message, thread, versions } = said;
    const told = versions[version];
    if (!told) return;
    if (version === 0) said.isLate = false;
    const type = version === 0 ? "message" : "edited";
    const text = typedText(told.isNote ? `// ${told.words}` : told.words);
    const about = { type, platform: this.#platformOf(said), thread, message } as const;
    if (!this.#isThere(thread)) return;
    told.isTold = true;
    await this.#hear({ ...about, by: writers[channel], text, files: [] });
  }

  /** In a thread that is gone no one does anything. */
  async #hear(event: ChatEvent): Promise<void> {
    if (this.#isThere(event.thread)) await this.#ask(() => this.engine.desk.heard(event));
  }

  #pick(of: number): Said | undefined {
    const there = this.said.filter(({ thread }) => this.#isThere(thread));
    return there[of % Math.max(1, there.length)];
  }

  #isThere = (thread: string): boolean =>
    [...this.engine.one.threads, ...this.engine.two.threads].some(
      ({ id, isGone }) => id === thread && !isGone,
    );

  #platformOf = ({ channel }: Said): string => (channel === "desk" ? "two" : "one");

  /** Tries again what was given up, until all is delivered. */
  async retryAll(): Promise<void> {
    for (;;) {
      const { troubles } = await this.engine.document(this.id);
      const dead = troubles.filter((trouble) => trouble.dead);
      for (const { delivery } of dead)
        await this.engine.desk.act(this.id, { do: "retry", delivery }, ann, "retry");
      await this.pass(deadAfterMs);
      if (dead.length === 0) return;
    }
  }
}
