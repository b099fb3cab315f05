import type { ChatDesk, ChatEvent, Heard, TicketLine } from "../../src/desk/chat.ts";

/** A desk that keeps what it hears, in the order in which it did; `meets` is asked about each first. */
export interface RecordedDesk extends ChatDesk {
  readonly events: readonly ChatEvent[];
  /** References of tickets' threads. */
  readonly threads: Set<string>;
  lines: TicketLine[];
  /** Since when something may have been missed, as it was told; `"start"` without a time. */
  readonly missed: (number | "start")[];
  meets: (event: ChatEvent) => Promise<Heard | undefined> | Heard | undefined;
}

export function recordedDesk(): RecordedDesk {
  const events: ChatEvent[] = [];
  const threads = new Set<string>();
  const missed: (number | "start")[] = [];
  const notAsked = () => Promise.reject(new Error("Nobody asks for that here"));
  const desk: RecordedDesk = {
    ...{ events, threads, missed, lines: [], meets: () => undefined },
    async heard(event) {
      const heard = await desk.meets(event);
      events.push(event);
      return heard ?? { heard: "accepted", ticket: "1" };
    },
    hasThread: async (_, thread) => threads.has(thread),
    isClosed: async () => false,
    hasCarried: async () => false,
    openTicketsOf: async () => desk.lines,
    mayHaveMissed: (_, sinceMs) => void missed.push(sinceMs ?? "start"),
    tellOnce: (_, tell) => tell(),
    ...{ open: notAsked, act: notAsked, carry: notAsked, card: notAsked },
    ...{ findFor: notAsked, ticketsOf: notAsked },
  };
  return desk;
}
