import { onTestFinished } from "vitest";
import type { ChatActor, ChatEvent, ChatForm, Heard } from "../../src/desk/chat.ts";
import type { TicketDocument } from "../../src/desk/document.ts";
import type { TicketStore } from "../../src/desk/ports.ts";
import { amy, ann, Engine, rob } from "./engine.ts";
import { memoryStore } from "./memory-store.ts";
import type { SimulatedPlatform } from "./simulated-platform.ts";

export const secondMs = 1_000;
export const minuteMs = 60 * secondMs;

const writers: Readonly<Record<string, ChatActor>> = { rob, triage: ann, desk: amy };

/** A ticket's threads, and people who go on writing there, whether or not anyone is told of it. */
export class Missing {
  readonly store: TicketStore = memoryStore();
  readonly engine = new Engine(async () => this.store);
  readonly #deafSince = new Map<string, number>();

  platformAt = (where: string): SimulatedPlatform =>
    where === "desk" ? this.engine.two : this.engine.one;

  /** Both platforms are there, and tell of all that happens. */
  async start(): Promise<void> {
    const { engine } = this;
    engine.connects = ["one", "two"];
    for (const platform of [engine.one, engine.two])
      platform.heardUntil = () => this.#deafSince.get(platform.platform) ?? engine.clock.now();
    await engine.start();
  }

  async thread(id: string, where: string): Promise<string> {
    const { thread } = await this.engine.place(id, where);
    if (thread === null) throw new Error("There is no thread yet");
    return thread;
  }

  /** Nobody is told of it. A second passes, so that it is known what was written first. */
  async writes(id: string, where: string, text: string, by = writers[where] ?? rob) {
    await this.pass(secondMs);
    const thread = await this.thread(id, where);
    const platform = this.platformAt(where);
    const event = platform.writes(thread, by, text);
    return { platform, message: event.message, event };
  }

  /** It is told of as well. */
  async says(id: string, where: string, text: string, by = writers[where] ?? rob) {
    const words = await this.writes(id, where, text, by);
    const heard = await this.hears(words.event);
    return { ...words, heard };
  }

  async hears(event: ChatEvent): Promise<Heard> {
    const heard = await this.engine.desk.heard(event);
    await this.engine.settled();
    return heard;
  }

  /** The process is gone; what people do now, no one is told of. */
  die(): void {
    this.engine.life.end();
  }

  /** It is there again, a second later. */
  async restart(): Promise<void> {
    this.die();
    await this.pass(secondMs);
    this.#deafSince.clear();
    await this.engine.start();
  }

  isDeaf = (platform: SimulatedPlatform): boolean => this.#deafSince.has(platform.platform);

  deafen(...names: string[]): void {
    for (const name of names) this.#deafSince.set(name, this.engine.clock.now());
  }

  /** The connection is there again. */
  async reconnect(...names: string[]): Promise<void> {
    for (const name of names) {
      this.engine.desk.mayHaveMissed(name, this.#deafSince.get(name));
      this.#deafSince.delete(name);
    }
    await this.engine.settled();
  }

  async pass(ms: number): Promise<void> {
    const { clock, life } = this.engine;
    if (life.isOver) await clock.moveTo(clock.now() + ms, async () => undefined);
    else await this.engine.pass(ms);
  }

  /** As much as it takes until nothing is owed and nothing is to be read. */
  async calm(): Promise<void> {
    await this.pass(10 * minuteMs);
  }

  /** What a thread shows, notices included; what people wrote there themselves is not. */
  shownAt = (where: string): string[] => this.platformAt(where).textsAt(where);

  document = (id: string): Promise<TicketDocument> => this.engine.document(id);

  /** What was said, in order, from the description on. */
  async entries(id: string): Promise<string[]> {
    const { ticket } = await this.document(id);
    return ticket.threads.map(({ message }) => message);
  }

  reads = (platform: SimulatedPlatform): string[] =>
    platform.calls.filter((call) => call.do === "readSince").map(({ where }) => where);
}

/** Two platforms, and Rob's ticket with a thread of his and two of agents. */
export async function missing(given: Partial<ChatForm> = {}) {
  const world = new Missing();
  for (const platform of [world.engine.one, world.engine.two]) platform.fits = () => true;
  onTestFinished(() => world.engine.life.end());
  await world.start();
  const id = await world.engine.opened(given);
  // By then it is written down until when all was heard.
  await world.pass(30 * minuteMs);
  return { world, engine: world.engine, id };
}
