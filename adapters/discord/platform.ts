import type { REST } from "discord.js";
import { LRUCache } from "lru-cache";
import type { PlatformAdapter, PlatformReader, Spot, TicketCard } from "../../src/desk/chat.ts";
import type { Log } from "../../src/desk/ports.ts";
import type { Agents } from "./agents.ts";
import { createCall } from "./calls.ts";
import { updateCard } from "./card-updates.ts";
import type { ChannelPace } from "./channel-pace.ts";
import { Channels } from "./channels.ts";
import { type Identity, platform } from "./context.ts";
import type { DirectThreads } from "./direct-threads.ts";
import type { Editions } from "./editions.ts";
import { failureOf } from "./errors.ts";
import { download } from "./file-download.ts";
import { postFile } from "./file-upload.ts";
import { findMessage, findThread } from "./find.ts";
import type { Guilds } from "./guilds.ts";
import { Members } from "./members.ts";
import { partsOf, writeMessage } from "./messages.ts";
import { edit, type Poster, postReply, remove, setMark } from "./post.ts";
import { createReader } from "./reader.ts";
import {
  type MessageAddress,
  readMessageReference,
  readThread,
  readWhere,
  type ThreadAddress,
  writeMessageReference,
  writeThread,
} from "./references.ts";
import { ThreadMembers } from "./thread-members.ts";
import { type Opened, type Opening, openThread } from "./threads.ts";

export interface DiscordPlatformParts {
  /** From `createRest`: it sends each call once. */
  rest: REST;
  /** As `createRest` was given it. */
  apiUrl: string | undefined;
  /** Asked for with each opening and each search; throws `NOT_CONNECTED` while it is not known. */
  identity: () => Pick<Identity, "user">;
  log: Log;
  /** Also so that what the bot may not do is told with the permission that it lacks. */
  guilds: Guilds;
  agents: Agents;
  /** Learns from what `rest` is answered. */
  pace: Pick<ChannelPace, "at">;
  /** Shared with those who hear what is told live. */
  direct: DirectThreads;
  editions: Editions;
  /** In ms since 1970. */
  now(): number;
  heardUntil: PlatformReader["heardUntil"];
  /** A ticket's thread is there, with its card in it. */
  onOpened?: (card: TicketCard, thread: ThreadAddress) => void;
  /** A ticket's thread cannot be opened, unless someone does something about it. */
  onFailed?: (card: TicketCard) => void;
  /** How long the download of a file may take. */
  transferMs?: number;
}

const defaultTransferMs = 60_000;
const mostKept = 2_000;

/** What the outbox and catching up call on Discord. How a `where` is written is in `references.ts`. */
export function createDiscordPlatform(
  parts: DiscordPlatformParts,
): PlatformAdapter & PlatformReader {
  const { identity, log, apiUrl, transferMs = defaultTransferMs } = parts;
  const call = createCall(parts.rest);
  const poster: Poster = { call, channels: new Channels(call), log };
  const members = new ThreadMembers(poster);
  /** With the person in it whose it is. */
  const posting = async (
    { where, thread }: Spot,
    post: (thread: ThreadAddress) => Promise<MessageAddress>,
  ) => {
    const address = readThread(thread);
    const done = await members.posting(address, readWhere(where), () => post(address));
    return writeMessageReference(done);
  };
  return {
    platform,
    split: partsOf,
    ...threadCalls(poster, parts),
    post: (at, message, key) =>
      posting(at, (thread) => postReply(poster, thread, writeMessage(message), key)),
    postFile: (at, file, key) => posting(at, (thread) => postFile(poster, thread, file, key)),
    update: async (message, content) => {
      const address = readMessageReference(message);
      if ("message" in content) {
        await edit(poster, address, writeMessage(content.message), "archived");
        return undefined;
      }
      const at = { where: readWhere(content.at.where), thread: readThread(content.at.thread) };
      const other = await updateCard({ ...poster, identity }, address, at, content.card);
      return other && writeMessageReference(other);
    },
    paceAt: ({ thread }) =>
      thread === null ? undefined : parts.pace.at(readThread(thread).channel),
    remove: async (message) => remove(poster, readMessageReference(message)),
    mark: async (message, mark, others) =>
      setMark(poster, readMessageReference(message), mark, others),
    findPosted: async (thread, { key, sinceMs }) => {
      const finder = { ...poster, us: identity() };
      const found = await findMessage(finder, readThread(thread).channel, key, sinceMs);
      const whole = found && (await members.found(found));
      return whole && writeMessageReference(whole);
    },
    fetchFile: (file, mostBytes) => download(call, { apiUrl, transferMs }, file, mostBytes),
    failureOf: (error) => failureOf(error, parts.guilds),
    ...readerOf(poster, parts),
  };
}

const readerOf = ({ call, channels }: Poster, parts: DiscordPlatformParts): PlatformReader =>
  createReader({
    ...{ ...parts, call, channels, members: new Members(call, () => parts.now()) },
    self: () => parts.identity().user,
  });

/** Whatever comes of them, those who wait for the thread are told. */
function threadCalls(
  poster: Poster,
  parts: DiscordPlatformParts,
): Pick<PlatformAdapter, "openThread" | "findThread"> {
  const open = createOpener(poster, parts);
  const told = async <T extends Opened | undefined>(card: TicketCard, opening: Promise<T>) => {
    try {
      const opened = await opening;
      if (opened) parts.onOpened?.(card, opened.thread);
      return opened;
    } catch (error) {
      if (failureOf(error).outcome === "dead") parts.onFailed?.(card);
      throw error;
    }
  };
  return {
    openThread: async (where, card, key) => written(await told(card, open(where, { card, key }))),
    findThread: async (where, card, key, sinceMs) => {
      const finder = { ...poster, us: parts.identity() };
      const finding = findThread(finder, readWhere(where), { card, key }, sinceMs);
      const found = await told(card, finding);
      return found && written(found);
    },
  };
}

const written = ({ thread, card }: Opened) => ({
  thread: writeThread(thread),
  card: writeMessageReference(card),
});

type Open = (where: string, opening: Opening) => Promise<Opened>;

/** Opens a thread once: what may be there from an earlier call with the same key is looked for. */
function createOpener(poster: Poster, { identity }: DiscordPlatformParts): Open {
  const mayBeThere = new LRUCache<string, true>({ max: mostKept });
  return async (reference, opening) => {
    // While we are not connected this throws, which says that nothing was sent: so it comes first.
    const us = identity();
    const where = readWhere(reference);
    if (mayBeThere.has(opening.key)) {
      const sinceMs = Date.parse(opening.card.createdAt);
      const found = await findThread({ ...poster, us }, where, opening, sinceMs);
      if (found) return found;
    }
    try {
      const opened = await openThread(poster, where, opening);
      mayBeThere.set(opening.key, true);
      return opened;
    } catch (error) {
      if (failureOf(error).outcome === "uncertain") mayBeThere.set(opening.key, true);
      throw error;
    }
  };
}
