/**
 * What Discord refuses, by its own codes, and what that means.
 * https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
 */
import { RESTJSONErrorCodes as Code } from "discord.js";
import { mendableAfterMs } from "../../src/desk/broken-calls.ts";
import type { Failure } from "../../src/desk/chat.ts";
import { type KnownRights, rightsFor } from "./refusals-rights.ts";

/** What was refused. */
export interface Refusal {
  code: number;
  method: string;
  /** The address that was called. */
  url: string;
  /** What Discord says is wrong, field by field. */
  fields: string;
}

const soonMs = 10_000;
/** As long as Discord counts most of what it limits. */
const laterMs = 10 * 60_000;

type Meaning = (reason: string) => Failure;

/** An operator can mend it, and then it works: until then nothing is given up. */
const mendable: Meaning = (reason) => ({ outcome: "retry", reason, retryAfterMs: mendableAfterMs });
/** It had no effect, and passes by itself. */
const passing = (reason: string, retryAfterMs = soonMs): Failure => ({
  ...{ outcome: "retry", reason, retryAfterMs },
});
const dead: Meaning = (reason) => ({ outcome: "dead", reason });
const gone: Meaning = (reason) => ({ outcome: "gone", reason });

export const badToken = mendable(
  "Discord does not accept the bot's token: reset it in the developer portal and set the new DISCORD_TOKEN",
);
export const tooLarge = dead("it is larger than Discord allows");
export const locked = mendable(
  "the thread is locked in Discord: ask a moderator to unlock it, or give the bot Manage Threads",
);
const noPerson = dead("the person is no longer in this Discord server");
const wrongChannel = dead("Discord does not allow that in this kind of channel");
const tooFast = passing("too much is written in this Discord channel at once");
const slowed = passing("Discord limits this at the moment");
const noTags = mendable(
  "the forum requires a tag: add tags named like the states of tickets (Open, Closed, …), or require none",
);
const blocked = dead("the Discord server's AutoMod does not let the message through");
/** See `withNonce` in `delivery-key.ts`. */
const deletedBefore = passing(
  "Discord does not post again yet what was deleted a moment ago",
  mendableAfterMs,
);
const noInteraction = dead("it was too late to answer in Discord");

const refusals: ReadonlyMap<number, Failure> = new Map<number, Failure>([
  [Code.Unauthorized, badToken],
  [Code.InvalidToken, badToken],
  [Code.VerifyYourAccount, mendable("Discord wants the bot's account to be verified")],
  [Code.UnknownGuild, mendable("the bot is not in the Discord server: add it again")],
  [
    Code.CloudflareIsBlockingYourRequest,
    mendable("Discord does not accept calls from this network at the moment"),
  ],
  [
    Code.SendMessagesHasBeenTemporarilyDisabled,
    mendable("Discord has switched off the bot's messages for a time"),
  ],
  [
    Code.TwoFactorAuthenticationIsRequired,
    mendable(
      "the Discord server asks for two-factor authentication: the bot's owner has to use it",
    ),
  ],
  [
    Code.ChannelVerificationLevelTooHighForYouToGainAccess,
    mendable("the channel's verification level keeps the bot out: lower it"),
  ],
  [Code.TagRequiredToCreateAForumPostInThisChannel, noTags],
  [Code.ThereAreNoTagsAvailableThatCanBeSetByNonModerators, noTags],
  [
    Code.MaximumActiveThreads,
    mendable("the Discord server has as many open threads as Discord allows: close some"),
  ],
  [
    Code.CannotSendAnEmptyMessage,
    mendable("the bot may not show what it writes there: give it Embed Links"),
  ],

  [Code.ActionCannotBePerformedDueToSlowmodeRateLimit, tooFast],
  [Code.ChannelSendRateLimit, tooFast],
  [Code.ServerSendRateLimit, tooFast],
  [Code.AnnouncementEditLimitExceeded, slowed],
  [Code.MaximumNumberOfEditsToMessagesOlderThanOneHourReached, passing(slowed.reason, laterMs)],
  [Code.OpeningDirectMessagesTooFast, passing(slowed.reason, laterMs)],
  [Code.ServiceResourceIsBeingRateLimited, slowed],
  [Code.FeatureTemporarilyDisabledServerSide, slowed],
  [Code.APIResourceOverloaded, slowed],

  [Code.UnknownChannel, gone("the thread has been deleted in Discord")],

  [Code.UnknownMessage, dead("the message has been deleted in Discord")],
  [Code.UnknownMember, noPerson],
  [Code.UnknownUser, noPerson],
  [
    Code.CannotSendMessagesToThisUser,
    dead("the person does not take direct messages from the bot in Discord"),
  ],
  [
    Code.CannotSendMessagesToThisUserDueToHavingNoMutualGuilds,
    dead("the person is in no Discord server with the bot any more"),
  ],
  [Code.CannotEditMessageAuthoredByAnotherUser, dead("the message is not the bot's own")],
  [Code.CannotExecuteActionOnSystemMessage, dead("the message is one of Discord's own")],
  [Code.CannotExecuteActionOnThisChannelType, wrongChannel],
  [Code.CannotSendMessagesInNonTextChannel, wrongChannel],
  [Code.CannotSendAMessageInAForumChannel, wrongChannel],
  [Code.CannotExecuteActionOnDMChannel, wrongChannel],
  [Code.InvalidActionOnArchivedThread, dead("the thread is archived in Discord: open it again")],
  [Code.ThreadLocked, locked],
  [Code.RequestEntityTooLarge, tooLarge],
  [Code.FileUploadedExceedsMaximumSize, tooLarge],
  [Code.InvalidFileUploaded, dead("Discord does not take the file")],
  [
    Code.AccessToFileUploadsHasBeenLimitedForThisGuild,
    dead("Discord has limited files in this server: try again later"),
  ],
  [Code.MaximumNumberOfReactionsReached, dead("the message has as many reactions as it can")],
  [Code.ReactionWasBlocked, dead("the person has blocked the bot")],
  [Code.MessageWasBlockedByAutomaticModeration, blocked],
  [Code.TitleWasBlockedByAutomaticModeration, blocked],
  [Code.MessageBlockedByHarmfulLinksFilter, dead("Discord takes a link in it for harmful")],
  [
    Code.ExplicitContentCannotBeSentToTheDesiredRecipient,
    dead("Discord takes it for something that the person does not want to see"),
  ],
  [Code.UnknownInteraction, noInteraction],
  [Code.UnknownWebhook, noInteraction],
  [Code.InvalidWebhookToken, noInteraction],
]);

const isPosting = (method: string, url: string) =>
  method.toUpperCase() === "POST" && /\/messages$/.test(url);

/** What a refusal means. A code that is not known is dead. */
export function refusalOf({ code, method, url, fields }: Refusal, known?: KnownRights): Failure {
  if (code === Code.MissingPermissions || code === Code.MissingAccess)
    return mendable(`the bot may not do that in Discord: give it ${rightsFor(method, url, known)}`);
  if (code === Code.InvalidFormBodyOrContentType)
    return dead(`Discord does not understand the message${fields === "" ? "" : ` (${fields})`}`);
  if (code === Code.UnknownMessage && isPosting(method, url)) return deletedBefore;
  return refusals.get(code) ?? dead(`Discord refuses it (${code})`);
}
