import type { ChatActor, ChatEvent, OfferedFile } from "../../src/desk/chat.ts";
import type { DeliveryRules } from "../../src/desk/deliveries.ts";
import type { Place, TicketDocument } from "../../src/desk/document.ts";
import type { SettleRules } from "../../src/desk/failing.ts";
import { type HearRules, hear } from "../../src/desk/hear.ts";
import { newDocument } from "../../src/desk/open.ts";
import { split } from "../../src/desk/split.ts";
import { typedText } from "../../src/desk/text.ts";
import { plainText } from "../../src/desk/text-plain.ts";
import { openTicket } from "../../src/tickets/changes.ts";

export const rob: ChatActor = { id: "one:rob", name: "Rob", isAgent: false };
export const ann: ChatActor = { id: "one:ann", name: "Ann", isAgent: true };
export const amy: ChatActor = { id: "two:amy", name: "Amy", isAgent: true };

export const start = Date.parse("2026-01-01T00:00:00Z");
export const deadAfterMs = 60_000;

const words = (text: Parameters<typeof plainText>[0]) => plainText(text).trim();

export const rules: HearRules & SettleRules & DeliveryRules = {
  replies: "thread",
  idOf: ({ id }) => `agent of ${id}`,
  split: (_, text) => split(text, (part) => words(part).length <= 12),
  deadAfterMs,
  random: () => 0.5,
};

export const explicit = { ...rules, replies: "explicit" as const };

/** Rob's ticket, with his thread (p1) and two of agents (p2, p3), all of them open or still to be. */
export function robsTicket({ open = true, files = [] as OfferedFile[] } = {}): TicketDocument {
  const given = { title: "Printer", description: "It burns", priority: "high" } as const;
  const fields = { ...given, category: "technical", tags: [], attachments: [] } as const;
  const ticket = openTicket(
    "ticket_1",
    { ...fields, tags: [], attachments: [] },
    { role: "client", id: rob.id },
    start,
  );
  const document = newDocument(
    {
      ...{ ticket, reference: "T-000001", requester: rob, creationKey: null, files },
      at: { platform: "one", where: "rob" },
    },
    {
      ...rules,
      triageFor: () => [
        { platform: "one", where: "triage" },
        { platform: "two", where: "desk" },
      ],
    },
  );
  for (const place of open ? document.places : []) {
    place.thread = `thread-${place.id}`;
    place.card = `card-${place.id}`;
  }
  return document;
}

export function placeOf({ places }: TicketDocument, id: string): Place {
  const place = places.find((each) => each.id === id);
  if (!place) throw new Error(`There is no place ${id}`);
  return place;
}

interface Given {
  by?: ChatActor;
  message?: string;
  text?: string;
  files?: OfferedFile[];
  rules?: HearRules;
}

const writers: Record<string, ChatActor> = { p1: rob, p2: ann, p3: amy };

function told(
  document: TicketDocument,
  place: string,
  type: "message" | "edited",
  { by = writers[place] ?? rob, message = "m", text = "", files = [], rules: own = rules }: Given,
) {
  const { platform } = placeOf(document, place);
  const about = { platform, thread: `thread-${place}`, message };
  const event: ChatEvent = { ...about, type, by, text: typedText(text), files };
  return hear(document, event, placeOf(document, place), own, start);
}

/** Someone writes in a place: by default who is at home there. */
export const says = (document: TicketDocument, place: string, given: Given) =>
  told(document, place, "message", given);

export const edits = (document: TicketDocument, place: string, given: Given) =>
  told(document, place, "edited", given);

export function deletes(document: TicketDocument, place: string, message = "m") {
  const { platform } = placeOf(document, place);
  const event: ChatEvent = { platform, thread: `thread-${place}`, message, type: "deleted" };
  return hear(document, event, placeOf(document, place), rules, start);
}

export const lastOf = ({ messages }: TicketDocument) => {
  const message = messages.at(-1);
  if (!message) throw new Error("There is no message");
  return message;
};

export const entriesOf = ({ ticket }: TicketDocument) =>
  ticket.threads.map(({ message }) => message);

export const noticesOf = ({ messages }: TicketDocument) =>
  messages.filter(({ kind }) => kind === "notice").map(({ text }) => plainText(text ?? []));
