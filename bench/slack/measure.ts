import { setTimeout as wait } from "node:timers/promises";
import type { Load } from "../load.ts";
import type { Options } from "../options.ts";
import { freePort, type Running, startServer, syncDisk } from "../process.ts";
import { type App, type AppName, apps, folderFor } from "./apps.ts";
import { load, type Turn } from "./load.ts";
import { agentMessage, command, submission } from "./requests.ts";
import { type SlackScenario, slackScenarios } from "./scenarios.ts";
import { markOf, StandIn } from "./stand-in.ts";

/** What one app did in one round of one scenario. */
export interface SlackSample extends Load {
  round: number;
  scenario: SlackScenario;
  app: AppName;
  /** CPU time of the app for each, with what it did afterwards, in µs. */
  cpuUs: number | undefined;
  /** Until all that came of them was done; undefined for one at a time. */
  donePerSecond: number | undefined;
}

interface Station {
  app: App;
  running: Running;
  standIn: StandIn;
}

/** Until then code that was just started is not compiled, and slower. */
const leastWarmUpMs = 4_000;

/** So many threads are written in, so that hardly any message waits for the one before it. */
const threadCount = 256;

const openers = 32;

/** Without a call for so long, an app has most likely done all that it owes. */
const restMs = 20;

/** One at a time takes so much longer to come to numbers that mean something. */
const aloneTimes = 2;

/**
 * Measures how fast each app answers Slack, over HTTP. All run at once, and only the one that is
 * measured has work; what it owes afterwards is waited for, and is no burden on the next.
 */
export async function measureSlack(
  options: Options,
  tell: (line: string) => void,
): Promise<SlackSample[]> {
  const { rounds, measureMs } = options;
  const standIn = new StandIn();
  await standIn.start();
  tell("starting the Slack apps");
  const stations: Station[] = [];
  for (const app of apps) stations.push(await startStation(options, app, standIn));
  tell("warming up in Slack");
  await measureAll(stations, Math.max(measureMs, leastWarmUpMs), 0);
  const samples: SlackSample[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    tell(`round ${round} of ${rounds} in Slack`);
    samples.push(...(await measureAll(stations, measureMs, round)));
  }
  for (const { running } of stations) await running.stop();
  standIn.stop();
  return samples;
}

async function startStation(options: Options, app: App, standIn: StandIn): Promise<Station> {
  const folder = folderFor(app, options.folder);
  const port = await freePort();
  const start = app.command({ folder, port, apiUrl: standIn.url });
  const running = await startServer(start, { port, readyPath: "/readyz", log: `${folder}.log` });
  await running.settled();
  return { app, running, standIn };
}

async function measureAll(
  stations: Station[],
  durationMs: number,
  round: number,
): Promise<SlackSample[]> {
  const samples: SlackSample[] = [];
  for (const scenario of slackScenarios)
    for (const station of stations) {
      const app = station.app.name;
      if (!scenario.apps.includes(app)) continue;
      const done = await measure(station, scenario, durationMs);
      samples.push({ round, scenario, app, ...done });
    }
  return samples;
}

async function measure(
  station: Station,
  { kind, callers }: SlackScenario,
  durationMs: number,
): Promise<Load & Pick<SlackSample, "cpuUs" | "donePerSecond">> {
  const { running, standIn } = station;
  const isAlone = callers === 1;
  const threads = kind === "message" ? await threadsIn(station) : [];
  await running.settled();
  await syncDisk();
  const before = running.cpuUs();
  const started = performance.now();
  const rest = isAlone ? () => standIn.quiet(restMs) : undefined;
  const next = during(durationMs * (isAlone ? aloneTimes : 1), turns(kind, threads));
  const done = await load(target(station), callers, next, rest);
  const acked = performance.now();
  await running.settled();
  const after = running.cpuUs();
  const isKnown = before !== undefined && after !== undefined;
  const seconds = (Math.max(acked, standIn.lastCall) - started) / 1_000;
  return {
    ...done,
    cpuUs: isKnown ? (after - before) / done.answers : undefined,
    donePerSecond: isAlone ? undefined : done.answers / seconds,
  };
}

const target = ({ running, standIn }: Station) => ({ url: running.url, standIn });

let sent = 0;

/** Something else each time: what came before would be known. */
function turns(kind: SlackScenario["kind"], threads: string[]): () => Turn {
  return () => {
    sent += 1;
    const mark = markOf(sent);
    switch (kind) {
      case "command":
        return { letter: command(sent, mark), mark };
      case "submission":
        return { letter: submission(sent) };
      case "message": {
        const thread = threads[sent % threads.length] ?? "";
        return { letter: agentMessage(sent, thread, mark), mark };
      }
    }
  };
}

function during(durationMs: number, turn: () => Turn): () => Turn | undefined {
  const until = performance.now() + durationMs;
  return () => (performance.now() < until ? turn() : undefined);
}

function times(count: number, turn: () => Turn): () => Turn | undefined {
  let left = count;
  return () => {
    left -= 1;
    return left < 0 ? undefined : turn();
  };
}

/** Threads in which an agent has answered once: with the first answer a ticket's status changes. */
async function threadsIn(station: Station): Promise<string[]> {
  const { app, running, standIn } = station;
  if (app.name !== "Deskhand") return ["1700000000.000001"];
  standIn.newThreads();
  await load(target(station), openers, times(threadCount, turns("submission", [])));
  const threads: string[] = [];
  while (threads.length < threadCount) {
    await wait(lookMs);
    threads.push(...standIn.newThreads());
  }
  await running.settled();
  await load(target(station), openers, times(threadCount, turns("message", threads)));
  return threads;
}

const lookMs = 20;
