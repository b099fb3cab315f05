import type { Clock } from "../clock.ts";
import type { Json } from "../json.ts";
import { named } from "./blocks.ts";
import { fileJson, messageJson } from "./json-of.ts";
import type {
  Channel,
  Draft,
  Ephemeral,
  Member,
  Message,
  StoredFile,
  UserGroup,
} from "./records.ts";

export interface Bot {
  readonly userId: string;
  readonly botId: string;
  readonly appId: string;
  readonly name: string;
}

/** Called for everything that an app could be told. `channel` is where it happened. */
export type Tell = (event: Json, channel?: Channel) => void;

/** What is in one Slack workspace, and what changes in it. It knows nothing of HTTP. */
export class Workspace {
  readonly team = { id: "T0FAKE001", name: "Fake Works", domain: "fake-works" };
  readonly bot: Bot = {
    userId: "U0BOT0001",
    botId: "B0BOT0001",
    appId: "A0APP0001",
    name: "deskhand",
  };
  readonly members = new Map<string, Member>();
  readonly channels = new Map<string, Channel>();
  readonly files = new Map<string, StoredFile>();
  readonly groups = new Map<string, UserGroup>();
  readonly ephemerals: Ephemeral[] = [];
  /** Where files are served: set when the server listens. */
  origin = "";
  readonly clock: Clock;
  readonly #tell: Tell;
  readonly #lastMicros = new Map<string, number>();
  /** By channel and `ts`, as are the replies by their root's. */
  readonly #messages = new Map<string, Message>();
  readonly #replies = new Map<string, Message[]>();
  readonly #counters = new Map<string, number>();
  readonly #watchers = new Set<() => void>();
  /** Shares of files that are held back, if any are. */
  #held: (() => void)[] | undefined;

  constructor(clock: Clock, tell: Tell) {
    this.clock = clock;
    this.#tell = tell;
    this.addMember({ id: this.bot.userId, name: this.bot.name, isBot: true });
  }

  addMember(given: { id: string; name: string } & Partial<Member>): Member {
    const { id, name, realName = name, displayName = name } = given;
    const picture = given.picture ?? `https://avatars.example/${id}_512.png`;
    const { isBot = false, deleted = false } = given;
    const member = { id, name, realName, displayName, picture, isBot, deleted };
    this.members.set(id, member);
    return member;
  }

  addChannel(given: {
    id: string;
    name: string;
    kind?: Channel["kind"];
    members?: string[];
    archived?: boolean;
  }): Channel {
    const { id, name, kind = "channel", members = [], archived = false } = given;
    const channel = { id, name, kind, members: new Set(members), archived, messages: [] };
    this.channels.set(id, channel);
    return channel;
  }

  /** The direct messages of a member with the bot; they begin when someone asks. */
  directMessages(user: string): Channel {
    const id = `D${user.slice(1)}`;
    const members = [user, this.bot.userId];
    return this.channels.get(id) ?? this.addChannel({ id, name: "", kind: "im", members });
  }

  /** `Ev0000001`, `Ev0000002`, …: never the same one again. */
  newId(prefix: string): string {
    const next = (this.#counters.get(prefix) ?? 0) + 1;
    this.#counters.set(prefix, next);
    return `${prefix}${String(next).padStart(7, "0")}`;
  }

  /** Unique in its channel and always later; two channels can give the same one. */
  newTs(channel: string): string {
    const micros = Math.max(this.clock.now() * 1_000, (this.#lastMicros.get(channel) ?? 0) + 100);
    this.#lastMicros.set(channel, micros);
    return timestamp(micros);
  }

  eventTs(): string {
    return timestamp(this.clock.now() * 1_000);
  }

  /** Of an edit, Slack tells the second: `1629385312.000000`. */
  editedTs(): string {
    return timestamp(Math.floor(this.clock.now() / 1_000) * 1_000_000);
  }

  post(channel: Channel, draft: Draft): Message {
    const message: Message = {
      ts: this.newTs(channel.id),
      channel: channel.id,
      user: draft.user,
      byApp: draft.byApp ?? false,
      otherBot: draft.otherBot,
      username: draft.username,
      icons: draft.icons,
      threadTs: draft.threadTs,
      broadcast: draft.broadcast ?? false,
      clientMsgId: draft.clientMsgId,
      files: draft.files ?? [],
      text: draft.text ?? "",
      blocks: named(draft.blocks ?? [], () => this.newId("b")),
      attachments: draft.attachments ?? [],
      metadata: draft.metadata,
      edited: undefined,
      reactions: [],
      tombstone: false,
    };
    channel.messages.push(message);
    this.#messages.set(key(channel.id, message.ts), message);
    this.#repliesTo(channel.id, message.threadTs).push(message);
    for (const file of message.files) this.#share(file, message);
    this.tell({ ...this.show(message), ...this.place(channel), event_ts: message.ts }, channel);
    return message;
  }

  #share(id: string, { channel, ts, threadTs }: Message) {
    this.files.get(id)?.shares.push({ channel, ts, threadTs });
  }

  /** Changes a message and tells of it, also when nothing that can be read is different. */
  edit(message: Message, change: Partial<Message>): void {
    const channel = this.channelOf(message);
    const before = this.show(message);
    Object.assign(message, change);
    this.#tellChanged(channel, message, before);
  }

  #tellChanged(channel: Channel, message: Message, before: Json) {
    const ts = this.newTs(channel.id);
    this.tell(
      {
        type: "message",
        subtype: "message_changed",
        message: this.show(message),
        previous_message: before,
        ...this.place(channel),
        hidden: true,
        ts,
        event_ts: ts,
      },
      channel,
    );
  }

  /** A thread's root that has replies stays, as a tombstone, until the last reply has gone. */
  remove(message: Message): void {
    const channel = this.channelOf(message);
    if (this.replies(message).length > 0) {
      const gone = { text: "This message was deleted.", user: "USLACKBOT", username: undefined };
      const bare = { blocks: [], attachments: [], reactions: [], metadata: undefined };
      this.edit(message, { ...gone, ...bare, byApp: false, files: [], tombstone: true });
      return;
    }
    const siblings = this.#repliesTo(channel.id, message.threadTs);
    for (const list of [channel.messages, siblings]) {
      const place = list.indexOf(message);
      if (place >= 0) list.splice(place, 1);
    }
    this.#messages.delete(key(channel.id, message.ts));
    this.#tellRemoved(channel, message);
    const root = this.message(channel, message.threadTs ?? "");
    if (root?.tombstone && this.replies(root).length === 0) this.remove(root);
  }

  #tellRemoved(channel: Channel, message: Message) {
    const ts = this.newTs(channel.id);
    this.tell(
      {
        type: "message",
        subtype: "message_deleted",
        previous_message: this.show(message),
        ...this.place(channel),
        hidden: true,
        deleted_ts: message.ts,
        ts,
        event_ts: ts,
      },
      channel,
    );
  }

  /** False when it was so already. */
  react(message: Message, user: string, name: string, on: boolean): boolean {
    const found = message.reactions.find((each) => each.name === name);
    if (on === (found?.users.includes(user) ?? false)) return false;
    const others = message.reactions.filter((each) => each.name !== name);
    const users = (found?.users ?? []).filter((each) => each !== user);
    if (on) users.push(user);
    message.reactions = users.length > 0 ? [...others, { name, users }] : others;
    const item = { type: "message", channel: message.channel, ts: message.ts };
    const type = on ? "reaction_added" : "reaction_removed";
    const event = { type, user, reaction: name, item, item_user: message.user };
    this.tell({ ...event, event_ts: this.eventTs() }, this.channelOf(message));
    return true;
  }

  addFile(given: { name: string; content: Buffer; mimetype?: string; user: string }): StoredFile {
    const file = {
      id: this.newId("F"),
      name: given.name,
      title: given.name,
      mimetype: given.mimetype ?? "application/octet-stream",
      user: given.user,
      createdAt: this.clock.now(),
      content: given.content,
      shares: [],
      deleted: false,
    };
    this.files.set(file.id, file);
    return file;
  }

  /** https://docs.slack.dev/reference/objects/file-object: what is left of it is a tombstone. */
  removeFile(message: Message, name: string): void {
    const channel = this.channelOf(message);
    const before = this.show(message);
    const shared = message.files.flatMap((id) => this.files.get(id) ?? []);
    const file = shared.find((each) => each.name === name && !each.deleted);
    if (!file) throw new Error(`the message has no file ${name}`);
    file.deleted = true;
    this.#tellChanged(channel, message, before);
  }

  /** Shares a file, once shares are not held back. */
  publish(share: () => void): void {
    if (this.#held) this.#held.push(share);
    else share();
  }

  holdShares(): void {
    this.#held ??= [];
  }

  releaseShares(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const share of held) share();
  }

  message(channel: Channel, ts: string): Message | undefined {
    return this.#messages.get(key(channel.id, ts));
  }

  replies(root: Message): Message[] {
    return [...(this.#replies.get(key(root.channel, root.ts)) ?? [])];
  }

  #repliesTo(channel: string, root: string | undefined): Message[] {
    if (root === undefined) return [];
    const replies = this.#replies.get(key(channel, root)) ?? [];
    this.#replies.set(key(channel, root), replies);
    return replies;
  }

  channelOf({ channel }: { channel: string }): Channel {
    const found = this.channels.get(channel);
    if (!found) throw new Error(`no channel ${channel}`);
    return found;
  }

  show(message: Message): Json {
    return messageJson(this, message);
  }

  showFile(file: StoredFile): Json {
    return fileJson(this, file);
  }

  place({ id, kind }: Channel): Json {
    return { channel: id, channel_type: kind };
  }

  tell(event: Json, channel?: Channel): void {
    this.#tell(event, channel);
    this.changed();
  }

  /** Calls `look` whenever anything may have changed; the answer ends that. */
  watch(look: () => void): () => void {
    this.#watchers.add(look);
    return () => this.#watchers.delete(look);
  }

  changed(): void {
    for (const look of this.#watchers) look();
  }
}

const key = (channel: string, ts: string) => `${channel} ${ts}`;

const timestamp = (micros: number) => {
  const seconds = Math.floor(micros / 1_000_000);
  return `${seconds}.${String(micros % 1_000_000).padStart(6, "0")}`;
};
