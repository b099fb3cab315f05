/** Looks at all of what is to be imported, before any of it is. */
import { atOnce, type CopyTarget, comparedWith, totalOf } from "./desk/copy.ts";
import type { TicketDocument } from "./desk/document.ts";
import type { TicketStore } from "./desk/ports.ts";
import type { Line } from "./import-input.ts";

/** More problems than these are only counted; a few more are kept, as they come in no order. */
const mostTold = 20;
const mostKept = 1_000;

interface Problem {
  number: number;
  /** What is wrong with the line, as the end of a sentence. */
  problem: string;
}

export interface Checked {
  lines: number;
  /** How many of the tickets are not there yet. */
  missing: number;
  /** How many lines cannot be taken. */
  wrong: number;
  /** The first of these. */
  problems: Problem[];
  /** How many tickets are there that no line has. */
  others: number;
  /** When a ticket was last changed. */
  latest: string;
  /** The platforms on which the tickets are visible, and the services in which they live. */
  chats: ReadonlySet<string>;
  services: ReadonlySet<string>;
}

/** Changes nothing. Throws a StoreError, and what the disk says. */
export async function check(
  target: CopyTarget,
  store: TicketStore,
  lines: AsyncIterable<Line>,
  onStep: (sizeBytes: number) => void,
): Promise<Checked> {
  const found = new Found();
  let there = 0;
  await atOnce(target.atOnce, lines, async (line) => {
    onStep(line.sizeBytes);
    const problem = found.take(line);
    if (problem !== undefined || !("document" in line)) return;
    const { document, number } = line;
    const now = await comparedWith(target, store, document);
    if (now !== "missing") there += 1;
    const amiss = await amissWith(now, store, document);
    if (amiss !== undefined) found.isWrong(number, `${named(document)} ${amiss}`);
    else if (now === "missing") found.isMissing();
  });
  return { ...found.all(), others: (await totalOf(store)) - there };
}

const named = ({ reference, ticket }: TicketDocument): string => `(${reference}, ${ticket._id})`;

/** What keeps a ticket from being taken beside those that are there. */
async function amissWith(
  now: "same" | "differing" | "missing",
  store: TicketStore,
  { reference, creationKey }: TicketDocument,
): Promise<string | undefined> {
  if (now === "differing") return "is there already, and differs";
  if (now === "same") return undefined;
  if ((await store.findByReference(reference)) !== undefined)
    return "has the same reference as another ticket that is there";
  const isTaken =
    creationKey !== null && (await store.findByCreationKey(creationKey)) !== undefined;
  return isTaken ? "has the same creation key as another ticket that is there" : undefined;
}

class Found {
  /** Where each name that only one ticket may have was first. */
  readonly #lineOf = new Map<string, number>();
  readonly #problems: Problem[] = [];
  readonly #chats = new Set<string>();
  readonly #services = new Set<string>();
  #lines = 0;
  #wrong = 0;
  #missing = 0;
  #latest = 0;

  /** What is wrong with a line by itself, or beside those before it. */
  take(line: Line): string | undefined {
    this.#lines += 1;
    const problem = "problem" in line ? line.problem : this.#twin(line.number, line.document);
    if (problem !== undefined) this.isWrong(line.number, problem);
    if ("document" in line) this.#note(line.document);
    return problem;
  }

  isWrong(number: number, problem: string): void {
    this.#wrong += 1;
    if (this.#problems.length < mostKept) this.#problems.push({ number, problem });
  }

  isMissing(): void {
    this.#missing += 1;
  }

  all(): Omit<Checked, "others"> {
    const inOrder = this.#problems.sort((one, other) => one.number - other.number);
    return {
      ...{ lines: this.#lines, missing: this.#missing, wrong: this.#wrong },
      problems: inOrder.slice(0, mostTold),
      latest: new Date(this.#latest).toISOString(),
      ...{ chats: this.#chats, services: this.#services },
    };
  }

  #twin(number: number, document: TicketDocument): string | undefined {
    const { ticket, reference, creationKey } = document;
    const names = { id: ticket._id, reference, "creation key": creationKey };
    for (const [what, name] of Object.entries(names)) {
      if (name === null) continue;
      const before = this.#lineOf.get(`${what} ${name}`);
      if (before !== undefined)
        return `${named(document)} has the same ${what} as the ticket of line ${before}`;
      this.#lineOf.set(`${what} ${name}`, number);
    }
    return undefined;
  }

  #note({ ticket, places }: TicketDocument): void {
    this.#latest = Math.max(this.#latest, Date.parse(ticket.updatedAt));
    for (const { side, platform } of places)
      (side === "service" ? this.#services : this.#chats).add(platform);
  }
}
