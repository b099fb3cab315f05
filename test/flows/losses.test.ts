import { describe, expect, test } from "vitest";
import { hangsMs } from "../fakes/until.ts";
import { discordOf, leavingTeam, slackOf, words } from "./absences.ts";
import { messagesOf, ticketOverHttp } from "./over-http.ts";
import { held, type PlatformName } from "./seats.ts";

const ways: [requester: PlatformName, agents: PlatformName][] = [
  ["discord", "slack"],
  ["slack", "discord"],
];

/** What others lose, or send twice; the rest of it is held by the other stories. */
describe.each(ways)("requester on %s, agents on %s:", (requester, agents) => {
  const begin = () => leavingTeam({ requester, agents: [agents] });

  /** From now on the requester's platform does what it is asked, and does not say so. */
  const isMute = ({ platforms }: Awaited<ReturnType<typeof begin>>) => {
    const { promise, resolve } = held();
    const late = { answeredAfter: promise };
    if (requester === "slack")
      slackOf(platforms).slack.misbehave(late, { method: "chat.postMessage" });
    else discordOf(platforms).discord.misbehave(late, { route: "POST /channels/:id/messages" });
    return resolve;
  };

  test("acknowledged first, saved after: what was told just as Deskhand was killed is passed on", async () => {
    const team = await begin();
    const { rob, ada } = await team.opens();
    await team.quiet();
    ada.writes("Try water.");
    rob.writes("It is wet.");
    await team.isAway("killed");
    await team.passing(() => words(rob).length === 2 && words(ada).length === 2);
    await team.quiet();
    for (const seat of [rob, ada]) expect(words(seat).sort()).toEqual(["It is wet.", "Try water."]);
    expect(messagesOf(await ticketOverHttp(team)).sort()).toEqual([
      ...["It burns.", "It is wet.", "Try water."],
    ]);
  });

  test("saved first, posted after: what was saved and not posted when Deskhand was killed is posted", async () => {
    const team = await begin();
    const { rob, ada } = await team.opens();
    await team.quiet();
    const comesBack = team.home.goesDown();
    ada.writes("Try water.");
    const kept = async () => messagesOf(await ticketOverHttp(team)).length;
    await expect.poll(kept, { timeout: hangsMs }).toBe(2);
    await team.isAway("killed", comesBack);
    await team.passing(() => words(rob).length === 1);
    await team.quiet();
    expect(words(rob)).toEqual(["Try water."]);
    expect(words(ada)).toEqual(["Try water."]);
  });

  test("posted first, linked after: what was posted and not written down when Deskhand was killed is not posted again, and follows its edit", async () => {
    const team = await begin();
    const { rob, ada } = await team.opens();
    await team.quiet();
    const answers = isMute(team);
    const said = ada.writes("Try watre.");
    await team.passing(() => words(rob).length === 1);
    await team.isAway("killed", answers);
    ada.edits(said, "Try water.");
    await team.passing(() => words(rob).includes("Try water."));
    await team.quiet();
    expect(words(rob)).toEqual(["Try water."]);
    expect(words(ada)).toEqual(["Try water."]);
  });

  test("five attempts, then silence: what could not be posted for a day is told to the agents, who can try it again", async () => {
    const team = await begin();
    const { rob, ada } = await team.opens();
    await team.quiet();
    const comesBack = team.home.goesDown();
    const said = ada.writes("Try water.");
    const marks = () => ada.lines().find(({ id }) => id === said.id)?.marks;
    await team.passing(() => marks()?.includes("sending"));
    for (let hours = 0; hours < 25; hours += 1) {
      team.clock.advance(60 * 60_000);
      await team.passing(() => team.underway() === 0);
    }
    await team.passing(() => words(ada).some((each) => each.includes("could not be posted")));
    await team.passing(() => marks()?.includes("failed"));
    comesBack();
    await ada.retries();
    await team.passing(() => words(rob).includes("Try water."));
    await team.quiet();
    expect(words(rob)).toEqual(["Try water."]);
    expect(marks()).toEqual(["delivered"]);
  });
});

test("one place that cannot be reached does not turn off the others, and gets what it is owed once it can be", async () => {
  const team = await leavingTeam({ requester: "discord", agents: ["slack", "discord"] });
  const { rob, adas } = await team.opens();
  const [inSlack, inDiscord] = adas;
  if (!inSlack || !inDiscord) throw new Error("agents are missing");
  await team.quiet();
  const { slack, triage } = slackOf(team.platforms);
  const channel = triage.replace("slack:", "");
  slack.removesBot(channel);
  rob.writes("It is hot.");
  await team.passing(() => words(inDiscord).includes("It is hot."));
  inDiscord.writes("Try water.");
  await team.passing(() => words(rob).includes("Try water."));
  slack.invitesBot(channel);
  await team.passing(() => words(inSlack).includes("Try water."));
  await team.quiet();
  expect(words(inSlack)).toEqual(["It is hot.", "Try water."]);
  expect(words(inDiscord)).toEqual(["It is hot.", "Try water."]);
  expect(words(rob)).toEqual(["It is hot.", "Try water."]);
});
