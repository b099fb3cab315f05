import type { Json } from "../json.ts";
import { checkedByClient, choose, type Filling, fill, type OpenModal } from "./filling.ts";
import type { Interactions, ShownModal } from "./interactions.ts";
import { mentionsIn } from "./mentions.ts";
import { edit, react, remove } from "./messages.ts";
import { submission } from "./modals.ts";
import { messageObject } from "./objects-message.ts";
import { interactionType, type Outcome } from "./outcomes.ts";
import { isThread } from "./permissions.ts";
import type { Channel, Message, User } from "./records.ts";
import { numberOr } from "./rule-parts.ts";
import { control, type Seen, seen } from "./seen.ts";
import type { Server } from "./server.ts";
import { commandType, type OptionValue, offered, typedData } from "./typed-commands.ts";
import { type Besides, write } from "./writing.ts";

interface Extras extends Besides {
  replyTo?: Seen;
  /** The message that is carried here, with nothing said to it. */
  forwards?: Seen;
}

/** A thread in the list of a channel. */
export interface SeenThread {
  id: string;
  name: string;
  type: number;
  archived: boolean;
  locked: boolean;
  /** Names. */
  tags: string[];
}

/** A person in front of Discord: what they do, and what they see. */
export class Person {
  readonly user: User;
  readonly #server: Server;
  readonly #interactions: Interactions;
  readonly #notices: string[];

  constructor(
    user: User,
    given: { server: Server; interactions: Interactions; notices: string[] },
  ) {
    this.user = user;
    this.#server = given.server;
    this.#interactions = given.interactions;
    this.#notices = given.notices;
  }

  get id(): string {
    return this.user.id;
  }

  /** The direct messages with the bot. */
  get dm(): string {
    return this.#server.directMessages(this.id).id;
  }

  /** The open modal, with what stands in its fields. */
  get modal(): OpenModal | undefined {
    return this.#interactions.modalOf(this.id)?.modal;
  }

  /** What Discord itself told them, such as that the app did not respond. */
  get notices(): readonly string[] {
    return this.#notices;
  }

  sees(channel: string): boolean {
    return this.#server.may(this.id, this.#server.channel(channel), "viewChannel");
  }

  /** Everything in a channel, a thread or direct messages; nothing where they may not look. */
  reads(channel: string): Seen[] {
    if (!this.sees(channel)) return [];
    const at = this.#server.channel(channel);
    const history = this.#server.may(this.id, at, "readMessageHistory") ? at.messages : [];
    return [...history, ...this.#interactions.whispersTo(this.id, channel)]
      .map((message) => seen(this.#server, message))
      .sort((one, other) => (BigInt(one.id) < BigInt(other.id) ? -1 : 1));
  }

  /** The threads of a channel that they see, archived ones too. */
  threads(channel: string): SeenThread[] {
    const parent = this.#server.channel(channel);
    const tagName = (id: string) => parent.tags.find((tag) => tag.id === id)?.name ?? id;
    return this.#server.threadsOf(parent).flatMap(({ id, name, type, thread }) => {
      if (!thread || !this.sees(id)) return [];
      const { archived, locked, tags } = thread;
      return [{ id, name, type, archived, locked, tags: tags.map(tagName) }];
    });
  }

  /** Text is as the client sends it, with `<@…>` for who is mentioned. */
  writes(channel: string, content: string, { replyTo, forwards, ...extras }: Extras = {}): Seen {
    const at = this.#server.channel(channel);
    this.#needToWrite(at, extras);
    const message = write(this.#server, at, this.id, {
      ...{ ...extras, content },
      answered: replyTo && this.#find(replyTo),
      carried: forwards && this.#find(forwards),
    });
    return seen(this.#server, message);
  }

  edits(message: Seen, content: string): void {
    const own = this.#own(message);
    const at = this.#server.channel(own.channel);
    if (at.thread?.archived) throw new Error("the thread is archived");
    const said = { channel: at, author: this.id, content, allowed: undefined };
    const editedAt = this.#server.clock.now();
    edit(this.#server, own, { content, editedAt, ...mentionsIn(this.#server, said) });
  }

  /** Their own, or anyone's where they may manage messages. */
  deletes(message: Seen): void {
    const found = this.#find(message);
    const may = this.#server.may(this.id, this.#server.channel(found.channel), "manageMessages");
    if (found.author !== this.id && !may) throw new Error("only its author can delete a message");
    remove(this.#server, found);
  }

  reacts(message: Seen, emoji: string): void {
    this.#react(message, emoji, true);
  }

  unreacts(message: Seen, emoji: string): void {
    this.#react(message, emoji, false);
  }

  /** From now on the bot cannot write to them. */
  closesDms(): void {
    this.user.closedDms = true;
  }

  opensDms(): void {
    this.user.closedDms = false;
  }

  /** Types a command, `/tickets show`, in the bot's direct messages by default. */
  types(
    line: string,
    options: Record<string, OptionValue> = {},
    { channel = this.dm }: { channel?: string } = {},
  ): Promise<Outcome> {
    return this.#act(interactionType.command, this.#server.channel(channel), (at) =>
      this.#typed(line, at, { values: options }),
    );
  }

  /** What is offered for the last of the options while it is typed. */
  async autocompletes(
    line: string,
    options: Record<string, OptionValue>,
    { channel = this.dm }: { channel?: string } = {},
  ): Promise<readonly Json[]> {
    const focused = Object.keys(options).at(-1);
    const at = this.#server.channel(channel);
    const outcome = await this.#act(interactionType.autocomplete, at, () =>
      this.#typed(line, at, { values: options, focused }),
    );
    if (outcome.kind === "failed") throw new Error("Loading options failed");
    return outcome.choices ?? [];
  }

  /** Uses a command of a message's menu. */
  usesOnMessage(name: string, message: Seen): Promise<Outcome> {
    const found = this.#find(message);
    return this.#act(interactionType.command, this.#server.channel(found.channel), (channel) => {
      const type = commandType.message;
      const { id } = offered(this.#server, { user: this.id, channel, name, type });
      const messages = { [found.id]: messageObject(this.#server, found) };
      return { id, name, type, target_id: found.id, resolved: { messages } };
    });
  }

  /** Clicks a button: by its label, its custom id, or how that begins. */
  clicks(message: Seen, button: string): Promise<Outcome> {
    const source = this.#find(message);
    const { custom_id, type } = control(source.components, button, true);
    return this.#use(source, { component_type: type, custom_id });
  }

  /** Chooses from a select by the values or labels of options. */
  chooses(message: Seen, customId: string, ...wanted: string[]): Promise<Outcome> {
    const source = this.#find(message);
    const select = control(source.components, customId, false);
    const values = wanted.map((each) => choose(select, each));
    const [least, most] = [numberOr(select.min_values, 1), numberOr(select.max_values, 1)];
    if (values.length < least || values.length > most) throw new Error("too many, or too few");
    return this.#use(source, { component_type: select.type, custom_id: select.custom_id, values });
  }

  /** Puts something into fields of the open modal: by custom id or label. */
  fills(fields: Record<string, Filling>): void {
    const { modal } = this.#openModal();
    for (const [name, filling] of Object.entries(fields)) fill(modal, name, filling);
  }

  /**
   * Fills the open modal and submits it; throws when the client would not send it. It closes when the
   * app has answered, and nothing in it is kept. When no answer comes it stays as it is.
   */
  async submits(fields: Record<string, Filling> = {}): Promise<Outcome> {
    this.fills(fields);
    const shown = this.#openModal();
    checkedByClient(shown.modal);
    const outcome = await this.submitsAgain(shown);
    if (outcome.kind === "answered" && this.#interactions.modalOf(this.id) === shown) {
      this.#interactions.closeModal(this.id);
    }
    return outcome;
  }

  /** Submits a modal that was open before, as a second press does that came too late. */
  submitsAgain(shown: ShownModal): Promise<Outcome> {
    const { channel, source, opener } = shown;
    return this.#act(interactionType.modal, channel, () => submission(this.#server, shown), {
      source,
      opener,
    });
  }

  /** The open modal, to be submitted again when it is gone. */
  holdsModal(): ShownModal {
    return this.#openModal();
  }

  /** Closes the open modal with its cross; the app does not hear of it. */
  closes(): void {
    this.#openModal();
    this.#interactions.closeModal(this.id);
  }

  #typed(
    line: string,
    channel: Channel,
    given: { values: Record<string, OptionValue>; focused?: string | undefined },
  ): Json {
    const [name = "", ...path] = line.replace(/^\//, "").split(" ");
    const command = offered(this.#server, {
      ...{ user: this.id, channel, name, type: commandType.chatInput },
    });
    return typedData(command, path, given);
  }

  #use(source: Message, data: Json): Promise<Outcome> {
    const channel = this.#server.channel(source.channel);
    return this.#act(interactionType.component, channel, () => data, { source });
  }

  async #act(
    type: 2 | 3 | 4 | 5,
    channel: Channel,
    dataAt: (channel: Channel) => Json,
    more: { source?: Message | undefined; opener?: Json } = {},
  ): Promise<Outcome> {
    this.#needToSee(channel);
    const data = dataAt(channel);
    const outcome = await this.#interactions.bring({ type, user: this.id, channel, data, ...more });
    if (outcome.kind === "failed") {
      this.#notices.push(excuses[type]);
      this.#server.changed();
    }
    return outcome;
  }

  #react(message: Seen, name: string, on: boolean) {
    react(this.#server, this.#find(message), { user: this.id, emoji: { id: null, name }, on });
  }

  #openModal(): ShownModal {
    const shown = this.#interactions.modalOf(this.id);
    if (!shown) throw new Error(`${this.user.name} has no modal open`);
    return shown;
  }

  #needToSee(channel: Channel) {
    if (!this.sees(channel.id)) throw new Error(`${this.user.name} does not see ${channel.id}`);
  }

  #needToWrite(channel: Channel, { files = [] }: Extras) {
    this.#needToSee(channel);
    const sending = isThread(channel) ? "sendMessagesInThreads" : "sendMessages";
    const may = this.#server.may(this.id, channel, sending);
    if (!may) throw new Error(`${this.user.name} may not write in ${channel.id}`);
    const locked = channel.thread?.locked && !this.#server.may(this.id, channel, "manageThreads");
    if (locked) throw new Error(`${channel.name} is locked`);
    const mayAttach = files.length === 0 || this.#server.may(this.id, channel, "attachFiles");
    if (!mayAttach) throw new Error(`${this.user.name} may not attach files in ${channel.id}`);
  }

  #find({ channel, id }: Seen): Message {
    const whispered = this.#interactions.whispersTo(this.id, channel);
    const found =
      this.#server.message(channel, id) ?? whispered.find((message) => message.id === id);
    if (!found || !this.sees(channel)) throw new Error(`there is no message ${id} in ${channel}`);
    return found;
  }

  #own(given: Seen): Message {
    const message = this.#find(given);
    if (message.author !== this.id) throw new Error("only its author can change a message");
    return message;
  }
}

/** What the client says when the app does not. */
const excuses = {
  2: "The application did not respond",
  3: "This interaction failed",
  4: "Loading options failed",
  5: "Something went wrong. Try again.",
} as const;
