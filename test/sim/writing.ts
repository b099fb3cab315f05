import type { ChatEvent, Heard, OfferedFile } from "../../src/desk/chat.ts";
import { typedText } from "../../src/desk/text.ts";
import { channelOf, type Memory, refuse, stop } from "./memory.ts";
import { type Act, oneOf, type Said, stranger, typed, type Version, wordsFor } from "./people.ts";
import type { Thread } from "./platform.ts";
import type { World } from "./world.ts";

type ActOf<Do extends Act["do"]> = Extract<Act, { do: Do }>;

/** What people write, edit and delete in threads, and how Deskhand is told of it. */
export class Writing {
  readonly #world: World;
  readonly #memory: Memory;

  constructor(world: World, memory: Memory) {
    this.#world = world;
    this.#memory = memory;
  }

  /** The threads that people see: the card is there, or was. */
  threads(): Thread[] {
    return [...this.#world.platforms.values()].flatMap(({ threads }) =>
      [...threads.values()].filter(({ isGone, card }) => !isGone && card !== undefined),
    );
  }

  write({ of, isNote, words, files, byStranger }: ActOf<"write">): void {
    const thread = oneOf(this.threads(), of);
    if (!thread?.card) return;
    const { platform, where, side, writer: usual } = channelOf(thread);
    const writer = byStranger ? stranger : usual;
    const form = this.#memory.forms.find(({ ticket }) => ticket === thread.card?.shows.id);
    const creationKey = form?.creationKey ?? this.#keyOf(thread);
    const asNote = isNote && side === "agents" && !byStranger;
    const saying = { ticket: creationKey, platform, writer, isNote: asNote, words, files };
    const { said, version } = this.#memory.says(saying);
    const at = this.#world.platform(platform);
    const { id: message } = at.write(
      thread.id,
      writer,
      typed(version, writer, this.#world.replies),
      version.files,
    );
    said.at = { platform, where, thread: thread.id, message };
    this.#world.scheduler.tell(
      `${writer.name} writes ${version.words} in ${thread.id} of ${where}`,
    );
    this.#tell(said, 0);
  }

  /** The form whose ticket this is: known by its words, before anyone was told of it. */
  #keyOf({ card }: Thread): string {
    const id = card?.shows.id;
    const document = this.#world.disk.find(({ ticket }) => ticket._id === id);
    const found = document && this.#world.disk.documents.get(document)?.creationKey;
    return found ?? stop(`a thread of no ticket: ${id}`);
  }

  edit({ of, isNote, words, files }: ActOf<"edit">): void {
    const said = oneOf(this.#standing(), of);
    if (!said?.at) return;
    const { platform, message } = said.at;
    const shown = this.#world.platform(platform).find(message);
    const before = said.versions.at(-1);
    if (!shown || !before) return;
    const asNote = isNote && said.writer.isAgent;
    const index = said.versions.length;
    const otherFiles = () => this.#otherFiles(said, before, index);
    const version = this.#memory.version(
      wordsFor(said.number, index, asNote, words),
      asNote,
      files === "same" ? before.files : otherFiles(),
    );
    said.versions.push(version);
    const text = typed(version, said.writer, this.#world.replies);
    Object.assign(shown, { text, files: version.files, isEdited: true });
    this.#world.scheduler.tell(`${said.writer.name} edits it to ${version.words}`);
    this.#tell(said, index);
  }

  /** The first is taken off; where there was none, there is one now. */
  #otherFiles({ number, at }: Said, { files }: Version, index: number): readonly OfferedFile[] {
    if (files.length > 0 || !at) return files.slice(1);
    const name = `f${number}-v${index}.txt`;
    return [this.#memory.offered(`${at.platform} ${number} v${index}`, name, at.platform)];
  }

  /** What stands in a thread, and can be changed. */
  #standing(): Said[] {
    return this.#memory.said.filter(({ at, isDeleted }) => {
      if (!at || isDeleted) return false;
      return this.#world.platform(at.platform).threads.get(at.thread)?.isGone === false;
    });
  }

  delete(of: number): void {
    const said = oneOf(this.#standing(), of);
    if (!said?.at) return;
    said.isDeleted = true;
    const { now, steps: step } = this.#world.scheduler;
    said.deletedAt = { time: now(), step };
    this.#world.platform(said.at.platform).remove(said.at.message);
    this.#world.scheduler.tell(`${said.writer.name} deletes r${said.number}`);
    const { where: _, ...about } = said.at;
    this.#hear(said, { ...about, type: "deleted" }, undefined);
  }

  /**
   * A platform tells of a message again, and of its latest edit: of edits it tells in order, as an
   * older one could not be told from a new one.
   */
  tellAgain(of: number): void {
    const said = oneOf(this.#standing(), of);
    if (!said) return;
    this.#tell(said, 0);
    if (said.versions.length > 1) this.#tell(said, said.versions.length - 1);
  }

  #tell(said: Said, index: number): void {
    const version = said.versions[index];
    if (!version || !said.at) return;
    const type = index === 0 ? "message" : "edited";
    const { where: _, ...about } = said.at;
    const { files } = version;
    const text = typedText(typed(version, said.writer, this.#world.replies));
    this.#hear(said, { ...about, type, by: said.writer, text, files }, version);
  }

  #hear(said: Said, event: ChatEvent, version: Version | undefined): void {
    const { asking, random, misses, weather } = this.#world;
    const gateway = this.#world.gateways.get(event.platform) ?? stop("no gateway");
    const telling = gateway.tells();
    const isDropped = random.chance(0.04) && misses && !weather.isCalm;
    if (isDropped) gateway.drops();
    if (misses && (isDropped || !telling)) return;
    asking.ask<Heard>({
      label: `${event.platform} tells: ${event.type} ${version?.words ?? `r${said.number}`}`,
      twice: random.chance(0.05),
      ...(event.type === "edited" && { line: event.message }),
      isWanted: () => {
        // With its thread, it has gone itself.
        if (!this.#isThere(event)) said.isLost = true;
        return this.#isThere(event) && (!misses || !telling || gateway.mayArrive(telling));
      },
      work: (process) => {
        this.#memory.tried(said, version);
        if (telling) gateway.arrives(telling, process);
        return process.chat.heard(event);
      },
      answered: (heard) => {
        // Below a card of ours: that its thread is open has not been written down yet.
        if ("heard" in heard && heard.heard === "elsewhere") return "later";
        if (telling) gateway.isDurable(telling);
        if ("refused" in heard) refuse(version);
        else this.#memory.taken(said, version);
        if (event.type === "deleted") said.isDeletionTaken = true;
        return "done";
      },
    });
  }

  #isThere = ({ platform, thread }: ChatEvent): boolean =>
    this.#world.platforms.get(platform)?.threads.get(thread)?.isGone === false;

  /** Someone deletes a thread: what stands in it is there no more, and cannot be fetched. */
  lose(thread: Thread | undefined): void {
    if (!thread) return;
    thread.isGone = true;
    this.#world.scheduler.tell(`${thread.id} is deleted`);
    const { platform } = channelOf(thread);
    const { files } = this.#world.platform(platform);
    for (const said of this.#memory.said) {
      if (said.at?.thread !== thread.id) continue;
      const offered = said.versions.flatMap((version) => version.files);
      for (const { file } of offered) files.delete(file);
    }
  }
}
