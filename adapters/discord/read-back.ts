/** What people wrote in a ticket's place, from its history. */
import { RESTJSONErrorCodes as Code, PermissionFlagsBits, Routes } from "discord.js";
import { z } from "zod";
import type { Spot, WrittenEvent } from "../../src/desk/chat.ts";
import { AgentsUnknown } from "./agents.ts";
import type { Call } from "./calls.ts";
import type { Channels } from "./channels.ts";
import { type Context, platform } from "./context.ts";
import { editionOf, isNothing, spokenBy } from "./conversation.ts";
import type { DirectThreads } from "./direct-threads.ts";
import type { Editions } from "./editions.ts";
import { DiscordFault, unlessRefused, withoutEffect } from "./errors.ts";
import { readsMessages } from "./identity.ts";
import { limits } from "./limits.ts";
import type { Members } from "./members.ts";
import { type MessageEvent, readPastMessage } from "./message-events.ts";
import { has } from "./permissions.ts";
import {
  readThread,
  readWhere,
  type ThreadAddress,
  writeMessageReference,
  writeThread,
} from "./references.ts";
import { lastIdBefore, madeAt } from "./snowflakes.ts";

export interface ReadingParts extends Pick<Context, "rest" | "guilds" | "agents" | "log"> {
  call: Call;
  channels: Channels;
  members: Members;
  direct: DirectThreads;
  editions: Editions;
  /** The bot's user; throws `NOT_CONNECTED` while it is not known. */
  self(): string;
}

export type Past = Extract<MessageEvent, { type: "message" | "edited" }>;

/** What is told of while a place is read. */
export interface ReadingTells {
  /** The bot answered this message, with these words. */
  answered(message: string, words: string): void;
  /** There is nothing in it that can be passed on; its `text` is empty. */
  nothing(past: Past): void;
  /** All that was written until then (ms since 1970) is read. */
  reached?(untilMs: number): void;
}

const pageSchema = z.array(z.looseObject({ id: z.string().regex(/^\d+$/) }));

type Raw = z.infer<typeof pageSchema>[number];

/** One reading of one place. */
interface Reading extends ReadingParts {
  thread: ThreadAddress;
  side: "requester" | "agents";
  /** Undefined in direct messages. */
  guild: string | undefined;
  tells: ReadingTells;
}

/** As `PlatformReader` has it. */
export async function* readPlace(
  parts: ReadingParts,
  spot: Spot,
  sinceMs: number,
  tells: ReadingTells,
): AsyncGenerator<WrittenEvent> {
  const self = parts.self();
  const reading = await begin(parts, spot, tells);
  for await (const page of pagesSince(reading, sinceMs)) {
    for (const raw of page) noteOwn(reading, raw, self);
    for (const raw of page) {
      const past = await pastIn(reading, raw, self);
      if (past) yield* taken(reading, past);
    }
    const last = page.at(-1);
    if (last) tells.reached?.(madeAt(last.id));
  }
}

async function begin(
  parts: ReadingParts,
  { where, thread: reference }: Spot,
  tells: ReadingTells,
): Promise<Reading> {
  const thread = readThread(reference);
  const isDirect = thread.kind === "direct";
  const guild = isDirect ? undefined : (await parts.channels.get(thread.channel)).guild_id;
  const side = readWhere(where).kind === "channel" ? "agents" : "requester";
  return { ...parts, agents: { isAgent: askedOnce(parts, guild) }, thread, side, guild, tells };
}

/** Oldest first, page after page, each page when it is needed. */
async function* pagesSince(reading: Reading, sinceMs: number): AsyncGenerator<Raw[]> {
  const { call, thread } = reading;
  let after: string | undefined = lastIdBefore(sinceMs);
  while (after !== undefined) {
    const query: Readonly<Record<string, string>> = { limit: String(limits.page), after };
    const asking = () => call("GET", Routes.channelMessages(thread.channel), pageSchema, { query });
    const page: Raw[] = (await withoutEffect(asking)).sort(byId);
    if (page.length === 0) await needHistory(reading);
    else yield page;
    // A page may have fewer than were asked for: only an empty one is the end.
    after = page.at(-1)?.id;
  }
}

const byId = (one: Raw, other: Raw): number => (BigInt(one.id) < BigInt(other.id) ? -1 : 1);

const anything = z.unknown();

/**
 * Without Read Message History Discord gives an empty list, as if nothing had been written; a single
 * message it then refuses. https://docs.discord.com/developers/resources/message#get-channel-messages
 */
async function needHistory({ guild, guilds, call, thread }: Reading): Promise<void> {
  const { channel } = thread;
  if (guild === undefined) return;
  if (has(guilds.ownPermissions(channel) ?? 0n, PermissionFlagsBits.ReadMessageHistory)) return;
  // Whether there is such a message does not matter.
  const asking = () => call("GET", Routes.channelMessage(channel, channel), anything);
  await unlessRefused([Code.UnknownMessage], withoutEffect(asking));
}

const ownSchema = z.object({
  author: z.object({ id: z.string() }),
  content: z.string().default(""),
  message_reference: z.object({ message_id: z.string() }),
});

function noteOwn({ direct, thread, tells }: Reading, raw: Raw, self: string): void {
  if (thread.kind === "direct") direct.saw(raw);
  const { data: own } = ownSchema.safeParse(raw);
  if (own?.author.id === self) tells.answered(own.message_reference.message_id, own.content);
}

/** What a person wrote that belongs to this ticket. */
async function pastIn(reading: Reading, raw: Raw, self: string): Promise<Past | undefined> {
  const { thread, direct, guild } = reading;
  const bare = readPastMessage(raw, self);
  if (bare.type === "unsupported")
    reading.log.debug(
      { what: bare.what, message: raw.id },
      "A message of another shape than it has",
    );
  if (bare.type !== "message" && bare.type !== "edited") return undefined;
  if (thread.kind === "direct") {
    const root = await withoutEffect(() => direct.rootFor(bare));
    return root === thread.root ? bare : undefined;
  }
  if (guild === undefined) return bare;
  const whole = readPastMessage(await completed(reading, raw, guild, bare.user), self);
  return whole.type === "message" || whole.type === "edited" ? whole : undefined;
}

const mentionsSchema = z.array(z.looseObject({ id: z.string() })).catch([]);

/** With what the gateway would have told besides: its server, and as whom people are known there. */
async function completed({ members }: Reading, raw: Raw, guild: string, author: string) {
  const [member, mentions] = await Promise.all([
    members.get(guild, author),
    Promise.all(
      mentionsSchema
        .parse(raw.mentions)
        .map(async (each) => ({ ...each, member: await members.get(guild, each.id) })),
    ),
  ]);
  return { ...raw, guild_id: guild, member, mentions };
}

/** Of who has left the server, no roles are known: they are an agent only when they are listed. */
function askedOnce({ agents, members }: ReadingParts, guild: string | undefined) {
  const asked = new Map<string, Promise<boolean>>();
  const ask = async (user: string) => {
    const member = guild === undefined ? undefined : await members.get(guild, user);
    try {
      const roles = member && guild !== undefined && { guild, roles: member.roles };
      return await agents.isAgent(user, roles || undefined);
    } catch (cause) {
      if (!(cause instanceof AgentsUnknown)) throw cause;
      throw new DiscordFault("AGENTS_UNKNOWN", cause.message, { cause });
    }
  };
  return (user: string): Promise<boolean> => {
    const answer = asked.get(user) ?? ask(user);
    asked.set(user, answer);
    return answer;
  };
}

async function* taken(reading: Reading, past: Past): AsyncGenerator<WrittenEvent> {
  const { thread, side, editions, tells } = reading;
  const { channel, id } = past;
  const said = await spokenBy(reading, past, side);
  const named = {
    ...{ platform, thread: writeThread(thread) },
    message: writeMessageReference({ channel, message: id }),
  };
  if (past.unreadable !== undefined || isNothing(said)) {
    await needIntent(reading);
    tells.nothing(past);
    // It is there, whatever it says: nothing is undone because of it.
    yield { type: "message", ...named, ...said, text: [], files: [] };
  } else if (past.type === "message" || past.at < editions.latest(id)) {
    // A later edit than was read has been heard since.
    yield { type: "message", ...named, ...said };
  } else {
    yield { type: "edited", ...named, ...said, ...editionOf(past) };
    editions.taken(id, past.at);
  }
}

/** Someone may have switched it off since the start: then every message would be empty. */
async function needIntent({ rest }: Reading): Promise<void> {
  if (await withoutEffect(() => readsMessages(rest))) return;
  throw new DiscordFault("CANNOT_READ", "The message content intent is off");
}
