/**
 * What Slack refuses, by its own codes, and what that means. From the tables at
 * https://docs.slack.dev/reference/methods/chat.postMessage#errors and of the other methods here.
 */
import { mendableAfterMs } from "../../src/desk/broken-calls.ts";
import type { Failure } from "../../src/desk/chat.ts";

const soonMs = 10_000;

type Meaning = (reason: string) => Failure;

/** An operator can mend it, and then it works: until then nothing is given up. */
const mendable: Meaning = (reason) => ({ outcome: "retry", reason, retryAfterMs: mendableAfterMs });
/** It had no effect, and passes by itself. */
const passing: Meaning = (reason) => ({ outcome: "retry", reason, retryAfterMs: soonMs });
/** "It's possible some aspect of the operation succeeded before the error was raised." */
const unclear: Meaning = (reason) => ({ outcome: "uncertain", reason });
const dead: Meaning = (reason) => ({ outcome: "dead", reason });
const gone: Meaning = (reason) => ({ outcome: "gone", reason });

const badToken = mendable(
  "Slack does not accept the bot's token: install the app again and set the new SLACK_BOT_TOKEN",
);
const notIn = mendable("the bot is not in the channel: invite it with /invite @Deskhand");
const archived = mendable("the channel is archived: unarchive it");
const notAllowed = mendable(
  "the workspace's settings do not let the bot post there: ask a Slack admin to allow it",
);
const locked = mendable("the thread is locked in Slack: ask a Slack admin to unlock it");
const suspended = mendable("Slack's admins have suspended posting: ask them to allow it");
const troubled = unclear("Slack had trouble of its own");
const tooLong = dead("it is longer than Slack allows");
const malformed = dead("Slack does not understand the message");
const deleted = dead("the message has been deleted in Slack");
const noEdit = dead("Slack no longer lets this message be edited");
const noDelete = dead("Slack does not let this message be deleted");
const noPerson = dead("the person is no longer in this Slack workspace");
const noFile = dead("the file has been deleted in Slack");
// Not waited for, as it would hold up what was said next: agents are told at once, and try again.
const noUploads = dead(
  "the workspace does not allow files: ask a Slack admin to allow them, then try again",
);
const tooManyReactions = dead("the message has as many reactions as Slack allows");

const refusals: Readonly<Record<string, Failure>> = {
  not_authed: badToken,
  invalid_auth: badToken,
  account_inactive: badToken,
  token_revoked: badToken,
  token_expired: badToken,
  not_allowed_token_type: badToken,
  missing_scope: mendable("the Slack app lacks a scope: add it and install the app again"),
  no_permission: mendable("the Slack app may not do that: check its scopes, install it again"),
  access_denied: mendable("Slack denies the bot access: ask a Slack admin to allow it"),
  team_access_not_granted: mendable("the bot has no access to this workspace: install the app"),
  accesslimited: mendable("Slack does not accept calls from this network: ask a Slack admin"),
  ekm_access_denied: suspended,
  org_login_required: passing("the workspace is being moved by Slack"),
  team_added_to_org: passing("the workspace is being moved by Slack"),
  external_channel_migrating: passing("the channel is being moved by Slack"),

  not_in_channel: notIn,
  channel_not_found: mendable(
    "the bot cannot see the channel: if it still exists, invite it with /invite @Deskhand",
  ),
  is_archived: archived,
  is_inactive: mendable("the channel is archived or locked: open it again"),
  restricted_action: notAllowed,
  restricted_action_read_only_channel: notAllowed,
  restricted_action_thread_only_channel: notAllowed,
  restricted_action_non_threadable_channel: mendable(
    "the channel does not allow threads: change its settings",
  ),
  restricted_action_thread_locked: locked,
  thread_locked: locked,
  posting_to_channel_denied: mendable(
    "the bot may not post files in the channel: invite it, and check that it is not archived",
  ),
  messages_tab_disabled: mendable(
    "people cannot get messages from the app: switch on the messages tab of its App Home",
  ),
  message_limit_exceeded: passing("too many messages are sent in this Slack workspace"),
  request_timeout: passing("the request did not reach Slack whole"),
  invalid_cursor: passing("Slack does not go on with the thread where it left off"),

  internal_error: troubled,
  fatal_error: troubled,
  service_unavailable: { ...troubled, isDown: true },

  thread_not_found: gone("the thread has been deleted in Slack"),
  cannot_reply_to_message: gone("Slack allows no replies under this message"),

  msg_too_long: tooLong,
  msg_blocks_too_long: tooLong,
  metadata_too_large: tooLong,
  too_many_attachments: tooLong,
  no_text: dead("it has no text"),
  invalid_blocks: malformed,
  invalid_blocks_format: malformed,
  invalid_arguments: malformed,
  invalid_metadata_format: malformed,
  invalid_metadata_schema: malformed,
  message_not_found: deleted,
  cant_update_message: noEdit,
  edit_window_closed: noEdit,
  cant_delete_message: noDelete,
  compliance_exports_prevent_deletion: noDelete,
  user_not_found: noPerson,
  user_not_visible: noPerson,
  user_disabled: noPerson,
  cannot_dm_bot: dead("Slack allows no direct messages between bots"),
  file_not_found: noFile,
  file_deleted: noFile,
  file_uploads_disabled: noUploads,
  file_uploads_except_images_disabled: noUploads,
  storage_limit_reached: dead(
    "the workspace has no room for files: make some in Slack, then try again",
  ),
  blocked_file_type: dead("the workspace does not allow files of this type"),
  malware_detected: dead("Slack takes the file for malware"),
  too_many_emoji: tooManyReactions,
  too_many_reactions: tooManyReactions,
};

/**
 * What keeps a thread from being read until someone changes it, with why in words, where those from
 * above do not fit: https://docs.slack.dev/reference/methods/conversations.replies#errors
 */
const unreadable: Readonly<Record<string, string>> = {
  not_in_channel: "",
  channel_not_found: "",
  missing_scope: "",
  no_permission: "",
  access_denied: "",
  team_access_not_granted: "",
  // The same page says that bots may not read the threads of channels; they are let do it.
  not_allowed_token_type: "Slack does not let bots read the threads of this channel",
  method_not_supported_for_channel_type: "Slack does not let bots read the threads of this channel",
};

/** Undefined: it passes, or is about more than one channel. Empty: `refusalOf` has the words. */
export const unreadableFor = (code: string): string | undefined =>
  Object.hasOwn(unreadable, code) ? unreadable[code] : undefined;

/** Slack's codes are words; what else stands in their place is no refusal of Slack's. */
export const isSlackCode = (code: string): boolean => /^[a-z][a-z0-9_]{1,79}$/.test(code);

/** What a refusal means; `needed` is the scope that Slack misses. A code that is not known is dead. */
export function refusalOf(code: string, needed?: string): Failure {
  if (code === "missing_scope" && needed !== undefined)
    return mendable(`the Slack app lacks the scope ${needed}: add it and install the app again`);
  const known = Object.hasOwn(refusals, code) ? refusals[code] : undefined;
  return known ?? dead(`Slack refuses it (${code})`);
}
