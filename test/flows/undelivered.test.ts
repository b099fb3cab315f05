import { expect, test } from "vitest";
import type { Owed } from "../../src/desk/owed.ts";
import type { Seen as SeenInDiscord } from "../fakes/discord/seen.ts";
import type { Seen } from "../fakes/slack/seen.ts";
import { cards, discordStory, words } from "./discord-team.ts";
import { slackTeam } from "./slack-team.ts";

const notDelivered = (count: number) =>
  count === 1 ? "1 message could not be delivered" : `${count} messages could not be delivered`;

const times = (all: readonly string[], words: string) =>
  all.filter((each) => each.endsWith(words)).length;

test("messages to a requester who is deactivated in Slack show on the card; once they are back, Try again delivers each once", async () => {
  const { slack, rob, ada, bea, triage, opens, passing, quiet } = await slackTeam();
  const { agentsRoot: thread, atAgents, atRequester } = await opens();
  await quiet();
  const card = () => atAgents()[0] as Seen;
  const aim = { method: "chat.postMessage", channel: rob.dm };
  // Each of the two is tried twice.
  slack.misbehave({ error: "user_disabled" }, { ...aim, times: 4 });
  ada.writes(triage, "Try water.", { thread });
  await passing(() => card().words.includes(notDelivered(1)));
  ada.writes(triage, "Or sand.", { thread });
  await passing(() => card().words.includes(notDelivered(2)));
  await quiet();
  expect(atRequester()[0]?.words).not.toContain("could not be delivered");

  // Too early: it fails again, and the card says so.
  await bea.clicks(card(), "retry");
  await quiet();
  expect(card().words).toContain(notDelivered(2));

  await bea.clicks(card(), "retry");
  await passing(() => !card().words.includes("could not be delivered"));
  await quiet();
  expect(card().buttons).not.toContain("retry");
  const read = atRequester().map(({ words }) => words);
  for (const said of ["Try water.", "Or sand."]) expect(times(read, said)).toBe(1);
});

test("a message to a requester who closed their direct messages in Discord shows on the card; once they are open, Try again delivers it once", async () => {
  const story = await discordStory();
  const { discord, rob, help, passing, platform, quiet, asks } = story;
  discord.removesPermissions(help, ["createPrivateThreads"]);
  await platform.asks(
    { title: "Lamp", description: "Dark.", priority: "low", category: "general" },
    passing,
  );
  const ada = await passing(() => platform.agent("Lamp"));
  await quiet();
  rob.closesDms();
  ada.writes("Change the bulb.");
  await passing(() => ada.card().includes(notDelivered(1)));
  await quiet();
  expect(ada.offers()).toContain("*");

  // Whoever asks over HTTP is told the same.
  const [{ _id }] = JSON.parse(await asks("agent", "GET", "")).data;
  const owed: Owed[] = JSON.parse(await asks("agent", "GET", `/${_id}/deliveries`)).data;
  expect(owed).toMatchObject([
    { platform: "discord", side: "requester", what: "a message", dead: true },
  ]);

  rob.opensDms();
  await story.ada.clicks(cards(story)[0] as SeenInDiscord, "retry");
  await passing(() => !ada.card().includes("could not be delivered"));
  await quiet();
  expect(ada.offers()).not.toContain("*");
  const read = rob.reads(rob.dm).map((seen) => seen.words);
  expect(times(read, "Change the bulb.")).toBe(1);
  expect(words(ada)).toContain("What could not be delivered at first was delivered after all.");
  expect(JSON.parse(await asks("agent", "GET", `/${_id}/deliveries`)).data).toEqual([]);
});
