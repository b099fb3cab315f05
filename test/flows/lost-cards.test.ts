import { describe, expect, test } from "vitest";
import type { Person } from "../fakes/discord/person.ts";
import type { Seen } from "../fakes/discord/seen.ts";
import { cards, conversation, discordStory, printer, words } from "./discord-team.ts";
import type { Passing } from "./seats.ts";

/** The cards that someone sees in a thread, with what is on them. */
const cardsIn = (person: Person, thread: string): Seen[] =>
  person.reads(thread).filter(({ words: said, type }) => said.includes("Priority") && type !== 21);

const oneCard = (passing: Passing, person: Person, thread: string): Promise<Seen> =>
  passing(() => cardsIn(person, thread)[0]);

const none = (): never => {
  throw new Error("there is none");
};

describe("when a moderator deletes the card", () => {
  test("of the agents, the next change posts it in their thread, where its buttons work", async () => {
    const story = await conversation();
    const { discord, ada: person, triage, opened, passing, quiet } = story;
    const { rob, agentsThread } = opened;
    discord.deletes(cards(story)[0] ?? none());
    opened.bea.writes("On it.");
    await passing(() => rob.card().includes("In progress"));
    const card = await oneCard(passing, person, agentsThread);
    expect(card.words).toContain("In progress");
    await person.clicks(card, "card:claim");
    await passing(() => rob.card().includes("Ada"));
    await passing(() => cardsIn(person, agentsThread)[0]?.words.includes("Ada"));
    await quiet();
    expect(cardsIn(person, agentsThread)).toHaveLength(1);
    expect(cards(story)).toEqual([]);
    discord.deletes(cardsIn(person, agentsThread)[0] ?? none());
    await story.restart();
    await story.asks("agent", "PUT", `/${await onlyTicket(story)}`, { priority: "low" });
    const third = await oneCard(passing, person, agentsThread);
    await person.clicks(third, "Resolve…");
    await passing(() => person.modal);
    await person.submits({ text: "Put out." });
    await passing(() => rob.card().includes("Resolved"));
    await quiet();
    expect(person.threads(triage)).toHaveLength(1);
  });

  test("of a post in a forum, it comes again below, and the tags follow on", async () => {
    const story = await discordStory({ forum: ["Open", "In progress", "High"] });
    const { discord, ada: person, triage, passing, quiet } = story;
    const { rob, ada, agentsThread } = await story.opens();
    discord.deletes(person.reads(agentsThread)[0] ?? none());
    ada.writes("On it.");
    await passing(() => rob.card().includes("In progress"));
    const card = await oneCard(passing, person, agentsThread);
    await quiet();
    await person.chooses(card, "card:status", "pending");
    await passing(() => cardsIn(person, agentsThread)[0]?.words.includes("Pending"));
    await quiet();
    expect(person.threads(triage)).toMatchObject([{ tags: ["High"] }]);
    expect(cardsIn(person, agentsThread)).toHaveLength(1);
  });

  test("of the requester, they see again how their ticket stands, once", async () => {
    const { discord, opened, rob: person, passing, quiet } = await conversation();
    const { ada, thread } = opened;
    discord.deletes(person.reads(thread)[0] ?? none());
    discord.misbehave("reset-after-effect", {
      route: "POST /channels/:id/messages",
      channel: thread,
    });
    await ada.clicks("claim");
    const card = await oneCard(passing, person, thread);
    expect(card.words).toContain("Ada");
    await ada.sets("status", "closed");
    await passing(() => cardsIn(person, thread).every((seen) => seen.words.includes("Closed")));
    await passing(() => !opened.rob.isOpen());
    await quiet();
    expect(cardsIn(person, thread)).toHaveLength(1);
  });

  test("in direct messages, answers to the new one still belong to the ticket", async () => {
    const story = await discordStory();
    const { discord, rob, help, platform, passing, quiet } = story;
    discord.removesPermissions(help, ["createPrivateThreads"]);
    await platform.asks(printer, passing);
    const ada = await passing(() => platform.agent(printer.title));
    await quiet();
    for (const button of ["claim", "release"] as const) {
      discord.deletes(await oneCard(passing, rob, rob.dm));
      await ada.clicks(button);
      await quiet();
    }
    const card = await oneCard(passing, rob, rob.dm);
    expect(card.words).toContain("reply to one of its messages");
    await story.restart();
    rob.writes(rob.dm, "Thanks.", { replyTo: card });
    await passing(() => words(ada).includes("Thanks."));
    await quiet();
  });
});

async function onlyTicket({ asks }: Pick<Awaited<ReturnType<typeof conversation>>, "asks">) {
  return JSON.parse(await asks("agent", "GET", "?limit=1")).data[0]._id;
}
