import { expect, onTestFinished, test } from "vitest";
import { exchange, openPool } from "../../adapters/ticket-api/exchange.ts";
import { startTicketApi } from "../fakes/ticket-api.ts";
import { hangsMs } from "../fakes/until.ts";

const patient = { connectMs: 60_000, headersMs: 60_000, bodyMs: 60_000 };

test("a request given up while it waits for a connection is never sent", async () => {
  const service = await startTicketApi();
  const pool = openPool({
    ...patient,
    connections: 1,
    keepsConnections: true,
    maxResponseBytes: 10_000,
  });
  onTestFinished(async () => {
    await service.stop();
    await pool.close();
  });
  const url = new URL(`${service.url}/v2/support-tickets`);
  const send = (method: "GET" | "POST", signal: AbortSignal) =>
    exchange(pool, { method, url, headers: {}, body: null }, signal);

  service.misbehave("slow-headers");
  const first = new AbortController();
  const second = new AbortController();
  const held = send("GET", first.signal);
  const queued = send("POST", second.signal);
  await expect.poll(() => service.requests.length, { timeout: hangsMs }).toBe(1);
  second.abort(new Error("given up"));
  expect(await queued).toMatchObject({ sent: false, error: { message: "given up" } });
  first.abort(new Error("given up too"));
  expect(await held).toMatchObject({ sent: true, error: { message: "given up too" } });

  expect(await send("GET", new AbortController().signal)).toMatchObject({ sent: true });
  expect(service.requests.map(({ method }) => method)).toEqual(["GET", "GET"]);
});
