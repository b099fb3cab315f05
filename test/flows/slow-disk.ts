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
