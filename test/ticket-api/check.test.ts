import { expect, test } from "vitest";
import type { Fault } from "../fakes/ticket-api-faults.ts";
import { clientOf, connected, created, newTicket } from "./connected.ts";

test("a check of a good service says so, and changes nothing", async () => {
  const { service, api } = await connected();
  expect(await api.check()).toEqual({
    ok: true,
    sentence: expect.stringMatching(/accepts the token/),
  });
  expect(service.requests).toMatchObject([{ method: "GET", query: { limit: "1" } }]);
});

test.each<[string, Fault, RegExp]>([
  ["a page instead of tickets", "html", /not one that a ticket service gives.*TICKETS_API_URL/],
  [
    "another service's answer",
    { rewrite: () => ({ ok: 1 }) },
    /not one that a ticket service gives/,
  ],
  ["no such path", { status: 404 }, /TICKETS_API_URL/],
  ["a token without the right", { status: 403 }, /TICKETS_API_TOKEN/],
  [
    "another address",
    { status: 301, headers: { location: "https://x.example/" } },
    /https:\/\/x\.example/,
  ],
  ["too many requests", { status: 429 }, /TICKETS_API_POLL_MS/],
  ["a broken service", { status: 500 }, /failed.*500/],
  [
    "a ticket that is not understood",
    { rewrite: () => ({ data: [{ ...created.data, status: "new" }] }) },
    /status: "new"/,
  ],
])("a check finds %s, and says so in words", async (_, fault, sentence) => {
  const { service, api } = await connected();
  await api.create(newTicket);
  service.misbehave(fault);
  expect(await api.check()).toEqual({ ok: false, sentence: expect.stringMatching(sentence) });
});

test("a check finds a wrong token", async () => {
  const { service } = await connected();
  const { ok, sentence } = await clientOf(service.url, { token: "wrong-one" }).check();
  expect(ok).toBe(false);
  expect(sentence).toMatch(/does not accept the token.*TICKETS_API_TOKEN/);
  expect(sentence).not.toContain("wrong-one");
});

test("a check finds that no one is there", async () => {
  const { service } = await connected();
  await service.stop();
  const { ok, sentence } = await clientOf(service.url).check();
  expect(ok).toBe(false);
  expect(sentence).toMatch(/cannot be reached.*ECONNREFUSED.*TICKETS_API_URL/);
});
