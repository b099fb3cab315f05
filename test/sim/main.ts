/**
 * Lives through histories of the simulation, from the command line: `npm run sim -- --seed N`. Exits
 * with 1 when one of them went wrong.
 */
import { parseArgs } from "node:util";
import { type Lived, live } from "./history.ts";
import { commandFor, shrunk } from "./shrink.ts";
import type { Told } from "./world.ts";

const usage = `npm run sim -- --seed N [--seeds M] [--acts A] [--crash-at K,…] [--trace]

One history of Deskhand among people, platforms and a disk that fail as the seed says: the same each
time, step by step.

  --seed            which history; the first of several with --seeds
  --seeds           how many histories (1)
  --acts            about how much people do, at most
  --crash-at        the steps before which the process dies, or none; the seed says when, when left out
  --without-acts    acts to leave out, by their number
  --without-faults  faults to leave out, by their number
  --trace           print what happens, step by step
`;

const numbersIn = (listed: string): number[] =>
  listed === "none" ? [] : listed.split(",").map(Number);

function readOptions() {
  const { values } = parseArgs({
    options: {
      help: { type: "boolean", short: "h" },
      seed: { type: "string" },
      seeds: { type: "string", default: "1" },
      acts: { type: "string" },
      "crash-at": { type: "string" },
      "without-acts": { type: "string" },
      "without-faults": { type: "string" },
      trace: { type: "boolean", default: false },
    },
  });
  if (values.help || values.seed === undefined) return undefined;
  const { acts, trace } = values;
  const crashAt = values["crash-at"];
  const withoutActs = values["without-acts"];
  const withoutFaults = values["without-faults"];
  const told: Told = {
    seed: Number(values.seed),
    trace,
    ...(acts !== undefined && { acts: Number(acts) }),
    ...(crashAt !== undefined && { crashAt: numbersIn(crashAt) }),
    ...(withoutActs !== undefined && { withoutActs: new Set(numbersIn(withoutActs)) }),
    ...(withoutFaults !== undefined && { withoutFaults: new Set(numbersIn(withoutFaults)) }),
  };
  return { told, seeds: Number(values.seeds) };
}

const print = (line: string) => process.stdout.write(`${line}\n`);

/** False: something went wrong. */
async function tell(told: Told): Promise<Lived> {
  const lived = await live(told);
  for (const line of lived.trace) print(line);
  const { seed } = told;
  const { steps, acts, faults, crashes, digest, wrongs } = lived;
  print(
    `seed ${seed}: ${steps} steps, ${acts} acts, ${faults} faults, ${crashes.length} crashes, ${digest}`,
  );
  for (const wrong of wrongs) print(`  WRONG: ${wrong}`);
  if (wrongs.length > 0) print(`  shorter: ${commandFor(await shrunk(told, lived))}`);
  return lived;
}

const options = readOptions();
if (!options) print(usage);
else {
  const { told, seeds } = options;
  for (let more = 0; more < seeds; more += 1) {
    const { wrongs } = await tell({ ...told, seed: told.seed + more });
    if (wrongs.length > 0) process.exitCode = 1;
  }
}
