import { once } from "node:events";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { Routes } from "discord.js";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  DiscordFault,
  failureOf,
  refusedWith,
  unlessRefused,
  withoutEffect,
} from "../../adapters/discord/errors.ts";
import { createRest } from "../../adapters/discord/rest.ts";
import type { Failure } from "../../src/desk/chat.ts";
import { freePort } from "../free-port.ts";

const token = "MTIzNDU2Nzg5MDEyMzQ1Njc4.of-the.stand-in";
const channel = "100000000000000001";
const message = "200000000000000002";

const portOf = (address: AddressInfo | string | null) =>
  typeof address === "object" && address !== null ? address.port : 0;

/** The URL of an API on a free port, which answers so until the test is over. */
async function answeredBy(listener: RequestListener): Promise<string> {
  const server = createHttpServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${portOf(server.address())}/api`;
}

const refusing =
  (status: number, body: object, headers: Record<string, string> = {}): RequestListener =>
  (_, response) =>
    void response
      .writeHead(status, { "content-type": "application/json", ...headers })
      .end(JSON.stringify(body));

/** What the real SDK throws when it posts. */
async function thrownAt(apiUrl: string, requestMs = 30_000): Promise<unknown> {
  const rest = createRest({ token, apiUrl, requestMs });
  return thrownBy(
    rest.post(Routes.channelMessages(channel), { body: { content: "secret words" } }),
  );
}

const thrownBy = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => {
      throw new Error("it did not fail");
    },
    (error: unknown) => error,
  );

describe("when Discord is not reached, nothing was sent, and it is tried again:", () => {
  test.each([
    ["nobody listens", async () => `http://127.0.0.1:${await freePort()}/api`],
    ["nobody listens at several addresses", async () => `http://localhost:${await freePort()}/api`],
    ["there is no such host", async () => "http://discord.invalid/api"],
  ])("%s", async (_, apiUrl) => {
    const failure = failureOf(await thrownAt(await apiUrl()));
    expect(failure).toEqual({
      ...{ outcome: "retry", isDown: true },
      reason: "Discord cannot be reached",
    });
  });
});

describe("when the answer does not come whole, it is uncertain:", () => {
  const json = { "content-type": "application/json" };
  test.each<[string, RequestListener]>([
    ["a reset", (_, response) => void response.socket?.resetAndDestroy()],
    ["no HTTP", ({ socket }) => void socket.end("garbage\r\n\r\n")],
    ["nothing at all", () => undefined],
    ["headers, and then nothing", (_, response) => void response.writeHead(200, json).write('{"i')],
    [
      "a cut-off answer",
      (_, response) => {
        response.writeHead(200, { ...json, "content-length": 100 }).write('{"id":', () => {
          response.socket?.destroy();
        });
      },
    ],
    ["no JSON", (_, response) => void response.writeHead(200, json).end("<html>")],
    ["408", (_, response) => void response.writeHead(408).end()],
    ["500", refusing(500, { message: "500: Internal Server Error", code: 0 })],
    ["502 of a proxy", (_, response) => void response.writeHead(502).end("<html>")],
    ["503", (_, response) => void response.writeHead(503).end("upstream connect error")],
    ["504", (_, response) => void response.writeHead(504).end()],
  ])("%s", async (_, listener) => {
    const failure = failureOf(await thrownAt(await answeredBy(listener), 300));
    expect(failure.outcome).toBe("uncertain");
  });

  test("anything that is not known", () => {
    for (const thrown of [new Error("?"), new TypeError("?"), "?", undefined, null, {}])
      expect(failureOf(thrown).outcome).toBe("uncertain");
  });
});

describe("when Discord asks to wait", () => {
  test.each<[string, RequestListener, number]>([
    ["in so many seconds", refusing(429, {}, { "retry-after": "17" }), 17_050],
    ["and does not say how long", refusing(429, {}), 30_000],
    [
      "and says a date",
      refusing(429, {}, { "retry-after": "Mon, 15 Jan 2024 10:31:00 GMT" }),
      30_000,
    ],
    [
      "with everything",
      refusing(429, {}, { "retry-after": "65.5", "x-ratelimit-global": "true" }),
      65_550,
    ],
  ])("%s, it is tried again then", async (_, listener, retryAfterMs) => {
    const failure = failureOf(await thrownAt(await answeredBy(listener)));
    expect(failure).toMatchObject({ outcome: "retry", reason: "Discord asks to wait" });
    // It is told at once, as far as this machine does anything at once.
    expect(failure.retryAfterMs).toBeGreaterThan(retryAfterMs - 10_000);
    expect(failure.retryAfterMs).toBeLessThanOrEqual(retryAfterMs + 50);
  });

  test("for a moment only, it is waited for", async () => {
    let calls = 0;
    const apiUrl = await answeredBy((request, response) => {
      calls += 1;
      const listener = calls > 1 ? refusing(200, {}) : refusing(429, {}, { "retry-after": "0.05" });
      listener(request, response);
    });
    const waits: number[] = [];
    const rest = createRest({ token, apiUrl, onRateLimit: (waitMs) => void waits.push(waitMs) });
    expect(await rest.post(Routes.channelMessages(channel), { body: {} })).toEqual({});
    expect(calls).toBe(2);
    // Nobody else hears of it.
    expect(waits).toEqual([50]);
  });

  test("for a moment only, no other call waits for ever", async () => {
    let calls = 0;
    const apiUrl = await answeredBy((request, response) => {
      calls += 1;
      if (calls === 1) refusing(429, {}, { "retry-after": "0.05" })(request, response);
      // The wait is over before this one is answered.
      else setTimeout(() => refusing(200, {})(request, response), calls === 2 ? 300 : 0);
    });
    const rest = createRest({ token, apiUrl });
    const get = () => rest.get(Routes.channel(channel));
    expect(await Promise.all([get(), get(), get()])).toEqual([{}, {}, {}]);
  });
});

test.each([
  [400, "retry"],
  [403, "retry"],
  [404, "retry"],
  [405, "retry"],
  [413, "dead"],
])("a page with HTTP %i, which is no answer of Discord's, is %s", async (status, outcome) => {
  const apiUrl = await answeredBy((_, response) => void response.writeHead(status).end("<html>"));
  expect(failureOf(await thrownAt(apiUrl))).toMatchObject({ outcome });
});

describe("what Discord refuses", () => {
  test.each<[number, number, Failure["outcome"], string]>([
    [401, 0, "retry", "DISCORD_TOKEN"],
    [403, 40001, "retry", "DISCORD_TOKEN"],
    [404, 10003, "gone", "deleted"],
    [404, 10004, "retry", "not in the Discord server"],
    [404, 10007, "dead", "no longer"],
    [404, 10008, "retry", "deleted"],
    [404, 10013, "dead", "no longer"],
    [403, 20009, "dead", "does not want to see"],
    [400, 30010, "dead", "reactions"],
    [400, 40004, "retry", "switched off"],
    [413, 40005, "dead", "larger"],
    [400, 40067, "retry", "tag"],
    [403, 40333, "retry", "network"],
    [403, 50001, "retry", "Send Messages"],
    [403, 50005, "dead", "not the bot's own"],
    [400, 50006, "retry", "Embed Links"],
    [403, 50007, "dead", "does not take direct messages"],
    [403, 50013, "retry", "Send Messages in Threads"],
    [400, 50024, "dead", "kind of channel"],
    [400, 50083, "dead", "archived"],
    [403, 50278, "dead", "no Discord server with the bot"],
    [400, 130000, "retry", "at the moment"],
    [403, 160005, "retry", "locked"],
    [400, 160006, "retry", "threads"],
    [400, 200000, "dead", "AutoMod"],
    [400, 999999, "dead", "(999999)"],
  ])("with %i and %i is %s, and is said in words", async (status, code, outcome, word) => {
    const apiUrl = await answeredBy(refusing(status, { message: "No", code }));
    const thrown = await thrownAt(apiUrl);
    expect(refusedWith(thrown)).toBe(code === 0 ? undefined : code);
    expect(failureOf(thrown)).toMatchObject({ outcome, reason: expect.stringContaining(word) });
  });

  test("for a wrong field names it", async () => {
    const wrong = { code: "BASE_TYPE_MAX_LENGTH", message: "Must be 4096 or fewer in length." };
    const errors = { embeds: { 0: { description: { _errors: [wrong] } } } };
    const apiUrl = await answeredBy(
      refusing(400, { message: "Invalid Form Body", code: 50035, errors }),
    );
    expect(failureOf(await thrownAt(apiUrl))).toEqual({
      outcome: "dead",
      reason:
        "Discord does not understand the message (embeds[0].description[BASE_TYPE_MAX_LENGTH]: Must be 4096 or fewer in length.)",
    });
  });

  test.each([
    ["put", Routes.channelMessageOwnReaction(channel, message, "x"), "Add Reactions"],
    ["post", Routes.threads(channel, message), "Create Public Threads"],
    ["post", Routes.threads(channel), "Create Private Threads"],
    ["put", Routes.threadMembers(channel, message), "Send Messages in Threads"],
    ["patch", Routes.channelMessage(channel, message), "Embed Links"],
    ["get", Routes.channelMessages(channel), "Read Message History"],
    ["patch", Routes.channel(channel), "Manage Threads"],
    ["delete", Routes.channel(channel), "Manage Threads"],
    ["get", Routes.channel(channel), "View Channel"],
  ] as const)("for want of a permission to %s %s names it", async (method, route, permission) => {
    const apiUrl = await answeredBy(refusing(403, { message: "Missing Permissions", code: 50013 }));
    const thrown = await thrownBy(createRest({ token, apiUrl })[method](route));
    expect(failureOf(thrown)).toMatchObject({
      outcome: "retry",
      reason: expect.stringContaining(permission),
      retryAfterMs: 60_000,
    });
  });
});

describe("what was to be seen by nobody", () => {
  test("is tried again when it is uncertain, for the reason it had", async () => {
    const apiUrl = await answeredBy(refusing(503, {}));
    const thrown = await thrownAt(apiUrl);
    const wrapped = await thrownBy(withoutEffect(() => Promise.reject(thrown)));
    const reason = "Discord answers with HTTP 503";
    expect(failureOf(wrapped)).toEqual({ outcome: "retry", reason, isDown: true });
  });

  test("is what it was in any other case", async () => {
    const dead = new DiscordFault("FILE_EMPTY", "empty");
    await expect(withoutEffect(() => Promise.reject(dead))).rejects.toBe(dead);
    expect(await withoutEffect(async () => 1)).toBe(1);
  });
});

test("what is half there is uncertain whatever came between, for the reason and the time of that", () => {
  const cause = new DiscordFault("NO_EMBEDS", "no embeds");
  const half = new DiscordFault("HALF_DONE", "half", { cause });
  expect(failureOf(half)).toEqual({ ...failureOf(cause), outcome: "uncertain" });
});

test("only what is already so has been done", async () => {
  const apiUrl = await answeredBy(refusing(404, { message: "Unknown Message", code: 10008 }));
  const refused = thrownAt(apiUrl).then((error) => Promise.reject(error));
  expect(await unlessRefused([10008], refused)).toBeUndefined();
  await expect(unlessRefused([10003], refused)).rejects.toMatchObject({ code: 10008 });
});

describe("the SDK", () => {
  test("sends each call once, whatever comes of it", async () => {
    const listeners: RequestListener[] = [
      (_, response) => void response.socket?.resetAndDestroy(),
      refusing(500, {}),
      refusing(429, {}, { "retry-after": "9" }),
    ];
    for (const listener of listeners) {
      let calls = 0;
      await thrownAt(
        await answeredBy((request, response) => {
          calls += 1;
          listener(request, response);
        }),
      );
      expect(calls).toBe(1);
    }
  });

  test("has its token still after one was refused", async () => {
    const seen: (string | undefined)[] = [];
    const apiUrl = await answeredBy((request, response) => {
      seen.push(request.headers.authorization);
      refusing(401, { message: "401: Unauthorized", code: 0 })(request, response);
    });
    const rest = createRest({ token, apiUrl });
    for (let each = 0; each < 2; each += 1) await thrownBy(rest.get(Routes.user()));
    expect(seen).toEqual([`Bot ${token}`, `Bot ${token}`]);
  });

  test("says who calls, in the version it is written for", async () => {
    let told = "";
    const apiUrl = await answeredBy(({ url, headers }, response) => {
      told = `${url} ${headers["user-agent"]}`;
      response.writeHead(204).end();
    });
    await createRest({ token, apiUrl }).get(Routes.user());
    expect(told).toMatch(/^\/api\/v10\/users\/@me DiscordBot .*Deskhand$/);
  });

  test.each<[string, RequestListener, string]>([
    ["a refusal", refusing(404, { message: "Unknown Webhook", code: 10015 }), "/:token/messages/"],
    ["a wait", refusing(429, {}, { "retry-after": "600" }), "/:token/messages/"],
    ["an answer that is no answer", (_, response) => void response.writeHead(500).end(), "/:token"],
  ])("of %s throws nothing that may not be logged", async (_, listener, shown) => {
    const apiUrl = await answeredBy(listener);
    const rest = createRest({ token, apiUrl });
    const route = Routes.webhookMessage(channel, "aW50ZXJhY3Rpb246token");
    const thrown = await thrownBy(rest.patch(route, { body: { content: "secret words" } }));
    const told = `${thrown} ${JSON.stringify(thrown)}`;
    expect(told).toContain(shown);
    for (const secret of [token, "aW50ZXJhY3Rpb246token", "secret words"])
      expect(told).not.toContain(secret);
  });
});

test("a process that may not be the one at work posts nothing, and answers people all the same", async () => {
  const asked: string[] = [];
  const apiUrl = await answeredBy((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    refusing(200, {})(request, response);
  });
  let mayPost = false;
  const rest = createRest({ token, apiUrl, mayPost: () => mayPost });
  const post = () => rest.post(Routes.channelMessages(channel), { body: { content: "hi" } });
  const failure = failureOf(await thrownBy(post()));
  expect(failure).toMatchObject({ outcome: "retry", isHeldBack: true, retryAfterMs: 1_000 });
  await rest.get(Routes.channelMessages(channel));
  await rest.post(Routes.interactionCallback("1", "token"), { body: {} });
  expect(asked.map((each) => each.split(" ")[0])).toEqual(["GET", "POST"]);
  mayPost = true;
  await post();
  expect(asked).toHaveLength(3);
});
