/** How long a message takes to the other platform, beside a bare bridge, and what memory does meanwhile. */
import { setTimeout as wait } from "node:timers/promises";
import type { Memory, Running } from "../process.ts";
import { startDeskhand } from "./apps.ts";
import { type Letter, Letters, seededRandom, writeSteadily } from "./letters.ts";
import { startBridge } from "./peer.ts";
import { type Sides, startSides } from "./sides.ts";
import type { PlatformName } from "./sightings.ts";
import { type Opened, openTickets, type Seat } from "./tickets.ts";

export const mirrorNames = ["Deskhand", "bare bridge", "durable bridge"] as const;
export type MirrorName = (typeof mirrorNames)[number];

/** What came from one platform in one round. */
export interface MirrorSample {
  round: number;
  app: MirrorName;
  from: PlatformName;
  letters: number;
  /** From when the event leaves its platform to when the other one is asked to post. */
  medianMs: number;
  p99Ms: number;
  /** CPU time of the app for each message of either platform, in ms. */
  cpuMs: number | undefined;
  /** How many were to be posted more than once. */
  doubled: number;
}

/** Memory at one moment of a long run. */
export interface MemorySample {
  atMs: number;
  residentBytes: number | undefined;
  /** What the JavaScript heap has in use: it grows until it is collected. */
  heapBytes: number | undefined;
}

export interface MirrorResults {
  samples: MirrorSample[];
  memory: MemorySample[];
}

export interface SteadyOptions {
  folder: string;
  rounds: number;
  tickets: number;
  /** How long each app is measured, each round. */
  measureMs: number;
  /** Messages that arrive on each platform. */
  perSecond: number;
  /** How long memory is watched. */
  watchMs: number;
}

/** Until then code that was just started is not compiled, and slower. */
const warmUpMs = 20_000;

interface Station {
  perSecond: number;
  app: MirrorName;
  sides: Sides;
  running: Running;
  opened: Opened[];
  letters: Letters;
}

export async function measureMirror(
  options: SteadyOptions,
  tell: (line: string) => void,
): Promise<MirrorResults> {
  const { rounds, measureMs, watchMs } = options;
  const ours = await startOurs(options, tell);
  const stations = [
    ours,
    await startTheirs(options, "bare bridge"),
    await startTheirs(options, "durable bridge"),
  ];
  tell("warming up all mirrors");
  for (const station of stations) await warmUp(station);
  const samples: MirrorSample[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    tell(`round ${round} of ${rounds} of mirroring`);
    for (const station of stations) samples.push(...(await measure(station, round, measureMs)));
  }
  tell(`watching memory for ${watchMs / 60_000} minutes`);
  const memory = await watchMemory(ours, watchMs);
  for (const { running, sides, letters } of stations) {
    letters.end();
    await running.stop();
    await sides.stop();
  }
  return { samples, memory };
}

async function startOurs(
  { folder, tickets, perSecond }: SteadyOptions,
  tell: (line: string) => void,
): Promise<Station> {
  const sides = await startSides();
  const running = await startDeskhand(sides, `${folder}/deskhand-mirror`);
  tell(`opening ${tickets} tickets in Slack and Discord`);
  const opened = await openTickets(sides, tickets);
  return { perSecond, app: "Deskhand", sides, running, opened, letters: new Letters(sides) };
}

async function startTheirs(
  { folder, tickets, perSecond }: SteadyOptions,
  app: "bare bridge" | "durable bridge",
): Promise<Station> {
  const sides = await startSides();
  const { running, opened } = await startBridge(sides, {
    ...{ count: tickets, folder: `${folder}/${app.replace(" ", "-")}` },
    isDurable: app === "durable bridge",
  });
  return { perSecond, app, sides, running, opened, letters: new Letters(sides) };
}

/** Every thread has had an answer by then: with an agent's first, a ticket's status changes. */
async function warmUp(station: Station): Promise<void> {
  const { app, opened, perSecond } = station;
  const answersMs = (opened.length / perSecond) * 1_000;
  await writes(station, app === "Deskhand" ? Math.max(warmUpMs, answersMs) : warmUpMs);
}

let written = 0;

/** People write on both platforms; resolves once all of it was posted. */
async function writes(
  { opened, letters, perSecond }: Station,
  durationMs: number,
): Promise<Letter[]> {
  const before = letters.all.length;
  const platforms: readonly PlatformName[] = ["slack", "discord"];
  await Promise.all(
    platforms.map((platform) => {
      written += 1;
      const random = seededRandom(written);
      return writeSteadily(letters, {
        ...{ seats: seatsOn(opened, platform), perSecond, durationMs, random },
      });
    }),
  );
  await letters.settled();
  return letters.all.slice(before);
}

/** Requesters and agents by turns, and one channel after the other. */
function seatsOn(opened: Opened[], platform: PlatformName): Seat[] {
  const all = opened.flatMap(({ requester, agents }) => [requester, agents]);
  return all.filter((seat) => seat.platform === platform);
}

async function measure(
  station: Station,
  round: number,
  durationMs: number,
): Promise<MirrorSample[]> {
  const { app, running } = station;
  await running.settled();
  const before = running.cpuUs();
  const letters = await writes(station, durationMs);
  await running.settled();
  const after = running.cpuUs();
  const isKnown = before !== undefined && after !== undefined;
  const cpuMs = isKnown ? (after - before) / 1_000 / letters.length : undefined;
  return (["slack", "discord"] as const).map((from) => {
    const those = letters.filter((letter) => letter.from === from);
    return { round, app, from, cpuMs, ...timesOf(those) };
  });
}

export function timesOf(
  letters: Letter[],
): Pick<MirrorSample, "letters" | "medianMs" | "p99Ms" | "doubled"> {
  const took = letters
    .flatMap(({ writtenAt, postedAt }) => (postedAt === undefined ? [] : [postedAt - writtenAt]))
    .sort((one, other) => one - other);
  return {
    letters: letters.length,
    medianMs: took[Math.floor(took.length * 0.5)] ?? 0,
    p99Ms: took[Math.floor(took.length * 0.99)] ?? 0,
    doubled: letters.filter(({ posts }) => posts > 1).length,
  };
}

const lookEveryMs = 10_000;

/** Under the same load. */
async function watchMemory(station: Station, watchMs: number): Promise<MemorySample[]> {
  const { running } = station;
  const started = performance.now();
  const samples: MemorySample[] = [];
  const writing = writes(station, watchMs);
  while (performance.now() - started < watchMs) {
    await wait(Math.min(lookEveryMs, watchMs));
    const memory: Memory | undefined = running.memory();
    samples.push({
      atMs: performance.now() - started,
      residentBytes: memory?.resident,
      heapBytes: await heapOf(running.url),
    });
  }
  await writing;
  return samples;
}

async function heapOf(url: string): Promise<number | undefined> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const told = /^nodejs_heap_size_used_bytes (\S+)$/m.exec(text)?.[1];
  return told === undefined ? undefined : Number(told);
}
