import { z } from "zod";
import { errors } from "../tickets/errors.ts";
import { limits } from "../tickets/limits.ts";
import { type Operation, operations } from "./operations.ts";

/** What every operation may answer, whatever it does. */
const always = ["UNAUTHORIZED", "RATE_LIMITED", "INTERNAL_ERROR"] as const;

/** What every operation with a body may answer. */
const withBody = [
  "PAYLOAD_TOO_LARGE",
  "UNSUPPORTED_MEDIA_TYPE",
  "REQUEST_TIMEOUT",
  "STORE_UNAVAILABLE",
] as const;

const problemSchema = z.object({ field: z.string(), error: z.string(), message: z.string() });

const refusalSchema = z
  .object({
    error: z.string().meta({ description: "A sentence for a person" }),
    message: z.enum(Object.keys(errors)).meta({ description: "A code that never changes" }),
    errors: z.array(problemSchema).optional(),
    requestId: z.string().optional(),
  })
  .meta({ id: "Refusal" });

const parameterRefusalSchema = z
  .object({
    success: z.literal(false),
    error: z.string(),
    code: z.literal("INVALID_PARAMETERS"),
    errors: z.array(problemSchema),
  })
  .meta({ id: "ParameterRefusal" });

const refTo = (schema: z.ZodType) => ({ $ref: `#/components/schemas/${schema.meta()?.id}` });
const json = (schema: z.ZodType) => ({ "application/json": { schema: refTo(schema) } });

/** The description of the ticket API, made from what validates and serves it. */
export function openApi(version: string, serverUrl: string): object {
  return {
    openapi: "3.1.0",
    info: { title: "Deskhand ticket API", version, license: { name: "MIT", identifier: "MIT" } },
    servers: [{ url: serverUrl }],
    security: [{ bearer: [] }],
    paths: paths(),
    components: {
      securitySchemes: { bearer: { type: "http", scheme: "bearer" } },
      schemas: schemas(),
    },
  };
}

function paths(): object {
  const byPath: Record<string, Record<string, object>> = {};
  for (const operation of operations) {
    const { path, method } = operation;
    byPath[path] = { ...byPath[path], [method.toLowerCase()]: describe(operation) };
  }
  return byPath;
}

function describe(operation: Operation): object {
  const { name, summary, body, status, answers } = operation;
  return {
    operationId: name,
    summary,
    parameters: parametersOf(operation),
    ...(body ? { requestBody: { required: true, content: json(body) } } : {}),
    responses: {
      [status]: { description: "Done", content: json(answers) },
      ...refusalsOf(operation),
    },
  };
}

function parametersOf({ path, parameters, method }: Operation): object[] {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => ({
    ...{ name, in: "path", required: true, schema: { type: "string" } },
    ...(name === "delivery" && { description: "Its slashes as they are, or encoded as %2F" }),
  }));
  const key = {
    name: "Idempotency-Key",
    in: "header",
    description:
      "The same key and body again, on the same ticket, returns the first answer, with no second effect: for a create as long as the ticket is there, for changes and replies for seven days. Of a delivery that is sent again, the answer tells how it stands by now",
    schema: { type: "string", minLength: 1, maxLength: limits.idempotencyKeyLength },
  };
  const query = Object.entries(parameters?.shape ?? {}).map(([name, schema]) => ({
    name,
    in: "query",
    schema: schemaOf(schema),
  }));
  return [...inPath, ...query, ...(method === "GET" ? [] : [key])];
}

function refusalsOf(operation: Operation): Record<string, object> {
  const codes = [...operation.refusals, ...always, ...(operation.body ? withBody : [])];
  const statuses = [...new Set(codes.map((code) => errors[code].status))];
  return Object.fromEntries(
    statuses.map((status) => {
      const ofStatus = codes.filter((code) => errors[code].status === status);
      const isParameters = ofStatus.includes("INVALID_PARAMETERS");
      const schema = isParameters ? parameterRefusalSchema : refusalSchema;
      return [status, { description: ofStatus.join(", "), content: json(schema) }];
    }),
  );
}

function schemaOf(schema: z.core.$ZodType): object {
  const { $schema, ...described } = z.toJSONSchema(schema, { io: "input" });
  return described;
}

function schemas(): object {
  const { schemas } = z.toJSONSchema(z.globalRegistry, {
    io: "input",
    uri: (id) => `#/components/schemas/${id}`,
  });
  return Object.fromEntries(
    Object.entries(schemas).map(([name, { $schema, $id, ...described }]) => [name, described]),
  );
}
