/** The two platforms of one run, with their people and channels; whoever mirrors stands in between. */

import { categories, priorities } from "../../src/tickets/ticket.ts";
import { wallClock } from "../../test/fakes/clock.ts";
import { type Discord, startDiscord } from "../../test/fakes/discord/discord.ts";
import type { Person as DiscordPerson } from "../../test/fakes/discord/person.ts";
import type { Person as SlackPerson } from "../../test/fakes/slack/person.ts";
import { type Slack, startSlack } from "../../test/fakes/slack/slack.ts";

type SlackStandIn = Slack<typeof wallClock>;
type DiscordStandIn = Discord<typeof wallClock>;

export interface Sides {
  slack: SlackStandIn;
  discord: DiscordStandIn;
  slackAgents: readonly SlackPerson[];
  discordAgents: readonly DiscordPerson[];
  /** Where agents are in Slack, by their ids. */
  slackTriage: readonly SlackTriage[];
  discordTriage: string;
  /** Where people on Discord ask. */
  help: string;
  slackRequester(index: number): SlackPerson;
  discordRequester(index: number): DiscordPerson;
  stop(): Promise<void>;
}

/** Slack takes one message a second in a channel, so its agents have one for each kind of ticket. */
export interface SlackTriage {
  id: string;
  category: (typeof categories)[number];
  priority: (typeof priorities)[number];
}

const agentCount = 4;

export async function startSides(): Promise<Sides> {
  const slack = await startSlack({ clock: wallClock });
  const discord = await startDiscord({ clock: wallClock });
  return {
    ...{ slack, discord, ...inSlack(slack), ...inDiscord(discord) },
    async stop() {
      await Promise.all([slack.stop(), discord.stop()]);
    },
  };
}

const numbered = (index: number) => `${index}`.padStart(4, "0");

function inSlack(slack: SlackStandIn) {
  const slackAgents = Array.from({ length: agentCount }, (_, index) =>
    slack.person(`U0AGENT${numbered(index)}`, {
      name: `agent${index}`,
      displayName: `Agent ${index}`,
    }),
  );
  const members = [...slackAgents.map(({ id }) => id), slack.workspace.bot.userId];
  const slackTriage = categories.flatMap((category, row) =>
    priorities.map((priority, column): SlackTriage => {
      const id = `C0TRIAGE${row}${column}`;
      slack.workspace.addChannel({ id, name: `triage-${category}-${priority}`, members });
      return { id, category, priority };
    }),
  );
  const slackRequester = (index: number) =>
    slack.person(`U1ASKER${numbered(index)}`, {
      name: `asker${index}`,
      displayName: `Asker ${index}`,
    });
  return { slackAgents, slackTriage, slackRequester };
}

function inDiscord(discord: DiscordStandIn) {
  const guild = discord.addGuild({ name: "Bench" });
  const role = discord.addRole(guild, { name: "Agents" }).id;
  const help = discord.addChannel(guild, { name: "help" }).id;
  const discordTriage = discord.addChannel(guild, { name: "triage" }).id;
  discord.removesPermissions(discordTriage, ["viewChannel"], guild.id);
  for (const who of [role, undefined])
    discord.givesPermissions(discordTriage, ["viewChannel"], who);
  const person = (from: bigint, kind: string, roles: string[]) => (index: number) =>
    discord.person(String(from + BigInt(index)), {
      ...{ name: `${kind}${index}`, globalName: `${kind} ${index}`, roles },
    });
  const agent = person(400_000_000_000_000_000n, "agent", [role]);
  const discordAgents = Array.from({ length: agentCount }, (_, index) => agent(index));
  const discordRequester = person(500_000_000_000_000_000n, "asker", []);
  return { help, discordTriage, discordAgents, discordRequester };
}
