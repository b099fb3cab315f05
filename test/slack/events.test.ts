import { describe, expect, onTestFinished, test } from "vitest";
import { readEvent, subscriptions } from "../../adapters/slack/events.ts";
import { createWeb } from "../../adapters/slack/web.ts";
import { knownEvents, scopeOfEvent } from "../fakes/slack/scopes.ts";
import { startSlack } from "../fakes/slack/slack.ts";
import { keptLog } from "../log.ts";

const us = { team: "T1", self: { botId: "B1", botUserId: "U0BOT", appId: "A1" } };
const envelope = (event: object) => ({ type: "event_callback", team_id: "T1", event });
const read = (event: object) => readEvent(envelope(event), us);

const message = { type: "message", channel: "C1", user: "U1", ts: "2.0", text: "hello" };
const inThread = { ...message, thread_ts: "1.0" };
const own = { bot_id: "B1", user: "U0BOT", app_id: "A1" };

/** What the stand-in tells of what people do, as we read it. */
async function slackAsRead() {
  const slack = await startSlack();
  onTestFinished(() => slack.stop());
  const { team, bot } = slack.workspace;
  const ada = slack.person("U0ADA0001");
  const members = [ada.id, bot.userId];
  const triage = slack.workspace.addChannel({ id: "C0TRIAGE1", name: "triage", members }).id;
  const { apiUrl, app } = slack;
  const self = { ...bot, botUserId: bot.userId };
  const web = createWeb({ token: app.botToken, apiUrl, log: keptLog() });
  const told = () =>
    slack.events.attempts
      .filter(({ retry }) => !retry)
      .map(({ event }) =>
        readEvent({ ...envelope(event), team_id: team.id }, { team: team.id, self }),
      );
  return { slack, ada, triage, web, told };
}

describe("messages", () => {
  test("in threads, in the channel and to the bot are told apart", async () => {
    const { ada, triage, told } = await slackAsRead();
    const root = ada.writes(triage, "root");
    const reply = ada.writes(triage, "reply", { thread: root.ts });
    const both = ada.writes(triage, "to both", { thread: root.ts, broadcast: true });
    const direct = ada.writes(ada.dm, "hello");
    ada.writes(ada.dm, "more", { thread: direct.ts });
    expect(told()).toMatchObject([
      { type: "top-level", channel: triage, ts: root.ts, user: ada.id },
      { type: "message", channel: triage, ts: reply.ts, thread: root.ts, user: ada.id, files: [] },
      { type: "message", ts: both.ts, thread: root.ts, content: { text: "to both" } },
      { type: "direct", channel: ada.dm, ts: direct.ts },
      { type: "message", channel: ada.dm, thread: direct.ts },
    ]);
    expect(told()[1]).toMatchObject({
      content: { text: "reply", blocks: [{ type: "rich_text" }] },
    });
  });

  test("bring their files", async () => {
    const { ada, triage, told } = await slackAsRead();
    const root = ada.writes(triage, "root");
    const files = [{ name: "a.txt", content: "four", mimetype: "text/plain" }];
    ada.writes(triage, "", { thread: root.ts, files });
    expect(told()[1]).toMatchObject({
      type: "message",
      files: [{ file: expect.any(String), name: "a.txt", sizeBytes: 4, type: "text/plain" }],
    });
  });

  test("bring files that little is known of, but not deleted ones", () => {
    const files = [
      { id: "F1", file_access: "check_file_info" },
      { id: "F2", mode: "hidden_by_limit", size: 3 },
      { id: "F3", mode: "tombstone" },
      { id: "F4", name: "", title: "Plan", mimetype: "", size: null, mode: "external" },
    ];
    const type = "application/octet-stream";
    expect(read({ ...inThread, subtype: "file_share", files })).toMatchObject({
      files: [
        { file: "F1", name: "file", sizeBytes: 0, type },
        { file: "F2", name: "file", sizeBytes: 3, type },
        { file: "F4", name: "Plan", sizeBytes: 0, type },
      ],
    });
  });

  test.each(["file_share", "thread_broadcast", "me_message", null])("%s is one", (subtype) => {
    expect(read({ ...inThread, subtype })).toMatchObject({ type: "message", thread: "1.0" });
  });

  test("of a channel's life are not what someone wrote", () => {
    expect(read({ ...message, subtype: "channel_join" })).toEqual({
      type: "unsupported",
      what: "message/channel_join",
    });
    expect(read({ ...message, user: undefined })).toMatchObject({ type: "unsupported" });
  });

  test("of ours are known, also under another name, and when they change or go", async () => {
    const { slack, triage, web, told } = await slackAsRead();
    const post = (more: object) => web.chat.postMessage({ channel: triage, text: "a", ...more });
    const plain = await post({});
    const named = await post({ username: "Rob", icon_url: "https://pictures.example/rob.png" });
    const { ts = "" } = plain;
    await web.chat.update({ channel: triage, ts, text: "b" });
    await web.chat.delete({ channel: triage, ts: named.ts ?? "" });
    await slack.until(() => slack.events.attempts.filter(({ retry }) => !retry).length === 4);
    expect(told()).toEqual(Array.from({ length: 4 }, () => ({ type: "ignored", why: "own" })));
  });

  test.each([
    { bot_id: "B1" },
    { app_id: "A1" },
    { user: "U0BOT" },
    { bot_profile: { app_id: "A1" } },
    { subtype: "bot_message", bot_id: "B1", user: undefined },
  ])("with %j are ours", (mark) => {
    const ours = { type: "ignored", why: "own" };
    expect(read({ ...inThread, ...mark })).toEqual(ours);
    const changed = { type: "message", subtype: "message_changed", channel: "C1" };
    const inner = { ...inThread, ...mark };
    const previous_message = { ...inner, text: "before" };
    expect(read({ ...changed, message: inner, previous_message })).toEqual(ours);
    const deleted = { type: "message", subtype: "message_deleted", channel: "C1" };
    expect(read({ ...deleted, deleted_ts: "2.0", previous_message: inner })).toEqual(ours);
  });

  test.each([
    { bot_id: "B2" },
    { bot_profile: { app_id: "A2" } },
    { subtype: "bot_message", user: undefined },
    { user: "USLACKBOT" },
  ])("with %j are another bot's", (mark) => {
    expect(read({ ...inThread, ...mark })).toEqual({ type: "ignored", why: "bot" });
  });
});

describe("changes", () => {
  test("by their author are edits; a preview, a reply or a refresh is none", async () => {
    const { slack, ada, triage, told } = await slackAsRead();
    const root = ada.writes(triage, "root");
    const reply = ada.writes(triage, "reply", { thread: root.ts });
    ada.edits(reply, "better");
    slack.unfurls(reply);
    slack.refreshes(root);
    ada.edits(root, "a better root");
    expect(told().slice(2)).toMatchObject([
      { type: "edited", ts: reply.ts, thread: root.ts, user: ada.id, content: { text: "better" } },
      { type: "ignored", why: "unchanged" },
      { type: "ignored", why: "unchanged" },
      { type: "edited", ts: root.ts, thread: undefined },
    ]);
  });

  const text = (text: string, block_id: string) => [
    { type: "rich_text", block_id, elements: [{ type: "text", text, block_id }] },
  ];
  const changed = (before: object, after: object) =>
    read({
      ...{ type: "message", subtype: "message_changed", channel: "C1" },
      message: { ...inThread, ...after },
      previous_message: { ...inThread, ...before },
    });

  test.each<[string, object, object, string]>([
    ["other text", { text: "a" }, { text: "b" }, "edited"],
    ["other formatting", { blocks: text("a", "1") }, { blocks: text("b", "1") }, "edited"],
    ["blocks named anew", { blocks: text("a", "1") }, { blocks: text("a", "2") }, "ignored"],
    ["a file more", { files: [] }, { files: [{ id: "F1" }] }, "edited"],
    [
      "a file that was deleted",
      { files: [{ id: "F1" }] },
      { files: [{ id: "F1", mode: "tombstone" }] },
      "edited",
    ],
    [
      "a file that is now known",
      { files: [{ id: "F1" }] },
      { files: [{ id: "F1", name: "a" }] },
      "ignored",
    ],
    ["a reaction", {}, { reactions: [{ name: "eyes" }] }, "ignored"],
    ["a reply count", { reply_count: 1 }, { reply_count: 2 }, "ignored"],
  ])("%s", (_, before, after, type) => {
    expect(changed(before, after).type).toBe(type);
  });

  test("without what was before are edits when Slack marks them so", () => {
    const event = { type: "message", subtype: "message_changed", channel: "C1" };
    expect(read({ ...event, message: inThread })).toMatchObject({ type: "ignored" });
    const edited = { ...inThread, edited: { user: "U1", ts: "3.0" } };
    expect(read({ ...event, message: edited })).toMatchObject({ type: "edited", ts: "2.0" });
  });
});

describe("deletions", () => {
  test("of a reply, of a root that has replies, and of its tombstone, tell once what has gone", async () => {
    const { ada, triage, told } = await slackAsRead();
    const root = ada.writes(triage, "root");
    const reply = ada.writes(triage, "reply", { thread: root.ts });
    ada.deletes(root);
    ada.deletes(reply);
    expect(told().slice(2)).toEqual([
      { type: "deleted", channel: triage, ts: root.ts, thread: undefined },
      { type: "deleted", channel: triage, ts: reply.ts, thread: root.ts },
      { type: "ignored", why: "unchanged" },
    ]);
  });

  test("of what is not told are told without a thread", () => {
    const event = { type: "message", subtype: "message_deleted", channel: "C1", deleted_ts: "2.0" };
    expect(read(event)).toEqual({ type: "deleted", channel: "C1", ts: "2.0", thread: undefined });
  });

  test("of our own card under a thread are not an agent's", () => {
    const event = { type: "message", subtype: "message_changed", channel: "C1" };
    const tombstone = { ...message, user: "USLACKBOT", subtype: "tombstone" };
    expect(
      read({ ...event, message: tombstone, previous_message: { ...message, ...own } }),
    ).toEqual({ type: "ignored", why: "own" });
  });
});

describe("what else happens", () => {
  test("to channels, to people in them and to the bot", async () => {
    const { slack, ada, triage, told } = await slackAsRead();
    const rob = slack.person("U0ROB0001");
    slack.archives(triage);
    slack.unarchives(triage);
    rob.joins(triage);
    rob.leaves(triage);
    slack.removesBot(triage);
    slack.invitesBot(triage);
    ada.opensHome();
    slack.revokesToken();
    slack.uninstalls();
    expect(told()).toEqual([
      { type: "archived", channel: triage },
      { type: "unarchived", channel: triage },
      { type: "member-joined", channel: triage, user: rob.id },
      { type: "member-left", channel: triage, user: rob.id },
      { type: "bot-removed", channel: triage },
      { type: "bot-added", channel: triage },
      { type: "home-opened", user: ada.id },
      { type: "token-revoked" },
      { type: "uninstalled" },
    ]);
  });

  test.each([
    [
      { type: "group_left", channel: "G1" },
      { type: "bot-removed", channel: "G1" },
    ],
    [
      { type: "group_archive", channel: "G1" },
      { type: "archived", channel: "G1" },
    ],
    [
      { type: "group_unarchive", channel: "G1" },
      { type: "unarchived", channel: "G1" },
    ],
    [
      { type: "channel_deleted", channel: "C1" },
      { type: "channel-deleted", channel: "C1" },
    ],
    [
      { type: "group_deleted", channel: "G1" },
      { type: "channel-deleted", channel: "G1" },
    ],
    [
      { type: "subteam_members_changed", subteam_id: "S1" },
      { type: "group-changed", group: "S1" },
    ],
    [
      { type: "subteam_updated", subteam: { id: "S1" } },
      { type: "group-changed", group: "S1" },
    ],
    [
      { type: "tokens_revoked", tokens: { oauth: ["U1"], bot: ["U0OTHER"] } },
      { type: "ignored", why: "someone else's" },
    ],
  ])("%j", (event, expected) => {
    expect(read(event)).toEqual(expected);
  });

  test("is unsupported when it is not known, or not as documented", () => {
    expect(read({ type: "star_added" })).toEqual({ type: "unsupported", what: "star_added" });
    expect(read({ type: "constructor" })).toEqual({ type: "unsupported", what: "constructor" });
    expect(read({ type: "channel_archive", channel: 1 })).toEqual({
      type: "unsupported",
      what: "channel_archive, in another shape",
    });
    for (const body of [undefined, null, "x", {}, { type: "event_callback", team_id: "T1" }])
      expect(readEvent(body, us)).toEqual({ type: "unsupported", what: "no event" });
  });

  test("in another workspace is ignored, unless ours is told of it", () => {
    const elsewhere = { ...envelope(inThread), team_id: "T2" };
    expect(readEvent(elsewhere, us)).toEqual({ type: "ignored", why: "another workspace" });
    const shared = { ...elsewhere, authorizations: [{ team_id: "T1" }] };
    expect(readEvent(shared, us)).toMatchObject({ type: "message", ts: "2.0" });
  });
});

test("every subscription is one that Slack has, with the scope it needs", () => {
  expect(new Set(subscriptions.map(({ event }) => event)).size).toBe(subscriptions.length);
  for (const { event, scope } of subscriptions) {
    expect(knownEvents).toContain(event);
    expect(scopeOfEvent(event) ?? null, event).toBe(scope);
  }
});

test("every subscription is read, in the shape that it has", () => {
  const body = { channel: "C1", user: "U1", ts: "2.0", subteam_id: "S1", subteam: { id: "S1" } };
  for (const { event } of subscriptions) {
    const [type] = event.split(".");
    expect(read({ ...body, type, tokens: { bot: ["U0BOT"] } }).type, event).not.toBe("unsupported");
  }
});
