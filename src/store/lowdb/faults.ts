import { StoreError } from "../../desk/ports.ts";
import { NotSynced } from "./durable.ts";

/** What a failed write means to the caller. */
export function writeError(folder: string, cause: unknown): StoreError {
  if (cause instanceof NotSynced)
    return new StoreError(
      "WRITE_UNCERTAIN",
      `${cause.message}: what was written may not survive a power cut. Check the disk.`,
      { cause },
    );
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new StoreError(
    "WRITE_FAILED",
    `Could not write to ${folder}: ${reason}. Nothing was changed. Check that the disk has room and can be written.`,
    { cause },
  );
}
