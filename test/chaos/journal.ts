/** What has happened in a run: told of one ticket when something is wrong with it, and counted. */

interface Happening {
  /** Since the run began. */
  atMs: number;
  what: string;
  /** By name; undefined for what concerns all of them. */
  ticket: string | undefined;
}

/** What is counted together. */
export type Group = "acts" | "kills" | "faults" | "events" | "troubles";

export class Journal {
  readonly #beganAt = Date.now();
  readonly #trace: ((line: string) => void) | undefined;
  readonly #happenings: Happening[] = [];
  readonly #counts = new Map<Group, Map<string, number>>();

  /** `trace` is told of everything as it happens. */
  constructor(trace?: (line: string) => void) {
    this.#trace = trace;
  }

  atMs(): number {
    return Date.now() - this.#beganAt;
  }

  note(what: string, ticket?: string): void {
    const happening = { atMs: this.atMs(), what, ticket };
    this.#happenings.push(happening);
    this.#trace?.(lineOf(happening));
  }

  count(group: Group, name: string): void {
    const names = this.#counts.get(group) ?? new Map<string, number>();
    this.#counts.set(group, names);
    names.set(name, (names.get(name) ?? 0) + 1);
  }

  /** In how often, the most often first. */
  counted(group: Group): [name: string, times: number][] {
    return [...(this.#counts.get(group) ?? [])].sort(([, one], [, other]) => other - one);
  }

  total(group: Group): number {
    return this.counted(group).reduce((sum, [, times]) => sum + times, 0);
  }

  /** All that one ticket has seen, and what concerned every one, in lines. */
  historyOf(ticket: string): string[] {
    return this.#happenings
      .filter((each) => each.ticket === undefined || each.ticket === ticket)
      .map(lineOf);
  }

  /** What was told up to now is told no more. */
  forget(): void {
    this.#happenings.length = 0;
  }
}

const lineOf = ({ atMs, what, ticket = "" }: Happening): string =>
  `${(atMs / 1_000).toFixed(3).padStart(9)} s  ${ticket.padEnd(6)} ${what}`;
