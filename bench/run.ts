/**
 * Measures Deskhand beside its peers, and prints tables in Markdown with a verdict on everything
 * that is expected. It never fails for a number, and deletes nothing: freeing many files makes
 * writes dearer for minutes, so what it wrote is left to be deleted when no one measures.
 */
import { mkdirSync } from "node:fs";
import { count } from "./figures.ts";
import { machine } from "./machine.ts";
import { measureLimits } from "./mirror/limits.ts";
import { measureLong } from "./mirror/long.ts";
import { measureOutage } from "./mirror/outage.ts";
import type { BetweenResults } from "./mirror/report.ts";
import { measureMirror } from "./mirror/steady.ts";
import { type Options, readOptions, usage } from "./options.ts";
import { measurePostgres } from "./postgres/measure.ts";
import { syncDisk } from "./process.ts";
import { type Results, report } from "./report.ts";
import { availableServers, deskhand, type Server } from "./servers.ts";
import { measureSlack } from "./slack/measure.ts";
import { measureStarts } from "./start-up.ts";
import { folderOf, measureThroughput } from "./throughput.ts";

const began = performance.now();

/** What is going on, on standard error: standard output is for the results. */
function tell(line: string): void {
  const seconds = Math.round((performance.now() - began) / 1_000);
  process.stderr.write(`${`${seconds}`.padStart(4)} s  ${line}\n`);
}

async function seed(options: Options, servers: Server[]): Promise<void> {
  for (const size of options.sizes) {
    tell(`seeding ${count(size)} tickets`);
    for (const server of servers) server.seed(folderOf(options, server, size), size);
  }
  await syncDisk();
}

async function measureHttp(
  options: Options,
): Promise<Pick<Results, "starts" | "samples" | "missing">> {
  const { servers, missing } = availableServers();
  await seed(options, servers);
  const starts = await measureStarts(options, deskhand, tell);
  const samples = await measureThroughput(options, servers, tell);
  if (!starts.some(({ cold }) => cold))
    missing.push("No start from a cold disk was measured: to drop the page cache takes root.");
  return { starts, samples, missing };
}

/** Messages between Slack and Discord. */
async function measureBetween({ parts, mirror, folder }: Options): Promise<BetweenResults> {
  const given = { ...mirror, folder };
  return {
    mirror: parts.includes("mirror") ? await measureMirror(given, tell) : undefined,
    long: parts.includes("long") ? await measureLong(given, tell) : [],
    limits: parts.includes("limits") ? await measureLimits(given, tell) : [],
    outage: parts.includes("outage") ? await measureOutage(given, tell) : undefined,
  };
}

async function run(options: Options): Promise<void> {
  const { folder, parts } = options;
  mkdirSync(folder, { recursive: true });
  const measuredOn = machine(folder);
  const slack = parts.includes("slack") ? await measureSlack(options, tell) : [];
  const none = { starts: [], samples: [], missing: [] };
  const http = parts.includes("http") ? await measureHttp(options) : none;
  const between = await measureBetween(options);
  const postgres = parts.includes("postgres") ? await measurePostgres(options, tell) : undefined;
  process.stdout.write(`${report({ options, measuredOn, slack, between, postgres, ...http })}\n`);
  tell(`done. Delete ${folder} when nothing is measured`);
}

/** Undefined: the command line was answered with how to use it. */
function optionsOrUsage(): Options | undefined {
  try {
    const options = readOptions(process.argv.slice(2), new Date());
    if (!options) process.stdout.write(usage);
    return options;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    process.exitCode = 2;
    return undefined;
  }
}

const options = optionsOrUsage();
if (options) {
  await run(options).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    // With it end the servers that still run.
    process.exit(1);
  });
}
