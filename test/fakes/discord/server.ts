import type { Clock } from "../clock.ts";
import type { Json } from "../json.ts";
import { refused } from "./errors.ts";
import { limits } from "./limits.ts";
import { channelObject, guildObject, memberObject, roleObject } from "./objects.ts";
import {
  has,
  isThread,
  type PermissionName,
  permissionsInChannel,
  permissionsInDirectMessages,
  permissionsInGuild,
  permissionsOfNames,
  usualPermissions,
} from "./permissions.ts";
import {
  type Attachment,
  type Channel,
  channelType,
  type Guild,
  type Member,
  type Message,
  type Role,
  type User,
} from "./records.ts";

/** The bot's application. Its user has the same id. */
export interface Application {
  readonly id: string;
  readonly name: string;
  readonly token: string;
  /** Every call and every login is refused from now on. */
  revoked: boolean;
  /** Whether *Message Content* is switched on in the developer portal. */
  messageContent: boolean;
}

/** What was told: a dispatch of the gateway before any session's intents are looked at. */
export interface Dispatch {
  readonly event: string;
  readonly data: Json;
  /** Undefined for direct messages, and for what concerns no guild. */
  readonly guild: string | undefined;
}

/** Where it happened. The bot hears of a channel only what it may see. */
export interface Audience {
  guild?: string | undefined;
  channel?: Channel | undefined;
}

/** A file as it came in a request: `key` is the n of `files[n]`. */
export interface Upload {
  readonly key: string;
  readonly name: string;
  readonly type: string;
  readonly content: Buffer;
}

export interface Result {
  status: number;
  /** Nothing is sent with 204. */
  body?: unknown;
}

/**
 * What the routes of interactions and of their webhooks do. Bodies were checked against Discord's
 * description and its stricter rules. What is refused is thrown as an `ApiError`.
 */
export interface InteractionDesk {
  /** POST /interactions/{id}/{token}/callback; `withResponse` is that of the query. */
  answer(id: string, token: string, given: Answering & { withResponse: boolean }): Result;
  /** `message` is `@original`, or the id of a follow-up; here and below. */
  original(token: string, message: string): Result;
  editOriginal(token: string, message: string, given: Answering): Result;
  deleteOriginal(token: string, message: string): Result;
  followUp(token: string, given: Answering): Result;
}

export interface Answering {
  body: Json;
  files: readonly Upload[];
}

/** What is in Discord, as far as one bot is concerned. It knows nothing of HTTP or WebSockets. */
export class Server {
  readonly clock: Clock;
  readonly application: Application;
  readonly users = new Map<string, User>();
  readonly guilds = new Map<string, Guild>();
  /** Threads and direct messages are among them. */
  readonly channels = new Map<string, Channel>();
  readonly attachments = new Map<string, Attachment>();
  /** The application's global commands, as `GET` shows them. */
  readonly commands = new Map<string, Json>();
  /** By nonce: what the bot posted with it. */
  readonly ownNonces = new Map<string, Message[]>();
  /** Where it listens: set then. */
  origin = "";
  /** Ids of guilds that Discord itself does not reach: nothing is told of them. */
  readonly down = new Set<string>();
  /** No page of a history has more messages. */
  mostOnPage: number = limits.page;
  /** Set by what keeps the interactions. */
  interactions: InteractionDesk | undefined;
  /** What `GET /gateway/bot` says. */
  readonly gateway = { shards: 1, starts: 1_000, startsLeft: 1_000, resetAfterMs: 0, together: 1 };
  readonly #listeners = new Set<(dispatch: Dispatch) => void>();
  readonly #watchers = new Set<() => void>();
  #lastId = 0n;

  constructor(clock: Clock, application: Application) {
    this.clock = clock;
    this.application = application;
    this.addUser({ id: application.id, name: application.name, bot: true });
  }

  /** https://docs.discord.com/developers/reference#snowflakes: unique, and always later. */
  newId(): string {
    const now = BigInt(this.clock.now() - discordEpochMs) << 22n;
    this.#lastId = now > this.#lastId ? now : this.#lastId + 1n;
    return String(this.#lastId);
  }

  addUser(given: { id?: string; name: string } & Partial<User>): User {
    const user = {
      id: given.id ?? this.newId(),
      name: given.name,
      globalName: given.globalName ?? null,
      avatar: given.avatar ?? null,
      bot: given.bot ?? false,
      closedDms: given.closedDms ?? false,
      locale: given.locale ?? "en-US",
    };
    this.users.set(user.id, user);
    return user;
  }

  /** A guild with the bot in it, who has a role of its own with these permissions. */
  addGuild(given: NewGuild): Guild {
    const id = given.id ?? this.newId();
    const owner = given.owner ?? this.addUser({ name: "owner" }).id;
    const { locale = "en-US", everyone = usualPermissions } = given;
    const all = { id, name: "@everyone", permissions: everyone, position: 0, mentionable: false };
    const roles = new Map<string, Role>([[id, all]]);
    const guild = { id, name: given.name, owner, roles, members: new Map(), locale };
    this.guilds.set(id, guild);
    this.addMember(guild, owner);
    const role = this.addRole(guild, {
      name: this.application.name,
      permissions: given.botPermissions ?? [],
    });
    this.addMember(guild, this.application.id, { roles: [role.id] });
    this.tell("GUILD_CREATE", guildObject(this, guild), { guild: id });
    return guild;
  }

  addRole(guild: Guild, given: NewRole): Role {
    const { permissions = [], mentionable = false, name } = given;
    const id = given.id ?? this.newId();
    const allowed = permissionsOfNames(permissions);
    const role = { id, name, permissions: allowed, position: guild.roles.size, mentionable };
    guild.roles.set(id, role);
    this.tell("GUILD_ROLE_CREATE", { guild_id: guild.id, role: roleObject(role) }, inGuild(guild));
    return role;
  }

  addMember(guild: Guild, user: string, { roles = [], nick = null }: NewMember = {}): Member {
    const joinedAt = this.clock.now();
    const member = { user, guild: guild.id, roles: new Set(roles), nick, joinedAt };
    guild.members.set(user, member);
    const data = { ...memberObject(this, member), guild_id: guild.id };
    this.tell("GUILD_MEMBER_ADD", data, inGuild(guild));
    return member;
  }

  addChannel(guild: Guild, given: NewChannel): Channel {
    const channel = {
      ...bareChannel(given.id ?? this.newId(), given.type ?? channelType.text),
      guild: guild.id,
      parent: given.parent,
      name: given.name,
      position: this.channels.size,
      overwrites: given.overwrites ?? [],
      tags: (given.tags ?? []).map((name) => ({ id: this.newId(), name, moderated: false })),
      flags: given.flags ?? 0,
    };
    this.channels.set(channel.id, channel);
    this.tell("CHANNEL_CREATE", channelObject(this, channel), inGuild(guild));
    return channel;
  }

  /** The direct messages of a person with the bot. */
  directMessages(user: string): Channel {
    const known = [...this.channels.values()].find(({ recipient }) => recipient === user);
    if (known) return known;
    const channel = { ...bareChannel(this.newId(), channelType.dm), recipient: user };
    this.channels.set(channel.id, channel);
    return channel;
  }

  user(id: string): User {
    return found(this.users.get(id), `user ${id}`);
  }

  guild(id: string): Guild {
    return found(this.guilds.get(id), `guild ${id}`);
  }

  channel(id: string): Channel {
    return found(this.channels.get(id), `channel ${id}`);
  }

  message(channel: string, id: string): Message | undefined {
    return this.channels.get(channel)?.messages.find((each) => each.id === id);
  }

  parentOf({ parent }: Channel): Channel | undefined {
    return parent === undefined ? undefined : this.channels.get(parent);
  }

  threadsOf(channel: Channel): Channel[] {
    return [...this.channels.values()].filter(
      (each) => isThread(each) && each.parent === channel.id,
    );
  }

  /** 0 for who does not even see the channel. */
  permissionsOf(user: string, channelId: string): bigint {
    const channel = this.channels.get(channelId);
    if (!channel) return 0n;
    if (channel.guild === undefined) {
      return permissionsInDirectMessages(channel, user, this.application.id);
    }
    const guild = this.guilds.get(channel.guild);
    if (!guild) return 0n;
    return permissionsInChannel(guild, user, { channel, parent: this.parentOf(channel) });
  }

  guildPermissionsOf(user: string, guild: string): bigint {
    const known = this.guilds.get(guild);
    return known ? permissionsInGuild(known, user) : 0n;
  }

  may(user: string, channel: Channel, name: PermissionName): boolean {
    return has(this.permissionsOf(user, channel.id), name);
  }

  /** Refuses with 50001 who does not see the channel, and with 50013 who lacks something else. */
  need(user: string, channel: Channel, ...names: PermissionName[]): void {
    const all = this.permissionsOf(user, channel.id);
    if (!has(all, "viewChannel")) throw refused(50001);
    if (!names.every((name) => has(all, name))) throw refused(50013);
  }

  /** Hands a dispatch to the gateway, when the bot may know of it. */
  tell(event: string, data: Json, { guild, channel }: Audience = {}): void {
    const known = guild === undefined || this.guilds.get(guild)?.members.has(this.application.id);
    const seen = !channel || this.may(this.application.id, channel, "viewChannel");
    const isDown = guild !== undefined && this.down.has(guild);
    if (known && seen && !isDown) {
      for (const listener of this.#listeners) listener({ event, data, guild });
    }
    this.changed();
  }

  onDispatch(listener: (dispatch: Dispatch) => void): void {
    this.#listeners.add(listener);
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

export interface NewGuild {
  id?: string;
  name: string;
  owner?: string;
  locale?: string;
  everyone?: bigint;
  botPermissions?: readonly PermissionName[];
}

export interface NewRole {
  id?: string;
  name: string;
  permissions?: readonly PermissionName[];
  mentionable?: boolean;
}

export interface NewMember {
  roles?: readonly string[];
  nick?: string | null;
}

export interface NewChannel {
  id?: string;
  name: string;
  type?: number;
  parent?: string;
  overwrites?: Channel["overwrites"];
  /** Names of a forum's tags. */
  tags?: readonly string[];
  flags?: number;
}

/** https://docs.discord.com/developers/reference#snowflakes */
const discordEpochMs = 1_420_070_400_000;

export const bareChannel = (id: string, type: number): Channel => ({
  ...{ id, type, guild: undefined, parent: undefined, recipient: undefined, thread: undefined },
  ...{ name: "", topic: null, position: 0, overwrites: [], tags: [], flags: 0 },
  ...{ messages: [], lastMessage: null },
});

const inGuild = ({ id }: Guild): Audience => ({ guild: id });

function found<Thing>(thing: Thing | undefined, name: string): Thing {
  if (thing === undefined) throw new Error(`no ${name} in this Discord`);
  return thing;
}
