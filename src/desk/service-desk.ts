import { isDeepStrictEqual } from "node:util";
import { conclude, type DeskParts, inTransaction } from "./desk.ts";
import { digest } from "./digest.ts";
import type { Place, TicketDocument } from "./document.ts";
import type { ServiceDesk, ServiceTicket } from "./service.ts";
import { isBusy, stampOf } from "./service-entries.ts";
import { followAgain, isFollowed } from "./service-names.ts";
import { readTo, takeThere } from "./service-take.ts";

export interface ServiceDeskParts extends DeskParts {
  /** What the service's places have as theirs. */
  platform: string;
}

/** The desk for a ticket service: what is said and changed there. */
export function createServiceDesk(parts: ServiceDeskParts): ServiceDesk {
  const { store, platform } = parts;
  const names = new NamesLeft();
  const idOf = (thread: string) => store.findByThread({ platform, thread });
  return {
    linked: () => store.openThreads(platform),

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
      const isSteady = names.areSteady(document, placeOf(document, platform, there.id), there);
      const given = { ...parts, stamp, isSteady };
      const outcome = take(tried, there, given);
      if (outcome !== "taken" || isDeepStrictEqual(tried, document)) return outcome;
      const taken = await inTransaction(parts, id, (draft) => {
        const now = take(draft, there, given);
        if (now === "taken") {
          const place = placeOf(draft, platform, there.id);
          if (place) readTo(place, there, parts.now());
          conclude(draft, parts.rules, parts.outbox);
        }
        return now;
      });
      return taken ?? "unknown";
    },
  };
}

/** How the entries were named in the last read of those tickets whose entries are not taken in. */
class NamesLeft {
  readonly #names = new Map<string, string>();

  /** Whether they are named as in the read before. */
  areSteady(document: TicketDocument, place: Place | undefined, there: ServiceTicket): boolean {
    const { id, entries } = there;
    if (!place || isFollowed(document, place)) {
      this.#names.delete(id);
      return false;
    }
    const names = digest(JSON.stringify(entries?.map(({ ref }) => ref) ?? []));
    const before = this.#names.get(id);
    this.#names.set(id, names);
    return entries !== undefined && before === names;
  }
}

const placeOf = ({ places }: TicketDocument, platform: string, thread: string) =>
  places.find((place) => place.platform === platform && place.thread === thread);

const digestOf = (document: TicketDocument, place: Place): string =>
  digest(stampOf(document, place));

interface Given extends Pick<ServiceDeskParts, "platform" | "now"> {
  stamp: string;
  isSteady: boolean;
}

function take(
  draft: TicketDocument,
  there: ServiceTicket,
  { platform, now, stamp, isSteady }: Given,
): "taken" | "again" | "unknown" {
  const place = placeOf(draft, platform, there.id);
  if (!place) return "unknown";
  if (isBusy(draft, place) || digestOf(draft, place) !== stamp) return "again";
  if (isSteady && !isFollowed(draft, place)) followAgain(draft, place, now());
  takeThere(draft, place, there, now());
  return "taken";
}
