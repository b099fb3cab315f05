import { describe, expect, test } from "vitest";
import type { Owed } from "../../src/desk/owed.ts";
import { type Api, startApi } from "./api.ts";
import { describedBy } from "./description.ts";

const base = "/v2/support-tickets";
const template = `${base}/{id}/deliveries`;

const place = {
  id: "p1",
  side: "requester",
  platform: "one",
  where: "rob",
  thread: "t",
  opened: 0,
  card: "c",
  shown: "s",
  readTo: null,
} as const;

const failed = {
  since: "2026-01-01T00:00:00.000Z",
  attempts: 9,
  dueAt: "2026-01-02T00:00:00.000Z",
  dead: true,
  reason: "they do not take direct messages",
};

/** A ticket of client_1, of which two deliveries were given up and a third is tried again. */
async function withTroubles(): Promise<{ api: Api; id: string; path: string }> {
  const api = await startApi();
  const { json } = await api.request("POST", base, {
    json: { title: "T", description: "Something private", priority: "low", category: "general" },
  });
  const { _id: id } = (json as { data: { _id: string } }).data;
  await api.store.change(id, (draft) => {
    draft.places = [place];
    draft.troubles = [
      { ...failed, delivery: "p1/m0" },
      { ...failed, delivery: "p1/m0/f0", since: "2026-01-01T00:00:01.000Z" },
      { ...failed, delivery: "p1/card", since: "2026-01-01T00:00:02.000Z", dead: false },
    ];
  });
  return { api, id, path: `${base}/${id}/deliveries` };
}

const dataOf = <T>(json: unknown): T => (json as { data: T }).data;

describe("the deliveries of a ticket", () => {
  test("that are in trouble or were given up are listed for agents, the oldest first", async () => {
    const { api, id, path } = await withTroubles();
    const answered = await api.request("GET", path, { as: "agent_1" });
    (await describedBy(api))("GET", template, answered);
    expect(answered).toMatchObject({ status: 200, json: { success: true } });
    const { reference } = (await api.store.get(id)) ?? {};
    const { dueAt: _, ...shown } = failed;
    const about = { ticket: id, reference, platform: "one", side: "requester" };
    expect(dataOf<Owed[]>(answered.json)).toMatchObject([
      { ...about, ...shown, id: "p1/m0", what: "a message", dueAt: null },
      { ...about, id: "p1/m0/f0", what: "a file", dead: true, dueAt: null },
      { ...about, id: "p1/card", what: "its card", dead: false, dueAt: failed.dueAt },
    ]);
    expect(answered.text).not.toContain("private");
  });

  test("are none where all is well", async () => {
    const api = await startApi();
    const { json } = await api.request("POST", base, {
      json: { title: "T", description: "D", priority: "low", category: "general" },
    });
    const { _id } = dataOf<{ _id: string }>(json);
    const answered = await api.request("GET", `${base}/${_id}/deliveries`, { as: "agent_1" });
    expect(answered.json).toEqual({ success: true, data: [] });
  });

  test.each([
    ["client_1", 403, "FORBIDDEN"],
    ["client_2", 404, "SUPPORT_TICKET_NOT_FOUND"],
    ["nobody", 401, "UNAUTHORIZED"],
  ] as const)(
    "are not told to %s, who may not have them sent again either",
    async (as, status, message) => {
      const { api, id, path } = await withTroubles();
      const before = await api.store.get(id);
      const hold = await describedBy(api);
      const listed = await api.request("GET", path, { as });
      expect(listed).toMatchObject({ status, json: { message } });
      hold("GET", template, listed);
      const retried = await api.request("POST", `${path}/p1%2Fm0/retry`, { as });
      expect(retried).toMatchObject({ status, json: { message } });
      hold("POST", `${template}/{delivery}/retry`, retried);
      // Whether there is such a delivery does not show either.
      expect(await api.request("POST", `${path}/p9/m9/retry`, { as })).toMatchObject({ status });
      for (const { text } of [listed, retried]) expect(text).not.toContain("p1");
      expect(await api.store.get(id)).toEqual(before);
    },
  );
});

describe("a delivery that was given up", () => {
  test.each([
    ["with its slashes encoded", "p1%2Fm0%2Ff0"],
    ["with its slashes as they are", "p1/m0/f0"],
  ])("is tried again, named %s, once, and the audit says by whom", async (_, name) => {
    const { api, id, path } = await withTroubles();
    const before = Date.now();
    const first = await api.request("POST", `${path}/${name}/retry`, { as: "agent_1" });
    (await describedBy(api))("POST", `${template}/{delivery}/retry`, first);
    expect(first).toMatchObject({
      status: 200,
      json: { success: true, data: { id: "p1/m0/f0", dead: false, attempts: 1 } },
    });
    expect(Date.parse(dataOf<Owed>(first.json).dueAt ?? "")).toBeGreaterThanOrEqual(before);
    const second = await api.request("POST", `${path}/${name}/retry`, { as: "client_3" });
    expect(second.json).toEqual(first.json);
    const document = await api.store.get(id);
    expect(document?.owes).toBe(true);
    expect(document?.audit.filter(({ what }) => what === "retried")).toMatchObject([
      { by: "agent_1", to: "p1/m0/f0" },
    ]);
    expect(document?.troubles.map(({ delivery, dead }) => [delivery, dead])).toEqual([
      ["p1/m0", true],
      ["p1/m0/f0", false],
      ["p1/card", false],
    ]);
  });

  test("is tried again once by the same Idempotency-Key, also when it was given up once more, and after a restart", async () => {
    const { api, id, path } = await withTroubles();
    const hold = await describedBy(api);
    const retry = (name: string, key: string) =>
      api.request("POST", `${path}/${name}/retry`, {
        as: "agent_1",
        headers: { "Idempotency-Key": key },
      });
    const deadNow = async () =>
      (await api.store.get(id))?.troubles.find(({ delivery }) => delivery === "p1/m0")?.dead;
    expect(await retry("p1/m0", "key-1")).toMatchObject({ status: 200, json: { success: true } });
    expect(await deadNow()).toBe(false);
    await api.store.change(id, ({ troubles }) => {
      for (const trouble of troubles) trouble.dead = true;
    });
    await api.restart();
    const again = await retry("p1/m0", "key-1");
    hold("POST", `${template}/{delivery}/retry`, again);
    expect(again).toMatchObject({ status: 200, json: { data: { id: "p1/m0", dead: true } } });
    expect(await deadNow()).toBe(true);
    const reused = await retry("p1/m0/f0", "key-1");
    hold("POST", `${template}/{delivery}/retry`, reused);
    expect(reused).toMatchObject({ status: 409, json: { message: "IDEMPOTENCY_KEY_REUSED" } });
    expect(await retry("p1/m0", "kéy")).toMatchObject({
      ...{ status: 400, json: { message: "INVALID_IDEMPOTENCY_KEY" } },
    });
    expect(await retry("p1/m0", "key-2")).toMatchObject({ status: 200 });
    expect(await deadNow()).toBe(false);
  });

  test("is retried once by two who ask at once", async () => {
    const { api, id, path } = await withTroubles();
    const asked = ["agent_1", "client_3"] as const;
    const answers = await Promise.all(
      asked.map((as) => api.request("POST", `${path}/p1/m0/retry`, { as })),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(answers[0]?.json).toEqual(answers[1]?.json);
    expect((await api.store.get(id))?.audit).toHaveLength(1);
  });

  test("is no longer found once it has arrived, and the ticket stays as it is", async () => {
    const { api, id, path } = await withTroubles();
    await api.store.change(id, (draft) => {
      draft.troubles = draft.troubles.filter(({ delivery }) => delivery !== "p1/m0");
    });
    const before = await api.store.get(id);
    for (const name of ["p1/m0", "p9/m9", "*", "%2F", "p1"]) {
      const answered = await api.request("POST", `${path}/${name}/retry`, { as: "agent_1" });
      expect(answered).toMatchObject({ status: 404, json: { message: "DELIVERY_NOT_FOUND" } });
    }
    expect(await api.store.get(id)).toEqual(before);
  });

  test("of no ticket is not found; another method is told which there are", async () => {
    const { api, path } = await withTroubles();
    const strange = await api.request("POST", `${base}/none/deliveries/p1/m0/retry`, {
      as: "agent_1",
    });
    expect(strange).toMatchObject({ status: 404, json: { message: "SUPPORT_TICKET_NOT_FOUND" } });
    const put = await api.request("PUT", `${path}/p1/m0/retry`, { as: "agent_1" });
    expect(put).toMatchObject({ status: 405, json: { message: "METHOD_NOT_ALLOWED" } });
    expect(put.headers.get("Allow")).toBe("POST");
  });
});
