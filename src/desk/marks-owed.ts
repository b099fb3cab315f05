/** What an agent sees on their own message of how it fares on its way to the requester. */
import type { Mark } from "./chat.ts";
import { copyIn, isFor } from "./copies.ts";
import type { DeliveryRules } from "./deliveries.ts";
import { type Delivery, isAbout, markId, openId } from "./delivery.ts";
import type { Message, Place, TicketDocument } from "./document.ts";
import { isDead } from "./troubles.ts";

const marks: readonly Mark[] = ["sending", "delivered", "failed"];

type MarkRules = Pick<DeliveryRules, "startedAt" | "isDown">;

export function marksOwed(document: TicketDocument, rules: MarkRules): Delivery[] {
  const { startedAt = Number.NEGATIVE_INFINITY } = rules;
  return document.messages.flatMap((message, index): Delivery[] => {
    const { from, marked } = message;
    const mark = markFor(document, message, index, rules);
    if (mark === undefined || mark === marked || !from) return [];
    const { platform, message: of } = from;
    const id = markId(index);
    // One that was set when a process ended may be there without being written down.
    const isUnsure =
      marked === "unknown" || (marked === null && Date.parse(message.at) < startedAt);
    const others = marks.filter((each) => each !== mark && (isUnsure || each === marked));
    return [{ do: "mark", id, platform, message: index, of, mark, others }];
  });
}

/**
 * How an agent's reply fares on its way to the requester; undefined when what is shown may stay,
 * null when nothing is to be shown, as it is none. That it is on its way is shown once it does not
 * arrive at once.
 */
function markFor(
  document: TicketDocument,
  message: Message,
  index: number,
  { isDown }: MarkRules,
): Mark | null | undefined {
  const { kind, side, from, deleted } = message;
  if (side !== "agents" || deleted || from === null || from.place === null) return undefined;
  const threads = document.places.filter((place) => place.side !== "service");
  if (!threads.some(({ id }) => id === from.place)) return undefined;
  if (kind !== "reply") return null;
  const targets = threads.filter((place) => isFor(message, place));
  const isGivenUp = (place: Place) =>
    document.troubles.some(({ delivery, dead }) => dead && isAbout(delivery, place, index));
  if (targets.some((place) => isGivenUp(place) || isDead(document, openId(place)))) return "failed";
  if (targets.every((place) => copyIn(message, place)?.done)) return "delivered";
  const hasTrouble = ({ id, platform }: Place) =>
    isDown?.(platform) ||
    document.troubles.some(({ delivery, dead }) => !dead && delivery.startsWith(`${id}/`));
  return targets.some(hasTrouble) ? "sending" : undefined;
}
