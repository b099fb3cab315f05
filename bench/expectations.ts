import { besidePeer, peerIn, timesAsFast } from "./compare.ts";
import { count, digits, megabytes, spreadOf } from "./figures.ts";
import { happensAt, type Scenario, scenarios } from "./scenarios.ts";
import { type Start, startKinds } from "./start-up.ts";
import type { Sample } from "./throughput.ts";

/** What Deskhand is to reach; sizes are in tickets. */
const expected = {
  createBesidePeer: 0.8,
  readBesidePeer: 0.6,
  costGrowth: { from: 0, to: 100_000, most: 1.2 },
  idle: { readyMs: 600, megabytes: 90 },
  full: { size: 100_000, readyMs: 5_000, megabytes: 400 },
} as const;

export interface Expectation {
  sentence: string;
  /** Undefined: it was not measured. */
  measured: { value: number; unit: string } | undefined;
  /** Of the value; or else it is a least one. */
  isMost: boolean;
  bound: number;
}

/** A line for everything that was expected: met, or not, and by which number. */
export function verdicts(samples: Sample[], starts: Start[], sizes: number[]): string[] {
  const all = [...besidePeers(samples, sizes), ...costGrowths(samples), ...startUps(starts)];
  return all.map(verdict);
}

export function verdict({ sentence, measured, isMost, bound }: Expectation): string {
  if (!measured) return `- not measured: ${sentence}`;
  const { value, unit } = measured;
  const isMet = isMost ? value <= bound : value >= bound;
  return `- ${isMet ? "met" : "**not met**"}: ${sentence}: ${digits(value)}${unit}`;
}

const besidePeers = (samples: Sample[], sizes: number[]): Expectation[] =>
  scenarios.flatMap((scenario) =>
    sizes
      .filter((size) => happensAt(scenario, size))
      .map((size) => besidePeerAt(samples, scenario, size)),
  );

function besidePeerAt(samples: Sample[], scenario: Scenario, size: number): Expectation {
  const bound = scenario.kind === "create" ? expected.createBesidePeer : expected.readBesidePeer;
  const spread = besidePeer(samples, scenario, size);
  return {
    sentence: `${scenario.name}, with ${count(size)} tickets, at least ${bound} of ${peerIn(scenario)}`,
    measured: spread && { value: spread.median, unit: "" },
    isMost: false,
    bound,
  };
}

function costGrowths(samples: Sample[]): Expectation[] {
  const { from, to, most } = expected.costGrowth;
  const server = "Deskhand";
  return scenarios
    .filter(({ kind }) => kind === "create")
    .map((scenario) => {
      const one = { scenario, server, size: from } as const;
      const spread = timesAsFast(samples, one, { ...one, size: to });
      return {
        sentence: `${scenario.name}, costs with ${count(to)} tickets at most ${most} of what it costs with ${from}`,
        measured: spread && { value: spread.median, unit: "" },
        isMost: true,
        bound: most,
      };
    });
}

function startUps(starts: Start[]): Expectation[] {
  const { idle, full } = expected;
  const empty = starts.filter(({ size }) => size === 0);
  return [
    atMost(
      `without tickets, ready within ${idle.readyMs} ms of its start`,
      { bound: idle.readyMs, unit: " ms" },
      empty.map(({ readyMs }) => readyMs),
    ),
    atMost(
      `without tickets, holds at most ${idle.megabytes} MB when idle`,
      { bound: idle.megabytes, unit: " MB" },
      empty.map(({ idle }) => megabytes(idle?.resident)),
    ),
    ...startKinds.flatMap((kind) =>
      [false, true].flatMap((cold) => {
        const what = `${count(full.size)} tickets, ${kind}${cold ? ", from a cold disk" : ""}`;
        const those = starts.filter(
          (start) => start.size === full.size && start.kind === kind && start.cold === cold,
        );
        return [
          atMost(
            `${what}, ready within ${full.readyMs} ms`,
            { bound: full.readyMs, unit: " ms" },
            those.map(({ readyMs }) => readyMs),
          ),
          atMost(
            `${what}, at most ${full.megabytes} MB until it is ready`,
            { bound: full.megabytes, unit: " MB" },
            those.map(({ atReady }) => megabytes(atReady?.peak)),
          ),
        ];
      }),
    ),
  ];
}

/** Of the median of what was measured. */
export function atMost(
  sentence: string,
  { bound, unit }: { bound: number; unit: string },
  values: (number | undefined)[],
): Expectation {
  const spread = spreadOf(values.filter((value) => value !== undefined));
  return { sentence, measured: spread && { value: spread.median, unit }, isMost: true, bound };
}
