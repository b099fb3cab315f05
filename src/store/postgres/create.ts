import { randomUUID } from "node:crypto";
import type { TicketDocument } from "../../desk/document.ts";
import { draftOf } from "../../desk/draft.ts";
import type { Database, Statement } from "./database.ts";
import type { Documents } from "./documents.ts";
import { insertOf, rowOf } from "./rows.ts";
import { storable } from "./text.ts";

interface Parts {
  database: Database;
  documents: Documents;
}

/** Adds a ticket, in one statement. It is tried again when a connection breaks: its version tells. */
export async function create(
  { database, documents }: Parts,
  document: TicketDocument,
): Promise<"created" | "exists" | "taken"> {
  const row = rowOf(document, randomUUID());
  const outcome = await database.write(async (connection) => {
    connection.commits();
    const [made] = await connection.query<{ id: string }>(insertOf(row, connection.term));
    return made ? "created" : whatIsThere(await connection.query(likeIt(document, row.version)));
  });
  if (outcome === "created") documents.keep(row.version, draftOf(row.document), row.json.length);
  return outcome;
}

interface Alike {
  /** It is the very document that was to be made: it was, in a try before. */
  ours: boolean;
  sameKey: boolean;
}

const likeIt = (
  { ticket, reference, creationKey }: TicketDocument,
  version: string,
): Statement => ({
  name: "alike",
  text: `
    select version = $4::uuid as ours, coalesce(creation_key = $3, false) as "sameKey"
    from deskhand.tickets where id = $1 or reference = $2 or creation_key = $3`,
  values: [
    storable(ticket._id),
    storable(reference),
    creationKey && storable(creationKey),
    version,
  ],
});

function whatIsThere(alike: Alike[]): "created" | "exists" | "taken" {
  if (alike.some(({ ours }) => ours)) return "created";
  return alike.some(({ sameKey }) => sameKey) ? "exists" : "taken";
}
