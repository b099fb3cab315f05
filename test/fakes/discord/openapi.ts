import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import { fixture } from "../fixture.ts";
import type { Wrong } from "./errors.ts";

/**
 * Discord's own description of its API, cut down to the calls that the stand-in has:
 * https://github.com/discord/discord-api-spec
 */
const description = fixture("discord-openapi.json") as {
  paths: Record<string, Record<string, object>>;
};

const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
ajv.addSchema({ ...description, $id: "discord" });

/** `/channels/:id/messages` and `/channels/{channel_id}/messages` are the same here. */
const shape = (path: string) =>
  path
    .replaceAll(/:(?:id|token|emoji)|\{[^}]+\}/g, "*")
    .replace("/messages/@original", "/messages/*");

const escaped = (part: string) => part.replaceAll("~", "~0").replaceAll("/", "~1");

function find(route: string): ValidateFunction | undefined {
  const [method = "", path = ""] = route.split(" ");
  const known = Object.keys(description.paths).find((each) => shape(each) === shape(path));
  const verb = method.toLowerCase();
  if (known === undefined || !description.paths[known]?.[verb]) return undefined;
  const pointer = ["paths", known, verb, "requestBody", "content", "application/json", "schema"];
  return ajv.getSchema(
    `discord#/${pointer.map((part) => encodeURIComponent(escaped(part))).join("/")}`,
  );
}

const checks = new Map<string, ValidateFunction | undefined>();

/** What the description finds wrong with a body; nothing where it says nothing of that call. */
export function wrongByDescription(route: string, body: unknown): Wrong[] {
  if (!checks.has(route)) checks.set(route, find(route));
  const check = checks.get(route);
  if (!check || check(body)) return [];
  return deepest(check.errors ?? []).map(({ instancePath, message = "is not valid", params }) => ({
    at: instancePath.slice(1).replaceAll("/", "."),
    code: "SCHEMA",
    message: `${message} ${JSON.stringify(params)}`,
  }));
}

/** Where there are several shapes to fit, those errors tell most that came furthest. */
function deepest(errors: ErrorObject[]): ErrorObject[] {
  const depth = ({ instancePath }: ErrorObject) => instancePath.split("/").length;
  const most = Math.max(...errors.map(depth));
  return errors.filter((each) => depth(each) === most).slice(0, 5);
}
