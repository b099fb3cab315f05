import { join } from "node:path";
import { count } from "./figures.ts";
import { type Load, load } from "./load.ts";
import type { Options } from "./options.ts";
import { freePort, type Running, startServer, syncDisk } from "./process.ts";
import { happensAt, type Scenario, scenarios } from "./scenarios.ts";
import type { Asked, Server, ServerName } from "./servers.ts";

/** What one server did in one round of one scenario. */
export interface Sample extends Load {
  round: number;
  /** How many tickets there were at first, and how many there are now. */
  size: number;
  tickets: number;
  scenario: Scenario;
  server: ServerName;
  /** CPU time of the server for each answer, in µs; undefined where it cannot be told. */
  cpuUs: number | undefined;
}

/** A server that runs. */
interface Station {
  server: Server;
  /** How many tickets it started with, and how many it has now. */
  size: number;
  tickets: number;
  running: Running;
}

/** A scenario, and one of those who take part in it. */
interface Match {
  scenario: Scenario;
  station: Station;
  ask(size: number): Asked;
}

export const folderOf = ({ folder }: Options, server: Server, size: number): string =>
  join(folder, `${server.name.replaceAll(" ", "-")}-${size}`);

/** Until then code that was just started is not compiled, and slower. */
const leastWarmUpMs = 1_000;

/**
 * Measures every scenario on every server at every size. All run at once, and only the one that
 * is measured has work. Within a round they take turns, those who are compared next to each
 * other, so that what changes on the machine meanwhile changes for both. Creates add to what is
 * there: a server that was started anew each round would be measured while it is not yet warm.
 */
export async function measureThroughput(
  options: Options,
  servers: Server[],
  tell: (line: string) => void,
): Promise<Sample[]> {
  const { sizes, rounds, measureMs } = options;
  const stations: Station[] = [];
  for (const size of sizes) {
    tell(`starting all with ${count(size)} tickets`);
    for (const server of servers) stations.push(await startStation(options, server, size));
  }
  const matches = matchesOf(stations);
  tell("warming up");
  for (const match of matches) await measure(match, Math.max(measureMs, leastWarmUpMs));
  const samples: Sample[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    tell(`round ${round} of ${rounds}`);
    for (const match of matches) samples.push({ round, ...(await measure(match, measureMs)) });
  }
  for (const { running } of stations) await running.stop();
  return samples;
}

async function startStation(options: Options, server: Server, size: number): Promise<Station> {
  const folder = folderOf(options, server, size);
  const port = await freePort();
  const log = `${folder}.log`;
  const command = server.command(folder, size, port);
  const running = await startServer(command, { port, readyPath: server.readyPath, log });
  await running.settled();
  return { server, size, tickets: size, running };
}

const matchesOf = (stations: Station[]): Match[] =>
  scenarios.flatMap((scenario) =>
    stations.flatMap((station) => {
      const ask = station.server.asks[scenario.kind];
      return ask && happensAt(scenario, station.size) ? [{ scenario, station, ask }] : [];
    }),
  );

async function measure(
  { scenario, station, ask }: Match,
  durationMs: number,
): Promise<Omit<Sample, "round">> {
  const { server, size, running } = station;
  await syncDisk();
  const before = running.cpuUs();
  const done = await load(running.url, scenario, durationMs, () => ask(size));
  const after = running.cpuUs();
  // What it still does, such as reading its file again, is not to be the next one's burden.
  await running.settled();
  const isKnown = before !== undefined && after !== undefined;
  const cpuUs = isKnown ? (after - before) / done.answers : undefined;
  if (scenario.kind === "create") station.tickets += done.answers - done.failed;
  const { tickets } = station;
  return { size, tickets, scenario, server: server.name, cpuUs, ...done };
}
