/** What both sides are told of what can no longer be read back. Times are in ms since 1970. */
import type { Place, TicketDocument } from "./document.ts";
import { threadOf } from "./giving-up.ts";
import { addAudit, addNotice } from "./messages.ts";

/** In the audit trail: from when on a place could not be read, and that it could be again. */
const notRead = "not read";
const readAgain = "read again";

const deskhand = "deskhand";

/** Since when what was written in a place may be missing, if that was told and still is so. */
export function missedSince({ audit }: TicketDocument, { id }: Pick<Place, "id">) {
  const last = audit.findLast(
    ({ what, to }) => to === id && (what === notRead || what === readAgain),
  );
  return last?.what === notRead && last.from !== null ? Date.parse(last.from) : undefined;
}

/** Tells both sides, once until the place can be read again; the reason is for agents. */
export function tellMissing(
  draft: TicketDocument,
  place: Place,
  { since, reason }: { since: number; reason: string },
  now: number,
): boolean {
  if (missedSince(draft, place) !== undefined) return false;
  const time = timeWords(since);
  const thread = threadOf(draft, place);
  const forAgents = `What was written in ${thread} since ${time} may be missing here: ${reason}.`;
  const forRequester =
    place.side === "requester"
      ? `What you wrote since ${time} may not have reached us. If no one has answered it, please write it again.`
      : `Answers that were written since ${time} may be missing here. If you are waiting for one, please ask again.`;
  addNotice(draft, forAgents, { audience: "agents" }, now);
  addNotice(draft, forRequester, { audience: "requester" }, now);
  const from = new Date(since).toISOString();
  addAudit(draft, deskhand, notRead, { from, to: place.id }, now);
  return true;
}

/** What had been missing has been read by now. */
export function noteReadAgain(draft: TicketDocument, place: Place, now: number): void {
  if (missedSince(draft, place) === undefined) return;
  addAudit(draft, deskhand, readAgain, { to: place.id }, now);
}

/** `2026-01-01 00:00 UTC`. */
const timeWords = (ms: number): string =>
  `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;
