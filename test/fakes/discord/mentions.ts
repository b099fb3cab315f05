import { isRecord, type Json } from "../json.ts";
import { has } from "./permissions.ts";
import type { Channel, Message } from "./records.ts";
import type { Server } from "./server.ts";

/** Whom a text pings. */
export type Mentions = Pick<Message, "mentions" | "mentionRoles" | "mentionEveryone">;

/** What a person's client sends, and what is taken when a bot says nothing: everything pings. */
const allOfThem: Json = { parse: ["users", "roles", "everyone"], replied_user: true };

const idsIn = (content: string, pattern: RegExp): string[] => [
  ...new Set([...content.matchAll(pattern)].map(([, id = ""]) => id)),
];

const listed = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** https://docs.discord.com/developers/resources/message#allowed-mentions-object */
export function mentionsIn(
  server: Server,
  given: {
    channel: Channel;
    author: string;
    content: string;
    allowed: unknown;
    /** Who wrote the message that this one answers. */
    answered?: string | undefined;
  },
): Mentions {
  const { channel, author, content, answered } = given;
  const allowed = isRecord(given.allowed) ? given.allowed : allOfThem;
  const parse = listed(allowed.parse);
  const permits = (kind: "users" | "roles", id: string) =>
    parse.includes(kind) || listed(allowed[kind]).includes(id);
  const guild = channel.guild === undefined ? undefined : server.guilds.get(channel.guild);
  const mayAll = has(server.permissionsOf(author, channel.id), "mentionEveryone");
  const users = idsIn(content, /<@!?(\d+)>/g).filter(
    (id) => server.users.has(id) && permits("users", id),
  );
  const roles = idsIn(content, /<@&(\d+)>/g).filter((id) => {
    const role = guild?.roles.get(id);
    return role && (role.mentionable || mayAll) && permits("roles", id);
  });
  const repliesTo = answered !== undefined && allowed.replied_user === true ? [answered] : [];
  return {
    mentions: [...new Set([...users, ...repliesTo])],
    mentionRoles: roles,
    mentionEveryone: mayAll && parse.includes("everyone") && /@everyone|@here/.test(content),
  };
}

/** Every user whose client makes a noise. */
export function pingedBy(
  server: Server,
  channel: Channel,
  author: string,
  said: Mentions,
): string[] {
  const members = [
    ...(channel.guild === undefined
      ? []
      : (server.guilds.get(channel.guild)?.members.values() ?? [])),
  ];
  const inRoles = members.filter(
    ({ roles }) => said.mentionEveryone || said.mentionRoles.some((role) => roles.has(role)),
  );
  const all = new Set([...said.mentions, ...inRoles.map(({ user }) => user)]);
  return [...all].filter(
    (user) => user !== author && has(server.permissionsOf(user, channel.id), "viewChannel"),
  );
}

/** Whether a body makes sure that it pings no one, whatever its text says. */
export function pingsNoOne({ allowed_mentions: allowed }: Json): boolean {
  if (!isRecord(allowed)) return false;
  const lists = [allowed.parse, allowed.users, allowed.roles];
  return lists.every((each) => listed(each).length === 0) && allowed.replied_user !== true;
}
