import { type Json, present } from "../json.ts";
import type { Channel, Member, Message, StoredFile } from "./records.ts";
import type { Bot, Workspace } from "./workspace.ts";

/**
 * A message as events and the Web API show it; metadata is added by who may see it. What the app
 * posts under another name is a `bot_message` and has no user:
 * https://docs.slack.dev/reference/methods/chat.postMessage and …/reference/events/message.
 */
export function messageJson(workspace: Workspace, message: Message): Json {
  const { ts, text, blocks, attachments, clientMsgId, edited, files } = message;
  return present({
    type: "message",
    subtype: subtype(message),
    ...author(workspace, message),
    text,
    ts,
    client_msg_id: clientMsgId,
    blocks: blocks.length > 0 ? blocks : undefined,
    attachments: attachments.length > 0 ? attachments : undefined,
    edited,
    ...thread(workspace, message),
    ...reactions(message),
    ...(files.length > 0 ? { files: shownFiles(workspace, files), upload: false } : {}),
  });
}

function subtype(message: Message): string | undefined {
  if (message.tombstone) return "tombstone";
  if (message.username !== undefined) return "bot_message";
  if (message.broadcast) return "thread_broadcast";
  return message.files.length > 0 ? "file_share" : undefined;
}

function author({ team, bot }: Workspace, message: Message): Json {
  const { user, username, icons, byApp, otherBot, tombstone } = message;
  if (tombstone) return { user, hidden: true };
  if (otherBot) return { user, team: team.id, bot_id: otherBot.botId, app_id: otherBot.appId };
  if (!byApp) return { user, team: team.id };
  const app = { bot_id: bot.botId, app_id: bot.appId };
  if (username !== undefined) return { ...app, username, icons };
  return { ...app, user: bot.userId, team: team.id, bot_profile: botProfile(bot, team.id) };
}

const botProfile = (bot: Bot, team: string): Json => ({
  id: bot.botId,
  app_id: bot.appId,
  name: bot.name,
  icons: botIcons,
  deleted: false,
  updated: 1_700_000_000,
  team_id: team,
});

export const botIcons = {
  image_36: "https://avatars.example/bot_36.png",
  image_48: "https://avatars.example/bot_48.png",
  image_72: "https://avatars.example/bot_72.png",
};

function thread(workspace: Workspace, message: Message): Json {
  const { threadTs, broadcast } = message;
  const channel = workspace.channelOf(message);
  if (threadTs !== undefined) {
    const root = workspace.message(channel, threadTs);
    const shown = broadcast && root ? { root: messageJson(workspace, root) } : {};
    return { thread_ts: threadTs, parent_user_id: root?.user, ...shown };
  }
  const replies = workspace.replies(message);
  const last = replies.at(-1);
  if (!last) return {};
  const users = [...new Set(replies.map(({ user }) => user ?? workspace.bot.botId))];
  return {
    thread_ts: message.ts,
    reply_count: replies.length,
    reply_users_count: users.length,
    reply_users: users,
    latest_reply: last.ts,
    is_locked: false,
    subscribed: false,
  };
}

const reactions = ({ reactions }: Message): Json =>
  reactions.length === 0
    ? {}
    : { reactions: reactions.map((each) => ({ ...each, count: each.users.length })) };

const shownFiles = (workspace: Workspace, ids: string[]) =>
  ids.flatMap((id) => workspace.files.get(id) ?? []).map((file) => fileJson(workspace, file));

/** https://docs.slack.dev/reference/objects/file-object */
export function fileJson({ team, origin, channels }: Workspace, file: StoredFile): Json {
  const { id, name, title, mimetype, user, createdAt, content } = file;
  if (file.deleted) return { id, mode: "tombstone" };
  const created = Math.floor(createdAt / 1_000);
  const filetype = name.split(".").at(-1) ?? "";
  const url = `${origin}/files-pri/${team.id}-${id}`;
  const ended = encodeURIComponent(name.toLowerCase());
  const in_ = (kind: Channel["kind"]) => [
    ...new Set(
      file.shares.map(({ channel }) => channel).filter((at) => channels.get(at)?.kind === kind),
    ),
  ];
  return {
    ...{ id, created, timestamp: created, name, title, mimetype, filetype, user },
    ...{ pretty_type: filetype.toUpperCase(), user_team: team.id, editable: false },
    ...{ size: content.length, mode: "hosted", is_external: false, external_type: "" },
    ...{ is_public: in_("channel").length > 0, public_url_shared: false, display_as_bot: false },
    username: "",
    url_private: `${url}/${ended}`,
    url_private_download: `${url}/download/${ended}`,
    permalink: `https://${team.domain}.slack.com/files/${user}/${id}/${ended}`,
    ...{ channels: in_("channel"), groups: in_("group"), ims: in_("im") },
    shares: sharesOf(channels, file),
    has_rich_preview: false,
    file_access: "visible",
  };
}

/** Where to find the message that carries the file: by channel, public ones apart. */
function sharesOf(channels: Workspace["channels"], { shares }: StoredFile): Json {
  const sorted: Record<"public" | "private", Record<string, Json[]>> = { public: {}, private: {} };
  for (const { channel, ts, threadTs } of shares) {
    const found = channels.get(channel);
    const places = sorted[found?.kind === "channel" ? "public" : "private"];
    const share = present({ ts, thread_ts: threadTs, channel_name: found?.name });
    places[channel] = [...(places[channel] ?? []), share];
  }
  return Object.fromEntries(
    Object.entries(sorted).filter(([, places]) => Object.keys(places).length > 0),
  );
}

/** https://docs.slack.dev/reference/objects/user-object */
export const memberJson = (team: string, member: Member): Json => ({
  id: member.id,
  team_id: team,
  name: member.name,
  deleted: member.deleted,
  real_name: member.realName,
  tz: "Europe/Berlin",
  tz_offset: 3_600,
  profile: {
    real_name: member.realName,
    real_name_normalized: member.realName,
    display_name: member.displayName,
    display_name_normalized: member.displayName,
    image_24: member.picture,
    image_48: member.picture,
    image_72: member.picture,
    image_192: member.picture,
    image_512: member.picture,
    team,
  },
  is_bot: member.isBot,
  is_app_user: false,
  updated: 1_700_000_000,
});

/** https://docs.slack.dev/reference/objects/conversation-object */
export function channelJson({ bot, team }: Workspace, channel: Channel): Json {
  const { id, name, kind, members, archived } = channel;
  const shared = { id, created: 1_700_000_000, is_archived: archived, context_team_id: team.id };
  if (kind === "im") {
    const user = [...members].find((each) => each !== bot.userId);
    return { ...shared, is_im: true, user, is_user_deleted: false, is_org_shared: false };
  }
  return {
    ...shared,
    name,
    name_normalized: name,
    is_channel: kind === "channel",
    is_group: kind === "group",
    is_im: false,
    is_mpim: false,
    is_private: kind === "group",
    is_general: false,
    is_member: members.has(bot.userId),
    topic: { value: "", creator: "", last_set: 0 },
    purpose: { value: "", creator: "", last_set: 0 },
  };
}
