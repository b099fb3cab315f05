/** The way to someone's own ticket. */
import { RESTJSONErrorCodes as Code, Routes } from "discord.js";
import type { TicketLine } from "../../src/desk/chat.ts";
import { createCall } from "./calls.ts";
import { Channels } from "./channels.ts";
import { type Context, platform } from "./context.ts";
import { refusedWith, unlessRefused } from "./errors.ts";
import { inOpenThread } from "./post.ts";
import { readThread, type ThreadAddress } from "./references.ts";

/** Leads to a thread; in direct messages, to the card. */
export const linkTo = (thread: ThreadAddress): string =>
  thread.kind === "thread"
    ? `<#${thread.channel}>`
    : `https://discord.com/channels/@me/${thread.channel}/${thread.root}`;

/** Undefined when it is not open yet, or elsewhere. */
export const ownThreadOf = ({ own }: Pick<TicketLine, "own">): ThreadAddress | undefined =>
  own?.platform === platform ? readThread(own.thread) : undefined;

/**
 * Whoever has left their own private thread does not see it, and cannot come back by themselves.
 * False when the thread is not there any more. An archived thread stays so.
 */
export async function bringBack(
  { rest, log }: Pick<Context, "rest" | "log">,
  thread: ThreadAddress,
  user: string,
): Promise<boolean> {
  if (thread.kind !== "thread") return true;
  const route = Routes.threadMembers(thread.channel, user);
  try {
    const isIn = await unlessRefused([Code.UnknownMember], rest.get(route));
    if (isIn !== undefined) return true;
    const call = createCall(rest);
    const adding = () => rest.put(route);
    const poster = { call, channels: new Channels(call), log };
    await inOpenThread(poster, thread.channel, adding, "archived");
    return true;
  } catch (err) {
    log.warn({ err, ...thread }, "Someone in Discord could not be brought back into their thread");
    return refusedWith(err) !== Code.UnknownChannel;
  }
}
