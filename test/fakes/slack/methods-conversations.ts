import type { Json } from "../json.ts";
import { join as enter } from "./happenings.ts";
import { channelJson } from "./json-of.ts";
import { limits } from "./limits.ts";
import { arg, type Backend, type Method, method, Refusal, visibleChannel } from "./method.ts";
import type { Channel, Message } from "./records.ts";
import { scopeFor } from "./scopes.ts";

/** The scope for the kind of channel that is asked about. */
const needs =
  (right: "read" | "history") =>
  ({ channel }: { channel: string }, { workspace }: Backend) => {
    const found = workspace.channels.get(channel);
    return found ? [scopeFor(found, right)] : [];
  };

const span = {
  channel: arg.id,
  cursor: arg.optional,
  limit: arg.count,
  oldest: arg.optional,
  latest: arg.optional,
  inclusive: arg.flag,
  include_all_metadata: arg.flag,
};

interface Span {
  cursor?: string | undefined;
  limit?: number | undefined;
  oldest?: string | undefined;
  latest?: string | undefined;
  inclusive?: boolean | undefined;
  include_all_metadata?: boolean | undefined;
}

function within(span: Span): (message: Message) => boolean {
  const oldest = edge(span.oldest, "invalid_ts_oldest") ?? 0;
  const latest = edge(span.latest, "invalid_ts_latest") ?? Number.POSITIVE_INFINITY;
  return ({ ts }) => {
    const at = micros(ts);
    return (
      (at > oldest && at < latest) || (span.inclusive === true && (at === oldest || at === latest))
    );
  };
}

/** `0` and `now` are accepted as well as a timestamp. */
function edge(given: string | undefined, error: string): number | undefined {
  if (given === undefined || given === "" || given === "now") return undefined;
  if (!/^\d+(\.\d+)?$/.test(given)) throw new Refusal(error);
  return micros(given);
}

const micros = (ts: string) => {
  const [seconds = "0", rest = ""] = ts.split(".");
  return Number(seconds) * 1_000_000 + Number(rest.padEnd(6, "0"));
};

/** One page; a cursor names the place where the next one starts. */
function page<T>(all: T[], cursor: string | undefined, limit: number): [T[], string] {
  const start = cursor ? placeOf(cursor) : 0;
  if (start > all.length) throw new Refusal("invalid_cursor");
  const end = start + Math.max(1, limit);
  return [all.slice(start, end), end < all.length ? cursorTo(end) : ""];
}

const cursorTo = (place: number) => Buffer.from(`next:${place}`).toString("base64");

function placeOf(cursor: string): number {
  const place = /^next:(\d+)$/.exec(Buffer.from(cursor, "base64").toString())?.[1];
  if (place === undefined) throw new Refusal("invalid_cursor");
  return Number(place);
}

/**
 * A page of them. Those that the plan hides are missing; that it hides some, here or anywhere before,
 * is told by `is_limited`, as in https://docs.slack.dev/reference/methods/conversations.history.
 */
function messagesOf(
  backend: Backend,
  all: Message[],
  span: Span,
  { most, usual }: { most: number; usual: number },
): Json {
  const { historyPage, shownSince } = backend;
  const asked = span.limit ?? usual;
  const shown = all.filter(({ ts }) => micros(ts) >= shownSince * 1_000);
  const [some, next] = page(shown, span.cursor, Math.min(asked, most, historyPage));
  const messages = some.map((message) => ({
    ...backend.workspace.show(message),
    ...(span.include_all_metadata && message.metadata && { metadata: message.metadata }),
  }));
  const limited = shownSince > 0 ? { is_limited: true } : {};
  return { messages, has_more: next !== "", ...limited, response_metadata: { next_cursor: next } };
}

/** Newest first; replies only where they were also sent to the channel. */
const history = method({
  args: span,
  scopes: needs("history"),
  run(args, backend) {
    const channel = readable(backend, args.channel);
    const all = channel.messages
      .filter(({ threadTs, broadcast }) => threadTs === undefined || broadcast)
      .filter(within(args))
      .reverse();
    const { historyPage: most, historyPageDefault: usual } = limits;
    return { ...messagesOf(backend, all, args, { most, usual }), pin_count: 0 };
  },
});

/** Oldest first, the root before all, whatever `oldest` says. A reply's `ts` gives that reply. */
const replies = method({
  args: { ...span, ts: arg.id },
  scopes: needs("history"),
  run(args, backend) {
    const channel = readable(backend, args.channel);
    const root = backend.workspace.message(channel, args.ts);
    if (!root) throw new Refusal("thread_not_found");
    const all = [root, ...backend.workspace.replies(root).filter(within(args))];
    const { repliesPage: most, repliesPageDefault: usual } = limits;
    return messagesOf(backend, all, args, { most, usual });
  },
});

function readable(backend: Backend, id: string): Channel {
  const channel = visibleChannel(backend, id);
  if (!channel.members.has(backend.workspace.bot.userId)) throw new Refusal("not_in_channel");
  return channel;
}

const info = method({
  args: { channel: arg.id, include_num_members: arg.flag },
  scopes: needs("read"),
  run(args, backend) {
    const channel = visibleChannel(backend, args.channel);
    const num_members = args.include_num_members ? { num_members: channel.members.size } : {};
    return { channel: { ...channelJson(backend.workspace, channel), ...num_members } };
  },
});

const members = method({
  args: { channel: arg.id, cursor: arg.optional, limit: arg.count },
  scopes: needs("read"),
  run(args, backend) {
    const channel = visibleChannel(backend, args.channel);
    const limit = Math.min(args.limit ?? limits.membersPageDefault, limits.membersPage);
    const [some, next] = page([...channel.members], args.cursor, limit);
    return { members: some, response_metadata: { next_cursor: next } };
  },
});

/** Direct messages with one person: more people at once are not here. */
const open = method({
  args: { users: arg.optional, channel: arg.optional, return_im: arg.flag },
  scopes: ["im:write"],
  run(args, backend) {
    const { workspace } = backend;
    if (args.channel !== undefined) {
      return { channel: channelJson(workspace, visibleChannel(backend, args.channel)) };
    }
    if (!args.users) throw new Refusal("users_list_not_supplied");
    const member = workspace.members.get(args.users);
    if (!member) throw new Refusal("user_not_found");
    if (member.deleted) throw new Refusal("user_disabled");
    const channel = workspace.directMessages(member.id);
    return { channel: args.return_im ? channelJson(workspace, channel) : { id: channel.id } };
  },
});

const join = method({
  args: { channel: arg.id },
  scopes: ["channels:join"],
  run(args, backend) {
    const { workspace } = backend;
    const channel = visibleChannel(backend, args.channel);
    if (channel.kind !== "channel") throw new Refusal("method_not_supported_for_channel_type");
    if (channel.archived) throw new Refusal("is_archived");
    enter(workspace, channel, workspace.bot.userId);
    return { channel: channelJson(workspace, channel) };
  },
});

export const conversations: Record<string, Method> = {
  "conversations.history": history,
  "conversations.replies": replies,
  "conversations.info": info,
  "conversations.members": members,
  "conversations.open": open,
  "conversations.join": join,
};
