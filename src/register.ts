import { type Config, ConfigError } from "./config.ts";

/** Registers the commands of Discord. Throws a ConfigError where Discord is off. */
export async function register({ discord }: Config): Promise<{ ok: boolean; sentence: string }> {
  if (!discord)
    throw new ConfigError(["DISCORD_TOKEN is needed: the commands are registered with it"]);
  const { registerWith } = await import("../adapters/discord/registration.ts");
  return registerWith(discord);
}
