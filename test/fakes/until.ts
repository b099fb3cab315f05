/** What did not happen by then does not happen: a bound for what hangs, not on how long it may take. */
export const hangsMs = 60_000;

const lookAgainMs = 5;

/**
 * Waits until `look` finds something: it looks again when `watch` tells that anything has changed in
 * a stand-in, and every now and then for what happens elsewhere. What `watch` returns ends it.
 */
export function untilFound<Found>(
  watch: (changed: () => void) => () => void,
  look: () => Found,
  withinMs: number,
): Promise<NonNullable<Found>> {
  return new Promise((resolve, reject) => {
    const stop = watch(() => again());
    const end = (act: () => void) => {
      stop();
      clearInterval(elsewhere);
      clearTimeout(late);
      act();
    };
    const elsewhere = setInterval(() => again(), lookAgainMs);
    const why = new Error(`it did not happen within ${withinMs} ms: ${look.toString()}`);
    const late = setTimeout(() => end(() => reject(why)), withinMs);
    const again = () => {
      try {
        const found = look();
        if (found) end(() => resolve(found));
      } catch (error) {
        end(() => reject(error));
      }
    };
    again();
  });
}
