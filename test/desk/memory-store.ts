import { carriedInto } from "../../src/desk/carried.ts";
import { documentSchema, type TicketDocument } from "../../src/desk/document.ts";
import { keptFilesIn } from "../../src/desk/kept-files.ts";
import { noCounts, type TicketStore } from "../../src/desk/ports.ts";

/**
 * As much of a store as the engine asks for, in memory: histories by the hundred run on it, in the
 * same order every time. What it keeps outlives the engine; the real stores have their own tests.
 */
export function memoryStore(): TicketStore {
  const documents = new Map<string, TicketDocument>();
  const values = new Map<string, string>();
  const find = (is: (document: TicketDocument) => boolean) =>
    [...documents.values()].find(is)?.ticket._id;
  return {
    async create(document) {
      const { creationKey } = document;
      if (find((each) => creationKey !== null && each.creationKey === creationKey)) return "exists";
      documents.set(document.ticket._id, documentSchema.parse(document));
      return "created";
    },
    async change(id, work) {
      const current = documents.get(id);
      if (!current) return undefined;
      const draft = structuredClone(current);
      const result = work(draft);
      documents.set(id, documentSchema.parse(draft));
      return result;
    },
    get: async (id) => documents.get(id),
    findByThread: async ({ platform, thread }) =>
      find(({ places }) =>
        places.some((place) => place.platform === platform && place.thread === thread),
      ),
    findByMessage: async (sought) =>
      find((document) =>
        carriedInto(document).some(
          ({ platform, message }) => platform === sought.platform && message === sought.message,
        ),
      ),
    findByCreationKey: async (key) => find(({ creationKey }) => creationKey === key),
    findByReference: async (sought) => find(({ reference }) => reference === sought),
    list: async () => ({ tickets: [], total: 0 }),
    owing: async () =>
      [...documents.values()].filter(({ owes }) => owes).map(({ ticket }) => ticket._id),
    unclosed: async (platform, orSinceMs = Number.POSITIVE_INFINITY) =>
      [...documents.values()]
        .filter(({ places }) => places.some((place) => place.platform === platform))
        .map(({ ticket }) => ticket)
        .filter(
          ({ status, updatedAt }) => status !== "closed" || Date.parse(updatedAt) >= orSinceMs,
        )
        .sort((one, other) => Date.parse(other.updatedAt) - Date.parse(one.updatedAt))
        .map(({ _id }) => _id),
    openThreads: async (platform) => openThreadsIn([...documents.values()], platform),
    namesFile: async (hash) => find((each) => keptFilesIn(each).includes(hash)) !== undefined,
    value: async (name) => values.get(name),
    async setValue(name, value) {
      values.set(name, value);
    },
    async valueOr(name, value) {
      values.set(name, values.get(name) ?? value);
      return values.get(name) ?? value;
    },
    counts: async () => noCounts(),
    async *all() {
      yield* documents.values();
    },
    probe: async () => undefined,
    close: async () => undefined,
  };
}

/** The threads there of those that are not closed. */
export const openThreadsIn = (documents: TicketDocument[], platform: string): Set<string> =>
  new Set(
    documents
      .filter(({ ticket }) => ticket.status !== "closed")
      .flatMap(({ places }) => places)
      .filter((place) => place.platform === platform)
      .flatMap(({ thread }) => (thread === null ? [] : [thread])),
  );
