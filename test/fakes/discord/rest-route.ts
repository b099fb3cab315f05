import type { Json } from "../json.ts";
import { refused } from "./errors.ts";
import { messageObject, withoutContent } from "./objects-message.ts";
import type { Channel, Message } from "./records.ts";
import type { Result, Server, Upload } from "./server.ts";

/** One call, once it is known that who makes it may, and that its body is good. */
export interface Ask {
  readonly server: Server;
  /** What stands in the place of `:id`, `:token` and `:emoji`, in this order. */
  readonly params: readonly string[];
  readonly query: URLSearchParams;
  /** The body when it is an object, or an empty one. */
  readonly body: Json;
  /** The body as it came. */
  readonly raw: unknown;
  readonly files: readonly Upload[];
}

/** By method and path, as `GET /channels/:id`. */
export type Routes = Record<string, (ask: Ask) => Result>;

export const ok = (body: unknown, status = 200): Result => ({ status, body });
export const done: Result = { status: 204 };

/** The channel that the call is about, when the bot sees it. */
export function channelOf({ server, params }: Ask): Channel {
  const channel = server.channels.get(params[0] ?? "");
  if (!channel) throw refused(10003);
  server.need(server.application.id, channel, "viewChannel");
  return channel;
}

/** The same for a thread. */
export function threadOf(ask: Ask): Channel & { thread: NonNullable<Channel["thread"]> } {
  const channel = channelOf(ask);
  const { thread } = channel;
  if (!thread) throw refused(50024);
  return Object.assign(channel, { thread });
}

export function messageOf(ask: Ask, channel: Channel): Message {
  const message = ask.server.message(channel.id, ask.params[1] ?? "");
  if (!message) throw refused(10008);
  return message;
}

/** A message as it is read back: without its nonce, and without content that the bot may not know. */
export function shownMessage(server: Server, message: Message): Json {
  const shown = messageObject(server, message);
  return server.application.messageContent ? shown : withoutContent(server, shown);
}

/** Whether the bot may change what is in this thread: https://docs.discord.com/developers/topics/threads#locked-threads */
export function needOpen(server: Server, channel: Channel): void {
  if (channel.thread?.archived) throw refused(50083);
  const manages = server.may(server.application.id, channel, "manageThreads");
  if (channel.thread?.locked && !manages) throw refused(160005);
}
