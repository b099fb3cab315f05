import { type Lived, live } from "./history.ts";
import type { Told } from "./world.ts";

/** The command that shows a history step by step. */
export function commandFor({ seed, acts, crashAt, withoutActs, withoutFaults }: Told): string {
  const listed = (name: string, numbers: Iterable<number> | undefined) =>
    numbers ? [`--${name} ${[...numbers].join() || "none"}`] : [];
  const options = [
    `--seed ${seed}`,
    ...(acts === undefined ? [] : [`--acts ${acts}`]),
    ...listed("crash-at", crashAt),
    ...listed("without-acts", withoutActs),
    ...listed("without-faults", withoutFaults),
  ];
  return `npm run sim -- ${options.join(" ")} --trace`;
}

/**
 * A shorter history that fails as well: acts, crashes and faults are left out, one after the other,
 * as long as something is wrong without them. Not the shortest there is, as each of them changes
 * what comes after it.
 */
export async function shrunk(told: Told, lived: Lived): Promise<Told> {
  let shortest: Told = { ...told, crashAt: lived.crashes };
  if (!(await fails(shortest))) shortest = told;
  shortest = await without(shortest, "withoutActs", lived.acts);
  shortest = await withoutCrashes(shortest);
  return without(shortest, "withoutFaults", lived.faults);
}

const fails = async (told: Told) => (await live(told)).wrongs.length > 0;

/** Leaves out as many as may be of those from 0 to this. */
async function without(
  told: Told,
  what: "withoutActs" | "withoutFaults",
  most: number,
): Promise<Told> {
  let shortest = told;
  for (let number = most; number >= 0; number -= 1) {
    const shorter = { ...shortest, [what]: new Set([...(shortest[what] ?? []), number]) };
    if (await fails(shorter)) shortest = shorter;
  }
  return shortest;
}

async function withoutCrashes(told: Told): Promise<Told> {
  let shortest = told;
  for (const step of [...(told.crashAt ?? [])].reverse()) {
    const crashAt = (shortest.crashAt ?? []).filter((each) => each !== step);
    if (await fails({ ...shortest, crashAt })) shortest = { ...shortest, crashAt };
  }
  return shortest;
}
