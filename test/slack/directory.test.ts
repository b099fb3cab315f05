import { describe, expect, onTestFinished, test } from "vitest";
import { createDirectory } from "../../adapters/slack/directory.ts";
import { createWeb } from "../../adapters/slack/web.ts";
import { startSlack } from "../fakes/slack/slack.ts";
import { keptLog } from "../log.ts";
import { gate } from "./receiving.ts";

interface Options {
  agents?: { users: string[]; groups: string[] };
  channels?: string[];
}

/** A Slack with Ada in the triage channel, Rob nowhere, and a directory on the real WebClient. */
async function slackWithDirectory({ agents, channels = ["C0TRIAGE1"] }: Options = {}) {
  const slack = await startSlack();
  onTestFinished(() => slack.stop());
  const { workspace, apiUrl, app, clock } = slack;
  const ada = slack.person("U0ADA0001", { name: "ada", displayName: "Ada" });
  const rob = slack.person("U0ROB0001", { name: "rob", displayName: "Rob" });
  const triage = workspace.addChannel({
    id: "C0TRIAGE1",
    name: "triage",
    members: [ada.id, workspace.bot.userId],
  });
  workspace.groups.set("S0GROUP01", { id: "S0GROUP01", handle: "support", name: "Us", users: [] });
  const log = keptLog();
  const waits: number[] = [];
  const directory = createDirectory({
    web: createWeb({ token: app.botToken, apiUrl, log }),
    team: workspace.team.id,
    now: () => clock.now(),
    after: (ms, act) => {
      waits.push(ms);
      return clock.after(ms, act);
    },
    agents,
    triageChannels: channels,
    log,
  });
  const calls = (method: string) => slack.calls.filter((call) => call.method === method).length;
  return { slack, clock, ada, rob, triage, directory, calls, log, waits };
}

const seconds = 1_000;
const minutes = 60 * seconds;

describe("people", () => {
  test("have their display name, and a picture", async () => {
    const { ada, directory, slack } = await slackWithDirectory();
    slack.person("U0PLAIN01", { name: "plain", realName: "Plain Jane", displayName: "" });
    slack.person("U0NOPIC01", { name: "nopic", picture: "http://pictures.example/1.png" });
    expect(await directory.personOf(ada.id)).toEqual({
      id: `slack:${slack.workspace.team.id}:${ada.id}`,
      name: "Ada",
      picture: expect.stringMatching(/^https:/),
    });
    expect((await directory.personOf("U0PLAIN01")).name).toBe("Plain Jane");
    expect(await directory.personOf("U0NOPIC01")).not.toHaveProperty("picture");
  });

  test("that Slack does not know are someone, and have no id in their name", async () => {
    const { directory, slack } = await slackWithDirectory();
    const id = `slack:${slack.workspace.team.id}:U0GONE001`;
    expect(await directory.personOf("U0GONE001")).toEqual({ id, name: "someone", isGuess: true });
    expect(await directory.names.person("U0GONE001")).toBeUndefined();
  });

  test("are asked for once, by however many, and again after ten minutes", async () => {
    const { ada, directory, clock, calls } = await slackWithDirectory();
    const asked = () => Promise.all([directory.personOf(ada.id), directory.names.person(ada.id)]);
    await asked();
    clock.advance(10 * minutes);
    await asked();
    expect(calls("users.info")).toBe(1);
    ada.member.displayName = "Ada L.";
    clock.advance(1);
    expect((await asked())[1]).toBe("Ada L.");
    expect(calls("users.info")).toBe(2);
  });

  test.each([
    [{ retryAfterS: 30 }, 30 * seconds],
    ["reset", 2 * seconds],
    [{ error: "internal_error" }, 2 * seconds],
  ] as const)(
    "are someone when asking fails (%j), and are asked for again after %i ms",
    async (fault, waitMs) => {
      const { ada, directory, slack, clock, calls } = await slackWithDirectory();
      slack.misbehave(fault, { method: "users.info" });
      expect((await directory.personOf(ada.id)).name).toBe("someone");
      clock.advance(waitMs - 1);
      expect((await directory.personOf(ada.id)).name).toBe("someone");
      expect(calls("users.info")).toBe(1);
      clock.advance(1);
      expect((await directory.personOf(ada.id)).name).toBe("Ada");
    },
  );

  test("keep the name they had when asking again fails", async () => {
    const { ada, directory, slack, clock } = await slackWithDirectory();
    await directory.personOf(ada.id);
    clock.advance(11 * minutes);
    slack.misbehave("reset", { method: "users.info" });
    expect(await directory.personOf(ada.id)).toMatchObject({ name: "Ada" });
  });

  test("are waited for no longer than a second; the answer counts all the same", async () => {
    const { ada, directory, slack, clock, waits } = await slackWithDirectory();
    const { opened, open } = gate();
    slack.misbehave({ answeredAfter: opened }, { method: "users.info" });
    const asked = directory.personOf(ada.id);
    expect(waits).toEqual([1 * seconds]);
    clock.advance(1 * seconds);
    expect((await asked).name).toBe("someone");
    open();
    expect((await directory.personOf(ada.id)).name).toBe("Ada");
  });
});

describe("channels and groups", () => {
  test("have their names; private channels keep theirs", async () => {
    const { directory, slack } = await slackWithDirectory();
    const members = [slack.workspace.bot.userId];
    slack.workspace.addChannel({ id: "G0SECRET1", name: "merger", kind: "group", members });
    const { names } = directory;
    expect(await names.channel("C0TRIAGE1")).toBe("triage");
    expect(await names.channel("G0SECRET1")).toBeUndefined();
    expect(await names.channel("C0GONE001")).toBeUndefined();
    expect(await names.group("S0GROUP01")).toBe("support");
    expect(await names.group("S0GONE001")).toBeUndefined();
  });
});

describe("without a list, an agent", () => {
  test("is who is in a triage channel", async () => {
    const { ada, rob, directory } = await slackWithDirectory();
    expect(await directory.isAgent(ada.id)).toBe(true);
    expect(await directory.isAgent(rob.id)).toBe(false);
  });

  test("is found on any page, and in any of the channels", async () => {
    const { directory, slack, rob, calls } = await slackWithDirectory({
      channels: ["C0TRIAGE1", "C0SECOND1"],
    });
    const many = Array.from({ length: 1_500 }, (_, place) => `U1${place}`);
    slack.workspace.addChannel({ id: "C0SECOND1", name: "second", members: [...many, rob.id] });
    expect(await directory.isAgent(rob.id)).toBe(true);
    expect(calls("conversations.members")).toBe(3);
  });

  test("is no one where there is no triage channel", async () => {
    const { ada, directory, slack } = await slackWithDirectory({ channels: [] });
    expect(await directory.isAgent(ada.id)).toBe(false);
    expect(slack.calls).toEqual([]);
  });

  test("is looked up once a minute", async () => {
    const { ada, directory, clock, calls } = await slackWithDirectory();
    await Promise.all([directory.isAgent(ada.id), directory.isAgent(ada.id)]);
    clock.advance(1 * minutes);
    await directory.isAgent(ada.id);
    expect(calls("conversations.members")).toBe(1);
    clock.advance(1);
    await directory.isAgent(ada.id);
    expect(calls("conversations.members")).toBe(2);
  });

  test("is who has joined, from the moment that Slack tells of it, and no longer who has left", async () => {
    const { ada, rob, triage, directory } = await slackWithDirectory();
    expect(await directory.isAgent(rob.id)).toBe(false);
    rob.joins(triage.id);
    directory.heard({ type: "member-joined", channel: triage.id, user: rob.id });
    expect(await directory.isAgent(rob.id)).toBe(true);
    ada.leaves(triage.id);
    directory.heard({ type: "member-left", channel: triage.id, user: ada.id });
    expect(await directory.isAgent(ada.id)).toBe(false);
  });

  test("is who has joined though Slack did not tell, but not asked for at every message", async () => {
    const { ada, rob, triage, directory, clock, calls } = await slackWithDirectory();
    await directory.isAgent(ada.id);
    rob.joins(triage.id);
    clock.advance(5 * seconds);
    expect(await directory.isAgent(rob.id)).toBe(false);
    expect(calls("conversations.members")).toBe(1);
    clock.advance(1);
    expect(await directory.isAgent(rob.id)).toBe(true);
  });

  test("is not told by an answer that was on its way when someone joined", async () => {
    const { rob, triage, directory, slack } = await slackWithDirectory();
    const { opened, open } = gate();
    slack.misbehave({ answeredAfter: opened }, { method: "conversations.members" });
    const before = directory.isAgent(rob.id);
    await slack.until(() => slack.calls.at(-1)?.answer);
    rob.joins(triage.id);
    directory.heard({ type: "member-joined", channel: triage.id, user: rob.id });
    expect(await directory.isAgent(rob.id)).toBe(true);
    open();
    expect(await before).toBe(true);
    expect(await directory.isAgent(rob.id)).toBe(true);
  });
});

describe("when Slack does not say who is an agent", () => {
  test.each([
    [{ error: "channel_not_found" }, "invite the bot"],
    [{ retryAfterS: 30 }, "rate"],
    ["reset", "C0TRIAGE1"],
    [{ status: 503 }, "503"],
  ] as const)("%j is not a no, nor a yes", async (fault, words) => {
    const { ada, directory, slack } = await slackWithDirectory();
    slack.misbehave(fault, { method: "conversations.members" });
    const asked = directory.isAgent(ada.id);
    await expect(asked).rejects.toMatchObject({
      code: "AGENTS_UNKNOWN",
      message: expect.stringContaining(words),
    });
  });

  test("it is asked again when the while is over that Slack named", async () => {
    const { ada, directory, slack, clock, calls } = await slackWithDirectory();
    slack.misbehave({ retryAfterS: 30 }, { method: "conversations.members" });
    await expect(directory.isAgent(ada.id)).rejects.toThrow();
    clock.advance(29 * seconds);
    await expect(directory.isAgent(ada.id)).rejects.toThrow();
    expect(calls("conversations.members")).toBe(1);
    clock.advance(1 * seconds);
    expect(await directory.isAgent(ada.id)).toBe(true);
  });

  test("in time for the event's ack, that is known in time", async () => {
    const { ada, directory, slack, clock, waits } = await slackWithDirectory();
    const { opened, open } = gate();
    slack.misbehave({ answeredAfter: opened }, { method: "conversations.members" });
    const asked = expect(directory.isAgent(ada.id)).rejects.toMatchObject({
      code: "AGENTS_UNKNOWN",
    });
    expect(waits).toEqual([2 * seconds]);
    clock.advance(2 * seconds);
    await asked;
    open();
    expect(await directory.isAgent(ada.id)).toBe(true);
  });

  test.each(["reset", { status: 503 }, { retryAfterS: 30 }] as const)(
    "%j, who was one when it last did still is, and of no one else it is known",
    async (fault) => {
      const { ada, rob, directory, slack, clock } = await slackWithDirectory();
      expect(await directory.isAgent(ada.id)).toBe(true);
      clock.advance(11 * minutes);
      slack.misbehave(fault, { method: "conversations.members", times: 100 });
      expect(await directory.isAgent(ada.id)).toBe(true);
      await expect(directory.isAgent(rob.id)).rejects.toThrow();
    },
  );

  test("in time, who was one when it last did still is", async () => {
    const { ada, directory, slack, clock, waits } = await slackWithDirectory();
    await directory.isAgent(ada.id);
    clock.advance(11 * minutes);
    const { opened, open } = gate();
    slack.misbehave({ answeredAfter: opened }, { method: "conversations.members" });
    const before = waits.length;
    const asked = directory.isAgent(ada.id);
    expect(waits.slice(before)).toEqual([2 * seconds]);
    clock.advance(2 * seconds);
    expect(await asked).toBe(true);
    open();
  });

  test("who has left since is not known to be one", async () => {
    const { ada, triage, directory, slack } = await slackWithDirectory();
    expect(await directory.isAgent(ada.id)).toBe(true);
    ada.leaves(triage.id);
    directory.heard({ type: "member-left", channel: triage.id, user: ada.id });
    slack.misbehave("reset", { method: "conversations.members" });
    await expect(directory.isAgent(ada.id)).rejects.toMatchObject({ code: "AGENTS_UNKNOWN" });
  });

  test("one channel that names them is enough", async () => {
    const { ada, rob, directory, slack } = await slackWithDirectory({
      channels: ["C0GONE001", "C0TRIAGE1"],
    });
    expect(await directory.isAgent(ada.id)).toBe(true);
    await expect(directory.isAgent(rob.id)).rejects.toThrow("C0GONE001 (channel_not_found)");
    expect(slack.calls.map(({ method }) => method)).toContain("conversations.members");
  });
});

describe("with a list, an agent", () => {
  const agents = { users: ["U0ROB0001"], groups: ["S0GROUP01"] };

  test("is who is on it, and no one else in the triage channel", async () => {
    const { ada, rob, directory, calls } = await slackWithDirectory({ agents });
    expect(await directory.isAgent(rob.id)).toBe(true);
    expect(await directory.isAgent(ada.id)).toBe(false);
    expect(calls("conversations.members")).toBe(0);
  });

  test("is who is in one of its user groups, as soon as Slack tells", async () => {
    const { ada, directory, slack } = await slackWithDirectory({ agents });
    expect(await directory.isAgent(ada.id)).toBe(false);
    slack.workspace.groups.get("S0GROUP01")?.users.push(ada.id);
    directory.heard({ type: "group-changed", group: "S0GROUP01" });
    expect(await directory.isAgent(ada.id)).toBe(true);
  });

  test("is not known when a group cannot be read", async () => {
    const { ada, directory } = await slackWithDirectory({
      agents: { users: [], groups: ["S0GONE001"] },
    });
    await expect(directory.isAgent(ada.id)).rejects.toThrow("correct the id of that user group");
  });
});
