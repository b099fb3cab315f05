/** `deskhand deliveries`: what could not be delivered, over all tickets. */
import type { Config } from "./config.ts";
import { type Owed, owedIn } from "./desk/owed.ts";
import type { Log } from "./desk/ports.ts";
import { oneLine } from "./desk/shortened.ts";
import { everyTicket } from "./export.ts";

/** Writes a line of output. */
export type Say = (line: string) => void;

/**
 * Lists what is in trouble or was given up, the oldest first: a table, or with `json` a JSON line for
 * each, as the ticket API has it. Resolves to how many files could not be read; each is in the log.
 */
export async function listDeliveries(
  config: Config,
  log: Log,
  say: Say,
  json: boolean,
): Promise<number> {
  const owed: Owed[] = [];
  let unreadable = 0;
  const documents = everyTicket(config, log, () => {
    unreadable += 1;
  });
  for await (const document of documents) owed.push(...owedIn(document));
  owed.sort((one, other) => Date.parse(one.since) - Date.parse(other.since));
  for (const line of json ? owed.map((each) => JSON.stringify(each)) : tableOf(owed)) say(line);
  return unreadable;
}

function tableOf(owed: readonly Owed[]): string[] {
  if (owed.length === 0)
    return ["Nothing is in trouble: what was to be delivered was, or is under way."];
  const dead = owed.filter((each) => each.dead).length;
  const summary = `${dead} given up, ${owed.length - dead} being tried again`;
  const advice =
    "To send again what was given up: deskhand deliveries retry TICKET [DELIVERY], or --all";
  return [...inColumns([heading, ...owed.map(rowOf)]), "", summary, ...(dead > 0 ? [advice] : [])];
}

const heading = ["TICKET", "DELIVERY", "WHAT", "FOR", "STATE", "SINCE", "TRIES", "REASON"];

const rowOf = ({ reference, id, what, side, platform, since, attempts, reason, ...rest }: Owed) => [
  reference,
  id,
  what,
  `${sideWords[side]} (${platform})`,
  rest.dueAt === null ? "given up" : `next try ${minute(rest.dueAt)}`,
  minute(since),
  String(attempts),
  printable(reason),
];

const sideWords: Readonly<Record<Owed["side"], string>> = {
  requester: "the requester",
  agents: "the agents",
  service: "the ticket service",
};

/** In UTC, so that it is the same wherever it is read. */
const minute = (at: string): string => `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`;

/** Reasons come from elsewhere, too: a terminal is to be told nothing else. */
const printable = (text: string): string => oneLine(text).replaceAll(/\p{Cc}/gu, "");

function inColumns(rows: readonly string[][]): string[] {
  const widths = heading.map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
