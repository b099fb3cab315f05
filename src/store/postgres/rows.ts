import type { TicketDocument } from "../../desk/document.ts";
import type { TicketId } from "../../tickets/ticket.ts";
import type { Statement } from "./database.ts";
import { parsed } from "./documents.ts";
import { type Part, partsOfChange, partsOfNew } from "./found-by.ts";
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
export function insertOf(row: Row, term: number | null): Statement {
  const { reference, creationKey } = row.document;
  const columns = {
    ...{ id: row.id, reference, creation_key: creationKey && storable(creationKey) },
    ...columnsOf(row),
  };
  const names = Object.keys(columns);
  return statement(
    "create",
    [term, ...Object.values(columns)],
    partsOfNew(row.document),
    (parts) => {
      const given = names.map((_, index) => `$${index + 2}`);
      const made = `
      made as (
        insert into deskhand.tickets (${names.join(", ")})
        select ${given.join(", ")} where deskhand.fence($1)
        on conflict do nothing returning id
      )`;
      return `with ${[made, ...parts].join(", ")} select id from made`;
    },
  );
}

/** Writes a document anew, with what has changed of what it is found by. */
export function updateOf(before: TicketDocument, row: Row, term: number | null): Statement {
  const columns = columnsOf(row);
  const names = Object.keys(columns);
  const values = [row.id, term, ...Object.values(columns)];
  return statement("change", values, partsOfChange(before, row.document), (parts) => {
    const sets = names.map((column, index) => `${column} = $${index + 3}`);
    const given = parts.length === 0 ? "" : `with ${parts.join(", ")}`;
    return `${given} update deskhand.tickets set ${sets.join(", ")} where id = $1 and deskhand.fence($2)`;
  });
}

/** Texts of statements by their names: a handful, each made once. */
const texts = new Map<string, string>();

function statement(
  what: string,
  values: readonly unknown[],
  parts: readonly Part[],
  textWith: (parts: string[]) => string,
): Statement {
  const name = [what, ...parts.map((part) => part.name)].join(" ");
  const text = texts.get(name) ?? textWith(numbered(parts, values.length + 1));
  texts.set(name, text);
  return { name, text, values: [...values, ...parts.flatMap((part) => part.values)] };
}

/** The texts of the parts, whose values are numbered from there on. */
function numbered(parts: readonly Part[], first: number): string[] {
  let next = first;
  return parts.map((part) => part.text(part.values.map(() => `$${next++}`)));
}
