import type { WebClient } from "@slack/web-api";
import type {
  PlatformAdapter,
  PlatformReader,
  TicketCard,
  WantedMessage,
} from "../../src/desk/chat.ts";
import type { Once } from "../../src/desk/once-each.ts";
import type { Log } from "../../src/desk/ports.ts";
import { type Call, createCall } from "./calls.ts";
import type { Directory } from "./directory.ts";
import type { Editions } from "./editions.ts";
import { failureOf, refusedWith } from "./errors.ts";
import { download } from "./file-download.ts";
import { postFile } from "./file-upload.ts";
import { findInChannel, findInThread, type Self } from "./find.ts";
import type { HeardUntil } from "./heard-until.ts";
import type { Identity } from "./identity.ts";
import { authorship, partLength, writeMessage } from "./messages.ts";
import { Pace } from "./pace.ts";
import {
  channelOf,
  edit,
  editIfThere,
  postReply,
  postRoot,
  type RenderCard,
  remove,
  removeStray,
  setMark,
} from "./post.ts";
import { createIsThere, createReader } from "./read-back.ts";
import {
  channelIn,
  type MessageAddress,
  readReference,
  writeReference,
  writtenAt,
} from "./references.ts";
import { tellRefused } from "./refused.ts";
import { splitForSlack } from "./text.ts";

export interface SlackPlatformParts {
  /** From `createWeb`: it tries each call once. */
  web: WebClient;
  /** The bot's, with which files are fetched. */
  token: string;
  /** As the `WebClient` was given it. */
  apiUrl: string | undefined;
  /** Asked for with each call, as is the directory: both throw while we are not connected. */
  identity: () => Identity;
  directory: () => Directory;
  editions: Editions;
  heard: HeardUntil;
  once: Once;
  renderCard: RenderCard;
  log: Log;
  /** In ms since 1970. */
  now: () => number;
  wait: (ms: number) => Promise<void>;
  /** How long the upload or download of a file may take. */
  transferMs?: number;
}

const defaultTransferMs = 60_000;

/**
 * What the outbox calls on Slack, and how it is read back. A `where` is a channel's id, or a person's
 * for direct messages.
 */
export function createSlackPlatform(parts: SlackPlatformParts): PlatformAdapter & PlatformReader {
  const pace = new Pace(parts.now);
  const call = createCall(parts.web, pace);
  return { ...sending(parts, call, pace), ...reading(parts, call) };
}

const reading = (parts: SlackPlatformParts, call: Call): PlatformReader => ({
  heardUntil: () => parts.heard.until,
  readSince: createReader({ ...parts, call }),
  isThere: createIsThere({ ...parts, call }),
  writtenAt,
  tellRefused: (event, refused) => tellRefused({ ...parts, us: parts.identity() }, event, refused),
});

function sending(parts: SlackPlatformParts, call: Call, pace: Pace): PlatformAdapter {
  const { identity, log, renderCard, token, apiUrl } = parts;
  const access = { token, apiUrl, transferMs: parts.transferMs ?? defaultTransferMs };
  const read = (reference: string) => readReference(identity().team, reference);
  const write = (address: MessageAddress) => writeReference(identity().team, address);
  const opened = (root: MessageAddress) => ({ thread: write(root), card: write(root) });
  return {
    platform: "slack",
    split: (text) => splitForSlack(text, partLength),
    openThread: async (where, card, key) => {
      // While we are not connected this throws, which says that nothing was sent: so it comes first.
      identity();
      const channel = await channelFor(call, pace, where);
      return opened(await postRoot(call, channel, renderCard(card), key));
    },
    post: async ({ thread }, message, key) => {
      const written = { ...writeMessage(message), by: authorship(message) };
      return write(await postReply(call, log, read(thread), written, key));
    },
    postFile: async ({ thread }, file, key) =>
      write(await postFile({ call, log, access, wait: parts.wait }, read(thread), file, key)),
    update: async (message, content) => {
      if ("message" in content) {
        await edit(call, read(message), writeMessage(content.message));
        return undefined;
      }
      const { card, at } = content;
      if (await editIfThere(call, read(message), renderCard(card))) return undefined;
      const poster = { call, log, self: identity() };
      return write(await cardAnew(poster, read(at.thread), card, renderCard, message));
    },
    remove: async (message) => remove(call, read(message)),
    mark: async (message, mark, others) => setMark(call, read(message), mark, others),
    findThread: async (where, _card, key, sinceMs) => {
      const self = identity();
      const channel = await channelFor(call, pace, where);
      const root = await findInChannel(call, self, channel, { key, sinceMs });
      return root && opened(root);
    },
    findPosted: async (thread, wanted) => {
      const found = await findOrSweep({ call, log, self: identity() }, read(thread), wanted);
      return found && write(found);
    },
    fetchFile: (file, mostBytes) => download(call, access, file, mostBytes),
    paceAt: ({ where, thread }) => pace.at(thread === null ? where : channelIn(thread)),
    failureOf,
  };
}

/** The channel of a `where`; its pace is that of the channel from then on. */
async function channelFor(call: Call, pace: Pace, where: string): Promise<string> {
  const channel = await channelOf(call, where);
  pace.learn(where, channel);
  return channel;
}

/** A root that was deleted leaves its thread. Once: the key names the card that it stands for. */
async function cardAnew(
  { call, log, self }: Poster,
  root: MessageAddress,
  card: TicketCard,
  renderCard: RenderCard,
  deleted: string,
): Promise<MessageAddress> {
  const key = `card instead of ${deleted}`;
  const sinceMs = Date.parse(card.createdAt);
  const found = await findOrSweep({ call, log, self }, root, { key, sinceMs });
  if (found && (await editIfThere(call, found, renderCard(card)))) return found;
  return postReply(call, log, root, renderCard(card), key);
}

interface Poster {
  call: Call;
  log: Log;
  self: Self;
}

/**
 * Of a thread that is gone, a message may stand in the channel if it was not known whether it was
 * posted: then it is deleted, before `thread_not_found` is thrown.
 */
async function findOrSweep(
  { call, log, self }: Poster,
  root: MessageAddress,
  wanted: WantedMessage,
): Promise<MessageAddress | undefined> {
  const others = wanted.file?.others ?? [];
  const isOther = (address: MessageAddress) => others.includes(writeReference(self.team, address));
  try {
    return await findInThread(call, self, root, wanted, isOther);
  } catch (error) {
    if (refusedWith(error) !== "thread_not_found") throw error;
    const stray = await findInChannel(call, self, root.channel, wanted);
    if (stray) await removeStray(call, log, stray);
    throw error;
  }
}
