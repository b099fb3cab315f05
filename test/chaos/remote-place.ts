/** A ticket in the remote ticket service, with someone there who writes in it and changes it. */
import { statusWords } from "../../src/desk/words.ts";
import { statuses } from "../../src/tickets/ticket.ts";
import type { FakeEntry, FakeTicket, FakeTickets } from "../fakes/ticket-api-tickets.ts";
import type { Place, Shown } from "./place.ts";

type Fields = Pick<FakeTicket, "status" | "priority" | "assignedTo" | "resolution">;

export interface RemotePlace extends Place {
  side: "service";
  /** As they stand there. */
  fields(): Fields;
  changes(fields: Partial<Fields>): void;
}

/** Who works there. */
const author = "agent_cleo";
/** As long as an entry of theirs gets. */
const mostText = 2_000;

/** Undefined, as long as it is not there. */
export function remotePlace(tickets: FakeTickets, title: string): RemotePlace | undefined {
  const all = () =>
    [...tickets.byId.values()].filter((each) => new RegExp(`\\b${title}\\b`).test(each.title));
  const [there] = all();
  if (!there) return undefined;
  const { _id } = there;
  const ticket = (): FakeTicket => tickets.byId.get(_id) ?? there;
  const find = (id: string): FakeEntry => {
    const found = ticket().threads.find((each) => nameOf(each) === id);
    if (!found) throw new Error(`there is no entry ${id} in ${_id}`);
    return found;
  };
  return {
    ...{ side: "service", name: "service", mostText },
    threads: () => all().length,
    shows: () => ticket().threads.map(shown),
    card: () => statusOf(ticket()),
    whispers: () => [],
    isTold: () => true,
    writes: (text) => nameOf(tickets.write(_id, author, text)),
    edits: (id, text) => tickets.edit(_id, find(id), text),
    deletes: (id) => tickets.edit(_id, find(id)),
    fields: () => ticket(),
    changes: (fields) => tickets.change(_id, fields),
  };
}

/** No one writes twice at one moment. */
const nameOf = (entry: FakeEntry): string => `${entry.author} ${entry.timestamp}`;

const attached = /\[attachment: ([^\]]+)\]/g;

function shown(entry: FakeEntry): Shown {
  const { message } = entry;
  const files = [...message.matchAll(attached)].map(([, name = ""]) => ({
    name,
    content: undefined,
  }));
  const id = nameOf(entry);
  return { id, words: message, files, marks: [], pings: [], byBot: entry.author !== author };
}

function statusOf({ status }: FakeTicket): string {
  const known = statuses.find((each) => each === status);
  return known ? statusWords[known] : status;
}
