/** What Slack itself says of the configuration: what `deskhand doctor` asks. */
import type { WebClient } from "@slack/web-api";
import { z } from "zod";
import type { Log } from "../../src/desk/ports.ts";
import { failureOf, rateLimitMsOf, refusedWith } from "./errors.ts";
import { methodScopes, neededScopes } from "./scopes.ts";
import { whatIsWrongWith } from "./watch.ts";
import { createWeb } from "./web.ts";

export interface SlackToCheck {
  botToken: string;
  /** With it, Socket Mode. */
  appToken?: string | undefined;
  /** Slack's own when undefined. */
  apiUrl?: string | undefined;
  triageChannels: readonly string[];
  /** Users and user groups who are agents; without a list, whoever is in a triage channel. */
  agents: readonly string[] | undefined;
  log: Log;
}

/** One thing that was looked at: good, or what is wrong and what to do. */
export interface SlackFinding {
  /** Such as `token` or `channel C0123ABC`. */
  what: string;
  ok: boolean;
  sentence: string;
}

/** Asks Slack, and changes nothing there. Throws nothing that a call throws. No secrets. */
export async function* checkSlack(given: SlackToCheck): AsyncIterable<SlackFinding> {
  const { botToken: token, appToken, apiUrl, log, triageChannels, agents } = given;
  const web = createWeb({ token, apiUrl, log });
  const tokenFindings = await ofToken(web);
  yield* tokenFindings;
  if (appToken !== undefined)
    yield await looking("Socket Mode", () =>
      ofSocketMode(createWeb({ token: appToken, apiUrl, log })),
    );
  // Whatever else is asked of Slack needs a token that works.
  if (!tokenFindings[0]?.ok) return;
  for (const channel of triageChannels) {
    const found = await looking(`channel ${channel}`, () => ofChannel(web, channel, agents));
    yield found;
    if (found.ok) yield await looking(`threads of ${channel}`, () => ofThreads(web, channel));
  }
  for (const agent of agents ?? [])
    yield await looking(`agent ${agent}`, () =>
      agent.startsWith("S") ? ofGroup(web, agent) : ofUser(web, agent),
    );
}

type Said = Omit<SlackFinding, "what">;

const good = (sentence: string): Said => ({ ok: true, sentence });
const wrong = (sentence: string): Said => ({ ok: false, sentence });

/** What cannot be found out is wrong too. */
async function looking(what: string, look: () => Promise<Said>): Promise<SlackFinding> {
  try {
    return { what, ...(await look()) };
  } catch (error) {
    return { what, ...wrong(reasonOf(error)) };
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof z.ZodError) return "Slack's answer cannot be understood: try again later";
  const { reason } = failureOf(error);
  const isRefusal = refusedWith(error) !== undefined || rateLimitMsOf(error) !== undefined;
  return isRefusal
    ? reason
    : `${reason}. Check that this machine may connect to Slack, and SLACK_API_URL if it is set`;
}

const whoSchema = z.object({
  user: z.string(),
  team: z.string(),
  /** Of bots only. */
  bot_id: z.string().optional(),
  /** Of the header `x-oauth-scopes`. */
  response_metadata: z.object({ scopes: z.array(z.string()).optional() }).optional(),
});

async function ofToken(web: WebClient): Promise<SlackFinding[]> {
  let scopes: readonly string[] | undefined;
  const token = await looking("token", async () => {
    const { user, team, bot_id, response_metadata } = whoSchema.parse(await web.auth.test());
    scopes = response_metadata?.scopes;
    return bot_id === undefined
      ? wrong("SLACK_BOT_TOKEN is a person's, not a bot's: copy the Bot User OAuth Token")
      : good(`SLACK_BOT_TOKEN works: it is ${user}'s, in the workspace ${team}`);
  });
  return token.ok ? [token, { what: "scopes", ...ofScopes(scopes) }] : [token];
}

function ofScopes(granted: readonly string[] | undefined): Said {
  if (!granted) return wrong("Slack does not say which scopes were granted");
  const missing = neededScopes.filter((scope) => !granted.includes(scope));
  if (missing.length === 0) return good(`all ${neededScopes.length} that are needed were granted`);
  return wrong(
    `missing: ${missing.join(", ")}. Add them under OAuth & Permissions → Bot Token Scopes, or paste manifest.yml again, then install the app again`,
  );
}

async function ofSocketMode(web: WebClient): Promise<Said> {
  try {
    await web.apps.connections.open();
    return good("SLACK_APP_TOKEN opens connections");
  } catch (error) {
    const code = refusedWith(error);
    if (code === undefined) throw error;
    return wrong(`SLACK_APP_TOKEN opens no connection (${code}). ${socketAdvice(code)}`);
  }
}

/** https://docs.slack.dev/reference/methods/apps.connections.open#errors */
function socketAdvice(code: string): string {
  if (code === "missing_scope" || code === "no_permission")
    return "Make an app-level token with the scope connections:write";
  if (code === "forbidden_method" || code === "socket_mode_disabled")
    return "Switch on Socket Mode in the app's settings";
  return "Copy it from Basic Information → App-Level Tokens; it begins with xapp-";
}

const privacySchema = z.object({ channel: z.object({ is_private: z.boolean().default(false) }) });

async function ofChannel(
  web: WebClient,
  channel: string,
  agents: readonly string[] | undefined,
): Promise<Said> {
  const problem = await whatIsWrongWith(web, channel);
  if (problem !== undefined) return wrong(problem);
  const there = "it is there, and the bot is in it";
  if (agents) return good(there);
  const info = privacySchema.parse(await web.conversations.info({ channel }));
  return good(info.channel.is_private ? there : `${there}. ${openToAll}`);
}

const openToAll =
  "Note: it is public and no agents are listed, so everyone who joins it is an agent. Make it private, or list the agents in deskhand.yaml";

const historySchema = z.object({ messages: z.array(z.object({ ts: z.string() })) });

/**
 * Slack's documentation says both that bots may read the threads of channels and that they may not:
 * https://docs.slack.dev/reference/methods/conversations.replies. So it is tried.
 */
async function ofThreads(web: WebClient, channel: string): Promise<Said> {
  const history = await web.conversations.history({ channel, limit: 1 });
  const [latest] = historySchema.parse(history).messages;
  if (!latest) return good("not tried: there is no message in the channel yet");
  try {
    await web.conversations.replies({ channel, ts: latest.ts, limit: 1 });
    return good("the bot may read them");
  } catch (error) {
    const code = refusedWith(error);
    if (code === undefined) throw error;
    const scopes = methodScopes["conversations.replies"].join(", ");
    return wrong(
      `Slack does not let the bot read them (${code}), so a message of which it is not known whether it was posted cannot be looked for. Check the scopes ${scopes}, and install the app again`,
    );
  }
}

const userSchema = z.object({
  user: z.object({ name: z.string(), deleted: z.boolean().default(false) }),
});

async function ofUser(web: WebClient, id: string): Promise<Said> {
  try {
    const { name, deleted } = userSchema.parse(await web.users.info({ user: id })).user;
    if (!deleted) return good(`they are ${name}`);
    return wrong(`${name} has been deactivated: take them off agents in deskhand.yaml`);
  } catch (error) {
    if (refusedWith(error) !== "user_not_found") throw error;
    return wrong("Slack knows no such person: correct the id under agents in deskhand.yaml");
  }
}

const groupsSchema = z.object({
  usergroups: z.array(z.object({ id: z.string(), handle: z.string().optional() })),
});

/** Of those that are switched off, Slack tells only when it is asked for them. */
async function ofGroup(web: WebClient, id: string): Promise<Said> {
  const { usergroups } = groupsSchema.parse(await web.usergroups.list());
  const group = usergroups.find((each) => each.id === id);
  return group
    ? good(`it is the user group ${group.handle ?? id}`)
    : wrong(
        "Slack knows no such user group, or it is switched off: correct the id under agents in deskhand.yaml",
      );
}
