/** What is told of a run. */
import type { Result } from "./chaos.ts";
import { kinds } from "./finding.ts";
import type { Group } from "./journal.ts";
import type { Memory } from "./leftovers.ts";

const mib = 1024 * 1024;

/** In Markdown. */
export function summary(result: Result): string {
  const { journal, findings, tickets, messages, copies, rounds, tookMs, files, memory } = result;
  const counts: [string, string | number][] = [
    ["seed", result.seed],
    ["processes", result.processes],
    ["minutes", (tookMs / 60_000).toFixed(1)],
    ["rounds", rounds],
    ["events lost on the way, for catching up", result.losesEvents ? "yes" : "no"],
    ["tickets", tickets],
    ["messages written", messages],
    ["copies looked for", copies],
    ["acts", journal.total("acts")],
    ["kills", journal.total("kills")],
    ["faults of calls", journal.total("faults")],
    ["events disturbed", journal.total("events")],
    ["outages", journal.total("troubles")],
    ["most memory (MiB)", Math.round(result.mostResidentBytes / mib)],
    ["writes that a full disk refused", result.failedWrites],
    ...(memory ? [heldRow(memory)] : []),
    ["files kept / uploaded", `${files.kept} / ${files.uploaded}`],
    ...kinds.map((kind): [string, number] => [
      `**${kind}**`,
      findings.filter((each) => each.kind === kind).length,
    ]),
  ];
  return [
    ...table("", counts),
    ...groups.flatMap(([group, title]) => table(title, journal.counted(group))),
    ...result.missing.map((each) => `\nNot tried: ${each}.`),
  ].join("\n");
}

const heldRow = ({ usedBytes, freshBytes }: Memory): [string, string] => [
  "memory held in the end / by a fresh process (MiB)",
  `${Math.round(usedBytes / mib)} / ${Math.round(freshBytes / mib)}`,
];

const groups: [Group, string][] = [
  ["kills", "killed"],
  ["faults", "calls that went wrong"],
  ["events", "events on odd ways"],
  ["troubles", "outages"],
  ["acts", "acts"],
];

function table(title: string, rows: readonly (readonly [string, string | number])[]): string[] {
  if (rows.length === 0) return [];
  return [
    "",
    `| ${title} | |`,
    "| --- | ---: |",
    ...rows.map(([name, value]) => `| ${name} | ${value} |`),
  ];
}

const mostLines = 400;

/** What went wrong, and how it came to that. */
export function failure({ findings, history, log, document }: Result, again: string): string {
  const [first] = findings;
  const about = first?.ticket === undefined ? "" : `, of the ticket ${first.ticket}`;
  return [
    "",
    `## What is wrong (${findings.length})`,
    "",
    ...findings
      .slice(0, 40)
      .map(({ kind, ticket, says }) => `- ${kind}${ticket ? ` (${ticket})` : ""}: ${says}`),
    "",
    `## The history${about}`,
    "",
    ...history.slice(-mostLines),
    "",
    "## What Deskhand said",
    "",
    ...log.slice(-mostLines),
    "",
    "## What it keeps of it",
    "",
    document,
    "",
    `Once more: ${again}`,
  ].join("\n");
}
