/**
 * Plays many people against Deskhand as a child process, from a printed seed, while it is killed and
 * everything around it goes wrong: `npm run chaos -- --help`.
 */
import { randomInt } from "node:crypto";
import { commandFor, shrunk } from "./again.ts";
import { type Asked, run, usualLikely } from "./chaos.ts";
import { type Options, readOptions, usage } from "./options.ts";
import { failure, summary } from "./summary.ts";

const mostSeed = 1_000_000;

/** What is going on, on standard error: standard output is for the results. */
const tell = (line: string) => void process.stderr.write(`${line}\n`);
const print = (text: string) => void process.stdout.write(`${text}\n`);

function askedFor(options: Options): Asked {
  const { seed, minutes, round, only, losesEvents, tickets, acts, kills, outages, processes } =
    options;
  const endsAt = Date.now() + minutes * 60_000;
  return {
    ...{ seed, losesEvents, processes, only, tell, likely: usualLikely, first: round },
    size: { tickets, acts, kills, outages },
    goesOn: () => Date.now() < endsAt,
    ...(options.traces && { trace: tell }),
  };
}

async function main(options: Options): Promise<void> {
  const asked = askedFor(options);
  tell(`seed ${asked.seed}`);
  const whole = { asked, result: await run(asked) };
  print(summary(whole.result));
  if (whole.result.findings.length === 0) return;
  process.exitCode = 1;
  print(failure(whole.result, commandFor(whole)));
  if (!options.shrinks) return;
  const least = await shrunk(whole);
  if (least.result === whole.result) return;
  print("\n# The shortest that was found");
  print(failure(least.result, commandFor(least)));
}

/** Undefined: the command line was answered with how to use it. */
function optionsOrUsage(): Options | undefined {
  try {
    const options = readOptions(process.argv.slice(2), () => randomInt(mostSeed));
    if (!options) print(usage);
    return options;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    process.exitCode = 2;
    return undefined;
  }
}

// What it has started ends with it.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
const options = optionsOrUsage();
if (options) await main(options);
