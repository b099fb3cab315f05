import { describe, expect, onTestFinished, test } from "vitest";
import { checkSlack, type SlackFinding, type SlackToCheck } from "../../adapters/slack/check.ts";
import { neededScopes } from "../../adapters/slack/scopes.ts";
import type { App } from "../fakes/slack/app.ts";
import { startSlack } from "../fakes/slack/slack.ts";
import { keptLog } from "../log.ts";
import { answeredBy } from "./connected.ts";

/** A workspace in which all is well, and what is asked of it. */
async function slackToCheck(app: Partial<App> = {}) {
  const slack = await startSlack({ app });
  onTestFinished(() => slack.stop());
  const ada = slack.person("U0ADA0001", { name: "ada" });
  const members = [ada.id, slack.workspace.bot.userId];
  const triage = slack.workspace.addChannel({ id: "C0TRIAGE1", name: "triage", members });
  ada.writes(triage.id, "hello");
  slack.workspace.groups.set("S0HELPERS", {
    ...{ id: "S0HELPERS", handle: "helpers", name: "Helpers", users: [ada.id] },
  });
  const log = keptLog();
  const given: SlackToCheck = {
    botToken: slack.app.botToken,
    appToken: slack.app.appToken,
    apiUrl: slack.apiUrl,
    triageChannels: [triage.id],
    agents: [ada.id, "S0HELPERS"],
    log,
  };
  const found = async (other: Partial<SlackToCheck> = {}) => {
    const findings: SlackFinding[] = [];
    for await (const finding of checkSlack({ ...given, ...other })) findings.push(finding);
    const told = JSON.stringify([findings, log.lines]);
    for (const secret of [slack.app.botToken, slack.app.appToken])
      expect(told).not.toContain(secret);
    return findings;
  };
  const wrong = async (other: Partial<SlackToCheck> = {}) =>
    (await found(other)).filter(({ ok }) => !ok);
  return { slack, ada, triage, found, wrong };
}

describe("where all is well", () => {
  test("each thing is good, with whose token it is and what the ids are called", async () => {
    const { slack, found } = await slackToCheck();
    const { team, bot } = slack.workspace;
    expect(await found()).toEqual([
      {
        what: "token",
        ok: true,
        sentence: `SLACK_BOT_TOKEN works: it is ${bot.name}'s, in the workspace ${team.name}`,
      },
      { what: "scopes", ok: true, sentence: expect.stringContaining("all 14") },
      { what: "Socket Mode", ok: true, sentence: "SLACK_APP_TOKEN opens connections" },
      { what: "channel C0TRIAGE1", ok: true, sentence: "it is there, and the bot is in it" },
      { what: "threads of C0TRIAGE1", ok: true, sentence: "the bot may read them" },
      { what: "agent U0ADA0001", ok: true, sentence: "they are ada" },
      { what: "agent S0HELPERS", ok: true, sentence: "it is the user group helpers" },
    ]);
  });

  test("nothing is asked but what a doctor may ask: Slack is as it was", async () => {
    const { slack, found } = await slackToCheck();
    await found();
    expect(new Set(slack.calls.map(({ method }) => method))).toEqual(
      new Set([
        ...["auth.test", "apps.connections.open", "conversations.info", "conversations.history"],
        ...["conversations.replies", "users.info", "usergroups.list"],
      ]),
    );
  });

  test("exactly the scopes that are needed are enough", async () => {
    const { wrong } = await slackToCheck({ scopes: [...neededScopes] });
    expect(await wrong()).toEqual([]);
  });

  test("that whoever joins a public channel is an agent is noted, where none are listed", async () => {
    const { slack, triage, found } = await slackToCheck();
    const members = [slack.workspace.bot.userId];
    const kind = "group";
    slack.workspace.addChannel({ id: "G0PRIVATE", name: "private", kind, members });
    const sentences = async (agents: string[] | undefined) => {
      const findings = await found({ agents, triageChannels: [triage.id, "G0PRIVATE"] });
      return findings
        .filter(({ what }) => what.startsWith("channel"))
        .map(({ sentence }) => sentence);
    };
    const there = "it is there, and the bot is in it";
    const note = expect.stringContaining("everyone who joins it is an agent");
    expect(await sentences(undefined)).toEqual([note, there]);
    expect(await sentences([])).toEqual([there, there]);
    expect((await found({ agents: undefined })).filter(({ ok }) => !ok)).toEqual([]);
  });

  test("a channel without a message is good, and it is said that threads were not tried", async () => {
    const { slack, found } = await slackToCheck();
    const members = [slack.workspace.bot.userId];
    const empty = slack.workspace.addChannel({ id: "C0EMPTY01", name: "empty", members });
    const findings = await found({ triageChannels: [empty.id] });
    expect(findings.find(({ what }) => what.startsWith("threads"))).toMatchObject({
      ok: true,
      sentence: expect.stringContaining("not tried"),
    });
  });
});

describe("what is wrong is told, with what to do", () => {
  test.each(["xoxb-no-such-token", "revoked"])("a token that does not work: %s", async (which) => {
    const { slack, wrong } = await slackToCheck();
    if (which === "revoked") slack.revokesToken();
    const botToken = which === "revoked" ? slack.app.botToken : which;
    const [first, ...others] = await wrong({ botToken });
    expect(first).toMatchObject({ what: "token" });
    expect(first?.sentence).toMatch(/install the app again and set the new SLACK_BOT_TOKEN/);
    // Nothing more is asked with it.
    expect(others.filter(({ what }) => what !== "Socket Mode")).toEqual([]);
  });

  test("every scope that is missing", async () => {
    const scopes = neededScopes.filter((each) => !/^(?:groups:read|files:write)$/.test(each));
    const { wrong } = await slackToCheck({ scopes });
    const [finding] = await wrong();
    expect(finding).toMatchObject({ what: "scopes" });
    expect(finding?.sentence).toMatch(
      /^missing: files:write, groups:read\. Add .* install the app/,
    );
  });

  test("an app token that opens no connection", async () => {
    const { slack, wrong } = await slackToCheck();
    expect(await wrong({ appToken: slack.app.botToken })).toMatchObject([
      { what: "Socket Mode", sentence: expect.stringContaining("Copy it from Basic Information") },
    ]);
    slack.misbehave({ error: "missing_scope" }, { method: "apps.connections.open" });
    expect(await wrong()).toMatchObject([
      { what: "Socket Mode", sentence: expect.stringContaining("connections:write") },
    ]);
  });

  test("without an app token, Socket Mode is not asked about", async () => {
    const { slack, found } = await slackToCheck();
    const findings = await found({ appToken: undefined });
    expect(findings.map(({ what }) => what)).not.toContain("Socket Mode");
    expect(slack.calls.map(({ method }) => method)).not.toContain("apps.connections.open");
  });

  test.each([
    ["that is archived", "archive", /#triage \(C0TRIAGE1\) is archived: unarchive it/],
    ["that the bot is not in", "remove", /not in Slack channel #triage.*\/invite @Deskhand/],
    ["that is not there", "C0NOWHERE", /cannot see the Slack channel C0NOWHERE: check TRIAGE/],
  ])("a triage channel %s", async (_, what, told) => {
    const { slack, triage, wrong } = await slackToCheck();
    if (what === "archive") slack.archives(triage.id);
    if (what === "remove") slack.removesBot(triage.id);
    const channel = what.startsWith("C0") ? what : triage.id;
    expect(await wrong({ triageChannels: [channel] })).toEqual([
      { what: `channel ${channel}`, ok: false, sentence: expect.stringMatching(told) },
    ]);
  });

  test.each(["not_allowed_token_type", "missing_scope"])(
    "a bot that may not read threads: %s",
    async (error) => {
      const { slack, wrong } = await slackToCheck();
      slack.misbehave({ error }, { method: "conversations.replies" });
      const [finding, ...others] = await wrong();
      expect(others).toEqual([]);
      expect(finding).toMatchObject({ what: "threads of C0TRIAGE1" });
      expect(finding?.sentence).toContain(`(${error})`);
      expect(finding?.sentence).toContain("groups:history");
    },
  );

  test("agents that Slack does not know, or who have left", async () => {
    const { slack, ada, wrong } = await slackToCheck();
    const told = await wrong({ agents: ["U0NOBODY1", "S0NOGROUP"] });
    expect(told.map(({ what }) => what)).toEqual(["agent U0NOBODY1", "agent S0NOGROUP"]);
    for (const { sentence } of told) expect(sentence).toContain("correct the id under agents");
    const member = slack.workspace.members.get(ada.id);
    if (member) member.deleted = true;
    expect(await wrong()).toMatchObject([
      { what: "agent U0ADA0001", sentence: expect.stringContaining("deactivated") },
    ]);
  });

  test("a Slack that cannot be reached, and one that answers nonsense", async () => {
    const { slack, wrong } = await slackToCheck();
    const sentence = expect.stringContaining("Check that this machine may connect to Slack");
    const unreachable = await wrong({ apiUrl: "http://127.0.0.1:1/api/" });
    expect(unreachable).toEqual([
      { what: "token", ok: false, sentence },
      { what: "Socket Mode", ok: false, sentence },
    ]);
    slack.misbehave("html", { method: "conversations.info" });
    expect(await wrong()).toMatchObject([{ what: "channel C0TRIAGE1" }]);
    const apiUrl = await answeredBy((_, response) => response.end('{"ok":true}'));
    expect(await wrong({ apiUrl, appToken: undefined })).toEqual([
      {
        what: "token",
        ok: false,
        sentence: "Slack's answer cannot be understood: try again later",
      },
    ]);
  });
});
