import { string } from "../json.ts";
import { changeOf, draftOf, isSystem } from "./drafts.ts";
import { invalidForm, refused } from "./errors.ts";
import { limits } from "./limits.ts";
import { canHoldMessages, edit, post, react, reactionWith, remove } from "./messages.ts";
import { messageObject } from "./objects-message.ts";
import { isThread } from "./permissions.ts";
import type { Channel, Emoji, Message } from "./records.ts";
import {
  type Ask,
  channelOf,
  done,
  messageOf,
  needOpen,
  ok,
  type Routes,
  shownMessage,
} from "./rest-route.ts";
import type { Server } from "./server.ts";

/** https://docs.discord.com/developers/resources/message */
export const messageRoutes: Routes = {
  "GET /channels/:id/messages": (ask) => {
    const channel = readable(ask);
    return ok(page(ask, channel.messages).map((each) => shownMessage(ask.server, each)));
  },
  "GET /channels/:id/messages/:id": (ask) =>
    ok(shownMessage(ask.server, messageOf(ask, readable(ask)))),
  "POST /channels/:id/messages": (ask) => {
    const { server, body, files } = ask;
    const channel = channelOf(ask);
    needSending(server, channel);
    const message =
      sameNonce(ask) ??
      post(server, channel, draftOf(server, ours(server, channel), { body, files }));
    const { nonce } = message;
    return ok({ ...messageObject(server, message), ...(nonce !== undefined && { nonce }) });
  },
  "PATCH /channels/:id/messages/:id": (ask) => {
    const { server, body, files } = ask;
    const channel = channelOf(ask);
    const message = messageOf(ask, channel);
    if (message.author !== server.application.id) throw refused(50005);
    if (isSystem(message)) throw refused(50021);
    needOpen(server, channel);
    edit(server, message, changeOf(server, message, { body, files }));
    return ok(messageObject(server, message));
  },
  "DELETE /channels/:id/messages/:id": (ask) => {
    const { server } = ask;
    const channel = channelOf(ask);
    const message = messageOf(ask, channel);
    const own = message.author === server.application.id;
    if (!own) server.need(server.application.id, channel, "manageMessages");
    if (channel.thread?.archived && channel.thread.locked) needOpen(server, channel);
    remove(server, message);
    return done;
  },
  "PUT /channels/:id/messages/:id/reactions/:emoji/@me": (ask) => {
    const { channel, message, emoji, server } = reacting(ask);
    const user = server.application.id;
    server.need(user, channel, "readMessageHistory");
    if (!reactionWith(message, emoji)) server.need(user, channel, "addReactions");
    needOpen(server, channel);
    if (!reactionWith(message, emoji) && message.reactions.length >= limits.reactions) {
      throw refused(30010);
    }
    react(server, message, { user, emoji, on: true });
    return done;
  },
  "DELETE /channels/:id/messages/:id/reactions/:emoji/@me": (ask) => {
    const { channel, message, emoji, server } = reacting(ask);
    needOpen(server, channel);
    react(server, message, { user: server.application.id, emoji, on: false });
    return done;
  },
  "POST /channels/:id/typing": (ask) => {
    needSending(ask.server, channelOf(ask));
    return done;
  },
};

const ours = (server: Server, channel: Channel) => ({ channel, author: server.application.id });

/** https://docs.discord.com/developers/topics/permissions: sending in a thread has its own permission. */
function needSending(server: Server, channel: Channel): void {
  const bot = server.application.id;
  if (!canHoldMessages(channel)) throw refused(50008);
  server.need(bot, channel, isThread(channel) ? "sendMessagesInThreads" : "sendMessages");
  const person = channel.recipient === undefined ? undefined : server.user(channel.recipient);
  if (person?.closedDms) throw refused(50007);
  const { thread } = channel;
  if (!thread?.locked || server.may(bot, channel, "manageThreads")) return;
  throw refused(thread.archived ? 50083 : 160005);
}

/**
 * The message that this one repeats, when its nonce is to be held to. One that was deleted meanwhile
 * is not made again: https://github.com/discord/discord-api-docs/pull/6647
 */
function sameNonce({ server, body }: Ask): Message | undefined {
  const { nonce, enforce_nonce: enforced } = body;
  if (enforced !== true || nonce === undefined || nonce === null) return undefined;
  const since = server.clock.now() - limits.nonceMs;
  const same = server.ownNonces.get(String(nonce))?.find(({ createdAt }) => createdAt > since);
  if (same && !server.message(same.channel, same.id)) throw refused(10008);
  return same;
}

function readable(ask: Ask): Channel {
  const channel = channelOf(ask);
  if (!canHoldMessages(channel)) throw refused(50008);
  // https://docs.discord.com/developers/resources/message#get-channel-messages: then there is nothing.
  const may = ask.server.may(ask.server.application.id, channel, "readMessageHistory");
  if (!may && ask.params.length > 1) throw refused(50013);
  return may ? channel : { ...channel, messages: [] };
}

/** https://docs.discord.com/developers/resources/message#get-channel-messages: newest first. */
function page({ server, query }: Ask, messages: readonly Message[]): Message[] {
  const limit = Number(query.get("limit") ?? limits.pageDefault);
  if (!Number.isInteger(limit) || limit < 1 || limit > limits.page) {
    const message = `int value should be between 1 and ${limits.page}.`;
    throw invalidForm([{ at: "limit", code: "NUMBER_TYPE_RANGE", message }]);
  }
  return cut(messages, query, Math.min(limit, server.mostOnPage)).reverse();
}

/** In order; of `around`, `before` and `after` only one counts. */
function cut(messages: readonly Message[], query: URLSearchParams, limit: number): Message[] {
  const around = query.get("around");
  if (around !== null) {
    const place = messages.findIndex(({ id }) => BigInt(id) >= BigInt(around));
    const from = Math.max(0, (place < 0 ? messages.length : place) - Math.floor(limit / 2));
    return messages.slice(from, from + limit);
  }
  const before = query.get("before");
  if (before !== null)
    return messages.filter(({ id }) => BigInt(id) < BigInt(before)).slice(-limit);
  const after = query.get("after");
  if (after === null) return messages.slice(-limit);
  return messages.filter(({ id }) => BigInt(id) > BigInt(after)).slice(0, limit);
}

function reacting(ask: Ask) {
  const channel = channelOf(ask);
  const message = messageOf(ask, channel);
  return { server: ask.server, channel, message, emoji: emojiNamed(ask.params[2] ?? "") };
}

/** One that Unicode has, or `name:id`. */
function emojiNamed(text: string): Emoji {
  const custom = /^(\w+):(\d+)$/.exec(text);
  if (custom) return { name: string(custom[1]), id: string(custom[2]) };
  if (!plainEmoji.test(text)) throw refused(10014);
  return { name: text, id: null };
}

const plainEmoji = /^(?:\p{Extended_Pictographic}|\p{Regional_Indicator}{2}|[0-9#*]\uFE0F?\u20E3)/u;
