import type { Json } from "../json.ts";

/** Someone in the workspace; bots are too. */
export interface Member {
  readonly id: string;
  readonly name: string;
  readonly realName: string;
  displayName: string;
  picture: string;
  readonly isBot: boolean;
  /** Deactivated by an administrator. */
  deleted: boolean;
}

export interface Channel {
  readonly id: string;
  readonly name: string;
  readonly kind: "channel" | "group" | "im";
  readonly members: Set<string>;
  archived: boolean;
  /** In order of `ts`; only the channel and the `ts` together name a message. */
  readonly messages: Message[];
}

export interface Message {
  readonly ts: string;
  readonly channel: string;
  /** Who wrote it; the bot's own user for what the app posted under its own name. */
  readonly user: string | undefined;
  readonly byApp: boolean;
  /** Set when another app's bot wrote it. */
  readonly otherBot: { botId: string; appId: string } | undefined;
  /** Set when the app posted under another name. */
  readonly username: string | undefined;
  readonly icons: Json | undefined;
  readonly threadTs: string | undefined;
  readonly broadcast: boolean;
  readonly clientMsgId: string | undefined;
  /** Ids of files. */
  readonly files: string[];
  text: string;
  blocks: Json[];
  attachments: Json[];
  metadata: Json | undefined;
  edited: { user: string; ts: string } | undefined;
  reactions: { name: string; users: string[] }[];
  /** It was deleted, but its replies are still there. */
  tombstone: boolean;
}

export type Draft = Partial<Omit<Message, "ts" | "channel">>;

/** A message that one person sees, until they reload: it is in no history. */
export interface Ephemeral {
  readonly ts: string;
  readonly channel: string;
  readonly user: string;
  readonly threadTs: string | undefined;
  text: string;
  blocks: Json[];
}

export interface StoredFile {
  readonly id: string;
  readonly name: string;
  title: string;
  readonly mimetype: string;
  readonly user: string;
  readonly createdAt: number;
  content: Buffer;
  /** Where it was shared. */
  readonly shares: { channel: string; ts: string; threadTs: string | undefined }[];
  deleted: boolean;
}

export interface UserGroup {
  readonly id: string;
  readonly handle: string;
  readonly name: string;
  users: string[];
}

export interface OpenView {
  readonly id: string;
  readonly user: string;
  readonly rootId: string;
  readonly previousId: string | undefined;
  hash: string;
  /** As the app gave it, with every block named. */
  content: Json;
  /** What the person has typed or chosen so far: block id → action id → value. */
  values: Record<string, Record<string, Json>>;
  /** What stands under the fields. */
  errors: Record<string, string>;
}
