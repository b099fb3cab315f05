import { ChannelType, PermissionFlagsBits as flags, OverwriteType } from "discord.js";
import { describe, expect, test } from "vitest";
import {
  has,
  lacking,
  mayAnswerIn,
  neededIn,
  neededPermissions,
  type Overwrite,
  permissionsIn,
  permissionsInteger,
} from "../../adapters/discord/permissions.ts";

const everyone = "100";
const staff = "200";
const muted = "300";
const ada = "400";
const usual = flags.ViewChannel | flags.SendMessages;

const guild = {
  id: everyone,
  owner: "999",
  roles: new Map([
    [everyone, usual],
    [staff, flags.AttachFiles],
    [muted, 0n],
    ["500", flags.Administrator],
  ]),
};

const overwrite = (id: string, given: Partial<Overwrite>): Overwrite => ({
  ...{ id, type: id === ada ? OverwriteType.Member : OverwriteType.Role, allow: 0n, deny: 0n },
  ...given,
});

const may = (roles: string[], overwrites: Overwrite[] = [], user = ada) =>
  permissionsIn(guild, { user, roles }, overwrites);

describe("what someone may do in a channel", () => {
  test("what everyone may, and what each of their roles adds", () => {
    expect(may([])).toBe(usual);
    expect(may([staff, muted])).toBe(usual | flags.AttachFiles);
  });

  test("the owner and an administrator may do everything, whatever the channel says", () => {
    const closed = [overwrite(everyone, { deny: flags.ViewChannel })];
    expect(has(may([], closed, "999"), flags.ManageGuild)).toBe(true);
    expect(has(may(["500"], closed), flags.ManageGuild | flags.ViewChannel)).toBe(true);
  });

  test("the channel takes from everyone, gives back to a role, and has the last word on a person", () => {
    const closed = overwrite(everyone, { deny: flags.SendMessages });
    const open = overwrite(staff, { allow: flags.SendMessages });
    const notAda = overwrite(ada, { deny: flags.SendMessages });
    expect(has(may([], [closed]), flags.SendMessages)).toBe(false);
    expect(has(may([staff], [open, closed]), flags.SendMessages)).toBe(true);
    expect(has(may([staff], [notAda, open, closed]), flags.SendMessages)).toBe(false);
    expect(has(may([], [open, closed]), flags.SendMessages)).toBe(false);
  });

  test("what one role allows there counts more than what another takes", () => {
    const overwrites = [
      overwrite(staff, { allow: flags.SendMessages }),
      overwrite(muted, { deny: flags.SendMessages }),
    ];
    expect(has(may([muted], overwrites), flags.SendMessages)).toBe(false);
    expect(has(may([muted, staff], overwrites), flags.SendMessages)).toBe(true);
  });

  test("who cannot see it can do nothing in it", () => {
    expect(may([staff], [overwrite(everyone, { deny: flags.ViewChannel })])).toBe(0n);
  });
});

describe("what the bot needs", () => {
  test("the number in the install link is all of it", () => {
    const all = Object.values(neededPermissions).reduce((sum, flag) => sum | flag, 0n);
    expect(permissionsInteger).toBe(String(all));
  });

  test("threads are begun in a text channel, and are the posts of a forum", () => {
    expect(neededIn(ChannelType.GuildText)).toContain("Create Public Threads");
    expect(neededIn(ChannelType.GuildForum)).not.toContain("Create Public Threads");
    expect(neededIn(ChannelType.GuildVoice)).toBeUndefined();
    expect(neededIn(ChannelType.PublicThread)).toBeUndefined();
  });

  test("what is lacking is told by the names in Discord's settings", () => {
    expect(lacking(usual, ["View Channel", "Embed Links", "Send Messages"])).toEqual([
      "Embed Links",
    ]);
  });
});

describe("who may answer in a channel", () => {
  const inThreads = flags.ViewChannel | flags.SendMessagesInThreads;

  test("in a channel that is only to be read, no one answers by mistake", () => {
    expect(mayAnswerIn(ChannelType.GuildText, inThreads)).toBe(false);
    expect(mayAnswerIn(ChannelType.GuildText, inThreads | flags.SendMessages)).toBe(true);
  });

  test("in a forum where only the bot posts, those answer who may write below a post", () => {
    expect(mayAnswerIn(ChannelType.GuildForum, inThreads)).toBe(true);
    expect(mayAnswerIn(ChannelType.GuildForum, usual)).toBe(false);
  });
});
