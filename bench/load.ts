import { Pool } from "undici";
import type { Scenario } from "./scenarios.ts";
import type { Asked } from "./servers.ts";

/** What callers saw, over all of their answers. */
export interface Load {
  answers: number;
  perSecond: number;
  medianMs: number;
  p99Ms: number;
  /** Answers with another status than was to be expected. */
  failed: number;
  /** CPU time that asking took here for each, in µs. */
  askingUs: number;
}

/**
 * Asks a server for so long: every caller has a connection of its own, kept alive, and asks again
 * when it has its answer. Requests under way at the end are waited for, and counted.
 */
export async function load(
  url: string,
  { callers, status }: Scenario,
  durationMs: number,
  next: () => Asked,
): Promise<Load> {
  const pool = new Pool(url, { connections: callers, headersTimeout: 0, bodyTimeout: 0 });
  const tookMs: number[] = [];
  let failed = 0;
  const cpuBefore = process.cpuUsage();
  const started = performance.now();
  const call = async () => {
    for (let now = performance.now(); now - started < durationMs; ) {
      const given = await ask(pool, next());
      if (given !== status) failed += 1;
      const answered = performance.now();
      tookMs.push(answered - now);
      now = answered;
    }
  };
  await Promise.all(Array.from({ length: callers }, call));
  const seconds = (performance.now() - started) / 1_000;
  const { user, system } = process.cpuUsage(cpuBefore);
  await pool.close();
  tookMs.sort((one, other) => one - other);
  return {
    answers: tookMs.length,
    perSecond: tookMs.length / seconds,
    medianMs: tookMs[Math.floor(tookMs.length * 0.5)] ?? 0,
    p99Ms: tookMs[Math.floor(tookMs.length * 0.99)] ?? 0,
    failed,
    askingUs: (user + system) / tookMs.length,
  };
}

/** Resolves to the status once all of the answer has come; its bytes are read, and let go. */
function ask(pool: Pool, { method, path, headers, body }: Asked): Promise<number> {
  return new Promise((resolve, reject) => {
    let status = 0;
    pool.dispatch(
      { method, path, headers, body: body ?? null },
      {
        onRequestStart() {},
        onResponseStart(_controller, statusCode) {
          status = statusCode;
        },
        onResponseEnd: () => resolve(status),
        onResponseError: (_controller, error) => reject(error),
      },
    );
  });
}
