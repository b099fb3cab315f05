import { currentSchema } from "../../desk/document.ts";
import {
  noCounts,
  type StatusCounts,
  type TicketFilter,
  type TicketQuery,
} from "../../desk/ports.ts";
import { searchWords } from "../../desk/search-words.ts";
import { type Status, statuses } from "../../tickets/ticket.ts";
import { searchedTag, storable } from "./text.ts";

interface Query {
  text: string;
  values: unknown[];
}

/** How a row of a page comes: a summary as JSON, or the document where it is of an older shape. */
export interface Listed {
  id: string;
  summary: string | null;
  json: string | null;
}

export interface Counted {
  status: Status;
  count: number;
}

const conditionFor: Readonly<
  Record<keyof Texts, (wanted: string, parameter: (value: unknown) => string) => string>
> = {
  status: (wanted, parameter) => `status = ${parameter(wanted)}`,
  category: (wanted, parameter) => `category = ${parameter(wanted)}`,
  priority: (wanted, parameter) => `priority = ${parameter(wanted)}`,
  assignedTo: (wanted, parameter) => `assigned_to = ${parameter(storable(wanted))}`,
  client: (wanted, parameter) => `client = ${parameter(storable(wanted))}`,
  tag: (wanted, parameter) => searchFor([searchedTag(wanted)], parameter),
  q: (wanted, parameter) => searchFor(searchWords(wanted), parameter),
};

/** Where there is no word, nothing has all of them. */
const searchFor = (words: string[], parameter: (value: unknown) => string): string =>
  words.length === 0
    ? "false"
    : `id in (select ticket from deskhand.searched where words @> ${parameter(words)}::text[])`;

function where({ updatedSince, ...filter }: TicketFilter, values: unknown[]): string {
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const conditions = fieldsOf(filter).flatMap((field) => {
    const wanted = filter[field];
    return wanted === undefined ? [] : conditionFor[field](wanted, parameter);
  });
  if (updatedSince !== undefined)
    conditions.push(`updated_at >= to_timestamp(${parameter(updatedSince / 1_000)})`);
  return conditions.length === 0 ? "" : `where ${conditions.join(" and ")}`;
}

type Texts = Omit<TicketFilter, "updatedSince">;

const fieldsOf = (filter: Texts) => Object.keys(filter) as (keyof Texts)[];

const longFields = "'{threads,attachments,resolution,resolvedAt}'::text[]";

/** A page of tickets, newest first. */
export function pageOf({ filter, page, limit }: TicketQuery): Query {
  const values: unknown[] = [];
  const conditions = where(filter, values);
  const isCurrent = `schema = ${currentSchema}`;
  return {
    text: `
      select id,
        case when ${isCurrent} then ((document -> 'ticket') - ${longFields})::text end as summary,
        case when not ${isCurrent} then document::text end as json
      from deskhand.tickets ${conditions}
      order by created_at desc, id desc
      limit $${values.push(limit)} offset $${values.push((page - 1) * limit)}`,
    values,
  };
}

/** How many tickets fit in each status, whatever status is asked for. */
export function countsOf({ status, ...filter }: TicketFilter): Query {
  const values: unknown[] = [];
  const conditions = where(filter, values);
  return {
    text: `select status, count(*)::integer as count from deskhand.tickets ${conditions} group by status`,
    values,
  };
}

export const countsFrom = (counted: readonly Counted[]): StatusCounts => ({
  ...noCounts(),
  ...Object.fromEntries(counted.map(({ status, count }) => [status, count])),
});

export const totalOf = (counts: StatusCounts, status: Status | undefined): number =>
  status === undefined ? statuses.reduce((total, each) => total + counts[each], 0) : counts[status];
