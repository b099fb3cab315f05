/** Who may answer as an agent. */
import { WebAPIPlatformError, WebAPIRateLimitedError, type WebClient } from "@slack/web-api";
import { type After, within } from "../../src/desk/timing.ts";
import { rateLimitMsOf, SlackFault } from "./errors.ts";
import { createLookup, type Lookup } from "./lookups.ts";

export interface AgentParts {
  web: WebClient;
  now: () => number;
  after: After;
  /** Only these, when given; otherwise whoever is in a triage channel. */
  agents: { users: readonly string[]; groups: readonly string[] } | undefined;
  triageChannels: readonly string[];
  /** How old a list of members may be, in ms; a minute when left out, as changes are told. */
  listsKeptMs?: number | undefined;
}

export interface Agents {
  /** Throws a `SlackFault` when that cannot be found out now: it is not a no. */
  isAgent(user: string): Promise<boolean>;
  /** A channel or a user group has other members now. */
  forget(id: string): void;
}

const usuallyKeptMs = 60_000;
/** Someone who is not in a list older than this may have come since. */
const trustedNoMs = 5_000;
const failedMs = 2_000;
/** Of the 3 s in which Slack wants its answer. */
const answerWithinMs = 2_000;
/** https://docs.slack.dev/reference/methods/conversations.members: no more than 1,000. */
const pageSize = 1_000;

export function createAgents(parts: AgentParts): Agents {
  const { web, now, agents, triageChannels, listsKeptMs: keepMs = usuallyKeptMs } = parts;
  const lookup = (ask: (id: string) => Promise<ReadonlySet<string>>) =>
    createLookup({ ask, keepMs, failedMs: failureKept, now });
  const channels = lookup((channel) => membersOf(web, channel));
  const groups = lookup((usergroup) => usersIn(web, usergroup));
  const [ids, lists] = agents ? [agents.groups, groups] : [triageChannels, channels];
  const named = new Set(agents?.users);
  return {
    isAgent: async (user) => named.has(user) || isInAny(user, ids, lists, parts.after),
    forget(id) {
      channels.forget(id);
      groups.forget(id);
    },
  };
}

const failureKept = (error: unknown) =>
  error instanceof WebAPIRateLimitedError ? error.retryAfter * 1_000 : failedMs;

type Lists = Lookup<ReadonlySet<string>>;

/**
 * One list with them in it will do, also one that was read before and cannot be read now; none has
 * them only when every list could be read.
 */
async function isInAny(
  user: string,
  ids: readonly string[],
  lists: Lists,
  after: After,
): Promise<boolean> {
  const asked = Promise.allSettled(ids.map((id) => isIn(user, id, lists)));
  const answers = await within(asked, { ms: answerWithinMs, after, late: undefined });
  if (answers?.some((each) => each.status === "fulfilled" && each.value)) return true;
  if (!answers) {
    if (ids.some((id) => lists.last(id)?.has(user))) return true;
    throw new SlackFault("AGENTS_UNKNOWN", "Slack does not say in time who is an agent");
  }
  for (const [place, answer] of answers.entries())
    if (answer.status === "rejected") throw unknown(ids[place] ?? "", answer.reason);
  return false;
}

async function isIn(user: string, id: string, lists: Lists): Promise<boolean> {
  try {
    const known = await lists.get(id);
    return known.has(user) || (await lists.get(id, trustedNoMs)).has(user);
  } catch (error) {
    if (lists.last(id)?.has(user)) return true;
    throw error;
  }
}

function unknown(id: string, cause: unknown): SlackFault {
  const code = cause instanceof WebAPIPlatformError ? cause.data.error : undefined;
  const toDo = code === undefined ? "" : (mending[code] ?? "");
  const why = code ?? (cause instanceof Error ? cause.message : "no reason given");
  const said = `Slack does not say who is in ${id} (${why}), so it is not known who is an agent`;
  const retryAfterMs = rateLimitMsOf(cause);
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
  return new SlackFault("AGENTS_UNKNOWN", `${said}${toDo}`, { cause, ...wait });
}

/** What an operator can do about it. */
const mending: Readonly<Record<string, string>> = {
  channel_not_found: ": invite the bot to that channel, or correct its id",
  no_such_subteam: ": correct the id of that user group under agents",
  missing_scope: ": install the app again, with the scopes of its manifest",
};

async function membersOf(web: WebClient, channel: string): Promise<ReadonlySet<string>> {
  const members = new Set<string>();
  let cursor: string | undefined;
  do {
    const page = await web.conversations.members({
      channel,
      limit: pageSize,
      ...(cursor && { cursor }),
    });
    for (const member of page.members ?? []) members.add(member);
    cursor = page.response_metadata?.next_cursor;
  } while (cursor);
  return members;
}

async function usersIn(web: WebClient, usergroup: string): Promise<ReadonlySet<string>> {
  const { users } = await web.usergroups.users.list({ usergroup });
  return new Set(users);
}
