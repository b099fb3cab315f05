import { describe, expect, test } from "vitest";
import { signature } from "./http-transport.ts";
import { slackWithApp } from "./tiny-app.ts";

describe("how an event comes", () => {
  test("signed, in an envelope", async () => {
    const { slack, app, ada, triage } = await slackWithApp();
    const { ts } = ada.writes(triage, "hello");
    await slack.settled();
    const [got] = app.received;
    const seconds = Number(got?.headers["x-slack-request-timestamp"]);
    expect(got?.headers["x-slack-signature"]).toBe(
      signature(slack.app.signingSecret, seconds, got?.raw ?? ""),
    );
    expect(got?.headers["x-slack-retry-num"]).toBeUndefined();
    expect(got?.body).toMatchObject({
      type: "event_callback",
      team_id: slack.workspace.team.id,
      event: { type: "message", channel: triage, channel_type: "channel", user: ada.id, ts },
    });
  });

  test("not without its scope, its subscription, or the bot in the channel", async () => {
    const { slack, app, ada, rob, triage } = await slackWithApp({
      app: { events: ["message.channels", "message.im", "app_mention"] },
    });
    slack.workspace.addChannel({ id: "C0OTHER01", name: "other", members: [ada.id] });
    slack.app.scopes = slack.app.scopes.filter((scope) => scope !== "im:history");
    ada.writes("C0OTHER01", "not there");
    rob.writes(rob.dm, "not granted");
    ada.reacts(ada.writes(triage, "heard"), "eyes");
    await slack.settled();
    expect(app.events.map(({ text }) => text)).toEqual(["heard"]);
  });

  test("forged ones have what is wrong with them", async () => {
    const { slack, app } = await slackWithApp();
    const outbound = { kind: "event", payload: { type: "event_callback" } } as const;
    await slack.forge("unsigned", outbound);
    await slack.forge("old", outbound);
    const [unsigned, old] = app.received.map(({ headers }) => headers);
    expect(unsigned).not.toHaveProperty("x-slack-signature");
    expect(Number(old?.["x-slack-request-timestamp"])).toBeLessThan(Date.now() / 1_000 - 5 * 60);
  });
});

describe("what is told", () => {
  test("edits, previews, deletes, tombstones, files, broadcasts and mentions", async () => {
    const { slack, app, ada, triage } = await slackWithApp();
    const root = ada.writes(triage, "root");
    ada.edits(root, "edited");
    slack.unfurls(root);
    slack.refreshes(root);
    const reply = ada.writes(triage, "reply", { thread: root.ts, broadcast: true });
    ada.writes(triage, "", { files: [{ name: "a.txt", content: "a" }] });
    ada.writes(triage, "hi <@U0BOT0001>");
    ada.deletes(root);
    ada.deletes(reply);
    await slack.settled();
    const told = slack.events.attempts.map(({ event }) => event);
    expect(told.map(({ type, subtype }) => subtype ?? type)).toEqual([
      ...["message", "message_changed", "message_changed", "message_changed", "thread_broadcast"],
      ...["file_share", "message", "app_mention", "message_changed", "message_deleted"],
      "message_deleted",
    ]);
    const [, edited, unfurled] = told;
    expect(edited).toMatchObject({
      message: { text: "edited" },
      previous_message: { text: "root" },
    });
    expect(unfurled).toMatchObject({
      message: { text: "edited", attachments: [{ title: "Example" }] },
      previous_message: { text: "edited" },
    });
    expect(told[5]).toMatchObject({ files: [{ name: "a.txt", mode: "hosted" }] });
    expect(told[8]).toMatchObject({ message: { subtype: "tombstone" } });
    expect(told[9]).toMatchObject({ deleted_ts: reply.ts });
    expect(app.received).toHaveLength(11);
  });

  test("what a composer made of a text, or nothing of it", async () => {
    const { slack, app, ada, triage } = await slackWithApp();
    const blocks = [{ type: "rich_text", elements: [] }];
    const said = ada.writes(triage, "*b*", { blocks });
    ada.edits(said, "*c*", { blocks: [] });
    await slack.settled();
    expect(app.events).toMatchObject([
      { text: "*b*", blocks },
      { message: { text: "*c*" }, previous_message: { blocks } },
    ]);
    expect(app.events[1]?.message).not.toHaveProperty("blocks");
  });

  test("that a file was deleted, of which a tombstone stays, and that an admin deleted a message", async () => {
    const { slack, app, ada, call, triage } = await slackWithApp();
    const files = [
      { name: "a.txt", content: "a" },
      { name: "b.txt", content: "b" },
    ];
    const said = ada.writes(triage, "both", { files });
    ada.deletesFile(said, "a.txt");
    expect(() => ada.deletesFile(said, "a.txt")).toThrow("no file a.txt");
    expect(ada.reads(triage)[0]?.files).toEqual(["b.txt"]);
    const { ts } = await call("chat.postMessage", { channel: triage, text: "ours" });
    const ours = ada.reads(triage).find((seen) => seen.ts === ts);
    if (ours) slack.deletes(ours);
    await slack.settled();
    expect(app.events.slice(1)).toMatchObject([
      {
        subtype: "message_changed",
        message: { files: [{ mode: "tombstone" }, { name: "b.txt" }] },
        previous_message: { files: [{ name: "a.txt" }, { name: "b.txt" }] },
      },
      { text: "ours" },
      { subtype: "message_deleted", deleted_ts: ts },
    ]);
  });

  test("the bot's own messages too", async () => {
    const { slack, app, call, triage } = await slackWithApp();
    const { ts } = await call("chat.postMessage", { channel: triage, text: "ours" });
    await call("chat.update", { channel: triage, ts, text: "ours again" });
    await slack.settled();
    expect(app.events).toMatchObject([
      { user: "U0BOT0001", bot_id: "B0BOT0001" },
      { subtype: "message_changed", message: { bot_id: "B0BOT0001" } },
    ]);
  });

  test("archiving, leaving, and that the bot itself was removed", async () => {
    const { slack, app, ada, rob, triage } = await slackWithApp();
    slack.archives(triage);
    expect(() => ada.writes(triage, "no")).toThrow("archived");
    slack.unarchives(triage);
    rob.joins(triage);
    ada.leaves(triage);
    slack.removesBot(triage);
    rob.writes(triage, "no one hears this");
    rob.opensHome();
    slack.uninstalls();
    await slack.settled();
    const order = ({ event }: { event: { event_ts?: unknown } }) => event;
    expect(slack.events.attempts.map(order)).toMatchObject([
      { type: "channel_archive", channel: triage },
      { type: "channel_unarchive" },
      { type: "member_joined_channel", user: rob.id },
      { type: "member_left_channel", user: ada.id },
      { type: "channel_left", channel: triage },
      { type: "app_home_opened", tab: "home", channel: rob.dm },
      { type: "app_uninstalled" },
    ]);
    expect(app.received).toHaveLength(7);
  });
});

describe("what is not acked comes again", () => {
  test("at once, after a minute and after five, and then never", async () => {
    const { slack, app, ada, triage } = await slackWithApp();
    app.reply = () => ({ status: 500 });
    ada.writes(triage, "hello");
    await slack.until(() => app.received.length === 2 && slack.events.underway() === 0);
    slack.clock.advance(59_999);
    expect(app.received).toHaveLength(2);
    slack.clock.advance(1);
    await slack.until(() => app.received.length === 3 && slack.events.underway() === 0);
    slack.clock.advance(300_000);
    await slack.until(() => app.received.length === 4 && slack.events.underway() === 0);
    slack.clock.advance(3_600_000);
    const headers = app.received.map(({ headers: each }) => [
      each["x-slack-retry-num"],
      each["x-slack-retry-reason"],
    ]);
    expect(headers).toEqual([
      [undefined, undefined],
      ["1", "http_error"],
      ["2", "http_error"],
      ["3", "http_error"],
    ]);
    expect(new Set(app.received.map(({ body }) => body.event_id)).size).toBe(1);
  });

  test("also when the answer takes longer than 3 s, but not when the app asks for no more", async () => {
    const { slack, app, ada, triage } = await slackWithApp();
    app.reply = ({ headers }) => (headers["x-slack-retry-num"] ? {} : "silence");
    ada.writes(triage, "slow");
    await slack.until(() => app.received.length === 1);
    slack.clock.advance(3_000);
    await slack.until(() => app.received.length === 2);
    expect(app.received[1]?.headers["x-slack-retry-reason"]).toBe("http_timeout");
    app.reply = () => ({ status: 500, headers: { "x-slack-no-retry": "1" } });
    ada.writes(triage, "no more");
    await slack.settled();
    slack.clock.advance(600_000);
    expect(app.received).toHaveLength(3);
  });

  test("a schedule of one's own", async () => {
    const { slack, app, ada, triage } = await slackWithApp({ retriesAfterMs: [0, 0] });
    app.reply = () => ({ status: 500 });
    ada.writes(triage, "hello");
    await slack.until(() => app.received.length === 3);
  });
});

describe("events that go wrong", () => {
  test("repeated under another id, lost, unacked, broken off", async () => {
    const { slack, app, ada, triage } = await slackWithApp();
    for (const what of ["repeat", "lose", "lose-ack", "break-off"] as const) {
      slack.events.disturb(what, { type: "message" });
      ada.writes(triage, what);
    }
    await slack.until(() => app.received.length === 5);
    const came = (text: string) =>
      app.received.filter(({ body }) => Object(body.event).text === text);
    expect(new Set(came("repeat").map(({ body }) => body.event_id)).size).toBe(2);
    expect(came("lose")).toHaveLength(0);
    expect(new Set(came("lose-ack").map(({ body }) => body.event_id)).size).toBe(1);
    expect(came("lose-ack")).toHaveLength(2);
    expect(came("break-off")[0]?.headers["x-slack-retry-num"]).toBe("1");
  });

  test("held, and let go in another order", async () => {
    const { slack, app, ada, triage } = await slackWithApp();
    const held = slack.events.hold();
    for (const text of ["1", "2", "3"]) ada.writes(triage, text);
    await slack.settled();
    expect(app.received).toEqual([]);
    held.release((events) => events.reverse());
    await slack.settled();
    expect(slack.events.attempts.map(({ event }) => event.text)).toEqual(["3", "2", "1"]);
  });

  test("held, and let go one after the other", async () => {
    const { slack, app, ada, triage } = await slackWithApp();
    const held = slack.events.hold();
    for (const text of ["one", "two", "three"]) ada.writes(triage, text);
    await held.releaseInTurn((events) => events.reverse());
    expect(app.events.map(({ text }) => text)).toEqual(["three", "two", "one"]);
    expect(slack.events.underway()).toBe(0);
  });
});
