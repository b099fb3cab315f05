import { describe, expect, test } from "vitest";
import { readSettings } from "../../src/settings.ts";
import { record, records } from "../fakes/json.ts";
import type { Person } from "../fakes/slack/person.ts";
import type { Seen } from "../fakes/slack/seen.ts";
import { type Opened, slackTeam, type Team } from "./slack-team.ts";

/** What this person alone was told last in a channel. */
const told = (person: Person, channel: string): Seen | undefined =>
  person
    .reads(channel)
    .filter(({ ephemeral }) => ephemeral)
    .at(-1);

const wordsOf = (thread: readonly Seen[]): string[] =>
  thread.filter(({ ephemeral }) => !ephemeral).map(({ words }) => words);

/** The notice of a failed delivery; the card, which comes first, offers to try all of them again. */
const noticeIn = ([, ...thread]: readonly Seen[]): Seen | undefined =>
  thread.find(({ buttons }) => buttons.includes("retry"));

const cardOf = ({ atAgents }: Opened): Seen => atAgents()[0] as Seen;

/** Clicks what opens a dialog, and submits that. */
async function fillsIn({ passing }: Team, person: Person, on: Seen, button: string, text: string) {
  await person.clicks(on, button);
  await passing(() => person.modal);
  return person.submits({ text });
}

async function ticketIdFor({ asks }: Team, { reference }: Opened): Promise<string> {
  const { data } = JSON.parse(await asks("agent", "GET", "?limit=100"));
  expect(reference).not.toBe("");
  return data[0]._id;
}

const settingsOf = (yaml: string) => {
  const read = readSettings(yaml, { platform: "slack", where: "C0TRIAGE1" });
  if ("problems" in read) throw new Error(read.problems.join("\n"));
  return read.settings;
};

describe("the card in the triage channel", () => {
  test("shows by their name whoever it is given to over HTTP, once they have written", async () => {
    const team = await slackTeam();
    const { slack, ada, triage, opens, asks, passing } = team;
    const ticket = await opens();
    ada.writes(triage, "Try water.", { thread: ticket.agentsRoot });
    await passing(() => wordsOf(ticket.atRequester()).includes("Try water."));
    const id = await ticketIdFor(team, ticket);
    const assignedTo = `slack:${slack.workspace.team.id}:${ada.id}`;
    await asks("agent", "PUT", `/${id}`, { assignedTo });
    await passing(() => cardOf(ticket).words.includes("*Assignee*\nAda"));
  });

  test("shows how the ticket stands, and follows all that happens to it", async () => {
    const team = await slackTeam();
    const { rob, ada, bea, opens, passing } = team;
    const ticket = await opens();
    const { atAgents, atRequester, requesterRoot } = ticket;
    const shows = (...words: string[]) =>
      passing(() => words.every((each) => cardOf(ticket).words.includes(each)));
    await shows(
      "Printer on fire",
      "📬 Open",
      "High",
      "Technical",
      "Rob",
      "No one yet",
      "It burns.",
    );
    expect(cardOf(ticket).buttons).toEqual(["claim", "note", "resolve", "status", "priority"]);

    await ada.clicks(cardOf(ticket), "claim");
    await shows("*Assignee*\nAda");
    expect(cardOf(ticket).buttons).toContain("release");
    await bea.clicks(cardOf(ticket), "release");
    await shows("No one yet");
    await ada.clicks(cardOf(ticket), "priority", "urgent");
    await shows("Urgent");
    await ada.clicks(cardOf(ticket), "status", "pending");
    await shows("Pending");
    await passing(() => atRequester()[0]?.words.includes("Pending"));

    expect(await fillsIn(team, ada, cardOf(ticket), "resolve", " ")).toMatchObject({
      kind: "errors",
      errors: { text: "A resolution is required to resolve a ticket" },
    });
    expect(await ada.submits({ text: "Water helped." })).toEqual({ kind: "closed" });
    await shows("Resolved", "Water helped.");
    expect(cardOf(ticket).buttons).toEqual(["note", "reopen", "status"]);
    await passing(() => wordsOf(atRequester()).some((words) => words.includes("Water helped.")));
    await bea.clicks(cardOf(ticket), "reopen");
    await shows("*Status*\n📬 Open");
    await passing(() => wordsOf(atRequester()).includes("Bea reopened this ticket."));

    await fillsIn(team, ada, cardOf(ticket), "resolve", "More water.");
    await shows("Resolved", "More water.");
    rob.writes(rob.dm, "It burns again.", { thread: requesterRoot });
    await shows("*Status*\n📬 Open");
    await passing(() => wordsOf(atAgents()).includes("It burns again."));

    await ada.clicks(cardOf(ticket), "status", "closed");
    await shows("Closed");
    expect(cardOf(ticket).buttons).toEqual([]);
    await passing(() => wordsOf(atRequester()).includes("Ada closed this ticket."));
  });

  test("goes to the channel that is set for its category and priority", async () => {
    const settings = settingsOf(
      "triage: [{ to: 'slack:C0URGENT1', category: billing, priority: [high, urgent] }]",
    );
    const { slack, rob, ada, triage, opens, passing } = await slackTeam({ settings });
    const members = [ada.id, slack.workspace.bot.userId];
    const given = { id: "C0URGENT1", name: "urgent", members };
    const urgent = slack.workspace.addChannel(given).id;
    await opens({ title: "Elsewhere", category: "technical", priority: "urgent" });
    await rob.types("/ticket Double charge");
    await passing(() => rob.modal);
    await rob.submits({ description: "Twice.", category: "billing", priority: "high" });
    const card = await passing(() => ada.reads(urgent)[0]);
    expect(card.words).toContain("Double charge");
    const answer = ada.writes(urgent, "Looking.", { thread: card.ts });
    await passing(() =>
      ada
        .reads(urgent)
        .find(({ ts }) => ts === answer.ts)
        ?.reactions.includes("white_check_mark"),
    );
    expect(ada.reads(triage).filter(({ words }) => words.includes("Double charge"))).toEqual([]);
    expect(ada.reads(urgent).filter(({ words }) => words.includes("Elsewhere"))).toEqual([]);
  });
});

describe("two agents at once", () => {
  test("cannot both claim: the other is told who was faster", async () => {
    const { ada, bea, triage, opens, passing } = await slackTeam();
    const ticket = await opens();
    const card = cardOf(ticket);
    await Promise.all([ada.clicks(card, "claim"), bea.clicks(card, "claim")]);
    const losers = () =>
      [ada, bea].filter((each) => told(each, triage)?.words.includes("was faster"));
    await passing(() => losers().length === 1);
    const [loser] = losers();
    const winner = loser === ada ? bea : ada;
    const name = winner.member.displayName;
    expect(told(loser as Person, triage)?.words).toContain(name);
    expect(told(winner, triage)).toBeUndefined();
    await passing(() => cardOf(ticket).words.includes(`*Assignee*\n${name}`));
  });

  test("cannot both resolve: what the other wrote stays in their form", async () => {
    const team = await slackTeam();
    const { ada, bea, opens, passing } = team;
    const ticket = await opens();
    await bea.clicks(cardOf(ticket), "resolve");
    await passing(() => bea.modal);
    await fillsIn(team, ada, cardOf(ticket), "resolve", "Water.");
    expect(await bea.submits({ text: "Sand." })).toMatchObject({
      kind: "errors",
      errors: { text: expect.stringContaining("someone may have been quicker") },
    });
    await passing(() => cardOf(ticket).words.includes("Water."));
    expect(cardOf(ticket).words).not.toContain("Sand.");
  });
});

describe("who speaks as an agent", () => {
  test("answers under their own name and picture", async () => {
    const { slack, ada, triage, opens, passing } = await slackTeam();
    const { agentsRoot, atRequester } = await opens();
    ada.writes(triage, "Try water.", { thread: agentsRoot });
    await passing(() => atRequester().length === 3);
    const [, , answer] = atRequester();
    expect(answer).toMatchObject({ from: "Ada", words: "Try water." });
    expect(answer?.picture).toBe(slack.workspace.members.get(ada.id)?.picture);
  });

  test("with a list, is only who is in it or in a user group of it", async () => {
    const settings = settingsOf("agents: [{ slack: S0SUPPORT }]");
    const { slack, ada, bea, triage, opens, passing } = await slackTeam({ settings });
    const group = { id: "S0SUPPORT", handle: "support", name: "Support", users: [ada.id] };
    slack.workspace.groups.set(group.id, group);
    const ticket = await opens();
    const { agentsRoot: thread, atRequester } = ticket;
    bea.writes(triage, "I know this one!", { thread });
    const note = await passing(() => told(bea, triage));
    expect(note).toMatchObject({ thread });
    expect(note.words).toContain("Only agents can do that");
    expect(told(ada, triage)).toBeUndefined();
    await bea.clicks(cardOf(ticket), "claim");
    await passing(() => bea.reads(triage).filter(({ ephemeral }) => ephemeral).length === 2);
    await bea.clicks(cardOf(ticket), "note");
    await passing(() => bea.modal);
    expect(await bea.submits({ text: "Hm." })).toMatchObject({
      kind: "errors",
      errors: { text: expect.stringContaining("Only agents") },
    });
    ada.writes(triage, "Try water.", { thread });
    await passing(() => atRequester().length === 3);
    expect(wordsOf(atRequester()).slice(1)).toEqual(["It burns.", "Try water."]);
    expect(cardOf(ticket).words).toContain("No one yet");
  });

  test("is no one from outside of the channel, and they are told when they press", async () => {
    const { slack, ada, bea, triage, opens, passing, quiet } = await slackTeam();
    const ticket = await opens();
    const card = cardOf(ticket);
    bea.leaves(triage);
    await quiet();
    await bea.clicks(card, "claim");
    await passing(() =>
      slack.workspace.ephemerals.find(
        ({ user, text }) => user === bea.id && text.includes("Only agents"),
      ),
    );
    await ada.clicks(card, "claim");
    await passing(() => cardOf(ticket).words.includes("*Assignee*\nAda"));
  });
});

describe("a note", () => {
  test("stays with the agents, however it is written", async () => {
    const team = await slackTeam();
    const { rob, ada, bea, triage, opens, asks, passing } = team;
    const ticket = await opens();
    const { agentsRoot: thread, atAgents, atRequester } = ticket;
    const id = await ticketIdFor(team, ticket);
    const written = ada.writes(triage, "// He forgot the SECRET-1 again", { thread });
    await fillsIn(team, bea, cardOf(ticket), "note", "Do not say SECRET-2");
    const shown = await passing(() => atAgents().find(({ words }) => words.includes("SECRET-2")));
    expect(shown).toMatchObject({ from: "Bea" });
    expect(shown.words).toContain("Note, for agents only");

    ada.writes(triage, "Try water.", { thread });
    await passing(() => wordsOf(atRequester()).includes("Try water."));
    expect(wordsOf(atRequester()).slice(1)).toEqual(["It burns.", "Try water."]);
    // Whatever the requester can read, in Slack and over HTTP: nothing of it is there.
    await rob.types("/ticket list");
    expect(JSON.stringify(rob.reads(rob.dm))).not.toContain("SECRET");
    for (const path of [`/${id}`, "", "?q=SECRET-1", "?q=secret-2"])
      for (const role of ["agent", "client"] as const)
        expect(await asks(role, "GET", path)).not.toMatch(/SECRET-\d again|say SECRET/);
    const { pagination } = JSON.parse(await asks("agent", "GET", "?q=SECRET-1"));
    expect(pagination.total).toBe(0);
    expect(atAgents().find(({ ts }) => ts === written.ts)?.reactions).toEqual([]);
  });

  test("that was changed before it was submitted again is taken as it is now, too", async () => {
    const team = await slackTeam();
    const { slack, ada, opens, passing, quiet } = team;
    const ticket = await opens();
    await ada.clicks(cardOf(ticket), "note");
    const view = await passing(() => ada.modal);
    slack.interactions.disturb("lose-ack");
    await ada.submits({ text: "Half of it" });
    await ada.submits({ text: "All of it" });
    await ada.submitsAgain(view);
    await quiet();
    expect(wordsOf(ticket.atAgents()).slice(2)).toEqual([
      expect.stringContaining("Half of it"),
      expect.stringContaining("All of it"),
    ]);
  });
});

describe("an agent's message", () => {
  test("says that it is on its way, and then that it has arrived", async () => {
    const { slack, rob, ada, triage, opens, passing } = await slackTeam();
    const { agentsRoot: thread, atAgents, atRequester } = await opens();
    await passing(() => atRequester().length === 2);
    slack.misbehave({ status: 503 }, { method: "chat.postMessage", channel: rob.dm, times: 3 });
    const { ts } = ada.writes(triage, "Try water.", { thread });
    const reactions = () => atAgents().find((seen) => seen.ts === ts)?.reactions ?? [];
    await passing(() => reactions().includes("hourglass_flowing_sand"));
    await passing(() => reactions().includes("white_check_mark"));
    await passing(() => reactions().length === 1);
    expect(wordsOf(atRequester()).slice(2)).toEqual(["Try water."]);
  });

  test("that cannot be delivered says so and why, and can be tried again", async () => {
    const { slack, rob, ada, bea, triage, opens, passing } = await slackTeam();
    const { agentsRoot: thread, atAgents, atRequester } = await opens();
    await passing(() => atRequester().length === 2);
    slack.misbehave(
      { error: "invalid_blocks" },
      { method: "chat.postMessage", channel: rob.dm, times: 1 },
    );
    const { ts } = ada.writes(triage, "Try water.", { thread });
    const reactions = () => atAgents().find((seen) => seen.ts === ts)?.reactions ?? [];
    await passing(() => reactions().includes("x"));
    const notice = await passing(() => noticeIn(atAgents()));
    expect(notice.words).toContain("“Try water.” could not be posted in the requester's thread: ");
    expect(wordsOf(atRequester()).slice(1)).toEqual(["It burns."]);
    await bea.clicks(notice, "retry");
    await passing(() => reactions().includes("white_check_mark"));
    await passing(() => reactions().length === 1);
    expect(wordsOf(atRequester()).slice(1)).toEqual(["It burns.", "Try water."]);
    await passing(() => !atAgents().some(({ buttons }) => buttons.includes("retry")));
  });
});

describe("what happens over HTTP", () => {
  test("shows in both threads", async () => {
    const team = await slackTeam();
    const { opens, asks, passing } = team;
    const ticket = await opens();
    const { atAgents, atRequester } = ticket;
    const id = await ticketIdFor(team, ticket);
    await asks("agent", "PUT", `/${id}`, { status: "pending", assignedTo: "agent_local" });
    await passing(() => cardOf(ticket).words.includes("Pending"));
    await passing(() => atRequester()[0]?.words.includes("*Assignee*\nagent_local"));
    await asks("agent", "POST", `/${id}/threads`, { message: "Try sand." });
    for (const thread of [atAgents, atRequester])
      await passing(() =>
        thread().some((seen) => seen.words === "Try sand." && seen.from !== "Rob"),
      );
    await asks("agent", "PUT", `/${id}`, { status: "resolved", resolution: "Sand." });
    for (const thread of [atAgents, atRequester])
      await passing(() =>
        wordsOf(thread()).some((words) => words.includes("resolved this ticket: Sand.")),
      );
    await passing(() => cardOf(ticket).buttons.includes("reopen"));
  });

  test("brings a ticket to the agents in Slack, whose answers are there over HTTP", async () => {
    const { ada, triage, asks, passing } = await slackTeam();
    const given = {
      title: "From afar",
      description: "Hello.",
      priority: "low",
      category: "general",
    };
    const { data } = JSON.parse(await asks("client", "POST", "", given));
    const card = await passing(() => ada.reads(triage)[0]);
    expect(card.words).toContain("From afar");
    const thread = card.ts;
    const answer = ada.writes(triage, "Hello *you* &amp; yours", {
      thread,
      blocks: [
        {
          type: "rich_text",
          elements: [
            {
              type: "rich_text_section",
              elements: [
                { type: "text", text: "Hello " },
                { type: "text", text: "you", style: { bold: true } },
                { type: "text", text: " & yours" },
              ],
            },
          ],
        },
      ],
    });
    await passing(() =>
      ada
        .reads(triage)
        .find(({ ts }) => ts === answer.ts)
        ?.reactions.includes("white_check_mark"),
    );
    const read = JSON.parse(await asks("client", "GET", `/${data._id}`));
    expect(read.data.threads.at(-1)).toMatchObject({
      type: "agent",
      message: expect.stringMatching(/^Hello \W*you\W* & yours$/),
    });
    expect(read.data.status).toBe("in_progress");
    await ada.clicks(card, "claim");
    await passing(() => ada.reads(triage)[0]?.words.includes("*Assignee*\nAda"));
    const claimed = JSON.parse(await asks("client", "GET", `/${data._id}`));
    expect(claimed.data.assignedTo).toMatch(/:U0ADA0001$/);
    await asks("client", "POST", `/${data._id}/threads`, { message: "Thanks." });
    await passing(() => wordsOf(ada.reads(triage, { thread })).includes("Thanks."));
  });
});

test("a menu offers only where the ticket may go", async () => {
  const { opens } = await slackTeam();
  const ticket = await opens();
  const menus = cardOf(ticket).blocks.flatMap(({ elements }) => records(elements));
  const status = menus.find(({ action_id }) => action_id === "status");
  const values = records(status?.options).map(({ value }) => value);
  expect(values).toEqual(["in_progress", "pending", "closed"]);
  expect(record(status?.placeholder).text).toBe("Status");
});
