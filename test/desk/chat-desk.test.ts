import { describe, expect, test } from "vitest";
import { typedText } from "../../src/desk/text.ts";
import { ann, rob, robsForm, startedEngine } from "./engine.ts";

const said = (given: object = {}) => ({
  ...{ type: "message" as const, platform: "one", thread: "", message: "m", by: rob, files: [] },
  text: typedText("hello"),
  ...given,
});

describe("a form", () => {
  test("opens one ticket, however often and at once it is submitted", async () => {
    const engine = await startedEngine();
    const opened = await Promise.all([1, 2, 3].map(() => engine.desk.open(robsForm())));
    expect(new Set(opened.map(({ id }) => id)).size).toBe(1);
    await engine.settled();
    expect(engine.one.textsAt("triage")).toEqual(["It burns"]);
    expect(engine.one.textsAt("rob")).toEqual(["It burns"]);
    expect(engine.two.textsAt("desk")).toEqual(["It burns"]);
  });

  test("opens a ticket that can be read again, whatever else is told of its requester", async () => {
    const engine = await startedEngine();
    const id = await engine.opened({ requester: { ...rob, ...{ isAgent: true } } });
    await engine.start();
    expect((await engine.document(id)).requester).toEqual({ id: "one:rob", name: "Rob" });
  });

  test("filled for someone else says so: in the audit, and of its first words", async () => {
    const engine = await startedEngine();
    const id = await engine.opened({ by: ann });
    const { audit, messages, requester } = await engine.document(id);
    expect(audit).toMatchObject([{ by: "one:ann", what: "opened", to: "one:rob" }]);
    expect(messages[0]).toMatchObject({ side: "requester", by: { id: "one:ann", name: "Ann" } });
    expect(requester).toEqual({ id: "one:rob", name: "Rob" });
  });
});

describe("what is written", () => {
  test("in no ticket's thread is from elsewhere", async () => {
    const engine = await startedEngine();
    await engine.opened();
    expect(await engine.desk.heard(said({ thread: "other" }))).toEqual({ heard: "elsewhere" });
    expect(await engine.desk.hasThread("one", "other")).toBe(false);
  });

  test("in a ticket's thread is heard there, and known by its platform", async () => {
    const engine = await startedEngine();
    const id = await engine.opened();
    const { thread } = await engine.place(id, "rob");
    expect(await engine.desk.hasThread("one", thread ?? "")).toBe(true);
    expect(await engine.desk.hasThread("two", thread ?? "")).toBe(false);
    expect(await engine.desk.heard(said({ thread }))).toEqual({ heard: "accepted", ticket: id });
    await engine.settled();
    expect(engine.two.textsAt("desk")).toEqual(["It burns", "hello"]);
  });

  test("is taken in once, though it is told many times at once", async () => {
    const engine = await startedEngine();
    const id = await engine.opened();
    const { thread } = await engine.place(id, "rob");
    await Promise.all([1, 2, 3].map(() => engine.desk.heard(said({ thread }))));
    await engine.settled();
    expect(engine.two.textsAt("desk")).toEqual(["It burns", "hello"]);
  });

  test("elsewhere by the requester is carried to every thread, theirs too", async () => {
    const engine = await startedEngine();
    const id = await engine.opened();
    await engine.desk.carry(id, said({ thread: "dm" }));
    await engine.settled();
    expect(engine.one.textsAt("rob")).toEqual(["It burns", "hello"]);
    const other = said({ message: "n" });
    expect(await engine.desk.carry("no_such", other)).toEqual({ heard: "elsewhere" });
  });

  test("elsewhere goes into one ticket, though it is carried into two at once", async () => {
    const engine = await startedEngine();
    const one = await engine.opened();
    const other = await engine.opened({ creationKey: "other", title: "Screen black" });
    const carried = await Promise.all([
      engine.desk.carry(one, said({ thread: "dm" })),
      engine.desk.carry(other, said({ thread: "dm" })),
      engine.desk.carry(other, said({ thread: "dm" })),
    ]);
    expect(carried).toEqual([
      { heard: "accepted", ticket: one },
      { heard: "known", ticket: one },
      { heard: "known", ticket: one },
    ]);
    expect((await engine.document(other)).messages).toHaveLength(1);
  });

  test("elsewhere is edited and deleted in the ticket it was carried into, and never added", async () => {
    const engine = await startedEngine();
    const id = await engine.opened();
    const at = { thread: "dm" };
    const edit = (words: string) => said({ ...at, type: "edited", text: typedText(words) });
    expect(await engine.desk.hasCarried("one", "m")).toBe(false);
    expect(await engine.desk.heard(edit("nothing yet"))).toEqual({ heard: "elsewhere" });
    await engine.desk.carry(id, said(at));
    expect(await engine.desk.hasCarried("one", "m")).toBe(true);
    expect(await engine.desk.heard(edit("hallo"))).toEqual({ heard: "accepted", ticket: id });
    await engine.settled();
    expect(engine.two.textsAt("desk")).toEqual(["It burns", "hallo"]);
    const gone = { type: "deleted", platform: "one", message: "m", ...at } as const;
    expect(await engine.desk.heard(gone)).toEqual({ heard: "accepted", ticket: id });
    await engine.settled();
    expect(engine.two.textsAt("desk")).toEqual(["It burns"]);
    const refused = { refused: "NOT_THE_REQUESTER", ticket: id };
    expect(await engine.desk.heard({ ...edit("mine"), by: ann })).toEqual(refused);
  });
});

describe("acts", () => {
  test("show on the cards of both sides", async () => {
    const engine = await startedEngine();
    const id = await engine.opened();
    await engine.desk.act(id, { do: "claim" }, ann, "key");
    await engine.settled();
    const cards = [...engine.one.threads, ...engine.two.threads].map(({ card }) => card.assignee);
    expect(cards).toEqual(["Ann", "Ann", "Ann"]);
  });

  test("on a ticket that is not there do nothing", async () => {
    const engine = await startedEngine();
    expect(await engine.desk.act("no_such", { do: "claim" }, ann, "key")).toBeNull();
    expect(await engine.desk.card("no_such", "agents")).toBeNull();
  });

  test("of two who claim at once, one is told who was first", async () => {
    const engine = await startedEngine();
    const id = await engine.opened();
    const amy = { ...ann, id: "one:amy", name: "Amy" };
    const done = await Promise.all(
      [ann, amy].map((by) => engine.desk.act(id, { do: "claim" }, by, by.id)),
    );
    expect(done.filter((each) => each && "claimedBy" in each)).toEqual([{ claimedBy: "Ann" }]);
  });
});

describe("a requester finds", () => {
  test("their own open tickets, and no one else's", async () => {
    const engine = await startedEngine();
    const id = await engine.opened();
    const other = await engine.opened({ creationKey: "form-2", title: "Mouse" });
    await engine.desk.act(other, { do: "resolve", resolution: "done" }, ann, "key");
    expect((await engine.desk.openTicketsOf(rob.id)).map((line) => line.id)).toEqual([id]);
    expect(await engine.desk.openTicketsOf(ann.id)).toEqual([]);
  });

  test("a ticket by its reference, in any case, if it is theirs, and as they may see it", async () => {
    const engine = await startedEngine();
    const { reference } = await engine.desk.open(robsForm());
    const card = await engine.desk.findFor(rob.id, ` ${reference.toLowerCase()} `);
    expect(card).toMatchObject({ reference, side: "requester", offers: [], moves: [] });
    expect(card).not.toHaveProperty("description");
    expect(await engine.desk.findFor(ann.id, reference)).toBeNull();
    expect(await engine.desk.findFor(rob.id, "T-ZZZZZZ")).toBeNull();
    await engine.settled();
  });
});
