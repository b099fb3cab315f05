import { ChannelType } from "discord.js";
import { describe, expect, test } from "vitest";
import { readInteraction } from "../../adapters/discord/interactions.ts";
import type { Json } from "../fakes/json.ts";

const user = { id: "2", username: "rob", global_name: "Rob R.", avatar: "a1", discriminator: "0" };

const given = (type: number, data: Json, more: Json = {}): Json => ({
  ...{ id: "1", application_id: "9", token: "secret", type, version: 1 },
  ...{ guild_id: "5", channel: { id: "6", type: 0, parent_id: "4", name: "help" } },
  member: { user, nick: "Robbie", roles: ["7"], permissions: "0" },
  ...{ app_permissions: "1024", locale: "de", entitlements: [], data },
  ...more,
});

describe("an interaction", () => {
  test("says who did it, under the name they have there, and where", () => {
    expect(readInteraction(given(2, { type: 1, name: "ticket" }))).toEqual({
      ...{ id: "1", token: "secret", user: "2" },
      person: {
        id: "discord:2",
        name: "Robbie",
        picture: "https://cdn.discordapp.com/avatars/2/a1.png?size=128",
      },
      member: { guild: "5", roles: ["7"] },
      channel: { id: "6", type: ChannelType.GuildText, parent: "4" },
      permissions: 1_024n,
      ...{ type: "command", command: "ticket", options: {} },
    });
  });

  test("in direct messages has no member; nor has every one a whole channel", () => {
    const more = { guild_id: undefined, member: undefined, user, channel: undefined };
    const direct = given(2, { type: 1, name: "ticket" }, { ...more, channel_id: "8" });
    const read = readInteraction(direct);
    expect(read.person.name).toBe("Rob R.");
    expect(read.channel).toEqual({ id: "8" });
    expect(read.member).toBeUndefined();
  });

  test("is called with its subcommand, and brings what was typed", () => {
    const options = [
      { type: 1, name: "show", options: [{ type: 3, name: "ticket", value: "T-1" }] },
    ];
    expect(readInteraction(given(2, { type: 1, name: "tickets", options }))).toMatchObject({
      ...{ type: "command", command: "tickets show", options: { ticket: "T-1" } },
    });
    const focused = [{ type: 3, name: "ticket", value: "T-", focused: true }];
    const typing = [{ type: 1, name: "show", options: focused }];
    expect(readInteraction(given(4, { type: 1, name: "tickets", options: typing }))).toMatchObject({
      ...{ type: "autocomplete", command: "tickets show", typed: "T-" },
    });
  });

  test("on a message brings the message", () => {
    const resolved = { messages: { "3": { id: "3", content: "fire" } } };
    const data = { type: 3, name: "Open a ticket", target_id: "3", resolved };
    expect(readInteraction(given(2, data))).toMatchObject({
      ...{ type: "message-command", command: "Open a ticket" },
      message: { id: "3", content: "fire" },
    });
  });

  test("with a form brings what was filled in, and the files", () => {
    const attachment = { id: "77", filename: "fire.png", size: 3, url: "https://cdn.example/f" };
    const components = [
      { type: 10, id: 1 },
      { type: 18, id: 2, component: { type: 4, id: 3, custom_id: "title", value: "Fire" } },
      { type: 18, id: 4, component: { type: 3, id: 5, custom_id: "priority", values: ["low"] } },
      { type: 18, id: 6, component: { type: 19, id: 7, custom_id: "attachments", values: ["77"] } },
    ];
    const resolved = { attachments: { "77": attachment } };
    const data = { custom_id: "form:1::", components, resolved };
    expect(readInteraction(given(5, data))).toMatchObject({
      ...{ type: "form", customId: "form:1::" },
      inputs: { title: ["Fire"], priority: ["low"], attachments: ["77"] },
      uploads: [
        {
          file: "77 https://cdn.example/f",
          name: "fire.png",
          sizeBytes: 3,
          type: "application/octet-stream",
        },
      ],
    });
  });

  test("of a kind that Discord has not had yet is known to be unknown", () => {
    expect(readInteraction(given(42, {})).type).toBe("unsupported");
    expect(readInteraction(given(2, { type: 2, name: "who" })).type).toBe("unsupported");
  });

  test("is one, or a fault", () => {
    expect(() => readInteraction({ id: "1" })).toThrow();
    expect(() =>
      readInteraction(given(2, { type: 1, name: "x" }, { member: undefined })),
    ).toThrow();
  });
});
