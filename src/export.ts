import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { SingleBar } from "cli-progress";
import type { Config } from "./config.ts";
import type { TicketDocument } from "./desk/document.ts";
import type { Log } from "./desk/ports.ts";
import { readStore } from "./open-store.ts";

/**
 * Writes every ticket to `out`, a JSON line each: the whole document, with all that is kept for
 * agents only. Resolves to how many tickets could not be read; each is named in the log.
 */
export async function exportTickets(
  config: Config,
  log: Log,
  out: NodeJS.WritableStream,
): Promise<number> {
  let unreadable = 0;
  const documents = everyTicket(config, log, () => {
    unreadable += 1;
  });
  async function* lines() {
    for await (const document of documents) yield `${JSON.stringify(document)}\n`;
  }
  await pipeline(Readable.from(lines()), out, { end: false });
  return unreadable;
}

/**
 * Reads every ticket there is, also while Deskhand runs, with a progress bar on a terminal.
 * What cannot be read is left out: it is named in the log, and `onUnreadable` is called.
 */
export async function* everyTicket(
  config: Pick<Config, "dataDir" | "database">,
  log: Log,
  onUnreadable: () => void,
): AsyncGenerator<TicketDocument> {
  const { count, documents } = await readStore(config);
  const bar = new SingleBar({ stream: process.stderr, noTTYOutput: false, clearOnComplete: true });
  bar.start(count, 0);
  try {
    for await (const one of documents) {
      bar.increment();
      if ("document" in one) {
        yield one.document;
        continue;
      }
      onUnreadable();
      const { error: err, ...which } = one;
      log.error({ ...which, err }, "A ticket cannot be read; it is left out");
    }
  } finally {
    bar.stop();
  }
}
