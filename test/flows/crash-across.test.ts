import { randomInt } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { wallClock } from "../fakes/clock.ts";
import { type Discord, startDiscord } from "../fakes/discord/discord.ts";
import type { Person as DiscordPerson } from "../fakes/discord/person.ts";
import type { Person as SlackPerson } from "../fakes/slack/person.ts";
import { type Slack, startSlack } from "../fakes/slack/slack.ts";
import { type Deskhand, nothingOwed, startDeskhand } from "../process.ts";
import { temporaryFolder } from "../temporary.ts";

const kills = 8;
const messagesBetweenKills = 6;

/** Slack tries again sooner, and as often as the process is killed. */
const retriesAfterMs = Array.from({ length: 400 }, () => 100);

const token = "agent:crash:a-token-for-the-agent-who-looks-on";
const fields = { priority: "high", category: "technical" };

type Workspace = Slack<typeof wallClock>;
type Server = Discord<typeof wallClock>;
type Service = Deskhand & { url: string };

/** Someone's thread, and what was written in it. */
interface Side {
  texts: string[];
  written: string[];
  /** It can be written in: nothing of it would be lost, or come in another order. */
  isWhole(): boolean;
  writes(text: string): string;
  /** Everything below the card. */
  reads(): { id: string; words: string }[];
}

interface Conversation {
  name: string;
  inSlack: Side;
  inDiscord: Side;
}

function says(side: Side, text: string): void {
  side.texts.push(text);
  side.written.push(side.writes(text));
}

function slackSide(slack: Workspace, who: SlackPerson, channel: string, thread: string): Side {
  const written: string[] = [];
  const isAcked = (id: string) =>
    slack.events.attempts.some(
      ({ event, ack }) => event.ts === id && event.channel === channel && ack?.kind === "acked",
    );
  return {
    ...{ texts: [], written },
    isWhole: () => written.every(isAcked),
    writes: (text) => who.writes(channel, text, { thread }).ts,
    reads: () =>
      who
        .reads(channel, { thread })
        .filter(({ ts, ephemeral }) => ts !== thread && !ephemeral)
        .map(({ ts: id, words }) => ({ id, words })),
  };
}

function discordSide(discord: Server, who: DiscordPerson, thread: string): Side {
  return {
    ...{ texts: [], written: [] },
    isWhole: () => discord.gateway.connections() > 0,
    writes: (text) => who.writes(thread, text).id,
    reads: () =>
      who
        .reads(thread)
        .filter(({ type, embeds }) => type === 0 && embeds[0]?.title === undefined)
        .map(({ id, embeds, content }) => ({
          id,
          words: String(embeds[0]?.description ?? content),
        })),
  };
}

const ticketsSchema = z.object({ data: z.array(z.object({ _id: z.string() })) });
const ticketSchema = z.object({
  data: z.object({ threads: z.array(z.object({ message: z.string() })) }),
});

async function asks(url: string, path = ""): Promise<unknown> {
  const headers = { authorization: `Bearer ${token.split(":")[2]}` };
  const answer = await fetch(`${url}/v2/support-tickets${path}`, { headers });
  return answer.json();
}

async function kept(url: string): Promise<Set<string>> {
  const { data } = ticketsSchema.parse(await asks(url));
  const all = await Promise.all(data.map(({ _id }) => asks(url, `/${_id}`)));
  const entries = all.flatMap((each) => ticketSchema.parse(each).data.threads);
  return new Set(entries.map(({ message }) => message));
}

/** What Discord has told is not told again: until the service has it, it lives on. */
async function keptFromDiscord({ url }: Service, all: Conversation[]): Promise<void> {
  const texts = all.flatMap(({ inDiscord }) => inDiscord.texts);
  await expect
    .poll(
      async () => {
        const there = await kept(url);
        return texts.filter((text) => !there.has(text));
      },
      { timeout: 20_000, interval: 10 },
    )
    .toEqual([]);
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const oneOf = <Thing>(things: readonly Thing[]): Thing => things[randomInt(things.length)] as Thing;

async function talks(all: Conversation[], kill: number): Promise<void> {
  for (let n = 0; n < messagesBetweenKills; n += 1) {
    const { name, inSlack, inDiscord } = oneOf(all);
    const side = oneOf([inSlack, inDiscord]);
    if (side.isWhole()) says(side, `${name} message ${kill}.${n}`);
    await pause(randomInt(25));
  }
}

/** What takes effect is not always answered before the end. */
function answersLate(slack: Workspace, discord: Server): void {
  const late = { answeredAfter: pause(randomInt(200)) };
  if (randomInt(2) === 0) slack.misbehave(late, { method: "chat.postMessage" });
  if (randomInt(2) === 0) discord.misbehave(late, { route: "POST /channels/:id/messages" });
}

function isAllThere({ name, inSlack, inDiscord }: Conversation): void {
  for (const [from, to] of [
    [inSlack, inDiscord],
    [inDiscord, inSlack],
  ] as const) {
    const heard = to.reads().filter(({ id }) => !to.written.includes(id));
    expect(heard.map(({ words }) => words)).toEqual([`${name} begins`, ...from.texts]);
  }
}

async function bothPlatforms() {
  const slack = await startSlack({ clock: wallClock, retriesAfterMs });
  onTestFinished(() => slack.stop());
  const discord = await startDiscord({ clock: wallClock });
  onTestFinished(() => discord.stop());
  const guild = discord.addGuild();
  const help = discord.addChannel(guild, { name: "help" }).id;
  const role = discord.addRole(guild, { name: "Agents" }).id;
  const there = discord.addChannel(guild, { name: "triage" }).id;
  discord.removesPermissions(there, ["viewChannel"], guild.id);
  for (const who of [role, undefined]) discord.givesPermissions(there, ["viewChannel"], who);
  const agent = slack.person("U0ADA0001", { name: "ada", displayName: "Ada" });
  const members = [agent.id, slack.workspace.bot.userId];
  const here = slack.workspace.addChannel({ id: "C0TRIAGE1", name: "triage", members }).id;
  return {
    ...{ slack, discord, help, here, there },
    ada: {
      inSlack: agent,
      inDiscord: discord.person("400000000000000002", { name: "ada", roles: [role] }),
    },
    rob: {
      inSlack: slack.person("U0ROB0001", { name: "rob", displayName: "Rob" }),
      inDiscord: discord.person("400000000000000001", { name: "rob" }),
    },
  };
}

type Both = Awaited<ReturnType<typeof bothPlatforms>>;

/** Rob asks in Slack, and the agents are in Discord. */
async function opensInSlack({ slack, discord, rob, ada, there }: Both, name: string) {
  const { inSlack: asker } = rob;
  await asker.types("/ticket");
  await slack.until(() => asker.modal);
  await asker.submits({ ...fields, title: name, description: `${name} begins` });
  const isCard = ({ thread, ephemeral, words }: ReturnType<typeof asker.reads>[number]) =>
    thread === undefined && !ephemeral && words.includes(name);
  const card = await slack.until(() => asker.reads(asker.dm).find(isCard));
  const thread = await discord.until(() => threadFor(ada.inDiscord, there, name));
  return {
    name,
    inSlack: slackSide(slack, asker, asker.dm, card.ts),
    inDiscord: discordSide(discord, ada.inDiscord, thread.id),
  };
}

/** Rob asks in Discord, and the agents are in Slack. */
async function opensInDiscord({ slack, discord, rob, ada, help, here }: Both, name: string) {
  const { inDiscord: asker } = rob;
  await asker.types("/ticket", {}, { channel: help });
  await discord.until(() => asker.modal);
  await asker.submits({ ...fields, title: name, description: `${name} begins` });
  const thread = await discord.until(() => threadFor(asker, help, name));
  const card = await slack.until(() =>
    ada.inSlack
      .reads(here)
      .find(({ thread, words }) => thread === undefined && words.includes(name)),
  );
  return {
    name,
    inSlack: slackSide(slack, ada.inSlack, here, card.ts),
    inDiscord: discordSide(discord, asker, thread.id),
  };
}

const threadFor = (who: DiscordPerson, channel: string, name: string) =>
  who.threads(channel).find((thread) => thread.name.includes(name));

async function environment({ slack, discord, here, there }: Both) {
  const settings = join(await temporaryFolder(), "deskhand.yaml");
  await writeFile(
    settings,
    `triage: [{ platform: slack, to: discord:${there} }, { to: slack:${here} }]`,
  );
  return {
    DATA_DIR: await temporaryFolder(),
    DESKHAND_CONFIG: settings,
    API_TOKENS: token,
    SLACK_BOT_TOKEN: slack.app.botToken,
    SLACK_SIGNING_SECRET: slack.app.signingSecret,
    SLACK_API_URL: slack.apiUrl,
    DISCORD_TOKEN: discord.token,
    DISCORD_API_URL: discord.apiUrl,
  };
}

test(`killed ${kills} times while people talk from one platform to the other, it mirrors every message once and in order`, async () => {
  const both = await bothPlatforms();
  const { slack, discord } = both;
  const env = await environment(both);
  const begins = async () => {
    const service = await startDeskhand(env);
    slack.sendTo(`${service.url}/slack/events`);
    await discord.until(() => discord.gateway.connections() > 0);
    return service;
  };

  let service = await begins();
  const all: Conversation[] = [];
  for (const n of [0, 1]) {
    all.push(await opensInSlack(both, `from-slack-${n}.`));
    all.push(await opensInDiscord(both, `from-discord-${n}.`));
  }
  // What is written below a card that is not written down yet is tried again, but not as often as here.
  await nothingOwed(service.url);
  for (let kill = 0; kill < kills; kill += 1) {
    answersLate(slack, discord);
    await talks(all, kill);
    await keptFromDiscord(service, all);
    const { name, inSlack } = oneOf(all);
    if (inSlack.isWhole()) says(inSlack, `${name} message ${kill} just before the end`);
    await pause(randomInt(20));
    service.kill("SIGKILL");
    await service.exit;
    await discord.until(() => discord.gateway.connections() === 0);
    // Slack has it, and no one is there.
    const other = oneOf(all);
    if (other.inSlack.isWhole()) says(other.inSlack, `${other.name} message ${kill} in the dark`);
    service = await begins();
  }
  await slack.until(() => all.every(({ inSlack }) => inSlack.isWhole()), 20_000);
  await keptFromDiscord(service, all);
  await nothingOwed(service.url);
  for (const each of all) isAllThere(each);
  expect(discord.violations).toEqual([]);
  expect(discord.unguarded).toEqual([]);
}, 180_000);
