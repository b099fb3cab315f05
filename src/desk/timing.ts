/** Calls `act` once, when `delayMs` have passed; what it returns takes that back. */
export type After = (delayMs: number, act: () => void) => () => void;

/** Node takes a longer wait for one of 1 ms: https://nodejs.org/api/timers.html#settimeoutcallback-delay-args */
const mostMs = 2 ** 31 - 1;

/** By the system's clock. Waits longer than some 24 days end early. */
export const realAfter: After = (delayMs, act) => {
  const timer = setTimeout(act, Math.min(delayMs, mostMs));
  return () => clearTimeout(timer);
};

/** What `work` comes to, or `late` when that takes longer; the work goes on all the same. */
export function within<Result, Late>(
  work: Promise<Result>,
  limit: { ms: number; after: After; late: Late },
): Promise<Result | Late> {
  return new Promise((resolve, reject) => {
    const cancel = limit.after(limit.ms, () => resolve(limit.late));
    work.then(resolve, reject).finally(cancel);
  });
}
