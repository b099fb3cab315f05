/** What the bot has to be allowed, and why. The manifest has these scopes and no others. */
import { subscriptions } from "./events.ts";

/**
 * Every method of the Web API that is called, with the bot's scopes that it needs: its page at
 * https://docs.slack.dev/reference/methods says so. Where they differ by kind of conversation,
 * those of the kinds that it is called for. Agents' threads are in public (`channels`) or private
 * (`groups`) channels, requesters' in direct messages (`im`).
 */
export const methodScopes = {
  // With the app's token, whose own scope is connections:write.
  "apps.connections.open": [],
  "auth.test": [],
  "bots.info": ["users:read"],
  "chat.delete": ["chat:write"],
  "chat.postEphemeral": ["chat:write"],
  "chat.postMessage": ["chat:write"],
  "chat.update": ["chat:write"],
  "conversations.history": ["channels:history", "groups:history", "im:history"],
  // Channels only.
  "conversations.info": ["channels:read", "groups:read"],
  "conversations.members": ["channels:read", "groups:read"],
  // With one person.
  "conversations.open": ["im:write"],
  "conversations.replies": ["channels:history", "groups:history", "im:history"],
  "files.completeUploadExternal": ["files:write"],
  "files.getUploadURLExternal": ["files:write"],
  "files.info": ["files:read"],
  "reactions.add": ["reactions:write"],
  "reactions.remove": ["reactions:write"],
  "usergroups.list": ["usergroups:read"],
  "usergroups.users.list": ["usergroups:read"],
  "users.info": ["users:read"],
  "views.open": [],
  "views.publish": [],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** What needs a scope beside methods and events. */
export const featureScopes = [
  /** Slash commands and shortcuts: https://docs.slack.dev/reference/scopes/commands */
  "commands",
  /** Messages under their writers' names: https://docs.slack.dev/reference/scopes/chat.write.customize */
  "chat:write.customize",
] as const;

/** Every scope that the bot needs, sorted. */
export const neededScopes: readonly string[] = [
  ...new Set<string>([
    ...Object.values(methodScopes).flat(),
    ...subscriptions.flatMap(({ scope }) => (scope === null ? [] : [scope])),
    ...featureScopes,
  ]),
].sort();
