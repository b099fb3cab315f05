import { describe, expect, test } from "vitest";
import type { Person } from "../fakes/discord/person.ts";
import { leaveThread } from "../fakes/discord/threads.ts";
import { type AtTheDesk, atTheDesk, lastWhisper, opens } from "./at-the-desk.ts";

const asks = async ({ discord, general }: AtTheDesk, who: Person, command: string, ticket = "") => {
  const options: Record<string, string> = ticket === "" ? {} : { ticket };
  await who.types(command, options, { channel: general });
  return discord.until(() => lastWhisper(who, general));
};

/** A ticket whose conversation has begun, so that it is known where. */
async function opened(world: AtTheDesk) {
  const { discord, rob } = world;
  const { own, reference } = await opens(world);
  await discord.until(() => rob.reads(own).some(({ words }) => words.includes("It burns.")));
  return { own, reference };
}

const leaves = ({ discord: { server } }: AtTheDesk, who: Person, thread: string) =>
  leaveThread(server, server.channel(thread), who.id);

describe("the way to one's own ticket", () => {
  test("stands in the list, and in what is shown of it, also where it is in direct messages", async () => {
    const world = await atTheDesk();
    const { discord, rob, general } = world;
    const { own, reference } = await opened(world);
    expect((await asks(world, rob, "/tickets list")).words).toContain(`<#${own}>`);
    expect((await asks(world, rob, "/tickets show", reference)).words).toContain(`<#${own}>`);
    discord.removesPermissions(general, ["createPrivateThreads"]);
    await rob.types("/ticket", {}, { channel: general });
    await rob.submits({ title: "Lamp", description: "It is dark.", category: "technical" });
    const card = await discord.until(() => rob.reads(rob.dm)[0]);
    const link = `https://discord.com/channels/@me/${rob.dm}/${card.id}`;
    await discord.until(() => rob.reads(rob.dm).some(({ words }) => words.includes("It is dark.")));
    expect((await asks(world, rob, "/tickets list")).words).toContain(link);
    expect(discord.violations).toEqual([]);
  });

  test("leads whoever has left their private thread back into it, and nobody else", async () => {
    const world = await atTheDesk();
    const { rob, ada, general } = world;
    const { own, reference } = await opened(world);
    leaves(world, rob, own);
    expect(rob.threads(general)).toEqual([]);
    const others = await asks(world, ada, "/tickets show", reference);
    expect(others.words).not.toContain(own);
    expect((await asks(world, rob, "/tickets show", reference)).words).toContain(`<#${own}>`);
    expect(rob.threads(general).map(({ id }) => id)).toEqual([own]);
    expect(ada.threads(general)).toEqual([]);
  });

  test("leads into an archived thread, which stays so", async () => {
    const world = await atTheDesk();
    const { discord, rob, general } = world;
    const { own, reference } = await opened(world);
    leaves(world, rob, own);
    discord.archives(own);
    await asks(world, rob, "/tickets show", reference);
    expect(rob.threads(general)).toMatchObject([{ id: own, archived: true }]);
  });

  test("is not shown when the thread is no longer there; the card is", async () => {
    const world = await atTheDesk();
    const { discord, rob } = world;
    const { own, reference } = await opened(world);
    discord.deletesChannel(own);
    const { words } = await asks(world, rob, "/tickets show", reference);
    expect(words).toContain("Printer on fire");
    expect(words).not.toContain(own);
  });
});

test("a reference of nothing but blanks is asked for", async () => {
  const world = await atTheDesk();
  const { words } = await asks(world, world.rob, "/tickets show", " ");
  expect(words).toMatch(/^Which ticket\? A reference looks like/);
});

describe("a ticket from someone else's message", () => {
  const hint = (person: Person) =>
    person.modal?.fields.find(({ customId }) => customId === "title")?.description ?? "";

  test("says to agents alone whose it will be", async () => {
    const { rob, ada, discord, guild, general } = await atTheDesk();
    const eve = discord.person("2000000000000000007", { name: "eve", guilds: [guild.id] });
    const message = rob.writes(general, "The lamp is broken");
    await ada.usesOnMessage("Open a ticket", message);
    expect(hint(ada)).toMatch(/^Unless its writer is an agent too, this will be the writer's/);
    await eve.usesOnMessage("Open a ticket", message);
    expect(eve.modal?.title).toBe("New ticket");
    expect(hint(eve)).toBe("");
  });

  test("opens the form soon, also when it is not known who is an agent", async () => {
    const { rob, ada, discord, general, triage } = await atTheDesk();
    const message = rob.writes(general, "The lamp is broken");
    discord.deletesChannel(triage);
    await discord.settled();
    await ada.usesOnMessage("Open a ticket", message);
    expect(hint(ada)).toMatch(/^If you are an agent/);
  });
});

describe("words to the bot itself", () => {
  test.each([
    ["without files say nothing of files", [], ""],
    ["with files say that they come along", [{ name: "a.txt", content: "a" }], "come along"],
  ])("%s in the form that opens with them", async (_, files, said) => {
    const { rob, discord } = await atTheDesk();
    rob.writes(rob.dm, "It burns", { files });
    const offer = await discord.until(() => rob.reads(rob.dm).find(({ buttons }) => buttons[0]));
    await rob.clicks(offer, "Open a new ticket");
    const field = rob.modal?.fields.find(({ customId }) => customId === "attachments");
    const description = field?.description ?? "";
    expect(said === "" ? description === "" : description.includes(said)).toBe(true);
    await rob.submits({ title: " ", category: "technical" });
    const wrong = await discord.until(() => lastWhisper(rob, rob.dm));
    await rob.clicks(wrong, "Open the form again");
    const again = rob.modal?.fields.find(({ customId }) => customId === "attachments");
    expect(again?.description ?? "").toBe(description);
  });
});
