/** Deskhand as a child process: started, killed and started again on the same data. */

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { packageFolder } from "../fakes/fixture.ts";
import { freePort } from "../free-port.ts";
import type { Journal } from "./journal.ts";
import { hasSecret, tokensIn } from "./words.ts";

type Child = ChildProcessByStdio<null, null, Readable>;

/** What one life of the process is known by. */
interface Life {
  child: Child;
  pid: number;
  isReady: boolean;
  /** Resolves once it has ended and all it said is read; to its exit code, or null after a signal. */
  ended: Promise<number | null>;
  /** It was we who ended it. */
  isKilled: boolean;
}

/** Beside the program, in its process: it is told of by a signal what is held after a collection. */
const tellsMemory = [
  "--expose-gc",
  "--import",
  `data:text/javascript,${encodeURIComponent(`
    process.on("SIGUSR2", () => {
      gc();
      const { heapUsed, external } = process.memoryUsage();
      process.stderr.write("memory held: " + (heapUsed + external) + "\\n");
    });
  `)}`,
];
const heldPattern = /^memory held: (\d+)$/;
/** As the system says it. */
const noRoom = /\b(?:EFBIG|ENOSPC|EACCES)\b/;

/** What the program said, as far as it is kept: enough for the last minutes. */
const mostLines = 20_000;

const children = new Set<Child>();
process.once("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});

/** One process, or several that are told of as one. */
export interface Deskhand {
  /** Where others reach it. */
  readonly url: string;
  /** Where each process is. */
  readonly urls: readonly string[];
  readonly leaks: readonly string[];
  readonly deaths: readonly string[];
  readonly failedWrites: number;
  readonly pid: number | undefined;
  readonly isReady: boolean;
  readonly mostResidentBytes: number;
  start(environment: Record<string, string>): Promise<"ready" | "killed">;
  kill(why: string): void;
  gone(): Promise<void>;
  stop(): Promise<number | null>;
  heldBytes(): Promise<number>;
  log(names?: readonly string[]): string[];
  /** What can go wrong with several, each until it is right again. */
  readonly troubles: readonly (() => Promise<void>)[];
  close(): Promise<void>;
}

export class Service implements Deskhand {
  readonly url: string;
  readonly troubles = [];
  /** What should never be in a log: what people wrote. */
  readonly leaks: string[] = [];
  /** How it ended by itself, when no one had asked it to. */
  readonly deaths: string[] = [];
  readonly #journal: Journal;
  readonly #lines: { atMs: number; line: string }[] = [];
  readonly #port: number;
  #life: Life | undefined;
  #environment: Record<string, string> = {};
  #isLeading = false;
  #residentBytes = 0;
  /** How often it said that there was no room for what it wrote. */
  failedWrites = 0;
  /** Called with what it says of its memory. */
  #onHeld: (bytes: number) => void = () => undefined;

  private constructor(journal: Journal, port: number) {
    this.#journal = journal;
    this.#port = port;
    this.url = `http://127.0.0.1:${port}`;
  }

  /** It is always at the same address, as others post to it there while it is away. */
  static async create(journal: Journal): Promise<Service> {
    return new Service(journal, await freePort());
  }

  get pid(): number | undefined {
    return this.#life?.pid;
  }

  get isReady(): boolean {
    return this.#life?.isReady ?? false;
  }

  /** Whether it sends, as far as it has said so. */
  get isLeading(): boolean {
    return this.#isLeading;
  }

  get urls(): string[] {
    return [this.url];
  }

  signal(signal: NodeJS.Signals): void {
    this.#life?.child.kill(signal);
  }

  /** As it was started the last time. */
  startsAgain(): Promise<"ready" | "killed"> {
    return this.start(this.#environment);
  }

  async close(): Promise<void> {
    this.kill("the end");
    await this.gone();
  }

  /** The most memory that any of its lives was seen with, as far as the system tells. */
  get mostResidentBytes(): number {
    this.#measure();
    return this.#residentBytes;
  }

  /**
   * Resolves once it is ready, or was killed before; throws when it ended by itself. `environment` is
   * all that it gets.
   */
  async start(environment: Record<string, string>): Promise<"ready" | "killed"> {
    this.#environment = environment;
    this.#isLeading = false;
    const { PATH = "" } = process.env;
    const cli = join(packageFolder, "dist", "src", "cli.js");
    const child = spawn(process.execPath, [...tellsMemory, cli, "start"], {
      env: { PATH, PORT: String(this.#port), ...environment },
      stdio: ["ignore", "ignore", "pipe"],
    });
    children.add(child);
    const ended = once(child, "close").then(([code]): number | null => code);
    const life = { child, pid: child.pid ?? 0, isReady: false, ended, isKilled: false };
    this.#life = life;
    const ready = this.#listen(life);
    const over = ended.then((code) => this.#over(life, code));
    await Promise.race([ready, over]);
    return life.isReady ? "ready" : "killed";
  }

  /** Ends it at once, as a power cut would. `why` is for those who read of it. */
  kill(why: string): void {
    const life = this.#life;
    if (!life || life.isKilled) return;
    this.#measure();
    life.isKilled = true;
    life.isReady = false;
    life.child.kill("SIGKILL");
    this.#journal.note(`killed: ${why}`);
    this.#journal.count("kills", why);
  }

  /** Resolves once it is no more. */
  async gone(): Promise<void> {
    await this.#life?.ended;
  }

  /** Ends it in order; resolves to its exit code, and null if that took a signal. */
  async stop(): Promise<number | null> {
    const life = this.#life;
    if (!life) return 0;
    this.#measure();
    life.isKilled = true;
    life.isReady = false;
    life.child.kill("SIGTERM");
    return life.ended;
  }

  /** What it holds in memory, what is of no use to it left out. */
  async heldBytes(): Promise<number> {
    const held = new Promise<number>((resolve) => {
      this.#onHeld = resolve;
    });
    this.#life?.child.kill("SIGUSR2");
    return held;
  }

  /** Its last words, without what its own tickets are not concerned with when one is named. */
  log(names: readonly string[] = []): string[] {
    const isAbout = (line: string) =>
      names.length === 0 || names.some((name) => line.includes(name)) || !/"ticket"/.test(line);
    return this.#lines
      .filter(({ line }) => isAbout(line))
      .map(({ atMs, line }) => `${(atMs / 1_000).toFixed(3).padStart(9)} s  ${line}`);
  }

  #listen(life: Life): Promise<void> {
    return new Promise((resolve) => {
      createInterface({ input: life.child.stderr }).on("line", (line) => {
        this.#keep(line);
        if (/"msg":"This process leads no more/.test(line)) this.#isLeading = false;
        if (!/"msg":"ready"/.test(line)) return;
        this.#isLeading = line.includes('"outbox"');
        life.isReady = !life.isKilled;
        resolve();
      });
    });
  }

  #keep(line: string): void {
    const [, held] = heldPattern.exec(line) ?? [];
    if (held !== undefined) {
      this.#onHeld(Number(held));
      return;
    }
    if (noRoom.test(line)) this.failedWrites += 1;
    // That it was asked for metrics and tickets says nothing.
    if (!/"msg":"request"/.test(line)) this.#lines.push({ atMs: this.#journal.atMs(), line });
    if (this.#lines.length > mostLines) this.#lines.splice(0, mostLines / 10);
    if (tokensIn(line).length > 0 || hasSecret(line)) this.leaks.push(line);
  }

  #over(life: Life, code: number | null): void {
    children.delete(life.child);
    life.isReady = false;
    if (life.isKilled) return;
    this.deaths.push(`it ended by itself with ${code}`);
    this.#journal.note(`ended by itself with ${code}`);
  }

  #measure(): void {
    try {
      const status = readFileSync(`/proc/${this.pid}/status`, "utf8");
      const kilobytes = Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
      this.#residentBytes = Math.max(this.#residentBytes, kilobytes * 1_024);
    } catch {
      // Not every system tells, and of one that has ended none does.
    }
  }
}
