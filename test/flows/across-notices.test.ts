import { describe, expect, test } from "vitest";
import { mixedTeam } from "./mixed-team.ts";
import type { PlatformName, Seat } from "./seats.ts";

const ways: [requester: PlatformName, agents: PlatformName][] = [
  ["discord", "slack"],
  ["slack", "discord"],
];

const told = (seat: Seat, words: string) =>
  seat.lines().filter((line) => line.words.includes(words));

describe.each(ways)("requester on %s, agents on %s:", (requester, agents) => {
  test("a reply that is taken back shows ✅ no longer, and that a note stays one is told once", async () => {
    const team = await mixedTeam({ requester, agents: [agents] });
    const { rob, ada } = await team.opens();
    const said = ada.writes("He pays late.");
    const marks = () => ada.lines().find(({ id }) => id === said.id)?.marks;
    await team.passing(() => marks()?.includes("delivered"));
    ada.edits(said, "// He pays late.");
    await team.passing(() => marks()?.length === 0);
    team.clock.advance(2_000);
    ada.edits(said, "He always pays late.");
    await team.passing(() => told(ada, "it stays a note").length === 1);
    team.clock.advance(2_000);
    ada.edits(said, "He never pays.");
    await team.quiet();
    expect(told(ada, "it stays a note")).toHaveLength(1);
    expect(told(ada, "it stays a note")[0]?.words).toContain("“He always pays late.”");
    expect(marks()).toEqual([]);
    expect(told(rob, "pay")).toEqual([]);
  });
});

const mib = 1024 * 1024;
const film = { name: "film.mp4", content: Buffer.alloc(11 * mib, 1) };

test("a file that the agents' platform does not take is told to them and to who sent it", async () => {
  const team = await mixedTeam({ requester: "slack", agents: ["discord"] });
  const { rob, ada } = await team.opens();
  rob.writes("See this.", [film]);
  await team.passing(() => told(ada, "could not be posted").length === 1);
  await team.quiet();
  expect(told(ada, "film.mp4").map(({ words }) => words.trim())).toEqual([
    "The file “film.mp4” could not be posted in the agents' thread: the file is larger than Discord takes.",
  ]);
  expect(told(rob, "could not be").map(({ words }) => words.trim())).toEqual([
    "The file “film.mp4” could not be shown to the agents: the file is larger than Discord takes.",
  ]);
});

test("a file that one of several places does not take is told to the agents only, with which it is", async () => {
  const team = await mixedTeam({ requester: "slack", agents: ["slack", "discord"] });
  const { rob, ada } = await team.opens();
  rob.writes("See this.", [film]);
  await team.passing(() => ada.lines().some(({ files }) => files.includes("film.mp4")));
  await team.passing(() => told(ada, "thread on Discord: the file is larger").length === 1);
  await team.quiet();
  expect(told(rob, "could not be")).toEqual([]);
});
