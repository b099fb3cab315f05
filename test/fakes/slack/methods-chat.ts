import { z } from "zod";
import { isRecord, type Json, records } from "../json.ts";
import { whisper } from "./happenings.ts";
import { limits } from "./limits.ts";
import {
  arg,
  type Backend,
  type Method,
  messageBlocks,
  method,
  Refusal,
  theMessage,
  visibleChannel,
} from "./method.ts";
import type { Channel, Message } from "./records.ts";

const shown = {
  text: arg.optional,
  blocks: arg.json,
  attachments: arg.json,
  metadata: arg.json,
};

const asSomeone = {
  username: arg.optional,
  icon_url: arg.optional,
  icon_emoji: arg.optional,
};

const customized = ({ username, icon_url, icon_emoji }: Json) =>
  (username ?? icon_url ?? icon_emoji) === undefined
    ? ["chat:write"]
    : ["chat:write", "chat:write.customize"];

/** A person's id stands for the direct messages with them; a name begins with `#`. */
function destination(backend: Backend, given: string): Channel {
  const { workspace } = backend;
  const member = workspace.members.get(given);
  if (member) return workspace.directMessages(member.id);
  const byName = [...workspace.channels.values()].find(({ name }) => `#${name}` === given);
  return visibleChannel(backend, byName?.id ?? given);
}

function requirePostable({ app, workspace }: Backend, channel: Channel) {
  if (channel.archived) throw new Refusal("is_archived");
  if (channel.kind === "im" && app.messagesTab === "off") {
    throw new Refusal("messages_tab_disabled");
  }
  const mayStayOutside = channel.kind === "channel" && app.scopes.includes("chat:write.public");
  if (!channel.members.has(workspace.bot.userId) && !mayStayOutside) {
    throw new Refusal("not_in_channel");
  }
}

function requireContent(text: string, blocks: Json[] | undefined, attachments: Json[]) {
  if (text === "" && !blocks?.length && attachments.length === 0) throw new Refusal("no_text");
}

/** https://docs.slack.dev/messaging/message-metadata */
function metadataOf(given: unknown): Json | undefined {
  if (given === undefined) return undefined;
  if (!isRecord(given)) throw new Refusal("invalid_metadata_format");
  if (Object.keys(given).length === 0) return undefined;
  const shape = z.object({ event_type: z.string().min(1), event_payload: z.looseObject({}) });
  if (!shape.safeParse(given).success) throw new Refusal("invalid_metadata_schema");
  return given;
}

/**
 * The root that a reply goes under. One that does not exist, or is a reply itself, is no error: the
 * message then stands in the channel.
 */
function rootOf({ workspace }: Backend, channel: Channel, ts: string | undefined) {
  const root = ts === undefined ? undefined : workspace.message(channel, ts);
  return root && root.threadTs === undefined ? root.ts : undefined;
}

function answer({ workspace }: Backend, channel: Channel, message: Message): Json {
  const { metadata } = message;
  const text = { ...workspace.show(message), ...(metadata && { metadata }) };
  return { channel: channel.id, ts: message.ts, message: text };
}

const postMessage = method({
  args: {
    channel: arg.id,
    ...shown,
    ...asSomeone,
    thread_ts: arg.optional,
    reply_broadcast: arg.flag,
    unfurl_links: arg.flag,
    unfurl_media: arg.flag,
  },
  scopes: customized,
  run(args, backend) {
    const channel = destination(backend, args.channel);
    requirePostable(backend, channel);
    const blocks = messageBlocks(args.blocks);
    const attachments = records(args.attachments);
    const text = (args.text ?? "").slice(0, limits.postedText);
    requireContent(text, blocks, attachments);
    const threadTs = rootOf(backend, channel, args.thread_ts);
    const { username } = args;
    const icons = iconsOf(args);
    const isCustom = (username ?? icons) !== undefined;
    const message = backend.workspace.post(channel, {
      user: isCustom ? undefined : backend.workspace.bot.userId,
      byApp: true,
      username: isCustom ? (username ?? backend.workspace.bot.name) : undefined,
      icons,
      text,
      blocks: blocks ?? [],
      attachments,
      metadata: metadataOf(args.metadata),
      threadTs,
      broadcast: threadTs !== undefined && args.reply_broadcast === true,
    });
    return answer(backend, channel, message);
  },
});

function iconsOf({ icon_url, icon_emoji }: Json): Json | undefined {
  if (icon_url !== undefined) return { image_48: icon_url, image_64: icon_url };
  return icon_emoji === undefined ? undefined : { emoji: icon_emoji };
}

function requireOwn(message: Message, error: string) {
  if (!message.byApp || message.tombstone) throw new Refusal(error);
}

const update = method({
  args: { channel: arg.id, ts: arg.id, ...shown },
  scopes: ["chat:write"],
  run(args, backend) {
    const channel = visibleChannel(backend, args.channel);
    if (channel.archived) throw new Refusal("is_inactive");
    const message = theMessage(backend, channel, args.ts);
    requireOwn(message, "cant_update_message");
    const { text } = args;
    if ((text ?? "").length > limits.updatedText) throw new Refusal("msg_too_long");
    // Without text, what was there stays; with text, it goes, unless it is given again.
    const blocks = messageBlocks(args.blocks) ?? (text === undefined ? message.blocks : []);
    const attachments =
      args.attachments === undefined && text === undefined
        ? message.attachments
        : records(args.attachments);
    requireContent(text ?? message.text, blocks, attachments);
    const { workspace } = backend;
    workspace.edit(message, {
      text: text ?? message.text,
      blocks,
      attachments,
      metadata: args.metadata === undefined ? message.metadata : metadataOf(args.metadata),
      edited: { user: workspace.bot.botId, ts: workspace.editedTs() },
    });
    return { ...answer(backend, channel, message), text: message.text };
  },
});

const remove = method({
  args: { channel: arg.id, ts: arg.id },
  scopes: ["chat:write"],
  run(args, backend) {
    const channel = visibleChannel(backend, args.channel);
    const message = theMessage(backend, channel, args.ts);
    if (message.tombstone) throw new Refusal("message_not_found");
    requireOwn(message, "cant_delete_message");
    backend.workspace.remove(message);
    return { channel: channel.id, ts: message.ts };
  },
});

const postEphemeral = method({
  args: {
    channel: arg.id,
    user: arg.id,
    thread_ts: arg.optional,
    ...shown,
    ...asSomeone,
  },
  scopes: customized,
  run(args, backend) {
    const channel = destination(backend, args.channel);
    requirePostable(backend, channel);
    if (!channel.members.has(args.user)) throw new Refusal("user_not_in_channel");
    const blocks = messageBlocks(args.blocks);
    const { text = "" } = args;
    requireContent(text, blocks, records(args.attachments));
    if (text.length > limits.postedText) throw new Refusal("msg_too_long");
    const threadTs = args.thread_ts;
    const given = { channel, user: args.user, text, blocks: blocks ?? [], threadTs };
    return { message_ts: whisper(backend.workspace, given).ts };
  },
});

const getPermalink = method({
  args: { channel: arg.id, message_ts: arg.id },
  run(args, backend) {
    const channel = visibleChannel(backend, args.channel);
    const { ts, threadTs } = theMessage(backend, channel, args.message_ts);
    const { domain } = backend.workspace.team;
    const page = `https://${domain}.slack.com/archives/${channel.id}/p${ts.replace(".", "")}`;
    const thread = threadTs === undefined ? "" : `?thread_ts=${threadTs}&cid=${channel.id}`;
    return { channel: channel.id, permalink: `${page}${thread}` };
  },
});

export const chat: Record<string, Method> = {
  "chat.postMessage": postMessage,
  "chat.update": update,
  "chat.delete": remove,
  "chat.postEphemeral": postEphemeral,
  "chat.getPermalink": getPermalink,
};
