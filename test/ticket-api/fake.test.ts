import { describe, expect, onTestFinished, test } from "vitest";
import { startTicketApi } from "../fakes/ticket-api.ts";
import { withExtraKeys, withoutNulls } from "../fakes/ticket-api-faults.ts";
import { created, fixture, newTicket } from "./connected.ts";

const listed = fixture<{ success: true; data: unknown[]; pagination: object }>(
  "list.response.json",
);
const told = fixture<Record<string, unknown>>("errors.json");

async function standIn() {
  const service = await startTicketApi();
  onTestFinished(() => service.stop());
  const ask = (method: string, path: string, body?: unknown, token = service.clientToken) =>
    fetch(`${service.url}/v2/support-tickets${path}`, {
      method,
      redirect: "manual",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  return { service, ask };
}

describe("the stand-in answers with the contract's own fixtures", () => {
  test("a create, byte for byte", async () => {
    const { ask } = await standIn();
    const answer = await ask("POST", "", newTicket);
    expect(answer.status).toBe(201);
    expect(await answer.text()).toBe(JSON.stringify(created));
  });

  test("a read and a list", async () => {
    const { ask } = await standIn();
    await ask("POST", "", newTicket);
    expect(await (await ask("GET", `/${created.data._id}`)).json()).toEqual(created);
    const { success, data, pagination } = listed;
    expect(await (await ask("GET", "")).json()).toEqual({ success, data, pagination });
  });

  test("refusals", async () => {
    const { ask } = await standIn();
    const bodyOf = async (answer: Promise<Response>) => (await answer).json();
    expect(await bodyOf(ask("POST", "", {}))).toEqual(told.titleMissing);
    expect(await bodyOf(ask("POST", "", { ...newTicket, priority: "huge" }))).toEqual(
      told.priorityInvalid,
    );
    expect(await bodyOf(ask("GET", "/none"))).toEqual(told.ticketMissing);
    expect(await bodyOf(ask("GET", "?limit=0"))).toEqual(told.listParametersInvalid);
    expect((await ask("GET", "", undefined, "no-such-token")).status).toBe(401);
    expect((await ask("DELETE", "")).status).toBe(404);
  });
});

describe("the stand-in misbehaves when it is told to", () => {
  test("and only as often as it is told, to the method it is told", async () => {
    const { service, ask } = await standIn();
    service.misbehave({ status: 503 }, { times: 2, method: "POST" });
    expect((await ask("GET", "")).status).toBe(200);
    expect((await ask("POST", "", newTicket)).status).toBe(503);
    expect((await ask("POST", "", newTicket)).status).toBe(503);
    expect(service.tickets.byId.size).toBe(0);
    expect((await ask("POST", "", newTicket)).status).toBe(201);
    expect(service.requests.map(({ method, body }) => ({ method, body }))).toEqual([
      { method: "GET", body: undefined },
      ...Array(3).fill({ method: "POST", body: newTicket }),
    ]);
  });

  test("a reset comes before the write, or after it", async () => {
    const { service, ask } = await standIn();
    service.misbehave("reset");
    await expect(ask("POST", "", newTicket)).rejects.toThrow();
    expect(service.tickets.byId.size).toBe(0);
    service.misbehave("reset-after-write");
    await expect(ask("POST", "", newTicket)).rejects.toThrow();
    expect(service.tickets.byId.size).toBe(1);
  });

  test("an answer never begins, or never ends", async () => {
    const { service, ask } = await standIn();
    service.misbehave("slow-headers");
    const unanswered = ask("POST", "", newTicket);
    await expect.poll(() => service.tickets.byId.size, { timeout: 30_000 }).toBe(1);
    service.misbehave("slow-body");
    const begun = await ask("POST", "", newTicket);
    expect(begun.status).toBe(201);
    const cut = [unanswered, begun.text()].map((call) => expect(call).rejects.toThrow());
    await service.stop();
    await Promise.all(cut);
  });

  test("an answer is cut short, with and without saying so", async () => {
    const { service, ask } = await standIn();
    service.misbehave("truncated-json");
    const whole = JSON.stringify(created);
    const short = await (await ask("POST", "", newTicket)).text();
    expect(whole.startsWith(short)).toBe(true);
    expect(short.length).toBeLessThan(whole.length);
    service.misbehave("cut-off");
    await expect(ask("GET", "").then((answer) => answer.text())).rejects.toThrow();
  });

  test("another page, a huge answer, garbage, a redirect", async () => {
    const { service, ask } = await standIn();
    service.misbehave("html");
    expect((await ask("GET", "")).headers.get("content-type")).toBe("text/html");
    service.misbehave({ hugeBytes: 1_000_000 });
    expect((await (await ask("GET", "")).text()).length).toBeGreaterThan(1_000_000);
    service.misbehave("garbage");
    await expect(ask("GET", "")).rejects.toThrow();
    service.misbehave({ status: 302, headers: { location: "http://127.0.0.1:1/" } });
    expect((await ask("GET", "")).status).toBe(302);
  });

  test("nulls are left out, and keys no one knows are added", async () => {
    const { service, ask } = await standIn();
    service.misbehave({ rewrite: withoutNulls });
    const without = await (await ask("POST", "", newTicket)).json();
    const { assignedTo, resolution, resolvedAt, ...rest } = created.data;
    expect(without).toEqual({ success: true, data: rest });
    service.misbehave({ rewrite: withExtraKeys });
    const more = await (await ask("GET", `/${created.data._id}`)).json();
    expect(more).toMatchObject({ ...created, __v: 0, data: { threads: [{ __v: 0 }] } });
  });
});
