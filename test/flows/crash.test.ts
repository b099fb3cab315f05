import { randomInt } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import { wallClock } from "../fakes/clock.ts";
import type { Person } from "../fakes/slack/person.ts";
import type { Seen } from "../fakes/slack/seen.ts";
import { type Slack, startSlack } from "../fakes/slack/slack.ts";
import { nothingOwed, startDeskhand } from "../process.ts";
import { temporaryFolder } from "../temporary.ts";
import { printer } from "./slack-team.ts";

const kills = 12;
const tickets = 4;
const messagesBetweenKills = 6;

/** Slack tries again sooner, and as often as the process is killed. */
const retriesAfterMs = Array.from({ length: 200 }, () => 100);

type Workspace = Slack<typeof wallClock>;

/** Someone's thread, and what was written in it. */
interface Side {
  who: Person;
  channel: string;
  thread: string;
  texts: string[];
  written: Seen[];
}

interface Conversation {
  name: string;
  agents: Side;
  requester: Side;
}

const isRoot = ({ thread, ephemeral }: Seen) => thread === undefined && !ephemeral;

const rootOf = (who: Person, channel: string, name: string) =>
  who.reads(channel).find((seen) => isRoot(seen) && seen.words.includes(name));

async function opens(slack: Workspace, ada: Person, triage: string, name: string) {
  const rob = slack.person("U0ROB0001", { name: "rob", displayName: "Rob" });
  await rob.types("/ticket");
  await slack.until(() => rob.modal);
  await rob.submits({ ...printer, title: name, description: `${name} begins` });
  const side = async (who: Person, channel: string): Promise<Side> => {
    const { ts: thread } = await slack.until(() => rootOf(who, channel, name));
    return { who, channel, thread, texts: [], written: [] };
  };
  return { name, agents: await side(ada, triage), requester: await side(rob, rob.dm) };
}

function says({ who, channel, thread, texts, written }: Side, text: string): void {
  texts.push(text);
  written.push(who.writes(channel, text, { thread }));
}

const isAcked = ({ events }: Workspace, { channel, ts }: Seen) =>
  events.attempts.some(
    ({ event, ack }) => event.ts === ts && event.channel === channel && ack?.kind === "acked",
  );

/** In a thread, the next thing is written once Slack has told of the one before. */
async function talks(slack: Workspace, all: Conversation[], kill: number): Promise<void> {
  for (let n = 0; n < messagesBetweenKills; n += 1) {
    const { name, ...sides } = all[randomInt(all.length)] ?? fail();
    const side = sides[randomInt(2) === 0 ? "agents" : "requester"];
    const before = side.written.at(-1);
    if (before && !isAcked(slack, before)) continue;
    says(side, `${name} message ${kill}.${n}`);
    await pause(randomInt(25));
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function fail(): never {
  throw new Error("there is no such conversation");
}

/** What was said on one side, on the other one, below the card and the first message. */
function isAllThere({ name, agents, requester }: Conversation): void {
  for (const [from, to] of [
    [agents, requester],
    [requester, agents],
  ] as const)
    expect(heardIn(to)).toEqual([`${name} begins`, ...from.texts]);
}

/** As many messages, at least, whichever they are. */
const isMuchThere = ({ agents, requester }: Conversation): boolean =>
  heardIn(agents).length > requester.texts.length &&
  heardIn(requester).length > agents.texts.length;

const heardIn = ({ who, channel, thread, written }: Side) =>
  who
    .reads(channel, { thread })
    .filter(({ ts }) => ts !== thread && !written.some((own) => own.ts === ts))
    .map(({ words }) => words);

test(`killed ${kills} times while people talk, it mirrors every message once and in order`, async () => {
  const slack = await startSlack({ clock: wallClock, retriesAfterMs });
  onTestFinished(() => slack.stop());
  const ada = slack.person("U0ADA0001", { name: "ada", displayName: "Ada" });
  const members = [ada.id, slack.workspace.bot.userId];
  const triage = slack.workspace.addChannel({ id: "C0TRIAGE1", name: "triage", members }).id;
  const env = {
    DATA_DIR: await temporaryFolder(),
    TRIAGE: `slack:${triage}`,
    SLACK_BOT_TOKEN: slack.app.botToken,
    SLACK_SIGNING_SECRET: slack.app.signingSecret,
    SLACK_API_URL: slack.apiUrl,
  };
  const begins = async () => {
    const service = await startDeskhand(env);
    slack.sendTo(`${service.url}/slack/events`);
    return service;
  };

  let service = await begins();
  const all: Conversation[] = [];
  for (let n = 0; n < tickets; n += 1) all.push(await opens(slack, ada, triage, `ticket-${n}.`));
  // What is written below a card that is not written down yet is tried again, but not as often as here.
  await nothingOwed(service.url);
  for (let kill = 0; kill < kills; kill += 1) {
    // What takes effect is not always answered before the end.
    const late = { answeredAfter: pause(randomInt(200)) };
    if (randomInt(2) === 0) slack.misbehave(late, { method: "chat.postMessage" });
    await talks(slack, all, kill);
    await pause(randomInt(60));
    service.kill("SIGKILL");
    await service.exit;
    // Slack has it, and no one is there.
    const { name, requester } = all[kill % tickets] ?? fail();
    const before = requester.written.at(-1);
    if (!before || isAcked(slack, before))
      says(requester, `${name} message ${kill} while it is down`);
    service = await begins();
  }
  // What Slack has told of too often meanwhile comes no more: that is read back.
  await slack.until(() => all.every(isMuchThere), 60_000);
  await nothingOwed(service.url);
  for (const each of all) isAllThere(each);
  expect(ada.reads(triage).filter(isRoot)).toHaveLength(tickets);
}, 120_000);
