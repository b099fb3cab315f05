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
