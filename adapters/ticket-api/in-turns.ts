/**
 * Does the work for each item, for some of them at once. What one throws is thrown in the end; until
 * then those under way go on, and no other is begun.
 */
export async function inTurns<T>(
  items: Iterable<T>,
  mostAtOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = items[Symbol.iterator]();
  let failed: { error: unknown } | undefined;
  const goOn = async () => {
    for (let next = waiting.next(); !next.done && !failed; next = waiting.next())
      try {
        await work(next.value);
      } catch (error) {
        failed ??= { error };
      }
  };
  await Promise.all(Array.from({ length: mostAtOnce }, goOn));
  if (failed) throw failed.error;
}
