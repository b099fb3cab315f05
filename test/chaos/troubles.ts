/** What goes wrong besides single calls: kills, platforms and disks that go away, events on odd ways. */
import { setTimeout as wait } from "node:timers/promises";
import type { Calls } from "./calls.ts";
import { type Disk, findDisk } from "./disk.ts";
import type { Draws } from "./draws.ts";
import { type Killer, type Point, points } from "./killer.ts";
import { until, within } from "./waiting.ts";
import { modeBy, type PeerName, type World } from "./world.ts";

/** What is to be done once people have acted so often since the last one was done. */
interface Due {
  after: number;
  run(): Promise<void>;
}

export interface Plan {
  /** How often people act in all. */
  acts: number;
  kills: number;
  /** How often a platform or the disk goes away, or a connection stalls. */
  outages: number;
}

/** How long an outage takes: seconds of the real clock, where others would have minutes. */
const outageMs = [1_500, 3_000, 6_000];
const downMs = [0, 50, 400, 1_500];
/** Also so that another of several takes over meanwhile. */
const downOfSeveralMs = [...downMs, 3_000, 6_000];
const readsWithinMs = 12_000;
const peers: readonly PeerName[] = ["slack", "discord", "tickets"];

export class Troubles {
  readonly #world: World;
  readonly #killer: Killer;
  readonly #calls: Calls;
  readonly #draw: Draws;
  readonly #outages = new Set<Promise<void>>();
  readonly #disk: Disk | undefined;
  /** What could not be tried here, each as a sentence. */
  readonly missing: readonly string[];

  private constructor(
    given: { world: World; killer: Killer; calls: Calls; draw: Draws },
    disk: Disk | { missing: string },
  ) {
    this.#world = given.world;
    this.#killer = given.killer;
    this.#calls = given.calls;
    this.#draw = given.draw;
    this.#disk = "missing" in disk ? undefined : disk;
    this.missing = "missing" in disk ? [disk.missing] : [];
  }

  static async create(given: {
    world: World;
    killer: Killer;
    calls: Calls;
    draw: Draws;
  }): Promise<Troubles> {
    const disk = given.world.cluster
      ? { missing: "the disk was not filled: with a database, it is that one's" }
      : await findDisk(given.world.folder);
    return new Troubles(given, disk);
  }

  /**
   * Makes them all, each once people have acted as often as it says or have `ended`; what is left is
   * not made any more when something went wrong that was not to.
   */
  async make(plan: Plan, ended: () => boolean): Promise<void> {
    const { journal } = this.#world;
    for (const { after, run } of this.#planned(plan)) {
      const at = journal.total("acts") + after;
      const isDue = () => ended() || journal.total("acts") >= at;
      await until("people act", () => this.#world.isOver() || isDue());
      if (this.#world.isOver()) break;
      await run();
    }
    await Promise.all(this.#outages);
  }

  #planned({ acts, kills, outages }: Plan): Due[] {
    const { shuffled, between } = this.#draw;
    const apart = acts / (kills + outages + 1);
    const after = () => between(Math.floor(apart * 0.3), Math.ceil(apart * 1.5));
    // Every point comes once before any comes again.
    const rounds = Math.ceil(kills / points.length);
    const all = Array.from({ length: rounds }, () => shuffled(points)).flat();
    const killing = all.slice(0, kills).map((point) => () => this.#kill(point));
    const failing = Array.from({ length: outages }, () => async () => this.#beginOutage());
    return shuffled([...killing, ...failing]).map((run) => ({ after: after(), run }));
  }

  async #kill(point: Point): Promise<void> {
    const { pick, between } = this.#draw;
    const needsStart = point === "during start-up" || point === "while reading back";
    await this.#killer.kills(needsStart ? "at random" : point);
    // Of a process that is no more, nothing is expected: its session ends with it.
    this.#world.discord.gateway.loseSession();
    await wait(pick(this.#world.cluster ? downOfSeveralMs : downMs));
    if (point === "during start-up") await this.#killsStarting(between(0, 6));
    if (point === "while reading back") this.#killer.arms(point);
    await this.begins();
    if (point === "while reading back") await this.#killsReading();
  }

  /** Starts it, until it is ready. */
  async begins(): Promise<void> {
    const world = this.#world;
    const mode = modeBy(this.#draw);
    const started = await world.start(mode);
    world.journal.note(`started, and is ${started} (Slack over ${mode})`);
    if (started === "killed" && !world.isOver()) {
      world.discord.gateway.loseSession();
      await this.begins();
      return;
    }
    this.#killer.watches();
  }

  /** At its so many-th call after a start. */
  async #killsStarting(calls: number): Promise<void> {
    this.#killer.arms("during start-up", calls);
    const started = await this.#world.start(modeBy(this.#draw));
    this.#killer.disarms();
    if (started === "ready") this.#world.service.kill("at random");
    await this.#world.service.gone();
    this.#world.discord.gateway.loseSession();
  }

  async #killsReading(): Promise<void> {
    await within(() => !this.#killer.isArmed(), readsWithinMs);
    this.#killer.disarms();
    if (this.#world.service.isReady) return;
    await this.#world.service.gone();
    this.#world.discord.gateway.loseSession();
    await this.begins();
  }

  #beginOutage(): void {
    const { pick } = this.#draw;
    const kinds = [
      () => this.#away("slack"),
      () => this.#away("discord"),
      () => this.#away("tickets"),
      () => this.#stall(),
      ...this.#world.service.troubles,
      ...(this.#disk ? [() => this.#fill()] : []),
    ];
    const outage = pick(kinds)().finally(() => this.#outages.delete(outage));
    this.#outages.add(outage);
  }

  async #away(platform: PeerName): Promise<void> {
    const { journal, wires, slack, discord } = this.#world;
    const ms = this.#draw.pick(outageMs);
    journal.count("troubles", `${platform} away`);
    journal.note(`${platform} is away for ${ms} ms`);
    const back = this.#calls.goesAway(platform);
    await wires[platform].refuses();
    const held = platform === "slack" ? slack.events.hold() : undefined;
    if (platform === "slack") slack.socketMode.cut();
    else if (platform === "discord") discord.gateway.drop();
    await wait(ms);
    back();
    await wires[platform].heals();
    held?.release(this.#draw.shuffled);
    journal.note(`${platform} is back`);
  }

  async #stall(): Promise<void> {
    const { journal, wires } = this.#world;
    const ms = this.#draw.pick(outageMs);
    const platform = this.#draw.pick(peers);
    journal.count("troubles", `${platform} stalls`);
    journal.note(`nothing gets through to ${platform} for ${ms} ms`);
    wires[platform].stalls();
    await wait(ms);
    await wires[platform].heals();
    journal.note(`all gets through to ${platform} again`);
  }

  async #fill(): Promise<void> {
    const { journal, service } = this.#world;
    const { pid } = service;
    if (!this.#disk || pid === undefined) return;
    const left = this.#draw.pick([0, 100, 3_000]);
    const ms = this.#draw.pick(outageMs);
    journal.count("troubles", `disk full (${this.#disk.how})`);
    journal.note(`the disk takes no more than ${left} bytes of a file for ${ms} ms`);
    await this.#disk.fill(pid, left);
    await wait(ms);
    await this.#disk.free(pid);
    journal.note("the disk has room again");
  }
}

/** Disturbs what is told next, on its way from the platforms. */
export function disturber(world: World, draw: Draws, likely: number): () => void {
  const { slack, discord, journal, losesEvents } = world;
  const { gateway } = discord;
  const told = (what: string, act: () => void) => () => {
    journal.count("events", what);
    journal.note(what);
    act();
  };
  const usual = [
    told("slack: event repeated", () => slack.events.disturb("repeat", { type: "message" })),
    told("slack: ack lost", () => slack.events.disturb("lose-ack", { type: "message" })),
    told("slack: event broken off", () => slack.events.disturb("break-off", { type: "message" })),
    told("slack: answer to a person lost", () => slack.interactions.disturb("lose-ack")),
    told("slack: a person's act broken off", () => slack.interactions.disturb("break-off")),
    told("slack: events held and reordered", () => {
      const held = slack.events.hold();
      setTimeout(() => held.release(draw.shuffled), 300);
    }),
    told("discord: dispatch repeated", () => gateway.repeatsDispatches(1, "MESSAGE_CREATE")),
    told("discord: interaction repeated", () => gateway.repeatsDispatches(1, "INTERACTION_CREATE")),
    told("discord: dispatches held", () => {
      gateway.holds();
      setTimeout(() => gateway.releases(), 300);
    }),
  ];
  const heavy = [
    told("slack: socket asked to reconnect", () => slack.socketMode.disconnect()),
    told("slack: socket cut", () => slack.socketMode.cut()),
    told("discord: gateway cut", () => gateway.drop()),
    told("discord: gateway cut, and told twice", () => {
      gateway.replaysTwice();
      gateway.drop();
    }),
    told("discord: asked to reconnect", () => gateway.askToReconnect()),
    told("discord: session invalid, to be resumed", () => gateway.invalidate(true)),
    told("discord: session lost", () => gateway.loseSession()),
    ...(losesEvents
      ? [told("slack: event lost", () => slack.events.disturb("lose", { type: "message" }))]
      : []),
  ];
  return () => {
    if (draw.chance(likely)) draw.pick(usual)();
    if (draw.chance(likely / 4)) draw.pick(heavy)();
  };
}
