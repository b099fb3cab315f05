import { type Expectation, verdict } from "../expectations.ts";
import { figure, figureOf, ratio, type Spread, spreadOf, table } from "../figures.ts";
import { type AppName, appNames } from "./apps.ts";
import type { SlackSample } from "./measure.ts";
import { type SlackScenario, slackScenarios } from "./scenarios.ts";

/** What Deskhand is to reach. */
const expected = {
  /** Of the time that the peer takes, at most. */
  command: 1.3,
  submission: 1,
  /** The share that what is written before the post has in its time, at least. */
  message: 0.5,
} as const;

/** The results in Markdown; nothing where nothing was measured. */
export function slackReport(samples: SlackSample[]): string[] {
  if (samples.length === 0) return [];
  const askingUs = samples.map((sample) => sample.askingUs);
  return [
    "### Slack",
    `Over HTTP, each app a process of its own; what sends, and stands in for the Web API, is one other process, and takes ${figure(askingUs, " µs")} of CPU for each. Until the form is asked for, the form is acked, the message is posted elsewhere: how many a second until all that came of them was done, the median and the 99th percentile of the time, and the app's CPU time for each. One at a time, each waits until nothing is left to do of the one before. Bare Bolt does the least that an app can do. Durable Bolt also writes a file: a form before its ack, a message before it is posted, and what it became afterwards.`,
    timesTable(samples),
    ...failures(samples),
    slackScenarios.map((scenario) => verdict(expectationOf(samples, scenario))).join("\n"),
  ];
}

const of = (samples: SlackSample[], scenario: SlackScenario, app: AppName): SlackSample[] =>
  samples.filter((sample) => sample.scenario === scenario && sample.app === app);

function timesTable(samples: SlackSample[]): string {
  const rows = slackScenarios.map((scenario) => [
    scenario.name,
    ...appNames.map((app) => cell(of(samples, scenario, app))),
    `${ratio(besidePeer(samples, scenario))} of ${scenario.peer}`,
  ]);
  return table(["what", ...appNames, "Deskhand's time"], rows);
}

/** One at a time, how many a second says nothing. */
function cell(samples: SlackSample[]): string {
  if (samples.length === 0) return "–";
  const rates = samples.map(({ donePerSecond }) => donePerSecond);
  const parts = [
    figureOf(samples, ({ medianMs }) => medianMs, " ms"),
    figureOf(samples, ({ p99Ms }) => p99Ms, " ms"),
    figureOf(samples, ({ cpuUs }) => cpuUs, " µs"),
  ];
  return [...(rates.includes(undefined) ? [] : [figure(rates, "/s")]), ...parts].join(", ");
}

/** What comes of the median times of each round. */
function byRound(
  samples: SlackSample[],
  scenario: SlackScenario,
  names: readonly AppName[],
  compute: (...ms: number[]) => number,
): Spread | undefined {
  const [first, ...others] = names.map((name) => of(samples, scenario, name));
  const values = (first ?? []).flatMap(({ round, medianMs }) => {
    const beside = others.map((each) => each.find((sample) => sample.round === round)?.medianMs);
    const known = beside.filter((each) => each !== undefined);
    return known.length === others.length ? [compute(medianMs, ...known)] : [];
  });
  return spreadOf(values);
}

const besidePeer = (samples: SlackSample[], scenario: SlackScenario): Spread | undefined =>
  byRound(samples, scenario, ["Deskhand", scenario.peer], (own = 0, peer = 0) => own / peer);

/** What the writes alone take, of what Deskhand takes. */
const shareOfWrites = (samples: SlackSample[], scenario: SlackScenario): Spread | undefined =>
  byRound(
    samples,
    scenario,
    ["Deskhand", "durable Bolt", "bare Bolt"],
    (own = 0, durable = 0, bare = 0) => (durable - bare) / own,
  );

function expectationOf(samples: SlackSample[], scenario: SlackScenario): Expectation {
  const { kind, name, peer } = scenario;
  const isMost = kind !== "message";
  const bound = expected[kind];
  const spread = isMost ? besidePeer(samples, scenario) : shareOfWrites(samples, scenario);
  const sentence = isMost
    ? `${name}, takes at most ${bound} of what ${peer} takes`
    : `${name}, at least ${bound} of the time is the writes'`;
  return { sentence, measured: spread && { value: spread.median, unit: "" }, isMost, bound };
}

/** What was not taken: with it, what stands above is not to be trusted. */
const failures = (samples: SlackSample[]): string[] =>
  samples
    .filter(({ failed }) => failed > 0)
    .map(
      ({ app, scenario, round, failed, answers }) =>
        `- ${app}, ${scenario.name}, round ${round}: ${failed} of ${answers} were not taken`,
    );
