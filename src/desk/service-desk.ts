import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { conclude, type DeskParts, inTransaction } from "./desk.ts";
import type { Place, TicketDocument } from "./document.ts";
import type { ServiceDesk, ServiceTicket } from "./service.ts";
import { isBusy, stampOf } from "./service-entries.ts";
import { takeThere } from "./service-take.ts";

export interface ServiceDeskParts extends DeskParts {
  /** What the service's places have as theirs. */
  platform: string;
}

/** The desk for a ticket service: what is said and changed there. */
export function createServiceDesk(parts: ServiceDeskParts): ServiceDesk {
  const { store, platform } = parts;
  const idOf = (thread: string) => store.findByThread({ platform, thread });
  return {
    async linked() {
      const linked = new Map<string, string>();
      for (const id of await store.unclosed(platform)) {
        const document = await store.get(id);
        const place = document?.places.find((each) => each.platform === platform);
        if (place?.thread) linked.set(place.thread, id);
      }
      return linked;
    },

    async stampOf(serviceId) {
      const id = await idOf(serviceId);
      const document = id === undefined ? undefined : await store.get(id);
      const place = document && placeOf(document, platform, serviceId);
      return place && digestOf(document, place);
    },

    async takeIn(there, stamp) {
      const id = await idOf(there.id);
      const document = id === undefined ? undefined : await store.get(id);
      if (id === undefined || !document) return "unknown";
      // Most of what is read changes nothing, and then nothing is written.
      const tried = structuredClone(document);
      const outcome = take(tried, there, stamp, parts);
      if (outcome !== "taken" || isDeepStrictEqual(tried, document)) return outcome;
      const taken = await inTransaction(parts, id, (draft) => {
        const now = take(draft, there, stamp, parts);
        if (now === "taken") {
          readTo(placeOf(draft, platform, there.id), there, parts.now());
          conclude(draft, parts.rules, parts.outbox);
        }
        return now;
      });
      return taken ?? "unknown";
    },
  };
}

const placeOf = ({ places }: TicketDocument, platform: string, thread: string) =>
  places.find((place) => place.platform === platform && place.thread === thread);

const digestOf = (document: TicketDocument, place: Place): string =>
  createHash("sha256").update(stampOf(document, place)).digest("base64url");

function take(
  draft: TicketDocument,
  there: ServiceTicket,
  stamp: string,
  { platform, now }: Pick<ServiceDeskParts, "platform" | "now">,
): "taken" | "again" | "unknown" {
  const place = placeOf(draft, platform, there.id);
  if (!place) return "unknown";
  if (isBusy(draft, place) || digestOf(draft, place) !== stamp) return "again";
  takeThere(draft, place, there, now());
  return "taken";
}

/** A time of the service's may be so much ahead of ours; what is more would hide all that follows. */
const mostAheadMs = 10 * 60_000;

function readTo(place: Place | undefined, { updatedAt }: ServiceTicket, now: number): void {
  if (!place) return;
  const readBefore = place.readTo === null ? 0 : Date.parse(place.readTo);
  const told = Math.min(Date.parse(updatedAt), now + mostAheadMs);
  place.readTo = new Date(Math.max(readBefore, told)).toISOString();
}
