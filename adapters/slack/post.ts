/** Posting, editing, deleting and marking messages: one call each, unless it says otherwise. */
import type { KnownBlock } from "@slack/web-api";
import { z } from "zod";
import type { Mark, TicketCard } from "../../src/desk/chat.ts";
import type { Log } from "../../src/desk/ports.ts";
import type { Call } from "./calls.ts";
import { refusedWith, SlackFault, withoutEffect } from "./errors.ts";
import { metadataOf } from "./find.ts";
import type { WrittenMessage } from "./messages.ts";
import { isPerson, type MessageAddress } from "./references.ts";

export type RenderCard = (card: TicketCard) => { text: string; blocks: KnownBlock[] };

/** Typed text is not searched for names and links; nothing is previewed. */
const asWritten = { parse: "none", link_names: false };
const unpreviewed = { unfurl_links: false, unfurl_media: false };

const postedSchema = z.object({
  channel: z.string(),
  ts: z.string(),
  message: z.object({ thread_ts: z.string().optional() }),
});

const anything = z.object({});

/** The channel of a `where`: of a person, the direct messages with them. */
export async function channelOf(call: Call, where: string): Promise<string> {
  if (!isPerson(where)) return where;
  const answer = z.object({ channel: z.object({ id: z.string() }) });
  const opened = await withoutEffect(() => call("conversations.open", { users: where }, answer));
  return opened.channel.id;
}

export async function postRoot(
  call: Call,
  channel: string,
  { text, blocks }: WrittenMessage,
  key: string,
): Promise<MessageAddress> {
  const posted = await call(
    "chat.postMessage",
    { channel, text, blocks, metadata: metadataOf(key), ...asWritten, ...unpreviewed },
    postedSchema,
  );
  return { channel: posted.channel, ts: posted.ts };
}

/**
 * Posts under a root. A root that is gone is no error of Slack's: the message then stands in the
 * channel. It is deleted at once, and `THREAD_GONE` thrown.
 */
export async function postReply(
  call: Call,
  log: Log,
  root: MessageAddress,
  { text, blocks, by = {} }: WrittenMessage & { by?: Record<string, string> },
  key: string,
): Promise<MessageAddress> {
  const args = {
    channel: root.channel,
    thread_ts: root.ts,
    text,
    blocks,
    ...by,
    metadata: metadataOf(key),
    ...asWritten,
    ...unpreviewed,
  };
  const posted = await call("chat.postMessage", args, postedSchema);
  const address = { channel: posted.channel, ts: posted.ts };
  if (posted.message.thread_ts === root.ts) return address;
  await removeStray(call, log, address);
  throw threadGone(root);
}

export const threadGone = ({ channel, ts }: MessageAddress): SlackFault =>
  new SlackFault("THREAD_GONE", `The thread ${ts} in ${channel} is no longer there`);

/** Deletes what stands in the channel though it was meant for a thread; says so if it cannot. */
export async function removeStray(call: Call, log: Log, stray: MessageAddress): Promise<void> {
  try {
    await remove(call, stray);
  } catch (error) {
    log.error(
      { channel: stray.channel, ts: stray.ts, err: error },
      "A message for a thread that has been deleted stands in its channel, and could not be " +
        "deleted: delete it by hand",
    );
  }
}

/** Of a root that someone has deleted, and that stays for its replies, Slack says the latter. */
const deleted: readonly string[] = ["message_not_found", "cant_update_message"];

/** False: there is no such message of the bot's any more. */
export async function editIfThere(
  call: Call,
  address: MessageAddress,
  written: WrittenMessage,
): Promise<boolean> {
  try {
    await edit(call, address, written);
    return true;
  } catch (error) {
    if (!deleted.includes(refusedWith(error) ?? "")) throw error;
    return false;
  }
}

/** Its metadata stays, as does the name it is shown under: neither is given again. */
export async function edit(
  call: Call,
  { channel, ts }: MessageAddress,
  { text, blocks }: WrittenMessage,
): Promise<void> {
  await call("chat.update", { channel, ts, text, blocks, ...asWritten }, anything);
}

export async function remove(call: Call, { channel, ts }: MessageAddress): Promise<void> {
  await unlessAlready(["message_not_found"], call("chat.delete", { channel, ts }, anything));
}

const reactions: Readonly<Record<Mark, string>> = {
  sending: "hourglass_flowing_sand",
  delivered: "white_check_mark",
  failed: "x",
};

/** More than one call when there may be another mark: then both are there for a moment. */
export async function setMark(
  call: Call,
  { channel, ts }: MessageAddress,
  mark: Mark | null,
  others: readonly Mark[],
): Promise<void> {
  const on = { channel, timestamp: ts };
  if (mark !== null) {
    const added = call("reactions.add", { ...on, name: reactions[mark] }, anything);
    await unlessAlready(["already_reacted"], added);
  }
  for (const other of others) {
    const removed = call("reactions.remove", { ...on, name: reactions[other] }, anything);
    await unlessAlready(["no_reaction"], removed);
  }
}

/** What Slack refuses because it already is so has been done. */
async function unlessAlready(codes: readonly string[], done: Promise<unknown>): Promise<void> {
  try {
    await done;
  } catch (error) {
    if (!codes.includes(refusedWith(error) ?? "")) throw error;
  }
}
