/** What catching up asks of Discord. */
import { ChannelType, RESTJSONErrorCodes as Code, Routes } from "discord.js";
import { LRUCache } from "lru-cache";
import { z } from "zod";
import type { NotHeard, PlatformReader, WrittenEvent } from "../../src/desk/chat.ts";
import { isPreliminary } from "./below.ts";
import { archive } from "./closed-threads.ts";
import { DiscordFault, refusedWith, unlessRefused, withoutEffect } from "./errors.ts";
import { userOf } from "./people.ts";
import { type Past, type ReadingParts, type ReadingTells, readPlace } from "./read-back.ts";
import { readMessageReference, readThread } from "./references.ts";
import { answerRefused } from "./refusal-answers.ts";
import { madeAt } from "./snowflakes.ts";
import { tellOfNothing } from "./unreadable.ts";

interface ReaderParts extends ReadingParts {
  heardUntil: PlatformReader["heardUntil"];
}

const mostRemembered = 5_000;

export function createReader(parts: ReaderParts): PlatformReader {
  /** Who wrote these has been told what became of them. */
  const told = new LRUCache<string, true>({ max: mostRemembered });
  /** Whose writers may still have to be told: what was answered stands below what it answers. */
  const nothings = new LRUCache<string, Past>({ max: mostRemembered });
  const tells: ReadingTells = {
    answered(message, words) {
      if (!isPreliminary(words)) told.set(message, true);
    },
    nothing: (past) => void nothings.set(past.id, past),
  };
  return {
    heardUntil: parts.heardUntil,
    writtenAt: (message) => madeAt(readMessageReference(message).message),

    async *readSince(at, sinceMs, reached) {
      try {
        yield* readPlace(parts, at, sinceMs, { ...tells, ...(reached && { reached }) });
      } catch (error) {
        throw ofReading(error);
      }
      const { channel } = readThread(at.thread);
      for (const past of [...nothings.values()].filter((each) => each.channel === channel)) {
        nothings.delete(past.id);
        if (!told.has(past.id)) await tellUnread(parts, past);
        told.set(past.id, true);
      }
    },

    async isThere(_, message) {
      const address = readMessageReference(message);
      const route = Routes.channelMessage(address.channel, address.message);
      const asking = withoutEffect(() => parts.call("GET", route, z.object({ id: z.string() })));
      try {
        return (await unlessRefused([Code.UnknownMessage], asking)) !== undefined;
      } catch (error) {
        throw ofReading(error);
      }
    },

    async tellRefused(event, refused) {
      const { message } = readMessageReference(event.message);
      if (!told.has(message)) await tellRefused(parts, event, refused);
      told.set(message, true);
    },
  };
}

const mayNot: readonly number[] = [
  Code.MissingAccess,
  Code.MissingPermissions,
  // The bot was taken out of it.
  Code.UnknownGuild,
];

/** Unlike a message that is to be posted, what cannot be read is waited for by no one. */
function ofReading(cause: unknown): unknown {
  if (!mayNot.includes(refusedWith(cause) ?? 0)) return cause;
  return new DiscordFault("NOT_READABLE", "The history cannot be read", { cause });
}

async function tellUnread(parts: ReaderParts, past: Past): Promise<void> {
  try {
    await tellOfNothing(parts, past)();
  } catch (err) {
    parts.log.warn({ err }, "Someone in Discord could not be told what became of their message");
  }
}

async function tellRefused(
  parts: ReaderParts,
  { message, thread, by, text, files }: WrittenEvent,
  { refused }: NotHeard,
): Promise<void> {
  const { channel, message: id } = readMessageReference(message);
  const isDirect = readThread(thread).kind === "direct";
  const { type, guild_id: guild } = await parts.channels.get(channel);
  const isRequesters = isDirect || type === ChannelType.PrivateThread;
  const user = userOf(by);
  const member = guild === undefined ? undefined : await parts.members.get(guild, user);
  const told = {
    ...{ channel, id, user, isDirect, text, hasFiles: files.length > 0 },
    side: isRequesters ? ("requester" as const) : ("agents" as const),
    member: member && guild !== undefined ? { guild, roles: member.roles } : undefined,
  };
  await answerRefused(parts, told, refused);
  // Whoever writes in a closed ticket's thread opens that again.
  if (refused === "TICKET_CLOSED" && !isDirect) await archive(parts, channel);
}
