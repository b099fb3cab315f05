import { expect, test } from "vitest";
import { createMetrics } from "../../src/http/metrics.ts";
import { memoryStore } from "../desk/memory-store.ts";

test("operators see how much is still to be read back, since when, and what came of it", async () => {
  const metrics = createMetrics(memoryStore());
  const since = Date.now() - 60_000;
  metrics.watchUnread({
    unread: () => [
      { platform: "one", tickets: 7, since },
      { platform: "two", tickets: 0, since: undefined },
    ],
  });
  metrics.readBack("one", "accepted");
  metrics.readBack("one", "accepted");
  const lines = (await metrics.text()).split("\n");
  expect(lines).toContain('deskhand_catch_up_tickets{platform="one"} 7');
  expect(lines).toContain('deskhand_catch_up_tickets{platform="two"} 0');
  expect(lines).toContain('deskhand_catch_up_since_seconds{platform="two"} 0');
  expect(lines).toContain('deskhand_catch_up_messages_total{platform="one",result="accepted"} 2');
  const seconds = lines.find((line) =>
    line.startsWith('deskhand_catch_up_since_seconds{platform="one"}'),
  );
  expect(Number(seconds?.split(" ").at(-1))).toBeGreaterThanOrEqual(60);
});

test("operators see how often a platform asked to wait, and for how much longer", async () => {
  const metrics = createMetrics(memoryStore());
  metrics.rateLimited("one", 90_000);
  metrics.rateLimited("one", 1_000);
  metrics.rateLimited("two", 0);
  const lines = (await metrics.text()).split("\n");
  expect(lines).toContain('deskhand_rate_limits_total{platform="one"} 2');
  expect(lines).toContain('deskhand_rate_limits_total{platform="two"} 1');
  expect(lines).toContain('deskhand_rate_limit_wait_seconds{platform="two"} 0');
  const waits = lines.find((line) => line.startsWith("deskhand_rate_limit_wait_seconds{"));
  const seconds = Number(waits?.split(" ").at(-1));
  expect(seconds).toBeGreaterThan(1);
  expect(seconds).toBeLessThanOrEqual(90);
});
