import type { Action, Heard } from "../../src/desk/chat.ts";
import { typedText } from "../../src/desk/text.ts";
import { type Form, type Memory, refuse, stop } from "./memory.ts";
import {
  type Act,
  channels,
  oneOf,
  requestersChannels,
  type Said,
  submittedKey,
} from "./people.ts";
import type { Shown } from "./platform.ts";
import type { World } from "./world.ts";
import { Writing } from "./writing.ts";

type ActOf<Do extends Act["do"]> = Extract<Act, { do: Do }>;

/** Does what people do. */
export class People {
  readonly #world: World;
  readonly #memory: Memory;
  readonly #writing: Writing;

  constructor(world: World, memory: Memory) {
    this.#world = world;
    this.#memory = memory;
    this.#writing = new Writing(world, memory);
  }

  perform(act: Act): void {
    switch (act.do) {
      case "open":
        this.#open(act);
        break;
      case "write":
        this.#writing.write(act);
        break;
      case "edit":
        this.#writing.edit(act);
        break;
      case "delete":
        this.#writing.delete(act.of);
        break;
      case "tell again":
        this.#writing.tellAgain(act.of);
        break;
      case "form":
      case "api":
        this.#submit(act);
        break;
      case "carry":
        this.#carry(act);
        break;
      case "press":
        this.#press(act);
        break;
      default:
        this.#meddle(act);
    }
  }

  #meddle(
    act: ActOf<
      "press retry" | "delete thread" | "delete card" | "outage" | "disconnect" | "restart"
    >,
  ): void {
    switch (act.do) {
      case "press retry":
        this.pressRetry(oneOf(this.retries(), act.of));
        break;
      case "delete thread":
        this.#writing.lose(oneOf(this.#writing.threads(), act.of));
        break;
      case "delete card": {
        const thread = oneOf(this.#writing.threads(), act.of);
        if (thread) thread.card = undefined;
        break;
      }
      case "outage":
        this.#outage(act);
        break;
      case "disconnect":
        this.#world.gateways.get(act.platform)?.disconnect(act.ms);
        break;
      case "restart":
        this.#world.restart();
    }
  }

  #outage({ platform, ms }: ActOf<"outage" | "disconnect">): void {
    const { weather, scheduler } = this.#world;
    weather.setDown(platform, true);
    scheduler.after(ms, `${platform} is well again`, () => weather.setDown(platform, false));
  }

  /** The buttons that agents see where something could not be delivered. */
  retries(): NonNullable<Shown["retry"]>[] {
    return this.#writing
      .threads()
      .filter(({ where }) => !requestersChannels.some((channel) => channel.where === where))
      .flatMap(({ messages }) => messages.flatMap(({ retry }) => retry ?? []));
  }

  pressRetry(retry: Shown["retry"]): void {
    if (!retry) return;
    const { id, delivery } = retry;
    this.#act(id, { do: "retry", delivery }, `retry ${delivery}`, false, () => undefined);
  }

  #open({ of, twice, files }: ActOf<"open">): void {
    const { platform, where, writer } = oneOf(requestersChannels, of) ?? stop("no channel");
    const creationKey = `form ${this.#memory.forms.length}`;
    const form: Form = { creationKey, platform, where, requester: writer.id, ticket: undefined };
    this.#memory.forms.push(form);
    const saying = { ticket: creationKey, platform, writer, isNote: false, words: 2, files };
    const { said, version } = this.#memory.says(saying);
    this.#world.asking.ask({
      label: `${writer.name} submits ${creationKey}`,
      twice,
      work: (process) => {
        this.#memory.tried(said, version);
        const { words, files: offered } = version;
        const asked = { title: "Printer", description: words, priority: "high" } as const;
        return process.chat.open({
          ...{ ...asked, creationKey, category: "technical", tags: [], files: offered },
          ...{ requester: writer, by: writer, platform, where },
        });
      },
      answered: ({ id }) => {
        form.ticket = id;
        this.#memory.taken(said, version);
        return "done";
      },
    });
  }

  /** Someone writes in a form of Deskhand's, or by way of its API. */
  #submit(act: ActOf<"form" | "api">): void {
    const form = oneOf(this.#opened(), act.of);
    if (!form?.ticket) return;
    const { writer } = channels.find(({ side }) => side === "agents") ?? stop("no agents");
    const isNote = act.do === "form" && act.isNote;
    const { creationKey: ticket, platform } = form;
    const saying = { ticket, platform, writer, isNote, words: 1, files: 0 };
    const { said, version } = this.#memory.says(saying);
    const { words } = version;
    const key = submittedKey(said);
    const answered = (result: object) => {
      if ("refused" in result) refuse(version);
      else this.#memory.taken(said, version);
    };
    const tried = () => this.#memory.tried(said, version);
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

  /** A requester has what they wrote elsewhere added to their ticket. */
  #carry({ of, twice }: ActOf<"carry">): void {
    const form = oneOf(this.#opened(), of);
    const writer = channels.find(({ where }) => where === form?.where)?.writer;
    const { ticket, creationKey, platform = "" } = form ?? {};
    if (!ticket || !creationKey || !writer) return;
    const saying = { ticket: creationKey, platform, writer, isNote: false, words: 2, files: 0 };
    const { said, version } = this.#memory.says(saying);
    const about = { platform, thread: "elsewhere", message: submittedKey(said) };
    this.#world.asking.ask<Heard>({
      label: `${writer.name} has ${version.words} added to ${ticket}`,
      twice,
      work: (process) => {
        this.#memory.tried(said, version);
        const text = typedText(version.words);
        return process.chat.carry(ticket, {
          ...{ type: "message", ...about, by: writer, text, files: [] },
        });
      },
      answered: (heard) => {
        if ("refused" in heard) refuse(version);
        else this.#memory.taken(said, version);
        return "done";
      },
    });
  }

  #opened = (): Form[] => this.#memory.forms.filter(({ ticket }) => ticket !== undefined);

  #press({ of, what }: ActOf<"press">): void {
    const form = oneOf(this.#opened(), of);
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
}
