import { describe, expect, test } from "vitest";
import { conversation } from "./discord-team.ts";
import { mixedTeam } from "./mixed-team.ts";

async function closed() {
  const story = await conversation();
  const { opened, passing, quiet } = story;
  const { rob, ada } = opened;
  await ada.sets("status", "closed");
  await passing(() => !rob.isOpen() && !ada.isOpen());
  await quiet();
  return { ...story, ...opened };
}

describe("a closed ticket's thread is closed again", () => {
  test("after the requester was told that what they wrote was not passed on", async () => {
    const { rob, passing, quiet } = await closed();
    rob.writes("It burns again.");
    expect(rob.isOpen()).toBe(true);
    await passing(() => rob.told().some((each) => each.includes("closed")));
    await passing(() => !rob.isOpen());
    await quiet();
    expect(rob.isOpen()).toBe(false);
  });

  test("after an agent was told so", async () => {
    const { ada, passing, quiet } = await closed();
    ada.writes("Was it the toner?");
    await passing(() => ada.told().some((each) => each.includes("closed")));
    await passing(() => !ada.isOpen());
    await quiet();
    expect(ada.isOpen()).toBe(false);
  });

  test("after a note that an agent wrote there", async () => {
    const { ada, passing, quiet } = await closed();
    ada.writes("// It was the toner.");
    expect(ada.isOpen()).toBe(true);
    await passing(() => !ada.isOpen());
    await quiet();
    expect(ada.told()).toEqual([]);
  });
});

test("a closed ticket's thread that was left open is closed at the next start, and no other", async () => {
  const { rob, ada, opens, restart, passing, quiet } = await closed();
  const other = await opens({ title: "No paper" });
  await restart(() => {
    rob.writes("It burns again.");
    ada.writes("// It was the toner.");
    expect([rob.isOpen(), ada.isOpen()]).toEqual([true, true]);
  });
  await passing(() => !rob.isOpen() && !ada.isOpen());
  await quiet();
  expect([other.rob.isOpen(), other.ada.isOpen()]).toEqual([true, true]);
});

test("a note from another platform leaves a closed ticket's thread closed", async () => {
  const team = await mixedTeam({ requester: "slack", agents: ["slack", "discord"] });
  const { adas } = await team.opens();
  const [inSlack, inDiscord] = adas;
  await inSlack?.sets("status", "closed");
  await team.passing(() => inDiscord?.isOpen() === false);
  await team.quiet();
  inSlack?.writes("// It was the toner.");
  await team.passing(() => inDiscord?.lines().some((line) => line.words.includes("toner")));
  await team.passing(() => inDiscord?.isOpen() === false);
  await team.quiet();
  expect(inDiscord?.isOpen()).toBe(false);
});
