import { describe, expect, test, vi } from "vitest";
import type { Outcome } from "../fakes/discord/outcomes.ts";
import type { Person } from "../fakes/discord/person.ts";
import type { Message } from "../fakes/discord/records.ts";
import { hangsMs } from "../fakes/until.ts";
import { type AtTheDesk, atTheDesk, lastWhisper, opens, printer } from "./at-the-desk.ts";

/** A thread is known as a ticket's a little after it is seen. */
const until = ({ discord }: AtTheDesk, look: () => Promise<unknown>) =>
  vi.waitUntil(() => {
    discord.clock.advance(100);
    return look();
  }, hangsMs);

/** Rob has an answer of the bot that he alone sees, and then a ticket with a note of the agents'. */
async function withNote() {
  const world = await atTheDesk();
  const { discord, rob, ada, general } = world;
  await rob.types("/tickets list", {}, { channel: general });
  const [whisper] = discord.interactions.whispersTo(rob.id, general);
  if (!whisper) throw new Error("Nothing was said to Rob");
  const opened = await opens(world);
  const files = [{ name: "plan.txt", content: "secret" }];
  const note = ada.writes(opened.agents, "// He is on our list.", { files });
  const kept = async () => (await world.tickets())[0]?.messages ?? [];
  await until(world, async () => (await kept()).length === 2);
  const [document] = await world.tickets();
  return { ...world, ...opened, whisper, note, kept, id: document?.ticket._id ?? "" };
}

/** Presses what the client never showed: with `isShown`, as if it stood in the message. */
function forges(
  { discord }: AtTheDesk,
  by: Person,
  given: { on: Message; customId: string; isShown: boolean },
): Promise<Outcome> {
  const { on, customId, isShown } = given;
  const button = { type: 2, style: 1, label: "x", custom_id: customId };
  if (isShown) Object.assign(on, { components: [{ type: 1, components: [button] }] });
  const channel = discord.server.channel(on.channel);
  const data = { component_type: 2, custom_id: customId };
  return discord.interactions.bring({ type: 3, user: by.id, channel, data, source: on });
}

/** Submits the open form under another id. */
async function submitsAs(by: Person, customId: string): Promise<void> {
  by.fills(printer);
  const shown = by.holdsModal();
  await by.submitsAgain({ ...shown, modal: { ...shown.modal, customId } });
}

describe("who makes up what they press gets nothing of what they may not read", () => {
  test("not an agents' note into their ticket", async () => {
    const world = await withNote();
    const { rob, note, whisper, id, kept, general, discord } = world;
    const customId = `carry:${id}:${note.channel}/${note.id}`;
    await forges(world, rob, { on: whisper, customId, isShown: true });
    await discord.settled();
    expect(lastWhisper(rob, general)?.words).toContain("no longer there");
    expect((await kept()).map(({ kind }) => kind)).toEqual(["reply", "note"]);
  });

  test("not what someone else wrote, even where they read it", async () => {
    const world = await withNote();
    const { rob, ada, whisper, id, kept, general, discord } = world;
    const words = ada.writes(general, "Lunch?");
    const customId = `carry:${id}:${words.channel}/${words.id}`;
    await forges(world, rob, { on: whisper, customId, isShown: true });
    await discord.settled();
    expect((await kept()).map(({ kind }) => kind)).toEqual(["reply", "note"]);
  });

  test("not the files of an agents' note into a ticket of their own", async () => {
    const world = await withNote();
    const { rob, note, general, discord, tickets } = world;
    await rob.types("/ticket", {}, { channel: general });
    await submitsAs(rob, `form:1:${note.channel}/${note.id}:`);
    await discord.until(() =>
      lastWhisper(rob, general)?.words.includes("could not be brought along"),
    );
    const files = (await tickets()).map(({ messages }) => messages.flatMap((each) => each.files));
    expect(files.map(({ length }) => length).sort()).toEqual([0, 1]);
  });

  test("not how someone's ticket was resolved", async () => {
    const world = await withNote();
    const { rob, ada, card, id, whisper, tickets } = world;
    await ada.clicks(card, "Resolve…");
    await ada.submits({ Resolution: "We put it out." });
    await until(world, async () => (await tickets())[0]?.ticket.resolution);
    await forges(world, rob, { on: whisper, customId: `card:resolve:${id}`, isShown: true });
    expect(rob.modal?.title).toBe("Resolve the ticket");
    expect(rob.modal?.fields[0]?.text).toBe("");
  });
});

/** A panel in the open channel, which everyone sees. */
async function withPanel() {
  const world = await atTheDesk();
  const { discord, guild, general, rob } = world;
  const role = discord.addRole(guild, { name: "Managers", permissions: ["manageGuild"] });
  const zoe = discord.person("2000000000000000009", { name: "zoe", roles: [role.id] });
  await zoe.types("/ticket-panel", {}, { channel: general });
  const shown = await discord.until(() => rob.reads(general)[0]);
  const panel = discord.server.message(general, shown.id);
  if (!panel) throw new Error("There is no panel");
  return { ...world, shown, panel };
}

describe("what everyone sees stays as it is", () => {
  test("whatever someone presses that is not on it", async () => {
    const world = await withPanel();
    const { rob, ada, panel, shown, general } = world;
    const words = rob.writes(general, "It burns");
    const customId = `open:${words.channel}/${words.id}::${rob.id}`;
    await forges(world, rob, { on: panel, customId, isShown: false });
    expect(rob.modal).toBeUndefined();
    expect(lastWhisper(rob, general)?.words).toContain("has changed in the meantime");
    expect(ada.reads(general).find(({ id }) => id === shown.id)).toEqual(shown);
  });

  test("whatever someone presses that was offered to no one", async () => {
    const world = await withPanel();
    const { rob, ada, panel, shown, general, discord } = world;
    await opens(world);
    const [document] = await world.tickets();
    const words = rob.writes(general, "It burns");
    const customId = `carry:${document?.ticket._id}:${words.channel}/${words.id}`;
    await forges(world, rob, { on: panel, customId, isShown: true });
    await discord.until(() => lastWhisper(rob, general)?.words.includes("was added to T-"));
    const { embeds } = ada.reads(general).find(({ id }) => id === shown.id) ?? {};
    expect(embeds).toEqual(shown.embeds);
  });

  test.each(["soon", "late"])(
    "when a form that it opened comes back as another, %s",
    async (at) => {
      const world = await withPanel();
      const { rob, ada, shown, general, discord, weather } = world;
      const words = rob.writes(general, "It burns");
      await rob.clicks(shown, "Feature request");
      weather.holds = at === "late";
      const submitted = submitsAs(rob, `form:1:${words.channel}/${words.id}:`);
      await discord.until(() => {
        if (weather.holds) discord.clock.advance(100);
        return discord.interactions.underway() === 0;
      });
      await submitted;
      weather.holds = false;
      await discord.until(() => lastWhisper(rob, general)?.words.includes("is open: <#"));
      expect(ada.reads(general).find(({ id }) => id === shown.id)).toEqual(shown);
    },
  );
});

test("who knows the id of someone's form opens a ticket of their own with it", async () => {
  const world = await atTheDesk();
  const { discord, rob, ada, general, tickets } = world;
  await rob.types("/ticket", {}, { channel: general });
  const theirs = rob.modal?.customId ?? "";
  await rob.submits(printer);
  await ada.types("/ticket", {}, { channel: general });
  await submitsAs(ada, theirs);
  await discord.until(() => lastWhisper(ada, general)?.words.includes("is open: <#"));
  const requesters = (await tickets()).map(({ requester }) => requester.name);
  expect(requesters.sort()).toEqual(["Ada", "Rob"]);
});
