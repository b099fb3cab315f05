/** Who may answer as an agent. */
import { type REST, RESTJSONErrorCodes, Routes } from "discord.js";
import { type After, within } from "../../src/desk/timing.ts";
import { unlessRefused } from "./errors.ts";
import type { Guilds } from "./guilds.ts";
import { memberSchema } from "./people.ts";
import { mayAnswerIn } from "./permissions.ts";

interface AgentParts {
  rest: REST;
  guilds: Guilds;
  after: After;
  /** Only these users and roles, when given; otherwise whoever may write in a triage channel. */
  agents: readonly string[] | undefined;
  triageChannels: readonly string[];
}

/** What Discord tells of someone in a server: it comes with their messages and presses there. */
export interface MemberRoles {
  guild: string;
  roles: readonly string[];
}

export interface Agents {
  /**
   * Whether they are listed, or one of their roles is; without a list, whether they may see a triage
   * channel and write there. Throws an `AgentsUnknown` when that cannot be found out now: it is not
   * a no.
   */
  isAgent(user: string, member?: MemberRoles): Promise<boolean>;
}

export class AgentsUnknown extends Error {
  override readonly name = "AgentsUnknown";
  readonly code = "AGENTS_UNKNOWN";
}

/** Of the 3 s in which Discord wants its answer. */
const answerWithinMs = 2_000;

export function createAgents(parts: AgentParts): Agents {
  const { agents, guilds, triageChannels, after } = parts;
  const tests = agents
    ? agents.map((id) => holderOf(guilds, id))
    : triageChannels.map((id) => writerIn(guilds, id));
  return {
    async isAgent(user, member) {
      if (agents?.includes(user)) return true;
      const rolesOf = rolesFrom(parts, member);
      const asked = Promise.allSettled(tests.map((test) => test(user, rolesOf)));
      return oneYes(await within(asked, { ms: answerWithinMs, after, late: [tooLate] }));
    },
  };
}

const tooLate: PromiseRejectedResult = {
  status: "rejected",
  reason: new AgentsUnknown("Discord does not say in time who is an agent"),
};

/** One yes will do; it is a no only when there is nothing but no. */
function oneYes(answers: readonly PromiseSettledResult<boolean>[]): boolean {
  if (answers.some((each) => each.status === "fulfilled" && each.value)) return true;
  for (const answer of answers) if (answer.status === "rejected") throw unknown(answer.reason);
  return false;
}

/** Someone's roles in a server; undefined: they are not in it. */
type RolesOf = (guild: string, user: string) => Promise<readonly string[] | undefined>;
type Test = (user: string, rolesOf: RolesOf) => Promise<boolean>;

/** A listed id is a role's where a server has such a role; a user's is compared before. */
const holderOf =
  (guilds: Guilds, role: string): Test =>
  async (user, rolesOf) => {
    const guild = guilds.guildOfRole(role);
    if (guild === undefined) return false;
    const roles = await rolesOf(guild, user);
    // Everyone has the role that is named like the server, and it is listed nowhere.
    return roles !== undefined && (role === guild || roles.includes(role));
  };

const writerIn =
  (guilds: Guilds, id: string): Test =>
  async (user, rolesOf) => {
    const channel = guilds.channel(id);
    if (!channel)
      throw new AgentsUnknown(
        `The bot cannot see the channel ${id}, so it is not known who is an agent: check TRIAGE or deskhand.yaml, and give the bot View Channel there`,
      );
    const roles = await rolesOf(channel.guild, user);
    if (!roles) return false;
    return mayAnswerIn(channel.type, guilds.permissionsOf(user, roles, id) ?? 0n);
  };

/** Each server is asked about once at most, and only when it did not tell by itself. */
function rolesFrom({ rest }: AgentParts, member: MemberRoles | undefined): RolesOf {
  const asked = new Map<string, ReturnType<RolesOf>>();
  if (member) asked.set(member.guild, Promise.resolve(member.roles));
  return (guild, user) => {
    const answer = asked.get(guild) ?? askForRoles(rest, guild, user);
    asked.set(guild, answer);
    return answer;
  };
}

async function askForRoles(rest: REST, guild: string, user: string) {
  const asked = rest.get(Routes.guildMember(guild, user));
  const member = await unlessRefused([RESTJSONErrorCodes.UnknownMember], asked);
  return member === undefined ? undefined : memberSchema.parse(member).roles;
}

const unknown = (cause: unknown): AgentsUnknown =>
  cause instanceof AgentsUnknown
    ? cause
    : new AgentsUnknown("Discord does not say what someone's roles are", { cause });
