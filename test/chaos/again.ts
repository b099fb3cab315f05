/** How a failure is made to happen once more, with as little around it as possible. */
import { type Asked, type Result, run } from "./chaos.ts";

/** How often it is tried with less. */
const mostTries = 6;
const fewer = 0.6;

export interface Again {
  asked: Asked;
  result: Result;
}

/**
 * The shortest history that still fails in the same way, as far as a few tries find one: what is drawn
 * is the same each time, but what comes first among things that happen at once is not.
 */
export async function shrunk({ asked, result }: Again): Promise<Again> {
  const [{ ticket, kind } = {}] = result.findings;
  const first = asked.first + result.rounds - 1;
  let best: Again = { asked: { ...asked, first }, result };
  for (let tries = 0; tries < mostTries && ticket !== undefined; tries += 1) {
    const isAlone = best.asked.only.length > 0;
    const { size } = best.asked;
    const less = isAlone ? { ...size, acts: Math.ceil(size.acts * fewer) } : size;
    const smaller = { ...asked, size: less, first, only: [ticket], goesOn: () => false };
    asked.tell(`once more: ${ticket} alone, with at most ${less.acts} acts of each`);
    const again = await run(smaller);
    if (again.findings.some((each) => each.kind === kind)) best = { asked: smaller, result: again };
  }
  return best;
}

/** What plays the round again in which something was wrong. */
export function commandFor({ asked, result }: Again): string {
  const { seed, size, first, only, losesEvents, processes } = asked;
  const { tickets, acts, kills, outages } = size;
  const round = first + result.rounds - 1;
  const numbers = `--tickets ${tickets} --acts ${acts} --kills ${kills} --outages ${outages}`;
  const alone = only.length === 0 ? "" : ` --only ${only.join(",")}`;
  const events = losesEvents ? "--lose-events" : "--no-lose-events";
  const several = processes > 1 ? ` --processes ${processes}` : "";
  return `npm run chaos -- --seed ${seed} --round ${round} --minutes 0${alone} ${numbers} ${events}${several}`;
}
