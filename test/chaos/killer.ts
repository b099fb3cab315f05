/** Kills Deskhand at a named point of its work, as seen from outside. */
import { type FSWatcher, watch } from "node:fs";
import { join } from "node:path";
import type { Called, Fault } from "./calls.ts";
import type { Cluster } from "./cluster.ts";
import { within } from "./waiting.ts";
import type { World } from "./world.ts";

/** Where a process can die; each is to be hit in any long run. */
export const points = [
  /** Whenever. */
  "at random",
  /** A document is being written, and is not in its place yet. */
  "while writing",
  /** A document is in its place, and no one was told. */
  "after a commit",
  /** Slack has been told that an event is safe. */
  "after an ack",
  /** A call that changes something has arrived, and has no effect. */
  "before a send",
  /** It has had its effect, and is not answered. */
  "after a send",
  /** It is answered, and what became of it is being written down. */
  "before a settle",
  /** Not ready yet. */
  "during start-up",
  /** It reads what was written somewhere: to catch up, or to look for what it may have sent. */
  "while reading back",
] as const;

export type Point = (typeof points)[number];

/** What does not come by itself in so long is not waited for. */
const comesWithinMs = 10_000;

export class Killer {
  readonly #world: World;
  #armed: Point | undefined;
  /** What is counted down to what is hit. */
  #left = 0;
  #watcher: FSWatcher | undefined;

  constructor(world: World) {
    this.#world = world;
    world.slack.events.onAck = () => this.#meets("after an ack");
  }

  /** To be called once the data folder is there. */
  watches(): void {
    const { cluster } = this.#world;
    if (cluster) {
      this.#watchesStatements(cluster);
      return;
    }
    this.#watcher ??= watch(join(this.#world.folder, "tickets"), (_, name) => {
      if (name?.endsWith(".tmp")) {
        this.#meets("while writing");
        if (this.#left === 0) this.#meets("before a settle");
      } else if (name?.endsWith(".json")) this.#meets("after a commit");
    });
  }

  /** What is written in a database is seen on the way there. */
  #watchesStatements(cluster: Cluster): void {
    cluster.watches((statement) => {
      if (statement === "change") {
        this.#meets("while writing");
        if (this.#left === 0) this.#meets("before a settle");
      } else setImmediate(() => this.#meets("after a commit"));
    });
  }

  close(): void {
    this.#watcher?.close();
    this.#world.slack.events.onAck = () => undefined;
  }

  /**
   * Kills it when it next comes to this point; at once, if it does not come there. Resolves when it is
   * no more.
   */
  async kills(point: Point): Promise<void> {
    const { service } = this.#world;
    this.arms(point);
    if (point !== "at random") await within(() => this.#armed === undefined, comesWithinMs);
    this.#armed = undefined;
    service.kill("at random");
    await service.gone();
  }

  /** Kills it when it comes to this point; `after` so many that are passed by. */
  arms(point: Point, after = 0): void {
    this.#left = point === "before a settle" ? 1 : after;
    this.#armed = point;
  }

  /** Nothing is to happen any more. */
  disarms(): void {
    this.#armed = undefined;
  }

  /** Whether it still waits to come to where it is to die. */
  isArmed(): boolean {
    return this.#armed !== undefined;
  }

  /** What becomes of a call because of this; undefined when nothing does. */
  onCall({ isSend, isReading }: Called): Fault | undefined {
    if (this.#armed === "during start-up" && !this.#world.service.isReady)
      return this.#meets("during start-up") ? "reset" : undefined;
    if (isReading && this.#meets("while reading back")) return "reset";
    if (!isSend) return undefined;
    if (this.#meets("before a send")) return "reset";
    if (this.#armed === "before a settle") setImmediate(() => this.#isAnswered());
    if (this.#armed !== "after a send") return undefined;
    setImmediate(() => this.#meets("after a send"));
    return { answeredAfter: this.#world.service.gone() };
  }

  /** The next that is written is what became of it, or soon will be. */
  #isAnswered(): void {
    if (this.#armed === "before a settle") this.#left = 0;
  }

  #meets(point: Point): boolean {
    if (this.#armed !== point) return false;
    if (point === "during start-up" && this.#left > 0) {
      this.#left -= 1;
      return false;
    }
    this.#armed = undefined;
    this.#world.service.kill(point);
    return true;
  }
}
