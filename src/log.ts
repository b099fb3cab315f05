import pino, { type Logger } from "pino";

const standardError = 2;

/**
 * The log, on standard error: JSON lines on a pipe, readable on a terminal. Standard output is
 * for what was asked for, such as an export.
 */
export async function createLog(level: string): Promise<Logger> {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  if (!process.stderr.isTTY)
    return pino(options, pino.destination({ dest: standardError, sync: true }));
  const { PinoPretty } = await import("pino-pretty");
  return pino(options, PinoPretty({ destination: standardError, sync: true }));
}
