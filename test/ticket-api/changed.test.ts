import { expect, test } from "vitest";
import type { RemotePage } from "../../adapters/ticket-api/answers.ts";
import { createLister } from "../../adapters/ticket-api/changed.ts";
import { findByTag } from "../../adapters/ticket-api/created.ts";
import { connected, created, faultOf } from "./connected.ts";

/** A service whose pages are as large as it likes, and never end. */
function endless(perPage: number) {
  const { threads, attachments, resolution, resolvedAt, ...summary } = created.data;
  let listed = 0;
  const list = async ({ page = 1 } = {}): Promise<RemotePage> => {
    const tickets = Array.from({ length: perPage }, () => ({ ...summary, _id: `t${listed++}` }));
    const pagination = { page, limit: perPage, total: null, pages: null };
    return { tickets, unreadable: [], pagination, more: true, counts: null };
  };
  return { list, listed: () => listed };
}

test("a list of what has changed that does not end is given up before it fills the memory", async () => {
  const { list, listed } = endless(40_000);
  expect(await faultOf(createLister({ list })(0))).toMatchObject({ code: "UNEXPECTED_ANSWER" });
  expect(listed()).toBeLessThan(200_000);
});

test("likewise a list in which a created ticket is looked for", async () => {
  const { list, listed } = endless(40_000);
  expect(await faultOf(findByTag({ list }, "tag", 0))).toMatchObject({ code: "UNEXPECTED_ANSWER" });
  expect(listed()).toBeLessThan(300_000);
});

test("a ticket with an id that is no id is not taken for one", async () => {
  const { service, api } = await connected();
  const longId = (body: unknown) => Object.assign({}, body, { data: { _id: "x".repeat(1_000) } });
  const { _id } = await api.create({
    ...{ title: "a", description: "b", priority: "low", category: "general" },
    ...{ tags: [], attachments: [] },
  });
  service.misbehave({ rewrite: longId });
  expect(await faultOf(api.get(_id))).toMatchObject({ code: "UNREADABLE_TICKET" });
});
