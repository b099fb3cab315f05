/** Whether Deskhand, once all is quiet, keeps no more than its tickets need: on disk and in memory. */
import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { type Finding, found } from "./finding.ts";
import { becomesQuiet } from "./quiet.ts";
import type { Ticket } from "./tickets.ts";
import type { World } from "./world.ts";

/** What Deskhand keeps of files, by their SHA-256 in hex, and what was uploaded in all. */
export interface Files {
  kept: string[];
  uploaded: Set<string>;
}

export async function filesOf(
  { kept: { attachments } }: World,
  tickets: readonly Ticket[],
): Promise<Files> {
  const names = await readdir(attachments, { recursive: true });
  const kept = names.flatMap((name) => /[0-9a-f]{64}/.exec(name) ?? []);
  const files = tickets.flatMap(({ written }) => written.flatMap(({ files }) => files));
  const hash = (content: Buffer) => createHash("sha256").update(content).digest("hex");
  return { kept, uploaded: new Set(files.map(({ content }) => hash(content))) };
}

/** Each ticket is one file, and each file that is kept is one that someone uploaded. */
export async function needlessFiles(world: World, tickets: readonly Ticket[]): Promise<Finding[]> {
  const { length: documents } = await world.kept.documents();
  const { kept, uploaded } = await filesOf(world, tickets);
  const strange = kept.filter((hash) => !uploaded.has(hash));
  return [
    ...found(
      documents > tickets.length,
      "unsettled",
      `there are ${documents} documents of ${tickets.length} tickets`,
    ),
    ...strange.flatMap((hash) =>
      found(true, "unsettled", `the file ${hash} is kept, and no one has uploaded it`),
    ),
  ];
}

export interface Memory {
  /** What the last process held that had seen all the trouble. */
  usedBytes: number;
  /** What one holds that has just begun with the same tickets. */
  freshBytes: number;
}

const mib = 1024 * 1024;
/** Connections, caches of a fixed size, and code that a fresh process has not come to yet. */
const spareBytes = 24 * mib;

/**
 * Ends the process in order, which takes code 0, and starts another one. Undefined: no one was asked,
 * as the process did not end in order.
 */
export async function restarts(world: World): Promise<{ code: number | null; memory?: Memory }> {
  const { service, journal } = world;
  // Of several, it is drawn which one has seen the trouble.
  const usedBytes = service.urls.length === 1 ? await service.heldBytes() : undefined;
  const code = await service.stop();
  journal.note(`ended with ${code}`);
  if (code !== 0 || usedBytes === undefined) return { code };
  await world.start("socket");
  await becomesQuiet(world);
  const freshBytes = await service.heldBytes();
  return { code: await service.stop(), memory: { usedBytes, freshBytes } };
}

export function needlessMemory({ usedBytes, freshBytes }: Memory): Finding[] {
  const [used, fresh] = [usedBytes, freshBytes].map((bytes) => Math.round(bytes / mib));
  const says = `it holds ${used} MiB when all is quiet, and a fresh process ${fresh} MiB`;
  return found(usedBytes > freshBytes + spareBytes, "unsettled", says);
}
