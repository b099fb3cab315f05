import type { ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { isSlacksOwn } from "../../adapters/slack/file-addresses.ts";
import { answeredBy, slackWithPlatform } from "./connected.ts";

/** The URL of a Web API that knows one file, which it says neither size nor type of. */
const canvasAnsweredBy = (answer: (response: ServerResponse) => void) =>
  answeredBy((request, response) => {
    if (request.url !== "/api/files.info") return answer(response);
    const file = { mode: "quip", url_private: `http://${request.headers.host}/canvas` };
    response.end(JSON.stringify({ ok: true, file }));
  });

describe("a file that is fetched", () => {
  async function withFile(options: Parameters<typeof slackWithPlatform>[0] = {}) {
    const connected = await slackWithPlatform(options);
    const content = Buffer.from("hello");
    const { id } = connected.slack.workspace.addFile({
      name: "log.txt",
      content,
      mimetype: "text/plain",
      user: connected.ada.id,
    });
    const failing = (done: Promise<unknown>) =>
      done.then(
        () => "no failure",
        (error: unknown) => connected.platform.failureOf(error),
      );
    return { ...connected, id, failing };
  }

  test("comes as it is", async () => {
    const { platform, id } = await withFile();
    expect(await platform.fetchFile(id, 5)).toEqual(Buffer.from("hello"));
  });

  test("comes also by way of another address of Slack's", async () => {
    const { slack, platform, id } = await withFile();
    const location = `/files-pri/T0FAKE001-${id}/log.txt`;
    slack.misbehave({ location }, { method: "download" });
    expect(await platform.fetchFile(id, 5)).toEqual(Buffer.from("hello"));
  });

  test("is not taken from another host, which does not see the token", async () => {
    const { slack, platform, id, failing } = await withFile();
    const other = await slackWithPlatform();
    const { port } = new URL(other.slack.apiUrl);
    slack.misbehave({ location: `http://127.0.0.1:${port}/api/auth.test` }, { method: "download" });
    expect(await failing(platform.fetchFile(id, 5))).toMatchObject({ outcome: "retry" });
    expect(other.slack.calls).toEqual([]);
  });

  test("that only leads round in circles fails", async () => {
    const { slack, platform, id, failing } = await withFile();
    const location = `/files-pri/T0FAKE001-${id}/log.txt`;
    slack.misbehave({ location }, { method: "download", times: 10 });
    expect(await failing(platform.fetchFile(id, 5))).toMatchObject({ outcome: "retry" });
  });

  test("larger than asked for is dead, and not even asked for", async () => {
    const { slack, platform, id, failing } = await withFile();
    slack.misbehave("reset", { method: "download" });
    const failure = await failing(platform.fetchFile(id, 4));
    expect(failure).toMatchObject({ outcome: "dead", reason: "the file is too large" });
  });

  test("that has been deleted, or never was, is dead", async () => {
    const { slack, platform, id, failing } = await withFile();
    const stored = slack.workspace.files.get(id);
    if (stored) stored.deleted = true;
    const deleted = { outcome: "dead", reason: expect.stringContaining("deleted") };
    expect(await failing(platform.fetchFile(id, 5))).toMatchObject(deleted);
    expect(await failing(platform.fetchFile("F0NONE", 5))).toMatchObject(deleted);
  });

  test.each([
    ["a page to sign in on", "html", "token"],
    ["half of it", "cut-off", "broke"],
    ["a reset", "reset", "broke"],
    ["a failure of Slack's", { status: 500 }, "moment"],
    ["a refusal", { status: 403 }, "token"],
  ] as const)("that comes as %s is to be fetched again, and says why", async (_, fault, word) => {
    const { slack, platform, id, failing } = await withFile();
    slack.misbehave(fault, { method: "download" });
    const failure = await failing(platform.fetchFile(id, 5));
    expect(failure).toMatchObject({ outcome: "retry", reason: expect.stringContaining(word) });
    expect(await platform.fetchFile(id, 5)).toEqual(Buffer.from("hello"));
  });

  test("that does not come in time is to be fetched again", async () => {
    const { slack, platform, id, failing } = await withFile({ transferMs: 200 });
    slack.misbehave("silence", { method: "download" });
    expect(await failing(platform.fetchFile(id, 5))).toMatchObject({ outcome: "retry" });
  });

  test("that is a page itself comes, and a page in its stead does not", async () => {
    const { slack, platform, ada, failing } = await withFile();
    const content = Buffer.from("<p>hi</p>");
    const page = { name: "a.html", content, mimetype: "text/html", user: ada.id };
    const { id } = slack.workspace.addFile(page);
    expect(await platform.fetchFile(id, 100)).toEqual(content);
    slack.misbehave("html", { method: "download" });
    expect(await failing(platform.fetchFile(id, 100))).toMatchObject({
      reason: expect.stringContaining("token"),
    });
  });

  test("that is not as long as Slack says is not taken for it", async () => {
    const { slack, platform, id, failing } = await withFile();
    const cut = Buffer.from("hell");
    const { id: shorter } = slack.workspace.addFile({ name: "a", content: cut, user: "U0ADA0001" });
    const location = `/files-pri/T0FAKE001-${shorter}/a`;
    slack.misbehave({ location }, { method: "download" });
    expect(await failing(platform.fetchFile(id, 5))).toMatchObject({ outcome: "retry" });
    const stored = slack.workspace.files.get(shorter);
    if (stored) stored.content = Buffer.from("hello, all of you");
    slack.misbehave({ location }, { method: "download" });
    expect(await failing(platform.fetchFile(id, 5))).toMatchObject({ outcome: "retry" });
  });

  test("without an end, and of which Slack does not say how long it is, is read no further", async () => {
    let stopped = false;
    const apiUrl = await canvasAnsweredBy((response) => {
      const fill = () => {
        while (response.write("x".repeat(1_000)));
      };
      response.on("drain", fill).on("close", () => {
        stopped = true;
      });
      fill();
    });
    const { slack, platform } = await slackWithPlatform({ apiUrl });
    const fetched = platform.fetchFile("F0CANVAS1", 100_000);
    const failure = await fetched.catch((error: unknown) => platform.failureOf(error));
    expect(failure).toMatchObject({ outcome: "dead", reason: "the file is too large" });
    await slack.until(() => stopped);
  });

  test("of which Slack does not say how long it is comes, but not a page in its stead", async () => {
    let type = "text/plain";
    const apiUrl = await canvasAnsweredBy((response) => {
      response.writeHead(200, { "content-type": type }).end("hello");
    });
    const { platform } = await slackWithPlatform({ apiUrl });
    expect(await platform.fetchFile("F0CANVAS1", 5)).toEqual(Buffer.from("hello"));
    type = "text/html; charset=utf-8";
    const fetched = platform.fetchFile("F0CANVAS1", 5);
    const failure = await fetched.catch((error: unknown) => platform.failureOf(error));
    expect(failure).toMatchObject({ outcome: "retry", reason: expect.stringContaining("token") });
  });

  test("without the scope for it says which is missing", async () => {
    const { slack, platform, id, failing } = await withFile();
    slack.app.scopes = slack.app.scopes.filter((scope) => scope !== "files:read");
    expect(await failing(platform.fetchFile(id, 5))).toMatchObject({
      outcome: "retry",
      reason: expect.stringContaining("files:read"),
    });
  });
});

test.each([
  ["https://files.slack.com/files-pri/T1-F1/a.png", undefined, true],
  ["https://acme.slack.com/a", undefined, true],
  ["http://files.slack.com/a", undefined, false],
  ["https://files.slack.com.evil.example/a", undefined, false],
  ["https://evilslack.com/a", undefined, false],
  ["https://files.slack.com@evil.example/a", undefined, false],
  ["https://user:word@files.slack.com/a", undefined, false],
  ["file:///etc/passwd", undefined, false],
  ["nonsense", undefined, false],
  ["http://127.0.0.1:3001/files-pri/a", "http://127.0.0.1:3001/api/", true],
  ["http://127.0.0.1:3002/files-pri/a", "http://127.0.0.1:3001/api/", false],
  ["https://127.0.0.1:3001/files-pri/a", "http://127.0.0.1:3001/api/", false],
  ["https://files.slack.com/a", "http://127.0.0.1:3001/api/", true],
])("with %s, and the API at %s, a token is safe: %s", (address, apiUrl, safe) => {
  expect(isSlacksOwn(address, apiUrl)).toBe(safe);
});
