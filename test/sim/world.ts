import type { IdSource } from "../../src/desk/ids.ts";
import { Asking } from "./asking.ts";
import { Disk } from "./disk.ts";
import { Process } from "./engine.ts";
import { Gateway } from "./gateway.ts";
import type { Replies } from "./people.ts";
import { Platform } from "./platform.ts";
import { Random } from "./random.ts";
import { Scheduler } from "./scheduler.ts";
import { Weather } from "./weather.ts";

export interface Told {
  seed: number;
  /** About how much people do, at most. */
  acts?: number;
  /** The steps before which the process dies; without, the weather says when. */
  crashAt?: readonly number[];
  /** Acts and faults to leave out, by their number. */
  withoutActs?: ReadonlySet<number>;
  withoutFaults?: ReadonlySet<number>;
  /** Keep what happens, step by step. */
  trace?: boolean;
  /** Breaks something on purpose, to see that it is noticed. */
  sabotage?: (world: World) => void;
}

/** Every so many histories, each document is looked at each time it is written. */
const strictEvery = 16;

/** What is owed is sent, and what was missed is read, when platforms had so long to be there, in ms. */
const connectMs = 1_000;

/** How many references there are, so that some are drawn twice. */
const manyReferences = 12;

/** Platforms, a disk, and a process of Deskhand that dies and is started again. */
export class World {
  readonly scheduler: Scheduler;
  readonly weather: Weather;
  readonly disk: Disk;
  readonly platforms: ReadonlyMap<string, Platform>;
  readonly gateways: ReadonlyMap<string, Gateway>;
  /** Whether platforms tell once, and only of what happens while someone listens. */
  readonly misses: boolean;
  readonly replies: Replies;
  readonly asking: Asking;
  readonly random: Random;
  /** What did not go well, by ticket and delivery: it may come later than what was said next. */
  readonly troubled = new Set<string>();
  /** The steps before which the process died. */
  readonly crashes: number[] = [];
  #process: Process | undefined;
  readonly #crashAt: readonly number[] | undefined;
  #crashNext: number;
  readonly #engineRandom: Random;
  readonly #ids: IdSource;
  readonly #folder = new Map<string, Buffer>();

  constructor({ seed, crashAt, withoutFaults, trace = false }: Told) {
    this.weather = new Weather(seed, withoutFaults ? { without: withoutFaults } : {});
    this.scheduler = new Scheduler(seed, this.weather.rules, { trace });
    this.disk = new Disk({ isStrict: seed % strictEvery === 0 });
    const { now } = this.scheduler;
    this.platforms = new Map(["one", "two"].map((name) => [name, new Platform(name, now)]));
    const gatewayOf = (name: string) =>
      new Gateway(name, this.scheduler, new Random(seed, `gateway of ${name}`));
    this.gateways = new Map([...this.platforms.keys()].map((name) => [name, gatewayOf(name)]));
    this.misses = seed % 2 === 1;
    this.replies = new Random(seed, "replies").chance(0.25) ? "explicit" : "thread";
    this.random = new Random(seed, "people");
    this.asking = new Asking(this.scheduler, new Random(seed, "asking"));
    this.#engineRandom = new Random(seed, "engine");
    this.#ids = idsFrom(this.#engineRandom);
    this.#crashAt = crashAt;
    this.#crashNext = this.weather.untilCrash();
    this.disk.kept = ({ ticket, troubles }) => {
      for (const { delivery, dead } of troubles)
        if (dead) this.troubled.add(`${ticket._id} ${delivery}`);
    };
    this.scheduler.before = (step) => this.#beforeStep(step);
  }

  get process(): Process | undefined {
    return this.#process;
  }

  /** A process is there, connected to all platforms, and has read what was missed, where it can. */
  get isListening(): boolean {
    if (!this.#process?.isOpen) return false;
    const isConnected = [...this.gateways.values()].every((gateway) => gateway.isQuiet);
    // What is written where a thread may have been opened is read once it is known whether it was.
    const unopened = [...this.disk.documents.values()].filter(({ troubles }) =>
      troubles.some(({ delivery, dead }) => dead && delivery.endsWith("/open")),
    );
    const unread = this.#process.catchUp.unread();
    return isConnected && unread.every(({ tickets }) => tickets <= unopened.length);
  }

  platform = (name: string): Platform => {
    const platform = this.platforms.get(name);
    if (!platform) throw new Error(`There is no platform ${name}`);
    return platform;
  };

  start(): void {
    if (this.#process) return;
    const { scheduler, weather, disk, platforms, replies } = this;
    const process: Process = new Process(
      {
        ...{ scheduler, weather, disk, platforms, replies, folder: this.#folder },
        ids: this.#ids,
        random: () => this.#engineRandom.next(),
        onTrouble: (ticket, delivery) => this.troubled.add(`${ticket} ${delivery}`),
      },
      (name) => this.gateways.get(name)?.heardUntil(),
    );
    this.#process = process;
    process.open().then(() => {
      this.asking.listens(process);
      for (const gateway of this.gateways.values()) gateway.begins(process);
      scheduler.after(connectMs, "the outbox starts", () => this.#goOn(process), process);
    });
  }

  #goOn(process: Process): void {
    process.catchUp.start();
    void process.outbox.start();
  }

  /** Stops it as an operator does, and starts another. */
  restart(): void {
    const process = this.#process;
    if (!process || !this.asking.isHeard) return;
    this.asking.isDeaf();
    const { scheduler } = this;
    void process
      .stop()
      .then(() => scheduler.put("the process ends", () => this.#end(0), { owner: process }));
  }

  crash(): void {
    if (!this.#process) return;
    this.crashes.push(this.scheduler.steps);
    this.#end(this.weather.downMs());
  }

  #beforeStep(step: number): void {
    const isTime = this.#crashAt ? this.#crashAt.includes(step) : step >= this.#crashNext;
    if (!isTime) return;
    this.#crashNext = step + this.weather.untilCrash();
    this.crash();
  }

  #end(downMs: number): void {
    const process = this.#process;
    if (!process) return;
    this.scheduler.tell("the process is over");
    process.isOver = true;
    this.#process = undefined;
    for (const gateway of this.gateways.values()) gateway.ended();
    this.scheduler.end(process);
    this.asking.died();
    this.scheduler.after(downMs, "the process starts", () => this.start());
  }
}

/** Ids are long enough to be new each time; references may be drawn twice. */
function idsFrom(random: Random): IdSource {
  let made = 0;
  return {
    ticketId: () => {
      made += 1;
      return `ticket_${made}`;
    },
    reference: () => `T-${String(random.below(manyReferences)).padStart(6, "0")}`,
  };
}
