import type { RequestListener } from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import { failureOf, refusedWith, SlackFault, withoutEffect } from "../../adapters/slack/errors.ts";
import { createWeb } from "../../adapters/slack/web.ts";
import type { Failure } from "../../src/desk/chat.ts";
import { startSlack } from "../fakes/slack/slack.ts";
import { freePort } from "../free-port.ts";
import { keptLog } from "../log.ts";
import { answeredBy } from "./connected.ts";

const token = "xoxb-of-the-stand-in";

/** What the real WebClient throws. */
async function thrownAt(apiUrl: string, { timeoutMs = 30_000, log = keptLog() } = {}) {
  const web = createWeb({ token, apiUrl, timeoutMs, log });
  return web.chat.postMessage({ channel: "C0TRIAGE1", text: "hi" }).then(
    () => {
      throw new Error("it did not fail");
    },
    (error: unknown) => error,
  );
}

async function slackWithTriage() {
  const slack = await startSlack();
  onTestFinished(() => slack.stop());
  const members = [slack.workspace.bot.userId];
  const triage = slack.workspace.addChannel({ id: "C0TRIAGE1", name: "triage", members });
  return { slack, triage };
}

describe("when Slack is not reached, nothing was sent, and it is tried again:", () => {
  test.each([
    ["nobody listens", async () => `http://127.0.0.1:${await freePort()}/`],
    ["nobody listens at several addresses", async () => `http://localhost:${await freePort()}/`],
    ["there is no such host", async () => "http://slack.invalid/"],
  ])("%s", async (_, apiUrl) => {
    const failure = failureOf(await thrownAt(await apiUrl()));
    expect(failure).toEqual({
      ...{ outcome: "retry", isDown: true },
      reason: "Slack cannot be reached",
    });
  });

  test.each([
    "CERT_HAS_EXPIRED",
    "DEPTH_ZERO_SELF_SIGNED_CERT",
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    "ERR_TLS_CERT_ALTNAME_INVALID",
  ])("the certificate is wrong: %s", (code) => {
    const cause = Object.assign(new Error("certificate"), { code });
    const failure = failureOf(new TypeError("fetch failed", { cause }));
    expect(failure).toMatchObject({ outcome: "retry", reason: expect.stringContaining("clock") });
  });
});

describe("when the answer does not come whole, it is uncertain:", () => {
  test.each(["reset", "reset-after-effect", "cut-off", "html"] as const)("%s", async (fault) => {
    const { slack } = await slackWithTriage();
    slack.misbehave(fault);
    expect(failureOf(await thrownAt(slack.apiUrl)).outcome).toBe("uncertain");
  });

  test.each(["silence", "silence-after-effect"] as const)("%s", async (fault) => {
    const { slack } = await slackWithTriage();
    slack.misbehave(fault);
    const failure = failureOf(await thrownAt(slack.apiUrl, { timeoutMs: 200 }));
    expect(failure.outcome).toBe("uncertain");
  });

  test.each<[string, RequestListener]>([
    ["half of it, and then nothing", (_, response) => void response.write('{"ok"')],
    ["null", (_, response) => void response.end("null")],
    ["an empty object", (_, response) => void response.end("{}")],
    ["nothing at all", (_, response) => void response.end()],
    ["an error that is no code", (_, response) => void response.end('{"ok":false,"error":{}}')],
    ["a redirect", (_, response) => void response.writeHead(302, { location: "/x" }).end()],
    ["no HTTP", ({ socket }) => void socket.end("garbage\r\n\r\n")],
  ])("%s", async (_, listener) => {
    const apiUrl = await answeredBy(listener);
    const failure = failureOf(await thrownAt(apiUrl, { timeoutMs: 300 }));
    expect(failure.outcome).toBe("uncertain");
  });

  test("anything that is not known", () => {
    for (const thrown of [new Error("?"), new TypeError("?"), "?", undefined, null, {}])
      expect(failureOf(thrown).outcome).toBe("uncertain");
  });
});

describe("when Slack asks to wait, nothing was sent, and it is tried again then:", () => {
  test("in so many seconds", async () => {
    const { slack } = await slackWithTriage();
    slack.misbehave({ retryAfterS: 17 });
    expect(failureOf(await thrownAt(slack.apiUrl))).toEqual({
      outcome: "retry",
      reason: "Slack asks to wait",
      retryAfterMs: 17_000,
    });
  });

  test.each<[string, RequestListener]>([
    ["it does not say how long", (_, response) => void response.writeHead(429).end()],
    [
      "it says a date",
      (_, response) =>
        void response.writeHead(429, { "retry-after": "Mon, 15 Jan 2024 10:31:00 GMT" }).end(),
    ],
    [
      "it says so with 200",
      (_, response) => void response.end('{"ok":false,"error":"ratelimited"}'),
    ],
  ])("%s", async (_, listener) => {
    const failure = failureOf(await thrownAt(await answeredBy(listener)));
    expect(failure).toMatchObject({ outcome: "retry", retryAfterMs: 30_000 });
  });

  test("and operators are told of each time, whatever was called", async () => {
    const { slack } = await slackWithTriage();
    slack.misbehave({ retryAfterS: 17 }, { times: 2 });
    const waits: number[] = [];
    const onRateLimit = (waitMs: number) => void waits.push(waitMs);
    const web = createWeb({ token, apiUrl: slack.apiUrl, log: keptLog(), onRateLimit });
    await expect(web.chat.postMessage({ channel: "C0TRIAGE1", text: "hi" })).rejects.toThrow();
    await expect(web.apiCall("users.info", { user: "U1" })).rejects.toThrow();
    await expect(web.auth.test({ token: "xoxb-of-another" })).rejects.toThrow();
    expect(waits).toEqual([17_000, 17_000]);
  });
});

test("a process that may not be the one at work posts nothing, and answers people all the same", async () => {
  const { slack } = await slackWithTriage();
  let mayPost = false;
  const web = createWeb({
    ...{ token, apiUrl: slack.apiUrl, log: keptLog() },
    mayPost: () => mayPost,
  });
  const post = () => web.chat.postMessage({ channel: "C0TRIAGE1", text: "hi" });
  const failure = await post().catch(failureOf);
  expect(failure).toMatchObject({ outcome: "retry", isHeldBack: true, retryAfterMs: 1_000 });
  await expect(web.auth.test()).resolves.toMatchObject({ ok: true });
  mayPost = true;
  await expect(post()).resolves.toMatchObject({ ok: true });
});

test.each([
  [500, "uncertain"],
  [502, "uncertain"],
  [503, "uncertain"],
  [504, "uncertain"],
  [408, "uncertain"],
  [400, "retry"],
  [403, "retry"],
  [404, "retry"],
  [413, "retry"],
])("an answer with HTTP %i is %s", async (status, outcome) => {
  const { slack } = await slackWithTriage();
  slack.misbehave({ status });
  const failure = failureOf(await thrownAt(slack.apiUrl));
  expect(failure).toMatchObject({ outcome, reason: `Slack answers with HTTP ${status}` });
});

describe("what Slack refuses", () => {
  test.each<[string, Failure["outcome"], string]>([
    ["invalid_auth", "retry", "SLACK_BOT_TOKEN"],
    ["not_authed", "retry", "SLACK_BOT_TOKEN"],
    ["account_inactive", "retry", "SLACK_BOT_TOKEN"],
    ["token_revoked", "retry", "SLACK_BOT_TOKEN"],
    ["missing_scope", "retry", "scope"],
    ["not_in_channel", "retry", "/invite @Deskhand"],
    ["channel_not_found", "retry", "/invite @Deskhand"],
    ["is_archived", "retry", "unarchive"],
    ["is_inactive", "retry", "archived"],
    ["restricted_action", "retry", "admin"],
    ["restricted_action_thread_locked", "retry", "unlock"],
    ["messages_tab_disabled", "retry", "App Home"],
    ["ekm_access_denied", "retry", "admins"],
    ["message_limit_exceeded", "retry", "too many"],
    ["request_timeout", "retry", "whole"],
    ["team_added_to_org", "retry", "moved"],
    ["internal_error", "uncertain", "trouble"],
    ["fatal_error", "uncertain", "trouble"],
    ["service_unavailable", "uncertain", "trouble"],
    ["thread_not_found", "gone", "deleted"],
    ["cannot_reply_to_message", "gone", "replies"],
    ["msg_too_long", "dead", "longer"],
    ["msg_blocks_too_long", "dead", "longer"],
    ["no_text", "dead", "no text"],
    ["invalid_blocks", "dead", "understand"],
    ["message_not_found", "dead", "deleted"],
    ["cant_update_message", "dead", "edited"],
    ["edit_window_closed", "dead", "edited"],
    ["user_disabled", "dead", "no longer"],
    ["file_deleted", "dead", "deleted"],
    ["something_new", "dead", "(something_new)"],
    ["constructor", "dead", "(constructor)"],
  ])("with %s is %s, and is said in words", async (code, outcome, word) => {
    const { slack } = await slackWithTriage();
    slack.misbehave({ error: code });
    const thrown = await thrownAt(slack.apiUrl);
    expect(refusedWith(thrown)).toBe(code);
    expect(failureOf(thrown)).toMatchObject({ outcome, reason: expect.stringContaining(word) });
  });

  test("is tried again only after a while where somebody has to mend it", async () => {
    const { slack, triage } = await slackWithTriage();
    triage.archived = true;
    expect(failureOf(await thrownAt(slack.apiUrl)).retryAfterMs).toBe(60_000);
  });

  test("for want of a scope names it", async () => {
    const { slack } = await slackWithTriage();
    slack.app.scopes = [];
    const { reason } = failureOf(await thrownAt(slack.apiUrl));
    expect(reason).toBe(
      "the Slack app lacks the scope chat:write: add it and install the app again",
    );
  });
});

describe("what was to be seen by nobody", () => {
  test("is tried again when it is uncertain, for the reason it had", async () => {
    const { slack } = await slackWithTriage();
    slack.misbehave({ status: 503 });
    const thrown = await thrownAt(slack.apiUrl);
    const failed = withoutEffect(() => Promise.reject(thrown));
    const wrapped = await failed.catch((error: unknown) => error);
    expect(failureOf(wrapped)).toEqual({
      outcome: "retry",
      reason: "Slack answers with HTTP 503",
      isDown: true,
    });
  });

  test("is what it was in any other case", async () => {
    const dead = new SlackFault("FILE_EMPTY", "empty");
    await expect(withoutEffect(() => Promise.reject(dead))).rejects.toBe(dead);
    expect(await withoutEffect(async () => 1)).toBe(1);
  });
});

describe("the SDK", () => {
  test("sends each call once, whatever comes of it", async () => {
    const { slack } = await slackWithTriage();
    for (const fault of ["reset", "cut-off", { status: 500 }, { retryAfterS: 1 }] as const) {
      slack.misbehave(fault);
      await thrownAt(slack.apiUrl);
    }
    expect(slack.calls).toHaveLength(4);
  });

  test("logs here, without a token and without what people wrote", async () => {
    const log = keptLog();
    const messages = [`[ERROR] xoxb-1-secret ${token} is wrong`, "[WARN] odd"];
    const body = { ok: false, error: "invalid_blocks", response_metadata: { messages } };
    const apiUrl = await answeredBy((_, response) => void response.end(JSON.stringify(body)));
    await thrownAt(apiUrl, { log });
    expect(log.lines.map(({ level, message }) => [level, message])).toEqual([
      ["debug", "[token] [token] is wrong"],
      ["debug", "odd"],
    ]);
  });
});
