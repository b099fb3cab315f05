import { expect, test } from "vitest";
import { slackTeam, type Team } from "./slack-team.ts";

async function shown({ url, slack }: Team, why: string): Promise<string> {
  for (;;) {
    const said = await (await fetch(`${url()}/readyz`)).text();
    if (said.includes(why)) return said;
    slack.clock.advance(1_000);
  }
}

const logged = ({ log }: Team) => JSON.stringify(log.lines.map(({ fields }) => fields));

test.each(["http", "socket"] as const)(
  "over %s, who asks whether it is ready learns no channel's name, and the log tells it",
  async (mode) => {
    const team = await slackTeam({ mode });
    team.slack.removesBot(team.triage);
    const said = await shown(team, "/invite @Deskhand");
    expect(said).toContain(`the bot is not in Slack channel ${team.triage}: write`);
    expect(said).not.toContain("#triage");
    expect(logged(team)).toContain("#triage");
    team.slack.invitesBot(team.triage);
    team.slack.archives(team.triage);
    expect(await shown(team, "archived")).not.toContain("#triage");
  },
);

test("who asks whether it is ready learns nothing of what the network said, and the log tells it", async () => {
  const team = await slackTeam({ mode: "socket" });
  const { slack } = team;
  slack.misbehave("reset", { method: "apps.connections.open", times: 1_000 });
  slack.socketMode.cut();
  const said = await shown(team, "cannot be reached");
  expect(JSON.parse(said)).toMatchObject({ reasons: ["Slack: Slack cannot be reached"] });
  expect(logged(team)).toMatch(/Slack cannot be reached: \w+/);
});

test("who asks whether it is ready learns that Slack does not answer, so that what is owed there waits, until it does", async () => {
  const team = await slackTeam();
  const { slack, ada, triage, passing } = team;
  const { agentsRoot, atRequester } = await team.opens();
  await passing(() => atRequester().some(({ words }) => words.includes("It burns")));
  const down = { is: true };
  // Who writes can be looked up, so that what they write is taken in.
  slack.misbehaves((method) =>
    down.is && /^(?:chat|reactions)\.|\.replies$/.test(method) ? { status: 503 } : undefined,
  );
  const texts = ["one", "two", "three"];
  for (const text of texts) ada.writes(triage, text, { thread: agentsRoot });
  const said = await shown(team, "does not answer");
  expect(said).toMatch(/"Slack does not answer: what is owed there waits, since .*\d\d:\d\d UTC"/);
  expect(await gaugeOf(team)).toBe(1);
  down.is = false;
  await passing(() => texts.every((text) => atRequester().some(({ words }) => words === text)));
  expect(await (await fetch(`${team.url()}/readyz`)).text()).not.toContain("does not answer");
  expect(await gaugeOf(team)).toBe(0);
});

async function gaugeOf({ url }: Team): Promise<number> {
  const metrics = await (await fetch(`${url()}/metrics`)).text();
  return Number(/^deskhand_circuit_open\{platform="slack"\} (\d)$/m.exec(metrics)?.[1]);
}
