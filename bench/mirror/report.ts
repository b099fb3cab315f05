import { atMost, type Expectation, verdict } from "../expectations.ts";
import {
  count,
  digits,
  figure,
  figureOf,
  ratio,
  type Spread,
  spreadOf,
  table,
} from "../figures.ts";
import type { MirrorSizes } from "../options.ts";
import type { LimitSample } from "./limits.ts";
import { fewEntries, type LongSample } from "./long.ts";
import { memoryReport } from "./memory-report.ts";
import type { OutageResult } from "./outage.ts";
import type { PlatformName } from "./sightings.ts";
import { type MirrorName, type MirrorResults, type MirrorSample, mirrorNames } from "./steady.ts";

/** What was measured between Slack and Discord; nothing of what was not. */
export interface BetweenResults {
  mirror: MirrorResults | undefined;
  long: LongSample[];
  limits: LimitSample[];
  outage: OutageResult | undefined;
}

/** What Deskhand is to reach. */
const expected = {
  medianMs: 25,
  p99Ms: 150,
  /** Of a reply on a long ticket, beside one on a short. */
  longCost: 5,
  /** Of a platform's limit, at least. */
  share: 0.95,
} as const;

/** The results in Markdown. */
export const betweenReport = (
  { mirror, long, limits, outage }: BetweenResults,
  sizes: MirrorSizes,
): string[] => [
  ...(mirror ? mirrorReport(mirror, sizes) : []),
  ...(long.length > 0 ? longReport(long, sizes) : []),
  ...(limits.length > 0 ? limitsReport(limits, sizes) : []),
  ...(outage ? outageReport(outage) : []),
];

const none = { bound: 0, unit: "" };

const list = (expectations: Expectation[]): string => expectations.map(verdict).join("\n");

const platforms: readonly PlatformName[] = ["slack", "discord"];
const names = { slack: "Slack", discord: "Discord" } as const;

function mirrorReport(
  { samples, memory }: MirrorResults,
  { tickets, perSecond }: MirrorSizes,
): string[] {
  return [
    "### Between Slack and Discord",
    `${count(tickets)} open tickets, half of them from each platform, with their agents on the other; ${perSecond} messages a second arrive on each platform, at random moments, from requesters and agents. From when an event leaves one platform to when the other is asked to post: the median and the 99th percentile, and the app's CPU time for each message. Each app is a process of its own between stand-ins of its own that answer at once, in the process that measures. The bare bridge, Bolt and discord.js, keeps nothing; the durable bridge also writes a file before it acks and posts, and what it became afterwards.`,
    mirrorTable(samples),
    ...mirrorFailures(samples),
    list(mirrorExpectations(samples)),
    ...memoryReport(memory),
  ];
}

const from = (samples: MirrorSample[], platform: PlatformName, name: MirrorName): MirrorSample[] =>
  samples.filter(({ app, from }) => app === name && from === platform);

function mirrorTable(samples: MirrorSample[]): string {
  const rows = platforms.map((platform) => [
    `from ${names[platform]}`,
    ...mirrorNames.map((name) => mirrorCell(from(samples, platform, name))),
    ...mirrorNames.slice(1).map((peer) => ratio(timesAsLong(samples, platform, peer))),
  ]);
  const beside = mirrorNames.slice(1).map((peer) => `Deskhand's time / ${peer}`);
  return table(["what", ...mirrorNames, ...beside], rows);
}

const mirrorCell = (samples: MirrorSample[]): string =>
  [
    figureOf(samples, ({ medianMs }) => medianMs, " ms"),
    figureOf(samples, ({ p99Ms }) => p99Ms, " ms"),
    figureOf(samples, ({ cpuMs }) => cpuMs, " ms CPU"),
  ].join(", ");

/** Of the median times, round by round. */
function timesAsLong(
  samples: MirrorSample[],
  platform: PlatformName,
  peer: MirrorName,
): Spread | undefined {
  const others = from(samples, platform, peer);
  const ratios = from(samples, platform, "Deskhand").flatMap(({ round, medianMs }) => {
    const beside = others.find((other) => other.round === round);
    return beside ? [medianMs / beside.medianMs] : [];
  });
  return spreadOf(ratios);
}

function mirrorExpectations(samples: MirrorSample[]): Expectation[] {
  return platforms.flatMap((platform) => {
    const those = from(samples, platform, "Deskhand");
    const name = names[platform];
    return [
      atMost(
        `from ${name}, half of the messages within ${expected.medianMs} ms`,
        { bound: expected.medianMs, unit: " ms" },
        those.map(({ medianMs }) => medianMs),
      ),
      atMost(
        `from ${name}, 99 of 100 within ${expected.p99Ms} ms`,
        { bound: expected.p99Ms, unit: " ms" },
        those.map(({ p99Ms }) => p99Ms),
      ),
    ];
  });
}

const mirrorFailures = (samples: MirrorSample[]): string[] =>
  samples
    .filter(({ doubled }) => doubled > 0)
    .map(
      ({ app, from, round, doubled }) =>
        `- ${app}, from ${from}, round ${round}: ${doubled} came twice`,
    );

const ways: readonly LongSample["how"][] = ["in chat", "over HTTP"];

function longReport(samples: LongSample[], { entries }: MirrorSizes): string[] {
  const those = (how: LongSample["how"], isLong: boolean) =>
    samples.filter((sample) => sample.how === how && sample.isLong === isLong);
  const times = (how: LongSample["how"], of: (sample: LongSample) => number | undefined) =>
    spreadOf(
      those(how, true).flatMap((sample) => {
        const short = those(how, false).find(({ round }) => round === sample.round);
        const [own, beside] = [of(sample), short && of(short)];
        return own === undefined || beside === undefined ? [] : [own / beside];
      }),
    );
  const timeOf = ({ medianMs }: LongSample) => medianMs;
  const cpuOf = ({ cpuMs }: LongSample) => cpuMs;
  const cell = (each: LongSample[]) =>
    `${figure(each.map(timeOf), " ms")}, ${figure(each.map(cpuOf), " ms CPU")}`;
  const rows = ways.map((how) => [
    how,
    cell(those(how, false)),
    cell(those(how, true)),
    ratio(times(how, timeOf)),
    ratio(times(how, cpuOf)),
  ]);
  const long = `${count(entries)} entries`;
  return [
    "### A reply on a long ticket",
    "One at a time. In chat: a requester's in Slack, until Discord is asked to post it; over HTTP: until it is answered. The CPU time is all that Deskhand has done for it in the end.",
    table(["reply", `${fewEntries} entries`, long, "time, times", "CPU, times"], rows),
    list(
      ways.flatMap((how) => [
        atMostSpread(
          `${how}, the time with ${long} at most ${expected.longCost} times`,
          times(how, timeOf),
        ),
        atMostSpread(
          `${how}, the CPU with ${long} at most ${expected.longCost} times`,
          times(how, cpuOf),
        ),
      ]),
    ),
  ];
}

const atMostSpread = (sentence: string, spread: Spread | undefined): Expectation => ({
  sentence,
  measured: spread && { value: spread.median, unit: "" },
  isMost: true,
  bound: expected.longCost,
});

function limitsReport(samples: LimitSample[], { limitMs }: MirrorSizes): string[] {
  const rows = samples.map((sample) => [
    sample.name,
    count(sample.messages),
    figure([sample.perSecond], "/s"),
    `${sample.limitPerSecond}/s`,
    `**${figure([shareOf(sample)], "")}**`,
    `${sample.refused} (${sample.refusedAtFirst})`,
    `${sample.outOfOrder}`,
  ]);
  return [
    "### At the platforms' limits",
    `More is written at once than the platforms take in ${limitMs / 1_000} s: Slack one message a second in a channel, and three at once at first; Discord five in five seconds in a thread, which its headers tell, and 50 calls a second in all, which they do not. In brackets, the 429s of the first five seconds. The share is of the time from five seconds after all was written; none, where all was sent by then.`,
    table(["to", "messages", "sent", "limit", "share", "429s", "out of order"], rows),
    list(
      samples.flatMap((sample) => [
        nearLimit(`${sample.name}, at least ${expected.share} of the limit`, sample),
        atMost(`${sample.name}, no 429`, none, [sample.refused]),
      ]),
    ),
  ];
}

interface Rated {
  perSecond: number | undefined;
  limitPerSecond: number;
}

const shareOf = ({ perSecond, limitPerSecond }: Rated): number | undefined =>
  perSecond === undefined ? undefined : perSecond / limitPerSecond;

function nearLimit(sentence: string, rated: Rated): Expectation {
  const share = shareOf(rated);
  const measured = share === undefined ? undefined : { value: share, unit: "" };
  return { sentence, measured, isMost: false, bound: expected.share };
}

function outageReport(outage: OutageResult): string[] {
  const { owed, noticedMs, drainedMs, perSecond, meanwhile } = outage;
  const { refused, outOfOrder, doubled } = outage;
  const seconds = (ms: number) => `${digits(ms / 1_000)} s`;
  return [
    "### After an outage",
    `Discord answers everything with 503 while people write in Slack; then it is back, with its limits. Meanwhile others write in tickets that owe nothing.`,
    table(
      [
        "owed",
        "until the first is sent",
        "until the last",
        "sent",
        "share of the limit",
        "429s",
        "out of order",
        "twice",
        "new messages meanwhile",
      ],
      [
        [
          ...[count(owed), seconds(noticedMs), seconds(drainedMs), figure([perSecond], "/s")],
          ...[`**${figure([shareOf(outage)], "")}**`, `${refused}`, `${outOfOrder}`, `${doubled}`],
          `${count(meanwhile.letters)}: ${digits(meanwhile.medianMs)} ms, 99th percentile ${digits(meanwhile.p99Ms)} ms`,
        ],
      ],
    ),
    list([
      nearLimit(`what is owed is sent at ${expected.share} of the limit or more`, outage),
      atMost("none out of order in its thread", none, [outOfOrder]),
      atMost("none twice", none, [doubled]),
    ]),
  ];
}
