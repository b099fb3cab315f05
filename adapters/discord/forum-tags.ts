/** A forum post's tags, which follow how its ticket stands. */
import { z } from "zod";
import type { TicketCard } from "../../src/desk/chat.ts";
import { priorityWords, statusWords } from "../../src/desk/words.ts";
import { priorities, statuses } from "../../src/tickets/ticket.ts";
import { limits } from "./limits.ts";

/** https://docs.discord.com/developers/resources/channel#forum-tag-object */
export const forumSchema = z.object({
  available_tags: z.array(z.object({ id: z.string(), name: z.string() })).default([]),
});

type Forum = z.infer<typeof forumSchema>;

const nameIn = (words: string) => words.trim().toLowerCase();

const ours = new Set([...statuses.map(wordsOfStatus), ...priorities.map(wordsOfPriority)]);

function wordsOfStatus(status: TicketCard["status"]): string {
  return nameIn(statusWords[status]);
}

function wordsOfPriority(priority: TicketCard["priority"]): string {
  return nameIn(priorityWords(priority));
}

/**
 * The tags named like the ticket's status and priority, as far as the forum has them; then what people
 * have tagged it with besides.
 */
export function tagsFor(
  { status, priority }: TicketCard,
  { available_tags }: Forum,
  applied: readonly string[] = [],
): string[] {
  const wanted = [wordsOfStatus(status), wordsOfPriority(priority)];
  const named = wanted.flatMap(
    (name) => available_tags.find((tag) => nameIn(tag.name) === name) ?? [],
  );
  const isOurs = (id: string) =>
    available_tags.some((tag) => tag.id === id && ours.has(nameIn(tag.name)));
  const others = applied.filter((id) => !isOurs(id));
  return [...named.map(({ id }) => id), ...others].slice(0, limits.postTags);
}
