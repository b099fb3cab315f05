import { ApplicationFlags, type REST, Routes } from "discord.js";
import { z } from "zod";
import type { Identity } from "./context.ts";

const userSchema = z.object({ id: z.string(), username: z.string() });
const applicationSchema = z.object({ id: z.string(), flags: z.number().default(0) });

/** Asks Discord whose token it is. Throws what the calls throw. */
export async function whoAreWe(rest: REST): Promise<Identity> {
  const user = userSchema.parse(await rest.get(Routes.user()));
  const application = applicationSchema.parse(await rest.get(Routes.currentApplication()));
  return { application: application.id, user: user.id, name: user.username };
}

/** An app in up to 100 servers may switch the intent on; in more, it has to be granted. */
const mayRead =
  ApplicationFlags.GatewayMessageContent | ApplicationFlags.GatewayMessageContentLimited;

export const cannotRead =
  "Discord does not let the bot read messages: switch on Message Content Intent on the Bot page of the Developer Portal";

/**
 * Whether the privileged intent is on, without which messages have no content:
 * https://docs.discord.com/developers/events/gateway#message-content-intent
 */
export async function readsMessages(rest: REST): Promise<boolean> {
  const { flags } = applicationSchema.parse(await rest.get(Routes.currentApplication()));
  return (flags & mayRead) !== 0;
}
