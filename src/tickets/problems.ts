import { z } from "zod";
import { type ErrorCode, errors, isErrorCode, type Problem } from "./errors.ts";

export type Problems = [Problem, ...Problem[]];
export type Parsed<T> = { value: T } | { problems: Problems };

const mostUnknownFieldsTold = 20;
const mostOfAFieldNameTold = 60;

/**
 * Reads what a person gave. Every wrong field is told once, in the order in which the schema
 * names them; fields it does not know come last.
 */
export function parse<S extends z.ZodObject>(schema: S, input: unknown): Parsed<z.output<S>> {
  const result = schema.safeParse(input);
  return result.success ? { value: result.data } : { problems: problemsOf(result.error, schema) };
}

function problemsOf(error: z.ZodError, schema: z.ZodObject): Problems {
  const byField = new Map<string, Problem>();
  for (const problem of error.issues.flatMap(tell)) {
    if (!byField.has(problem.field)) byField.set(problem.field, problem);
  }
  const order = Object.keys(schema.shape);
  const rank = (field: string) => (order.includes(field) ? order.indexOf(field) : order.length);
  const [first, ...rest] = [...byField.values()].sort((a, b) => rank(a.field) - rank(b.field));
  if (!first) throw new Error("A parse failed without an issue", { cause: error });
  return [first, ...rest];
}

function tell(issue: z.core.$ZodIssue): Problem[] {
  const code = isErrorCode(issue.message) ? issue.message : "INVALID_JSON";
  if (issue.code === "unrecognized_keys" && code === "UNKNOWN_FIELD")
    return issue.keys.slice(0, mostUnknownFieldsTold).map(unknownField);
  return [{ field: String(issue.path[0] ?? ""), error: errors[code].sentence, message: code }];
}

function unknownField(name: string): Problem {
  const field = name.slice(0, mostOfAFieldNameTold).toWellFormed();
  return { field, error: `${errors.UNKNOWN_FIELD.sentence}: ${field}`, message: "UNKNOWN_FIELD" };
}

/** The codes with which a parse by this schema may fail: those of its fields, and its own. */
export function codesFor(schema: z.ZodObject): ErrorCode[] {
  const codes = Object.values(schema.shape)
    .flatMap((field) => [z.safeParse(field, null), z.safeParse(field, {})])
    .flatMap((result) => result.error?.issues ?? [])
    .flatMap(({ message }) => (isErrorCode(message) ? message : []));
  return [...new Set(codes), "INVALID_JSON", "UNKNOWN_FIELD"];
}
