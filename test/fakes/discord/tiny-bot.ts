import { Client, GatewayIntentBits, Partials } from "discord.js";
import { onTestFinished } from "vitest";
import type { Discord } from "./discord.ts";

/** The real discord.js at this Discord, with nothing of ours in it. */
export function tinyBot(
  discord: Pick<Discord, "apiUrl" | "origin">,
  intents: number = usualIntents,
): Client {
  const client = new Client({
    intents,
    partials: [Partials.Channel, Partials.Message],
    // Else it waits five seconds between two sessions.
    ws: { buildIdentifyThrottler: async () => ({ waitForIdentify: async () => {} }) },
    rest: { api: discord.apiUrl, cdn: `${discord.origin}/cdn`, retries: 0 },
  });
  client.on("error", () => {});
  client.on("shardError", () => {});
  onTestFinished(() => client.destroy());
  return client;
}

export const usualIntents =
  GatewayIntentBits.Guilds |
  GatewayIntentBits.GuildMessages |
  GatewayIntentBits.DirectMessages |
  GatewayIntentBits.MessageContent;

/** The same, logged in and told of its guilds. */
export async function readyBot(
  discord: Pick<Discord, "apiUrl" | "origin" | "token">,
  intents?: number,
): Promise<Client<true>> {
  const client = tinyBot(discord, intents);
  const ready = new Promise<Client<true>>((resolve) => client.once("clientReady", resolve));
  await client.login(discord.token);
  return ready;
}
