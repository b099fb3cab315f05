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
  const [, of, channel, ts] = /^(\w+)\/(\w+)\/(\d+\.\d+)$/.exec(reference) ?? [];
  if (of === undefined || channel === undefined || ts === undefined)
    throw new SlackFault("BAD_REFERENCE", `"${reference}" names no message in Slack`);
  if (of !== team)
    throw new SlackFault("OTHER_TEAM", `${reference} is in another workspace than ${team}`);
  return { channel, ts };
}

/** The channel that a reference names, without a look at whose it is. */
export const channelIn = (reference: string): string => reference.split("/")[1] ?? reference;

/** Whether a `where` is a person, whose direct messages are meant, and not a channel. */
export const isPerson = (where: string): boolean => /^[UW]/.test(where);
