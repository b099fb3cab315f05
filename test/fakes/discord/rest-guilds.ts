import { refused } from "./errors.ts";
import { bareGuildObject, channelObject, memberObject, roleObject, userObject } from "./objects.ts";
import { isThread } from "./permissions.ts";
import type { Guild } from "./records.ts";
import { type Ask, ok, type Routes } from "./rest-route.ts";
import { listOf } from "./rest-threads.ts";
import type { Server } from "./server.ts";

/** https://docs.discord.com/developers/resources/guild, …/user, …/application and what comes before a login. */
export const guildRoutes: Routes = {
  "GET /gateway": ({ server }) => ok({ url: gatewayUrl(server) }),
  "GET /gateway/bot": ({ server }) => {
    const { shards, starts, startsLeft, resetAfterMs, together } = server.gateway;
    const limit = { total: starts, remaining: startsLeft, reset_after: resetAfterMs };
    const session_start_limit = { ...limit, max_concurrency: together };
    return ok({ url: gatewayUrl(server), shards, session_start_limit });
  },
  "GET /users/@me": ({ server }) => ok(botObject(server)),
  "GET /users/:id": ({ server, params: [id = ""] }) => {
    const user = server.users.get(id);
    if (!user) throw refused(10013);
    return ok(userObject(user));
  },
  "GET /users/@me/guilds": ({ server }) =>
    ok([...server.guilds.values()].filter((each) => isIn(server, each)).map(partGuild)),
  "GET /applications/@me": ({ server }) => ok(applicationObject(server)),
  "GET /oauth2/applications/@me": ({ server }) => ok(applicationObject(server)),
  "GET /guilds/:id": (ask) => ok(bareGuildObject(guildOf(ask))),
  "GET /guilds/:id/channels": (ask) => {
    const { id } = guildOf(ask);
    const all = [...ask.server.channels.values()].filter(({ guild }) => guild === id);
    return ok(all.filter((each) => !isThread(each)).map((each) => channelObject(ask.server, each)));
  },
  "GET /guilds/:id/roles": (ask) => ok([...guildOf(ask).roles.values()].map(roleObject)),
  "GET /guilds/:id/members/:id": (ask) => {
    const { server, params } = ask;
    const member = guildOf(ask).members.get(params[1] ?? "");
    if (!member) throw refused(10007);
    return ok(memberObject(server, member));
  },
  "GET /guilds/:id/threads/active": (ask) => {
    const { server } = ask;
    const { id } = guildOf(ask);
    const threads = [...server.channels.values()].filter(
      (each) =>
        each.guild === id &&
        each.thread &&
        !each.thread.archived &&
        server.may(server.application.id, each, "viewChannel"),
    );
    return ok(listOf(server, threads.reverse()));
  },
};

export const gatewayUrl = ({ origin }: Server): string =>
  `${origin.replace(/^http/, "ws")}/gateway`;

const isIn = (server: Server, { members }: Guild) => members.has(server.application.id);

/** The guild that the call is about, when the bot is in it. */
function guildOf({ server, params }: Ask): Guild {
  const guild = server.guilds.get(params[0] ?? "");
  if (!guild) throw refused(10004);
  if (!isIn(server, guild)) throw refused(50001);
  return guild;
}

const partGuild = ({ id, name }: Guild) => ({
  ...{ id, name, icon: null, banner: null, owner: false, permissions: "0", features: [] },
});

const botObject = (server: Server) => ({
  ...userObject(server.user(server.application.id)),
  ...{ mfa_enabled: true, locale: "en-US", email: null, verified: true },
});

/** https://docs.discord.com/developers/resources/application#application-object-application-flags */
const contentFlag = 1 << 19;

const applicationObject = (server: Server) => ({
  ...{ id: server.application.id, name: server.application.name, icon: null, description: "" },
  ...{ summary: "", type: null, bot_public: true, bot_require_code_grant: false },
  ...{ verify_key: "0".repeat(64), flags: server.application.messageContent ? contentFlag : 0 },
  ...{ integration_types_config: { "0": {} }, redirect_uris: [], hook: true },
  ...{ interactions_endpoint_url: null, role_connections_verification_url: null },
  approximate_guild_count: server.guilds.size,
  bot: userObject(server.user(server.application.id)),
});
