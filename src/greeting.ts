import type { Config } from "./config.ts";
import type { Running } from "./main.ts";

const example = {
  title: "API Integration Issue",
  description: "Getting 401 errors when trying to authenticate.",
  priority: "high",
  category: "technical",
};

/** What a start tells the person who started it: what is on, what is off, and what to try. */
export function greeting(config: Config, { url, tokens }: Running): string {
  const token = tokens.find(({ role }) => role === "client") ?? tokens[0];
  // A token that was given to us is not printed back.
  const bearer = config.apiTokens ? "YOUR_TOKEN" : token?.token;
  return `
Deskhand serves the ticket API at ${url} from ${config.dataDir}

  Slack                  off: it comes with a later version
  Discord                off: it comes with a later version
  Remote ticket service  off: ${remote(config)}
  Agents                 answer over HTTP only, with an agent's token

Open a ticket:

  curl ${local(url)}/v2/support-tickets -H 'Authorization: Bearer ${bearer}' -H 'Content-Type: application/json' -d '${JSON.stringify(example)}'
${config.apiTokens ? "" : `\nThe tokens of a client and of an agent are in ${config.dataDir}/api-tokens.json\n`}
`;
}

const remote = ({ remote }: Config): string =>
  remote
    ? "TICKETS_API_URL is set and `deskhand doctor` checks it; tickets go there with a later version"
    : "mirroring to one comes with a later version";

/** An address that this machine can ask; 0.0.0.0 and :: are for listening only. */
const local = (url: string): string =>
  url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");
