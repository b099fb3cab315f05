/** Several Deskhands on one database, behind a load balancer: told of and killed as if they were one. */
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Serial } from "../../src/desk/serial.ts";
import { type Balancer, startBalancer } from "../fakes/balancer.ts";
import { type Wire, wire } from "../fakes/wire.ts";
import { connected, embeddedServer, named, type Server } from "../postgres-server.ts";
import type { Draws } from "./draws.ts";
import type { Journal } from "./journal.ts";
import { type Deskhand, Service } from "./service.ts";

interface Member {
  service: Service;
  /** Its way to the database. */
  way: Wire;
}

/** What the server is told that is about a ticket, on the way there. */
export type Statement = "change" | "commit";

const database = "deskhand_chaos";

/** For longer than the server takes to notice, and for less. */
const cutMs = [1_500, 6_000, 16_000];
/** Longer than those that stand still are left alone. */
const stillMs = [4_000, 18_000];
const awayMs = [200, 2_000, 5_000];

export class Cluster implements Deskhand {
  readonly databaseUrl: string;
  readonly #server: Server;
  readonly #members: readonly Member[];
  readonly #balancer: Balancer;
  readonly #journal: Journal;
  readonly #draw: Draws;
  /** A start that meets no database ends, and is no death: so none is made meanwhile. */
  readonly #starts = new Serial();
  #onStatement: (statement: Statement) => void = () => undefined;

  private constructor(
    given: { server: Server; members: Member[]; balancer: Balancer },
    journal: Journal,
    draw: Draws,
  ) {
    this.#server = given.server;
    this.#members = given.members;
    this.#balancer = given.balancer;
    this.#journal = journal;
    this.#draw = draw;
    this.databaseUrl = named(given.server.url, database);
    given.balancer.serves(given.members.map(({ service }) => service.url));
  }

  static async create(processes: number, journal: Journal, draw: Draws): Promise<Cluster> {
    const server = await embeddedServer(["tcp_keepalives_idle=5"]);
    await connected(server.url, (client) => client.query(`create database ${database}`));
    const balancer = await startBalancer();
    const told: { cluster?: Cluster } = {};
    const member = async (): Promise<Member> => {
      const onSent = (data: Buffer) => told.cluster?.tells(data);
      const way = await wire(named(server.url, database), onSent);
      return { service: await Service.create(journal), way };
    };
    const members = await Promise.all(Array.from({ length: processes }, member));
    const cluster = new Cluster({ server, members, balancer }, journal, draw);
    told.cluster = cluster;
    return cluster;
  }

  tells(data: Buffer): void {
    if (data.includes("commit\0")) this.#onStatement("commit");
    // The name of the statement: it is prepared once, and named from then on.
    else if (data.includes("change\0") || data.includes("change ")) this.#onStatement("change");
  }

  /** Told from now on of what is written. */
  watches(onStatement: (statement: Statement) => void): void {
    this.#onStatement = onStatement;
  }

  get url(): string {
    return this.#balancer.url;
  }

  get urls(): string[] {
    return this.#members.flatMap(({ service }) => service.urls);
  }

  get #services(): Service[] {
    return this.#members.map(({ service }) => service);
  }

  get #leader(): Member | undefined {
    return this.#members.find(({ service }) => service.isReady && service.isLeading);
  }

  /** Of the one that leads. */
  get pid(): number | undefined {
    return this.#leader?.service.pid;
  }

  get isReady(): boolean {
    return this.#services.every(({ isReady }) => isReady) && this.#leader !== undefined;
  }

  get leaks(): string[] {
    return this.#services.flatMap(({ leaks }) => leaks);
  }

  get deaths(): string[] {
    return this.#services.flatMap(({ deaths }) => deaths);
  }

  get failedWrites(): number {
    return 0;
  }

  get mostResidentBytes(): number {
    return Math.max(...this.#services.map(({ mostResidentBytes }) => mostResidentBytes));
  }

  /** Starts those that are not there. */
  async start(environment: Record<string, string>): Promise<"ready" | "killed"> {
    return this.#starts.run("start", () => this.#startAll(environment));
  }

  async #startAll(environment: Record<string, string>): Promise<"ready" | "killed"> {
    const { DATA_DIR = "", ...others } = environment;
    const starting = this.#members.map(async ({ service, way }, index) => {
      if (service.isReady) return "ready";
      await service.gone();
      return service.start({
        ...others,
        DATA_DIR: join(DATA_DIR, `process-${index}`),
        DATABASE_URL: way.url,
        ATTACHMENTS_URL: `file://${join(DATA_DIR, "shared")}`,
      });
    });
    const all = await Promise.all(starting);
    return all.every((each) => each === "ready") ? "ready" : "killed";
  }

  /** The one that leads, most of the time; those that are not ready yet, if any are not. */
  kill(why: string): void {
    const starting = this.#services.filter(({ isReady }) => !isReady);
    const leader = this.#leader?.service;
    const any = this.#draw.pick(this.#services);
    const drawn = this.#draw.pick([[leader ?? any], [leader ?? any], [any], this.#services]);
    for (const each of starting.length > 0 ? starting : drawn) each.kill(why);
  }

  async gone(): Promise<void> {
    await Promise.all(this.#services.filter(({ isReady }) => !isReady).map((each) => each.gone()));
  }

  async stop(): Promise<number | null> {
    const running = this.#services.filter(({ isReady }) => isReady);
    const codes = await Promise.all(running.map((each) => each.stop()));
    return codes.find((code) => code !== 0) ?? 0;
  }

  async heldBytes(): Promise<number> {
    return (await this.#leader?.service.heldBytes()) ?? 0;
  }

  log(names: readonly string[] = []): string[] {
    return this.#services
      .flatMap((each, index) =>
        each.log(names).map((line) => `${line.slice(0, 13)} ${index}${line.slice(13)}`),
      )
      .sort((one, other) => Number.parseFloat(one) - Number.parseFloat(other));
  }

  /** What can go wrong with it beside what can with one, each until it is right again. */
  readonly troubles: readonly (() => Promise<void>)[] = [
    () => this.#starts.run("start", () => this.#cutOff()),
    () => this.#standsStill(),
    () => this.#starts.run("start", () => this.#losesDatabase()),
    () => this.#starts.run("start", () => this.#restartsEach()),
  ];

  async #cutOff(): Promise<void> {
    const { way } = this.#leader ?? this.#draw.pick(this.#members);
    const ms = this.#draw.pick(cutMs);
    this.#begins("the leader cut off from the database", `for ${ms} ms`);
    if (this.#draw.chance(0.5)) way.stalls();
    else await way.refuses();
    await wait(ms);
    await way.heals();
    way.cuts();
    this.#journal.note("it reaches the database again");
  }

  async #standsStill(): Promise<void> {
    const { service } = this.#leader ?? this.#draw.pick(this.#members);
    const ms = this.#draw.pick(stillMs);
    this.#begins("the leader stands still", `for ${ms} ms`);
    service.signal("SIGSTOP");
    await wait(ms);
    service.signal("SIGCONT");
    this.#journal.note("it goes on");
  }

  async #losesDatabase(): Promise<void> {
    const ms = this.#draw.pick(awayMs);
    this.#begins("the database killed", `and away for ${ms} ms`);
    await this.#server.kill();
    await wait(ms);
    await this.#server.start();
    this.#journal.note("the database is back");
  }

  async #restartsEach(): Promise<void> {
    this.#begins("each ended in order, and started again", "");
    for (const service of this.#draw.shuffled(this.#services)) {
      if (!service.isReady) continue;
      await service.stop();
      await service.startsAgain();
    }
  }

  #begins(what: string, more: string): void {
    this.#journal.count("troubles", what);
    this.#journal.note(`${what} ${more}`);
  }

  async close(): Promise<void> {
    for (const { service } of this.#members) {
      service.signal("SIGCONT");
      service.kill("the end");
      await service.gone();
    }
    await Promise.all(this.#members.map(({ way }) => way.close()));
    await this.#balancer.close();
    await this.#server.stop();
  }
}
