import { mkdirSync } from "node:fs";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import type { Options } from "./options.ts";
import { dropPageCache, freePort, type Memory, startServer } from "./process.ts";
import type { Server } from "./servers.ts";
import { folderOf } from "./throughput.ts";

/** As a first start finds it, and as a clean stop leaves it. */
export const startKinds = ["no index file", "with its index file"] as const;

/** One start of Deskhand. */
export interface Start {
  size: number;
  kind: (typeof startKinds)[number];
  /** Whether the page cache was dropped before it. */
  cold: boolean;
  readyMs: number;
  /** When it had just said that it is ready, and later, when it had nothing left to do. */
  atReady: Memory | undefined;
  idle: Memory | undefined;
}

/** Enough of them for a median. */
const mostRounds = 3;

/**
 * Starts and stops Deskhand again and again: on an empty folder, and on the largest that is
 * seeded, with and without the index file that a clean stop leaves.
 */
export async function measureStarts(
  options: Options,
  deskhand: Server,
  tell: (line: string) => void,
): Promise<Start[]> {
  const starts: Start[] = [];
  const size = Math.max(...options.sizes);
  for (let round = 1; round <= Math.min(options.rounds, mostRounds); round += 1) {
    tell(`starts of Deskhand, round ${round}`);
    const empty = join(options.folder, `started-${round}`);
    mkdirSync(empty);
    const started = await startOnce(deskhand, empty, 0);
    starts.push({ size: 0, kind: "no index file", cold: false, ...started });
    if (size === 0) continue;
    starts.push(...(await startTwice(options, deskhand, size, false)));
    starts.push(...(await startTwice(options, deskhand, size, true)));
  }
  return starts;
}

/** First without the index file, then with the one that the stop has left. */
async function startTwice(
  options: Options,
  deskhand: Server,
  size: number,
  cold: boolean,
): Promise<Start[]> {
  const folder = folderOf(options, deskhand, size);
  const starts: Start[] = [];
  for (const kind of startKinds) {
    if (kind === "no index file") await takeIndexAway(folder);
    if (cold && !(await dropPageCache())) return [];
    starts.push({ size, kind, cold, ...(await startOnce(deskhand, folder, size)) });
  }
  return starts;
}

/** Moved, not deleted; there is none before the first start. */
async function takeIndexAway(folder: string): Promise<void> {
  const aside = `${folder}-index-${Date.now()}.jsonl`;
  await rename(join(folder, "index.jsonl"), aside).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
}

async function startOnce(
  { command, readyPath }: Server,
  folder: string,
  size: number,
): Promise<Pick<Start, "readyMs" | "atReady" | "idle">> {
  const port = await freePort();
  const log = `${folder}.log`;
  const running = await startServer(command(folder, size, port), { port, readyPath, log });
  const atReady = running.memory();
  await running.settled();
  const idle = running.memory();
  await running.stop();
  return { readyMs: running.readyMs, atReady, idle };
}
