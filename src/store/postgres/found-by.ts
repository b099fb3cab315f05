/** What a ticket is found by in tables beside its own, and how they follow its document. */
import { carriedInto } from "../../desk/carried.ts";
import type { TicketDocument } from "../../desk/document.ts";
import { keptFilesIn } from "../../desk/kept-files.ts";
import { storable, wordsOf } from "./text.ts";

/** Takes a value of a statement; returns what stands for it in its text. */
export type Parameter = (value: unknown) => string;

/** Parts of a `with`, named so that the same name is the same text. */
export interface Part {
  name: string;
  text: string;
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

const wordsIn = ({ title, description, threads, tags }: Ticket): string[] =>
  wordsOf(title, description, ...tags, ...threads.map(({ message }) => message));

const tagsOf = ({ tags }: Ticket): string[] => tags.map(storable);

/** Of a ticket that is being made; `made` has its id, once it is. */
export function partsOfNew(document: TicketDocument, parameter: Parameter): Part[] {
  const tables = rowsOf(document).filter(({ values }) => values[0]?.length !== 0);
  return [
    ...tables.map(({ table, columns, values }) => ({
      name: table,
      text: `
        new_${table} as (
          insert into deskhand.${table} (ticket, ${columns.join(", ")})
          select made.id, given.* from made, ${given(values, parameter)} given on conflict do nothing
        )`,
    })),
    {
      name: "searched",
      text: `
        new_searched as (
          insert into deskhand.searched (ticket, words, tags)
          select made.id, ${parameter(wordsIn(document.ticket))}::text[], ${parameter(tagsOf(document.ticket))}::text[]
          from made
        )`,
    },
  ];
}

const given = (values: readonly string[][], parameter: Parameter): string =>
  `unnest(${values.map((each) => `${parameter(each)}::text[]`).join(", ")})`;

/** Of what has changed; `$1` is the ticket's id. */
export function partsOfChange(
  before: TicketDocument,
  after: TicketDocument,
  parameter: Parameter,
): Part[] {
  const old = rowsOf(before);
  const changed = rowsOf(after).filter(
    ({ values }, index) => JSON.stringify(values) !== JSON.stringify(old[index]?.values),
  );
  return [
    ...changed.map((rows) => ({ name: rows.table, text: replaced(rows, parameter) })),
    ...(isFoundAlike(before.ticket, after.ticket) ? [] : [searched(after.ticket, parameter)]),
  ];
}

function replaced({ table, columns, values }: Rows, parameter: Parameter): string {
  const rows = `(select distinct * from ${given(values, parameter)} given(${columns.join(", ")})) given`;
  const isSame = columns
    .filter((column) => column !== "stands")
    .map((column) => `given.${column} = old.${column}`)
    .join(" and ");
  const left = `ticket = $1 and not exists (select from ${rows} where ${isSame})`;
  const [noMore, ifThere] =
    table === "threads" ? threadsChange(left) : [`delete from deskhand.${table} old where ${left}`];
  return `
    no_${table} as (${noMore}),
    new_${table} as (
      insert into deskhand.${table} (ticket, ${columns.join(", ")})
      select $1::text, given.* from ${rows} on conflict ${ifThere ?? "do nothing"}
    )`;
}

/** A thread that goes is kept as gone. */
const threadsChange = (left: string): [noMore: string, ifThere: string] => [
  `update deskhand.threads old set stands = 'gone', changed = pg_current_xact_id()
   where stands <> 'gone' and ${left}`,
  `(platform, thread, ticket) do update set stands = excluded.stands, changed = excluded.changed
   where threads.stands <> excluded.stands`,
];

const searched = (ticket: Ticket, parameter: Parameter): Part => ({
  name: "searched",
  text: `
    new_searched as (
      insert into deskhand.searched (ticket, words, tags)
      values ($1, ${parameter(wordsIn(ticket))}, ${parameter(tagsOf(ticket))})
      on conflict (ticket) do update set words = excluded.words, tags = excluded.tags
    )`,
});

const isFoundAlike = (one: Ticket, other: Ticket): boolean =>
  one.title === other.title &&
  one.description === other.description &&
  one.threads.length === other.threads.length &&
  one.threads.every(({ message }, index) => message === other.threads[index]?.message) &&
  one.tags.length === other.tags.length &&
  one.tags.every((tag, index) => tag === other.tags[index]);
