import { ChannelType, PermissionFlagsBits } from "discord.js";
import { expect, test } from "vitest";
import { has } from "../../adapters/discord/permissions.ts";
import { channelType } from "../fakes/discord/records.ts";
import { joinThread, startThread } from "../fakes/discord/threads.ts";
import { knownServer } from "./listening.ts";

test("servers, channels and roles are known by name and kind", async () => {
  const { guilds, guild, triage, staff, discord } = await knownServer();
  expect(guilds.all()).toEqual([{ id: guild.id, name: "Acme" }]);
  expect(guilds.channel(triage.id)).toMatchObject({
    ...{ id: triage.id, guild: guild.id, name: "triage", type: ChannelType.GuildText },
    ...{ parent: undefined, owner: undefined },
  });
  expect(guilds.roleName(staff.id, guild.id)).toBe("Staff");
  expect(guilds.roleName(staff.id, undefined)).toBeUndefined();
  expect(guilds.guildOfRole(staff.id)).toBe(guild.id);
  expect(guilds.guildOfRole("1")).toBeUndefined();
  const tags = ["Open", "Urgent"];
  const forum = discord.server.addChannel(guild, { name: "help", type: channelType.forum, tags });
  await discord.until(() => guilds.channel(forum.id));
  expect(guilds.channel(forum.id)).toMatchObject({ tags: [{ name: "Open" }, { name: "Urgent" }] });
});

test("a thread is known with who opened it, and what may be done in it is its channel's to say", async () => {
  const { guilds, triage, staff, ada, rob, discord } = await knownServer();
  const owner = discord.server.application.id;
  const thread = startThread(discord.server, triage, {
    ...{ name: "T-1", type: channelType.publicThread, owner },
  });
  await discord.until(() => guilds.channel(thread.id));
  expect(guilds.channel(thread.id)).toMatchObject({ owner, parent: triage.id });
  const view = PermissionFlagsBits.ViewChannel;
  expect(has(guilds.permissionsOf(ada.id, [staff.id], thread.id) ?? 0n, view)).toBe(true);
  expect(guilds.permissionsOf(rob.id, [], thread.id)).toBe(0n);
  expect(has(guilds.ownPermissions(thread.id) ?? 0n, view)).toBe(true);
  expect(guilds.permissionsOf(rob.id, [], "1")).toBeUndefined();
});

test("the name of what not everyone sees is not carried elsewhere", async () => {
  const { guilds, guild, triage, general, rob, discord } = await knownServer();
  expect(guilds.publicNameOf(general.id, guild.id)).toBe("general");
  expect(guilds.publicNameOf(general.id, undefined)).toBeUndefined();
  expect(guilds.publicNameOf(general.id, "1")).toBeUndefined();
  expect(guilds.publicNameOf(triage.id, guild.id)).toBeUndefined();
  expect(guilds.publicNameOf("1", guild.id)).toBeUndefined();
  const begun = (type: number) =>
    startThread(discord.server, general, {
      ...{ name: "a thread", type, owner: discord.server.application.id },
    });
  const [open, closed] = [begun(channelType.publicThread), begun(channelType.privateThread)];
  joinThread(discord.server, closed, rob.id);
  await discord.until(() => guilds.channel(open.id) && guilds.channel(closed.id));
  expect(guilds.publicNameOf(open.id, guild.id)).toBe("a thread");
  expect(guilds.publicNameOf(closed.id, guild.id)).toBeUndefined();
});

test("the bot learns what it may do when its role changes", async () => {
  const { guilds, guild, general, discord } = await knownServer();
  const files = PermissionFlagsBits.AttachFiles;
  expect(has(guilds.ownPermissions(general.id) ?? 0n, files)).toBe(true);
  discord.removesPermissions(general.id, ["attachFiles"]);
  await discord.until(() => !has(guilds.ownPermissions(general.id) ?? 0n, files));
  expect(guilds.all()).toEqual([{ id: guild.id, name: "Acme" }]);
});
