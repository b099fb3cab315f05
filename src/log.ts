import pino, { type Logger } from "pino";

const standardError = 2;

/**
 * The log, on standard error: JSON lines on a pipe, readable on a terminal. Standard output is
 * for what was asked for, such as an export.
 */
export async function createLog(level: string): Promise<Logger> {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  const destination = await openDestination();
  // A full disk or a closed pipe costs log lines; it must not cost an answer, or the service.
  destination.on("error", () => undefined);
  return pino(options, destination);
}

async function openDestination() {
  if (!process.stderr.isTTY) return pino.destination({ dest: standardError, sync: true });
  const { PinoPretty } = await import("pino-pretty");
  return PinoPretty({ destination: standardError, sync: true });
}
