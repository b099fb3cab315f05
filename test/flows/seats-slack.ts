import { onTestFinished } from "vitest";
import type { HandClock } from "../fakes/clock.ts";
import type { Person } from "../fakes/slack/person.ts";
import type { Seen } from "../fakes/slack/seen.ts";
import { type Slack, type SlackOptions, startSlack } from "../fakes/slack/slack.ts";
import {
  type AgentSeat,
  held,
  type Line,
  type Passing,
  type Platform,
  type Seat,
} from "./seats.ts";
import type { Mode } from "./slack-team.ts";

const marks: Record<string, Line["marks"][number]> = {
  hourglass_flowing_sand: "sending",
  white_check_mark: "delivered",
  x: "failed",
};

/** A workspace with Rob, and Ada and Bea in its triage channel. */
export async function slackPlatform(
  clock: HandClock,
  options: Partial<SlackOptions<HandClock>> = {},
  mode: Mode = "http",
): Promise<Platform & { slack: Slack }> {
  const slack = await startSlack({ ...options, clock });
  onTestFinished(() => slack.stop());
  const rob = slack.person("U0ROB0001", { name: "rob", displayName: "Rob" });
  const agents = {
    ada: slack.person("U0ADA0001", { name: "ada", displayName: "Ada" }),
    bea: slack.person("U0BEA0001", { name: "bea", displayName: "Bea" }),
  };
  const members = [agents.ada.id, agents.bea.id, slack.workspace.bot.userId];
  const { id: triage } = slack.workspace.addChannel({
    ...{ id: "C0TRIAGE1", name: "triage", kind: "channel", members },
  });
  const { botToken, appToken, signingSecret } = slack.app;
  const isSocket = mode === "socket";
  return {
    slack,
    name: "slack",
    environment: () => ({
      SLACK_BOT_TOKEN: botToken,
      ...(isSocket ? { SLACK_APP_TOKEN: appToken } : { SLACK_SIGNING_SECRET: signingSecret }),
      SLACK_API_URL: slack.apiUrl,
    }),
    triage: `slack:${triage}`,
    underway: () => slack.events.underway(),
    started: async (url) => {
      if (isSocket) await slack.until(() => slack.socketMode.connections() > 0);
      else slack.sendTo(`${url}/slack/events`);
    },
    async asks(fields, passing) {
      await rob.types("/ticket");
      await passing(() => rob.modal);
      await rob.submits({ ...fields });
    },
    requester: (title) => slackSeat(slack, rob, rob.dm, title),
    agent: (title, who = "ada") => agentSeat(slack, agents[who], triage, title),
    inPublic: () =>
      rob
        .reads(rob.dm)
        .map(({ words }) => words)
        .join("\n"),
    archives: false,
    falters: () => {
      const { promise, resolve } = held();
      slack.misbehaves((method) => (method.startsWith("chat.") ? { until: promise } : undefined));
      return () => {
        slack.misbehaves(() => undefined);
        resolve();
      };
    },
    cutsOff: () => {
      slack.misbehaves(() => "reset");
      return () => slack.misbehaves(() => undefined);
    },
    goesDown: () => {
      slack.misbehaves((method) => (method.startsWith("chat.") ? { status: 503 } : undefined));
      return () => slack.misbehaves(() => undefined);
    },
  };
}

const isCardOf =
  (title: string) =>
  ({ thread, ephemeral, words }: Seen) =>
    thread === undefined && !ephemeral && words.includes(title);

/** Someone in the thread whose card stands in this channel and has this title, once there is one. */
export function slackSeat(
  slack: Slack,
  person: Person,
  channel: string,
  title: string,
): (Seat & { root: Seen }) | undefined {
  const root = person.reads(channel).find(isCardOf(title));
  if (!root) return undefined;
  const thread = root.ts;
  const all = () => person.reads(channel, { thread });
  const seenOf = ({ id }: Line) => all().find(({ ts }) => ts === id) as Seen;
  return {
    root,
    name: person.member.displayName ?? person.member.name,
    personId: `slack:${slack.workspace.team.id}:${person.id}`,
    lines: () =>
      all()
        .filter(({ ts, ephemeral, deleted }) => ts !== thread && !ephemeral && !deleted)
        .map(lineOf),
    card: () => all()[0]?.words ?? "",
    writes: (text, files = []) => lineOf(person.writes(channel, text, { thread, files })),
    edits: (line, text) => person.edits(seenOf(line), text),
    deletes: (line) => person.deletes(seenOf(line)),
    told: () =>
      person
        .reads(channel)
        .filter(({ ephemeral }) => ephemeral)
        .map(({ words }) => words),
    isOpen: () => true,
    refusesNext: () =>
      slack.misbehave({ error: "msg_too_long" }, { method: "chat.postMessage", channel }),
  };
}

const lineOf = ({ ts, from, words, files, reactions, pings }: Seen): Line => ({
  ...{ id: ts, from, words, files, pings },
  marks: reactions.flatMap((name) => marks[name] ?? []),
});

function agentSeat(
  slack: Slack,
  person: Person,
  channel: string,
  title: string,
): AgentSeat | undefined {
  const seat = slackSeat(slack, person, channel, title);
  if (!seat) return undefined;
  const thread = seat.root.ts;
  const card = () => person.reads(channel, { thread })[0] as Seen;
  const passing: Passing = (look) => slack.until(look);
  return {
    ...seat,
    offers: () => card().buttons,
    clicks: async (button) => void (await person.clicks(card(), button)),
    sets: async (what, value) => void (await person.clicks(card(), what, value)),
    async fills(dialog, text) {
      await person.clicks(card(), dialog);
      await passing(() => person.modal);
      await person.submits({ text });
    },
    async retries() {
      const notice = person
        .reads(channel, { thread })
        .filter(({ buttons }) => buttons.includes("retry"))
        .at(-1);
      await person.clicks(notice as Seen, "retry");
    },
  };
}
