import type { REST } from "discord.js";
import { LRUCache } from "lru-cache";
import type { PlatformAdapter, TicketCard } from "../../src/desk/chat.ts";
import type { Log } from "../../src/desk/ports.ts";
import { createCall } from "./calls.ts";
import { updateCard } from "./card-updates.ts";
import { Channels } from "./channels.ts";
import { type Identity, platform } from "./context.ts";
import { failureOf } from "./errors.ts";
import { download } from "./file-download.ts";
import { postFile } from "./file-upload.ts";
import { findMessage, findThread } from "./find.ts";
import { partsOf, writeMessage } from "./messages.ts";
import { edit, type Poster, postReply, remove, setMark } from "./post.ts";
import {
  readMessageReference,
  readThread,
  readWhere,
  type ThreadAddress,
  writeMessageReference,
  writeThread,
} from "./references.ts";
import { type Opened, type Opening, openThread } from "./threads.ts";

export interface DiscordPlatformParts {
  /** From `createRest`: it sends each call once. */
  rest: REST;
  /** As `createRest` was given it. */
  apiUrl: string | undefined;
  /** Asked for with each opening and each search; throws `NOT_CONNECTED` while it is not known. */
  identity: () => Pick<Identity, "user">;
  log: Log;
  /** A ticket's thread is there, with its card in it. */
  onOpened?: (card: TicketCard, thread: ThreadAddress) => void;
  /** How long the download of a file may take. */
  transferMs?: number;
}

const defaultTransferMs = 60_000;
const mostKept = 2_000;

/** What the outbox calls on Discord. How a `where` is written is in `references.ts`. */
export function createDiscordPlatform(parts: DiscordPlatformParts): PlatformAdapter {
  const { identity, log, apiUrl, transferMs = defaultTransferMs } = parts;
  const call = createCall(parts.rest);
  const poster: Poster = { call, channels: new Channels(call), log };
  const open = createOpener(poster, parts);
  const told = (card: TicketCard, opened: Opened) => {
    parts.onOpened?.(card, opened.thread);
    return { thread: writeThread(opened.thread), card: writeMessageReference(opened.card) };
  };
  return {
    platform,
    split: partsOf,
    openThread: async (where, card, key) => told(card, await open(where, { card, key })),
    post: async (thread, message, key) =>
      writeMessageReference(
        await postReply(poster, readThread(thread), writeMessage(message), key),
      ),
    postFile: async (thread, file, key) =>
      writeMessageReference(await postFile(poster, readThread(thread), file, key)),
    update: async (message, content) => {
      const address = readMessageReference(message);
      if ("card" in content) await updateCard(poster, address, content.card);
      else await edit(poster, address, writeMessage(content.message), "archived");
    },
    remove: async (message) => remove(poster, readMessageReference(message)),
    mark: async (message, mark, before) =>
      setMark(call, readMessageReference(message), mark, before),
    findThread: async (where, card, key, sinceMs) => {
      const finder = { ...poster, us: identity() };
      const found = await findThread(finder, readWhere(where), { card, key }, sinceMs);
      return found && told(card, found);
    },
    findPosted: async (thread, { key, sinceMs }) => {
      const finder = { ...poster, us: identity() };
      const found = await findMessage(finder, readThread(thread).channel, key, sinceMs);
      return found && writeMessageReference(found);
    },
    fetchFile: (file, mostBytes) => download(call, { apiUrl, transferMs }, file, mostBytes),
    failureOf,
  };
}

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
