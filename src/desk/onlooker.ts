/** The outbox of a process that sends nothing: it tells whoever does. */
import type { TicketId } from "../tickets/ticket.ts";
import type { Outbox } from "./outbox.ts";
import type { Exchange, Log } from "./ports.ts";

/** What is not told in time, whoever sends finds by itself. */
export function createOnlooker(exchange: Pick<Exchange, "tell">, log: Log): Outbox {
  const untold = new Set<TicketId>();
  const tell = async () => {
    const ids = [...untold];
    untold.clear();
    try {
      await exchange.tell(ids);
    } catch (err) {
      log.debug({ err }, "It could not be told at once that something is to be sent");
    }
  };
  return {
    start: async () => undefined,
    prepare: () => undefined,
    wake(id) {
      if (untold.size === 0) setImmediate(() => void tell());
      untold.add(id);
    },
    notice: () => undefined,
    stop: async () => undefined,
    backlog: () => ({ tickets: 0, since: undefined }),
    circuits: () => [],
    problems: () => [],
  };
}
