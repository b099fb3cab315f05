/** One round: people open tickets and talk in them while all goes wrong, until all is quiet again. */
import type { Calls } from "./calls.ts";
import type { Draws } from "./draws.ts";
import { becomesQuiet } from "./quiet.ts";
import { talk } from "./talk.ts";
import { categories, origins, type Ticket } from "./tickets.ts";
import type { Troubles } from "./troubles.ts";
import type { World } from "./world.ts";

/** How much happens in a round. */
export interface Size {
  tickets: number;
  /** Of each person in each ticket, at most. */
  acts: number;
  kills: number;
  outages: number;
}

export interface Round {
  /** From 1. */
  number: number;
  size: Size;
  /** Only these tickets, by name; all of them when there is none. */
  only: readonly string[];
}

export interface Playing {
  world: World;
  calls: Calls;
  troubles: Troubles;
  /** Of this round. */
  draw: Draws;
}

/** Adds the tickets of a round, as they stand in the end, also if that is not reached. */
export async function play(playing: Playing, round: Round, tickets: Ticket[]): Promise<void> {
  const { world, calls, troubles, draw } = playing;
  tickets.push(...ticketsOf(round, draw));
  const { acts, kills, outages } = round.size;
  let hasEnded = false;
  // They have been looked at, and are many.
  world.tickets.requests.length = 0;
  calls.begin();
  const plan = { acts: Math.ceil(tickets.length * acts * 1.5), kills, outages };
  const making = troubles.make(plan, () => hasEnded);
  const abort = (error: unknown) => world.abort(error);
  const talking = tickets.map((ticket) =>
    talk({ world, draw: draw.fork(ticket.name) }, ticket, round.size).catch(abort),
  );
  await Promise.all(talking);
  hasEnded = true;
  await making.catch(abort);
  world.check();
  calls.end();
  if (!world.service.isReady) await troubles.begins();
  world.journal.note("nothing goes wrong any more");
  await becomesQuiet(world);
  if (world.hasLost()) await beginsAnew(playing);
  for (const ticket of tickets)
    for (const written of ticket.written) {
      written.isRefused = world.refused.has(written.number);
      written.isLate = world.late.has(written.number);
    }
}

async function beginsAnew({ world, troubles }: Playing): Promise<void> {
  const code = await world.service.stop();
  if (code !== 0) throw new Error(`asked to end, it ended with ${code}`);
  await troubles.begins();
  await becomesQuiet(world);
}

function ticketsOf({ number, size, only }: Round, draw: Draws): Ticket[] {
  const { between, pick } = draw.fork("tickets");
  return Array.from({ length: size.tickets }, (_, n): Ticket => {
    return {
      name: `t${number}x${n}`,
      // Each way between the platforms comes, also in a small round.
      origin: origins[n % 5 === 4 ? 2 : n % 2] ?? "http",
      category: n < 3 ? (categories[n] ?? "general") : pick(categories),
      asker: between(0, 4),
      ...{ isOpen: false, id: undefined, requester: undefined },
      ...{ agents: [], remote: undefined, written: [], resolutions: [] },
    };
  }).filter(({ name }) => only.length === 0 || only.includes(name));
}
