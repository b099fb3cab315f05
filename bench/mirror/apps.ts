import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, type Running, startServer } from "../process.ts";
import { deskhand } from "../servers.ts";
import type { Sides } from "./sides.ts";

/** Where Deskhand's data is. */
export const dataOf = (folder: string): string => join(folder, "data");

/** Starts Deskhand between the two platforms, as a process of its own, on a folder of its own. */
export async function startDeskhand(sides: Sides, folder: string): Promise<Running> {
  mkdirSync(folder, { recursive: true });
  const settings = `${folder}.yaml`;
  writeFileSync(settings, routes(sides));
  const port = await freePort();
  const { args, env } = deskhand.command(dataOf(folder), 0, port);
  const { slack, discord } = sides;
  const running = await startServer(
    {
      args,
      env: {
        ...env,
        DESKHAND_CONFIG: settings,
        SLACK_BOT_TOKEN: slack.app.botToken,
        SLACK_SIGNING_SECRET: slack.app.signingSecret,
        SLACK_API_URL: slack.apiUrl,
        DISCORD_TOKEN: discord.token,
        DISCORD_API_URL: discord.apiUrl,
      },
    },
    { port, readyPath: "/readyz", log: `${folder}.log` },
  );
  slack.sendTo(`${running.url}/slack/events`, { keepAlive: true });
  return running;
}

/** Who asks in Slack is answered in Discord, and the other way round. */
function routes({ slackTriage, discordTriage }: Sides): string {
  const toSlack = slackTriage.map(
    ({ id, category, priority }) =>
      `  - { platform: discord, category: ${category}, priority: ${priority}, to: slack:${id} }`,
  );
  return ["triage:", `  - { platform: slack, to: discord:${discordTriage} }`, ...toSlack, ""].join(
    "\n",
  );
}
