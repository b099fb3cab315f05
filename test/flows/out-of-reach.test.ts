import { describe, expect, test } from "vitest";
import { conversation, discordStory, photo, printer, told, words } from "./discord-team.ts";
import type { Seat } from "./seats.ts";

const marksOf = (seat: Seat, id: string) =>
  seat.lines().find((line) => line.id === id)?.marks ?? [];

describe("a requester who is not in their thread any more", () => {
  test("is brought in again by the next reply, and sees it", async () => {
    const { discord, opened, rob: person, passing, quiet } = await conversation();
    const { rob, ada, thread } = opened;
    discord.removesFromThread(thread, person.id);
    expect(person.sees(thread)).toBe(false);
    const { id } = ada.writes("Try water.");
    await passing(() => marksOf(ada, id).includes("delivered"));
    expect(words(rob)).toContain("Try water.");
    await quiet();
    discord.removesFromThread(thread, person.id);
    discord.archives(thread);
    ada.writes("", [photo]);
    await passing(() => person.sees(thread));
    await passing(() => rob.lines().some(({ files }) => files.includes("photo.png")));
    await quiet();
  });

  test("is not added again while they are in it", async () => {
    const { opened, rob: person, passing, quiet } = await conversation();
    const { rob, ada, thread } = opened;
    const before = person.reads(thread).length;
    ada.writes("Try water.");
    await passing(() => words(rob).includes("Try water."));
    await quiet();
    expect(person.reads(thread)).toHaveLength(before + 1);
  });

  test("as they have left the server, is told of to agents, who can try again once they are back", async () => {
    const { discord, guild, opened, rob: person, passing, quiet } = await conversation();
    const { rob, ada } = opened;
    discord.removes(guild, person.id);
    const { id } = ada.writes("Try water.");
    await passing(() => marksOf(ada, id).includes("failed"));
    await passing(() => words(ada).some((each) => /no longer in this Discord server/.test(each)));
    await quiet();
    discord.person(person.id);
    await ada.retries();
    await passing(() => marksOf(ada, id).includes("delivered"));
    expect(words(rob).filter((each) => each === "Try water.")).toHaveLength(1);
    await quiet();
  });

  test("as they do not see its channel, is told of to agents, who can try again once they do", async () => {
    const { discord, help, opened, rob: person, passing, quiet } = await conversation();
    const { rob, ada } = opened;
    discord.removesPermissions(help, ["viewChannel"], person.id);
    const { id } = ada.writes("Try water.");
    await passing(() => marksOf(ada, id).includes("failed"));
    await passing(() => words(ada).some((each) => /does not see the channel/.test(each)));
    await quiet();
    discord.givesPermissions(help, ["viewChannel"], person.id);
    await ada.retries();
    await passing(() => words(rob).includes("Try water."));
    await quiet();
  });
});

test("who can have no thread and takes no direct messages is told so where they asked, and then where it goes on", async () => {
  const { discord, rob, help, passing, platform, quiet } = await discordStory();
  discord.removesPermissions(help, ["createPrivateThreads"]);
  rob.closesDms();
  await platform.asks(printer, passing);
  const answer = () => told(rob, help)?.words ?? "";
  await passing(() => answer().includes("allow direct messages from this server"));
  expect(answer()).toMatch(/^T-\w{6} is open/);
  expect(answer()).not.toContain("goes on in your direct messages");
  const ada = await passing(() => platform.agent(printer.title));
  await passing(() => words(ada).some((each) => each.includes("does not take direct messages")));
  ada.writes("Try water.");
  await quiet();
  rob.opensDms();
  await ada.retries();
  await passing(() => rob.reads(rob.dm).some((seen) => seen.words.includes("Try water.")));
  await passing(() => answer().includes(`https://discord.com/channels/@me/${rob.dm}/`));
  await quiet();
});
