import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { inspect } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { createTicketApi } from "../../adapters/ticket-api/client.ts";
import type { Fault } from "../fakes/ticket-api-faults.ts";
import { hangsMs } from "../fakes/until.ts";
import { clientOf, connected, created, faultOf, newTicket } from "./connected.ts";

const { _id } = created.data;

const entry = {
  author: "a",
  message: "m",
  timestamp: "2024-01-15T11:00:00Z",
  type: "agent",
} as const;

/** A service that takes connections and says nothing, ever. */
async function silentPort(): Promise<number> {
  const server = createServer();
  server.on("connection", (socket) => {
    socket.on("error", () => undefined);
    onTestFinished(() => {
      socket.destroy();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

describe("a create that fails says whether the ticket may be there", () => {
  test.each<[string, Fault, string, string]>([
    ["the connection is reset", "reset", "CONNECTION_LOST", "unknown"],
    [
      "the connection is reset after it was kept",
      "reset-after-write",
      "CONNECTION_LOST",
      "unknown",
    ],
    ["the answer is broken JSON", "truncated-json", "UNREADABLE_ANSWER", "done"],
    ["the answer is cut off", "cut-off", "UNREADABLE_ANSWER", "done"],
    ["the answer is larger than what is read", { hugeBytes: 10_000 }, "RESPONSE_TOO_LARGE", "done"],
    ["the answer is a sign-in page", "html", "UNEXPECTED_ANSWER", "unknown"],
    ["the answer is not HTTP", "garbage", "UNEXPECTED_ANSWER", "unknown"],
    ["the answer is no ticket", { rewrite: () => ({ ok: 1 }) }, "UNEXPECTED_ANSWER", "unknown"],
    [
      "the answer says no success",
      { rewrite: () => ({ ...created, success: false }) },
      "UNEXPECTED_ANSWER",
      "unknown",
    ],
    [
      "the ticket is not understood",
      { rewrite: () => ({ data: { _id: "1" } }) },
      "UNREADABLE_TICKET",
      "done",
    ],
    ["it redirects", { status: 302, headers: { location: "/signin" } }, "REDIRECTED", "none"],
    ["it refuses the body", { status: 413 }, "REFUSED", "none"],
    ["it is a proxy that waited too long", { status: 408 }, "REQUEST_TIMEOUT", "unknown"],
    ["it breaks", { status: 500 }, "SERVICE_FAILED", "unknown"],
    ["it is down for a while", { status: 503 }, "SERVICE_FAILED", "unknown"],
    ["it wants fewer requests", { status: 429 }, "RATE_LIMITED", "none"],
  ])("%s", async (_, fault, code, effect) => {
    const { service, api } = await connected({ maxResponseBytes: 5_000 });
    service.misbehave(fault);
    expect(await faultOf(api.create(newTicket))).toMatchObject({ code, effect });
    expect(service.requests).toHaveLength(1);
    expect((await api.create(newTicket)).status).toBe("open");
  });

  test.each([
    ["slow-headers", { headersMs: 100 }, "HEADERS_TIMEOUT"],
    ["slow-body", { bodyMs: 100 }, "BODY_TIMEOUT"],
    ["slow-headers", { totalMs: 2_000 }, "DEADLINE"],
    ["slow-body", { totalMs: 2_000 }, "DEADLINE"],
  ] as const)("the service keeps it waiting: %s, %o", async (fault, timeouts, code) => {
    const { service, api } = await connected({ timeouts });
    service.misbehave(fault);
    expect(await faultOf(api.create(newTicket))).toMatchObject({ code, effect: "unknown" });
    expect(service.requests).toHaveLength(1);
    expect(service.tickets.byId.size).toBe(1);
  });

  test("nothing listens there", async () => {
    const { service } = await connected();
    await service.stop();
    const api = clientOf(service.url);
    const fault = await faultOf(api.create(newTicket));
    expect(fault).toMatchObject({ code: "UNREACHABLE", effect: "none", status: undefined });
    expect(fault.message).toContain("ECONNREFUSED");
  });

  test("what is there does not speak TLS", async () => {
    const { service } = await connected();
    const api = clientOf(service.url.replace("http:", "https:"));
    const fault = await faultOf(api.create(newTicket));
    expect(fault).toMatchObject({ code: "TLS_FAILED", effect: "none" });
  });

  test("no connection comes about in time", async () => {
    const url = `https://127.0.0.1:${await silentPort()}`;
    const api = clientOf(url, { timeouts: { connectMs: 100 } });
    const fault = await faultOf(api.create(newTicket));
    expect(fault).toMatchObject({ code: "CONNECT_TIMEOUT", effect: "none" });
  });

  test("its time is over before there is a connection", async () => {
    const url = `https://127.0.0.1:${await silentPort()}`;
    const api = clientOf(url, { timeouts: { totalMs: 100 } });
    const fault = await faultOf(api.create(newTicket));
    expect(fault).toMatchObject({ code: "DEADLINE", effect: "none" });
  });

  test("our side was closed before", async () => {
    const { service, api } = await connected();
    await api.close();
    await api.close();
    expect(await faultOf(api.create(newTicket))).toMatchObject({ code: "CLOSED", effect: "none" });
    expect(service.requests).toEqual([]);
  });
});

test("what is told of another ticket than was asked for is no answer", async () => {
  const { service, api } = await connected();
  const [one, other] = [await api.create(newTicket), await api.create(newTicket)];
  const swapped = (body: unknown) =>
    JSON.parse(JSON.stringify(body).replaceAll(one._id, other._id));
  for (const work of [
    () => api.get(one._id),
    () => api.read(one._id),
    () => api.update(one._id, { priority: "low" }),
    () => api.append(one._id, entry),
  ]) {
    service.misbehave({ rewrite: swapped });
    expect(await faultOf(work())).toMatchObject({ code: "UNEXPECTED_ANSWER" });
  }
  expect(service.tickets.byId.get(other._id)?.threads).toHaveLength(1);
});

describe("a read that fails has changed nothing", () => {
  test.each<[Fault, string]>([
    ["html", "UNEXPECTED_ANSWER"],
    ["truncated-json", "UNREADABLE_ANSWER"],
    [{ hugeBytes: 10_000 }, "RESPONSE_TOO_LARGE"],
    [{ status: 500 }, "SERVICE_FAILED"],
  ])("%o", async (fault, code) => {
    const { service, api } = await connected({ maxResponseBytes: 5_000 });
    await api.create(newTicket);
    service.misbehave(fault, { times: 2 });
    expect(await faultOf(api.get(_id))).toMatchObject({ code, effect: "none" });
    expect(await faultOf(api.list())).toMatchObject({ code, effect: "none" });
  });
});

describe("connections", () => {
  test("are kept and used again", async () => {
    const { service, api } = await connected();
    await api.create(newTicket);
    for (let n = 0; n < 20; n += 1) await api.get(_id);
    expect(service.requests).toHaveLength(21);
    expect(service.connections()).toBeLessThanOrEqual(2);
  });

  test("that a service closed cost a read nothing: it is asked again, once", async () => {
    const { service, api } = await connected();
    await api.create(newTicket);
    service.misbehave("reset");
    expect((await api.get(_id))._id).toBe(_id);
    service.misbehave("reset", { times: 3 });
    expect(await faultOf(api.get(_id))).toMatchObject({ code: "CONNECTION_LOST", effect: "none" });
    expect(service.requests.map(({ method }) => method)).toEqual(["POST", ...Array(4).fill("GET")]);
  });

  test("that a service closed leave a write unknown: it is not sent again", async () => {
    const { service, api } = await connected();
    await api.create(newTicket);
    service.misbehave("reset");
    const fault = await faultOf(api.update(_id, { priority: "low" }));
    expect(fault).toMatchObject({ code: "CONNECTION_LOST", effect: "unknown" });
    expect(service.requests).toHaveLength(2);
  });

  test("end at once when we close: whether what was sent was done is not known", async () => {
    const { service, api } = await connected();
    service.misbehave("slow-headers", { method: "POST" });
    service.misbehave("slow-body", { method: "GET" });
    const [write, read] = [faultOf(api.create(newTicket)), faultOf(api.list())];
    await expect.poll(() => service.requests.length, { timeout: hangsMs }).toBe(2);
    await api.close();
    expect(await write).toMatchObject({ code: "CLOSED", effect: "unknown" });
    expect(await read).toMatchObject({ code: "CLOSED", effect: "none" });
    expect(service.tickets.byId.size).toBe(1);
    expect(service.requests).toHaveLength(2);
  });

  test("that wait for a connection when we close are never sent", async () => {
    const { service, api } = await connected();
    service.misbehave("slow-headers", { times: 20 });
    const calls = Array.from({ length: 20 }, () => faultOf(api.create(newTicket)));
    await expect.poll(() => service.requests.length, { timeout: hangsMs }).toBe(8);
    await api.close();
    const effects = (await Promise.all(calls)).map(({ effect }) => effect);
    expect(effects.filter((effect) => effect === "none")).toHaveLength(12);
    expect(service.requests).toHaveLength(8);
  });
});

describe("what a service says of itself is kept", () => {
  test("its code and sentence, shortened", async () => {
    const { service, api } = await connected();
    const body = { error: `Title is ${"very ".repeat(1_000)}wrong`, message: "INVALID_TITLE" };
    service.misbehave({ status: 400, body });
    const { said, message } = await faultOf(api.create(newTicket));
    expect(said?.code).toBe("INVALID_TITLE");
    expect(said?.sentence).toMatch(/^Title is very .{100,400}…$/);
    // It may quote what someone wrote: what is logged has none of it.
    expect(message).toMatch(/\(POST \/v2\/support-tickets: 400, INVALID_TITLE\)$/);
  });

  test.each([
    [
      { code: "MissingParameter", message: "missing title\n" },
      { code: "MissingParameter", sentence: "missing title" },
    ],
    [
      { error: "Unauthorized", message: "jwt is expired" },
      { code: "Unauthorized", sentence: "jwt is expired" },
    ],
    [{ message: "No such thing here" }, { sentence: "No such thing here" }],
    [{ error: { nested: true }, code: 11 }, undefined],
    [["a"], undefined],
    [null, undefined],
  ])("%j", async (body, said) => {
    const { service, api } = await connected();
    service.misbehave({ status: 422, body });
    expect((await faultOf(api.create(newTicket))).said).toEqual(said);
  });

  test("how long to wait: in seconds, or until a time", async () => {
    const now = () => Date.parse("2024-01-15T10:30:00Z");
    const { service, api } = await connected({ now });
    for (const wait of ["120", "Mon, 15 Jan 2024 10:32:00 GMT"]) {
      service.misbehave({ status: 429, headers: { "retry-after": wait } });
      expect(await faultOf(api.create(newTicket))).toMatchObject({ retryAfterMs: 120_000 });
    }
  });
});

describe("the token stays secret", () => {
  test("it goes to the service only, not where a redirect points", async () => {
    const { service, api } = await connected();
    const { service: other } = await connected();
    service.misbehave({ status: 307, headers: { location: `${other.url}/v2/support-tickets` } });
    const fault = await faultOf(api.create(newTicket));
    expect(fault.message).toContain(other.url);
    expect(other.requests).toEqual([]);
    expect(service.requests[0]?.headers.authorization).toBe(`Bearer ${service.agentToken}`);
  });

  test("it is in no error, whatever the service sends back, nor in the client itself", async () => {
    const { service, api } = await connected();
    const token = service.agentToken;
    const echo = { error: `No ${token}`, message: token, [token]: token };
    const faults: Fault[] = [
      ...(["garbage", "reset", "html", "truncated-json", "cut-off"] as const),
      { status: 400, body: echo },
      { status: 302, headers: { location: `/?token=${token}` } },
      { rewrite: () => token },
      { rewrite: () => ({ data: { ...created.data, status: token } }) },
    ];
    for (const fault of faults) {
      service.misbehave(fault);
      const error = await faultOf(api.create(newTicket));
      const shown = inspect(error, { depth: 20, showHidden: true, getters: true });
      expect(shown + error.stack + JSON.stringify(error) + String(error.cause)).not.toContain(
        token,
      );
    }
    expect(inspect(api, { depth: 20, showHidden: true })).not.toContain(token);
    service.misbehave({ rewrite: () => ({ data: [{ _id: "1", title: token, priority: token }] }) });
    expect(JSON.stringify((await api.list()).unreadable)).not.toContain(token);
  });

  test("a token or an address that cannot be used is told at once, without the token", () => {
    const make = (url: string, token: string) => () =>
      createTicketApi({ url, token, replies: "off" });
    expect(make("http://127.0.0.1", "two\nlines")).toThrow(/^The token must be visible ASCII$/);
    expect(make("http://127.0.0.1", "")).toThrow(TypeError);
    expect(make("ftp://127.0.0.1", "t")).toThrow(/http/);
    expect(make("nowhere", "t")).toThrow(TypeError);
  });
});

test.each(["a/b?c=d#e", "%2e%2e", "ä 🦊", "support_ticket_1"])(
  "a ticket is found by an opaque id, %j",
  async (id) => {
    const { service, api } = await connected();
    service.tickets.byId.set(id, { ...created.data, _id: id });
    expect(await api.get(id)).toMatchObject({ _id: id });
    expect(await api.update(id, { title: "T" })).toMatchObject({ _id: id, title: "T" });
    expect(await api.append(id, entry)).toMatchObject({ recorded: true });
  },
);

test.each(["", ".", ".."])("an id that is no path segment, %j, is asked of no one", async (id) => {
  const { service, api } = await connected();
  const nowhere = { code: "NOT_FOUND", effect: "none" };
  expect(await faultOf(api.get(id))).toMatchObject(nowhere);
  expect(await faultOf(api.update(id, { title: "T" }))).toMatchObject(nowhere);
  expect(await faultOf(api.append(id, entry))).toMatchObject(nowhere);
  expect(service.requests).toEqual([]);
});

test("a process that may not be the one at work writes nothing there", async () => {
  let mayWrite = false;
  const { service, api } = await connected({ mayWrite: () => mayWrite });
  expect(await faultOf(api.create(newTicket))).toMatchObject({ code: "CLOSED", effect: "none" });
  await expect(api.list({})).resolves.toMatchObject({ tickets: [] });
  mayWrite = true;
  await expect(api.create(newTicket)).resolves.toMatchObject({ title: newTicket.title });
  expect(service.tickets.byId.size).toBe(1);
});
