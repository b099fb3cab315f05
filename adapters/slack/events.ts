/** What the Events API tells, read once: https://docs.slack.dev/reference/events */
import { z } from "zod";
import { type MessageEvent, readMessageEvent, type Self } from "./message-events.ts";

export type SlackEvent =
  | MessageEvent
  | { type: "home-opened"; user: string }
  | { type: "member-joined" | "member-left"; channel: string; user: string }
  /** It is the bot that was let in, or removed. */
  | { type: "bot-added" | "bot-removed"; channel: string }
  | { type: "archived" | "unarchived" | "channel-deleted"; channel: string }
  /** A user group has other members, another name, or is switched on or off. */
  | { type: "group-changed"; group: string }
  /** Our token is of no use any more. */
  | { type: "token-revoked" | "uninstalled" };

export interface Us {
  team: string;
  self: Self;
}

/**
 * What the app subscribes to, each with the scope it needs; nothing that no one has a use for.
 * `user_change` is left out: every change of someone's status is one, and Slack counts them until it
 * holds back messages. Names are asked for anew every few minutes instead.
 */
export const subscriptions = [
  { event: "app_home_opened", scope: null },
  { event: "app_uninstalled", scope: null },
  { event: "channel_archive", scope: "channels:read" },
  { event: "channel_deleted", scope: "channels:read" },
  { event: "channel_left", scope: "channels:read" },
  { event: "channel_unarchive", scope: "channels:read" },
  { event: "group_archive", scope: "groups:read" },
  { event: "group_deleted", scope: "groups:read" },
  { event: "group_left", scope: "groups:read" },
  { event: "group_unarchive", scope: "groups:read" },
  // Of private channels as well, with groups:read.
  { event: "member_joined_channel", scope: "channels:read" },
  { event: "member_left_channel", scope: "channels:read" },
  { event: "message.channels", scope: "channels:history" },
  { event: "message.groups", scope: "groups:history" },
  { event: "message.im", scope: "im:history" },
  { event: "subteam_members_changed", scope: "usergroups:read" },
  { event: "subteam_updated", scope: "usergroups:read" },
  { event: "tokens_revoked", scope: null },
] as const satisfies readonly { event: string; scope: string | null }[];

const envelopeSchema = z.object({
  type: z.literal("event_callback"),
  team_id: z.string(),
  /** https://docs.slack.dev/apis/events-api/#authorizations: whose installation is told. */
  authorizations: z.array(z.object({ team_id: z.string().nullish() })).nullish(),
  event: z.looseObject({ type: z.string() }),
});

/** `envelope` is the whole body. Pure; what it does not know is `unsupported`, with what it was. */
export function readEvent(envelope: unknown, us: Us): SlackEvent {
  const { data } = envelopeSchema.safeParse(envelope);
  if (!data) return { type: "unsupported", what: "no event" };
  const teams = [data.team_id, ...(data.authorizations ?? []).map(({ team_id }) => team_id)];
  if (!teams.includes(us.team)) return { type: "ignored", why: "another workspace" };
  const { event } = data;
  const read = Object.hasOwn(readers, event.type) ? readers[event.type] : undefined;
  if (!read) return { type: "unsupported", what: event.type };
  return read(event, us.self) ?? { type: "unsupported", what: `${event.type}, in another shape` };
}

/** Undefined when it has not the shape that is documented. */
type Reader = (event: unknown, self: Self) => SlackEvent | undefined;

const reader =
  <Shape>(
    schema: z.ZodType<Shape>,
    read: (event: Shape, self: Self) => SlackEvent | undefined,
  ): Reader =>
  (event, self) => {
    const { data } = schema.safeParse(event);
    return data && read(data, self);
  };

const inChannel = z.object({ channel: z.string() });
const memberOfChannel = z.object({ channel: z.string(), user: z.string() });

const about = (type: "bot-removed" | "archived" | "unarchived" | "channel-deleted") =>
  reader(inChannel, ({ channel }) => ({ type, channel }));

const readers: Readonly<Record<string, Reader>> = {
  message: readMessageEvent,
  app_home_opened: reader(z.object({ user: z.string() }), ({ user }) => ({
    type: "home-opened",
    user,
  })),
  member_joined_channel: reader(memberOfChannel, ({ channel, user }, self) =>
    user === self.botUserId
      ? { type: "bot-added", channel }
      : { type: "member-joined", channel, user },
  ),
  member_left_channel: reader(memberOfChannel, ({ channel, user }, self) =>
    user === self.botUserId
      ? { type: "bot-removed", channel }
      : { type: "member-left", channel, user },
  ),
  // What the bot is told of when it is removed itself.
  channel_left: about("bot-removed"),
  group_left: about("bot-removed"),
  channel_archive: about("archived"),
  group_archive: about("archived"),
  channel_unarchive: about("unarchived"),
  group_unarchive: about("unarchived"),
  channel_deleted: about("channel-deleted"),
  group_deleted: about("channel-deleted"),
  subteam_members_changed: reader(z.object({ subteam_id: z.string() }), ({ subteam_id }) => ({
    type: "group-changed",
    group: subteam_id,
  })),
  subteam_updated: reader(
    z.object({ subteam: z.object({ id: z.string() }) }),
    ({ subteam: { id } }) => ({ type: "group-changed", group: id }),
  ),
  app_uninstalled: () => ({ type: "uninstalled" }),
  tokens_revoked: reader(
    z.object({ tokens: z.object({ bot: z.array(z.string()).nullish() }) }),
    ({ tokens: { bot } }, self) =>
      bot?.includes(self.botUserId)
        ? { type: "token-revoked" }
        : { type: "ignored", why: "someone else's" },
  ),
};
