import { isRecord, type Json, present, string } from "../json.ts";
import { draftOf } from "./drafts.ts";
import { ApiError, invalidForm, refused } from "./errors.ts";
import { limits } from "./limits.ts";
import { edit, post } from "./messages.ts";
import { memberObject, threadForBot, threadMemberObject } from "./objects.ts";
import { messageObject } from "./objects-message.ts";
import { type Channel, channelFlag, channelType, messageFlag, messageType } from "./records.ts";
import {
  type Ask,
  channelOf,
  done,
  messageOf,
  needOpen,
  ok,
  type Routes,
  threadOf,
} from "./rest-route.ts";
import type { Result, Server } from "./server.ts";
import { joinThread, leaveThread, startThread } from "./threads.ts";

const isForum = ({ type }: Channel) => type === channelType.forum || type === channelType.media;

/** https://docs.discord.com/developers/resources/channel#start-thread-from-message and what follows there. */
export const threadRoutes: Routes = {
  "POST /channels/:id/messages/:id/threads": (ask) => {
    const { server } = ask;
    const parent = channelOf(ask);
    const message = messageOf(ask, parent);
    const type = publicIn(parent);
    const owner = server.application.id;
    server.need(owner, parent, "createPublicThreads");
    if (server.channels.has(message.id)) throw refused(160004);
    const thread = startThread(server, parent, { ...asked(ask), id: message.id, type });
    edit(server, message, { flags: message.flags | messageFlag.hasThread });
    const reference = {
      type: 0,
      message: message.id,
      channel: parent.id,
      guild: parent.guild,
    } as const;
    post(server, thread, { author: owner, type: messageType.threadStarter, reference });
    return ok(threadForBot(server, thread), 201);
  },
  "POST /channels/:id/threads": (ask) => {
    const parent = channelOf(ask);
    return isForum(parent) ? startPost(ask, parent) : startBare(ask, parent);
  },
  "GET /channels/:id/thread-members": (ask) => {
    const channel = threadOf(ask);
    return ok([...channel.thread.members.keys()].map((user) => threadMemberObject(channel, user)));
  },
  "GET /channels/:id/thread-members/:id": (ask) => {
    const { server, params, query } = ask;
    const channel = threadOf(ask);
    const user = named(server, params[1]);
    if (!channel.thread.members.has(user)) throw refused(10007);
    const withMember = query.get("with_member") === "true";
    const member = server.guild(channel.guild ?? "").members.get(user);
    return ok({
      ...threadMemberObject(channel, user),
      ...(withMember && member && { member: memberObject(server, member) }),
    });
  },
  "PUT /channels/:id/thread-members/@me": (ask) => {
    const channel = threadOf(ask);
    needOpen(ask.server, channel);
    joinThread(ask.server, channel, ask.server.application.id);
    return done;
  },
  "DELETE /channels/:id/thread-members/@me": (ask) => {
    const channel = threadOf(ask);
    needOpen(ask.server, channel);
    leaveThread(ask.server, channel, ask.server.application.id);
    return done;
  },
  "PUT /channels/:id/thread-members/:id": (ask) => addMember(ask),
  "DELETE /channels/:id/thread-members/:id": (ask) => removeMember(ask),
  "GET /channels/:id/threads/archived/public": (ask) => archived(ask, channelType.publicThread),
  "GET /channels/:id/threads/archived/private": (ask) => archived(ask, channelType.privateThread),
  "GET /channels/:id/users/@me/threads/archived/private": (ask) =>
    archived(ask, channelType.privateThread, { joined: true }),
};

/** What every new thread is asked for with. */
const asked = ({ server, body }: Ask) => ({
  name: string(body.name),
  owner: server.application.id,
  autoArchiveMinutes:
    typeof body.auto_archive_duration === "number" ? body.auto_archive_duration : undefined,
});

function publicIn({ type }: Channel): number {
  if (type === channelType.text) return channelType.publicThread;
  if (type === channelType.announcement) return channelType.announcementThread;
  throw refused(50024);
}

/** A thread without a message. Of a public one the channel is told with a message of Discord's own. */
function startBare(ask: Ask, parent: Channel): Result {
  const { server, body } = ask;
  const open = publicIn(parent);
  const author = server.application.id;
  const type = typeof body.type === "number" ? body.type : channelType.privateThread;
  if (type !== open && (type !== channelType.privateThread || parent.type !== channelType.text)) {
    throw refused(50024);
  }
  const needed = type === open ? "createPublicThreads" : "createPrivateThreads";
  server.need(author, parent, needed);
  const invitable = body.invitable !== false;
  const thread = startThread(server, parent, { ...asked(ask), type, invitable });
  if (type === open) {
    const reference = {
      type: 0,
      message: undefined,
      channel: thread.id,
      guild: parent.guild,
    } as const;
    post(server, parent, {
      author,
      type: messageType.threadCreated,
      content: thread.name,
      reference,
    });
  }
  return ok(threadForBot(server, thread), 201);
}

/** A post in a forum is a thread with its first message, and both have one id. */
function startPost(ask: Ask, parent: Channel): Result {
  const { server, body, files } = ask;
  const author = server.application.id;
  server.need(author, parent, "sendMessages");
  if (!isRecord(body.message)) {
    const message = "This field is required";
    throw invalidForm([{ at: "message", code: "BASE_TYPE_REQUIRED", message }]);
  }
  const tags = appliedTags(parent, body);
  const id = server.newId();
  const draft = draftOf(server, { channel: parent, author }, { body: body.message, files });
  const { nonce: _, ...starter } = draft;
  const type = channelType.publicThread;
  const thread = startThread(server, parent, { ...asked(ask), id, type, tags });
  const message = post(server, thread, starter, id);
  parent.lastMessage = id;
  return ok({ ...threadForBot(server, thread), message: messageObject(server, message) }, 201);
}

/** https://docs.discord.com/developers/resources/channel#channel-object-channel-flags (REQUIRE_TAG) */
export function appliedTags({ tags, flags }: Channel, body: Json): string[] {
  const given = (Array.isArray(body.applied_tags) ? body.applied_tags : []).map(String);
  const at = "applied_tags";
  if (given.length > limits.appliedTags) {
    const message = `Must be ${limits.appliedTags} or fewer in length.`;
    throw invalidForm([{ at, code: "BASE_TYPE_MAX_LENGTH", message }]);
  }
  const known = new Set(tags.map(({ id }) => id));
  const unknown = given.findIndex((each) => !known.has(each));
  if (unknown >= 0) {
    const message = "Unknown tag";
    throw invalidForm([{ at: `${at}.${unknown}`, code: "CHANNEL_TAG_UNKNOWN", message }]);
  }
  if (given.length === 0 && (flags & channelFlag.requireTag) !== 0) {
    throw new ApiError(400, 40067, "A tag is required to create a forum post in this channel");
  }
  return given;
}

const named = (server: Server, user = "") => (user === "@me" ? server.application.id : user);

/** Of someone who is brought in, the thread is told with a message of Discord's own. */
function addMember(ask: Ask): Result {
  const { server, params } = ask;
  const channel = threadOf(ask);
  const author = server.application.id;
  const user = params[1] ?? "";
  server.need(author, channel, "sendMessagesInThreads");
  needOpen(server, channel);
  const manages = server.may(author, channel, "manageThreads") || channel.thread.owner === author;
  if (!channel.thread.invitable && !manages) throw refused(50013);
  const parent = server.parentOf(channel);
  if (!server.users.has(user)) throw refused(10013);
  if (!parent || !server.may(user, parent, "viewChannel")) throw refused(50001);
  if (!joinThread(server, channel, user)) return done;
  post(server, channel, { author, type: messageType.recipientAdded, mentions: [user] });
  return done;
}

function removeMember(ask: Ask): Result {
  const { server, params } = ask;
  const channel = threadOf(ask);
  const author = server.application.id;
  const user = params[1] ?? "";
  const owns = channel.type === channelType.privateThread && channel.thread.owner === author;
  if (!owns) server.need(author, channel, "manageThreads");
  needOpen(server, channel);
  if (!leaveThread(server, channel, user)) throw refused(10007);
  post(server, channel, { author, type: messageType.recipientRemoved, mentions: [user] });
  return done;
}

function archived(ask: Ask, type: number, { joined = false } = {}): Result {
  const { server, query } = ask;
  const parent = channelOf(ask);
  const bot = server.application.id;
  const isPrivate = type === channelType.privateThread;
  server.need(bot, parent, "readMessageHistory");
  if (isPrivate && !joined) server.need(bot, parent, "manageThreads");
  const all = server
    .threadsOf(parent)
    .filter((each) => each.thread?.archived)
    .filter((each) => (each.type === channelType.privateThread) === isPrivate)
    .filter(({ thread }) => !joined || thread?.members.has(bot))
    .filter((each) => isBefore(each, query.get("before"), joined))
    .sort((one, other) => rank(other, joined) - rank(one, joined));
  const shown = all.slice(0, Number(query.get("limit") ?? limits.pageDefault));
  return ok({ ...listOf(server, shown), has_more: all.length > shown.length });
}

const rank = ({ id, thread }: Channel, joined: boolean): number =>
  joined ? Number(BigInt(id) >> 22n) : (thread?.archiveChangedAt ?? 0);

function isBefore({ id, thread }: Channel, before: string | null, joined: boolean): boolean {
  if (before === null) return true;
  return joined
    ? BigInt(id) < BigInt(before)
    : (thread?.archiveChangedAt ?? 0) < Date.parse(before);
}

/** Threads, and the bot's membership in those where it has one. */
export function listOf(server: Server, threads: Channel[]): Json {
  const bot = server.application.id;
  return present({
    threads: threads.map((each) => threadForBot(server, each)),
    members: threads
      .filter(({ thread }) => thread?.members.has(bot))
      .map((each) => threadMemberObject(each, bot)),
  });
}
