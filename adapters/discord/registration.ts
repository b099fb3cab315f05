import { registerCommands } from "./commands.ts";
import { failureOf } from "./errors.ts";
import { whoAreWe } from "./identity.ts";
import { createRest } from "./rest.ts";

/** Registers the commands, unless Discord has them just so. Says in words what came of it. */
export async function registerWith(given: {
  token: string;
  apiUrl?: string;
}): Promise<{ ok: boolean; sentence: string }> {
  const rest = createRest({ token: given.token, apiUrl: given.apiUrl });
  try {
    const { application } = await whoAreWe(rest);
    return { ok: true, sentence: told[await registerCommands(rest, application)] };
  } catch (error) {
    const sentence = `Discord did not take the commands: ${failureOf(error).reason}. deskhand doctor says more.`;
    return { ok: false, sentence };
  }
}

const told = {
  same: "Discord has the commands already, just as they should be.",
  registered:
    "The commands are registered. Discord shows them at once; a client that is open may need a reload.",
} as const;
