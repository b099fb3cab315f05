import { once } from "node:events";
import { connect } from "node:net";
import { Hono } from "hono";
import { expect, test } from "vitest";
import { serve } from "../../src/http/server.ts";
import { hangsMs } from "../fakes/until.ts";

/** Longer than any test may take: what waits for it, fails. */
const anHourMs = 3_600_000;

test("a connection on which nothing was ever asked does not hold up a stop", async () => {
  const http = await serve(new Hono<never>(), { host: "127.0.0.1", port: 0 });
  const socket = connect(Number(new URL(http.url).port), "127.0.0.1");
  await once(socket, "connect");
  const closed = once(socket, "close");
  await http.stop(anHourMs);
  await closed;
});

test("a request that never ends is cut off when the time to stop is over", async () => {
  let asked = false;
  const never = () => {
    asked = true;
    return new Promise<Response>(() => undefined);
  };
  const http = await serve({ fetch: never }, { host: "127.0.0.1", port: 0 });
  const answered = fetch(http.url).then(
    () => "answered",
    () => "cut off",
  );
  await expect.poll(() => asked, { timeout: hangsMs }).toBe(true);
  await http.stop(50);
  expect(await answered).toBe("cut off");
});
