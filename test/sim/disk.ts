import { carriedInto } from "../../src/desk/carried.ts";
import { documentSchema, type TicketDocument } from "../../src/desk/document.ts";
import { keptFilesIn } from "../../src/desk/kept-files.ts";
import { noCounts, StoreError, type TicketStore } from "../../src/desk/ports.ts";
import { Serial } from "../../src/desk/serial.ts";
import { summaryOf, type TicketId } from "../../src/tickets/ticket.ts";
import { openThreadsIn } from "../desk/memory-store.ts";
import type { Owner, Scheduler } from "./scheduler.ts";
import type { Weather } from "./weather.ts";

/** What is kept, from process to process. */
export class Disk {
  readonly documents = new Map<TicketId, TicketDocument>();
  readonly values = new Map<string, string>();
  /** How often something was written. */
  writes = 0;
  /** Called with each document that is written. */
  kept: (document: TicketDocument) => void = () => undefined;
  readonly #isStrict: boolean;

  /** A strict one looks whether each document is valid, and whether anyone changes what was kept. */
  constructor(given: { isStrict: boolean }) {
    this.#isStrict = given.isStrict;
  }

  keep(document: TicketDocument): void {
    this.writes += 1;
    this.kept(document);
    if (this.#isStrict) deepFreeze(documentSchema.parse(document));
    this.documents.set(document.ticket._id, this.#isStrict ? deepFreeze(document) : document);
  }

  find(is: (document: TicketDocument) => boolean): TicketId | undefined {
    for (const document of this.documents.values()) if (is(document)) return document.ticket._id;
    return undefined;
  }
}

interface Parts {
  disk: Disk;
  scheduler: Scheduler;
  weather: Weather;
}

interface Asked<T> {
  answer(label: string, value: T): void;
  fail(label: string, error: Error): void;
}

/**
 * The store as one process sees it: each change is work on a draft, then a write, then an answer,
 * with anything else in between, or a crash.
 */
export function storeOf(process: Owner, { disk, scheduler, weather }: Parts): TicketStore {
  const serial = new Serial();

  const ask = <T>(label: string, work: (asked: Asked<T>) => void): Promise<T> =>
    new Promise((resolve, reject) => {
      const then = (end: string, run: () => void) =>
        scheduler.put(`${label} ${end}`, run, { owner: process });
      const asked: Asked<T> = {
        answer: (end, value) => then(end, () => resolve(value)),
        fail: (end, error) => then(end, () => reject(error)),
      };
      scheduler.put(label, () => work(asked), { owner: process });
    });

  const look = <T>(label: string, read: () => T): Promise<T> =>
    new Promise((resolve) => {
      scheduler.put(`store.${label}`, () => resolve(read()), { owner: process });
    });

  /** Makes it durable, or does not; a write that a crash comes upon may be so all the same. */
  const write = <T>(label: string, document: TicketDocument, value: T, asked: Asked<T>): void => {
    const ending = weather.write();
    if (ending === "fails") {
      asked.fail("fails", diskFull());
      return;
    }
    const keep = () => {
      disk.keep(document);
      if (ending === "unsure") asked.fail("is unsure", notSynced());
      else asked.answer("is done", value);
    };
    const fate = () => (weather.arrives() ? "now" : "lost");
    scheduler.put(`${label} is written`, keep, { owner: process, fate });
  };

  const create = (document: TicketDocument): Promise<"created" | "exists" | "taken"> => {
    const { creationKey, reference, ticket } = document;
    const label = `store.create ${ticket._id}`;
    return ask(label, (asked) => {
      if (creationKey !== null && disk.find((each) => each.creationKey === creationKey))
        return asked.answer("exists", "exists");
      if (disk.find((each) => each.reference === reference || each.ticket._id === ticket._id))
        return asked.answer("is taken", "taken");
      write(label, copied(document), "created", asked);
    });
  };

  const change = <T>(id: TicketId, work: (draft: TicketDocument) => T): Promise<T | undefined> => {
    const label = `store.change ${id}`;
    return ask(label, (asked) => {
      const current = disk.documents.get(id);
      if (!current) return asked.answer("finds nothing", undefined);
      const draft = copied(current);
      try {
        write(label, draft, work(draft), asked);
      } catch (error) {
        asked.fail("throws", asError(error));
      }
    });
  };

  return {
    // What is being created reserves its names.
    create: (document) => serial.run("create", () => create(document)),
    change: (id, work) => serial.run(id, () => change(id, work)),
    get: (id) => look(`get ${id}`, () => disk.documents.get(id)),
    findByThread: ({ platform, thread }) =>
      look(`findByThread ${thread}`, () =>
        disk.find(({ places }) =>
          places.some((place) => place.platform === platform && place.thread === thread),
        ),
      ),
    findByMessage: ({ platform, message }) =>
      look(`findByMessage ${message}`, () =>
        disk.find((document) =>
          carriedInto(document).some(
            (each) => each.platform === platform && each.message === message,
          ),
        ),
      ),
    findByCreationKey: (key) =>
      look(`findByCreationKey ${key}`, () => disk.find((each) => each.creationKey === key)),
    findByReference: (sought) =>
      look(`findByReference ${sought}`, () => disk.find(({ reference }) => reference === sought)),
    list: () =>
      look("list", () => {
        const tickets = [...disk.documents.values()].map(({ ticket }) => summaryOf(ticket));
        return { tickets, total: tickets.length };
      }),
    namesFile: (hash) =>
      look("namesFile", () => disk.find((each) => keptFilesIn(each).includes(hash)) !== undefined),
    owing: () =>
      look("owing", () =>
        [...disk.documents.values()].filter(({ owes }) => owes).map(({ ticket }) => ticket._id),
      ),
    unclosed: (platform) =>
      look(`unclosed ${platform}`, () =>
        [...disk.documents.values()]
          .filter(({ owes, places }) => owes || places.some((place) => place.platform === platform))
          .map(({ ticket }) => ticket)
          .filter(({ status }) => status !== "closed")
          .sort((one, other) => Date.parse(other.updatedAt) - Date.parse(one.updatedAt))
          .map(({ _id }) => _id),
      ),
    openThreads: (platform) =>
      look(`openThreads ${platform}`, () => openThreadsIn([...disk.documents.values()], platform)),
    value: (name) => look(`value ${name}`, () => disk.values.get(name)),
    setValue: (name, value) =>
      ask<void>(`store.setValue ${name}`, (asked) => {
        if (weather.write() === "fails") return asked.fail("fails", diskFull());
        disk.values.set(name, value);
        asked.answer("is done", undefined);
      }),
    valueOr: (name, value) =>
      ask<string>(`store.valueOr ${name}`, (asked) => {
        if (weather.write() === "fails") return asked.fail("fails", diskFull());
        const there = disk.values.get(name) ?? value;
        disk.values.set(name, there);
        asked.answer("is there", there);
      }),
    counts: async () => noCounts(),
    all: async function* () {
      yield* disk.documents.values();
    },
    probe: async () => undefined,
    close: async () => undefined,
  };
}

export const asError = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error(String(thrown));

const diskFull = () => new StoreError("WRITE_FAILED", "The disk is full");
const notSynced = () => new StoreError("WRITE_UNCERTAIN", "The folder could not be synced");

/** Much faster than `structuredClone`, for what is JSON anyway; what is undefined is left out. */
function copied<T>(value: T): T;
function copied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => copied(each));
  if (typeof value !== "object" || value === null) return value;
  const copy: Record<string, unknown> = {};
  for (const [key, each] of Object.entries(value)) if (each !== undefined) copy[key] = copied(each);
  return copy;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const each of Object.values(value)) deepFreeze(each);
  }
  return value;
}
