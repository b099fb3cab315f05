import type { HonoRequest } from "hono";
import { z } from "zod";
import type { TicketQuery } from "../desk/ports.ts";
import type { Problem } from "../tickets/errors.ts";
import { limits } from "../tickets/limits.ts";
import type { Parsed, Problems } from "../tickets/problems.ts";
import { categories, priorities, statuses } from "../tickets/ticket.ts";

function wholeNumber(max: number, otherwise: number) {
  const error = `Must be a whole number from 1 to ${max}`;
  return z
    .string({ error })
    .regex(/^[1-9]\d{0,8}$/, { error, abort: true })
    .transform(Number)
    .refine((value) => value <= max, { error })
    .default(otherwise)
    .meta({ type: "integer", minimum: 1, maximum: max, default: otherwise });
}

const text = (maxLength: number) => z.string().trim().min(1).max(maxLength);

/** What a list can be asked for. Each may be given once; what is not here is refused. */
export const listParameters = z.strictObject({
  page: wholeNumber(999_999_999, 1),
  limit: wholeNumber(limits.pageSize, 10),
  status: z.enum(statuses).exactOptional(),
  category: z.enum(categories).exactOptional(),
  priority: z.enum(priorities).exactOptional(),
  countByStatus: z.enum(["true", "false"]).exactOptional(),
  assignedTo: text(limits.idLength).exactOptional(),
  client: text(limits.idLength).exactOptional(),
  tag: text(limits.tagLength).exactOptional(),
  q: text(limits.searchLength).exactOptional(),
  updatedSince: z.iso
    .datetime({ offset: true })
    .transform((time) => Date.parse(time))
    .exactOptional(),
});

/** The query of a request's address. */
export function searchOf({ url }: HonoRequest): URLSearchParams {
  const query = url.indexOf("?");
  return new URLSearchParams(query === -1 ? "" : url.slice(query));
}

/** Reads the query of a list's address. */
export function readListParameters(search: URLSearchParams): Parsed<TicketQuery> {
  const parsed = listParameters.safeParse(valuesOf(search));
  if (!parsed.success) return { problems: problemsOf(parsed.error) };
  const { page, limit, countByStatus, ...filter } = parsed.data;
  return { value: { page, limit, countByStatus: countByStatus === "true", filter } };
}

/** A parameter given twice becomes a list, which no parameter is. */
const valuesOf = (search: URLSearchParams) =>
  Object.fromEntries(
    [...new Set(search.keys())].map((name) => {
      const values = search.getAll(name);
      return [name, values.length === 1 ? values[0] : values];
    }),
  );

function problemsOf(error: z.ZodError): Problems {
  const [first, ...rest] = error.issues.map(
    (issue): Problem => ({
      field: String(
        issue.code === "unrecognized_keys" ? issue.keys[0] : issue.path[0],
      ).toWellFormed(),
      error: issue.message.slice(0, mostOfASentence).toWellFormed(),
      message: "INVALID_PARAMETERS",
    }),
  );
  if (!first) throw new Error("A parse failed without an issue", { cause: error });
  return [first, ...rest];
}

const mostOfASentence = 300;
