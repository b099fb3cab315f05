import { type Json, string } from "../json.ts";
import { refused } from "./errors.ts";
import { post } from "./messages.ts";
import { channelObject, threadForBot } from "./objects.ts";
import { isThread } from "./permissions.ts";
import { type Channel, messageType } from "./records.ts";
import { type Ask, channelOf, ok, type Routes } from "./rest-route.ts";
import { appliedTags } from "./rest-threads.ts";
import type { Server } from "./server.ts";
import { changeChannel, changeThread, removeChannel, type ThreadChange } from "./threads.ts";

/** https://docs.discord.com/developers/resources/channel */
export const channelRoutes: Routes = {
  "GET /channels/:id": (ask) => ok(shown(ask.server, channelOf(ask))),
  "PATCH /channels/:id": (ask) => {
    const channel = channelOf(ask);
    if (channel.guild === undefined) throw refused(50024);
    if (isThread(channel)) patchThread(ask, channel);
    else patchChannel(ask, channel);
    return ok(shown(ask.server, channel));
  },
  "DELETE /channels/:id": (ask) => {
    const { server } = ask;
    const channel = channelOf(ask);
    const before = shown(server, channel);
    if (channel.guild === undefined) return ok(before);
    const needed = isThread(channel) ? "manageThreads" : "manageChannels";
    server.need(server.application.id, channel, needed);
    removeChannel(server, channel);
    return ok(before);
  },
  "POST /users/@me/channels": ({ server, body }) => {
    const user = string(body.recipient_id);
    if (!server.users.has(user)) throw refused(10013);
    if (user === server.application.id) throw refused(50007);
    return ok(channelObject(server, server.directMessages(user)));
  },
};

const shown = (server: Server, channel: Channel): Json =>
  isThread(channel) ? threadForBot(server, channel) : channelObject(server, channel);

function patchChannel({ server, body }: Ask, channel: Channel): void {
  server.need(server.application.id, channel, "manageChannels");
  changeChannel(server, channel, {
    ...(typeof body.name === "string" && { name: body.name }),
    ...(body.topic !== undefined && { topic: string(body.topic) || null }),
  });
}

/**
 * https://docs.discord.com/developers/topics/threads#editing-deleting-threads: an archived thread is
 * changed only when the same call opens it.
 */
function patchThread({ server, body }: Ask, channel: Channel): void {
  const { thread } = channel;
  if (!thread) return;
  if (thread.archived && body.archived !== false) throw refused(50083);
  needFor(server, channel, body);
  const parent = server.parentOf(channel);
  if (parent && body.applied_tags !== undefined) appliedTags(parent, body);
  const before = channel.name;
  changeThread(server, channel, changeIn(body));
  if (channel.name === before) return;
  const author = server.application.id;
  post(server, channel, { author, type: messageType.channelNameChanged, content: channel.name });
}

const ofOwner = ["name", "archived", "auto_archive_duration", "applied_tags", "invitable"];
const ofManager = ["locked", "rate_limit_per_user", "flags"];

function needFor(server: Server, channel: Channel, body: Json): void {
  const bot = server.application.id;
  if (server.may(bot, channel, "manageThreads")) return;
  const asks = (keys: string[]) => keys.some((key) => body[key] !== undefined);
  const locked = channel.thread?.locked;
  const opens = body.archived === false && Object.keys(body).length === 1 && !locked;
  const opener =
    channel.thread?.members.has(bot) || server.may(bot, channel, "sendMessagesInThreads");
  if (opens && opener) return;
  const owns = channel.thread?.owner === bot && !locked;
  if (asks(ofManager) || (asks(ofOwner) && !owns)) throw refused(50013);
}

function changeIn(body: Json): ThreadChange {
  const { name, archived, locked, invitable, flags } = body;
  const { auto_archive_duration: minutes, applied_tags: tags } = body;
  return {
    ...(typeof name === "string" && { name }),
    ...(typeof archived === "boolean" && { archived }),
    ...(typeof locked === "boolean" && { locked }),
    ...(typeof invitable === "boolean" && { invitable }),
    ...(typeof flags === "number" && { flags }),
    ...(typeof minutes === "number" && { autoArchiveMinutes: minutes }),
    ...(Array.isArray(tags) && { tags: tags.map(String) }),
  };
}
