import { type Json, record, string } from "../json.ts";
import type { App } from "./app.ts";
import { choose, type Filling, fill, markedByClient, startingValues } from "./form-filling.ts";
import { join, leave } from "./happenings.ts";
import type { Interactions } from "./interactions.ts";
import type { Outcome, Submitted } from "./outcomes.ts";
import type { Channel, Member, Message, OpenView } from "./records.ts";
import { control, type Seen, seen, seenAlone } from "./seen.ts";
import type { Workspace } from "./workspace.ts";

export interface Upload {
  name: string;
  content: string | Buffer;
  mimetype?: string;
}

/** Where something is clicked: on a message, in the open modal, or on the bot's home tab. */
export type Surface = Seen | "modal" | "home";

/** A person in front of Slack: what they do, and what they see. */
export class Person {
  readonly member: Member;
  readonly #workspace: Workspace;
  readonly #app: App;
  readonly #interactions: Interactions;

  constructor(
    member: Member,
    given: { workspace: Workspace; app: App; interactions: Interactions },
  ) {
    this.member = member;
    this.#workspace = given.workspace;
    this.#app = given.app;
    this.#interactions = given.interactions;
  }

  get id(): string {
    return this.member.id;
  }

  /** The direct messages with the bot. */
  get dm(): string {
    return this.#workspace.directMessages(this.id).id;
  }

  /** The modal that lies on top, with what stands in its fields. */
  get modal(): OpenView | undefined {
    const view = this.#interactions.views.top(this.id);
    if (view) startingValues(view);
    return view;
  }

  get home(): OpenView | undefined {
    return this.#interactions.views.home(this.id);
  }

  /** What Slack itself told them, such as that a command failed. */
  get notices(): readonly string[] {
    return this.#interactions.noticesFor(this.id);
  }

  /** Everything in a channel that they are in, or in one thread of it with the root first. */
  reads(channel: string, { thread }: { thread?: string } = {}): Seen[] {
    const { messages } = this.#channel(channel);
    const own = this.#workspace.ephemerals.filter(
      (each) => each.channel === channel && each.user === this.id,
    );
    return [
      ...messages.map((message) => seen(this.#workspace, message)),
      ...own.map((whispered) => seenAlone(this.#workspace, whispered)),
    ]
      .filter((each) => thread === undefined || each.ts === thread || each.thread === thread)
      .sort((one, other) => Number(one.ts) - Number(other.ts));
  }

  /**
   * Text is as Slack stores it: `<@U…>`, `&amp;`, `*bold*`; `blocks` is what the composer made of it,
   * and is empty where it made none. Its events are on their way already.
   */
  writes(
    channel: string,
    text: string,
    given: { thread?: string; files?: Upload[]; broadcast?: boolean; blocks?: Json[] } = {},
  ): Seen {
    const at = this.#channel(channel);
    if (at.archived) throw new Error(`${at.name} is archived`);
    if (at.kind === "im" && this.#app.messagesTab !== "on") {
      throw new Error("sending messages to this app has been turned off");
    }
    const root = given.thread === undefined ? undefined : this.#workspace.message(at, given.thread);
    if (given.thread !== undefined && (!root || root.threadTs !== undefined)) {
      throw new Error(`there is no thread ${given.thread} in ${channel}`);
    }
    const files = this.uploads(given.files ?? []);
    const message = this.#workspace.post(at, {
      user: this.id,
      text,
      blocks: given.blocks ?? composed(text),
      files,
      threadTs: given.thread,
      broadcast: given.broadcast ?? false,
      clientMsgId: `00000000-0000-4000-8000-${this.#workspace.newId("").padStart(12, "0")}`,
    });
    this.#mention(at, message);
    return seen(this.#workspace, message);
  }

  edits(
    message: Seen,
    text: string,
    { blocks = [richText(text)] }: { blocks?: Json[] } = {},
  ): void {
    const edited = { user: this.id, ts: this.#workspace.editedTs() };
    this.#workspace.edit(this.#own(message), { text, blocks, edited });
  }

  deletes(message: Seen): void {
    this.#workspace.remove(this.#own(message));
  }

  /** Deletes a file of a message of theirs; the message stays, and says that it had one. */
  deletesFile(message: Seen, name: string): void {
    this.#workspace.removeFile(this.#own(message), name);
  }

  reacts(message: Seen, name: string): void {
    this.#workspace.react(this.#find(message), this.id, name, true);
  }

  unreacts(message: Seen, name: string): void {
    this.#workspace.react(this.#find(message), this.id, name, false);
  }

  joins(channel: string): void {
    join(this.#workspace, this.#workspace.channelOf({ channel }), this.id);
  }

  leaves(channel: string): void {
    leave(this.#workspace, this.#channel(channel), this.id);
  }

  /** Types a slash command, `/ticket printer on fire`, in the bot's direct messages by default. */
  types(line: string, { channel = this.dm, thread }: { channel?: string; thread?: string } = {}) {
    const [command = "", ...words] = line.split(" ");
    const at = this.#channel(channel);
    return this.#interactions.command(this.member, at, { command, text: words.join(" "), thread });
  }

  /** Uses a shortcut of the app, on a message when one is given. */
  uses(callbackId: string, message?: Seen): Promise<Outcome> {
    const found = message && this.#find(message);
    return this.#interactions.shortcut(this.member, callbackId, found);
  }

  /** Clicks a button; or chooses `value` where there is something to choose. */
  clicks(surface: Surface, actionId: string, value?: string): Promise<Outcome> {
    const { blocks, place } = this.#interactions.surface(this.member, surface);
    const { block, element } = control(blocks, actionId, value);
    const chosen = element.type === "button" ? {} : selection(element, value ?? "");
    const action = { ...described(element), ...chosen, block_id: block.block_id };
    return this.#interactions.action(this.member, place, action);
  }

  /** Puts something into fields of the open modal: by block id, action id or label. */
  fills(fields: Record<string, Filling>): void {
    const view = this.#openModal();
    for (const [name, filling] of Object.entries(fields)) {
      fill(view, name, filling, (given) =>
        this.uploads(given).map((id) => record(this.#fileJson(id))),
      );
    }
  }

  /**
   * Fills the open modal and submits it. What the client can see to be wrong by itself is not sent.
   */
  async submits(fields: Record<string, Filling> = {}): Promise<Submitted> {
    this.fills(fields);
    const view = this.#openModal();
    const errors = markedByClient(view);
    view.errors = errors;
    if (Object.keys(errors).length > 0) return { kind: "refused by the client", errors };
    return this.#interactions.submit(this.member, view);
  }

  /** Submits a view that was open before, as a second click does that came too late. */
  submitsAgain(view: OpenView): Promise<Submitted> {
    return this.#interactions.submit(this.member, view);
  }

  /** Closes the open modal with its cross. */
  closes(): Promise<Outcome> {
    return this.#interactions.closed(this.member, this.#openModal());
  }

  opensHome(tab: "home" | "messages" = "home"): void {
    const { home } = this;
    const view = home ? { view: this.#interactions.views.show(home) } : {};
    const event = { type: "app_home_opened", user: this.id, channel: this.dm, tab, ...view };
    this.#workspace.tell({ ...event, event_ts: this.#workspace.eventTs() });
  }

  /** Ids of the files, which no one sees yet. */
  uploads(files: Upload[]): string[] {
    return files.map(({ content, ...file }) => {
      const bytes = Buffer.from(content);
      return this.#workspace.addFile({ ...file, content: bytes, user: this.id }).id;
    });
  }

  #fileJson(id: string) {
    const file = this.#workspace.files.get(id);
    return file && this.#workspace.showFile(file);
  }

  #openModal(): OpenView {
    const { modal } = this;
    if (!modal) throw new Error(`${this.member.name} has no modal open`);
    return modal;
  }

  #channel(id: string): Channel {
    const channel = this.#workspace.channelOf({ channel: id });
    if (!channel.members.has(this.id)) throw new Error(`${this.member.name} is not in ${id}`);
    return channel;
  }

  #find({ channel, ts }: Seen): Message {
    const message = this.#workspace.message(this.#channel(channel), ts);
    if (!message) throw new Error(`there is no message ${ts} in ${channel}`);
    return message;
  }

  #own(given: Seen): Message {
    const message = this.#find(given);
    if (message.user !== this.id) throw new Error("only its author can change a message");
    return message;
  }

  /** https://docs.slack.dev/reference/events/app_mention: not in direct messages. */
  #mention(channel: Channel, message: Message) {
    const isMeant = message.text.includes(`<@${this.#workspace.bot.userId}>`);
    if (!isMeant || channel.kind === "im") return;
    const shown = this.#workspace.show(message);
    const event = { ...shown, type: "app_mention", channel: channel.id, event_ts: message.ts };
    this.#workspace.tell(event, channel);
  }
}

const composed = (text: string): Json[] => (text === "" ? [] : [richText(text)]);

/** What the client makes of what a person types. */
const richText = (text: string): Json => ({
  type: "rich_text",
  elements: [{ type: "rich_text_section", elements: [{ type: "text", text }] }],
});

function described({ type, action_id, text, value, style, placeholder }: Json): Json {
  const shown = { type, action_id, text, value, style, placeholder };
  return Object.fromEntries(Object.entries(shown).filter(([, each]) => each !== undefined));
}

function selection(element: Json, value: string): Json {
  const kind = string(element.type);
  if (kind === "users_select") return { selected_user: value };
  if (kind === "conversations_select") return { selected_conversation: value };
  if (kind === "channels_select") return { selected_channel: value };
  if (kind.startsWith("multi_") || kind === "checkboxes") {
    return { selected_options: [choose(element, value)] };
  }
  return { selected_option: choose(element, value) };
}
