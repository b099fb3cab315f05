/** Calls `act` once, when `delayMs` have passed; what it returns takes that back. */
export type After = (delayMs: number, act: () => void) => () => void;

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
