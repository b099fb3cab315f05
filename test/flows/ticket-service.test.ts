import { describe, expect, test } from "vitest";
import type { Fault } from "../fakes/ticket-api-faults.ts";
import { filesIn, words } from "./absences.ts";
import { messagesOf, ticketOverHttp } from "./over-http.ts";
import { held, type PlatformName, type Seat } from "./seats.ts";
import { servedTeam } from "./served-team.ts";

const ways: [requester: PlatformName, agents: PlatformName][] = [
  ["discord", "slack"],
  ["slack", "discord"],
];

/** Without what Discord's Markdown needs. */
const cardOf = (seat: Seat): string => seat.card().replaceAll("\\", "");

const secret = "He is the boss's son.";

describe.each(ways)("requester on %s, agents on %s:", (requester, agents) => {
  const begin = (given: Partial<Parameters<typeof servedTeam>[0]> = {}) =>
    servedTeam({ requester, agents: [agents], ...given });

  test("a form is answered at once while the service is down; once it is back the ticket is there, with what was said meanwhile, and both cards show its id", async () => {
    const team = await begin();
    const comesBack = team.goesDown();
    const { rob, ada } = await team.opens();
    ada.writes("Try water.");
    await team.passing(() => words(rob).length === 1);
    rob.writes("It is wet.");
    await team.passing(() => words(ada).length === 2);
    expect(team.service.tickets.byId.size).toBe(0);
    expect(rob.card()).not.toContain("support_ticket");
    comesBack();
    const { _id, title, description, priority, category } = await team.there();
    await team.quiet();
    expect({ title, description, priority, category }).toEqual({
      ...{ title: "Printer on fire", description: "It burns." },
      ...{ priority: "high", category: "technical" },
    });
    expect(team.entries()).toMatchObject([
      { author: ada.personId, message: "Try water.", type: "agent" },
      { author: rob.personId, message: "It is wet.", type: "user" },
    ]);
    for (const seat of [rob, ada]) await team.passing(() => cardOf(seat).includes(_id));
    await team.hasPolled();
    expect(team.service.tickets.byId.size).toBe(1);
    expect(words(rob)).toEqual(["Try water.", "It is wet."]);
    expect(words(ada)).toEqual(["Try water.", "It is wet."]);
  });

  test("what both sides say goes there in order, under their names, with edits and deletions; notes and what Deskhand says never", async () => {
    const team = await begin();
    const { rob, ada } = await team.opens();
    await team.there();
    const say = async (seat: typeof rob, text: string, count: number) => {
      const line = seat.writes(text);
      await team.passing(() => team.entries().length === count);
      return line;
    };
    const toEdit = await say(rob, "It is wte.", 1);
    const toDelete = await say(ada, "He pays late.", 2);
    ada.writes(`// ${secret}`);
    await ada.fills("note", `${secret} Really.`);
    const toNote = await say(ada, "He always pays late.", 3);
    // What cannot be delivered is told to the agents.
    await team.passing(() => words(rob).includes("He always pays late."));
    await team.quiet();
    rob.refusesNext();
    ada.writes("Try water.");
    await team.passing(() => words(ada).some((each) => each.includes("could not be")));
    rob.edits(toEdit, "It is wet.");
    ada.deletes(toDelete);
    ada.edits(toNote, "// He always pays late.");
    await team.passing(
      () =>
        team.entries().length === 2 &&
        team.entries().some(({ message }) => message === "It is wet."),
    );
    await team.hasPolled();
    expect(team.entries()).toMatchObject([
      { author: rob.personId, message: "It is wet.", type: "user" },
      { author: ada.personId, message: "Try water.", type: "agent" },
    ]);
    const sent = JSON.stringify(team.service.requests.map(({ body }) => body ?? null));
    expect(sent).not.toMatch(/boss|could not be/);
    expect(words(rob)).toEqual(["It is wet."]);
  });

  test("what is written, edited, taken off and changed there shows in both threads, once, and is not sent back; also after a restart", async () => {
    const team = await begin();
    const { rob, ada } = await team.opens();
    const { _id } = await team.there();
    await team.quiet();
    const { tickets } = team.service;
    const writes = (message: string) => {
      team.clock.advance(10_000);
      return tickets.write(_id, "agent_cleo", message);
    };
    writes("I am on it.");
    const toEdit = writes("Try watre.");
    const toDelete = writes("Wrong ticket.");
    for (const seat of [rob, ada]) await team.passing(() => words(seat).length === 3);
    tickets.edit(_id, toEdit, "Try water.");
    tickets.edit(_id, toDelete);
    tickets.change(_id, { priority: "urgent", status: "pending" });
    for (const seat of [rob, ada]) {
      await team.passing(() => words(seat).includes("Try water.") && words(seat).length === 2);
      await team.passing(() => ["Urgent", "Pending"].every((each) => seat.card().includes(each)));
    }
    await team.isAway("killed", () => {
      writes("Any better?");
    });
    for (const seat of [rob, ada]) await team.passing(() => words(seat).includes("Any better?"));
    await team.hasPolled();
    await team.isAway("stopped");
    await team.hasPolled();
    const said = ["I am on it.", "Try water.", "Any better?"];
    for (const seat of [rob, ada]) {
      expect(words(seat)).toEqual(said);
      expect(
        seat
          .lines()
          .slice(1)
          .map(({ from }) => from),
      ).toEqual(said.map(() => "agent_cleo"));
    }
    expect(team.entries().map(({ message }) => message)).toEqual(said);
    expect(await team.there()).toMatchObject({ status: "pending", priority: "urgent" });
  });

  test("what is changed and said at both ends at once is kept: the later change of a field holds, every word stays, and the audit tells", async () => {
    const team = await begin();
    const { rob, ada } = await team.opens();
    const { _id } = await team.there();
    await team.quiet();
    const comesBack = team.goesDown();
    await ada.sets("priority", "urgent");
    await team.passing(() => rob.card().includes("Urgent"));
    team.clock.advance(10_000);
    team.service.tickets.change(_id, { priority: "low", assignedTo: "agent_cleo" });
    team.service.tickets.write(_id, "agent_cleo", "Said there.");
    team.clock.advance(10_000);
    ada.writes("Said here.");
    await team.passing(() => words(rob).includes("Said here."));
    comesBack();
    await team.passing(() => words(rob).includes("Said there."));
    for (const seat of [rob, ada]) await team.passing(() => seat.card().includes("Low"));
    await team.hasPolled();
    const said = team.entries().map(({ message }) => message);
    expect(said.sort()).toEqual(["Said here.", "Said there."]);
    expect(words(rob).sort()).toEqual(["Said here.", "Said there."]);
    expect(words(ada).sort()).toEqual(["Said here.", "Said there."]);
    const kept = await ticketOverHttp(team);
    expect(kept).toMatchObject({ priority: "low", assignedTo: "agent_cleo" });
    expect(await team.there()).toMatchObject({ priority: "low", assignedTo: "agent_cleo" });
    expect(await team.audit()).toContain("priority overridden urgent → low");
  });

  test("files go there as links under which they open", async () => {
    const team = await begin();
    const { rob, ada } = await team.opens();
    await team.there();
    const photo = Buffer.from([1, 2, 3]);
    rob.writes("See this.", [{ name: "photo.png", content: photo }]);
    await team.passing(() => team.entries().length === 2);
    ada.writes("", [{ name: "manual.txt", content: "Turn it off." }]);
    await team.passing(() => team.entries().length === 3);
    await team.hasPolled();
    expect(filesIn(rob).sort()).toEqual(["manual.txt", "photo.png"]);
    const opened = await Promise.all(
      team.entries().flatMap(({ message, author }) => {
        const [link] = /http\S+/.exec(message) ?? [];
        return link === undefined ? [] : [opens(author, link)];
      }),
    );
    expect(opened).toEqual([
      [rob.personId, photo],
      [ada.personId, Buffer.from("Turn it off.")],
    ]);
  });
});

const opens = async (author: string, link: string): Promise<[string, Buffer]> => {
  const answer = await fetch(link);
  expect(answer.status).toBe(200);
  return [author, Buffer.from(await answer.arrayBuffer())];
};

const [way = ["discord", "slack"]] = ways;
const [requester, agents] = way;
const begin = (given: Partial<Parameters<typeof servedTeam>[0]> = {}) =>
  servedTeam({ requester, agents: [agents], ...given });

/** Whatever is said in the threads by then. */
async function opensAnyhow({ home, passing, platforms }: Awaited<ReturnType<typeof servedTeam>>) {
  const title = "Printer on fire";
  const fields = { description: "It burns.", priority: "high", category: "technical" } as const;
  await home.asks({ title, ...fields }, passing);
  const rob = await passing(() => home.requester(title));
  const ada = await passing(() => platforms[agents]?.agent(title));
  return { rob, ada };
}

describe("a ticket whose create", () => {
  test.each<Fault>(["reset-after-write", "cut-off", "truncated-json", { statusAfterwards: 500 }])(
    "arrived, and whose answer did not (%j), is there once",
    async (fault) => {
      const team = await begin();
      team.service.misbehave(fault, { method: "POST" });
      const { rob, ada } = await team.opens();
      const { _id } = await team.there();
      for (const seat of [rob, ada]) await team.passing(() => cardOf(seat).includes(_id));
      ada.writes("Try water.");
      await team.passing(() => team.entries().length === 1);
      await team.hasPolled();
      expect(team.service.tickets.byId.size).toBe(1);
      expect(words(ada)).toEqual(["Try water."]);
    },
  );

  test.each(["killed", "stopped"] as const)(
    "was under way when Deskhand was %s is there once",
    async (how) => {
      const team = await begin();
      const { promise, resolve } = held();
      team.service.after("POST", () => promise);
      const { rob, ada } = await team.opens();
      const { _id } = await team.there();
      const comesBack = team.goesDown();
      await team.isAway(how, () => {
        resolve();
        comesBack();
      });
      for (const seat of [rob, ada]) await team.passing(() => cardOf(seat).includes(_id));
      await team.hasPolled();
      expect(team.service.tickets.byId.size).toBe(1);
      expect(team.entries()).toEqual([]);
    },
  );

  test.each([400, 401, 403])(
    "is refused with %i is shown to the agents with the service's words, who can try it again",
    async (status) => {
      const team = await begin();
      const body = { error: "Printers are not looked after here", message: "NO_PRINTERS" };
      team.service.misbehave({ status, body }, { method: "POST" });
      const { rob, ada } = await opensAnyhow(team);
      const told = () =>
        words(ada).filter((each) => each.includes("Printers are not looked after"));
      await team.passing(() => told().length === 1);
      await team.quiet();
      expect(told()[0]).toContain("The ticket could not be created in the ticket service");
      expect(words(rob)).toEqual([]);
      const errors = team.log.lines.filter(({ level }) => level === "error");
      expect(JSON.stringify(errors)).toContain("Printers are not looked after here");
      expect(team.service.tickets.byId.size).toBe(0);
      await ada.retries();
      const { _id } = await team.there();
      for (const seat of [rob, ada]) await team.passing(() => cardOf(seat).includes(_id));
      await team.hasPolled();
      expect(team.service.tickets.byId.size).toBe(1);
      expect(told()).toEqual([]);
    },
  );
});

describe("a reply", () => {
  test("that the service takes and does not keep is shown to the agents as not recorded there", async () => {
    const team = await begin();
    team.service.tickets.habits.keepsThreads = false;
    const { rob, ada } = await team.opens();
    await team.there();
    rob.writes("It is wet.");
    await team.passing(() => words(ada).some((each) => each.includes("is not recorded")));
    await team.hasPolled();
    const told = words(ada).filter((each) => each !== "It is wet.");
    expect(told).toHaveLength(1);
    expect(told[0]).toContain("“It is wet.” is not recorded in the ticket service");
    expect(words(rob)).toEqual(["It is wet."]);
    team.service.tickets.habits.keepsThreads = true;
    await ada.retries();
    await team.passing(() => team.entries().length === 1);
    await team.hasPolled();
    expect(team.entries()).toMatchObject([{ message: "It is wet.", author: rob.personId }]);
  });

  test.each([true, false])(
    "that was on its way when Deskhand was killed is there once, and what was said there meanwhile stays (ETags: %s)",
    async (etags) => {
      const team = await begin({ etags });
      const { rob, ada } = await team.opens();
      const { _id } = await team.there();
      await team.quiet();
      const { promise, resolve } = held();
      team.service.after("PUT", () => promise);
      rob.writes("It is wet.");
      await team.passing(() => team.entries().length === 1);
      const comesBack = team.goesDown();
      await team.isAway("killed", () => {
        resolve();
        comesBack();
        team.service.tickets.write(_id, "agent_cleo", "Still?");
        rob.writes("Very.");
      });
      await team.passing(() => words(ada).includes("Very.") && words(ada).includes("Still?"));
      await team.hasPolled();
      expect(team.entries().map(({ message }) => message)).toEqual([
        ...["It is wet.", "Still?", "Very."],
      ]);
      expect(words(rob).filter((each) => each === "Still?")).toHaveLength(1);
      expect(words(ada).filter((each) => each === "It is wet.")).toHaveLength(1);
      const kept = messagesOf(await ticketOverHttp(team));
      expect(kept.sort()).toEqual(["It burns.", "It is wet.", "Still?", "Very."]);
    },
  );
});
