/** A run: rounds of people and of trouble, with a verdict after each. */
import { setTimeout as wait } from "node:timers/promises";
import { verdict } from "./aftermath.ts";
import { Calls, type Likely } from "./calls.ts";
import { draws } from "./draws.ts";
import { type Finding, found } from "./finding.ts";
import { Journal } from "./journal.ts";
import { Killer, points } from "./killer.ts";
import { filesOf, type Memory, needlessFiles, needlessMemory, restarts } from "./leftovers.ts";
import { becomesQuiet } from "./quiet.ts";
import { play, type Size } from "./round.ts";
import type { Ticket } from "./tickets.ts";
import { Troubles } from "./troubles.ts";
import { copiesOf } from "./verdict.ts";
import { createWorld, type World } from "./world.ts";

/** So likely goes a call wrong, when nothing else is asked for. */
export const usualLikely: Likely = { wrong: 0.07, silent: 0.002, refused: 0.012 };

export interface Asked {
  seed: number;
  size: Size;
  likely: Likely;
  losesEvents: boolean;
  /** More than one share a database. */
  processes: number;
  /** The number of the first round, which says what is drawn in it. */
  first: number;
  /** Whether there is another round, once so many are over. */
  goesOn(rounds: number): boolean;
  /** Only these tickets, by name; all of them when there is none. */
  only: readonly string[];
  /** What is going on, for those who wait. */
  tell(line: string): void;
  /** Told of everything as it happens. */
  trace?: (line: string) => void;
}

export interface Result {
  seed: number;
  processes: number;
  losesEvents: boolean;
  journal: Journal;
  rounds: number;
  tookMs: number;
  tickets: number;
  /** What people wrote, and how many copies of it were looked for. */
  messages: number;
  copies: number;
  /** Of the first round with any: no other comes after it. */
  findings: Finding[];
  /** Of the ticket that is told of. */
  history: string[];
  /** What Deskhand said meanwhile. */
  log: string[];
  /** What it keeps of that ticket, if that can be read. */
  document: string;
  /** What could not be tried here, each as a sentence. */
  missing: readonly string[];
  mostResidentBytes: number;
  failedWrites: number;
  /** Of the last process and of one after it; undefined where it did not come to that. */
  memory: Memory | undefined;
  files: { kept: number; uploaded: number };
}

interface Played {
  tickets: Ticket[];
  findings: Finding[];
}

export async function run(asked: Asked): Promise<Result> {
  const beganAt = Date.now();
  const journal = new Journal(asked.trace);
  const draw = draws(asked.seed);
  const world = await createWorld(journal, asked);
  const killer = new Killer(world);
  const calls = new Calls(world, killer, draw.fork("calls"), asked.likely);
  const troubles = await Troubles.create({ world, killer, calls, draw: draw.fork("troubles") });
  const all: Ticket[] = [];
  let [rounds, findings]: [number, Finding[]] = [0, []];
  try {
    await troubles.begins();
    while (findings.length === 0 && (rounds === 0 || asked.goesOn(rounds))) {
      const number = asked.first + rounds;
      rounds += 1;
      const played = await plays(asked, { world, calls, troubles, number });
      all.push(...played.tickets);
      findings = played.findings;
      asked.tell(`round ${number}: ${told(played)}`);
    }
    const end = findings.length === 0 ? await ends(world, all) : { findings };
    findings = end.findings;
    const { kept, uploaded } = await filesOf(world, all);
    const [about] = findings.flatMap(({ ticket }) => ticket ?? []);
    const ids = all.filter(({ name }) => name === about).flatMap(({ id }) => id ?? []);
    return {
      ...{ seed: asked.seed, processes: asked.processes, losesEvents: asked.losesEvents },
      ...{ journal, rounds, findings },
      tookMs: Date.now() - beganAt,
      tickets: all.length,
      messages: all.flatMap(({ written }) => written).length,
      copies: all.reduce((sum, ticket) => sum + copiesOf(ticket), 0),
      history: journal.historyOf(about ?? ""),
      log: findings.length > 0 ? world.service.log(ids) : [],
      document: findings.length > 0 ? await documentOf(world, ids) : "",
      missing: [...troubles.missing, ...untried(world)],
      mostResidentBytes: world.service.mostResidentBytes,
      failedWrites: world.service.failedWrites,
      memory: end.memory,
      files: { kept: kept.length, uploaded: uploaded.size },
    };
  } finally {
    killer.close();
    await world.close();
  }
}

const documentOf = async ({ kept }: World, [id]: readonly string[]): Promise<string> =>
  id === undefined ? "" : kept.document(id);

interface Playing {
  world: World;
  calls: Calls;
  troubles: Troubles;
  number: number;
}

/** What ends a round before its end is wrong, too. */
async function plays(asked: Asked, { number, ...playing }: Playing): Promise<Played> {
  const draw = draws(asked.seed).fork(`round ${number}`);
  const tickets: Ticket[] = [];
  try {
    const round = { number, size: asked.size, only: asked.only };
    await play({ ...playing, draw }, round, tickets);
    return { tickets, findings: await lastVerdict(playing, tickets) };
  } catch (error) {
    const says = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const [ticket] = /\bt\d+x\d+\b/.exec(says) ?? [];
    return { tickets, findings: [{ kind: "unsettled", says, ...(ticket && { ticket }) }] };
  }
}

/** What was heard and could not be taken in is tried again, and shows nowhere until then. */
const lastsMs = 60_000;
const fewestLooks = 12;
const againAfterMs = 2_000;

/** What is still wrong when nothing more can come. */
async function lastVerdict(
  { world, calls }: Pick<Playing, "world" | "calls">,
  tickets: readonly Ticket[],
): Promise<Finding[]> {
  const endsAt = Date.now() + lastsMs;
  for (let looks = 1; ; looks += 1) {
    const findings = await verdict(world, calls, tickets);
    const isLast = looks >= fewestLooks && Date.now() > endsAt;
    if (findings.length === 0 || isLast) return findings;
    await wait(againAfterMs);
    await becomesQuiet(world);
  }
}

const told = ({ tickets, findings }: Played): string => {
  const messages = tickets.flatMap(({ written }) => written).length;
  const wrong = findings.length === 0 ? "all is well" : `${findings.length} things are wrong`;
  return `${tickets.length} tickets, ${messages} messages, ${wrong}`;
};

interface End {
  findings: Finding[];
  memory?: Memory | undefined;
}

/** It ends in order when it is asked to, and has kept nothing that is of no use. */
async function ends(world: World, tickets: readonly Ticket[]): Promise<End> {
  const { code, memory } = await restarts(world);
  return {
    memory,
    findings: [
      ...found(code !== 0, "unsettled", `asked to end, it ended with ${String(code)}`),
      ...(await needlessFiles(world, tickets)),
      ...(memory ? needlessMemory(memory) : []),
    ],
  };
}

/** What never came about. */
function untried({ journal, service }: World): string[] {
  const hit = new Set(journal.counted("kills").map(([name]) => name));
  const missing = points.filter((point) => !hit.has(point));
  const isFilled = journal.counted("troubles").some(([name]) => name.startsWith("disk full"));
  return [
    ...(missing.length > 0 ? [`it was never killed ${missing.join(", never ")}`] : []),
    ...(isFilled && service.failedWrites === 0 ? ["it wrote nothing while the disk was full"] : []),
  ];
}
