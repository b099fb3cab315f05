import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { expect } from "vitest";
import type { Answered, Api } from "./api.ts";

interface Described {
  paths: Record<string, Record<string, { responses: Record<string, object> }>>;
}

/** Holds answers of the ticket API against what /openapi.json says of them. */
export async function describedBy(api: Api) {
  const { json } = await api.request("GET", "/openapi.json");
  const { paths } = json as Described;
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema(json as object, "api");
  const validators = new Map<string, ValidateFunction | undefined>();

  /** The path's template, and how the answer's body should look. */
  return (method: string, template: string, { status, json, text }: Answered) => {
    const responses = paths[template]?.[method.toLowerCase()]?.responses;
    expect(Object.keys(responses ?? {}), `${method} ${template}: ${text}`).toContain(`${status}`);
    const escaped = template.replaceAll("/", "~1");
    const reference = `api#/paths/${escaped}/${method.toLowerCase()}/responses/${status}/content/application~1json/schema`;
    const known = validators.get(reference) ?? ajv.getSchema(encodeURI(reference));
    validators.set(reference, known);
    const isValid = known?.(json);
    expect(
      isValid,
      `${method} ${template} ${status}: ${ajv.errorsText(known?.errors)} ${text}`,
    ).toBe(true);
  };
}
