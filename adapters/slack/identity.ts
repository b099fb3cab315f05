import type { WebClient } from "@slack/web-api";
import { z } from "zod";
import { SlackFault } from "./errors.ts";

/** Who the bot is, and where. */
export interface Identity {
  team: string;
  botId: string;
  botUserId: string;
  appId: string;
  /** Of the workspace: `https://acme.slack.com/`. */
  url: string;
}

const answerSchema = z.object({
  team_id: z.string(),
  user_id: z.string(),
  bot_id: z.string(),
  url: z.string(),
});
const botSchema = z.object({ bot: z.object({ app_id: z.string() }) });

/** Asks Slack whose token it is. Throws what the call throws. */
export async function whoAreWe(web: WebClient): Promise<Identity> {
  const answer = answerSchema.safeParse(await web.auth.test());
  if (!answer.success)
    throw new SlackFault("UNEXPECTED_ANSWER", "The token is not a bot's: auth.test names no bot");
  const { team_id: team, user_id: botUserId, bot_id: botId, url } = answer.data;
  const bot = botSchema.safeParse(await web.bots.info({ bot: botId }).catch(() => undefined));
  return { team, botId, botUserId, appId: bot.data?.bot.app_id ?? "", url };
}
