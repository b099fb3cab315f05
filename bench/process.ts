import { type ChildProcess, execFile, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import type { Command } from "./servers.ts";

/** In bytes. */
export interface Memory {
  resident: number;
  peak: number;
}

export interface Running {
  url: string;
  /** From its start to its first answer 200. */
  readyMs: number;
  /** The process' CPU time so far, in µs; undefined where /proc does not tell. */
  cpuUs(): number | undefined;
  /** Undefined where /proc does not tell. */
  memory(): Memory | undefined;
  /** Resolves once it has nothing left to do, such as writing an index. */
  settled(): Promise<void>;
  stop(): Promise<void>;
  /** Ends it at once, as a power cut would. */
  kill(): void;
}

const children = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

/** The longest a server may take to start. */
const startMs = 120_000;

/** How often it is asked whether it is ready. */
const askEveryMs = 4;

/** Starts a server as a process of its own, with its log in a file, and waits until it is ready. */
export async function startServer(
  { args, env }: Command,
  { port, readyPath, log }: { port: number; readyPath: string; log: string },
): Promise<Running> {
  const output = openSync(log, "a");
  const started = performance.now();
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  children.add(child);
  const url = `http://127.0.0.1:${port}`;
  await answers(`${url}${readyPath}`, child, log);
  const readyMs = performance.now() - started;
  const { pid = 0 } = child;
  return {
    url,
    readyMs,
    cpuUs: () => cpuOf(pid),
    memory: () => memoryOf(pid),
    settled: () => settled(pid),
    stop: () => stop(child),
    kill: () => {
      children.delete(child);
      child.kill("SIGKILL");
    },
  };
}

async function answers(url: string, child: ChildProcess, log: string): Promise<void> {
  const deadline = performance.now() + startMs;
  while (performance.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`A server ended while it started: see ${log}`);
    const response = await fetch(url).catch(() => undefined);
    await response?.arrayBuffer();
    if (response?.status === 200) return;
    await wait(askEveryMs);
  }
  throw new Error(`A server was not ready in ${startMs} ms: see ${log}`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null)
    throw new Error("A server ended before it was to");
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await ended;
  children.delete(child);
}

/** A port that was free just now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("No port is free");
  return address.port;
}

/** What the kernel counts CPU time in, on every architecture that Node runs on. */
const tickUs = 10_000;

function cpuOf(pid: number): number | undefined {
  const stat = readOf(`/proc/${pid}/stat`);
  // After the name, which may have spaces in it: state is field 3, utime 14, stime 15.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields && (Number(fields[11]) + Number(fields[12])) * tickUs;
}

function memoryOf(pid: number): Memory | undefined {
  const status = readOf(`/proc/${pid}/status`);
  if (status === undefined) return undefined;
  const bytesOf = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) * 1_024;
  return { resident: bytesOf("VmRSS"), peak: bytesOf("VmHWM") };
}

const readOf = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
};

const lookMs = 100;
const mostLooks = 600;

async function settled(pid: number): Promise<void> {
  for (let look = 0; look < mostLooks; look += 1) {
    const before = cpuOf(pid);
    await wait(before === undefined ? 20 * lookMs : lookMs);
    const after = cpuOf(pid);
    if (before === undefined || after === undefined || after - before <= tickUs) return;
  }
}

const run = promisify(execFile);

/** Waits until the disk has all that was written, so that no one pays for what another wrote. */
export async function syncDisk(): Promise<void> {
  await run("sync").catch(() => undefined);
}

/** Makes the next start read from the disk; false where that is not allowed. */
export async function dropPageCache(): Promise<boolean> {
  await syncDisk();
  try {
    writeFileSync("/proc/sys/vm/drop_caches", "3");
    return true;
  } catch {
    return false;
  }
}
