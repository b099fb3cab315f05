import { expect, test } from "vitest";
import { live } from "./history.ts";
import { commandFor, shrunk } from "./shrink.ts";

const wantedSteps = 1_000_000;

/** How many histories are lived through before anything else gets its turn. */
const atATime = 20;

/** For as long as a busy machine needs; what is counted are steps. */
const timeoutMs = 15 * 60_000;

test(
  "in a million things that happen, in thousands of histories, nothing is lost, doubled, leaked or out of order",
  async () => {
    let steps = 0;
    let crashes = 0;
    let faults = 0;
    let said = 0;
    let lost = 0;
    let seed = 0;
    for (; steps < wantedSteps; seed += 1) {
      const lived = await live({ seed });
      steps += lived.steps;
      crashes += lived.crashes.length;
      faults += lived.faults;
      said += lived.said;
      lost += lived.lost;
      if (lived.wrongs.length > 0) {
        const shorter = commandFor(await shrunk({ seed }, lived));
        expect.fail(`${lived.wrongs.join("\n")}\n\n${commandFor({ seed })}\nshorter: ${shorter}`);
      }
      if (seed % atATime === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    process.stdout.write(
      `${steps} steps in ${seed} histories, with ${said} messages, ${crashes} crashes and ${faults} faults\n`,
    );
    expect(crashes).toBeGreaterThan(1_000);
    expect(faults).toBeGreaterThan(1_000);
    // Of what was deleted with its thread, or was out of reach, nothing is expected.
    expect(lost).toBeLessThan(said / 10);
  },
  timeoutMs,
);
