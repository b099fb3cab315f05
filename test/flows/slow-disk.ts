import { onTestFinished, vi } from "vitest";
import { DurableFolder } from "../../src/store/lowdb/durable.ts";

/** Holds what the store writes until the answer is called. */
export function slowDisk(): () => void {
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const sync = DurableFolder.prototype.sync;
  const spy = vi.spyOn(DurableFolder.prototype, "sync").mockImplementation(async function (
    this: DurableFolder,
  ) {
    await released;
    return sync.call(this);
  });
  onTestFinished(() => spy.mockRestore());
  return release;
}

/** Of the next ticket that is written, it is not sure that it is on disk. */
export function unsureDisk(): void {
  const broken = Object.assign(new Error("EIO"), { code: "EIO", syscall: "fsync" });
  const sync = DurableFolder.prototype.sync;
  const spy = vi.spyOn(DurableFolder.prototype, "sync").mockImplementation(async function (
    this: DurableFolder,
  ) {
    if (!this.path.endsWith("tickets")) return sync.call(this);
    spy.mockRestore();
    throw broken;
  });
  onTestFinished(() => spy.mockRestore());
}
