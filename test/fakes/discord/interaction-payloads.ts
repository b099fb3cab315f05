import { type Json, present, records, string } from "../json.ts";
import { limits } from "./limits.ts";
import { channelObject, memberObject, userObject } from "./objects.ts";
import { messageObject } from "./objects-message.ts";
import { type Deed, interactionType } from "./outcomes.ts";
import type { Channel } from "./records.ts";
import type { Server } from "./server.ts";

/** Where something was done: https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-object-interaction-context-types */
const contexts = { guild: 0, botDirectMessages: 1 } as const;

export const contextOf = ({ guild }: Channel): number =>
  guild === undefined ? contexts.botDirectMessages : contexts.guild;

/** https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-object */
export function interactionObject(
  server: Server,
  { id, token }: { id: string; token: string },
  deed: Deed,
): Json {
  const { channel, user, source } = deed;
  const shownTo = (who: string) => String(server.permissionsOf(who, channel.id));
  return present({
    id,
    application_id: server.application.id,
    type: deed.type,
    token,
    version: 1,
    data: deed.data,
    channel_id: channel.id,
    channel: { ...channelObject(server, channel), permissions: shownTo(user) },
    message: source && messageObject(server, source),
    ...whoDid(server, channel, user),
    app_permissions: shownTo(server.application.id),
    locale: server.user(user).locale,
    entitlements: [],
    entitlement_sku_ids: [],
    authorizing_integration_owners: owners(channel),
    context: contextOf(channel),
    attachment_size_limit: limits.fileBytes,
  });
}

/** https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-object-authorizing-integration-owners-object */
const owners = ({ guild }: Channel): Json => ({ "0": guild ?? "0" });

function whoDid(server: Server, channel: Channel, user: string): Json {
  if (channel.guild === undefined) return { user: userObject(server.user(user)) };
  const { members, locale, id } = server.guild(channel.guild);
  const member = members.get(user);
  if (!member) throw new Error(`${user} is not in the guild`);
  const permissions = String(server.permissionsOf(user, channel.id));
  return {
    guild_id: id,
    guild: { id, locale, features: ["COMMUNITY"] },
    guild_locale: locale,
    member: { ...memberObject(server, member), permissions },
  };
}

/** What a message says of the interaction that it answers: https://docs.discord.com/developers/resources/message#message-interaction-metadata-object */
export function metadataOf(server: Server, id: string, deed: Deed): Json {
  const { type, data, source, opener } = deed;
  return present({
    id,
    type,
    user: userObject(server.user(deed.user)),
    authorizing_integration_owners: owners(deed.channel),
    name: type === interactionType.command ? string(data.name) : undefined,
    command_type: type === interactionType.command ? data.type : undefined,
    interacted_message_id: type === interactionType.component ? source?.id : undefined,
    triggering_interaction_metadata: type === interactionType.modal ? opener : undefined,
  });
}

/** Everything in a message or a modal that can be used, wherever it lies. */
export function usable(components: readonly Json[]): Json[] {
  return components.flatMap((each) => [
    ...(typeof each.custom_id === "string" ? [each] : []),
    ...usable(records(each.components)),
    ...usable(records([each.accessory])),
  ]);
}
