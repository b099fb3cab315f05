import { setTimeout as wait } from "node:timers/promises";

/** How long what is asked in order to hold a database may take. */
const answerMs = 3_000;

/** What is asked, unless it takes too long: a connection that is cut says nothing. */
export async function inTime<T>(asked: Promise<T>): Promise<T> {
  const given = new AbortController();
  const late = wait(answerMs, undefined, { signal: given.signal, ref: false }).then((): never => {
    throw new Error("it does not answer");
  });
  try {
    return await Promise.race([asked, late]);
  } finally {
    given.abort();
    late.catch(() => undefined);
  }
}
