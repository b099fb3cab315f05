import { execFileSync } from "node:child_process";
import { cpus, loadavg, totalmem } from "node:os";

/** What it is measured on, in a few words, before it is; `folder` is on the disk that is written. */
export function machine(folder: string): string {
  const cores = cpus();
  const model = cores[0]?.model.trim() ?? "unknown processor";
  const memory = `${Math.round(totalmem() / 1e9)} GB`;
  const load = (loadavg()[0] ?? 0).toFixed(1);
  return `${cores.length} cores (${model}), ${memory}, Node ${process.version}, ${process.platform}, ${fileSystemOf(folder)}, load average ${load} at the start`;
}

/** What GNU `df` calls it: ext4, xfs. */
function fileSystemOf(folder: string): string {
  try {
    const told = execFileSync("df", ["--output=fstype", folder], { encoding: "utf8" });
    const type = told.trim().split("\n").at(-1);
    return type === "tmpfs" ? "tmpfs, where nothing is durable: take another --dir" : `${type}`;
  } catch {
    return "unknown file system";
  }
}
