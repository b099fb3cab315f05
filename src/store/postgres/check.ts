import type { Client } from "pg";
import { currentSchema } from "../../desk/document.ts";
import { StoreError } from "../../desk/ports.ts";
import { type PostgresAddress, whereIs } from "./address.ts";
import { connect } from "./connection.ts";
import { exportDatabase } from "./export.ts";
import { faultOf, storeError } from "./faults.ts";
import { holderWords } from "./holder.ts";
import { assertNotNewer, knownSchema, schemaVersion } from "./migrate.ts";
import { copyMark } from "./open.ts";

interface Finding {
  ok: boolean;
  sentence: string;
}

const mostNamed = 3;

/** Looks at a database without starting on it: can it be used, and is anything amiss? */
export async function checkDatabase(address: PostgresAddress): Promise<Finding> {
  const where = whereIs(address);
  try {
    const client = await connect(address);
    try {
      return await look(client, where, address);
    } finally {
      await client.end();
    }
  } catch (error) {
    if (error instanceof StoreError) return wrong(error.message);
    return wrong(storeError(faultOf(error), { where, doing: "read", isUncertain: false }).message);
  }
}

async function look(client: Client, where: string, address: PostgresAddress): Promise<Finding> {
  const { step, documents } = await schemaVersion(client);
  assertNotNewer({ step, documents });
  const server = await serverOf(client);
  const named = `PostgreSQL ${server.version} at ${where}`;
  const amiss = amissWith(server, step);
  if (amiss !== undefined) return wrong(`${named} ${amiss}`);
  if (step === 0)
    return good(`${named} holds no tickets yet: a first start makes schema ${knownSchema}`);
  const { count, unreadable } = await countIn(address);
  if (unreadable.length > 0)
    return wrong(
      `${unreadable.length} of ${count} tickets in ${named} cannot be read (${unreadable.slice(0, mostNamed).join(", ")}). Put them right, or bring back a backup`,
    );
  const holder = await holderWords(client);
  if (holder === undefined && (await isCopyBegun(client)))
    return wrong(
      `${named} has a part only of what was being copied into it. Run deskhand migrate again, or deskhand import if it was that`,
    );
  const held = holder === undefined ? "" : `; held by ${holder}`;
  return good(`${count} tickets in ${named}, ${schemaWords(step)}${held}`);
}

async function isCopyBegun(client: Client): Promise<boolean> {
  const { rows } = await client.query(
    "select from deskhand.kept_values where name = $1 and value <> ''",
    [copyMark],
  );
  return rows.length > 0;
}

const schemaWords = (step: number): string =>
  step === knownSchema
    ? `schema ${step}, with documents of version ${currentSchema}`
    : `schema ${step}, which a start makes ${knownSchema}`;

interface Server {
  version: string;
  number: number;
  encoding: string;
  isReadOnly: boolean;
  fsync: string;
  mayMake: boolean;
}

/** The oldest that the tests of what is used here would pass on. */
const oldestServer = 130_000;

async function serverOf(client: Client): Promise<Server | Record<string, never>> {
  const { rows } = await client.query<Server>(`
    select current_setting('server_version') as version,
      current_setting('server_version_num')::integer as number,
      current_setting('server_encoding') as encoding,
      current_setting('transaction_read_only')::boolean as "isReadOnly",
      current_setting('fsync') as fsync,
      has_database_privilege(current_database(), 'create') as "mayMake"`);
  return rows[0] ?? {};
}

/** What keeps a server from being used, as the end of a sentence; undefined: nothing. */
function amissWith(
  { number, encoding, isReadOnly, fsync, mayMake }: Partial<Server>,
  step: number,
): string | undefined {
  if (number !== undefined && number < oldestServer)
    return "is too old. Use PostgreSQL 13 or a later one";
  if (encoding !== "UTF8") return `keeps text as ${encoding}. Make a database with encoding UTF8`;
  if (isReadOnly) return "is read-only, such as a standby. Point DATABASE_URL at the primary";
  if (fsync === "off")
    return "does not wait for its disk: a power cut would lose what was accepted. Set fsync = on";
  if (step === 0 && !mayMake)
    return "lets its user make nothing there. Make it the database's owner, or grant create on the database to it";
  return undefined;
}

async function countIn(address: PostgresAddress): Promise<{ count: number; unreadable: string[] }> {
  const { count, documents } = await exportDatabase(address);
  const unreadable: string[] = [];
  for await (const one of documents) if ("ticket" in one) unreadable.push(one.ticket);
  return { count, unreadable };
}

const good = (sentence: string): Finding => ({ ok: true, sentence });
const wrong = (sentence: string): Finding => ({ ok: false, sentence });
