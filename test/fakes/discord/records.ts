import type { Json } from "../json.ts";

/** https://docs.discord.com/developers/resources/channel#channel-object-channel-types */
export const channelType = {
  text: 0,
  dm: 1,
  voice: 2,
  category: 4,
  announcement: 5,
  announcementThread: 10,
  publicThread: 11,
  privateThread: 12,
  forum: 15,
  media: 16,
} as const;

/** https://docs.discord.com/developers/resources/message#message-object-message-types */
export const messageType = {
  plain: 0,
  recipientAdded: 1,
  recipientRemoved: 2,
  channelNameChanged: 4,
  threadCreated: 18,
  reply: 19,
  command: 20,
  threadStarter: 21,
  contextMenuCommand: 23,
} as const;

/** https://docs.discord.com/developers/resources/message#message-object-message-flags */
export const messageFlag = {
  suppressEmbeds: 1 << 2,
  hasThread: 1 << 5,
  ephemeral: 1 << 6,
  loading: 1 << 7,
  suppressNotifications: 1 << 12,
  componentsV2: 1 << 15,
  hasSnapshot: 1 << 14,
} as const;

/** Of a channel: https://docs.discord.com/developers/resources/channel#channel-object-channel-flags */
export const channelFlag = { pinned: 1 << 1, requireTag: 1 << 4 } as const;

/** Anyone with an account; bots are too. */
export interface User {
  readonly id: string;
  name: string;
  globalName: string | null;
  /** The hash of the picture. */
  avatar: string | null;
  readonly bot: boolean;
  /** Takes no direct messages from the bot. */
  closedDms: boolean;
  locale: string;
}

export interface Role {
  readonly id: string;
  readonly name: string;
  permissions: bigint;
  position: number;
  mentionable: boolean;
}

export interface Overwrite {
  /** Of a role (0) or a user (1). */
  readonly id: string;
  readonly type: 0 | 1;
  allow: bigint;
  deny: bigint;
}

export interface Member {
  readonly user: string;
  readonly guild: string;
  readonly roles: Set<string>;
  nick: string | null;
  readonly joinedAt: number;
}

export interface Guild {
  readonly id: string;
  name: string;
  readonly owner: string;
  /** `@everyone` has the guild's own id. */
  readonly roles: Map<string, Role>;
  readonly members: Map<string, Member>;
  readonly locale: string;
}

interface Tag {
  readonly id: string;
  readonly name: string;
  readonly moderated: boolean;
}

/** What a thread has on top of a channel. */
export interface Thread {
  readonly owner: string;
  archived: boolean;
  locked: boolean;
  autoArchiveMinutes: number;
  /** When `archived` last changed. */
  archiveChangedAt: number;
  invitable: boolean;
  tags: string[];
  /** User → when they joined. */
  readonly members: Map<string, number>;
  readonly createdAt: number;
  /** How many messages were ever written in it. */
  total: number;
}

export interface Channel {
  readonly id: string;
  readonly type: number;
  /** Undefined in direct messages. */
  readonly guild: string | undefined;
  /** The category, or the channel that a thread is in. */
  readonly parent: string | undefined;
  name: string;
  topic: string | null;
  position: number;
  readonly overwrites: Overwrite[];
  /** In direct messages: the person, and not the bot. */
  readonly recipient: string | undefined;
  tags: Tag[];
  flags: number;
  readonly thread: Thread | undefined;
  /** In order of their ids. */
  readonly messages: Message[];
  /** Also when that one is gone by now. */
  lastMessage: string | null;
}

/** A file that someone sent. */
export interface Attachment {
  readonly id: string;
  readonly channel: string;
  readonly name: string;
  readonly type: string;
  readonly content: Buffer;
  readonly description: string | undefined;
  readonly ephemeral: boolean;
}

export interface Emoji {
  readonly id: string | null;
  readonly name: string;
}

/** Type 0 is a reply, and the starter of a thread; type 1 is a forward. */
interface Reference {
  readonly type: 0 | 1;
  readonly message: string | undefined;
  readonly channel: string;
  readonly guild: string | undefined;
}

export interface Message {
  readonly id: string;
  readonly channel: string;
  readonly author: string;
  readonly type: number;
  readonly createdAt: number;
  content: string;
  embeds: Json[];
  components: Json[];
  attachments: Attachment[];
  stickers: Json[];
  poll: Json | undefined;
  flags: number;
  /** Shown in the answer to its creation and in its dispatch only. */
  readonly nonce: string | number | undefined;
  readonly reference: Reference | undefined;
  /** What a forward shows of the message that it carries on. */
  readonly snapshots: Json[];
  editedAt: number | undefined;
  /** Whom it pinged when it was written, or would have by its last edit: users. */
  mentions: string[];
  mentionRoles: string[];
  mentionEveryone: boolean;
  /** Everyone whose client made a noise: users. An edit pings no one. */
  readonly pings: string[];
  reactions: { readonly emoji: Emoji; readonly users: string[] }[];
  pinned: boolean;
  /** Set for what answers an interaction. */
  readonly interaction: Json | undefined;
  readonly webhook: string | undefined;
}

/** What a message is made of; everything that is left out is empty. */
export type Draft = Partial<Omit<Message, "id" | "channel" | "createdAt">> & { author: string };
