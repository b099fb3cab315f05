import { describe, expect, test } from "vitest";
import { slackWithApp } from "./tiny-app.ts";

const section = (text: string, more: object = {}) => ({
  type: "section",
  text: { type: "mrkdwn", text },
  ...more,
});

describe("who calls", () => {
  test("without a token, with a wrong one, and with one of another kind", async () => {
    const { slack, call } = await slackWithApp();
    const bare = await fetch(`${slack.apiUrl}auth.test`, { method: "POST" });
    expect(await bare.json()).toEqual({ ok: false, error: "not_authed" });
    expect((await call("auth.test", {}, "xoxb-another")).error).toBe("invalid_auth");
    expect((await call("auth.test", {}, slack.app.appToken)).error).toBe("not_allowed_token_type");
    expect((await call("apps.connections.open")).error).toBe("not_allowed_token_type");
    expect((await call("auth.test")).user_id).toBe(slack.workspace.bot.userId);
    expect((await call("chat.whisper")).error).toBe("unknown_method");
  });

  test("a scope that was not granted is named, with those that were", async () => {
    const { call, triage } = await slackWithApp({ app: { scopes: ["chat:write", "users:read"] } });
    expect(
      await call("reactions.add", { channel: triage, timestamp: "1", name: "eyes" }),
    ).toMatchObject({
      error: "missing_scope",
      needed: "reactions:write",
      provided: "chat:write,users:read",
    });
    const masked = { channel: triage, text: "hi", username: "Rob" };
    expect((await call("chat.postMessage", masked)).needed).toBe("chat:write.customize");
    expect((await call("conversations.history", { channel: triage })).needed).toBe(
      "channels:history",
    );
  });

  test("a revoked token is refused, and the app is told; installed again, it works", async () => {
    const { slack, app, call } = await slackWithApp();
    slack.revokesToken();
    expect((await call("auth.test")).error).toBe("token_revoked");
    await slack.until(() => app.events.find(({ type }) => type === "tokens_revoked"));
    slack.installsAgain();
    expect((await call("auth.test")).ok).toBe(true);
  });

  test("a form says the same as JSON", async () => {
    const { slack, triage, ada } = await slackWithApp();
    const body = new URLSearchParams({
      channel: triage,
      blocks: JSON.stringify([section("*hi*")]),
      metadata: JSON.stringify({ event_type: "key", event_payload: { id: 1 } }),
    });
    const headers = { authorization: `Bearer ${slack.app.botToken}` };
    await fetch(`${slack.apiUrl}chat.postMessage`, { method: "POST", headers, body });
    expect(ada.reads(triage)).toMatchObject([{ words: "*hi*", from: "deskhand" }]);
  });
});

describe("chat.postMessage", () => {
  test("two channels can give the same ts, one channel never does", async () => {
    const { slack, call, triage } = await slackWithApp();
    const members = [slack.workspace.bot.userId];
    slack.workspace.addChannel({ id: "C0OTHER01", name: "other", members });
    const first = await call("chat.postMessage", { channel: triage, text: "1" });
    const other = await call("chat.postMessage", { channel: "C0OTHER01", text: "1" });
    const second = await call("chat.postMessage", { channel: triage, text: "2" });
    expect(other.ts).toBe(first.ts);
    expect(Number(second.ts)).toBeGreaterThan(Number(first.ts));
  });

  test.each([
    ["an unknown channel", { channel: "C0NOWHERE" }, "channel_not_found"],
    ["a private channel it is not in", { channel: "G0PRIVATE" }, "channel_not_found"],
    ["a public channel it is not in", { channel: "C0PUBLIC1" }, "not_in_channel"],
    ["an archived channel", { channel: "C0OLD0001" }, "is_archived"],
    ["no text", { text: "" }, "no_text"],
    ["metadata without a type", { metadata: { event_payload: {} } }, "invalid_metadata_schema"],
    ["blocks that are no list", { blocks: "{}" }, "invalid_blocks_format"],
    ["no channel", { channel: undefined }, "invalid_arguments"],
  ])("%s is refused", async (_, args, error) => {
    const { slack, call, triage } = await slackWithApp();
    const { workspace } = slack;
    workspace.addChannel({ id: "G0PRIVATE", name: "private", kind: "group" });
    workspace.addChannel({ id: "C0PUBLIC1", name: "public" });
    workspace.addChannel({ id: "C0OLD0001", name: "old", archived: true });
    const answer = await call("chat.postMessage", { channel: triage, text: "hi", ...args });
    expect(answer.error).toBe(error);
  });

  test("text is cut at 40,000 characters, and there is no key against doubles", async () => {
    const { call, triage, ada } = await slackWithApp();
    const args = { channel: triage, text: "x".repeat(40_001), client_msg_id: "same" };
    await call("chat.postMessage", args);
    await call("chat.postMessage", args);
    expect(ada.reads(triage).map(({ text }) => text.length)).toEqual([40_000, 40_000]);
  });

  test("under another name and picture it is a bot_message without a user", async () => {
    const { call, triage, ada } = await slackWithApp();
    const mask = { username: "Rob", icon_url: "https://pictures.example/rob.png" };
    const { message, ts } = await call("chat.postMessage", {
      channel: triage,
      text: "hi",
      ...mask,
    });
    expect(message).toMatchObject({ subtype: "bot_message", username: "Rob" });
    expect(message.user).toBeUndefined();
    await call("chat.update", { channel: triage, ts, text: "hello", username: "Other" });
    expect(ada.reads(triage)).toMatchObject([
      { from: "Rob", picture: "https://pictures.example/rob.png", words: "hello", edited: true },
    ]);
  });

  test("a person's id stands for the direct messages with them", async () => {
    const { slack, call, rob } = await slackWithApp();
    const { channel } = await call("chat.postMessage", { channel: rob.id, text: "opened" });
    expect(channel).toBe(rob.dm);
    expect(rob.reads(rob.dm)).toMatchObject([{ words: "opened" }]);
    slack.app.messagesTab = "off";
    const refused = await call("chat.postMessage", { channel: rob.dm, text: "more" });
    expect(refused.error).toBe("messages_tab_disabled");
  });

  test("what a message would ping can be asked", async () => {
    const { call, triage, ada } = await slackWithApp();
    await call("chat.postMessage", {
      channel: triage,
      text: "<!channel> <@U0ADA0001|Ada> &lt;!here&gt;",
    });
    await call("chat.postMessage", { channel: triage, text: "calm", blocks: [section("<!here>")] });
    expect(ada.reads(triage).map(({ pings }) => pings)).toEqual([
      ["channel", "U0ADA0001"],
      ["here"],
    ]);
  });
});

describe("threads", () => {
  test("a root that is not there is no error: the message stands in the channel", async () => {
    const { call, triage } = await slackWithApp();
    const args = { channel: triage, text: "lost", thread_ts: "1700000000.000100" };
    const { ok, message } = await call("chat.postMessage", args);
    expect(ok).toBe(true);
    expect(message.thread_ts).toBeUndefined();
  });

  test("history has roots and broadcasts, newest first; replies has the thread", async () => {
    const { call, triage, ada } = await slackWithApp();
    const root = ada.writes(triage, "root");
    ada.writes(triage, "reply", { thread: root.ts });
    ada.writes(triage, "for all", { thread: root.ts, broadcast: true });
    const history = await call("conversations.history", { channel: triage });
    expect(history.messages.map(({ text }) => text)).toEqual(["for all", "root"]);
    const { messages } = await call("conversations.replies", { channel: triage, ts: root.ts });
    expect(messages.map(({ text }) => text)).toEqual(["root", "reply", "for all"]);
    expect(messages[0]).toMatchObject({ reply_count: 2, thread_ts: root.ts });
    const unknown = { channel: triage, ts: "1700000000.000100" };
    expect((await call("conversations.replies", unknown)).error).toBe("thread_not_found");
  });

  test("pages follow each other by cursor, and the root comes whatever the oldest is", async () => {
    const { call, triage, ada } = await slackWithApp();
    const root = ada.writes(triage, "root");
    const texts = ["1", "2", "3", "4"];
    const [first] = texts.map((text) => ada.writes(triage, text, { thread: root.ts }));
    const asked = { channel: triage, ts: root.ts, oldest: first?.ts, limit: 2 };
    const page = await call("conversations.replies", asked);
    const next = await call("conversations.replies", { ...asked, cursor: page.cursor });
    const all = [...page.messages, ...next.messages].map(({ text }) => text);
    expect(all).toEqual(["root", "2", "3", "4"]);
    expect([page.has_more, next.has_more, next.cursor]).toEqual([true, false, ""]);
    const wrong = { ...asked, cursor: "nonsense" };
    expect((await call("conversations.replies", wrong)).error).toBe("invalid_cursor");
  });

  test("a page of history is as short as the app's kind allows", async () => {
    const { call, triage, ada } = await slackWithApp({ historyPage: 15 });
    for (let each = 0; each < 20; each += 1) ada.writes(triage, String(each));
    const { messages } = await call("conversations.history", { channel: triage, limit: 200 });
    expect(messages).toHaveLength(15);
  });

  test("metadata is there only for who asks", async () => {
    const { call, triage } = await slackWithApp();
    const metadata = { event_type: "deskhand", event_payload: { key: "k" } };
    await call("chat.postMessage", { channel: triage, text: "hi", metadata });
    const bare = await call("conversations.history", { channel: triage });
    expect(bare.messages[0]).not.toHaveProperty("metadata");
    const asked = { channel: triage, include_all_metadata: true };
    expect((await call("conversations.history", asked)).messages[0]).toMatchObject({ metadata });
  });

  test("a deleted root with replies is a tombstone until the last reply has gone", async () => {
    const { call, triage, ada } = await slackWithApp();
    const root = ada.writes(triage, "root");
    const reply = ada.writes(triage, "reply", { thread: root.ts });
    ada.deletes(root);
    const left = await call("conversations.replies", { channel: triage, ts: root.ts });
    expect(left.messages[0]).toMatchObject({ subtype: "tombstone", user: "USLACKBOT" });
    ada.deletes(reply);
    expect(ada.reads(triage)).toEqual([]);
  });
});

describe("changing messages", () => {
  test("only its own, which are there, and in 4,000 characters", async () => {
    const { call, triage, ada } = await slackWithApp();
    const hers = ada.writes(triage, "hers");
    const { ts } = await call("chat.postMessage", { channel: triage, text: "ours" });
    const update = (args: object) => call("chat.update", { channel: triage, text: "new", ...args });
    expect((await update({ ts: hers.ts })).error).toBe("cant_update_message");
    expect((await update({ ts: "1700000000.000100" })).error).toBe("message_not_found");
    expect((await update({ ts, text: "x".repeat(4_001) })).error).toBe("msg_too_long");
    const remove = { channel: triage, ts: hers.ts };
    expect((await call("chat.delete", remove)).error).toBe("cant_delete_message");
    expect((await call("chat.delete", { channel: triage, ts })).ok).toBe(true);
    expect((await call("chat.delete", { channel: triage, ts })).error).toBe("message_not_found");
  });

  test("blocks stay only when no text is given", async () => {
    const { call, triage, ada } = await slackWithApp();
    const blocks = [section("old")];
    const { ts } = await call("chat.postMessage", { channel: triage, text: "t", blocks });
    const metadata = { event_type: "a", event_payload: {} };
    await call("chat.update", { channel: triage, ts, metadata });
    expect(ada.reads(triage)).toMatchObject([{ words: "old" }]);
    await call("chat.update", { channel: triage, ts, text: "new" });
    expect(ada.reads(triage)).toMatchObject([{ words: "new", blocks: [] }]);
  });

  test("reactions are there once, and go once", async () => {
    const { call, triage, ada } = await slackWithApp();
    const { ts } = ada.writes(triage, "hi");
    const reaction = { channel: triage, timestamp: ts, name: "eyes" };
    expect((await call("reactions.add", reaction)).ok).toBe(true);
    expect((await call("reactions.add", reaction)).error).toBe("already_reacted");
    expect((await call("reactions.add", { ...reaction, name: ":x:" })).error).toBe("invalid_name");
    expect(ada.reads(triage)).toMatchObject([{ reactions: ["eyes"] }]);
    expect((await call("reactions.get", reaction)).message).toMatchObject({
      reactions: [{ name: "eyes", count: 1 }],
    });
    expect((await call("reactions.remove", reaction)).ok).toBe(true);
    expect((await call("reactions.remove", reaction)).error).toBe("no_reaction");
  });

  test("an ephemeral message is seen by one, who must be in the channel, and kept nowhere", async () => {
    const { call, triage, ada, rob } = await slackWithApp();
    const args = { channel: triage, user: ada.id, text: "only you" };
    expect((await call("chat.postEphemeral", args)).ok).toBe(true);
    expect(ada.reads(triage)).toMatchObject([{ words: "only you", ephemeral: true }]);
    expect((await call("conversations.history", { channel: triage })).messages).toEqual([]);
    const outsider = { ...args, user: rob.id };
    expect((await call("chat.postEphemeral", outsider)).error).toBe("user_not_in_channel");
  });
});
