/**
 * What the desk keeps of places and messages in Discord. Ids are snowflakes: digits, and unique in
 * all of Discord.
 */

import { DiscordFault } from "./errors.ts";

/** A thread, or the messages below a card in direct messages, which have no threads. */
export type ThreadAddress =
  | { kind: "thread"; channel: string }
  /** `root`: the card's message, that tells this ticket from others with the same person. */
  | { kind: "direct"; channel: string; root: string };

export interface MessageAddress {
  channel: string;
  message: string;
}

/** Where a ticket's thread is to be opened. */
export type Where =
  /** The agents' channel, or their forum. */
  | { kind: "channel"; channel: string }
  /** A private thread with this person below this channel; direct messages where that cannot be. */
  | { kind: "private"; channel: string; user: string }
  | { kind: "direct"; user: string };

export const writeThread = (thread: ThreadAddress): string =>
  thread.kind === "thread" ? thread.channel : `${thread.channel}/${thread.root}`;

export function readThread(reference: string): ThreadAddress {
  const [channel, root] = idsIn(reference, 2);
  return root === undefined ? { kind: "thread", channel } : { kind: "direct", channel, root };
}

export const writeMessageReference = ({ channel, message }: MessageAddress): string =>
  `${channel}/${message}`;

export function readMessageReference(reference: string): MessageAddress {
  const [channel, message] = idsIn(reference, 2);
  if (message === undefined) throw badReference(reference);
  return { channel, message };
}

export function writeWhere(where: Where): string {
  switch (where.kind) {
    case "channel":
      return where.channel;
    case "private":
      return `${where.channel}/${where.user}`;
    case "direct":
      return `@${where.user}`;
  }
}

export function readWhere(reference: string): Where {
  if (reference.startsWith("@")) return { kind: "direct", user: idsIn(reference.slice(1), 1)[0] };
  const [channel, user] = idsIn(reference, 2);
  return user === undefined ? { kind: "channel", channel } : { kind: "private", channel, user };
}

const badReference = (reference: string): DiscordFault =>
  new DiscordFault("BAD_REFERENCE", `"${reference}" names nothing in Discord`);

function idsIn(reference: string, most: number): [string, ...string[]] {
  const [first, ...more] = reference.split("/");
  const isId = (part: string | undefined): part is string => /^\d+$/.test(part ?? "");
  if (!isId(first) || !more.every(isId) || more.length >= most) throw badReference(reference);
  return [first, ...more];
}
