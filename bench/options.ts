import { join } from "node:path";
import { parseArgs } from "node:util";

/** The project's folder, from where this is built to: `dist/bench`. */
export const projectFolder = join(import.meta.dirname, "..", "..");

/** How much is measured, and where. */
export interface Options {
  /** How many tickets are there before the first create. */
  sizes: number[];
  /** How often each thing is measured; what is told is the median. */
  rounds: number;
  /** How long each thing is measured, each round. */
  measureMs: number;
  /** What is measured. */
  parts: readonly Part[];
  /** How much is mirrored between Slack and Discord. */
  mirror: MirrorSizes;
  /** Where everything is written; a new folder. */
  folder: string;
}

export interface MirrorSizes {
  /** How many tickets are open. */
  tickets: number;
  /** How often each app is measured, and each length of ticket. */
  rounds: number;
  /** How long each app is measured, each round. */
  measureMs: number;
  /** Messages that arrive on each platform. */
  perSecond: number;
  /** How long memory is watched. */
  watchMs: number;
  /** How many entries a long ticket has. */
  entries: number;
  /** How long each of the platforms' limits is sent at. */
  limitMs: number;
  /** How many messages are owed after an outage. */
  owed: number;
}

/**
 * The ticket service over HTTP; chat over Slack; messages between Slack and Discord, on long tickets, at
 * the platforms' limits, and after one of them was down; several processes on PostgreSQL.
 */
const allParts = ["http", "slack", "mirror", "long", "limits", "outage", "postgres"] as const;
type Part = (typeof allParts)[number];

export const usage = `npm run bench -- [--quick] [--rounds N] [--seconds S] [--sizes 0,10000,100000] [--only PARTS] [--rate N] [--minutes M] [--owed N] [--dir FOLDER]

The whole of it takes about half an hour: ten minutes over HTTP, five in Slack, five each for mirroring and long tickets, three each at the limits and after an outage, six on PostgreSQL. Where it may, it drops the page cache before some starts.

  --quick    without the largest size, and shorter: about a third of that
  --rounds   how often each thing is measured (5; 3 with --quick; at most 3 between Slack and Discord)
  --seconds  how long each thing is measured, each round (1; 0.5 with --quick; 20 times that between Slack and Discord)
  --sizes    how many tickets are there before the first create
  --only     measure these alone: any of ${allParts.join(",")}
  --rate     how many messages a second arrive on each platform while they are mirrored (20)
  --minutes  how long memory is watched while messages are mirrored (1; the goal is about 10)
  --owed     how many messages are owed after an outage (2000; 500 with --quick; the goal is about 10000)
  --dir      where it writes, which should be on the disk that is in question (.bench)
`;

/** Reads the command line. Undefined: help was asked for. Throws what `parseArgs` throws. */
export function readOptions(args: string[], now: Date): Options | undefined {
  const { values } = parseArgs({
    args,
    options: {
      help: { type: "boolean", short: "h" },
      quick: { type: "boolean" },
      rounds: { type: "string" },
      seconds: { type: "string" },
      sizes: { type: "string" },
      only: { type: "string", default: allParts.join(",") },
      rate: { type: "string", default: "20" },
      minutes: { type: "string", default: "1" },
      owed: { type: "string" },
      dir: { type: "string", default: join(projectFolder, ".bench") },
    },
  });
  if (values.help) return undefined;
  const usual = values.quick
    ? { sizes: "0,10000", rounds: "3", seconds: "0.5", owed: "500", ...few }
    : { sizes: "0,10000,100000", rounds: "5", seconds: "1", owed: "2000", ...many };
  const rounds = positive("--rounds", values.rounds ?? usual.rounds, 1);
  const measureMs = positive("--seconds", values.seconds ?? usual.seconds, 0.1) * 1_000;
  return {
    ...{ rounds, measureMs },
    sizes: (values.sizes ?? usual.sizes).split(",").map((size) => positive("--sizes", size, 0)),
    parts: values.only.split(",").map(part),
    mirror: {
      ...{ tickets: usual.tickets, entries: usual.entries },
      rounds: Math.min(rounds, mostMirrorRounds),
      measureMs: measureMs * mirrorTimes,
      perSecond: positive("--rate", values.rate, 0.1),
      watchMs: positive("--minutes", values.minutes, 0) * 60_000,
      limitMs: measureMs * limitTimes,
      owed: positive("--owed", values.owed ?? usual.owed, 1),
    },
    folder: join(values.dir, now.toISOString().replaceAll(":", "-")),
  };
}

const few = { tickets: 200, entries: 500 };
const many = { tickets: 1_000, entries: 2_000 };

const mostMirrorRounds = 3;
/** People write few messages a second: it takes longer to have enough of them. */
const mirrorTimes = 20;
const limitTimes = 40;

function part(text: string): Part {
  const known = allParts.find((each) => each === text);
  if (known) return known;
  throw new Error(`--only takes any of ${allParts.join(",")}, not "${text}"`);
}

function positive(name: string, text: string, least: number): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= least) return value;
  throw new Error(`${name} takes numbers of ${least} or more, not "${text}"`);
}
