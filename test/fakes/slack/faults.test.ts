import { describe, expect, test } from "vitest";
import { slackWithApp } from "./tiny-app.ts";

const section = (text: string) => ({ type: "section", text: { type: "mrkdwn", text } });

describe("calls that go wrong", () => {
  test.each([
    ["reset", 0],
    ["reset-after-effect", 1],
    ["cut-off", 1],
  ] as const)("%s leaves %i messages", async (fault, left) => {
    const { slack, call, triage, ada } = await slackWithApp();
    slack.misbehave(fault, { method: "chat.postMessage" });
    await expect(call("chat.postMessage", { channel: triage, text: "hi" })).rejects.toThrow();
    expect(ada.reads(triage)).toHaveLength(left);
    expect((await call("chat.postMessage", { channel: triage, text: "again" })).ok).toBe(true);
  });

  test.each([
    ["silence", 0],
    ["silence-after-effect", 1],
  ] as const)("%s leaves %i messages, and no answer", async (fault, left) => {
    const { slack, call, triage, ada } = await slackWithApp();
    slack.misbehave(fault);
    const given = new AbortController();
    const asked = fetch(`${slack.apiUrl}chat.postMessage`, {
      method: "POST",
      headers: { authorization: `Bearer ${slack.app.botToken}` },
      body: new URLSearchParams({ channel: triage, text: "hi" }),
      signal: given.signal,
    });
    await slack.until(() => slack.calls.length === 1);
    await call("auth.test");
    given.abort();
    await expect(asked).rejects.toThrow();
    expect(ada.reads(triage)).toHaveLength(left);
  });

  test("a 5xx, with and without the effect, only for the method it is meant for", async () => {
    const { slack, triage, ada, call } = await slackWithApp();
    const post = () =>
      fetch(`${slack.apiUrl}chat.postMessage`, {
        method: "POST",
        headers: { authorization: `Bearer ${slack.app.botToken}` },
        body: new URLSearchParams({ channel: triage, text: "hi" }),
      });
    slack.misbehave({ status: 503 }, { method: "chat.postMessage" });
    slack.misbehave({ status: 502, afterEffect: true }, { method: "chat.postMessage" });
    expect((await call("auth.test")).ok).toBe(true);
    expect((await post()).status).toBe(503);
    expect(ada.reads(triage)).toHaveLength(0);
    expect((await post()).status).toBe(502);
    expect(ada.reads(triage)).toHaveLength(1);
  });

  test("429 says how long to wait, for one channel and not for another", async () => {
    const { slack, rob, triage } = await slackWithApp();
    slack.limitRate("chat.postMessage", { burst: 2, everyMs: 1_000 });
    const post = async (channel: string) => {
      const response = await fetch(`${slack.apiUrl}chat.postMessage`, {
        method: "POST",
        headers: { authorization: `Bearer ${slack.app.botToken}` },
        body: new URLSearchParams({ channel, text: "hi" }),
      });
      return [response.status, response.headers.get("retry-after")];
    };
    expect([await post(triage), await post(triage)]).toEqual([
      [200, null],
      [200, null],
    ]);
    expect(await post(triage)).toEqual([429, "1"]);
    expect(await post(rob.dm)).toEqual([200, null]);
    slack.clock.advance(1_000);
    expect(await post(triage)).toEqual([200, null]);
  });

  test("any call can go wrong as it is drawn, and what is planned goes before", async () => {
    const { slack, call, triage, ada } = await slackWithApp();
    slack.misbehaves((method) => (method === "chat.postMessage" ? { error: "drawn" } : undefined));
    slack.misbehave({ error: "planned" });
    const post = () => call("chat.postMessage", { channel: triage, text: "hi" });
    expect([await post(), await post(), await post()]).toMatchObject([
      { error: "planned" },
      { error: "drawn" },
      { error: "drawn" },
    ]);
    expect((await call("auth.test")).ok).toBe(true);
    expect(ada.reads(triage)).toEqual([]);
  });

  test("a call can be held until the test lets it go", async () => {
    const { slack, call, triage, ada } = await slackWithApp();
    const [until, letGo] = gate();
    slack.misbehave({ until }, { method: "chat.postMessage" });
    const posted = call("chat.postMessage", { channel: triage, text: "late" });
    await slack.until(() => slack.calls.length === 1);
    expect(ada.reads(triage)).toEqual([]);
    letGo();
    expect((await posted).ok).toBe(true);
  });

  test("a page to sign in on, with 200", async () => {
    const { slack } = await slackWithApp();
    slack.misbehave("html");
    const response = await fetch(`${slack.apiUrl}auth.test`, { method: "POST" });
    expect([response.status, (await response.text()).slice(0, 15)]).toEqual([
      200,
      "<!DOCTYPE html>",
    ]);
  });
});

function gate(): [Promise<void>, () => void] {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return [opened, () => open()];
}

describe("files", () => {
  test("an upload is shared with a comment, and read back with the bot's token only", async () => {
    const { slack, call, triage, ada } = await slackWithApp();
    const root = ada.writes(triage, "root");
    const asked = { filename: "log.txt", length: 5 };
    const { upload_url, file_id } = await call("files.getUploadURLExternal", asked);
    const form = new FormData();
    form.append("body", new Blob(["hello"]), "log.txt");
    const sent = await fetch(String(upload_url), { method: "POST", body: form });
    expect(await sent.text()).toBe("OK - 5");
    const done = await call("files.completeUploadExternal", {
      files: [{ id: file_id, title: "The log" }],
      channel_id: triage,
      thread_ts: root.ts,
      initial_comment: "see",
    });
    expect(done).toMatchObject({ ok: true, files: [{ title: "The log", shares: {} }] });
    expect(ada.reads(triage, { thread: root.ts })[1]).toMatchObject({
      words: "see",
      files: ["log.txt"],
    });

    const { file } = await call("files.info", { file: file_id });
    const { ts } = ada.reads(triage, { thread: root.ts })[1] ?? {};
    expect(file).toMatchObject({ shares: { public: { [triage]: [{ ts, thread_ts: root.ts }] } } });
    const url = String(Object(file).url_private);
    const authorization = `Bearer ${slack.app.botToken}`;
    expect(await (await fetch(url, { headers: { authorization } })).text()).toBe("hello");
    const stranger = await fetch(url);
    expect([stranger.status, stranger.headers.get("content-type")]).toEqual([200, "text/html"]);
    slack.misbehave({ status: 500 }, { method: "download" });
    expect((await fetch(url, { headers: { authorization } })).status).toBe(500);
  });

  test("a file can be held back, and is then shown nowhere, and be somewhere else", async () => {
    const { slack, call, triage, ada } = await slackWithApp();
    const asked = { filename: "log.txt", length: 5 };
    const { upload_url, file_id } = await call("files.getUploadURLExternal", asked);
    await fetch(String(upload_url), { method: "POST", body: "hello" });
    const letGo = slack.holdsFiles();
    const blocks = [section("see")];
    const args = { files: [{ id: file_id }], channel_id: triage, blocks };
    expect(await call("files.completeUploadExternal", args)).toMatchObject({ ok: true });
    expect(ada.reads(triage)).toEqual([]);
    expect((await call("files.info", { file: file_id })).file).toMatchObject({ shares: {} });
    letGo();
    expect(ada.reads(triage)).toMatchObject([{ words: "see", files: ["log.txt"] }]);

    const { file } = await call("files.info", { file: file_id });
    slack.misbehave({ location: "https://elsewhere.example/" }, { method: "download" });
    const moved = await fetch(String(Object(file).url_private), { redirect: "manual" });
    const { status, headers } = moved;
    expect([status, headers.get("location")]).toEqual([302, "https://elsewhere.example/"]);
  });

  test("what was never uploaded cannot be shared", async () => {
    const { call } = await slackWithApp();
    const { file_id } = await call("files.getUploadURLExternal", { filename: "a", length: 1 });
    const done = await call("files.completeUploadExternal", { files: [{ id: file_id }] });
    expect(done.error).toBe("file_not_found");
    expect((await call("files.info", { file: "F0NONE" })).error).toBe("file_not_found");
  });
});

describe("people and places", () => {
  test("members, groups, the bot and the team", async () => {
    const { slack, call, ada, triage } = await slackWithApp();
    slack.workspace.groups.set("S0AGENTS", {
      id: "S0AGENTS",
      handle: "agents",
      name: "Agents",
      users: [ada.id],
    });
    expect((await call("users.info", { user: ada.id })).user).toMatchObject({
      profile: { display_name: "Ada" },
    });
    expect((await call("users.info", { user: "U0NOONE" })).error).toBe("user_not_found");
    expect((await call("usergroups.list")).usergroups).toMatchObject([{ handle: "agents" }]);
    expect((await call("usergroups.users.list", { usergroup: "S0AGENTS" })).users).toEqual([
      ada.id,
    ]);
    expect((await call("bots.info", { bot: "B0BOT0001" })).bot).toMatchObject({
      user_id: "U0BOT0001",
    });
    expect((await call("team.info")).team).toMatchObject({ name: "Fake Works" });
    expect((await call("conversations.members", { channel: triage })).members).toEqual([
      ada.id,
      "U0BOT0001",
    ]);
    expect((await call("conversations.info", { channel: triage })).channel).toMatchObject({
      is_member: true,
    });
  });

  test("direct messages open with whoever is still there, and a public channel can be joined", async () => {
    const { slack, call, rob } = await slackWithApp();
    expect((await call("conversations.open", { users: rob.id })).channel).toEqual({ id: rob.dm });
    rob.member.deleted = true;
    expect((await call("conversations.open", { users: rob.id })).error).toBe("user_disabled");
    slack.workspace.addChannel({ id: "C0PUBLIC1", name: "public" });
    const channel = "C0PUBLIC1";
    expect((await call("conversations.history", { channel })).error).toBe("not_in_channel");
    expect((await call("conversations.join", { channel })).ok).toBe(true);
    expect((await call("conversations.history", { channel })).ok).toBe(true);
  });

  test("a permanent link names the thread of a reply", async () => {
    const { call, triage, ada } = await slackWithApp();
    const root = ada.writes(triage, "root");
    const reply = ada.writes(triage, "reply", { thread: root.ts });
    const { permalink } = await call("chat.getPermalink", {
      channel: triage,
      message_ts: reply.ts,
    });
    const page = `https://fake-works.slack.com/archives/${triage}/p${reply.ts.replace(".", "")}`;
    expect(permalink).toBe(`${page}?thread_ts=${root.ts}&cid=${triage}`);
  });
});
