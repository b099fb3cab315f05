import { type Json, record, records } from "../json.ts";
import { intents } from "./gateway-intents.ts";
import { guildObject, userObject } from "./objects.ts";
import { withoutContent } from "./objects-message.ts";
import { gatewayUrl } from "./rest-guilds.ts";
import type { Server } from "./server.ts";
import type { Session } from "./sessions.ts";

/** GATEWAY_MESSAGE_CONTENT_LIMITED: https://docs.discord.com/developers/resources/application#application-object-application-flags */
const messageContentFlag = 1 << 19;

/** https://docs.discord.com/developers/events/gateway-events#ready */
export function readyOf(server: Server, session: Session, guilds: readonly Json[]): Json {
  const { application } = server;
  const flags = application.messageContent ? messageContentFlag : 0;
  return {
    v: 10,
    user: { ...userObject(server.user(application.id)), verified: true, mfa_enabled: false },
    guilds: guilds.map(({ id }) => ({ id, unavailable: true })),
    session_id: session.id,
    session_type: "normal",
    resume_gateway_url: gatewayUrl(server),
    shard: session.shard,
    application: { id: application.id, flags },
    ...{ user_settings: {}, private_channels: [], relationships: [], presences: [], _trace: [] },
  };
}

/** GUILD_CREATE of each guild that the bot is in. */
export const guildsOf = (server: Server): Json[] =>
  [...server.guilds.values()]
    .filter(({ members }) => members.has(server.application.id))
    .map((guild) => guildObject(server, guild));

/** A dispatch as a client with these intents gets it; undefined when it does not. */
export function shown(
  server: Server,
  { event, data }: { event: string; data: Json },
  wanted: number,
): Json | undefined {
  const bot = server.application.id;
  switch (event) {
    case "MESSAGE_CREATE":
    case "MESSAGE_UPDATE":
      return (wanted & intents.messageContent) !== 0 ? data : withoutContent(server, data);
    case "GUILD_CREATE": {
      if ((wanted & intents.guildMembers) !== 0) return data;
      const own = records(data.members).filter(({ user }) => record(user).id === bot);
      return { ...data, members: own };
    }
    case "THREAD_MEMBERS_UPDATE":
      // https://docs.discord.com/developers/events/gateway-events#thread-members-update
      return (wanted & intents.guildMembers) !== 0 || isAbout(data, bot) ? data : undefined;
    default:
      return data;
  }
}

const isAbout = ({ added_members, removed_member_ids }: Json, user: string): boolean =>
  records(added_members).some(({ user_id }) => user_id === user) ||
  (Array.isArray(removed_member_ids) && removed_member_ids.includes(user));
