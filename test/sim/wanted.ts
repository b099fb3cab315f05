/** What is to be read in the end, by what people did. */
import type { Place, TicketDocument } from "../../src/desk/document.ts";
import { lastOf, type Said, stranger } from "./people.ts";
import type { World } from "./world.ts";

/** What is younger is not taken for deleted when it is not read. */
const readLateMs = 3_000;

/** Among so many of the latest messages, edits and deletions are looked for. */
const mostLookedBack = 12;

/**
 * A closed ticket is not read back, nor what was changed long after it was written, or at once; and
 * that something was deleted before it was taken in is not noticed once that was read back.
 */
function isOutOfReach(said: Said, document: TicketDocument): boolean {
  const { at, saidAt, deletedAt, takenAt = 0 } = said;
  const { ticket, messages } = document;
  const index = messages.findIndex(({ from }) => from?.message === at?.message);
  const isOld = index >= 0 && index <= messages.length - mostLookedBack;
  const wasShort =
    deletedAt !== undefined && (deletedAt.time - saidAt < readLateMs || deletedAt.step < takenAt);
  return ticket.status === "closed" || isOld || wasShort;
}

/** Finds out what can be expected of something that was said, before anything is. */
export function settle(world: World, said: Said, document: TicketDocument): void {
  settleUnheard(world, said, document);
  // What was refused may have been taken in by the process before, which died.
  const isMixed = said.writer !== stranger && said.versions.some(({ isRefused }) => isRefused);
  if (isMixed || hasOvertaken(said)) said.isLost = true;
}

/** What was not told of was read back, as it stood then, unless it could not be. */
function settleUnheard(world: World, said: Said, document: TicketDocument): void {
  const { at, versions } = said;
  if (!world.misses || !at || isHeard(said)) return;
  const { threads, refused } = world.platform(at.platform);
  const isGone = threads.get(at.thread)?.isGone !== false;
  if (isGone || isOutOfReach(said, document)) said.isLost = true;
  // Who was told once is not told again.
  const isTold =
    said.writer === stranger ||
    refused.has(at.message) ||
    versions.some(({ isRefused }) => isRefused);
  const isRefused = isTold && !versions.some(({ isTaken }) => isTaken);
  for (const version of versions) Object.assign(version, { isTried: true, isRefused });
  const last = versions.at(-1);
  if (last && !last.isRefused && !said.isDeleted) last.isTaken = true;
}

/**
 * An edit that was on its way went in after a later one had been read back: of edits it is not known
 * which was the later.
 */
function hasOvertaken({ versions }: Said): boolean {
  const last = versions.at(-1);
  if (!last || last.takenAt !== undefined) return false;
  return versions.some(({ takenAt = 0 }) => takenAt > last.writtenAt);
}

const isHeard = ({ versions, isDeleted, isDeletionTaken }: Said): boolean =>
  isDeleted === isDeletionTaken && versions.every(({ isTaken, isRefused }) => isTaken || isRefused);

/** What may be shown of it: more than one thing, if it is not known what was heard of it. */
export function wantedOf(said: Said, place: Place): string[] {
  const versions = said.versions.filter(({ isTried }) => isTried);
  const last = lastOf(said);
  if (isAt(said, place)) return [""];
  if (said.isLost) return ["", ...versions.map(({ words }) => words)];
  if (said.isDeleted || !last) return [""];
  const mayBeNote = versions.some(({ isNote }) => isNote);
  const isNote = wasNote(said);
  const isHidden = place.side === "requester" && mayBeNote;
  if (!isHidden) return [last.words];
  return isNote ? [""] : ["", last.words];
}

/** Whether it was written there. */
const isAt = ({ at }: Said, { platform, where }: Place): boolean =>
  at?.platform === platform && at.where === where;

/** How often it may be there, and whether that it is not has to be said. */
export const filesWanted = {
  there: { most: 1, isMissed: true },
  told: { most: 0, isMissed: true },
  nothing: { most: 0, isMissed: false },
  either: { most: 1, isMissed: false },
};

export function fileWanted(said: Said, place: Place, name: string): keyof typeof filesWanted {
  const wanted = wantedOf(said, place);
  const file = lastOf(said)?.files.find((each) => each.name === name);
  if (wanted.every((words) => words === "") || !file) return "nothing";
  if (wanted.includes("")) return "either";
  return file.sizeBytes <= 1_000 && file.type === "text/plain" ? "there" : "told";
}

/**
 * What was taken in before the other was told. What may have been read back is in order within its
 * thread, but not with what was said elsewhere meanwhile.
 */
export function isBefore(one: Said, other: Said, world: World): boolean {
  const isTakenBefore = (one.takenAt ?? Number.POSITIVE_INFINITY) < (other.triedAt ?? 0);
  const isUnbroken = [...world.gateways.values()].every((gateway) => gateway.isUnbroken);
  if (isUnbroken) return isTakenBefore;
  if (!one.at || one.at.thread !== other.at?.thread) return false;
  const isReadBack = one.triedAt === undefined && other.triedAt === undefined;
  return one.number < other.number && (isTakenBefore || isReadBack);
}

export function marksWanted(said: Said): string[] {
  if (wasNote(said)) return [""];
  return said.versions.some(({ isNote, isTried }) => isNote && isTried)
    ? ["", "delivered"]
    : ["delivered"];
}

const wasNote = ({ versions }: Said) => versions.some(({ isNote, isTaken }) => isNote && isTaken);
