import type { Log } from "../src/desk/ports.ts";

export interface Line {
  level: keyof Log;
  fields: Record<string, unknown>;
  message: string;
}

/** A log that keeps its lines, for tests that read them. */
export function keptLog(): Log & { lines: Line[] } {
  const lines: Line[] = [];
  const keep = (level: keyof Log) => (fields: object, message: string) => {
    lines.push({ level, fields: { ...fields }, message });
  };
  return {
    lines,
    debug: keep("debug"),
    info: keep("info"),
    warn: keep("warn"),
    error: keep("error"),
  };
}
