import { Pool } from "undici";
import type { Load } from "../load.ts";
import type { Letter } from "./requests.ts";
import type { StandIn } from "./stand-in.ts";

/** What is sent, and, where a call of the Web API is to come of it, the mark by which it is known. */
export interface Turn {
  letter: Letter;
  mark?: string;
}

export interface Target {
  url: string;
  standIn: StandIn;
}

/** An app that does nothing for so long is not waited for. */
const patienceMs = 20_000;

/**
 * Sends what `next` gives, until it gives nothing: every caller has a connection of its own, and
 * goes on when what it sent was acked and the call came, after a rest if there is to be one. The times are those to the call, or to the
 * ack where none is waited for.
 */
export async function load(
  { url, standIn }: Target,
  callers: number,
  next: () => Turn | undefined,
  rest?: () => Promise<void>,
): Promise<Load> {
  const pool = new Pool(url, { connections: callers });
  await connect(pool, callers);
  const tookMs: number[] = [];
  let failed = 0;
  const call = async () => {
    for (let turn = next(); turn; turn = next()) {
      const took = await take(pool, standIn, turn);
      if (took === undefined) failed += 1;
      else tookMs.push(took);
      await rest?.();
    }
  };
  const cpuBefore = process.cpuUsage();
  const started = performance.now();
  await inTime(Promise.all(Array.from({ length: callers }, call)), () => tookMs.length + failed);
  const seconds = (performance.now() - started) / 1_000;
  const { user, system } = process.cpuUsage(cpuBefore);
  await pool.close();
  tookMs.sort((one, other) => one - other);
  const answers = tookMs.length + failed;
  return {
    answers,
    perSecond: answers / seconds,
    medianMs: tookMs[Math.floor(tookMs.length * 0.5)] ?? 0,
    p99Ms: tookMs[Math.floor(tookMs.length * 0.99)] ?? 0,
    failed,
    askingUs: (user + system) / answers,
  };
}

/** A server that is busy accepts new connections slowly: it is asked for all of them before. */
async function connect(pool: Pool, callers: number): Promise<void> {
  const ask = async () => {
    const { body } = await pool.request({ method: "GET", path: "/readyz" });
    await body.dump();
  };
  await Promise.all(Array.from({ length: callers }, ask));
}

/** Undefined: it was not taken. An ack says nothing; what a form has against it would be said there. */
async function take(
  pool: Pool,
  standIn: StandIn,
  { letter, mark }: Turn,
): Promise<number | undefined> {
  const started = performance.now();
  const seen = mark === undefined ? undefined : standIn.seen(mark);
  const { statusCode, body } = await pool.request({
    ...{ method: "POST", path: "/slack/events" },
    ...letter,
  });
  const said = await body.text();
  const acked = performance.now();
  if (statusCode === 200 && said === "") return ((await seen) ?? acked) - started;
  if (mark !== undefined) standIn.forget(mark);
  return undefined;
}

/** Rejects when nothing is done any more. */
async function inTime<T>(work: Promise<T>, done: () => number): Promise<T> {
  let before = -1;
  let tick: NodeJS.Timeout | undefined;
  const stuck = new Promise<never>((_, reject) => {
    tick = setInterval(() => {
      if (done() === before) reject(new Error(`An app did nothing for ${patienceMs} ms`));
      before = done();
    }, patienceMs);
  });
  try {
    return await Promise.race([work, stuck]);
  } finally {
    clearInterval(tick);
  }
}
