/** What has to be right in the end wherever it is, besides what single tickets show. */
import { readdir } from "node:fs/promises";
import { sep } from "node:path";
import { seen } from "../fakes/slack/seen.ts";
import type { Calls } from "./calls.ts";
import { type Finding, found } from "./finding.ts";
import { owed } from "./quiet.ts";
import type { Ticket } from "./tickets.ts";
import { judge } from "./verdict.ts";
import { hasSecret, tokensIn } from "./words.ts";
import type { World } from "./world.ts";

/** All that is wrong with what these people did. */
export async function verdict(
  world: World,
  calls: Calls,
  tickets: readonly Ticket[],
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const ticket of tickets) findings.push(...(await ofTicket(world, ticket)));
  findings.push(
    ...inPublic(world),
    ...strays(world),
    ...(await overHttp(world)),
    ...(await onDisk(world, tickets)),
    ...calls.leaks.map((says): Finding => ({ kind: "leaked", says })),
    ...world.service.leaks.map(
      (line): Finding => ({ kind: "leaked", says: `in the log: ${line}` }),
    ),
    ...badCalls(world),
  );
  return findings.map((finding) => {
    const ticket = finding.ticket ?? ticketIn(world, finding.says);
    return ticket === undefined ? finding : { ...finding, ticket };
  });
}

function ticketIn({ owners }: World, says: string): string | undefined {
  const [token] = tokensIn(says);
  const [, number] = /\b[kn](\d+)[vf]/.exec(says) ?? [];
  return owners.get(token?.message ?? Number(number ?? Number.NaN));
}

async function ofTicket({ api, tokens }: World, ticket: Ticket): Promise<Finding[]> {
  const ids = await api.find(tokens.agent, ticket.name);
  const { name } = ticket;
  if (ids === undefined) return [{ kind: "invalid", ticket: name, says: "it cannot be listed" }];
  const [id] = ids;
  if (id === undefined) return [{ kind: "lost", ticket: name, says: "there is no such ticket" }];
  if (ids.length > 1)
    return [{ kind: "repeated", ticket: name, says: `there are ${ids.length} of it` }];
  try {
    return judge(ticket, await api.ticket(tokens.agent, id));
  } catch (error) {
    return [{ kind: "invalid", ticket: name, says: `it is no ticket: ${String(error)}` }];
  }
}

/** Nothing that is for agents, wherever requesters or the remote service read. */
function inPublic({ slack, people, channels, tickets }: World): Finding[] {
  const { workspace } = slack;
  const told = [
    ...people.slackAskers.flatMap((person) => person.reads(person.dm).map(({ words }) => words)),
    ...people.discordAskers.flatMap((person) =>
      [channels.help, person.dm, ...person.threads(channels.help).map(({ id }) => id)].flatMap(
        (channel) => person.reads(channel).map(({ words }) => words),
      ),
    ),
    ...[...tickets.tickets.byId.values()].map((ticket) => JSON.stringify(ticket)),
    ...workspace.ephemerals
      .filter(({ user }) => people.slackAskers.some(({ id }) => id === user))
      .map(({ text }) => text),
  ];
  return [...new Set(told)].filter(hasSecret).map(
    (words): Finding => ({
      kind: "leaked",
      says: `someone who is no agent sees “${words.slice(0, 200)}”`,
    }),
  );
}

/** What stands in a channel and belongs into a thread. */
function strays({ slack, discord, people, channels }: World): Finding[] {
  const { workspace } = slack;
  const inSlack = [channels.slackTriage, ...people.slackAskers.map(({ dm }) => dm)]
    .flatMap((channel) => workspace.channelOf({ channel }).messages)
    .filter(({ byApp, threadTs, tombstone }) => byApp && threadTs === undefined && !tombstone)
    .map((message) => seen(workspace, message).words);
  const inDiscord = [channels.help, channels.discordTriage]
    .flatMap((channel) => discord.server.channel(channel).messages)
    .filter(({ author }) => author === discord.server.application.id)
    .map((message) => JSON.stringify([message.content, message.embeds]));
  return [...inSlack, ...inDiscord]
    .filter((words) => !/\bt\d+x\d+\b/.test(words) && tokensIn(words).length > 0)
    .map(
      (words): Finding => ({
        kind: "stray",
        says: `in a channel stands “${words.slice(0, 200)}”`,
      }),
    );
}

/** Clients read their own tickets, and no one's notes. */
async function overHttp({ api, tokens }: World): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const token of [tokens.client, ...tokens.askers])
    for (const text of await api.everything(token))
      if (hasSecret(text))
        findings.push({ kind: "leaked", says: `a client reads “${text.slice(0, 200)}” over HTTP` });
  return findings;
}

const temporary = /\.tmp$/;

async function onDisk(world: World, tickets: readonly Ticket[]): Promise<Finding[]> {
  const names = await readdir(world.folder, { recursive: true });
  // What others may be writing in a shared folder is left there for hours.
  const isShared = (name: string) => name.startsWith(`shared${sep}`);
  const left = names.filter((name) => temporary.test(name) && !isShared(name));
  const owing = await owed(world);
  return [
    ...left.flatMap((name) => found(true, "unsettled", `the file ${name} was left in DATA_DIR`)),
    ...owing.flatMap((title) => found(true, "unsettled", `${title} still owes something`)),
    ...(await links(world, tickets)),
  ];
}

/** Every file that a ticket lists opens. */
async function links({ api, tokens }: World, tickets: readonly Ticket[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { name } of tickets) {
    const [id] = (await api.find(tokens.agent, name)) ?? [];
    if (id === undefined) continue;
    const { attachments } = await api.ticket(tokens.agent, id);
    for (const { url, filename } of attachments) {
      const { pathname, search } = new URL(url);
      if ((await api.text(`${pathname}${search}`)) === undefined)
        findings.push({
          kind: "lost",
          ticket: name,
          says: `the link to ${filename} opens nothing`,
        });
    }
  }
  return findings;
}

/** What the stand-ins would not take, or would have made a noise of. */
function badCalls({ slack, discord }: World): Finding[] {
  const inSlack = slack.calls.flatMap(({ method, answer }) => {
    const error = String(answer?.error ?? "");
    return /^invalid_(?:blocks|arg)|^no_text|^unknown_method/.test(error)
      ? [`${method} was answered ${error}`]
      : [];
  });
  return [...new Set([...inSlack, ...discord.violations, ...discord.unguarded])].map(
    (says): Finding => ({ kind: "invalid", says }),
  );
}
