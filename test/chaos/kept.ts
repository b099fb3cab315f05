/** What Deskhand keeps, looked at past it. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { connected } from "../postgres-server.ts";

export interface Kept {
  /** Each ticket's, as JSON. */
  documents(): Promise<string[]>;
  /** Empty when there is none, or it cannot be read. */
  document(id: string): Promise<string>;
  /** The folder in which attachments are. */
  attachments: string;
}

export function keptInFolder(folder: string): Kept {
  const tickets = join(folder, "tickets");
  const read = (name: string) => readFile(join(tickets, name), "utf8");
  return {
    documents: async () =>
      Promise.all((await readdir(tickets)).filter((name) => name.endsWith(".json")).map(read)),
    document: (id) => read(`${id}.json`).catch(() => ""),
    attachments: join(folder, "attachments"),
  };
}

/** A database that is away at the moment is asked again by whoever asks. */
export function keptInDatabase(url: string, attachments: string): Kept {
  const ask = (sql: string, values: unknown[] = []) =>
    connected(url, async (client) => {
      const { rows } = await client.query<{ json: string }>(sql, values);
      return rows.map(({ json }) => json);
    });
  return {
    documents: () => ask("select document::text as json from deskhand.tickets"),
    document: async (id) => {
      const found = ask("select document::text as json from deskhand.tickets where id = $1", [id]);
      return (await found.catch(() => []))[0] ?? "";
    },
    attachments,
  };
}
