/** `deskhand deliveries retry`: sends again what was given up, be it that Deskhand runs or not. */
import type { Config } from "./config.ts";
import type { Say } from "./deliveries.ts";
import { askRunning, type Retry } from "./deliveries-running.ts";
import { createDesk } from "./desk/desk.ts";
import type { TicketDocument } from "./desk/document.ts";
import { randomIds } from "./desk/ids.ts";
import { type Owed, owedIn } from "./desk/owed.ts";
import { type Log, StoreError, type TicketStore } from "./desk/ports.ts";
import { everyTicket } from "./export.ts";
import { openStore, storeWords } from "./open-store.ts";
import type { ErrorCode } from "./tickets/errors.ts";

interface Given {
  config: Config;
  log: Log;
  say: Say;
}

/**
 * Has what was given up tried again: of the ticket with this reference or id, or of every ticket. A
 * running Deskhand is asked to; else it is put down where tickets are kept. Resolves to whether all was
 * found and taken. Throws a ConfigError or a StoreError that says what to do.
 */
export async function retryDeliveries(
  { config, log, say }: Given,
  ticket: string | undefined,
  delivery: string | undefined,
): Promise<boolean> {
  const found = await find({ config, log }, ticket);
  if (ticket !== undefined && found.tickets === 0) {
    say(`There is no ticket ${ticket} in ${storeWords(config)}.`);
    return false;
  }
  const meant = found.owed.filter(({ id }) => delivery === undefined || id === delivery);
  if (delivery !== undefined && meant.length === 0) {
    say(`${ticket} has no delivery ${delivery} in trouble: it has arrived, or there is none such.`);
    return false;
  }
  const dead = meant.filter((each) => each.dead);
  if (dead.length === 0) {
    say(meant.length === 0 ? "Nothing was given up." : "Nothing was given up: it is being tried.");
    return found.unreadable === 0;
  }
  return (await retryAll({ config, log, say }, dead)) && found.unreadable === 0;
}

async function find(
  { config, log }: Pick<Given, "config" | "log">,
  ticket: string | undefined,
): Promise<{ owed: Owed[]; tickets: number; unreadable: number }> {
  const found = { owed: [] as Owed[], tickets: 0, unreadable: 0 };
  const documents = everyTicket(config, log, () => {
    found.unreadable += 1;
  });
  for await (const document of documents) {
    if (ticket !== undefined && !isCalled(document, ticket)) continue;
    found.tickets += 1;
    found.owed.push(...owedIn(document));
  }
  return found;
}

const isCalled = ({ reference, ticket }: TicketDocument, name: string): boolean =>
  ticket._id === name || reference === name.toUpperCase();

async function retryAll({ config, log, say }: Given, dead: readonly Owed[]): Promise<boolean> {
  const store = await openUnlessRunning(config, log);
  if (!store) {
    const taken = await eachOf(dead, await askRunning(config), say);
    if (taken > 0)
      say(`${counted(taken)} sent again now. What fails again shows on its ticket's card.`);
    return taken === dead.length;
  }
  try {
    const taken = await eachOf(dead, offline(store, config), say);
    if (taken > 0) say(`${counted(taken)} sent again at the next start: Deskhand is not running.`);
    return taken === dead.length;
  } finally {
    await store.close();
  }
}

const counted = (count: number): string =>
  count === 1 ? "1 delivery is" : `${count} deliveries are`;

/** What a running Deskhand holds is not opened. */
async function openUnlessRunning(config: Config, log: Log): Promise<TicketStore | undefined> {
  try {
    return await openStore(config, log);
  } catch (error) {
    if (error instanceof StoreError && error.code === "IN_USE") return undefined;
    throw error;
  }
}

/** Who sits at this machine and may write its data folder. */
const operator = { role: "agent", id: "operator" } as const;

/** Puts down that it is to be tried again: it is sent once Deskhand is started. */
function offline(store: TicketStore, { settings }: Config): Retry {
  const desk = createDesk({
    ...{ store, ids: randomIds, now: Date.now },
    rules: { replies: settings.replies, triageFor: () => [], idOf: ({ id }) => id },
    outbox: { prepare: () => undefined, wake: () => undefined },
  });
  return ({ ticket, id }) => desk.retry(ticket, id, operator);
}

/** Resolves to how many were taken; of the others, it is said why not. */
async function eachOf(dead: readonly Owed[], retry: Retry, say: Say): Promise<number> {
  let taken = 0;
  for (const owed of dead) {
    const answer = await retry(owed);
    if (!("refused" in answer)) taken += 1;
    else say(`${owed.reference} ${owed.id}: ${refusedWords[answer.refused] ?? answer.refused}`);
  }
  return taken;
}

const refusedWords: Readonly<Partial<Record<ErrorCode, string>>> = {
  DELIVERY_NOT_FOUND: "it has arrived meanwhile, or is not to be sent any more.",
  SUPPORT_TICKET_NOT_FOUND:
    "the running Deskhand has no such ticket. Is DATA_DIR here the same as there?",
  STORE_UNAVAILABLE: "the running Deskhand cannot write just now. Check its disk, and try again.",
};
