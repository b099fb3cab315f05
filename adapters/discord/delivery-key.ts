/**
 * How a message says which delivery it is: in the address of its embed, which Discord keeps. It shows
 * only as the link of a title, which cards have: so it is one of their place. A nonce cannot be read
 * back.
 */
import { createHash } from "node:crypto";
import { RESTJSONErrorCodes as Code } from "discord.js";
import { refusedWith } from "./errors.ts";
import { limits } from "./limits.ts";

const hashOf = (text: string): string => createHash("sha256").update(text).digest("base64url");

/**
 * Sent with a message, so that the same one is not posted twice within some minutes. Discord compares
 * it with all that the bot wrote, wherever that was.
 * https://docs.discord.com/developers/resources/message#create-message
 */
export const nonceOf = (key: string, channel: string): string =>
  hashOf(`${channel} ${key}`).slice(0, limits.nonce);

const mostNonces = 10;

/**
 * What had a nonce and was deleted is not made again with it: Discord then knows no such message.
 * So it gets the next one. https://github.com/discord/discord-api-docs/pull/6647
 */
export async function withNonce<T>(
  key: string,
  channel: string,
  posting: (nonce: string) => Promise<T>,
): Promise<T> {
  for (let deleted = 0; ; deleted += 1) {
    try {
      return await posting(nonceOf(deleted === 0 ? key : `${key} ${deleted}`, channel));
    } catch (error) {
      const wasDeleted = refusedWith(error) === Code.UnknownMessage;
      if (!wasDeleted || deleted + 1 === mostNonces) throw error;
    }
  }
}

const site = "https://discord.com/channels/";
const parameter = "deskhand";

/**
 * The address for a message in a channel of a guild, or (without one) in direct messages: there below
 * a root, unless it is one itself.
 */
export function linkOf(
  key: string,
  { guild = "@me", channel, root }: { guild?: string | undefined; channel: string; root?: string },
): string {
  const at = root === undefined ? channel : `${channel}/${root}`;
  return `${site}${guild}/${at}?${parameter}=${hashOf(key)}`;
}

type Embeds = readonly { url?: string | undefined }[];

/** The address in a message of ours; undefined when it is no delivery. */
export const linkIn = (embeds: Embeds): string | undefined =>
  embeds.map(({ url = "" }) => url).find((url) => hashIn(url) !== undefined);

/** Whether it is the message with this key. */
export const carries = ({ embeds }: { embeds: Embeds }, key: string): boolean =>
  embeds.some(({ url = "" }) => hashIn(url) === hashOf(key));

const hashIn = (url: string): string | undefined =>
  url.startsWith(site) && URL.canParse(url)
    ? (new URL(url).searchParams.get(parameter) ?? undefined)
    : undefined;
