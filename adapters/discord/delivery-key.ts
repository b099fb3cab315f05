/**
 * How a message says which delivery it is: in the address of its embed, which Discord keeps and does
 * not show where there is no title. A nonce cannot be read back.
 */
import { createHash } from "node:crypto";
import { limits } from "./limits.ts";

const hashOf = (text: string): string => createHash("sha256").update(text).digest("base64url");

/**
 * Sent with a message, so that the same one is not posted twice within some minutes. Discord compares
 * it with all that the bot wrote, wherever that was.
 * https://docs.discord.com/developers/resources/message#create-message
 */
export const nonceOf = (key: string, channel: string): string =>
  hashOf(`${channel} ${key}`).slice(0, limits.nonce);

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
