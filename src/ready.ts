import { withoutNames } from "./desk/named.ts";
import type { Log, TicketStore } from "./desk/ports.ts";

/** One probe serves everyone who asks within this time. */
const freshMs = 1_000;

/**
 * What keeps Deskhand from doing its work, each as a sentence; empty when nothing does. Asking
 * often costs no more than asking once a second.
 */
export function readiness(
  store: TicketStore,
  /** What keeps the chat platforms from working. */
  problems: () => string[],
  log: Log,
  now: () => number,
): () => Promise<string[]> {
  let asked: { at: number; reasons: Promise<string[]> } | undefined;
  return () => {
    const at = now();
    if (!asked || at - asked.at >= freshMs) asked = { at, reasons: probe(store, log) };
    return asked.reasons.then((reasons) => [...reasons, ...problems().map(inPublic)]);
  };
}

/**
 * Anyone may ask: a channel's id is told, but neither its name nor what a network said, such as an
 * address.
 */
const inPublic = (problem: string): string =>
  withoutNames(problem).replace(/( cannot be reached)(?:: | \().*$/s, "$1");

async function probe(store: TicketStore, log: Log): Promise<string[]> {
  try {
    await store.probe();
    return [];
  } catch (err) {
    // Anyone may ask: what names folders and faults is for the log.
    log.error({ err }, "The store cannot be written");
    return ["The store cannot be written: the log says why"];
  }
}
