import { describe, expect, test } from "vitest";
import { live } from "./history.ts";
import { commandFor, shrunk } from "./shrink.ts";
import type { Told } from "./world.ts";

const timeoutMs = 15 * 60_000;

/** Fails with the command that shows it again. */
async function expectKept(told: Told): Promise<number> {
  const lived = await live(told);
  if (lived.wrongs.length > 0) {
    const shorter = commandFor(await shrunk(told, lived));
    expect.fail(`${lived.wrongs.join("\n")}\n\n${commandFor(told)}\nshorter: ${shorter}`);
  }
  return lived.steps;
}

describe("whenever the process dies", () => {
  test.each([1, 2, 3, 4, 5, 6])(
    "in history %i, nothing is lost, doubled, leaked or out of order",
    async (seed) => {
      const acts = 5;
      const steps = await expectKept({ seed, acts, crashAt: [] });
      expect(steps).toBeGreaterThan(50);
      for (let step = 1; step <= steps; step += 1)
        await expectKept({ seed, acts, crashAt: [step] });
    },
    timeoutMs,
  );

  test(
    "nor when it dies again, while it puts right what was left",
    async () => {
      const told = { seed: 8, acts: 3 };
      const steps = await expectKept({ ...told, crashAt: [] });
      for (let first = 1; first <= steps; first += 7)
        for (let again = 1; again <= 60; again += 3)
          await expectKept({ ...told, crashAt: [first, first + again] });
    },
    timeoutMs,
  );
});
