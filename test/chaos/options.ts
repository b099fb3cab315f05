import { parseArgs } from "node:util";
import { losesEventsByDefault } from "./world.ts";

/** What is asked for on the command line. */
export interface Options {
  seed: number;
  minutes: number;
  /** The number of the first round. */
  round: number;
  only: string[];
  losesEvents: boolean;
  tickets: number;
  acts: number;
  kills: number;
  outages: number;
  /** A failure is tried again with less. */
  shrinks: boolean;
  traces: boolean;
  processes: number;
}

export const usage = `npm run chaos -- [--seed N] [--minutes M] [--round R] [--only NAMES] [--no-lose-events]

Plays people against Deskhand while everything goes wrong, and says what was lost, repeated or leaked.
It ends with 1 when anything was.

  --seed         what everything is drawn from (any; it is printed)
  --minutes      no further round begins after so long (3)
  --round        begins with this round; each is drawn from the seed and its number (1)
  --only         plays these tickets alone: t1x0,t1x3
  --tickets      in a round (8)
  --acts         of each person in each ticket, at most (10)
  --kills        in a round (10)
  --processes    on one database, which is started for it; 1: on a data folder (1)
  --outages      in a round (4)
  --no-shrink    does not look for a shorter history of a failure
  --trace        tells of everything as it happens
  --no-lose-events
                 what happens while no one hears it is told later; else, as on the real platforms, it
                 is not
`;

/** Undefined: help was asked for. Throws what `parseArgs` throws. */
export function readOptions(args: string[], anySeed: () => number): Options | undefined {
  const { values } = parseArgs({
    args,
    allowNegative: true,
    options: {
      help: { type: "boolean", short: "h" },
      seed: { type: "string" },
      minutes: { type: "string", default: "3" },
      round: { type: "string", default: "1" },
      only: { type: "string", default: "" },
      "lose-events": { type: "boolean", default: losesEventsByDefault },
      tickets: { type: "string", default: "8" },
      acts: { type: "string", default: "10" },
      kills: { type: "string", default: "10" },
      outages: { type: "string", default: "4" },
      processes: { type: "string", default: "1" },
      shrink: { type: "boolean", default: true },
      trace: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  return {
    seed: values.seed === undefined ? anySeed() : number("--seed", values.seed),
    minutes: number("--minutes", values.minutes),
    round: number("--round", values.round),
    only: values.only.split(",").filter((name) => name !== ""),
    losesEvents: values["lose-events"],
    tickets: number("--tickets", values.tickets),
    acts: number("--acts", values.acts),
    kills: number("--kills", values.kills),
    outages: number("--outages", values.outages),
    shrinks: values.shrink,
    traces: values.trace,
    processes: number("--processes", values.processes),
  };
}

function number(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= 0) return value;
  throw new Error(`${name} takes a number, not "${text}"`);
}
