import type { Category, Priority, Ticket } from "../tickets/ticket.ts";
import type { CardRules } from "./card.ts";
import type { OfferedFile, Person } from "./chat.ts";
import { type Answer, currentSchema, type Place, type TicketDocument } from "./document.ts";
import { addMessage, asOffered } from "./messages.ts";
import { owes } from "./owes.ts";

/** Where a thread is to be opened. */
export interface Spot {
  platform: string;
  where: string;
}

/** What decides where a ticket's agents are. */
export interface TriageCase {
  category: Category;
  priority: Priority;
  /** Where its requester is; undefined for what was opened over HTTP. */
  platform: string | undefined;
}

export interface Routes extends CardRules {
  /** Where the agents of such a ticket are. */
  triageFor(ticket: TriageCase): readonly Spot[];
  /** The ticket service in which new tickets live, too; `where` is for its adapter. */
  service?: Spot;
}

export interface NewDocument {
  ticket: Ticket;
  reference: string;
  requester: Person;
  /** Who said its first words, when that is not the requester. */
  by?: Person;
  creationKey: string | null;
  answers?: Answer[];
  /** Where the requester reads on. */
  at?: Spot;
  files?: readonly OfferedFile[];
}

/** The document of a ticket that was just opened, with all who are to hear of it. */
export function newDocument(given: NewDocument, rules: Routes): TicketDocument {
  const { ticket, reference, creationKey, at, files = [] } = given;
  const requester = asPerson(given.requester);
  const spots: [Place["side"], Spot][] = [
    ...(at ? [["requester", at] as [Place["side"], Spot]] : []),
    ...rules
      .triageFor({ ...ticket, platform: at?.platform })
      .map((spot): [Place["side"], Spot] => ["agents", spot]),
    ...(rules.service ? [["service", rules.service] as [Place["side"], Spot]] : []),
  ];
  const document: TicketDocument = {
    schema: currentSchema,
    reference,
    creationKey,
    requester,
    assignee: null,
    places: spots.map(([side, spot], index) => newPlace(`p${index + 1}`, side, spot)),
    messages: [],
    unwanted: [],
    owes: false,
    troubles: [],
    underway: [],
    audit: [],
    answers: given.answers ?? [],
    ticket,
  };
  const offered = files.map((file) => asOffered(at?.platform ?? "", file));
  addMessage(
    document,
    {
      kind: "reply",
      side: "requester",
      by: asPerson(given.by ?? given.requester),
      entry: 0,
      files: offered,
    },
    Date.parse(ticket.createdAt),
  );
  document.owes = owes(document, rules);
  return document;
}

/** What else is told of them, such as whether they are an agent, is not kept. */
const asPerson = ({ id, name, picture }: Person): Person =>
  picture === undefined ? { id, name } : { id, name, picture };

const newPlace = (id: string, side: Place["side"], { platform, where }: Spot): Place => ({
  ...{ id, side, platform, where },
  ...{ thread: null, opened: 0, card: null, shown: null, readTo: null },
});
