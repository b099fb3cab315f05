import { setTimeout as wait } from "node:timers/promises";

const lookEveryMs = 20;

/** What is awaited may take long on a slow machine, and is not awaited for ever. */
const mostMs = 10 * 60_000;

/** Waits until `look` finds something. Throws, with `what` it was, when that never comes. */
export async function until<Found>(
  what: string,
  look: () => Found | Promise<Found>,
  withinMs = mostMs,
): Promise<NonNullable<Awaited<Found>>> {
  const found = await within(look, withinMs);
  if (found === undefined) throw new Error(`In ${withinMs} ms it did not happen: ${what}`);
  return found;
}

/** The same; undefined when it does not come in time. */
export async function within<Found>(
  look: () => Found | Promise<Found>,
  withinMs: number,
): Promise<NonNullable<Awaited<Found>> | undefined> {
  const endsAt = Date.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() >= endsAt) return undefined;
    await wait(lookEveryMs);
  }
}
