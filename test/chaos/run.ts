/**
 * Plays many people against Deskhand as a child process, from a printed seed, while it is killed and
 * everything around it goes wrong: `npm run chaos -- --help`.
 */
import { randomInt } from "node:crypto";
import { type Asked, type Result, run } from "./chaos.ts";
import { type Options, readOptions, usage } from "./options.ts";
import { failure, summary } from "./summary.ts";

const usualLikely = { wrong: 0.05, silent: 0.001, refused: 0.006 };
const mostSeed = 1_000_000;

/** What is going on, on standard error: standard output is for the results. */
const tell = (line: string) => void process.stderr.write(`${line}\n`);

function askedFor(options: Options): Asked {
  const { seed, minutes, round, only, losesEvents, tickets, acts, kills, outages } = options;
  const endsAt = Date.now() + minutes * 60_000;
  return {
    ...{ seed, losesEvents, only, tell, likely: usualLikely, first: round },
    size: { tickets, acts, kills, outages },
    ...(options.traces && { trace: tell }),
    goesOn: () => Date.now() < endsAt,
  };
}

/** How often a failure is tried again with less. */
const mostShrinks = 6;

/** The shortest history that still fails the same way, as far as a few tries find one. */
async function shrink(asked: Asked, result: Result): Promise<{ asked: Asked; result: Result }> {
  const [{ ticket, kind } = {}] = result.findings;
  const round = asked.first + result.rounds - 1;
  let best = { asked: { ...asked, first: round }, result };
  for (let tries = 0, { size } = asked; tries < mostShrinks && ticket !== undefined; tries += 1) {
    const less = tries === 0 ? size : { ...size, acts: Math.ceil(size.acts * 0.6) };
    const smaller = { ...asked, size: less, first: round, only: [ticket], goesOn: () => false };
    tell(`once more with ${ticket} alone, and at most ${less.acts} acts of each`);
    const again = await run(smaller);
    if (again.findings.some((each) => each.kind === kind)) {
      best = { asked: smaller, result: again };
      size = less;
    } else if (tries > 2) break;
  }
  return best;
}

function commandFor({ seed, size, first, only, losesEvents }: Asked): string {
  const { tickets, acts, kills, outages } = size;
  const numbers = `--tickets ${tickets} --acts ${acts} --kills ${kills} --outages ${outages}`;
  const alone = only.length === 0 ? "" : ` --only ${only.join(",")}`;
  const events = losesEvents ? "--lose-events" : "--no-lose-events";
  return `npm run chaos -- --seed ${seed} --round ${first} --minutes 0${alone} ${numbers} ${events}`;
}

async function main(options: Options): Promise<void> {
  const asked = askedFor(options);
  tell(`seed ${asked.seed}`);
  const result = await run(asked);
  process.stdout.write(`${summary(result)}\n`);
  if (result.findings.length === 0) return;
  process.exitCode = 1;
  process.stdout.write(`${failure(result, commandFor(asked))}\n`);
  if (!options.shrinks) return;
  const least = await shrink(asked, result);
  if (least.result === result) return;
  process.stdout.write(`\n# The shortest that was found\n`);
  process.stdout.write(`${failure(least.result, commandFor(least.asked))}\n`);
}

/** Undefined: the command line was answered with how to use it. */
function optionsOrUsage(): Options | undefined {
  try {
    const options = readOptions(process.argv.slice(2), () => randomInt(mostSeed));
    if (!options) process.stdout.write(usage);
    return options;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    process.exitCode = 2;
    return undefined;
  }
}

const options = optionsOrUsage();
if (options) await main(options);
