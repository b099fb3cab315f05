import type { TicketDocument } from "../../desk/document.ts";
import type { TicketId } from "../../tickets/ticket.ts";
import type { Statement } from "./database.ts";
import { parsed } from "./documents.ts";
import { partsOfChange, partsOfNew } from "./found-by.ts";
import { storable, storableJson } from "./text.ts";

/** A document that is to be written, and its JSON. */
export interface Row {
  id: TicketId;
  version: string;
  json: string;
  /** As it is in the database: it may have been made storable. */
  document: TicketDocument;
}

export function rowOf(given: TicketDocument, version: string): Row {
  const { json, isAsGiven } = storableJson(given);
  const document = isAsGiven ? given : parsed(given.ticket._id, json);
  return { id: document.ticket._id, version, json, document };
}

/** In ms at most: what a document says to the microsecond is found as it is in the other store. */
const time = (written: string): string => new Date(Date.parse(written)).toISOString();

/** The columns beside the document that a change may change. */
function columnsOf({ document, version, json }: Row) {
  const { status, priority, category, client, assignedTo, createdAt, updatedAt } = document.ticket;
  return {
    version,
    document: json,
    schema: document.schema,
    ...{ status, priority, category },
    client: storable(client),
    assigned_to: assignedTo && storable(assignedTo),
    owes: document.owes,
    created_at: time(createdAt),
    updated_at: time(updatedAt),
  };
}

/** Finds nothing where the id, the reference or the creation key is there already. */
export function insertOf(row: Row, term: string): Statement {
  const { reference, creationKey } = row.document;
  const columns = {
    ...{ id: row.id, reference, creation_key: creationKey && storable(creationKey) },
    ...columnsOf(row),
  };
  const values: unknown[] = [term];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const places = Object.values(columns).map(parameter);
  const parts = partsOfNew(row.document, parameter);
  const made = `
    made as (
      insert into deskhand.tickets (${Object.keys(columns).join(", ")})
      select ${places.join(", ")} where deskhand.fence($1)
      on conflict do nothing returning id
    )`;
  return {
    name: nameOf("create", parts),
    text: `with ${[made, ...parts.map(({ text }) => text)].join(", ")} select id from made`,
    values,
  };
}

/** Writes a document anew, with what has changed of what it is found by. */
export function updateOf(before: TicketDocument, row: Row, term: string): Statement {
  const values: unknown[] = [row.id, term];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const sets = Object.entries(columnsOf(row)).map(
    ([column, value]) => `${column} = ${parameter(value)}`,
  );
  const parts = partsOfChange(before, row.document, parameter);
  const update = `update deskhand.tickets set ${sets.join(", ")} where id = $1 and deskhand.fence($2)`;
  const name = nameOf("change", parts);
  if (parts.length === 0) return { name, text: update, values };
  return { name, text: `with ${parts.map(({ text }) => text).join(", ")} ${update}`, values };
}

const nameOf = (what: string, parts: readonly { name: string }[]): string =>
  [what, ...parts.map(({ name }) => name)].join(" ");
