import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { SingleBar } from "cli-progress";
import type { Config } from "./config.ts";
import type { Log } from "./desk/ports.ts";
import { exportFolder } from "./store/lowdb/export.ts";

/**
 * Writes every ticket to `out`, a JSON line each: the whole document, with all that is kept for
 * agents only. Resolves to how many files could not be read; each is named in the log.
 */
export async function exportTickets(
  { dataDir }: Config,
  log: Log,
  out: NodeJS.WritableStream,
): Promise<number> {
  const { count, documents } = await exportFolder(dataDir);
  const bar = new SingleBar({ stream: process.stderr, noTTYOutput: false, clearOnComplete: true });
  bar.start(count, 0);
  let unreadable = 0;
  async function* lines() {
    for await (const one of documents) {
      bar.increment();
      if ("document" in one) {
        yield `${JSON.stringify(one.document)}\n`;
      } else {
        unreadable += 1;
        log.error(
          { file: one.file, err: one.error },
          "A ticket's file cannot be read; it is left out",
        );
      }
    }
  }
  try {
    await pipeline(Readable.from(lines()), out, { end: false });
  } finally {
    bar.stop();
  }
  return unreadable;
}
