import { People } from "./acts.ts";
import { laterEveryMs } from "./asking.ts";
import { isAside, leaks, unseenFailures, wrongsIn } from "./checks.ts";
import { Memory } from "./memory.ts";
import { plan } from "./people.ts";
import { Random } from "./random.ts";
import { type Told, World } from "./world.ts";

/** What became of a history. */
export interface Lived {
  steps: number;
  /** Differs when anything that happened does. */
  digest: string;
  acts: number;
  faults: number;
  /** The steps before which the process died. */
  crashes: readonly number[];
  /** How many messages people wrote, and how many of them no one can say of what became of them. */
  said: number;
  lost: number;
  /** Empty: every promise was kept. */
  wrongs: string[];
  trace: readonly string[];
}

const usualActs = 14;

/** More than any history needs to come to rest. */
const mostSteps = 60_000;
const mostRounds = 20;

/** How long nothing happens before it is quiet, in ms. */
const quietMs = 6_000;

/** Lives through the history of a seed: the same each time. */
export async function live(told: Told): Promise<Lived> {
  const world = new World(told);
  const memory = new Memory(world);
  const people = new People(world, memory);
  const acts = plan(new Random(told.seed, "plan"), told.acts ?? usualActs);
  let wrongs: string[];
  try {
    wrongs = await wrongsOf(world, people, memory, () => begin(world, people, acts, told));
  } catch (error) {
    wrongs = [error instanceof Error ? (error.stack ?? error.message) : String(error)];
  }
  const { steps, digest, trace = [] } = world.scheduler;
  const { crashes, weather } = world;
  const lost = memory.said.filter(({ isLost }) => isLost).length;
  const counts = { acts: acts.length, faults: weather.faults, said: memory.said.length, lost };
  return { steps, digest, trace, crashes, ...counts, wrongs };
}

/** Starts it all. Resolves once people have done all that they do. */
async function begin(
  world: World,
  people: People,
  acts: ReturnType<typeof plan>,
  { withoutActs, sabotage }: Told,
): Promise<void> {
  const { scheduler } = world;
  let left = acts.length;
  let at = 0;
  for (const [index, { act, afterMs }] of acts.entries()) {
    at += afterMs;
    scheduler.after(at, `act ${index}: ${act.do}`, () => {
      left -= 1;
      if (!withoutActs?.has(index)) people.perform(act);
    });
  }
  sabotage?.(world);
  world.start();
  await scheduler.run(() => (left > 0 || !world.asking.isIdle) && scheduler.steps < mostSteps);
}

async function wrongsOf(
  world: World,
  people: People,
  memory: Memory,
  begun: () => Promise<void>,
): Promise<string[]> {
  await begun();
  world.weather.calm();
  for (let round = 0; round < mostRounds; round += 1) {
    if (!(await untilQuiet(world))) return ["It never came to rest", ...leaks({ world, memory })];
    const unseen = unseenFailures(world);
    if (unseen.length > 0) return unseen;
    if (!retryAll(world, people)) return wrongsIn(world, memory);
  }
  return ["What had failed never arrived, however often it was tried"];
}

/** Whether all comes to rest, with nothing owed. */
async function untilQuiet(world: World): Promise<boolean> {
  const { scheduler, asking, disk, weather } = world;
  // A process that died just now comes back.
  weather.calm();
  const owes = () => [...disk.documents.values()].some((document) => document.owes);
  let writes = -1;
  let since = scheduler.now();
  const isQuiet = () => {
    const isBusy = !scheduler.isAtRest || !asking.isIdle || !world.isListening || owes();
    if (writes !== disk.writes || !world.isListening) since = scheduler.now();
    writes = disk.writes;
    // What could not be answered is asked once more.
    const ms = asking.waiting.length > 0 ? quietMs + laterEveryMs : quietMs;
    return !isBusy && scheduler.now() - since >= ms;
  };
  const most = scheduler.steps + mostSteps;
  let isOver = false;
  const tick = () => scheduler.after(quietMs, "nothing happens", () => !isOver && tick());
  tick();
  await scheduler.run(() => !isQuiet() && scheduler.steps < most);
  isOver = true;
  return scheduler.steps < most;
}

/** Agents press the buttons that they see; an operator tries what has none. False: all arrived. */
function retryAll(world: World, people: People): boolean {
  const isDead = (id: string, delivery: string) =>
    [...world.disk.documents.values()].some(
      ({ ticket, troubles }) =>
        ticket._id === id && troubles.some((each) => each.dead && each.delivery === delivery),
    );
  const shown = people.retries().filter((each) => isDead(each.id, each.delivery));
  for (const retry of shown) people.pressRetry(retry);
  const dead = [...world.disk.documents.values()].flatMap(({ ticket, troubles }) =>
    troubles
      .filter((trouble) => trouble.dead && !isAside(trouble.delivery))
      .map(({ delivery }) => ({ id: ticket._id, delivery })),
  );
  for (const retry of dead) people.pressRetry(retry);
  return shown.length + dead.length > 0;
}
