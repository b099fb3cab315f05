/** Failures that came to nothing: what they were about is not owed any more, or may be done all the same. */
import { copyIn, isFor } from "./copies.ts";
import { type DeliveryRules, owedOf, shownOwed } from "./deliveries.ts";
import { type Delivery, isAbout, openId } from "./delivery.ts";
import type { Place, TicketDocument } from "./document.ts";
import { recovered } from "./giving-up.ts";
import { marksOwed } from "./marks-owed.ts";
import { messageIn } from "./messages.ts";

/** Should its text grow again, this part of it is not edited: it is removed for sure first. */
export function mayBeGone(
  draft: TicketDocument,
  { place, message, of }: Extract<Delivery, { do: "remove" }>,
): void {
  const copy = copyIn(messageIn(draft, message), place);
  for (const part of copy?.parts ?? []) if (part.message === of) part.revision = 0;
}

/** Whether a delivery is owed still, be it that it was given up. */
export const isOwed = (draft: TicketDocument, id: string, rules: DeliveryRules): boolean =>
  owedAmong(draft, [id], rules).has(id);

/**
 * Of what is owed no longer no trouble is kept, or the next failure of it would be taken for the last
 * of many; and people are told no longer that it failed.
 */
export function forgetEnded(draft: TicketDocument, rules: DeliveryRules): void {
  const told = draft.messages.flatMap(({ retry }) => retry ?? []);
  const ids = [...draft.troubles.map(({ delivery }) => delivery), ...told];
  if (ids.length === 0) return;
  const owed = owedAmong(draft, ids, rules);
  draft.troubles = draft.troubles.filter(({ delivery }) => owed.has(delivery));
  for (const id of told) if (!owed.has(id)) recovered(draft, id, howEnded(draft, id));
}

/** Which of these deliveries are owed. */
function owedAmong(
  draft: TicketDocument,
  ids: readonly string[],
  rules: DeliveryRules,
): Set<string> {
  const isAsked = (isOne: (id: string) => boolean) => ids.some(isOne);
  const owed = draft.places.flatMap((place): { id: string }[] => {
    if (!isAsked((id) => id.startsWith(`${place.id}/`))) return [];
    const contents = draft.messages.flatMap((_, index) =>
      isAsked((id) => isAbout(id, place, index)) ? contentsOwed(draft, place, index, rules) : [],
    );
    if (place.thread === null) return [{ id: openId(place) }, ...contents];
    return place.card === null ? contents : [...contents, ...shownOwed(draft, place, rules)];
  });
  const isOffered = (message: number, file: number) =>
    draft.messages[message]?.files[file]?.state === "offered";
  const fetches = ids.filter((id) => {
    const [, message, file] = /^m(\d+)\/f(\d+)$/.exec(id) ?? [];
    return isOffered(Number(message), Number(file));
  });
  return new Set([...[...owed, ...marksOwed(draft, rules)].map(({ id }) => id), ...fetches]);
}

const contentsOwed = (
  draft: TicketDocument,
  place: Place,
  index: number,
  rules: DeliveryRules,
): Delivery[] =>
  [...owedOf(draft, place, index, rules)].filter((each) => each !== "wait" && each.do !== "done");

/** How what had failed has ended. */
function howEnded({ places, messages }: TicketDocument, id: string): string {
  const [, placeId, index, file] = /^(p\d+)\/m(\d+)(?:\/f(\d+))?$/.exec(id) ?? [];
  const place = places.find((each) => each.id === placeId);
  const message = messages[Number(index)];
  if (!place || !message) return "is no longer needed";
  const isThere = file === undefined || message.files[Number(file)]?.state === "kept";
  return isThere && isFor(message, place) ? "was delivered after all" : "was taken back";
}
