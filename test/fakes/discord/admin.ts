import { edit, remove } from "./messages.ts";
import { guildObject, memberObject } from "./objects.ts";
import { type PermissionName, permissionsOfNames } from "./permissions.ts";
import { type Channel, type Guild, messageFlag, type Role } from "./records.ts";
import type { Seen } from "./seen.ts";
import type { NewChannel, NewGuild, NewRole, Server } from "./server.ts";
import {
  changeChannel,
  changeThread,
  joinThread,
  leaveThread,
  overwrite,
  removeChannel,
} from "./threads.ts";

/** What a bot for tickets is invited with. */
const invitedWith: readonly PermissionName[] = [
  ...(["viewChannel", "sendMessages", "sendMessagesInThreads", "manageThreads"] as const),
  ...(["createPublicThreads", "createPrivateThreads", "readMessageHistory"] as const),
  ...(["embedLinks", "attachFiles", "addReactions"] as const),
];

/** What those do who run a guild, and whoever runs the app. Everything is told as Discord tells it. */
export class Admin {
  readonly server: Server;

  constructor(server: Server) {
    this.server = server;
  }

  /** With the bot in it, which may do what a bot for tickets needs. */
  addGuild(given: Partial<NewGuild> = {}): Guild {
    return this.server.addGuild({ name: "Guild", botPermissions: invitedWith, ...given });
  }

  addChannel(guild: Guild, given: NewChannel): Channel {
    return this.server.addChannel(guild, given);
  }

  addRole(guild: Guild, given: NewRole): Role {
    return this.server.addRole(guild, given);
  }

  archives(thread: string): void {
    changeThread(this.server, this.server.channel(thread), { archived: true });
  }

  unarchives(thread: string): void {
    changeThread(this.server, this.server.channel(thread), { archived: false });
  }

  /** Archives it too, as the client does. */
  locks(thread: string, { archived = true } = {}): void {
    changeThread(this.server, this.server.channel(thread), { locked: true, archived });
  }

  unlocks(thread: string): void {
    changeThread(this.server, this.server.channel(thread), { locked: false, archived: false });
  }

  renames(channel: string, name: string): void {
    const found = this.server.channel(channel);
    if (found.thread) changeThread(this.server, found, { name });
    else changeChannel(this.server, found, { name });
  }

  deletesChannel(channel: string): void {
    removeChannel(this.server, this.server.channel(channel));
  }

  /** Whoever wrote it. */
  deletes({ channel, id }: Seen): void {
    const found = this.server.message(channel, id);
    if (found) remove(this.server, found);
  }

  /** A moderator removes all that is embedded in a message. */
  hidesEmbeds({ channel, id }: Seen): void {
    const found = this.server.message(channel, id);
    if (found) edit(this.server, found, { flags: found.flags | messageFlag.suppressEmbeds });
  }

  /** A preview of a link appears under a message: it has changed, but not its text. */
  unfurls({ channel, id }: Seen, url = "https://example.com/"): void {
    const found = this.server.message(channel, id);
    if (!found) return;
    const preview = { type: "link", url, title: "Example", description: "An example." };
    edit(this.server, found, { embeds: [...found.embeds, preview] });
  }

  addsToThread(thread: string, user: string): void {
    joinThread(this.server, this.server.channel(thread), user);
  }

  removesFromThread(thread: string, user: string): void {
    leaveThread(this.server, this.server.channel(thread), user);
  }

  /** Denies it in a channel: to the bot, or to this role or member. */
  removesPermissions(channel: string, names: readonly PermissionName[], from?: string): void {
    this.#overwrite(channel, from, { allow: 0n, deny: permissionsOfNames(names) });
  }

  /** Takes back what was denied there before. */
  givesPermissions(channel: string, names: readonly PermissionName[], to?: string): void {
    this.#overwrite(channel, to, { allow: permissionsOfNames(names), deny: 0n });
  }

  givesRole(guild: Guild, user: string, role: string): void {
    this.#changeRoles(guild, user, (roles) => roles.add(role));
  }

  takesRole(guild: Guild, user: string, role: string): void {
    this.#changeRoles(guild, user, (roles) => roles.delete(role));
  }

  /** They leave, or are thrown out; the bot as well. */
  removes(guild: Guild, user: string): void {
    const { application } = this.server;
    const isBot = user === application.id;
    if (isBot) this.server.tell("GUILD_DELETE", { id: guild.id }, { guild: guild.id });
    guild.members.delete(user);
    if (isBot) return;
    for (const channel of this.server.channels.values())
      if (channel.guild === guild.id) leaveThread(this.server, channel, user);
    const { id, name } = this.server.user(user);
    const data = { guild_id: guild.id, user: { id, username: name, discriminator: "0" } };
    this.server.tell("GUILD_MEMBER_REMOVE", data, { guild: guild.id });
  }

  /** Of histories, fewer messages come at once than may be asked for. */
  givesPagesOf(messages: number): void {
    this.server.mostOnPage = messages;
  }

  /** https://docs.discord.com/developers/resources/guild#unavailable-guild-object */
  goesDown({ id }: Guild): void {
    this.server.tell("GUILD_DELETE", { id, unavailable: true }, { guild: id });
    this.server.down.add(id);
  }

  comesBack(guild: Guild): void {
    this.server.down.delete(guild.id);
    this.server.tell("GUILD_CREATE", guildObject(this.server, guild), { guild: guild.id });
  }

  /** From now on the token is refused. Connections that are open stay so. */
  revokesToken(): void {
    this.server.application.revoked = true;
  }

  /** The token is good again. */
  restoresToken(): void {
    this.server.application.revoked = false;
  }

  /** *Message Content* is switched off in the developer portal. */
  withoutIntent(): void {
    this.server.application.messageContent = false;
  }

  withIntent(): void {
    this.server.application.messageContent = true;
  }

  #overwrite(channel: string, to: string | undefined, given: { allow: bigint; deny: bigint }) {
    const at = this.server.channel(channel);
    const id = to ?? this.server.application.id;
    const isRole = at.guild !== undefined && this.server.guild(at.guild).roles.has(id);
    overwrite(this.server, at, { ...given, id, type: isRole ? 0 : 1 });
  }

  #changeRoles(guild: Guild, user: string, change: (roles: Set<string>) => void) {
    const member = guild.members.get(user);
    if (!member) throw new Error(`${user} is not in ${guild.name}`);
    change(member.roles);
    const data = { ...memberObject(this.server, member), guild_id: guild.id };
    this.server.tell("GUILD_MEMBER_UPDATE", data, { guild: guild.id });
  }
}
