import type { Action, ChatEvent, Heard, OfferedFile } from "../../src/desk/chat.ts";
import { typedText } from "../../src/desk/text.ts";
import {
  type Act,
  channels,
  requestersChannels,
  type Said,
  stranger,
  submittedKey,
  typed,
  type Version,
  wordsFor,
} from "./people.ts";
import type { Shown, Thread } from "./platform.ts";
import type { World } from "./world.ts";

/** A form that someone has submitted. */
export interface Form {
  creationKey: string;
  platform: string;
  where: string;
  requester: string;
  /** What was opened because of it, as its requester was told. */
  ticket: string | undefined;
}

type ActOf<Do extends Act["do"]> = Extract<Act, { do: Do }>;

const content = (name: string) => Buffer.from(name);

/** What people do, and what they know of it: by that it is told in the end what is to be read. */
export class People {
  readonly forms: Form[] = [];
  readonly said: Said[] = [];
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  perform(act: Act): void {
    switch (act.do) {
      case "open":
        this.#open(act);
        break;
      case "write":
        this.#write(act);
        break;
      case "edit":
        this.#edit(act);
        break;
      case "delete":
        this.#delete(act.of);
        break;
      case "tell again":
        this.#tellAgain(act.of);
        break;
      case "form":
      case "api":
        this.#submit(act);
        break;
      case "press":
        this.#press(act);
        break;
      default:
        this.#meddle(act);
    }
  }

  #meddle(
    act: ActOf<"press retry" | "delete thread" | "delete card" | "outage" | "restart">,
  ): void {
    switch (act.do) {
      case "press retry":
        this.pressRetry(this.#one(this.retries(), act.of));
        break;
      case "delete thread":
        this.#lose(this.#one(this.threads(), act.of));
        break;
      case "delete card": {
        const thread = this.#one(this.threads(), act.of);
        if (thread) thread.card = undefined;
        break;
      }
      case "outage":
        this.#outage(act);
        break;
      case "restart":
        this.#world.restart();
    }
  }

  #outage({ platform, ms }: ActOf<"outage">): void {
    const { weather, scheduler } = this.#world;
    weather.setDown(platform, true);
    scheduler.after(ms, `${platform} is well again`, () => weather.setDown(platform, false));
  }

  /** The threads that people see: the card is there, or was. */
  threads(): Thread[] {
    return [...this.#world.platforms.values()].flatMap(({ threads }) =>
      [...threads.values()].filter(({ isGone, card }) => !isGone && card !== undefined),
    );
  }

  /** The buttons that agents see where something could not be delivered. */
  retries(): NonNullable<Shown["retry"]>[] {
    return this.threads()
      .filter(({ where }) => !requestersChannels.some((channel) => channel.where === where))
      .flatMap(({ messages }) => messages.flatMap(({ retry }) => retry ?? []));
  }

  pressRetry(retry: Shown["retry"]): void {
    if (!retry) return;
    const { id, delivery } = retry;
    this.#act(id, { do: "retry", delivery }, `retry ${delivery}`, false, () => undefined);
  }

  #one<T>(all: readonly T[], of: number): T | undefined {
    return all[of % Math.max(1, all.length)];
  }

  #open({ of, twice, files }: ActOf<"open">): void {
    const { platform, where, writer } = this.#one(requestersChannels, of) ?? stop("no channel");
    const creationKey = `form ${this.forms.length}`;
    const form: Form = { creationKey, platform, where, requester: writer.id, ticket: undefined };
    this.forms.push(form);
    const said = this.#newSaid(creationKey, writer, false, 2, files, platform);
    const [version] = said.versions;
    this.#world.asking.ask({
      label: `${writer.name} submits ${creationKey}`,
      twice,
      work: (process) => {
        this.#tried(said, version);
        const { words, files: offered } = version ?? stop("no version");
        const asked = { title: "Printer", description: words, priority: "high" } as const;
        return process.chat.open({
          ...{ ...asked, creationKey, category: "technical", tags: [], files: offered },
          ...{ requester: writer, by: writer, platform, where },
        });
      },
      answered: ({ id }) => {
        form.ticket = id;
        this.#taken(said, version);
        return "done";
      },
    });
  }

  #newSaid(
    ticket: string,
    writer: Said["writer"],
    isNote: boolean,
    words: number,
    files: number,
    platform: string,
  ): Said {
    const number = this.said.length;
    const offered = Array.from({ length: files }, (_, index) =>
      this.#offered(`${platform} ${number} ${index}`, `f${number}-${index}.txt`, platform),
    );
    const text = wordsFor(number, 0, isNote, words);
    const said: Said = {
      ...{ number, ticket, writer, at: undefined, isDeleted: false },
      ...{ isLost: false, triedAt: undefined, takenAt: undefined },
      versions: [
        { words: text, isNote, files: offered, isTried: false, isTaken: false, isRefused: false },
      ],
    };
    this.said.push(said);
    return said;
  }

  /** Some files are too large, or of a type that is not taken. */
  #offered(file: string, name: string, platform: string): OfferedFile {
    const { random } = this.#world;
    this.#world.platform(platform).files.set(file, content(name));
    return {
      ...{ file, name, sizeBytes: random.chance(0.1) ? 5_000 : content(name).byteLength },
      type: random.chance(0.1) ? "application/x-evil" : "text/plain",
    };
  }

  #write({ of, isNote, words, files, byStranger }: ActOf<"write">): void {
    const thread = this.#one(this.threads(), of);
    if (!thread?.card) return;
    const { platform, where, side, writer: usual } = channelOf(thread);
    const writer = byStranger ? stranger : usual;
    const form = this.forms.find(({ ticket }) => ticket === thread.card?.shows.id);
    const creationKey = form?.creationKey ?? this.#keyOf(thread);
    const asNote = isNote && side === "agents" && !byStranger;
    const said = this.#newSaid(creationKey, writer, asNote, words, files, platform);
    const [version = stop("no version")] = said.versions;
    const at = this.#world.platform(platform);
    const { id: message } = at.write(thread.id, writer, typed(version), version.files);
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

  #edit({ of, isNote, words, files }: ActOf<"edit">): void {
    const said = this.#one(this.#standing(), of);
    if (!said?.at) return;
    const { platform, message } = said.at;
    const shown = this.#world.platform(platform).find(message);
    const before = said.versions.at(-1);
    if (!shown || !before) return;
    const asNote = isNote && said.writer.isAgent;
    const index = said.versions.length;
    const version: Version = {
      ...{ words: wordsFor(said.number, index, asNote, words), isNote: asNote },
      ...{ files: files === "same" ? before.files : this.#otherFiles(said, before, index) },
      ...{ isTried: false, isTaken: false, isRefused: false },
    };
    said.versions.push(version);
    Object.assign(shown, { text: typed(version), files: version.files, isEdited: true });
    this.#world.scheduler.tell(`${said.writer.name} edits it to ${version.words}`);
    this.#tell(said, index);
  }

  /** The first is taken off; where there was none, there is one now. */
  #otherFiles({ number, at }: Said, { files }: Version, index: number): readonly OfferedFile[] {
    if (files.length > 0 || !at) return files.slice(1);
    const name = `f${number}-v${index}.txt`;
    return [this.#offered(`${at.platform} ${number} v${index}`, name, at.platform)];
  }

  /** What stands in a thread, and can be changed. */
  #standing(): Said[] {
    return this.said.filter(({ at, isDeleted }) => {
      if (!at || isDeleted) return false;
      return this.#world.platform(at.platform).threads.get(at.thread)?.isGone === false;
    });
  }

  #delete(of: number): void {
    const said = this.#one(this.#standing(), of);
    if (!said?.at) return;
    said.isDeleted = true;
    this.#world.platform(said.at.platform).remove(said.at.message);
    this.#world.scheduler.tell(`${said.writer.name} deletes r${said.number}`);
    const { where: _, ...about } = said.at;
    this.#hear(said, { ...about, type: "deleted" }, undefined);
  }

  /**
   * A platform tells of a message again, and of its latest edit: of edits it tells in order, as an
   * older one could not be told from a new one.
   */
  #tellAgain(of: number): void {
    const said = this.#one(this.#standing(), of);
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
    const text = typedText(typed(version));
    this.#hear(said, { ...about, type, by: said.writer, text, files }, version);
  }

  #hear(said: Said, event: ChatEvent, version: Version | undefined): void {
    const { asking, platforms, random } = this.#world;
    const isThere = () =>
      platforms.get(event.platform)?.threads.get(event.thread)?.isGone === false;
    asking.ask<Heard>({
      label: `${event.platform} tells: ${event.type} ${version?.words ?? `r${said.number}`}`,
      twice: random.chance(0.05),
      ...(event.type === "edited" && { line: event.message }),
      isWanted: () => {
        // With its thread, it has gone itself.
        if (!isThere()) said.isLost = true;
        return isThere();
      },
      work: (process) => {
        this.#tried(said, version);
        return process.chat.heard(event);
      },
      answered: (heard) => {
        // Below a card of ours: that its thread is open has not been written down yet.
        if ("heard" in heard && heard.heard === "elsewhere") return "later";
        if ("refused" in heard) refuse(version);
        else this.#taken(said, version);
        return "done";
      },
    });
  }

  #tried(said: Said, version: Version | undefined): void {
    said.triedAt ??= this.#world.scheduler.steps;
    if (version) version.isTried = true;
  }

  #taken(said: Said, version: Version | undefined): void {
    said.takenAt ??= this.#world.scheduler.steps;
    if (version) version.isTaken = true;
  }

  /** Someone writes in a form of Deskhand's, or by way of its API. */
  #submit(act: ActOf<"form" | "api">): void {
    const form = this.#one(this.#opened(), act.of);
    if (!form?.ticket) return;
    const { writer } = channels.find(({ side }) => side === "agents") ?? stop("no agents");
    const isNote = act.do === "form" && act.isNote;
    const said = this.#newSaid(form.creationKey, writer, isNote, 1, 0, form.platform);
    const [version = stop("no version")] = said.versions;
    const { words } = version;
    const key = submittedKey(said);
    const answered = (result: object) => {
      if ("refused" in result) refuse(version);
      else this.#taken(said, version);
    };
    const tried = () => this.#tried(said, version);
    if (act.do === "form") {
      const action = { do: isNote ? "note" : "reply", text: words } as const;
      this.#act(form.ticket, action, key, act.twice, answered, tried);
    } else this.#post(form.ticket, words, { key, twice: act.twice, writer, answered, tried });
  }

  #post(
    ticket: string,
    words: string,
    given: {
      key: string;
      twice: boolean;
      writer: Said["writer"];
      answered(result: object): void;
      tried(): void;
    },
  ): void {
    const { key, twice, writer, answered, tried } = given;
    this.#world.asking.ask({
      label: `the API is asked to add ${words}`,
      twice,
      work: (process) => {
        tried();
        const actor = { role: "agent", id: writer.id } as const;
        return process.api.reply(ticket, { message: words }, actor, { key, hash: words });
      },
      answered: (result) => {
        answered(result);
        return "done";
      },
    });
  }

  #opened = (): Form[] => this.forms.filter(({ ticket }) => ticket !== undefined);

  #press({ of, what }: ActOf<"press">): void {
    const form = this.#one(this.#opened(), of);
    if (!form?.ticket) return;
    const action: Action =
      what === "resolve"
        ? { do: what, resolution: "it is mended" }
        : what === "close"
          ? { do: "status", status: "closed" }
          : { do: what };
    this.#act(form.ticket, action, "press", false, () => undefined);
  }

  #act(
    ticket: string,
    action: Action,
    key: string,
    twice: boolean,
    answered: (result: object) => void,
    tried: () => void = () => undefined,
  ): void {
    const agent = channels.find(({ side }) => side === "agents") ?? stop("no agents");
    this.#world.asking.ask({
      label: `${agent.writer.name} does: ${action.do} ${key} on ${ticket}`,
      twice,
      work: (process) => {
        tried();
        return process.chat.act(ticket, action, agent.writer, key);
      },
      answered: (done) => {
        if (done === null) stop(`${ticket} is not there`);
        else answered(done);
        return "done";
      },
    });
  }

  /** Someone deletes a thread: what stands in it is there no more, and cannot be fetched. */
  #lose(thread: Thread | undefined): void {
    if (!thread) return;
    thread.isGone = true;
    this.#world.scheduler.tell(`${thread.id} is deleted`);
    const { platform } = channelOf(thread);
    const { files } = this.#world.platform(platform);
    for (const said of this.said) {
      if (said.at?.thread !== thread.id) continue;
      const offered = said.versions.flatMap((version) => version.files);
      for (const { file } of offered) files.delete(file);
    }
  }
}

const channelOf = ({ where }: Thread) =>
  channels.find((channel) => channel.where === where) ?? stop(`no channel ${where}`);

function refuse(version: Version | undefined): void {
  if (version) version.isRefused = true;
}

function stop(what: string): never {
  throw new Error(`The simulation is wrong: ${what}`);
}
