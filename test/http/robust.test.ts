import { randomUUID } from "node:crypto";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { StoreError, type TicketStore } from "../../src/desk/ports.ts";
import { startApi } from "./api.ts";

const path = "/v2/support-tickets";
const given = { title: "T", description: "D", priority: "low", category: "general" };
const authorization = "Authorization: Bearer client-one-secret";

/** How a create begins, as far as its body's length. */
const postHead = [
  `POST ${path} HTTP/1.1`,
  "Host: x",
  authorization,
  "Content-Type: application/json",
];

/** Writes to the socket as it is, and reads until the server closes it. */
async function raw(url: string, ...lines: string[]): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(lines.join("\r\n"));
  return text(socket).finally(() => socket.destroy());
}

const bodyOf = (answer: string): unknown => JSON.parse(answer.slice(answer.indexOf("\r\n\r\n")));

describe("a body that cannot be read", () => {
  test.each([
    ["", "INVALID_JSON"],
    ["{", "INVALID_JSON"],
    ["null", "INVALID_JSON"],
    ["[]", "INVALID_JSON"],
    ['"text"', "INVALID_JSON"],
    [`${"[".repeat(100_000)}${"]".repeat(100_000)}`, "INVALID_JSON"],
    [`${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`, "TITLE_REQUIRED"],
    ["{'title':1}", "INVALID_JSON"],
  ])("%.12s… is refused", async (body, message) => {
    const api = await startApi();
    const { status, json } = await api.request("POST", path, { body });
    expect([status, json]).toEqual([400, expect.objectContaining({ message })]);
  });

  test("invalid UTF-8 is refused, and not saved as something else", async () => {
    const api = await startApi();
    const body = Buffer.from(JSON.stringify({ ...given, title: "caf\xe9" }), "latin1");
    const { status, json } = await api.request("POST", path, { body: new Uint8Array(body) });
    expect([status, json]).toEqual([400, expect.objectContaining({ message: "INVALID_JSON" })]);
  });

  test("prototype keys are unknown fields, and change no prototype", async () => {
    const api = await startApi();
    const body = `{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},${JSON.stringify(given).slice(1)}`;
    const { status, json } = await api.request("POST", path, { body });
    expect([status, json]).toEqual([400, expect.objectContaining({ message: "UNKNOWN_FIELD" })]);
    expect({}).not.toHaveProperty("polluted");
  });

  test("of one mebibyte is read, of a byte more is not", async () => {
    const api = await startApi();
    const fill = (bytes: number) => {
      const body = JSON.stringify({ ...given, tags: [] });
      return body + " ".repeat(bytes - body.length);
    };
    expect((await api.request("POST", path, { body: fill(1024 * 1024) })).status).toBe(201);
    const { status, json } = await api.request("POST", path, { body: fill(1024 * 1024 + 1) });
    expect([status, json]).toEqual([
      413,
      expect.objectContaining({ message: "PAYLOAD_TOO_LARGE" }),
    ]);
  });

  test("that goes on and on, of no known length, is cut off with an answer", async () => {
    const api = await startApi();
    const chunk = `10000\r\n${"x".repeat(0x10000)}\r\n`;
    const answer = await raw(
      api.url,
      ...postHead,
      "Transfer-Encoding: chunked",
      "Connection: close",
      "",
      chunk.repeat(20),
    );
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
    expect(bodyOf(answer)).toMatchObject({ message: "PAYLOAD_TOO_LARGE" });
  });

  test("of unknown length but small is read", async () => {
    const api = await startApi();
    const body = JSON.stringify(given);
    const answer = await raw(
      api.url,
      ...postHead,
      "Transfer-Encoding: chunked",
      "Connection: close",
      "",
      `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1.1 201 /);
  });

  test.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/json; charset=latin1",
    "application/jsonp",
    "",
  ])("of the type %j is refused", async (type) => {
    const api = await startApi();
    const body = new TextEncoder().encode(JSON.stringify(given));
    const headers = { "Content-Type": type };
    const { status, json } = await api.request("POST", path, { body, headers });
    expect([status, json]).toEqual([
      415,
      expect.objectContaining({ message: "UNSUPPORTED_MEDIA_TYPE" }),
    ]);
  });

  test.each([
    "application/json; charset=utf-8",
    "APPLICATION/JSON;charset=UTF-8",
    "application/json;",
  ])("of the type %j is read", async (type) => {
    const api = await startApi();
    const { status } = await api.request("POST", path, {
      json: given,
      headers: { "Content-Type": type },
    });
    expect(status).toBe(201);
  });
});

describe("a request that takes its time", () => {
  test.each([
    ["its body", ["Content-Length: 100", "", '{"title":']],
    ["its headers", ["X-Slow: "]],
  ])("%s: it is told so, and the connection closed", async (_, rest) => {
    const api = await startApi({ requestTimeoutMs: 300 });
    const answer = await raw(api.url, ...postHead, ...rest);
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
    expect(bodyOf(answer)).toMatchObject({ message: "REQUEST_TIMEOUT" });
    expect(api.lines.filter(({ level }) => level === "error")).toEqual([]);
  });
});

describe("what is not HTTP as it should be", () => {
  test.each([
    ["no HTTP", ["GET garbage", "", ""], 400, "BAD_REQUEST"],
    [
      "too many headers",
      ["GET / HTTP/1.1", "Host: x", `X: ${"x".repeat(20_000)}`, "", ""],
      431,
      "HEADERS_TOO_LARGE",
    ],
    [
      "two lengths",
      [
        `POST ${path} HTTP/1.1`,
        "Host: x",
        "Content-Length: 1",
        "Transfer-Encoding: chunked",
        "",
        "",
      ],
      400,
      "BAD_REQUEST",
    ],
    [
      "a Host that is none",
      ["GET /healthz HTTP/1.1", "Host: a b/c", "Connection: close", "", ""],
      400,
      "BAD_REQUEST",
    ],
  ])("%s is refused in the contract's shape", async (_, lines, status, message) => {
    const api = await startApi();
    const answer = await raw(api.url, ...lines);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(bodyOf(answer)).toEqual({ error: expect.any(String), message });
  });

  test.each([
    ["GET", "/", 404, "NOT_FOUND", null],
    ["GET", `${path}/`, 404, "NOT_FOUND", null],
    ["GET", `${path}/a/b`, 404, "NOT_FOUND", null],
    ["GET", "/v2/../../etc/passwd", 404, "NOT_FOUND", null],
    ["GET", `${path}/..%2f..%2fetc%2fpasswd`, 404, "SUPPORT_TICKET_NOT_FOUND", null],
    ["GET", `${path}/%`, 404, "SUPPORT_TICKET_NOT_FOUND", null],
    ["GET", `${path}/%ff`, 404, "SUPPORT_TICKET_NOT_FOUND", null],
    ["GET", `${path}/%00`, 404, "SUPPORT_TICKET_NOT_FOUND", null],
    ["GET", `${path}/${"x".repeat(5_000)}`, 404, "SUPPORT_TICKET_NOT_FOUND", null],
    ["GET", `${path}/__proto__`, 404, "SUPPORT_TICKET_NOT_FOUND", null],
    ["DELETE", path, 405, "METHOD_NOT_ALLOWED", "POST, GET, HEAD"],
    ["PATCH", `${path}/x`, 405, "METHOD_NOT_ALLOWED", "GET, PUT, HEAD"],
    ["GET", `${path}/x/threads`, 405, "METHOD_NOT_ALLOWED", "POST"],
    ["OPTIONS", path, 405, "METHOD_NOT_ALLOWED", "POST, GET, HEAD"],
    ["BREW", path, 405, "METHOD_NOT_ALLOWED", null],
    ["POST", "/healthz", 405, "METHOD_NOT_ALLOWED", "GET, HEAD"],
  ])("%s %.40s: %i %s", async (method, at, status, message, allow) => {
    const api = await startApi();
    const answered = await api.request(method, at);
    expect([answered.status, answered.json]).toEqual([
      status,
      expect.objectContaining({ message }),
    ]);
    expect(answered.headers.get("Allow")).toBe(allow);
  });

  test("a request without a Host is answered, as HTTP/1.0 may send it", async () => {
    const api = await startApi();
    for (const version of ["1.0", "1.1"]) {
      const answer = await raw(
        api.url,
        `GET /healthz HTTP/${version}`,
        "Connection: close",
        "",
        "",
      );
      expect(answer).toMatch(/^HTTP\/1.1 200 /);
    }
  });

  test("an expectation that nobody knows is passed over", async () => {
    const api = await startApi();
    const lines = ["GET /healthz HTTP/1.1", "Host: x", "Expect: tea", "Connection: close", "", ""];
    expect(await raw(api.url, ...lines)).toMatch(/^HTTP\/1.1 200 /);
  });

  test("what follows a request, and is none, does not answer in its place", async () => {
    const api = await startApi();
    const body = JSON.stringify(given);
    const answer = await raw(
      api.url,
      ...postHead,
      `Content-Length: ${body.length}`,
      "",
      `${body}GARBAGE\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1.1 201 /);
    expect(answer.match(/HTTP\/1.1/g)).toHaveLength(1);
  });

  test("HEAD is answered as GET, without the body", async () => {
    const api = await startApi();
    const { status, text } = await api.request("HEAD", path);
    expect([status, text]).toEqual([200, ""]);
  });
});

describe("every answer", () => {
  test.each([
    ["GET", "/healthz"],
    ["GET", "/none"],
    ["GET", path],
    ["POST", path],
    ["DELETE", path],
  ])("%s %s has the security headers and a request's id", async (method, at) => {
    const api = await startApi();
    const { headers } = await api.request(method, at);
    expect(headers.get("X-Content-Type-Options")).toBe("nosniff");
    expect(headers.get("Cache-Control")).toBe("no-store");
    expect(headers.get("Content-Security-Policy")).toContain("default-src 'none'");
    expect(headers.get("X-Frame-Options")).toBe("DENY");
    expect(headers.get("Referrer-Policy")).toBe("no-referrer");
    const requestId = headers.get("X-Request-Id");
    expect(requestId).toMatch(/^[\da-f-]{36}$/);
    expect(api.lines).toContainEqual(
      expect.objectContaining({ fields: expect.objectContaining({ requestId }) }),
    );
  });

  test("the log names the caller and the path, and no token, no query and no text of a ticket", async () => {
    const api = await startApi();
    await api.request("POST", path, {
      json: { ...given, description: "my password is swordfish" },
    });
    await api.request("GET", `${path}?q=swordfish`);
    const logged = JSON.stringify(api.lines);
    expect(logged).toContain("client client_1");
    expect(logged).not.toContain("swordfish");
    expect(logged).not.toContain("client-one-secret");
  });
});

describe("too many requests", () => {
  test("are refused with when to come again, per caller, and let in again then", async () => {
    let now = 1_000_000;
    const api = await startApi({ rateLimit: 3, now: () => now });
    const get = (as: "client_1" | "client_2") => api.request("GET", path, { as });
    for (let n = 0; n < 3; n += 1) expect((await get("client_1")).status).toBe(200);
    const refused = await get("client_1");
    expect([refused.status, refused.json]).toEqual([
      429,
      expect.objectContaining({ message: "RATE_LIMITED" }),
    ]);
    expect(refused.headers.get("Retry-After")).toBe("20");
    expect((await get("client_2")).status).toBe(200);
    now += 20_000;
    expect((await get("client_1")).status).toBe(200);
    expect((await get("client_1")).status).toBe(429);
    now += 24 * 60 * 60 * 1_000;
    for (let n = 0; n < 3; n += 1) expect((await get("client_1")).status).toBe(200);
    expect((await get("client_1")).status).toBe(429);
  });

  test("guesses at a token are limited, without harm to those who have one", async () => {
    const api = await startApi({ rateLimit: 2, now: () => 0 });
    const guess = () =>
      api.request("GET", path, {
        as: "nobody",
        headers: { Authorization: `Bearer ${randomUUID()}` },
      });
    expect([(await guess()).status, (await guess()).status, (await guess()).status]).toEqual([
      401, 401, 429,
    ]);
    expect((await api.request("GET", path)).status).toBe(200);
  });
});

describe("when something breaks", () => {
  const broken =
    (fault: Error) =>
    (store: TicketStore): TicketStore => ({
      ...bound(store),
      create: () => Promise.reject(fault),
      list: () => Promise.reject(fault),
      probe: () => Promise.reject(fault),
    });

  test("a fault is told by its request's id alone, and by all of it in the log", async () => {
    const api = await startApi({ wrap: broken(new TypeError("secret inside")) });
    for (const [method, options] of [
      ["POST", { json: given }],
      ["GET", {}],
    ] as const) {
      const { status, json, text, headers } = await api.request(method, path, options);
      expect(status).toBe(500);
      expect(json).toEqual({
        error: expect.any(String),
        message: "INTERNAL_ERROR",
        requestId: headers.get("X-Request-Id"),
      });
      expect(text).not.toContain("secret");
      const told = api.lines.find(
        ({ level, fields }) =>
          level === "error" && fields.requestId === headers.get("X-Request-Id"),
      );
      expect(told?.fields.err).toMatchObject({ message: "secret inside" });
    }
  });

  test("a full disk is told as nothing changed, please again", async () => {
    const api = await startApi({
      wrap: broken(new StoreError("WRITE_FAILED", "ENOSPC in /secret")),
    });
    const { status, json, text, headers } = await api.request("POST", path, { json: given });
    expect([status, json]).toEqual([
      503,
      expect.objectContaining({ message: "STORE_UNAVAILABLE" }),
    ]);
    expect(headers.get("Retry-After")).toBe("5");
    expect(text).not.toContain("/secret");
  });

  test("it is alive, but not ready, while the store cannot be written", async () => {
    let now = 0;
    let fault: Error | undefined = new StoreError("WRITE_FAILED", "ENOSPC in /secret");
    const wrap = (store: TicketStore): TicketStore => ({
      ...bound(store),
      probe: () => (fault ? Promise.reject(fault) : store.probe()),
    });
    const api = await startApi({ wrap, now: () => now });
    expect((await api.request("GET", "/healthz", { as: "nobody" })).status).toBe(200);
    const ready = () => api.request("GET", "/readyz", { as: "nobody" });
    const { status, text } = await ready();
    expect(status).toBe(503);
    expect(text).toContain("The store cannot be written");
    expect(text).not.toContain("/secret");
    fault = undefined;
    now += 1_000;
    expect((await ready()).status).toBe(200);
  });
});

/** The store's methods, to be spread. */
function bound(store: TicketStore): TicketStore {
  return {
    create: (document) => store.create(document),
    change: (id, work) => store.change(id, work),
    get: (id) => store.get(id),
    findByThread: (thread) => store.findByThread(thread),
    findByMessage: (message) => store.findByMessage(message),
    findByCreationKey: (key) => store.findByCreationKey(key),
    findByReference: (reference) => store.findByReference(reference),
    list: (query) => store.list(query),
    owing: () => store.owing(),
    unclosed: (platform, orSinceMs) => store.unclosed(platform, orSinceMs),
    openThreads: (platform) => store.openThreads(platform),
    namesFile: (hash) => store.namesFile(hash),
    value: (name) => store.value(name),
    setValue: (name, value) => store.setValue(name, value),
    valueOr: (name, value) => store.valueOr(name, value),
    counts: () => store.counts(),
    all: () => store.all(),
    probe: () => store.probe(),
    close: () => store.close(),
  };
}

describe("for operators", () => {
  test("it says that it lives and is ready", async () => {
    const api = await startApi();
    expect((await api.request("GET", "/healthz", { as: "nobody" })).json).toEqual({ status: "ok" });
    expect((await api.request("GET", "/readyz", { as: "nobody" })).json).toEqual({
      status: "ready",
      roles: ["http"],
    });
  });

  test("metrics count requests by what was asked, and tickets by status", async () => {
    const api = await startApi();
    await api.request("POST", path, { json: given });
    await api.request("GET", `${path}/${"x".repeat(30)}`);
    const { text, headers } = await api.request("GET", "/metrics", { as: "nobody" });
    expect(headers.get("Content-Type")).toContain("text/plain");
    expect(text).toContain(
      `deskhand_http_requests_total{method="POST",route="${path}",status="201"} 1`,
    );
    expect(text).toContain(
      `deskhand_http_requests_total{method="GET",route="${path}/{id}",status="404"} 1`,
    );
    expect(text).toContain('deskhand_tickets{status="open"} 1');
    expect(text).toMatch(/nodejs_eventloop_lag_p99_seconds \d/);
  });
});
