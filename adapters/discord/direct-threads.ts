/**
 * Direct messages have no threads. What someone writes there belongs to a ticket when it answers one
 * of its messages, or something of theirs that did. Each of ours names the ticket's card in the
 * address of its embed (`delivery-key.ts`).
 */
import { MessageReferenceType, RESTJSONErrorCodes, Routes } from "discord.js";
import { LRUCache } from "lru-cache";
import { z } from "zod";
import type { Context } from "./context.ts";
import { linkIn } from "./delivery-key.ts";
import { unlessRefused } from "./errors.ts";

export interface DirectThreads {
  /** A message as the gateway tells of it: what ours there belong to is then known. */
  saw(message: unknown): void;
  /** The card of the ticket that this answers; undefined: it answers none. */
  rootFor(message: {
    channel: string;
    id: string;
    repliesTo?: string | undefined;
  }): Promise<string | undefined>;
  /** The cards that a message which is gone may have stood below. */
  rootsOfDeleted(message: { channel: string; id: string }): Promise<string[]>;
}

const messageSchema = z.object({
  id: z.string(),
  author: z.object({ id: z.string() }),
  embeds: z.array(z.object({ url: z.string().exactOptional() })).default([]),
  message_reference: z
    .object({ type: z.number().optional(), message_id: z.string().optional() })
    .nullish(),
});

type Message = z.infer<typeof messageSchema>;

const historySchema = z.array(messageSchema);

/** With what it answers, which may be missing, or gone. */
const seenSchema = messageSchema.extend({
  guild_id: z.string().optional(),
  referenced_message: messageSchema.nullish().catch(undefined),
});

const mostKept = 5_000;
/** Someone may answer what they wrote themselves, again and again. */
const mostSteps = 10;
/** https://docs.discord.com/developers/resources/message#get-channel-messages */
const mostRead = 100;
/** Of what is read back for one that was deleted. */
const mostPages = 10;

interface DirectThreadsParts extends Pick<Context, "rest"> {
  /** The bot's user. */
  self(): string;
}

export function createDirectThreads({ rest, self }: DirectThreadsParts): DirectThreads {
  const known = new LRUCache<string, string>({ max: mostKept });
  const rootOf = async (
    channel: string,
    id: string,
    steps: number,
  ): Promise<string | undefined> => {
    const root = known.get(id);
    if (root !== undefined || steps === 0) return root;
    const asked = rest.get(Routes.channelMessage(channel, id));
    const found = await unlessRefused([RESTJSONErrorCodes.UnknownMessage], asked);
    if (found === undefined) return undefined;
    const message = messageSchema.parse(found);
    const rootFound = rootIn(message, self()) ?? (await next(channel, message, steps - 1));
    if (rootFound !== undefined) known.set(id, rootFound);
    return rootFound;
  };
  const next = async (channel: string, { message_reference }: Message, steps: number) => {
    const { type, message_id } = message_reference ?? {};
    if (message_id === undefined || type === MessageReferenceType.Forward) return undefined;
    return rootOf(channel, message_id, steps);
  };

  return {
    saw(message) {
      const { data } = seenSchema.safeParse(message);
      if (!data || data.guild_id !== undefined) return;
      for (const each of [data, data.referenced_message ?? data]) {
        const root = rootIn(each, self());
        if (root !== undefined) known.set(each.id, root);
      }
    },
    async rootFor({ channel, id, repliesTo }) {
      if (repliesTo === undefined) return undefined;
      const root = await rootOf(channel, repliesTo, mostSteps);
      if (root !== undefined) known.set(id, root);
      return root;
    },
    async rootsOfDeleted({ channel, id }) {
      const root = known.get(id);
      if (root !== undefined) return [root];
      // What it answered is older than it was.
      const roots: (string | undefined)[] = [];
      for await (const message of readBack(rest, channel, id)) roots.push(rootIn(message, self()));
      return [...new Set(roots.filter((each) => each !== undefined))];
    },
  };
}

/** What stands before a message, newest first, as far as it is read. */
async function* readBack(
  rest: Context["rest"],
  channel: string,
  id: string,
): AsyncIterable<Message> {
  let before = id;
  for (let page = 0; page < mostPages; page += 1) {
    const query = new URLSearchParams({ limit: String(mostRead), before });
    const history = historySchema.parse(await rest.get(Routes.channelMessages(channel), { query }));
    yield* history;
    const oldest = history.at(-1);
    if (!oldest || history.length < mostRead) return;
    before = oldest.id;
  }
}

/** The card that a message of ours belongs to: it names none when it is one itself. */
function rootIn({ id, author, embeds }: Message, self: string): string | undefined {
  const link = author.id === self ? linkIn(embeds) : undefined;
  if (link === undefined) return undefined;
  const [, , , , root] = new URL(link).pathname.split("/");
  return root ?? id;
}
