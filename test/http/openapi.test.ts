import { Validator } from "@seriousme/openapi-schema-validator";
import { expect, test } from "vitest";
import { errors } from "../../src/tickets/errors.ts";
import { startApi } from "./api.ts";

const openApi = async () => {
  const api = await startApi();
  const { json } = await api.request("GET", "/openapi.json", { as: "nobody" });
  return json as object;
};

test("the description is valid OpenAPI", async () => {
  expect(await new Validator().validate({ ...(await openApi()) })).toEqual({ valid: true });
});

test("it says what a create takes, with every limit and option", async () => {
  expect(await openApi()).toMatchObject({
    components: {
      schemas: {
        NewSupportTicket: {
          type: "object",
          required: ["title", "description", "priority", "category"],
          additionalProperties: false,
          properties: {
            title: { type: "string", minLength: 1, maxLength: 150 },
            description: { type: "string", minLength: 1, maxLength: 10_000 },
            priority: { enum: ["low", "medium", "high", "urgent"] },
            tags: { type: "array", maxItems: 20, items: { maxLength: 50 } },
            attachments: { type: "array", maxItems: 20 },
          },
        },
      },
    },
  });
});

test("it names every way in which the API refuses", async () => {
  const text = JSON.stringify(((await openApi()) as { paths: object }).paths);
  // These refuse what never becomes one of its operations.
  const elsewhere = [
    ...["BAD_REQUEST", "HEADERS_TOO_LARGE", "METHOD_NOT_ALLOWED", "NOT_FOUND"],
    ...["LINK_INVALID", "LINK_EXPIRED"],
  ];
  for (const code of Object.keys(errors)) {
    if (!elsewhere.includes(code)) expect(text).toContain(code);
  }
});
