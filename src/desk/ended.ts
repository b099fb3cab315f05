/** Failures that came to nothing: what they were about is not owed any more, or may be done all the same. */
import { copyIn, isFor } from "./copies.ts";
import { type DeliveryRules, owedOf, shownOwed } from "./deliveries.ts";
import { type Delivery, messageId, openId, readId } from "./delivery.ts";
import type { Message, Place, TicketDocument, Trouble } from "./document.ts";
import { recovered, takeBack } from "./giving-up.ts";
import { marksOwed } from "./marks-owed.ts";
import { messageIn } from "./messages.ts";
import { saidMeanwhile } from "./service-place.ts";

/** Should its text grow again, this part of it is not edited: it is removed for sure first. */
export function mayBeGone(
  draft: TicketDocument,
  { place, message, of }: Extract<Delivery, { do: "remove" }>,
): void {
  const copy = copyIn(messageIn(draft, message), place);
  for (const part of copy?.parts ?? []) if (part.message === of) part.revision = 0;
}

/** An edit that may have got to a ticket service: by what it says there, its copy is found again. */
export function maySay(draft: TicketDocument, delivery: Extract<Delivery, { do: "edit" }>): void {
  const { place, message, of } = delivery;
  const copy = copyIn(messageIn(draft, message), place);
  for (const part of copy?.parts ?? [])
    if (part.message === of) part.said = saidMeanwhile(part, delivery);
}

/** Whether a delivery is owed still, be it that it was given up. */
export const isOwed = (draft: TicketDocument, id: string, rules: DeliveryRules): boolean =>
  owedAmong(draft, [id], rules).has(id);

/**
 * Of what is owed no longer no trouble is kept, or the next failure of it would be taken for the last
 * of many; and people are told no longer that it failed.
 */
export function forgetEnded(draft: TicketDocument, rules: DeliveryRules): void {
  const told = draft.messages.filter(({ retry }) => retry !== null);
  const ids = [...draft.troubles, ...told].map(idOf);
  if (ids.length === 0) return;
  const owed = owedAmong(draft, ids, rules);
  draft.troubles = draft.troubles.filter(({ delivery }) => owed.has(delivery));
  for (const id of new Set(told.map(idOf)))
    if (!owed.has(id)) recovered(draft, id, howEnded(draft, id));
  for (const notice of told)
    if (notice.audience === "requester" && isSeenByAgents(draft, idOf(notice)))
      takeBack(notice, "was delivered after all");
}

const idOf = (of: Trouble | Message): string => ("delivery" in of ? of.delivery : (of.retry ?? ""));

/** Of a delivery of a message to a place, which these are. */
function partsOf({ places }: TicketDocument, id: string) {
  const { place, message = -1, file } = readId(id);
  return {
    place: message < 0 ? undefined : places.find((each) => each.id === place),
    message,
    file,
  };
}

/** Of a file, its writer was told that no agent can see it. */
function isSeenByAgents(draft: TicketDocument, id: string): boolean {
  const { message: index, file } = partsOf(draft, id);
  const copies = draft.messages[index]?.copies ?? [];
  const agents = draft.places.filter(({ side }) => side === "agents");
  return copies.some(
    ({ place, files }) =>
      agents.some((each) => each.id === place) && files.some((each) => each.file === file),
  );
}

/** Which of these deliveries are owed. */
function owedAmong(
  draft: TicketDocument,
  ids: readonly string[],
  rules: DeliveryRules,
): Set<string> {
  const asked = ids.map((id) => partsOf(draft, id));
  const messages = new Map(
    asked.flatMap(({ place, message }) =>
      place ? [[messageId(place, message), { place, message }] as const] : [],
    ),
  );
  const contents = [...messages.values()].flatMap(({ place, message }) => [
    ...owedOf(draft, place, message, rules),
  ]);
  const places = draft.places.filter(({ id }) => ids.some((each) => each.startsWith(`${id}/`)));
  const areMarksAsked = ids.some((id) => id.endsWith("/mark"));
  return new Set([
    ...contents.flatMap((each) => (each === "wait" || each.do === "done" ? [] : each.id)),
    ...places.flatMap((place) => standingOwed(draft, place, rules)),
    ...(areMarksAsked ? marksOwed(draft, rules).map(({ id }) => id) : []),
    ...ids.filter((id) => isOffered(draft, id)),
  ]);
}

/** What a place is owed besides messages. */
function standingOwed(draft: TicketDocument, place: Place, rules: DeliveryRules): string[] {
  if (place.thread === null) return [openId(place)];
  return place.card === null ? [] : shownOwed(draft, place, rules).map(({ id }) => id);
}

/** Whether this is the fetching of a file that is still to be fetched. */
function isOffered({ messages }: TicketDocument, id: string): boolean {
  const { place, message = -1, file = -1 } = readId(id);
  return place === undefined && messages[message]?.files[file]?.state === "offered";
}

/** How what had failed has ended. */
function howEnded(draft: TicketDocument, id: string): string {
  const { place, message: index, file } = partsOf(draft, id);
  const message = draft.messages[index];
  if (!place || !message) return "is no longer needed";
  const { parts = [], files = [] } = copyIn(message, place) ?? {};
  const isThere = file === undefined ? parts.length > 0 : files.some((each) => each.file === file);
  if (isThere) return "was delivered after all";
  const isTakenBack =
    !isFor(message, place) || (file !== undefined && message.files[file]?.state === "removed");
  return isTakenBack ? "was taken back" : "is no longer needed";
}
