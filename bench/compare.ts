import { type Spread, spreadOf } from "./figures.ts";
import type { Scenario } from "./scenarios.ts";
import type { ServerName } from "./servers.ts";
import type { Sample } from "./throughput.ts";

/** Which samples. */
export interface Which {
  scenario: Scenario;
  server: ServerName;
  size: number;
}

export const samplesOf = (samples: Sample[], { scenario, server, size }: Which): Sample[] =>
  samples.filter(
    (sample) => sample.scenario === scenario && sample.server === server && sample.size === size,
  );

/**
 * How many times as fast the one was as the other, taken round by round: what came over the
 * machine in one of them came over both. Undefined when either was not measured.
 */
export function timesAsFast(samples: Sample[], one: Which, other: Which): Spread | undefined {
  const others = samplesOf(samples, other);
  const ratios = samplesOf(samples, one).flatMap(({ round, perSecond }) => {
    const beside = others.find((sample) => sample.round === round);
    return beside ? [perSecond / beside.perSecond] : [];
  });
  return spreadOf(ratios);
}

/** Whom Deskhand is held against. */
export const peerIn = ({ kind }: Scenario): ServerName =>
  kind === "create" ? "bare durable" : "bare Hono";

export const besidePeer = (samples: Sample[], scenario: Scenario, size: number) =>
  timesAsFast(
    samples,
    { scenario, size, server: "Deskhand" },
    { scenario, size, server: peerIn(scenario) },
  );
