import type { ServiceDesk, ServiceTicket } from "../../src/desk/service.ts";

type Taken = Awaited<ReturnType<ServiceDesk["takeIn"]>>;

/** A desk that keeps what it takes in; `says` is asked what becomes of each. */
export interface RecordedServiceDesk extends ServiceDesk {
  /** Ids of the service's tickets that are linked. */
  readonly tickets: Set<string>;
  /** Of these, the ones that are closed here. */
  readonly closed: Set<string>;
  readonly taken: { ticket: ServiceTicket; stamp: string }[];
  says(ticket: ServiceTicket, stamp: string): Promise<Taken> | Taken;
}

export function recordedServiceDesk(): RecordedServiceDesk {
  let stamps = 0;
  const desk: RecordedServiceDesk = {
    ...{ tickets: new Set(), closed: new Set(), taken: [], says: () => "taken" },
    linked: async () => new Set([...desk.tickets].filter((id) => !desk.closed.has(id))),
    stampOf: async (id) => (desk.tickets.has(id) ? `stamp ${++stamps}` : undefined),
    async takeIn(ticket, stamp) {
      const taken = await desk.says(ticket, stamp);
      if (taken === "taken") desk.taken.push({ ticket, stamp });
      return taken;
    },
  };
  return desk;
}
