/** What was posted, read back. */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { WantedMessage } from "../../src/desk/chat.ts";
import type { Call } from "./calls.ts";
import type { Identity } from "./identity.ts";
import { limits } from "./limits.ts";
import type { MessageAddress } from "./references.ts";

/** By what the bot's own messages are known. */
export type Self = Pick<Identity, "team" | "botId" | "botUserId">;

export const metadataEventType = "deskhand_delivery";
const blockPrefix = "deskhand-";

/** A delivery's key as a message carries it. https://docs.slack.dev/messaging/message-metadata */
export const metadataOf = (key: string) => ({
  event_type: metadataEventType,
  event_payload: { key },
});

/** The same for the message of a file, which has no metadata but keeps the id of a block. */
export const blockIdOf = (key: string): string =>
  `${blockPrefix}${createHash("sha256").update(key).digest("base64url")}`;

const messageSchema = z.object({
  ts: z.string(),
  bot_id: z.string().optional(),
  user: z.string().optional(),
  metadata: z
    .object({ event_type: z.string(), event_payload: z.object({ key: z.string() }) })
    .optional()
    .catch(undefined),
  blocks: z.array(z.object({ block_id: z.string().optional() })).catch([]),
  files: z.array(z.object({ name: z.string().nullish(), size: z.number().optional() })).catch([]),
});

type PostedMessage = z.infer<typeof messageSchema>;

const pageSchema = z.object({
  messages: z.array(messageSchema),
  response_metadata: z.object({ next_cursor: z.string().optional() }).optional(),
});

/** All messages from then on, page after page, each page when it is needed. */
async function* read(
  call: Call,
  method: "conversations.history" | "conversations.replies",
  args: { channel: string; ts?: string; sinceMs: number },
): AsyncGenerator<PostedMessage> {
  const { sinceMs, ...where } = args;
  const asked = {
    ...where,
    oldest: oldestFor(sinceMs),
    limit: limits.page,
    include_all_metadata: true,
  };
  let cursor: string | undefined;
  do {
    const next = cursor === undefined ? {} : { cursor };
    const page = await call(method, { ...asked, ...next }, pageSchema);
    yield* page.messages;
    cursor = page.response_metadata?.next_cursor || undefined;
  } while (cursor !== undefined);
}

/** How far Slack's clock and ours may be apart. */
const skewMs = 5 * 60_000;

const oldestFor = (sinceMs: number) => (Math.max(0, sinceMs - skewMs) / 1_000).toFixed(6);

/** Any app may post metadata of any type: only what the bot posted counts. */
const isOurs = ({ bot_id, user }: PostedMessage, { botId, botUserId }: Self) =>
  bot_id === botId || user === botUserId;

const carries = ({ metadata, blocks }: PostedMessage, key: string) =>
  (metadata?.event_type === metadataEventType && metadata.event_payload.key === key) ||
  blocks.some(({ block_id }) => block_id === blockIdOf(key));

const carriesAny = ({ blocks }: PostedMessage) =>
  blocks.some(({ block_id }) => block_id?.startsWith(blockPrefix));

/** The message in the channel itself, and not in a thread, that carries this key. */
export async function findInChannel(
  call: Call,
  self: Self,
  channel: string,
  { key, sinceMs }: WantedMessage,
): Promise<MessageAddress | undefined> {
  for await (const message of read(call, "conversations.history", { channel, sinceMs }))
    if (isOurs(message, self) && carries(message, key)) return { channel, ts: message.ts };
  return undefined;
}

/**
 * The message under this root that is wanted. `isOther` tells the messages that it is not. Slack
 * answers `thread_not_found` when the root is gone.
 */
export async function findInThread(
  call: Call,
  self: Self,
  { channel, ts: root }: MessageAddress,
  wanted: WantedMessage,
  isOther: (address: MessageAddress) => boolean,
): Promise<MessageAddress | undefined> {
  const { key, sinceMs, file } = wanted;
  const isFile = ({ files }: PostedMessage) =>
    file !== undefined &&
    files.some(({ name, size }) => name === file.name && size === file.sizeBytes);
  let alike: MessageAddress | undefined;
  const thread = read(call, "conversations.replies", { channel, ts: root, sinceMs });
  for await (const message of thread) {
    const address = { channel, ts: message.ts };
    if (!isOurs(message, self)) continue;
    if (carries(message, key)) return address;
    if (isFile(message) && !carriesAny(message) && !isOther(address)) alike ??= address;
  }
  return alike;
}
