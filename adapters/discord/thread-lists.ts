/** The threads of a channel, open and archived. */
import { Routes } from "discord.js";
import { z } from "zod";
import { withoutEffect } from "./errors.ts";
import { limits } from "./limits.ts";
import type { Poster } from "./post.ts";
import { madeAt } from "./snowflakes.ts";

const threadSchema = z.object({
  id: z.string(),
  name: z.string(),
  owner_id: z.string().optional(),
  parent_id: z.string().nullish(),
  thread_metadata: z.object({ archive_timestamp: z.string() }),
});

export type Thread = z.infer<typeof threadSchema>;

/** https://docs.discord.com/developers/resources/channel#list-public-archived-threads */
const listSchema = z.object({
  threads: z.array(threadSchema),
  has_more: z.boolean().default(false),
});

/**
 * Those that the bot sees, and of archived ones, which come last, those that were archived no earlier
 * than `sinceMs`. Of private ones only those in which the bot is.
 */
export async function* threadsOf(
  { call, channels }: Poster,
  channel: string,
  kind: "public" | "private",
  sinceMs: number,
): AsyncGenerator<Thread> {
  const { guild_id } = await channels.get(channel);
  if (guild_id === undefined) return;
  const listing = () => call("GET", Routes.guildActiveThreads(guild_id), listSchema);
  const active = await withoutEffect(listing);
  yield* active.threads.filter(({ parent_id }) => parent_id === channel);
  yield* archived({ call, channel, kind, sinceMs });
}

async function* archived({
  call,
  channel,
  kind,
  sinceMs,
}: Pick<Poster, "call"> & {
  channel: string;
  kind: "public" | "private";
  sinceMs: number;
}): AsyncGenerator<Thread> {
  const route =
    kind === "public"
      ? Routes.channelThreads(channel, "public")
      : Routes.channelJoinedArchivedThreads(channel);
  const { cursorAt, isSince } = listings[kind];
  let before: string | undefined;
  do {
    const query = { limit: String(limits.page), ...(before !== undefined && { before }) };
    const page = await withoutEffect(() => call("GET", route, listSchema, { query }));
    yield* page.threads;
    const last = page.has_more ? page.threads.at(-1) : undefined;
    before = last && isSince(last, sinceMs) ? cursorAt(last) : undefined;
  } while (before !== undefined);
}

const archivedAt = ({ thread_metadata }: Thread) => thread_metadata.archive_timestamp;

/** Public ones are listed by when they were archived, private ones by their ids. */
const listings = {
  public: {
    cursorAt: archivedAt,
    isSince: (thread: Thread, sinceMs: number) => Date.parse(archivedAt(thread)) >= sinceMs,
  },
  private: {
    cursorAt: ({ id }: Thread) => id,
    isSince: ({ id }: Thread, sinceMs: number) => madeAt(id) >= sinceMs,
  },
} as const;
