import { expect, test } from "vitest";
import { atTheDesk, lastWhisper } from "./at-the-desk.ts";

/** Zoe may manage the server. */
async function withManager() {
  const world = await atTheDesk();
  const { discord, guild } = world;
  const role = discord.addRole(guild, { name: "Managers", permissions: ["manageGuild"] });
  const zoe = discord.person("2000000000000000009", { name: "zoe", roles: [role.id] });
  return { ...world, zoe };
}

test("a panel has a button for each category, and opens the form with it chosen", async () => {
  const { discord, zoe, rob, general } = await withManager();
  await zoe.types("/ticket-panel", {}, { channel: general });
  const panel = await discord.until(() => rob.reads(general)[0]);
  expect(panel.buttons).toHaveLength(5);
  await discord.until(() => lastWhisper(zoe, general)?.words.includes("The panel is here"));
  await rob.clicks(panel, "Feature request");
  const chosen = rob.modal?.fields.find(({ customId }) => customId === "category")?.chosen;
  expect(chosen).toEqual(["feature_request"]);
  await rob.submits({ title: "More printers", description: "Please." });
  await discord.until(() => lastWhisper(rob, general)?.words.includes("is open"));
  expect(discord.violations).toEqual([]);
});

test("a panel is placed only by those who manage the server", async () => {
  const { rob, general } = await withManager();
  const typing = async () => rob.types("/ticket-panel", {}, { channel: general });
  await expect(typing()).rejects.toThrow("may not use");
});

test("a panel says which permission the bot lacks to post it", async () => {
  const { discord, zoe, general } = await withManager();
  discord.removesPermissions(general, ["sendMessages", "embedLinks"]);
  await zoe.types("/ticket-panel", {}, { channel: general });
  expect(lastWhisper(zoe, general)?.words).toContain("give it Send Messages and Embed Links");
});

test("a panel that cannot be posted just now is said to be not there", async () => {
  const { discord, zoe, general } = await withManager();
  discord.misbehave({ status: 500 }, { route: "POST /channels/:id/messages" });
  await zoe.types("/ticket-panel", {}, { channel: general });
  expect(lastWhisper(zoe, general)?.words).toContain("could not be posted just now");
});
