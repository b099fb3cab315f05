import { besidePeer, peerIn, samplesOf } from "./compare.ts";
import { verdicts } from "./expectations.ts";
import { count, figure, figureOf, megabytes, ratio, table } from "./figures.ts";
import { type BetweenResults, betweenReport } from "./mirror/report.ts";
import type { Options } from "./options.ts";
import type { PostgresResult } from "./postgres/measure.ts";
import { postgresReport } from "./postgres/report.ts";
import { type Scenario, scenarios } from "./scenarios.ts";
import { serverNames } from "./servers.ts";
import type { SlackSample } from "./slack/measure.ts";
import { slackReport } from "./slack/report.ts";
import type { Start } from "./start-up.ts";
import type { Sample } from "./throughput.ts";

export interface Results {
  options: Options;
  measuredOn: string;
  samples: Sample[];
  starts: Start[];
  slack: SlackSample[];
  between: BetweenResults;
  postgres: PostgresResult | undefined;
  /** Why something was not measured. */
  missing: string[];
}

/** The results in Markdown. */
export function report(results: Results): string {
  const { options, measuredOn, slack, between, missing } = results;
  return [
    "## Measured",
    `${measuredOn}. Medians of ${options.rounds} rounds; the servers take turns, each a process of its own, asked over HTTP by another process. A ratio is the median of those of each round, with their range.`,
    ...missing,
    ...httpReport(results),
    ...slackReport(slack),
    ...betweenReport(between, options.mirror),
    ...postgresReport(results.postgres),
  ].join("\n\n");
}

/** Of the ticket service; nothing where it was not measured. */
function httpReport({ options, samples, starts }: Results): string[] {
  if (samples.length === 0) return [];
  const isCreate = ({ kind }: Scenario) => kind === "create";
  const creates = samples.filter(({ scenario }) => isCreate(scenario));
  const reads = samples.filter(({ scenario }) => !isCreate(scenario));
  const asking = reads
    .filter(({ server }) => server === "bare Hono")
    .map(({ askingUs }) => askingUs);
  return [
    "### Create",
    "Answers a second, the 99th percentile of the time to an answer, and the server's CPU time for each. In brackets, how many tickets Deskhand had in the end. json-server does not wait for the disk, and has no auth, no checks and no idempotency.",
    answersTable(creates, options.sizes),
    "### Read",
    `32 callers. Bare Hono answers from a Map, whatever is asked; bare durable and json-server hold all in memory. Asking takes ${figure(asking, " µs")} of CPU an answer itself: a server that takes less than that waits for it, and is faster than it looks.`,
    answersTable(reads, options.sizes),
    "### Start",
    "Until `/readyz` answers 200. Memory is what is resident: at its peak until then, and when nothing is left to do.",
    startsTable(starts),
    ...failures(samples),
    "### Expected",
    verdicts(samples, starts, options.sizes).join("\n"),
  ];
}

function answersTable(samples: Sample[], sizes: number[]): string {
  const shown = scenarios.filter((scenario) =>
    samples.some((sample) => sample.scenario === scenario),
  );
  const servers = serverNames.filter((name) => samples.some(({ server }) => server === name));
  const peer = shown[0] ? peerIn(shown[0]) : "";
  const rows = shown.flatMap((scenario) =>
    sizes
      .filter((size) => samplesOf(samples, { scenario, size, server: "Deskhand" }).length > 0)
      .map((size) => [
        scenario.name,
        ticketsCell(samplesOf(samples, { scenario, size, server: "Deskhand" })),
        ...servers.map((server) => answersCell(samplesOf(samples, { scenario, size, server }))),
        ratio(besidePeer(samples, scenario, size)),
      ]),
  );
  return table(["what", "tickets", ...servers, `Deskhand / ${peer}`], rows);
}

function ticketsCell(samples: Sample[]): string {
  const [first] = samples;
  if (!first) return "–";
  const most = Math.max(...samples.map(({ tickets }) => tickets));
  return first.scenario.kind === "create"
    ? `${count(first.size)} (${count(most)})`
    : count(first.size);
}

function answersCell(samples: Sample[]): string {
  if (samples.length === 0) return "–";
  return [
    figureOf(samples, ({ perSecond }) => perSecond, "/s"),
    figureOf(samples, ({ p99Ms }) => p99Ms, " ms"),
    figureOf(samples, ({ cpuUs }) => cpuUs, " µs"),
  ].join(", ");
}

function startsTable(starts: Start[]): string {
  const nameOf = ({ size, kind, cold }: Start) =>
    `${count(size)} tickets, ${kind}${cold ? ", from a cold disk" : ""}`;
  const rows = [...new Set(starts.map(nameOf))].map((name) => {
    const those = starts.filter((start) => nameOf(start) === name);
    return [
      name,
      count(those.length),
      figureOf(those, ({ readyMs }) => readyMs, " ms"),
      figureOf(those, ({ atReady }) => megabytes(atReady?.peak), " MB"),
      figureOf(those, ({ idle }) => megabytes(idle?.resident), " MB"),
    ];
  });
  return table(
    ["start of Deskhand", "starts", "ready after", "memory at its peak", "memory idle"],
    rows,
  );
}

/** Answers that were no success: with them, what stands above is not to be trusted. */
function failures(samples: Sample[]): string[] {
  const failed = samples.filter((sample) => sample.failed > 0);
  if (failed.length === 0) return [];
  const lines = failed.map(
    ({ server, scenario, size, round, failed, answers }) =>
      `- ${server}, ${scenario.name}, ${count(size)} tickets, round ${round}: ${failed} of ${answers}`,
  );
  return [["### Failed answers", "", ...lines].join("\n")];
}
