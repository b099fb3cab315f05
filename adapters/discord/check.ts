/** What Discord itself says of the configuration: what `deskhand doctor` asks. */
import {
  ChannelType,
  DiscordAPIError,
  OverwriteType,
  type REST,
  RESTJSONErrorCodes,
  Routes,
} from "discord.js";
import { z } from "zod";
import { priorityWords, statusWords } from "../../src/desk/words.ts";
import { priorities, statuses } from "../../src/tickets/ticket.ts";
import { isForum } from "./channel-kinds.ts";
import { whatIsRegistered } from "./commands.ts";
import type { Identity } from "./context.ts";
import { failureOf, unlessRefused } from "./errors.ts";
import { cannotRead, readsMessages, whoAreWe } from "./identity.ts";
import { memberSchema } from "./people.ts";
import {
  allNeeded,
  lacking,
  mayAnswerIn,
  maySpeakOnlyInThreads,
  type Overwrite,
  permissionsIn,
  permissionsInAll,
} from "./permissions.ts";
import { createRest } from "./rest.ts";
import { inNoServer, unseen, whatIsWrongIn, whatServerLacks } from "./watch.ts";

export interface DiscordToCheck {
  token: string;
  /** Discord's own when undefined. */
  apiUrl?: string | undefined;
  triageChannels: readonly string[];
  /** Users and roles who are agents; without a list, whoever may write in a triage channel. */
  agents: readonly string[] | undefined;
}

/** One thing that was looked at: good, or what is wrong and what to do. */
export interface DiscordFinding {
  /** Such as `token` or `channel 123456789012345678`. */
  what: string;
  ok: boolean;
  sentence: string;
}

/** Asks Discord, and changes nothing there. Throws nothing that a call throws. No secrets. */
export async function* checkDiscord(given: DiscordToCheck): AsyncIterable<DiscordFinding> {
  const { token, apiUrl, triageChannels, agents } = given;
  const rest = createRest({ token, apiUrl });
  const known = await whose(rest);
  yield known.token;
  // Whatever else is asked of Discord needs a token that works.
  if (!known.us) return;
  const { us } = known;
  yield await looking("Message Content Intent", () => ofIntent(rest));
  const servers = await serversOf(rest, us);
  yield servers.finding;
  for (const channel of triageChannels)
    yield await looking(`channel ${channel}`, () => ofChannel(rest, us, channel, agents));
  yield await looking("commands", () => ofCommands(rest, us));
  for (const agent of agents ?? [])
    yield await looking(`agent ${agent}`, () => ofAgent(rest, servers.ids, agent));
}

type Said = Omit<DiscordFinding, "what">;

const good = (sentence: string): Said => ({ ok: true, sentence });
const wrong = (sentence: string): Said => ({ ok: false, sentence });

/** What cannot be found out is wrong too. */
async function looking(what: string, look: () => Promise<Said>): Promise<DiscordFinding> {
  try {
    return { what, ...(await look()) };
  } catch (error) {
    return { what, ...wrong(reasonOf(error)) };
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof z.ZodError) return "Discord's answer cannot be understood: try again later";
  const { reason } = failureOf(error);
  return error instanceof DiscordAPIError
    ? reason
    : `${reason}. Check that this machine may connect to Discord, and DISCORD_API_URL if it is set`;
}

async function whose(rest: REST): Promise<{ token: DiscordFinding; us?: Identity }> {
  let us: Identity | undefined;
  const token = await looking("token", async () => {
    us = await whoAreWe(rest);
    return good(`DISCORD_TOKEN works: it is ${us.name}'s`);
  });
  return { token, ...(us && { us }) };
}

const ofIntent = async (rest: REST): Promise<Said> =>
  (await readsMessages(rest)) ? good("it is on: the bot may read messages") : wrong(cannotRead);

const serversSchema = z.array(z.object({ id: z.string(), name: z.string() }));

async function serversOf(
  rest: REST,
  us: Identity,
): Promise<{ ids: string[]; finding: DiscordFinding }> {
  let ids: string[] = [];
  const finding = await looking("servers", async () => {
    const servers = serversSchema.parse(await rest.get(Routes.userGuilds()));
    ids = servers.map(({ id }) => id);
    if (servers.length === 0) return wrong(inNoServer);
    const here = `the bot is in ${servers.map(({ name }) => name).join(", ")}`;
    const asked = await Promise.all(servers.map((server) => ofServer(rest, us, server)));
    const lacks = asked.flatMap((each) => each ?? []);
    if (lacks.length === 0) return good(here);
    const sentence = [here, ...lacks.map((each) => each.sentence)].join(". ");
    return lacks.every(({ ok }) => ok) ? good(sentence) : wrong(sentence);
  });
  return { ids, finding };
}

/** What the bot was invited with may have been taken since; undefined: nothing was. */
async function ofServer(
  rest: REST,
  us: Identity,
  { id, name }: z.infer<typeof serversSchema>[number],
): Promise<Said | undefined> {
  const { rights, member } = await ourRightsIn(rest, us, id);
  const own = permissionsInAll(rights, member);
  const sentence = whatServerLacks(name, own);
  if (sentence === undefined) return undefined;
  // Of these, the channels tell what it means there.
  const isBearable = lacking(own, allNeeded).every((each) => each === "Manage Threads");
  return isBearable ? good(`Note: ${sentence}`) : wrong(sentence);
}

const bits = z.string().transform((text) => BigInt(text));

const channelSchema = z.object({
  id: z.string(),
  type: z.enum(ChannelType),
  name: z.string().default(""),
  guild_id: z.string().optional(),
  permission_overwrites: z
    .array(z.object({ id: z.string(), type: z.enum(OverwriteType), allow: bits, deny: bits }))
    .default([]),
  available_tags: z.array(z.object({ name: z.string() })).default([]),
});

type FoundChannel = z.infer<typeof channelSchema>;

const notSeen: readonly number[] = [
  RESTJSONErrorCodes.UnknownChannel,
  RESTJSONErrorCodes.MissingAccess,
];

async function ofChannel(
  rest: REST,
  us: Identity,
  id: string,
  agents: readonly string[] | undefined,
): Promise<Said> {
  const found = await unlessRefused(notSeen, rest.get(Routes.channel(id)));
  if (found === undefined) return wrong(unseen(id));
  const channel = channelSchema.parse(found);
  const { own, everyone, roles } = await permissionsFor(rest, us, channel);
  const problem = whatIsWrongIn({ ...channel, permissions: own });
  if (problem !== undefined) return wrong(problem);
  const notes = [
    ...(lacking(own, ["Manage Threads"]).length > 0 ? [cannotUnlock] : []),
    ...(!agents && mayAnswerIn(channel.type, everyone) ? [openToAll] : []),
    ...(everyone === 0n ? [] : [openToRead]),
    ...(agents ? [] : onlyInThreads(channel, everyone, roles)),
    ...missingTags(channel),
  ];
  const kind = channel.type === ChannelType.GuildForum ? "forum" : "channel";
  return good([`the ${kind} #${channel.name} is there, with all permissions`, ...notes].join(". "));
}

const cannotUnlock =
  "Note: without Manage Threads the bot cannot write in a ticket's thread that someone has locked";
const openToAll =
  "Note: everyone in the server may write there and no agents are listed, so everyone is an agent. Make it private, or list the agents in deskhand.yaml";
const openToRead =
  "Note: everyone in the server sees it, and so reads all tickets there, with the notes that are for agents only. Make it private, for agents and the bot";

/** Who could write in tickets' threads there, and is no agent for lack of Send Messages. */
function onlyInThreads(
  { type }: FoundChannel,
  everyone: bigint,
  roles: readonly { name: string; permissions: bigint }[],
): string[] {
  const isMeant = (permissions: bigint) => maySpeakOnlyInThreads(type, permissions);
  const names = isMeant(everyone)
    ? ["@everyone"]
    : roles.filter(({ permissions }) => isMeant(permissions)).map(({ name }) => name);
  if (names.length === 0) return [];
  return [
    `Note: ${names.join(", ")} may write in threads there, but not in the channel itself, and so may not answer tickets: who is to be an agent needs Send Messages`,
  ];
}

const guildSchema = z.object({
  id: z.string(),
  owner_id: z.string(),
  roles: z.array(z.object({ id: z.string(), name: z.string(), permissions: bits })),
});

async function ourRightsIn(rest: REST, us: Identity, server: string) {
  const { id, owner_id, roles } = guildSchema.parse(await rest.get(Routes.guild(server)));
  const member = memberSchema.parse(await rest.get(Routes.guildMember(server, us.user)));
  return {
    rights: {
      id,
      owner: owner_id,
      roles: new Map(roles.map((each) => [each.id, each.permissions])),
    },
    member: { user: us.user, roles: member.roles },
    names: new Map(roles.map(({ id, name }) => [id, name])),
  };
}

/** The bot's, and what everyone in the server may do, or who has a role. */
async function permissionsFor(rest: REST, us: Identity, channel: FoundChannel) {
  const nothing = { own: 0n, everyone: 0n, roles: [] };
  if (channel.guild_id === undefined) return nothing;
  const { rights, member, names } = await ourRightsIn(rest, us, channel.guild_id);
  const overwrites: Overwrite[] = channel.permission_overwrites;
  const having = (...roles: string[]) => permissionsIn(rights, { user: "", roles }, overwrites);
  return {
    own: permissionsIn(rights, member, overwrites),
    everyone: having(),
    roles: [...names].map(([id, name]) => ({ name, permissions: having(id) })),
  };
}

function missingTags({ type, available_tags }: FoundChannel): string[] {
  if (!isForum(type)) return [];
  const there = new Set(available_tags.map(({ name }) => name.trim().toLowerCase()));
  const wanted = [...statuses.map((each) => statusWords[each]), ...priorities.map(priorityWords)];
  const missing = wanted.filter((name) => !there.has(name.toLowerCase()));
  if (missing.length === 0) return [];
  return [`Note: posts can show how their tickets stand if it has the tags ${missing.join(", ")}`];
}

async function ofCommands(rest: REST, { application }: Identity): Promise<Said> {
  switch (await whatIsRegistered(rest, application)) {
    case "same":
      return good("they are registered");
    case "none":
      return good("there are none yet: a start registers them");
    case "other":
      return wrong(
        "they are not registered as they should be: run deskhand register, or start Deskhand",
      );
  }
}

const userSchema = z.object({ username: z.string() });
const rolesSchema = z.array(z.object({ id: z.string(), name: z.string() }));

const everyoneAnswers = ". Note: everyone in the server has it, so everyone is an agent";

/** An id does not say whether it is a user's or a role's. */
async function ofAgent(rest: REST, servers: readonly string[], id: string): Promise<Said> {
  for (const server of servers) {
    const roles = rolesSchema.parse(await rest.get(Routes.guildRoles(server)));
    const role = roles.find((each) => each.id === id);
    if (role) return good(`it is the role ${role.name}${id === server ? everyoneAnswers : ""}`);
  }
  const user = await unlessRefused([RESTJSONErrorCodes.UnknownUser], rest.get(Routes.user(id)));
  if (user !== undefined) return good(`they are ${userSchema.parse(user).username}`);
  return wrong("Discord knows no such user or role: correct the id under agents in deskhand.yaml");
}
