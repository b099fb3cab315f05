import type { Channel } from "./records.ts";

/**
 * What an event needs: https://docs.slack.dev/reference/events. `message.im` and the others are
 * names of subscriptions; the event itself is `message`.
 */
const eventScopes: Record<string, string | undefined> = {
  "message.channels": "channels:history",
  "message.groups": "groups:history",
  "message.im": "im:history",
  app_mention: "app_mentions:read",
  reaction_added: "reactions:read",
  reaction_removed: "reactions:read",
  channel_archive: "channels:read",
  channel_unarchive: "channels:read",
  group_archive: "groups:read",
  group_unarchive: "groups:read",
  member_joined_channel: "channels:read",
  member_left_channel: "channels:read",
  channel_left: "channels:read",
  group_left: "groups:read",
  channel_deleted: "channels:read",
  group_deleted: "groups:read",
  subteam_members_changed: "usergroups:read",
  subteam_updated: "usergroups:read",
  user_change: "users:read",
  app_home_opened: undefined,
  tokens_revoked: undefined,
  app_uninstalled: undefined,
};

export const knownEvents = Object.keys(eventScopes);

const messages = { channel: "message.channels", group: "message.groups", im: "message.im" };

/** The subscription that an event belongs to. */
export const subscriptionOf = (type: string, channel: Channel | undefined): string =>
  type === "message" && channel ? messages[channel.kind] : type;

export const scopeOfEvent = (subscription: string): string | undefined => eventScopes[subscription];

const kinds = { channel: "channels", group: "groups", im: "im" } as const;

/** https://docs.slack.dev/reference/methods/conversations.history: one scope for each kind. */
export const scopeFor = (channel: Channel, right: "read" | "history"): string =>
  `${kinds[channel.kind]}:${right}`;
