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
  /** The ticket service over HTTP, chat over Slack, or both. */
  parts: readonly Part[];
  /** Where everything is written; a new folder. */
  folder: string;
}

const allParts = ["http", "slack"] as const;
type Part = (typeof allParts)[number];

export const usage = `npm run bench -- [--quick] [--rounds N] [--seconds S] [--sizes 0,10000,100000] [--only http|slack] [--dir FOLDER]

The whole of it takes about fifteen minutes, five of them in Slack. Where it may, it drops the page cache before some starts.

  --quick    without the largest size, and shorter: about five minutes
  --rounds   how often each thing is measured (5; 3 with --quick)
  --seconds  how long each thing is measured, each round (1; 0.5 with --quick)
  --sizes    how many tickets are there before the first create
  --only     measure the ticket service over HTTP alone, or Slack alone
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
      only: { type: "string" },
      dir: { type: "string", default: join(projectFolder, ".bench") },
    },
  });
  if (values.help) return undefined;
  const usual = values.quick
    ? { sizes: "0,10000", rounds: "3", seconds: "0.5" }
    : { sizes: "0,10000,100000", rounds: "5", seconds: "1" };
  return {
    sizes: (values.sizes ?? usual.sizes).split(",").map((size) => positive("--sizes", size, 0)),
    rounds: positive("--rounds", values.rounds ?? usual.rounds, 1),
    measureMs: positive("--seconds", values.seconds ?? usual.seconds, 0.1) * 1_000,
    parts: values.only === undefined ? allParts : [part(values.only)],
    folder: join(values.dir, now.toISOString().replaceAll(":", "-")),
  };
}

function part(text: string): Part {
  const known = allParts.find((each) => each === text);
  if (known) return known;
  throw new Error(`--only takes ${allParts.join(" or ")}, not "${text}"`);
}

function positive(name: string, text: string, least: number): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= least) return value;
  throw new Error(`${name} takes numbers of ${least} or more, not "${text}"`);
}
