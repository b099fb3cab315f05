import fc from "fast-check";
import { expect, test } from "vitest";
import { changes, newTickets, replies } from "../tickets/tickets.ts";
import { type RequestOptions, startApi, tokens } from "./api.ts";
import { describedBy } from "./description.ts";

const base = "/v2/support-tickets";

const json = fc.jsonValue({ noUnicodeString: false });
/** Something near to what is expected, with one field replaced, left out or added. */
const nearly = (good: fc.Arbitrary<object>) =>
  fc
    .tuple(
      good,
      fc.constantFrom(
        "title",
        "status",
        "tags",
        "attachments",
        "message",
        "type",
        "__proto__",
        "x",
      ),
      fc.option(json, { nil: undefined }),
    )
    .map(([object, field, value]) => ({ ...object, [field]: value }));
const bodies = fc
  .oneof(newTickets, changes, replies, nearly(newTickets), nearly(changes), nearly(replies), json)
  .map((value) => JSON.stringify(value) ?? "");
const broken = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.tuple(bodies, fc.nat()).map(([body, at]) => body.slice(0, at % (body.length + 1))),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => new Uint8Array(bytes)),
);

const headerValue = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
  maxLength: 300,
});
const headers = fc.record(
  {
    "Content-Type": fc.oneof(fc.constant("application/json"), headerValue),
    "Idempotency-Key": fc.oneof(fc.constantFrom("a", "b"), headerValue),
    "Accept-Encoding": headerValue,
    Authorization: headerValue,
    "X-Anything": headerValue,
  },
  { requiredKeys: [] },
);

const options: fc.Arbitrary<RequestOptions> = fc.record(
  {
    as: fc.constantFrom(...tokens.map(({ id }) => id), "nobody" as const),
    body: fc.oneof({ weight: 4, arbitrary: bodies }, { weight: 1, arbitrary: broken }),
    headers: fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: headers }),
  },
  { requiredKeys: [] },
);

const queries = fc
  .dictionary(
    fc.oneof(
      fc.constantFrom(
        "page",
        "limit",
        "status",
        "q",
        "tag",
        "client",
        "updatedSince",
        "countByStatus",
      ),
      fc.string(),
    ),
    fc.oneof(
      fc.constantFrom("1", "open", "true", "x", "2026-01-01T00:00:00Z"),
      fc.string({ unit: "binary" }),
    ),
    { maxKeys: 3 },
  )
  .map((values) => `?${new URLSearchParams(values)}`);

const segment = fc.webSegment().filter((each) => each !== "" && each !== "." && each !== "..");

/** A path and the template it was made from; `ID` stands for a ticket that is there. */
const targets = fc.oneof(
  fc.tuple(fc.constant(base), fc.oneof(fc.constant(""), queries)),
  fc.tuple(
    fc.constantFrom(
      `${base}/{id}`,
      `${base}/{id}/threads`,
      `${base}/{id}/deliveries`,
      `${base}/{id}/deliveries/{delivery}/retry`,
    ),
    fc.oneof(fc.constant("ID"), segment),
  ),
);

const deliveries = fc.oneof(
  fc.constantFrom("p1/m0", "p1%2Fm0", "*", "%"),
  fc.array(segment, { minLength: 1, maxLength: 3 }).map((each) => each.join("/")),
);

test("whatever is sent to any endpoint is answered as described, never with a 5xx", async () => {
  const api = await startApi();
  const hold = await describedBy(api);
  const { json } = await api.request("POST", base, {
    json: { title: "T", description: "D", priority: "low", category: "general" },
  });
  const { _id } = (json as { data: { _id: string } }).data;
  const methods: Record<string, string[]> = {
    [base]: ["GET", "POST"],
    [`${base}/{id}`]: ["GET", "PUT"],
    [`${base}/{id}/threads`]: ["POST"],
    [`${base}/{id}/deliveries`]: ["GET"],
    [`${base}/{id}/deliveries/{delivery}/retry`]: ["POST"],
  };
  const requests = targets.chain(([template, rest]) =>
    fc.record({
      template: fc.constant(template),
      rest: fc.constant(rest),
      delivery: deliveries,
      method: fc.constantFrom(...(methods[template] ?? [])),
      options,
    }),
  );
  await fc.assert(
    fc.asyncProperty(requests, async ({ template, rest, delivery, method, options: given }) => {
      const path =
        template === base
          ? base + rest
          : template.replace("{id}", rest.replace("ID", _id)).replace("{delivery}", () => delivery);
      const { body, ...bare } = given;
      const answered = await api.request(method, path, method === "GET" ? bare : given);
      expect(answered.status).toBeLessThan(500);
      hold(method, template, answered);
    }),
    { numRuns: 1_500 },
  );
  expect(api.lines.filter(({ level }) => level === "error")).toEqual([]);
});

test("any path and any method is answered in the contract's shape", async () => {
  const api = await startApi();
  const method = fc.constantFrom("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");
  const path = fc.array(
    fc.oneof(
      fc.webSegment(),
      fc.constantFrom("v2", "support-tickets", "metrics", "readyz", "openapi.json", "%", "%2e%2e"),
    ),
    { maxLength: 5 },
  );
  await fc.assert(
    fc.asyncProperty(method, path, options, async (method, segments, { body, ...given }) => {
      const { status, json, headers } = await api.request(method, `/${segments.join("/")}`, given);
      expect(status).toBeLessThan(500);
      if (status >= 400)
        expect(json).toMatchObject({ error: expect.any(String), message: expect.any(String) });
      expect(headers.get("X-Request-Id")).not.toBeNull();
    }),
    { numRuns: 500 },
  );
});
