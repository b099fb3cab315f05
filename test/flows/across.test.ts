import { describe, expect, test, vi } from "vitest";
import { hangsMs } from "../fakes/until.ts";
import { type MixedTeam, mixedTeam } from "./mixed-team.ts";
import type { PlatformName, Seat } from "./seats.ts";

const ways: [requester: PlatformName, agents: PlatformName][] = [
  ["slack", "slack"],
  ["discord", "discord"],
  ["discord", "slack"],
  ["slack", "discord"],
];

/** All that stands in someone's thread, but for the first words. */
const words = (seat: Seat) =>
  seat
    .lines()
    .slice(1)
    .map((line) => line.words.trim());

const whole = (parts: string[]) => parts.join(" ");

const long = (count: number, what: string) =>
  Array.from({ length: count }, (_, n) => `${what} ${n} goes on and on.`).join(" ");

interface Entry {
  type: string;
  message: string;
}

async function overHttp({ asks }: MixedTeam) {
  const { data } = JSON.parse(await asks("agent", "GET", "?limit=1"));
  const ticket = JSON.parse(await asks("agent", "GET", `/${data[0]._id}`));
  const { status, priority, assignedTo, resolution, threads } = ticket.data ?? ticket;
  const said = threads.map(({ message }: Entry) => message);
  return { status, priority, assignedTo, resolution, said };
}

describe.each(ways)("requester on %s, agents on %s:", (requester, agents) => {
  const begin = () => mixedTeam({ requester, agents: [agents] });

  test("they talk in their own threads, under their names, and see that it arrives", async () => {
    const team = await begin();
    const { rob, ada } = await team.opens();
    for (const each of ["Printer on fire", "High", "Technical", "Open"]) {
      expect(ada.card()).toContain(each);
      expect(rob.card()).toContain(each);
    }
    ada.writes("Try water.");
    await team.passing(() => words(rob).length === 1);
    expect(rob.lines()[1]).toMatchObject({ from: "Ada", words: "Try water." });
    await team.passing(() => ada.lines()[1]?.marks.includes("delivered"));
    rob.writes("It is wet now.");
    await team.passing(() => words(ada).length === 2);
    expect(ada.lines()[2]).toMatchObject({ from: "Rob", words: "It is wet now." });
    await team.passing(() => ada.card().includes("In progress"));
    await team.passing(() => rob.card().includes("In progress"));
    expect((await overHttp(team)).said).toEqual(["It burns.", "Try water.", "It is wet now."]);
  });

  test("an edit and a deletion show on the other side, both ways, and in the record", async () => {
    const team = await begin();
    const { rob, ada } = await team.opens();
    const fromAda = ada.writes("Try watre.");
    await team.passing(() => words(rob).length === 1);
    const fromRob = rob.writes("It is wte.");
    await team.passing(() => words(ada).length === 2);
    ada.edits(fromAda, "Try water.");
    rob.edits(fromRob, "It is wet.");
    await team.passing(() => words(rob).includes("Try water."));
    await team.passing(() => words(ada).includes("It is wet."));
    ada.deletes(fromAda);
    rob.deletes(fromRob);
    await team.passing(() => words(rob).length === 0 && words(ada).length === 0);
    await team.quiet();
    expect((await overHttp(team)).said).toEqual([
      "It burns.",
      "(message deleted)",
      "(message deleted)",
    ]);
  });

  test("a long message comes in parts, whole and in order, and so does its edit", async () => {
    const team = await begin();
    const { rob, ada } = await team.opens();
    const { asks } = team;
    const { data } = JSON.parse(await asks("agent", "GET", "?limit=1"));
    const longer = long(400, "Line").slice(0, 10_000).trim();
    await asks("agent", "POST", `/${data[0]._id}/threads`, { message: longer });
    for (const seat of [rob, ada]) await team.passing(() => whole(words(seat)) === longer);
    expect(words(rob).length).toBeGreaterThan(1);
    const said = rob.writes(long(60, "Row"));
    await team.passing(() => words(ada).at(-1) === long(60, "Row"));
    rob.edits(said, "Never mind.");
    await team.passing(() => words(ada).at(-1) === "Never mind.");
    await team.quiet();
    expect(whole(words(ada))).toBe(`${longer} Never mind.`);
  });

  test("files go both ways", async () => {
    const team = await begin();
    const { rob, ada } = await team.opens();
    ada.writes("See this.", [{ name: "manual.txt", content: "Turn it off." }]);
    await team.passing(() => rob.lines().some(({ files }) => files.includes("manual.txt")));
    rob.writes("", [{ name: "photo.png", content: Buffer.from([1, 2, 3]) }]);
    await team.passing(() => ada.lines().some(({ files }) => files.includes("photo.png")));
    await team.quiet();
    const names = (seat: Seat) => seat.lines().flatMap(({ files }) => files);
    expect(names(rob).sort()).toEqual(["manual.txt", "photo.png"]);
    expect(names(ada).sort()).toEqual(["manual.txt", "photo.png"]);
  });

  test("a note reaches no requester, whichever way it is written", async () => {
    const team = await begin();
    const { rob, ada } = await team.opens();
    ada.writes("// He is the boss's son.");
    await ada.fills("note", "Handle with care: secret.");
    await team.passing(() => words(ada).some((each) => each.includes("secret")));
    ada.writes("All good.");
    await team.passing(() => words(rob).includes("All good."));
    await team.quiet();
    expect(words(rob)).toEqual(["All good."]);
    expect(team.home.inPublic()).not.toMatch(/boss|secret/);
    expect(JSON.stringify(await overHttp(team))).not.toMatch(/boss|secret/);
  });

  test("claim, priority, status, resolution and a reopening show on both sides", async () => {
    const team = await begin();
    const { rob, ada, bea } = await team.opens();
    const shows = (seat: Seat, ...all: string[]) =>
      team.passing(() => all.every((each) => seat.card().includes(each)));
    await Promise.all([ada.clicks("claim"), bea.clicks("claim")]);
    const first = await team.passing(() =>
      [ada, bea].find(({ name }) => rob.card().includes(name)),
    );
    const other = first === ada ? bea : ada;
    await team.passing(() => other.told().some((each) => each.includes(first.name)));
    expect((await overHttp(team)).assignedTo).toBe(first.personId);
    await bea.sets("priority", "urgent");
    await shows(rob, "Urgent");
    await bea.sets("status", "pending");
    await shows(rob, "Pending");
    await ada.fills("resolve", "A new printer.");
    await shows(rob, "Resolved", "A new printer.");
    await shows(ada, "Resolved");
    expect(await overHttp(team)).toMatchObject({
      ...{ status: "resolved", priority: "urgent", resolution: "A new printer." },
    });
    rob.writes("It burns again.");
    await shows(ada, "Open");
    await team.passing(() => words(ada).includes("It burns again."));
  });

  test("a closed ticket takes nothing more, and whoever writes is told", async () => {
    const team = await begin();
    const { rob, ada } = await team.opens();
    await ada.sets("status", "closed");
    await team.passing(() => rob.card().includes("Closed"));
    await team.quiet();
    const there = team.platforms[agents];
    const areClosed = () => rob.isOpen() !== team.home.archives && ada.isOpen() !== there?.archives;
    expect(areClosed()).toBe(true);
    expect(ada.offers()).toEqual([]);
    rob.writes("Hello?");
    await team.passing(() => rob.told().some((each) => each.includes("closed")));
    await team.quiet();
    expect(areClosed()).toBe(true);
    expect(words(ada)).not.toContain("Hello?");
    expect((await overHttp(team)).said).not.toContain("Hello?");
  });

  test("no one is called by what is mirrored", async () => {
    const team = await begin();
    const { rob, ada } = await team.opens();
    rob.writes("@everyone @here <!channel> <@&1> look");
    ada.writes("@everyone @here <!everyone> <@1> see");
    await team.passing(() => words(rob).length === 2 && words(ada).length === 2);
    await team.quiet();
    expect(rob.lines().find(({ from }) => from === "Ada")?.pings).toEqual([]);
    expect(
      ada
        .lines()
        .filter(({ from }) => from === "Rob")
        .at(-1)?.pings,
    ).toEqual([]);
  });

  test("what the requester's platform refuses is said to the agents, who can try it again", async () => {
    const team = await begin();
    const { rob, ada } = await team.opens();
    rob.refusesNext();
    const said = ada.writes("Try water.");
    const marks = () => ada.lines().find(({ id }) => id === said.id)?.marks;
    await team.passing(() => words(ada).some((each) => each.includes("could not be")));
    await team.passing(() => marks()?.includes("failed"));
    await team.quiet();
    expect(words(rob)).toEqual([]);
    await ada.retries();
    await team.passing(() => words(rob).includes("Try water."));
    await team.passing(() => marks()?.includes("delivered"));
    await team.quiet();
    expect(words(rob)).toEqual(["Try water."]);
    expect(marks()).toEqual(["delivered"]);
  });

  test("while the requester's platform is down, nothing is lost, doubled or out of order", async () => {
    const team = await begin();
    const { rob, ada } = await team.opens();
    const comesBack = team.home.goesDown();
    const said = Array.from({ length: 5 }, (_, n) => `Message ${n}`);
    for (const each of said) {
      ada.writes(each);
      await team.passing(() => team.underway() === 0);
    }
    for (let minute = 0; minute < 10; minute += 1) {
      team.clock.advance(60_000);
      await team.passing(() => team.underway() === 0);
    }
    expect(words(rob)).toEqual([]);
    comesBack();
    await team.passing(() => words(rob).length === said.length);
    await team.quiet();
    expect(words(rob)).toEqual(said);
    const marked = ada.lines().filter(({ words }) => said.includes(words));
    expect(marked.map(({ marks }) => marks)).toEqual(said.map(() => ["delivered"]));
  });

  test("a restart in the middle changes nothing for either", async () => {
    const team = await begin();
    const { rob, ada } = await team.opens();
    ada.writes("Before.");
    await team.passing(() => words(rob).length === 1);
    await team.restart();
    ada.writes("After.");
    rob.writes("Still here.");
    await team.passing(() => words(rob).includes("After.") && words(ada).includes("Still here."));
    await team.quiet();
    expect(words(rob).filter((each) => each !== "Still here.")).toEqual(["Before.", "After."]);
    expect(words(ada).sort()).toEqual(["After.", "Before.", "Still here."]);
  });
});

/** Waits until it is so, while no time passes: what waits for a time to come goes on waiting. */
const standingStill = (look: () => boolean): Promise<void> =>
  vi.waitFor(() => expect(look()).toBe(true), { timeout: hangsMs, interval: 5 });

describe("agents on both platforms at once:", () => {
  test.each<PlatformName>(["slack", "discord"])(
    "what any of them says reaches the requester on %s and the other agents; notes the agents only",
    async (requester) => {
      const team = await mixedTeam({ requester, agents: ["slack", "discord"] });
      const { rob, adas } = await team.opens();
      const [inSlack, inDiscord] = adas;
      if (!inSlack || !inDiscord) throw new Error("agents are missing");
      inSlack.writes("From here.");
      await team.passing(() => words(inDiscord).includes("From here."));
      inDiscord.writes("And from there.");
      await team.passing(() => words(inSlack).includes("And from there."));
      inDiscord.writes("// Only us.");
      await team.passing(() => words(inSlack).some((each) => each.includes("Only us.")));
      rob.writes("Thanks.");
      for (const seat of adas) await team.passing(() => words(seat).includes("Thanks."));
      await inDiscord.clicks("claim");
      for (const seat of adas) await team.passing(() => seat.card().includes("Ada"));
      await team.quiet();
      expect(words(rob).filter((each) => each !== "Thanks.")).toEqual([
        "From here.",
        "And from there.",
      ]);
      expect(team.home.inPublic()).not.toContain("Only us.");
    },
  );

  test.each<[slow: PlatformName, other: PlatformName]>([
    ["discord", "slack"],
    ["slack", "discord"],
  ])("a slow %s delays %s in nothing", async (slow, other) => {
    const team = await mixedTeam({ requester: other, agents: [slow, other] });
    const { rob, adas } = await team.opens();
    const [there, here] = adas;
    if (!there || !here) throw new Error("agents are missing");
    await team.quiet();
    const comesBack = team.platforms[slow]?.falters();
    const before = team.clock.now();
    rob.writes("Is anyone there?");
    await standingStill(() => words(here).includes("Is anyone there?"));
    expect(team.clock.now()).toBe(before);
    expect(words(there)).toEqual([]);
    comesBack?.();
    await team.passing(() => words(there).includes("Is anyone there?"));
  });
});

describe("routes", () => {
  test("decide by platform, category and priority where the agents are", async () => {
    const yaml = (slack: string, discord: string) => `
triage:
  - { to: ${slack}, platform: discord, priority: urgent }
  - { to: ${discord}, platform: discord }
  - { to: ${slack} }
`;
    const team = await mixedTeam({
      ...{ requester: "discord", agents: ["slack", "discord"] },
      yaml: yaml("slack:TRIAGE", "discord:TRIAGE"),
    });
    const { discord, slack } = team.platforms;
    if (!discord || !slack) throw new Error("platforms are missing");
    const fields = { description: "Help.", category: "technical" } as const;
    await discord.asks({ ...fields, title: "Urgent one", priority: "urgent" }, team.passing);
    await discord.asks({ ...fields, title: "Quiet one", priority: "low" }, team.passing);
    await team.passing(() => slack.agent("Urgent one") && discord.agent("Quiet one"));
    await team.quiet();
    expect(slack.agent("Quiet one")).toBeUndefined();
    expect(discord.agent("Urgent one")).toBeUndefined();
  });
});
