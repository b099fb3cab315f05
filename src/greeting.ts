import type { Config } from "./config.ts";
import type { Running } from "./main.ts";
import { storeWords } from "./open-store.ts";
import { reachable } from "./reachable.ts";
import { remoteWords } from "./service.ts";
import { triageSpots } from "./settings.ts";

const example = {
  title: "API Integration Issue",
  description: "Getting 401 errors when trying to authenticate.",
  priority: "high",
  category: "technical",
};

/** What a start tells the person who started it: what is on, what is off, and what to try. */
export function greeting(config: Config, { url, tokens, problems }: Running): string {
  const token = tokens.find(({ role }) => role === "client") ?? tokens[0];
  // A token that was given to us is not printed back.
  const bearer = config.apiTokens ? "YOUR_TOKEN" : token?.token;
  return `
Deskhand serves the ticket API at ${url} from ${storeWords(config)}

  Slack                  ${slack(config, url)}
  Discord                ${discord(config)}
  Remote ticket service  ${remote(config)}
  Agents                 ${agents(config)}
${wrong(problems())}
Open a ticket${inChat(config)}

  curl ${reachable(url)}/v2/support-tickets -H 'Authorization: Bearer ${bearer}' -H 'Content-Type: application/json' -d '${JSON.stringify(example)}'
${config.apiTokens ? "" : `\nThe tokens of a client and of an agent are in ${config.dataDir}/api-tokens.json\n`}
`;
}

function slack({ slack, publicUrl }: Config, url: string): string {
  if (!slack)
    return "off: set SLACK_BOT_TOKEN and SLACK_APP_TOKEN to turn it on (README.md, A first ticket in Slack)";
  if (slack.appToken !== undefined) return "on, over Socket Mode";
  return `on, over HTTP: Slack's requests go to ${publicUrl ?? url}/slack/events`;
}

const discord = ({ discord }: Config): string =>
  discord ? "on" : "off: set DISCORD_TOKEN to turn it on (README.md, A first ticket in Discord)";

function inChat({ slack, discord }: Config): string {
  const names = [...(slack ? ["Slack"] : []), ...(discord ? ["Discord"] : [])];
  return names.length === 0 ? ":" : `: type /ticket in ${names.join(" or ")}, or`;
}

function agents({ settings }: Config): string {
  const places = triageSpots(settings).map(({ platform, where }) => `${platform}:${where}`);
  return places.length === 0
    ? "answer over HTTP only, with an agent's token: TRIAGE is not set"
    : `answer in threads in ${places.join(", ")}`;
}

const wrong = (problems: readonly string[]): string =>
  problems.length === 0
    ? ""
    : `\nSomething is wrong; \`deskhand doctor\` says more:\n\n${problems.map((each) => `  ${each}\n`).join("")}`;

const remote = ({ remote }: Config): string =>
  remote
    ? `on, ${remoteWords(remote)}`
    : "off: set TICKETS_API_URL and TICKETS_API_TOKEN to turn it on (README.md, A remote ticket service)";
