import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  areTold,
  discordOf,
  type Ending,
  filesIn,
  forgetting,
  goesDeaf,
  heard,
  type LeavingTeam,
  leavingTeam,
  slackOf,
  tellsTwice,
  words,
} from "./absences.ts";
import { messagesOf, ticketOverHttp } from "./over-http.ts";
import type { Line, PlatformName, Seat } from "./seats.ts";
import { discordSeat } from "./seats-discord.ts";

const ways: [requester: PlatformName, agents: PlatformName][] = [
  ["slack", "slack"],
  ["discord", "discord"],
  ["discord", "slack"],
  ["slack", "discord"],
];

const endings: Ending[] = ["stopped", "killed"];

/** As it was written down last. */
function heardUntil(team: LeavingTeam, ms: number): void {
  const path = join(team.folder(), "values.json");
  const values: Record<string, string> = JSON.parse(readFileSync(path, "utf8"));
  for (const name of Object.keys(values))
    if (name.startsWith("heard ")) values[name] = new Date(ms).toISOString();
  writeFileSync(path, JSON.stringify(values));
}

const secret = "He is the boss's son.";

describe.each(ways)("requester on %s, agents on %s:", (requester, agents) => {
  const begin = () => leavingTeam({ requester, agents: [agents] });

  /** Each writes a while after the other, as the clock tells. */
  const taking =
    (clock: { advance(ms: number): void }) =>
    (seat: Seat, ...written: Parameters<Seat["writes"]>): Line => {
      clock.advance(10_000);
      return seat.writes(...written);
    };

  describe.each(endings)("what both sides did while Deskhand was %s", (ending) => {
    test("shows on the other side once it is back: once, in order, edited, deleted, with its files; and again nothing at the next start", async () => {
      const team = await begin();
      const { rob, ada } = await team.opens();
      const writes = taking(team.clock);
      const said = async (seat: Seat, other: Seat, text: string) => {
        const line = writes(seat, text);
        await team.passing(() => words(other).includes(text));
        return line;
      };
      const toEdit = await said(rob, ada, "It is wte.");
      const toDelete = await said(rob, ada, "Forget me.");
      const adasToEdit = await said(ada, rob, "Try watre.");
      const adasToDelete = await said(ada, rob, "Forget that.");
      await team.quiet();
      const told = [rob.told(), ada.told()];
      await team.isAway(ending, async () => {
        writes(rob, "One.");
        writes(ada, "Two.");
        writes(rob, "Three.", [{ name: "photo.png", content: Buffer.from([1, 2, 3]) }]);
        writes(ada, `// ${secret}`);
        writes(ada, "Four.", [{ name: "manual.txt", content: "Turn it off." }]);
        rob.edits(writes(rob, "Fvie."), "Five.");
        ada.deletes(writes(ada, "Not six."));
        rob.deletes(writes(rob, "Nor seven."));
        writes(ada, "Six.");
        writes(rob, "Seven.");
        team.clock.advance(10_000);
        rob.edits(toEdit, "It is wet.");
        rob.deletes(toDelete);
        ada.edits(adasToEdit, "Try water.");
        ada.deletes(adasToDelete);
        await forgetting(team);
      });
      const robs = ["It is wet.", "One.", "Three.", "Five.", "Seven."];
      const adas = ["Try water.", "Two.", "Four.", "Six."];
      const isAsWritten = async () => {
        expect(heard(rob, robs)).toEqual(adas);
        expect(heard(ada, [...adas, `// ${secret}`])).toEqual(robs);
        expect(filesIn(rob).sort()).toEqual(["manual.txt", "photo.png"]);
        expect(filesIn(ada).sort()).toEqual(["manual.txt", "photo.png"]);
        expect(messagesOf(await ticketOverHttp(team))).toEqual([
          ...["It burns.", "It is wet.", "(message deleted)", "Try water.", "(message deleted)"],
          ...["One.", "Two.", "Three.\n[attachment: photo.png]"],
          ...["Four.\n[attachment: manual.txt]", "Five.", "Six.", "Seven."],
        ]);
        expect(team.home.inPublic()).not.toContain("boss");
        const replies = ada.lines().filter(({ words }) => adas.includes(words));
        expect(replies.map(({ marks }) => marks)).toEqual(adas.map(() => ["delivered"]));
        expect([rob.told(), ada.told()]).toEqual(told);
      };
      await isAsWritten();
      const [robsLines, adasLines] = [rob.lines(), ada.lines()];
      await team.isAway(ending);
      await isAsWritten();
      expect([rob.lines(), ada.lines()]).toEqual([robsLines, adasLines]);
    });

    test("is there once, though it is told of as well once Deskhand is back", async () => {
      const team = await begin();
      const { rob, ada } = await team.opens();
      const writes = taking(team.clock);
      // Slack tries again to tell of what it could not, after a minute, and after five.
      await team.isAway(ending, () => {
        writes(rob, "One.");
        writes(ada, "Two.");
        rob.edits(writes(rob, "Tree."), "Three.");
        ada.deletes(writes(ada, "Not four."));
        writes(ada, `// ${secret}`);
      });
      team.clock.advance(10 * 60_000);
      await team.quiet();
      writes(ada, "Four.");
      await team.passing(() => words(rob).includes("Four."));
      await team.quiet();
      expect(heard(rob, ["One.", "Three."])).toEqual(["Two.", "Four."]);
      expect(heard(ada, ["Two.", "Four.", `// ${secret}`])).toEqual(["One.", "Three."]);
      const kept = messagesOf(await ticketOverHttp(team));
      expect(kept.filter((each) => each !== "(message deleted)")).toEqual([
        ...["It burns.", "One.", "Two.", "Three.", "Four."],
      ]);
      expect(team.home.inPublic()).not.toContain("boss");
    });
  });

  test("what is written while no one tells of it comes once it is told of again, and what is written then, told of twice, comes after it", async () => {
    const team = await leavingTeam({ requester, agents: [agents], slack: "socket" });
    const { rob, ada } = await team.opens();
    const writes = taking(team.clock);
    const toEdit = writes(rob, "It is wte.");
    const toDelete = writes(ada, "Forget me.");
    await team.passing(() => words(rob).length === 2 && words(ada).length === 2);
    await team.quiet();
    const before = team.readings();
    const deafness = await goesDeaf(team, agents);
    writes(rob, "One.");
    writes(ada, "Two.");
    writes(ada, `// ${secret}`);
    writes(rob, "Three.");
    rob.edits(toEdit, "It is wet.");
    ada.deletes(toDelete);
    await forgetting(team);
    await deafness.ends();
    tellsTwice(team);
    writes(ada, "Four.");
    writes(rob, "Five.");
    await areTold(team, [
      [agents, "Four."],
      [requester, "Five."],
    ]);
    expect(heard(rob, ["It is wet.", "One.", "Three.", "Five."])).toEqual(["Forget me."]);
    deafness.letsRead();
    await team.hasCaughtUp(before, [agents]);
    await team.passing(() => words(ada).includes("Five.") && words(rob).includes("Four."));
    await team.quiet();
    expect(heard(rob, ["It is wet.", "One.", "Three.", "Five."])).toEqual(["Two.", "Four."]);
    expect(heard(ada, ["Two.", "Four.", `// ${secret}`])).toEqual([
      ...["It is wet.", "One.", "Three.", "Five."],
    ]);
    expect(messagesOf(await ticketOverHttp(team)).sort()).toEqual([
      ...["(message deleted)", "Five.", "Four.", "It burns.", "It is wet.", "One.", "Three."],
      "Two.",
    ]);
    expect(team.home.inPublic()).not.toContain("boss");
  });

  test("what people wrote who may not write there is not taken in, and they are told so once", async () => {
    const team = await leavingTeam({
      ...{ requester, agents: [agents] },
      yaml: `agents: [{ ${agents}: "${ids[agents].ada}" }]`,
    });
    const { rob, ada, bea } = await team.opens();
    await team.quiet();
    const strangers = [bea, ...intruders(team, rob)];
    await team.isAway("stopped", async () => {
      ada.writes("I look at it.");
      for (const each of strangers) each.writes("I know better.");
      rob.writes("Thanks.");
      await forgetting(team);
    });
    await team.isAway("stopped");
    await team.isAway("killed");
    expect(words(rob)).not.toContain("**Bea**: I know better.");
    expect(heard(rob, ["Thanks.", "I know better."])).toEqual(["I look at it."]);
    expect(heard(ada, ["I look at it.", "I know better."])).toEqual(["Thanks."]);
    expect(messagesOf(await ticketOverHttp(team)).sort()).toEqual([
      ...["I look at it.", "It burns.", "Thanks."],
    ]);
    for (const each of strangers)
      expect([each.name, ...each.told()]).toEqual([each.name, expect.any(String)]);
  });

  test("who was told, as it was heard, that theirs is not taken in is not told again after a kill", async () => {
    const team = await leavingTeam({
      ...{ requester, agents: [agents] },
      yaml: `agents: [{ ${agents}: "${ids[agents].ada}" }]`,
    });
    const { rob, bea } = await team.opens();
    await team.quiet();
    const strangers = [bea, ...intruders(team, rob)];
    const before = team.clock.now();
    team.clock.advance(1_000);
    for (const each of strangers) each.writes("I know better.");
    await team.passing(() => strangers.every((each) => each.told().length > 0));
    await team.quiet();
    // It ends before it could write down that it has heard of it.
    heardUntil(team, before);
    await team.isAway("killed");
    for (const each of strangers)
      expect([each.name, ...each.told()]).toEqual([each.name, expect.any(String)]);
  });

  test("a history that may not be read any more is said to be missing on both sides, once, until it can be read again", async () => {
    const team = await begin();
    const { rob, ada } = await team.opens();
    await team.quiet();
    const showsAgain = hidesHistory(team, agents, 3);
    await team.isAway("stopped", async () => {
      ada.writes("Try water.");
      rob.writes("It is hot.");
      await forgetting(team);
    });
    const toldAgents = () => words(ada).filter((each) => each.includes("may be missing here"));
    const toldRob = () => words(rob).filter((each) => each.includes("may be missing here"));
    const areTold = () => {
      expect(toldAgents()).toHaveLength(1);
      expect(toldAgents()[0]).toContain("What was written in the agents' thread since");
      expect(toldRob()).toHaveLength(1);
      expect(toldRob()[0]).toContain("please ask again");
    };
    areTold();
    expect(words(ada)).toContain("It is hot.");
    await team.isAway("stopped");
    areTold();
    await team.isAway("killed");
    areTold();
    expect(words(rob)).not.toContain("Try water.");
    showsAgain();
    await team.isAway("stopped");
    areTold();
    expect(words(rob).filter((each) => each === "Try water.")).toHaveLength(1);
    expect(words(ada).filter((each) => each === "It is hot.")).toHaveLength(1);
  });
});

/** Everyone's ids, as deskhand.yaml has them. */
const ids: Record<PlatformName, { ada: string }> = {
  slack: { ada: "U0ADA0001" },
  discord: { ada: "400000000000000002" },
};

/** Who can write in the thread of a requester: no one in Slack, and in Discord whose server it is. */
function intruders({ platforms, home }: LeavingTeam, rob: Seat): Seat[] {
  if (home.name === "slack") return [];
  const { discord, help } = discordOf(platforms);
  const [guild] = discord.server.guilds.values();
  const owner = discord.person(guild?.owner ?? "");
  const seat = discordSeat(discord, owner, help, "Printer on fire");
  if (!seat) throw new Error("the owner sees no thread");
  expect(rob.lines()).toHaveLength(seat.lines().length);
  return [seat];
}

/**
 * The bot may not read any more what was written among agents, until what it returns is called; in
 * Slack, at so many starts.
 */
function hidesHistory({ platforms }: LeavingTeam, where: PlatformName, starts: number): () => void {
  if (where === "discord") {
    const { discord, triageChannel } = discordOf(platforms);
    const [guild] = discord.server.guilds.values();
    const role = [...(guild?.roles.values() ?? [])].find(({ name }) => name === "Agents");
    const both = ["viewChannel", "readMessageHistory"] as const;
    discord.removesPermissions(triageChannel, both, guild?.id);
    discord.givesPermissions(triageChannel, both, role?.id);
    return () => discord.givesPermissions(triageChannel, both);
  }
  const { slack, triage } = slackOf(platforms);
  const aim = { method: "conversations.replies", channel: triage.replace("slack:", "") };
  slack.misbehave({ error: "not_in_channel" }, { ...aim, times: starts });
  return () => undefined;
}
