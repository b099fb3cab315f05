import { type CatchUp, createCatchUp } from "../../src/desk/catch-up.ts";
import type { ChatDesk, PlatformAdapter, PlatformReader } from "../../src/desk/chat.ts";
import { createChatDesk } from "../../src/desk/chat-desk.ts";
import { createDesk, type Desk, type DeskParts } from "../../src/desk/desk.ts";
import type { IdSource } from "../../src/desk/ids.ts";
import { createOutbox, type Outbox } from "../../src/desk/outbox.ts";
import type { AttachmentFolder, Log } from "../../src/desk/ports.ts";
import type { RichText } from "../../src/desk/text.ts";
import { adapterOf } from "./adapter.ts";
import { type Disk, storeOf } from "./disk.ts";
import { agentsChannels, type Replies } from "./people.ts";
import type { Platform } from "./platform.ts";
import type { Owner, Scheduler } from "./scheduler.ts";
import type { Weather } from "./weather.ts";

/** After so long a delivery is given up. */
const deadAfterMs = 30 * 60_000;

export interface Surroundings {
  scheduler: Scheduler;
  weather: Weather;
  disk: Disk;
  /** The attachments folder, by hash. */
  folder: Map<string, Buffer>;
  platforms: ReadonlyMap<string, Platform>;
  ids: IdSource;
  replies: Replies;
  random(): number;
  /** Told of each delivery that failed for good: of which ticket, by its id or its reference. */
  onTrouble(ticket: string, delivery: string): void;
}

interface Desks {
  chat: ChatDesk;
  api: Desk;
  catchUp: CatchUp;
}

/** A process of Deskhand, from its start to its end. */
export class Process implements Owner {
  isOver = false;
  readonly outbox: Outbox;
  readonly #parts: Surroundings;
  readonly #adapters = new Map<string, PlatformAdapter & PlatformReader>();
  readonly #deskParts: DeskParts;
  #desks: Desks | undefined;

  constructor(parts: Surroundings, heardUntil: (platform: string) => number | undefined) {
    this.#parts = parts;
    const { scheduler, ids } = parts;
    const { now } = scheduler;
    for (const platform of parts.platforms.values()) {
      const given = { ...parts, platform, heardUntil: () => heardUntil(platform.name) };
      this.#adapters.set(platform.name, adapterOf(this, given));
    }
    const store = storeOf(this, parts);
    const rules = rulesOf(parts);
    this.outbox = createOutbox({
      ...{ store, adapters: this.#adapters, rules, now, log: logOf(parts) },
      ...{ files: this.#files(parts), after: this.#after },
      fileRules: { maxBytes: mostBytes, allows: (type) => type !== unwelcomeType },
    });
    const soon = (work: () => void) => scheduler.put("soon after", work, { owner: this });
    this.#deskParts = { store, ids, rules, now, outbox: this.outbox, soon };
  }

  get chat(): ChatDesk {
    return this.#opened.chat;
  }

  get api(): Desk {
    return this.#opened.api;
  }

  get catchUp(): CatchUp {
    return this.#opened.catchUp;
  }

  get isOpen(): boolean {
    return this.#desks !== undefined;
  }

  /** Takes nothing in before. */
  async open(): Promise<void> {
    const parts = this.#deskParts;
    const reading = { readers: this.#adapters, log: logOf(this.#parts), after: this.#after };
    const catchUp = await createCatchUp({ ...parts, ...reading });
    this.#desks = { catchUp, chat: createChatDesk({ ...parts, catchUp }), api: createDesk(parts) };
  }

  /** As an operator ends it. */
  async stop(): Promise<void> {
    await this.catchUp.stop();
    await this.catchUp.remember();
    await this.outbox.stop(2_500);
  }

  get #opened(): Desks {
    if (!this.#desks) throw new Error("The simulation is wrong: nothing listens yet");
    return this.#desks;
  }

  #after = (ms: number, work: () => void): (() => void) =>
    this.#parts.scheduler.after(ms, "a timer", work, this);

  #files({ scheduler, folder }: Surroundings): AttachmentFolder {
    const soon = <T>(label: string, work: () => T): Promise<T> =>
      new Promise((resolve) =>
        scheduler.put(`folder.${label}`, () => resolve(work()), { owner: this }),
      );
    return {
      keep: (content) =>
        soon("keep", () => {
          const hash = content.toString("hex").padEnd(64, "0").slice(0, 64);
          folder.set(hash, content);
          return { hash };
        }),
      read: (hash) => soon("read", () => folder.get(hash)),
    };
  }
}

const mostBytes = 1_000;
const unwelcomeType = "application/x-evil";

function rulesOf({ platforms, random, replies }: Surroundings) {
  return {
    replies,
    triageFor: () => agentsChannels,
    idOf: ({ id }: { id: string }) => id,
    split: (platform: string, text: RichText) => platforms.get(platform)?.split(text) ?? [text],
    deadAfterMs,
    random,
  };
}

/** Only what was given up or has failed for good is listened for: it may come out of order. */
function logOf({ onTrouble }: Surroundings): Log {
  const heard = (fields: object) => {
    const { delivery, ticket, reference, outcome = "dead" } = fields as Fields;
    if (delivery === undefined) return;
    if (outcome === "dead" || outcome === "gone") onTrouble(ticket ?? reference ?? "", delivery);
  };
  return { debug: () => undefined, info: () => undefined, warn: heard, error: heard };
}

interface Fields {
  delivery?: string;
  ticket?: string;
  reference?: string;
  outcome?: string;
}
