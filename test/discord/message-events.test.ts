import { GatewayDispatchEvents as events } from "discord.js";
import { describe, expect, test } from "vitest";
import type { Guilds } from "../../adapters/discord/guilds.ts";
import {
  type MessageEvent,
  readMessageEvents,
  type WrittenMessage,
} from "../../adapters/discord/message-events.ts";
import { textOf } from "../../adapters/discord/message-text.ts";
import { plainText } from "../../src/desk/text-plain.ts";

const self = "1000000000000000001";
const ada = {
  ...{ id: "1000000000000000002", username: "ada", global_name: "Ada L.", avatar: "a1b2" },
  discriminator: "0",
};
const rob = { id: "1000000000000000003", username: "rob", global_name: null, avatar: null };

/** As Discord sends it, in all that is read of it. */
const message = (given: object = {}) => ({
  id: "1100000000000000001",
  channel_id: "1200000000000000001",
  guild_id: "1300000000000000001",
  type: 0,
  author: ada,
  member: { nick: null, roles: ["1400000000000000001"], joined_at: "2024-01-01T00:00:00Z" },
  content: "hello",
  timestamp: "2024-01-15T10:30:00.000000+00:00",
  edited_timestamp: null,
  mentions: [],
  mention_roles: [],
  attachments: [],
  embeds: [],
  pinned: false,
  ...given,
});

function read(name: string, data: unknown): MessageEvent {
  const [event, ...others] = readMessageEvents(name, data, self);
  expect(others).toEqual([]);
  if (!event) throw new Error("Nothing was read");
  return event;
}

const created = (given: object = {}) => read(events.MessageCreate, message(given));
const updated = (given: object = {}) => read(events.MessageUpdate, message(given));

const acme = "1300000000000000001";
const guilds: Pick<Guilds, "roleName" | "publicNameOf"> = {
  roleName: (id, guild) => (id === "1400000000000000001" && guild === acme ? "Helpers" : undefined),
  publicNameOf: (id, guild) =>
    id === "1200000000000000009" && guild === acme ? "general" : undefined,
};

function wordsOf(event: MessageEvent): string {
  if (!("content" in event)) throw new Error(`There are no words in ${event.type}`);
  return plainText(textOf(guilds, event.content)).trim();
}

describe("what someone writes", () => {
  test("is told with who and where it was", () => {
    expect(created()).toMatchObject({
      type: "message",
      channel: "1200000000000000001",
      id: "1100000000000000001",
      guild: "1300000000000000001",
      user: ada.id,
      person: {
        id: `discord:${ada.id}`,
        name: "Ada L.",
        picture: `https://cdn.discordapp.com/avatars/${ada.id}/a1b2.png?size=128`,
      },
      roles: ["1400000000000000001"],
      repliesTo: undefined,
    } satisfies Partial<WrittenMessage> & { type: string });
  });

  test("is under the name that they have in the server, or else everywhere", () => {
    expect(created({ member: { nick: "Ada (support)", roles: [] } })).toMatchObject({
      person: { name: "Ada (support)" },
    });
    expect(created({ author: rob })).toMatchObject({
      person: { id: `discord:${rob.id}`, name: "rob" },
    });
    const turned = { nick: "\u202e", roles: [] };
    const author = { ...rob, global_name: "Ada\u202e\n(support)" };
    expect(created({ author, member: turned })).toMatchObject({
      person: { name: "Ada (support)" },
    });
  });

  test("in direct messages comes without a server and without roles", () => {
    const direct = created({ guild_id: undefined, member: undefined, channel_type: 1 });
    expect(direct).toMatchObject({ type: "message", guild: undefined, roles: [] });
  });

  test("says what it answers; what it passes on from elsewhere is no answer", () => {
    const reference = { message_id: "1100000000000000000", channel_id: "1200000000000000001" };
    expect(created({ type: 19, message_reference: { type: 0, ...reference } })).toMatchObject({
      repliesTo: "1100000000000000000",
    });
    expect(created({ message_reference: { type: 1, ...reference } })).toMatchObject({
      repliesTo: undefined,
    });
  });

  test("has files, which are named so that they can be fetched later", () => {
    const attachment = {
      ...{ id: "1500000000000000001", filename: "fire.png", size: 42, content_type: "image/png" },
      ...{
        url: "https://cdn.discordapp.com/attachments/1/2/fire.png?ex=1",
        proxy_url: "https://x",
      },
    };
    const other = { ...attachment, id: "1500000000000000002", content_type: undefined };
    expect(created({ attachments: [attachment, other] })).toMatchObject({
      files: [
        {
          file: "1200000000000000001/1100000000000000001/1500000000000000001",
          ...{ name: "fire.png", sizeBytes: 42, type: "image/png" },
        },
        { type: "application/octet-stream" },
      ],
    });
  });
});

describe("what is in it, in words", () => {
  test("mentions are names: of those whom Discord tells of, of roles, and of what everyone sees", () => {
    const content = `<@${rob.id}> <@&1400000000000000001> <#1200000000000000009> <#1200000000000000008>`;
    const mentions = [{ ...rob, member: { nick: "Robert", roles: [] } }];
    const words = wordsOf(created({ content, mentions }));
    expect(words).toMatch(/^@Robert @Helpers #general /);
    expect(words).not.toMatch(/[<>]|\d/);
  });

  test("stickers are told by their names", () => {
    const sticker_items = [{ id: "1", name: "Party Parrot", format_type: 1 }];
    expect(wordsOf(created({ content: "", sticker_items }))).toBe(":Party_Parrot:");
  });

  test("a poll is its question and its answers", () => {
    const poll = {
      question: { text: "Pizza?" },
      answers: [
        { answer_id: 1, poll_media: { text: "Yes", emoji: { id: null, name: "🍕" } } },
        { answer_id: 2, poll_media: { text: "No" } },
      ],
      expiry: null,
    };
    const words = wordsOf(created({ content: "", poll }));
    expect(words).toContain("Poll: Pizza?");
    expect(words).toContain("🍕 Yes");
    expect(words).toContain("No");
  });

  test("what was passed on is a quote, with its files", () => {
    const snapshot = {
      content: "**it burns**",
      ...{ mentions: [], embeds: [], type: 0, flags: 0 },
      attachments: [{ id: "1500000000000000003", filename: "a.txt", size: 1 }],
    };
    const forward = created({
      content: "",
      message_reference: { type: 1, channel_id: "1", message_id: "2" },
      message_snapshots: [{ message: snapshot }],
    });
    if (forward.type !== "message") throw new Error(forward.type);
    const text = textOf(guilds, forward.content);
    expect(text.filter(({ quote }) => quote === 1)).toMatchObject([
      { content: [{ text: "it burns", marks: ["bold"] }] },
    ]);
    expect(forward.files).toMatchObject([
      { file: "1200000000000000001/1100000000000000001/1500000000000000003", name: "a.txt" },
    ]);
  });

  test.each<[what: string, given: object, words: string]>([
    ["a sticker without a name", { sticker_items: [{ id: "1" }] }, "hello\n:sticker:"],
    ["an answer without words", { poll: { question: null, answers: [{}] } }, "hello"],
    ["a mention of a stranger shape", { mentions: [{ id: 7 }, rob] }, "hello"],
    ["a reference that is none", { message_reference: 7 }, "hello"],
    [
      "a message from elsewhere without words",
      { message_snapshots: [{ message: { content: null, mentions: null } }] },
      "hello",
    ],
  ])("%s takes nothing away from the rest", (_, given, words) => {
    const event = created(given);
    expect(event).not.toHaveProperty("unreadable");
    expect(wordsOf(event).startsWith(words)).toBe(true);
  });

  test("a file is there also without a name or a size", () => {
    expect(created({ attachments: [{ id: "1500000000000000003", size: null }] })).toMatchObject({
      files: [{ name: "file", sizeBytes: 0, type: "application/octet-stream" }],
    });
  });

  test("what cannot be read at all says so, and by whom it is", () => {
    const unreadable = { attachments: "many", author: { ...ada, username: 7 } };
    const expected = {
      ...{ user: ada.id, files: [], person: { id: `discord:${ada.id}` } },
      unreadable: "attachments, author.username",
    };
    expect(created(unreadable)).toMatchObject({ type: "message", ...expected });
    const edited = updated({ edited_timestamp: "2024-01-15T10:31:00Z", ...unreadable });
    expect(edited).toMatchObject({ type: "edited", ...expected });
    const bots = { ...unreadable, author: { id: ada.id, bot: true } };
    expect(created(bots)).toMatchObject({ type: "ignored", why: "bot" });
    expect(created({ ...unreadable, webhook_id: 7 })).toMatchObject({ type: "ignored" });
  });

  test("names of a server are shown in that server alone", () => {
    const content = "<@&1400000000000000001> <#1200000000000000009>";
    expect(wordsOf(created({ content }))).toBe("@Helpers #general");
    const forwarded = [{ message: { content } }];
    for (const guild_id of [undefined, "1300000000000000002"]) {
      const words = wordsOf(created({ content, guild_id, message_snapshots: forwarded }));
      expect(words).toContain("@a role #unknown-channel");
      expect(words).not.toMatch(/Helpers|general/);
    }
  });

  test("a message with nothing in it that can be read is empty", () => {
    expect(wordsOf(created({ content: "" }))).toBe("");
  });
});

describe("what is not someone's", () => {
  test.each([
    ["the bot's own", { author: { ...ada, id: self, bot: true } }, "own"],
    ["another bot's", { author: { ...ada, bot: true } }, "bot"],
    ["a webhook's", { webhook_id: "1" }, "bot"],
    ["Discord's own", { author: { ...ada, system: true } }, "system"],
    ["about someone who was added", { type: 1 }, "system"],
    ["about a thread that was begun", { type: 18 }, "system"],
    ["a thread's starter shown again", { type: 21 }, "system"],
    ["a bot's answer to a command", { type: 20, author: { ...ada, bot: true } }, "bot"],
  ])("%s is ignored", (_, given, why) => {
    expect(created(given)).toMatchObject({ type: "ignored", why });
    expect(updated({ edited_timestamp: "2024-01-15T10:31:00Z", ...given })).toMatchObject({
      type: "ignored",
      why,
    });
  });
});

describe("what becomes of it later", () => {
  test("an edit says when it was", () => {
    expect(updated({ edited_timestamp: "2024-01-15T10:31:00.500000+00:00" })).toMatchObject({
      type: "edited",
      at: Date.parse("2024-01-15T10:31:00.500Z"),
      user: ada.id,
    });
  });

  test("a preview, a pin or a thread is no edit", () => {
    const embeds = [{ type: "link", url: "https://example.org" }];
    expect(updated({ embeds })).toMatchObject({ type: "ignored", why: "unchanged" });
  });

  test("one that is deleted, and many at once", () => {
    const at = { channel_id: "1200000000000000001", guild_id: "1300000000000000001" };
    const where = { channel: at.channel_id, guild: at.guild_id };
    expect(read(events.MessageDelete, { id: "1", ...at })).toEqual({
      ...{ type: "deleted", id: "1" },
      ...where,
    });
    expect(readMessageEvents(events.MessageDeleteBulk, { ids: ["1", "2"], ...at }, self)).toEqual([
      { type: "deleted", id: "1", ...where },
      { type: "deleted", id: "2", ...where },
    ]);
  });

  test("what has another shape than is documented is said to be so, and harms nothing", () => {
    for (const name of [
      ...[events.MessageCreate, events.MessageUpdate],
      ...[events.MessageDelete, events.MessageDeleteBulk],
    ])
      expect(read(name, { id: 7 })).toEqual({ type: "unsupported", what: name });
    expect(readMessageEvents(events.GuildCreate, {}, self)).toEqual([]);
  });
});
