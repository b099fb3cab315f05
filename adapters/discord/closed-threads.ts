/** A closed ticket's thread is archived, and opened by whoever writes in it all the same. */
import { Routes } from "discord.js";
import type { Side } from "../../src/desk/chat.ts";
import type { TicketId } from "../../src/tickets/ticket.ts";
import { type Context, platform } from "./context.ts";
import { type ThreadAddress, writeThread } from "./references.ts";

/** Closes it again once what was written in it has been heard and answered. */
export async function closeAgain(
  { desk, rest, log }: Pick<Context, "desk" | "rest" | "log">,
  thread: ThreadAddress,
  ticket: TicketId | undefined,
  side: Side,
): Promise<void> {
  if (thread.kind === "direct" || ticket === undefined) return;
  const { channel } = thread;
  try {
    const card = await desk.card(ticket, side);
    if (card?.status !== "closed") return;
    await archive({ rest, log }, channel);
  } catch (err) {
    log.debug({ thread: channel, err }, stays);
  }
}

/**
 * Closes what was left open: the process ended before it closed it, or someone wrote in it while it
 * was not running. Never rejects.
 */
export async function closeLeftOpen(
  context: Pick<Context, "desk" | "guilds" | "rest" | "log">,
): Promise<void> {
  const { desk, guilds, log } = context;
  for (const channel of guilds.openThreads()) {
    try {
      if (await desk.isClosed(platform, writeThread({ kind: "thread", channel })))
        await archive(context, channel);
    } catch (err) {
      log.debug({ thread: channel, err }, stays);
    }
  }
}

/** Never rejects. */
export async function archive(
  { rest, log }: Pick<Context, "rest" | "log">,
  thread: string,
): Promise<void> {
  try {
    await rest.patch(Routes.channel(thread), { body: { archived: true } });
  } catch (err) {
    log.debug({ thread, err }, stays);
  }
}

const stays = "A closed ticket's thread in Discord stays open";
