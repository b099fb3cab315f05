import { SlackFault } from "./errors.ts";

/** What names a message; of a thread, its root does. */
export interface MessageAddress {
  channel: string;
  ts: string;
}

/** `TEAM/CHANNEL/TS`. */
export const writeReference = (team: string, { channel, ts }: MessageAddress): string =>
  `${team}/${channel}/${ts}`;

/** Throws a `SlackFault` when it is not one that was written here, or is another workspace's. */
export function readReference(team: string, reference: string): MessageAddress {
  const { of, channel, ts } = partsOf(reference);
  if (of !== team)
    throw new SlackFault("OTHER_TEAM", `${reference} is in another workspace than ${team}`);
  return { channel, ts };
}

/**
 * When a message was written, in ms since 1970, by Slack's clock. Throws a `SlackFault` when it is no
 * reference.
 */
export const writtenAt = (reference: string): number => msOf(partsOf(reference).ts);

/** A `ts` is in seconds, with six digits behind the point: of the last three nothing is left. */
export function msOf(ts: string): number {
  const [seconds = "", rest = ""] = ts.split(".");
  return Number(`${seconds}${rest.padEnd(3, "0").slice(0, 3)}`);
}

function partsOf(reference: string): MessageAddress & { of: string } {
  const [, of, channel, ts] = /^(\w+)\/(\w+)\/(\d+\.\d+)$/.exec(reference) ?? [];
  if (of === undefined || channel === undefined || ts === undefined)
    throw new SlackFault("BAD_REFERENCE", `"${reference}" names no message in Slack`);
  return { of, channel, ts };
}

/** The channel that a reference names, without a look at whose it is. */
export const channelIn = (reference: string): string => reference.split("/")[1] ?? reference;

/** Whether a `where` is a person, whose direct messages are meant, and not a channel. */
export const isPerson = (where: string): boolean => /^[UW]/.test(where);

/** A person's id, as the desk has it. */
export const personId = (team: string, user: string): string => `slack:${team}:${user}`;

/** Their id in Slack. */
export const userIn = (id: string): string => id.slice(id.lastIndexOf(":") + 1);

/** Whether a channel is someone's direct messages with the bot. */
export const isDirect = (channel: string): boolean => channel.startsWith("D");
