/** Takes the room on the disk away from a process, as a disk that is full does, without being root. */
import { execFile } from "node:child_process";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface Disk {
  /** How it is filled, in words. */
  how: string;
  /** The process can write no more than so many bytes into any file, until it is `freed`. */
  fill(pid: number, leftBytes: number): Promise<void>;
  free(pid: number): Promise<void>;
}

/** A reason, when there is no way on this machine. */
export async function findDisk(folder: string): Promise<Disk | { missing: string }> {
  if (await canLimit()) return limited();
  // To root, what may not be written can be.
  if (process.platform !== "win32" && process.getuid?.() !== 0) return locked(folder);
  return {
    missing: "the disk was not filled: that takes prlimit (util-linux), or not being root",
  };
}

async function canLimit(): Promise<boolean> {
  try {
    await run("prlimit", ["--pid", String(process.pid), "--fsize"]);
    return true;
  } catch {
    return false;
  }
}

/**
 * RLIMIT_FSIZE of the running process: writes beyond it are short at first and then fail, with EFBIG
 * in place of ENOSPC; Node ignores the signal that comes with it.
 */
function limited(): Disk {
  const set = async (pid: number, limit: string) => {
    // It may have ended meanwhile.
    await run("prlimit", ["--pid", String(pid), `--fsize=${limit}`]).catch(() => undefined);
  };
  return {
    how: "prlimit --fsize",
    fill: (pid, leftBytes) => set(pid, `${leftBytes}:unlimited`),
    free: (pid) => set(pid, "unlimited:unlimited"),
  };
}

/** The folders that are written to can be read only. */
function locked(folder: string): Disk {
  const all = ["", "tickets", "attachments"].map((name) => join(folder, name));
  const set = async (mode: number) => {
    for (const each of all) await chmod(each, mode).catch(() => undefined);
  };
  return {
    how: "folders without write permission",
    fill: () => set(0o500),
    free: () => set(0o700),
  };
}
