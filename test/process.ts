import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished } from "vitest";
import { hangsMs } from "./fakes/until.ts";

/** What `npx deskhand` runs. */
export const cli = fileURLToPath(new URL("../dist/src/cli.js", import.meta.url));

export interface Deskhand {
  pid: number;
  stdout(): string;
  stderr(): string;
  kill(signal: NodeJS.Signals): void;
  /** Resolves to the exit code, or null when a signal ended it. */
  exit: Promise<number | null>;
}

export type Environment = Record<string, string>;

/** Starts what `npx deskhand` starts, or another build, with these variables and no others. */
export function deskhand(args: string[], env: Environment, program = cli): Deskhand {
  const { PATH = "" } = process.env;
  const child: ChildProcessByStdio<null, Readable, Readable> = spawn(
    process.execPath,
    [program, ...args],
    {
      env: { PATH, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const exit = once(child, "close").then(([code]): number | null => code);
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await exit;
  });
  return {
    pid: child.pid ?? 0,
    stdout: () => stdout,
    stderr: () => stderr,
    kill: (signal) => void child.kill(signal),
    exit,
  };
}

/** Starts it, and waits until it is ready; resolves to where it listens, too. */
export async function startDeskhand(
  env: Environment,
  program = cli,
): Promise<Deskhand & { url: string }> {
  const process = deskhand(["start"], { PORT: "0", ...env }, program);
  const url = () => /"url":"([^"]+)".*"msg":"ready"/.exec(process.stderr())?.[1];
  const ended = process.exit.then((code) => {
    throw new Error(`It ended with ${code} before it was ready: ${process.stderr()}`);
  });
  await Promise.race([expect.poll(url, { timeout: hangsMs, interval: 5 }).toBeDefined(), ended]);
  return { ...process, url: url() ?? "" };
}

/** Everything that was owed to anyone is delivered, or given up. */
export const nothingOwed = (url: string): Promise<void> =>
  expect
    .poll(async () => (await fetch(`${url}/metrics`)).text(), { timeout: hangsMs, interval: 20 })
    .toMatch(/^deskhand_outbox_tickets 0$/m);
