import { onTestFinished } from "vitest";
import { type CatchUp, createCatchUp } from "../../src/desk/catch-up.ts";
import type { TakenAs } from "../../src/desk/catch-up-take.ts";
import type { ChatActor, ChatDesk, ChatForm } from "../../src/desk/chat.ts";
import { createChatDesk } from "../../src/desk/chat-desk.ts";
import type { Place, TicketDocument } from "../../src/desk/document.ts";
import { randomIds } from "../../src/desk/ids.ts";
import type { Spot } from "../../src/desk/open.ts";
import { createOutbox, type Outbox } from "../../src/desk/outbox.ts";
import type { AttachmentFolder, Log, TicketStore } from "../../src/desk/ports.ts";
import type { ServiceDesk } from "../../src/desk/service.ts";
import { createServiceDesk } from "../../src/desk/service-desk.ts";
import { openLowdbStore } from "../../src/store/lowdb/open.ts";
import type { TicketId } from "../../src/tickets/ticket.ts";
import { keptLog } from "../log.ts";
import { temporaryFolder } from "../temporary.ts";
import { HandClock } from "./hand-clock.ts";
import { Life, storeIn, type WriteEnding } from "./life.ts";
import { SimulatedPlatform } from "./simulated-platform.ts";
import { SimulatedService } from "./simulated-service.ts";

export const rob: ChatActor = { id: "one:rob", name: "Rob", isAgent: false };
export const ann: ChatActor = { id: "one:ann", name: "Ann", isAgent: true };
export const amy: ChatActor = { id: "two:amy", name: "Amy", isAgent: true };

/** After so long a delivery is given up here. */
export const deadAfterMs = 30 * 60_000;

export const robsForm = (given: Partial<ChatForm> = {}): ChatForm => ({
  ...{ creationKey: "form-1", title: "Printer", description: "It burns", priority: "high" },
  ...{ category: "technical", tags: [], files: [], requester: rob, by: rob },
  ...{ platform: "one", where: "rob" },
  ...given,
});

/** Where requesters' and agents' threads of these tests are. */
const triage: Spot[] = [
  { platform: "one", where: "triage" },
  { platform: "two", where: "desk" },
];

/** The engine on a real store and simulated platforms: it can die and come back. */
export class Engine {
  readonly clock = new HandClock();
  readonly one = new SimulatedPlatform("one", this.clock.now);
  readonly two = new SimulatedPlatform("two", this.clock.now);
  /** Tickets live there, too, while it is on. */
  readonly service = new SimulatedService(this.clock.now);
  readonly log = keptLog();
  readonly #open: () => Promise<TicketStore>;
  /** No two links are the same. */
  #linked = 0;
  readonly #contents = new Map<string, Buffer>();
  hasService: boolean;
  writeEnding: () => WriteEnding = () => "ok";
  /** Told of every call of the store, before it has an effect. */
  onStore: (call: string) => void = () => undefined;
  replies: "thread" | "explicit" = "thread";
  /** The platforms that say at each start that they may have missed something. */
  connects: string[] = [];
  readonly taken: { platform: string; as: TakenAs }[] = [];
  /** The platforms that are not on, from the next start on. */
  readonly off = new Set<string>();
  /** How many deliveries are under way at once on each platform, from the next start on. */
  atOnce = 16;
  life = new Life();
  #store: TicketStore | undefined;
  #desk: ChatDesk | undefined;
  #outbox: Outbox | undefined;
  #catchUp: CatchUp | undefined;
  #serviceDesk: ServiceDesk | undefined;

  /** `open` opens what was kept by the life before, too. */
  constructor(open: (log: Log) => Promise<TicketStore>, { service = false } = {}) {
    this.#open = () => open(this.log);
    this.hasService = service;
  }

  get desk(): ChatDesk {
    return started(this.#desk);
  }

  get outbox(): Outbox {
    return started(this.#outbox);
  }

  get catchUp(): CatchUp {
    return started(this.#catchUp);
  }

  get serviceDesk(): ServiceDesk {
    return started(this.#serviceDesk);
  }

  /** Starts it, after the life before is over. */
  async start(): Promise<void> {
    this.life.end();
    await this.close();
    const store = await this.#open();
    this.#store = store;
    const life = new Life();
    this.life = life;
    await Promise.race([this.#begin(life, store), life.over]);
    await life.settled();
  }

  async #begin(life: Life, store: TicketStore): Promise<void> {
    const adapters = new Map(
      [this.one, this.two]
        .filter(({ platform }) => !this.off.has(platform))
        .map((each) => [each.platform, each.adapter(life)] as const),
    );
    const rules = {
      replies: this.replies,
      triageFor: () => triage,
      idOf: ({ id }: { id: string }) => id,
      split: (platform: string, text: TicketText) => adapters.get(platform)?.split(text) ?? [text],
      deadAfterMs,
      random: () => 0.5,
      ...(this.hasService && { service: { platform: this.service.platform, where: "tickets" } }),
      linkTo: (file: { name: string }) => `https://files.example/${file.name}?${this.#linked++}`,
    };
    const seen = storeIn(
      life,
      store,
      () => this.writeEnding(),
      (call) => this.onStore(call),
    );
    const { now } = this.clock;
    const after = life.after(this.clock.after);
    const outbox = createOutbox({
      ...{ store: seen, adapters, rules, log: this.log, files: this.#files(life) },
      ...{ now, after },
      ...(this.hasService && { service: this.service.service(life) }),
      onFoundLate: (platform, sinceMs) => this.catchUp.mayHaveMissed(platform, sinceMs),
      atOnce: this.atOnce,
      fileRules: { maxBytes: 1_000, allows: (type) => type !== "application/x-evil" },
    });
    const parts = { store: seen, ids: randomIds, rules, now, outbox };
    const onTaken = (platform: string, as: TakenAs) => this.taken.push({ platform, as });
    const reading = { readers: adapters, log: this.log, after, onTaken };
    const catchUp = await createCatchUp({ ...parts, ...reading });
    const desk = createChatDesk({ ...parts, catchUp });
    this.#desk = desk;
    this.#outbox = outbox;
    const { platform } = this.service;
    this.#serviceDesk = createServiceDesk({ ...parts, platform });
    this.#catchUp = catchUp;
    for (const platform of this.connects) desk.mayHaveMissed(platform);
    catchUp.start();
    await outbox.start();
  }

  async close(): Promise<void> {
    await this.#store?.close();
  }

  settled = (): Promise<void> => this.life.settled();

  async pass(ms: number): Promise<void> {
    await this.clock.moveTo(this.clock.now() + ms, this.settled);
  }

  /** Opens Rob's ticket, and waits until all have heard of it. */
  async opened(given: Partial<ChatForm> = {}): Promise<TicketId> {
    const { id } = await this.desk.open(robsForm(given));
    await this.settled();
    return id;
  }

  async document(id: TicketId): Promise<TicketDocument> {
    return started(await this.#store?.get(id));
  }

  /** Every ticket of the service is read and taken in; false: it could not be, yet. */
  async poll(): Promise<boolean> {
    let isDone = true;
    for (const { id } of this.service.tickets) {
      const { life, serviceDesk } = this;
      const taken = (async () => {
        const stamp = await serviceDesk.stampOf(id);
        return stamp === undefined
          ? "unknown"
          : serviceDesk.takeIn(this.service.seen(id), stamp).catch(() => "again");
      })();
      const outcome = await Promise.race([taken, life.over]);
      isDone &&= outcome === "taken";
      await this.settled();
    }
    return isDone;
  }

  /** The place in this channel. */
  async place(id: TicketId, where: string): Promise<Place> {
    const { places } = await this.document(id);
    return started(places.find((place) => place.where === where));
  }

  #files(life: Life): AttachmentFolder {
    return {
      keep: (content) =>
        life.live(async () => {
          const hash = Buffer.from(content).toString("hex").padEnd(64, "0").slice(0, 64);
          this.#contents.set(hash, content);
          return { hash };
        }),
      read: (hash) => life.live(async () => this.#contents.get(hash)),
    };
  }
}

type TicketText = Parameters<SimulatedAdapter["split"]>[0];
type SimulatedAdapter = ReturnType<SimulatedPlatform["adapter"]>;

function started<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("It is not there");
  return value;
}

export async function startedEngine(given: { service?: boolean } = {}): Promise<Engine> {
  const folder = await temporaryFolder();
  const engine = new Engine((log) => openLowdbStore({ folder, log }), given);
  onTestFinished(() => engine.close());
  await engine.start();
  return engine;
}
