/** Who and what the ids in Slack's messages are. */
import { WebAPIPlatformError, WebAPIRateLimitedError, type WebClient } from "@slack/web-api";
import { z } from "zod";
import type { Person } from "../../src/desk/chat.ts";
import type { Log } from "../../src/desk/ports.ts";
import { oneLine } from "../../src/desk/shortened.ts";
import { within } from "../../src/desk/timing.ts";
import { type AgentParts, createAgents } from "./agents.ts";
import type { SlackEvent } from "./events.ts";
import { createLookup, type Lookup } from "./lookups.ts";
import { personId } from "./references.ts";
import { type NameSource, nameOf } from "./text-names.ts";

interface DirectoryParts extends AgentParts {
  team: string;
  log: Log;
}

export interface Directory {
  /** Never throws, and takes a second at most: without an answer by then, there is no name. */
  names: NameSource;
  /**
   * Likewise. Without a name it is what else is `known`, or "someone", and it is said that this is
   * a guess.
   */
  personOf(user: string, known?: string): Promise<Person & { isGuess?: true }>;
  /** Throws a `SlackFault` when that cannot be found out now: it is not a no. */
  isAgent(user: string): Promise<boolean>;
  /** To be told of every event, before anything else is done about it. */
  heard(event: SlackEvent): void;
}

const keepMs = 10 * 60_000;
/** Soon asked again: the next message is not to be without a name as well. */
const failedMs = 2_000;
/** Of the 3 s in which Slack wants its answer. */
const answerWithinMs = 1_000;
/** All user groups come in one answer. */
const everyGroup = "groups";

export function createDirectory(parts: DirectoryParts): Directory {
  const { web, team, log } = parts;
  const agents = createAgents(parts);
  const people = lookup(parts, (id) => profileOf(web, id));
  const channels = lookup(parts, (id) => channelName(web, id));
  const groups = lookup(parts, () => groupNames(web));
  const ask = asker(parts, log);
  const profile = (user: string) => ask(people, user);
  const names: NameSource = {
    person: async (id) => (await profile(id))?.name,
    channel: (id) => ask(channels, id),
    group: async (id) => (await ask(groups, everyGroup))?.get(id),
  };
  return {
    names,
    async personOf(user, known) {
      const found = await profile(user);
      const named = { person: () => found?.name ?? known, channel: none, group: none };
      const picture = found?.picture;
      return {
        id: personId(team, user),
        name: nameOf.person(user, named),
        ...(picture && { picture }),
        ...(!found?.name && { isGuess: true as const }),
      };
    },
    isAgent: (user) => agents.isAgent(user),
    heard(event) {
      if (event.type === "member-joined" || event.type === "member-left")
        agents.forget(event.channel);
      if (event.type !== "group-changed") return;
      agents.forget(event.group);
      groups.forget(everyGroup);
    },
  };
}

const none = () => undefined;

const lookup = <Value>({ now }: DirectoryParts, ask: (id: string) => Promise<Value>) =>
  createLookup({ ask, keepMs, failedMs: failureKept, now });

const failureKept = (error: unknown) =>
  error instanceof WebAPIRateLimitedError ? error.retryAfter * 1_000 : failedMs;

/**
 * Asks, but neither for long nor at any cost: a message is worth more than a name in it. Without an
 * answer, it is the one of the last time.
 */
const asker =
  ({ after }: DirectoryParts, log: Log) =>
  async <Value>(from: Lookup<Value>, id: string): Promise<Value | undefined> => {
    const asked = from.get(id).catch((err: unknown) => {
      log.debug({ id, err }, "Slack does not say what this id is called");
      return undefined;
    });
    const answer = await within(asked, { ms: answerWithinMs, after, late: undefined });
    return answer ?? from.last(id);
  };

interface Profile {
  name: string | undefined;
  picture: string | undefined;
}

const text = z.string().nullish();

/** https://docs.slack.dev/reference/objects/user-object: what is not filled in may be empty. */
const userSchema = z.object({
  name: text,
  real_name: text,
  profile: z
    .object({ display_name: text, real_name: text, image_192: text, image_72: text })
    .nullish(),
});

async function profileOf(web: WebClient, user: string): Promise<Profile | undefined> {
  const answer = await unlessMissing(web.users.info({ user }));
  const { data } = userSchema.safeParse(answer?.user);
  return data && { name: nameIn(data), picture: pictureIn(data) };
}

const nameIn = ({ name, real_name, profile }: z.infer<typeof userSchema>) =>
  [profile?.display_name, profile?.real_name, real_name, name]
    .map((each) => oneLine(each ?? ""))
    .find((each) => each !== "");

const pictureIn = ({ profile }: z.infer<typeof userSchema>) =>
  [profile?.image_192, profile?.image_72].find((each) => each?.startsWith("https://")) ?? undefined;

/** The name of a private channel is for its members, and is not carried elsewhere. */
async function channelName(web: WebClient, channel: string): Promise<string | undefined> {
  const answer = await unlessMissing(web.conversations.info({ channel }));
  return answer?.channel?.is_private ? undefined : answer?.channel?.name;
}

/** Also of those that are switched off: older messages mention them. */
async function groupNames(web: WebClient): Promise<ReadonlyMap<string, string | undefined>> {
  const { usergroups = [] } = await web.usergroups.list({ include_disabled: true });
  return new Map(usergroups.flatMap(({ id, handle, name }) => (id ? [[id, handle || name]] : [])));
}

const missing = new Set(["user_not_found", "user_not_visible", "channel_not_found"]);

/** That there is no such thing is an answer too. */
async function unlessMissing<Answer>(call: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof WebAPIPlatformError && missing.has(error.data.error)) return undefined;
    throw error;
  }
}
