/** What a ticket is found by in tables beside its own, and how they follow its document. */

import { carriedInto } from "../../desk/carried.ts";
import type { TicketDocument } from "../../desk/document.ts";
import { keptFilesIn } from "../../desk/kept-files.ts";
import { searchWords } from "../../desk/search-words.ts";
import { searchedTag, storable } from "./text.ts";

/** A part of a `with`: what is written to one of the tables. */
export interface Part {
  /** The same name is the same text, but for the numbers of its values. */
  name: string;
  values: readonly (readonly string[])[];
  /** `numbered` are its values, as the statement has them. */
  text(numbered: readonly string[]): string;
}

/** Rows of a table, column by column; `ticket` is beside them. */
interface Rows {
  table: "threads" | "carried" | "files";
  columns: readonly string[];
  values: readonly string[][];
}

const threadsOf = ({ places, ticket }: TicketDocument): Rows => {
  const threads = places.flatMap(({ platform, thread }) =>
    thread === null ? [] : [[storable(platform), storable(thread)] as const],
  );
  const stands = ticket.status === "closed" ? "closed" : "open";
  return {
    table: "threads",
    columns: ["platform", "thread", "stands"],
    values: [threads.map(([on]) => on), threads.map(([, name]) => name), threads.map(() => stands)],
  };
};

const carriedOf = (document: TicketDocument): Rows => {
  const carried = carriedInto(document);
  return {
    table: "carried",
    columns: ["platform", "message"],
    values: [
      carried.map(({ platform }) => storable(platform)),
      carried.map(({ message }) => storable(message)),
    ],
  };
};

const filesOf = (document: TicketDocument): Rows => ({
  table: "files",
  columns: ["hash"],
  values: [keptFilesIn(document)],
});

const rowsOf = (document: TicketDocument): Rows[] => [
  threadsOf(document),
  carriedOf(document),
  filesOf(document),
];

type Ticket = TicketDocument["ticket"];

const searchedFor = ({ title, description, threads, tags }: Ticket): string[] => [
  ...searchWords(title, description, ...tags, ...threads.map(({ message }) => message)),
  ...tags.map(searchedTag),
];

/** Of a ticket that is being made; `made` has its id, once it is. */
export const partsOfNew = (document: TicketDocument): Part[] => [
  ...rowsOf(document)
    .filter(({ values }) => values[0]?.length !== 0)
    .map(({ table, columns, values }) => ({
      name: table,
      values,
      text: (numbered: readonly string[]) => `
        new_${table} as (
          insert into deskhand.${table} (ticket, ${columns.join(", ")})
          select made.id, given.* from made, ${unnested(numbered)} given on conflict do nothing
        )`,
    })),
  {
    name: "searched",
    values: [searchedFor(document.ticket)],
    text: ([words]) => `
      new_searched as (
        insert into deskhand.searched (ticket, words) select made.id, ${words}::text[] from made
      )`,
  },
];

const unnested = (numbered: readonly string[]): string =>
  `unnest(${numbered.map((each) => `${each}::text[]`).join(", ")})`;

/** Of what has changed; `$1` is the ticket's id. */
export function partsOfChange(before: TicketDocument, after: TicketDocument): Part[] {
  const old = rowsOf(before);
  const changed = rowsOf(after).filter(
    ({ values }, index) => JSON.stringify(values) !== JSON.stringify(old[index]?.values),
  );
  return [
    ...changed.map((rows) => ({
      name: rows.table,
      values: rows.values,
      text: (numbered: readonly string[]) => replaced(rows, numbered),
    })),
    ...(isFoundAlike(before.ticket, after.ticket) ? [] : [searched(after.ticket)]),
  ];
}

function replaced({ table, columns }: Rows, numbered: readonly string[]): string {
  const rows = `(select distinct * from ${unnested(numbered)} given(${columns.join(", ")})) given`;
  const isSame = columns
    .filter((column) => column !== "stands")
    .map((column) => `given.${column} = old.${column}`)
    .join(" and ");
  const left = `ticket = $1 and not exists (select from ${rows} where ${isSame})`;
  const [noMore, ifThere] =
    table === "threads"
      ? threadsChange(left)
      : [`delete from deskhand.${table} old where ${left}`, "do nothing"];
  return `
    no_${table} as (${noMore}),
    new_${table} as (
      insert into deskhand.${table} (ticket, ${columns.join(", ")})
      select $1::text, given.* from ${rows} on conflict ${ifThere}
    )`;
}

/** A thread that goes is kept as gone. */
const threadsChange = (left: string): [noMore: string, ifThere: string] => [
  `update deskhand.threads old set stands = 'gone', changed = pg_current_xact_id()
   where stands <> 'gone' and ${left}`,
  `(platform, thread, ticket) do update set stands = excluded.stands, changed = excluded.changed
   where threads.stands <> excluded.stands`,
];

const searched = (ticket: Ticket): Part => ({
  name: "searched",
  values: [searchedFor(ticket)],
  text: ([words]) => `
    new_searched as (
      insert into deskhand.searched (ticket, words) values ($1, ${words})
      on conflict (ticket) do update set words = excluded.words
    )`,
});

const isFoundAlike = (one: Ticket, other: Ticket): boolean =>
  one.title === other.title &&
  one.description === other.description &&
  one.threads.length === other.threads.length &&
  one.threads.every(({ message }, index) => message === other.threads[index]?.message) &&
  one.tags.length === other.tags.length &&
  one.tags.every((tag, index) => tag === other.tags[index]);
