import type { Json } from "../json.ts";
import { named } from "./blocks.ts";
import type { Channel, Ephemeral, Message } from "./records.ts";
import type { Workspace } from "./workspace.ts";

/** Shows something to one person only. */
export function whisper(
  workspace: Workspace,
  given: {
    channel: Channel;
    user: string;
    text: string;
    blocks: Json[];
    threadTs?: string | undefined;
  },
): Ephemeral {
  const ephemeral: Ephemeral = {
    ts: workspace.newTs(given.channel.id),
    channel: given.channel.id,
    user: given.user,
    threadTs: given.threadTs,
    text: given.text,
    blocks: named(given.blocks, () => workspace.newId("b")),
  };
  workspace.ephemerals.push(ephemeral);
  workspace.changed();
  return ephemeral;
}

export function join(workspace: Workspace, channel: Channel, user: string): void {
  if (channel.members.has(user)) return;
  channel.members.add(user);
  const event = { type: "member_joined_channel", user, team: workspace.team.id };
  workspace.tell({ ...event, ...kindOf(channel), event_ts: workspace.eventTs() }, channel);
}

/**
 * Someone leaves, or is removed. The bot is told of others with `member_left_channel`, and of itself
 * with `channel_left` or `group_left` only, as seen in https://github.com/slackapi/bolt-js/issues/1847.
 */
export function leave(workspace: Workspace, channel: Channel, user: string): void {
  if (!channel.members.delete(user)) return;
  const event_ts = workspace.eventTs();
  if (user !== workspace.bot.userId) {
    const event = { type: "member_left_channel", user, team: workspace.team.id };
    workspace.tell({ ...event, ...kindOf(channel), event_ts }, channel);
    return;
  }
  const type = channel.kind === "group" ? "group_left" : "channel_left";
  workspace.tell({ type, channel: channel.id, event_ts }, channel);
}

const kindOf = ({ id, kind }: Channel) => ({
  channel: id,
  channel_type: kind === "group" ? "G" : "C",
});

export function archive(workspace: Workspace, channel: Channel, user: string, on: boolean): void {
  channel.archived = on;
  const type = `${channel.kind}_${on ? "archive" : "unarchive"}`;
  const event = { type, channel: channel.id, user, is_moved: 0 };
  workspace.tell({ ...event, event_ts: workspace.eventTs() }, channel);
}

/** A link in the message gets its preview: it has changed, but not what was written. */
export function unfurl(workspace: Workspace, message: Message): void {
  const preview = { from_url: "https://example.com/", title: "Example", id: 1 };
  workspace.edit(message, { attachments: [...message.attachments, preview] });
}
