import { botIcons, memberJson } from "./json-of.ts";
import {
  arg,
  type Backend,
  type Method,
  method,
  Refusal,
  theMessage,
  visibleChannel,
} from "./method.ts";
import type { UserGroup } from "./records.ts";

const authTest = method({
  args: {},
  run: (_, { workspace: { team, bot } }) => ({
    url: `https://${team.domain}.slack.com/`,
    team: team.name,
    user: bot.name,
    team_id: team.id,
    user_id: bot.userId,
    bot_id: bot.botId,
    is_enterprise_install: false,
  }),
});

const openConnection = method({
  args: {},
  token: "app",
  run: (_, { socketMode, origin }) => ({ url: socketMode.newUrl(origin) }),
});

const userInfo = method({
  args: { user: arg.id },
  scopes: ["users:read"],
  run({ user }, { workspace }) {
    const member = workspace.members.get(user);
    if (!member) throw new Refusal("user_not_found");
    return { user: memberJson(workspace.team.id, member) };
  },
});

const botInfo = method({
  args: { bot: arg.id },
  scopes: ["users:read"],
  run({ bot }, { workspace }) {
    const { botId, appId, userId, name } = workspace.bot;
    if (bot !== botId) throw new Refusal("bot_not_found");
    const shown = { id: botId, deleted: false, name, updated: 1_700_000_000 };
    return { bot: { ...shown, app_id: appId, user_id: userId, icons: botIcons } };
  },
});

const teamInfo = method({
  args: {},
  scopes: ["team:read"],
  run: (_, { workspace: { team } }) => ({ team: { ...team, email_domain: "", icon: {} } }),
});

const groupJson = ({ id, handle, name, users }: UserGroup, team: string) => ({
  id,
  team_id: team,
  is_usergroup: true,
  name,
  handle,
  description: "",
  date_delete: 0,
  user_count: users.length,
});

const groups = method({
  args: { include_users: arg.flag, include_disabled: arg.flag, include_count: arg.flag },
  scopes: ["usergroups:read"],
  run: ({ include_users }, { workspace }) => ({
    usergroups: [...workspace.groups.values()].map((group) => ({
      ...groupJson(group, workspace.team.id),
      ...(include_users && { users: group.users }),
    })),
  }),
});

const groupMembers = method({
  args: { usergroup: arg.id },
  scopes: ["usergroups:read"],
  run({ usergroup }, { workspace }) {
    const group = workspace.groups.get(usergroup);
    if (!group) throw new Refusal("no_such_subteam");
    return { users: group.users };
  },
});

const reaction = { channel: arg.id, timestamp: arg.id, name: arg.text };

/** https://docs.slack.dev/reference/methods/reactions.add: a name has no colons. */
function react(
  backend: Backend,
  args: { channel: string; timestamp: string; name: string },
  on: boolean,
) {
  const { workspace } = backend;
  const channel = visibleChannel(backend, args.channel);
  if (!/^[a-z0-9_+'-]+(::skin-tone-[2-6])?$/.test(args.name)) throw new Refusal("invalid_name");
  if (channel.archived) throw new Refusal("is_archived");
  if (!channel.members.has(workspace.bot.userId)) throw new Refusal("not_in_channel");
  const message = theMessage(backend, channel, args.timestamp);
  if (!workspace.react(message, workspace.bot.userId, args.name, on)) {
    throw new Refusal(on ? "already_reacted" : "no_reaction");
  }
  return {};
}

const reactionsOf = method({
  args: { channel: arg.id, timestamp: arg.id },
  scopes: ["reactions:read"],
  run(args, backend) {
    const channel = visibleChannel(backend, args.channel);
    const message = theMessage(backend, channel, args.timestamp);
    return { type: "message", channel: channel.id, message: backend.workspace.show(message) };
  },
});

export const people: Record<string, Method> = {
  "auth.test": authTest,
  "apps.connections.open": openConnection,
  "users.info": userInfo,
  "bots.info": botInfo,
  "team.info": teamInfo,
  "usergroups.list": groups,
  "usergroups.users.list": groupMembers,
  "reactions.add": method({
    args: reaction,
    scopes: ["reactions:write"],
    run: (args, backend) => react(backend, args, true),
  }),
  "reactions.remove": method({
    args: reaction,
    scopes: ["reactions:write"],
    run: (args, backend) => react(backend, args, false),
  }),
  "reactions.get": reactionsOf,
};
