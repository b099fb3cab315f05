import { describe, expect, test } from "vitest";
import type { ChatActor, OfferedFile } from "../../src/desk/chat.ts";
import { typedText } from "../../src/desk/text.ts";
import { amy, ann, deadAfterMs, type Engine, rob, robsForm, startedEngine } from "./engine.ts";
import type { Ending, SimulatedPlatform } from "./simulated-platform.ts";

const secondsMs = 1_000;

/** The next calls of this kind end so, one after the other; every other call goes well. */
function next(platform: SimulatedPlatform, name: string, ...endings: Ending[]): void {
  platform.ending = (call) => (call.do === name && endings.shift()) || "ok";
}

const writers: Record<string, ChatActor> = { rob, triage: ann, desk: amy };

interface Written {
  type: "message" | "edited" | "deleted";
  message: string;
  text?: string;
  files?: OfferedFile[];
}

/** Something happens in the thread of this channel; resolves when the desk has it. */
async function happens(
  { engine, id }: Ticket,
  where: string,
  { type, message, text = "", files = [] }: Written,
) {
  const { platform, thread } = await engine.place(id, where);
  const about = { platform, thread: thread ?? "", message };
  if (type === "deleted") return engine.desk.heard({ type, ...about });
  const by = writers[where] ?? rob;
  return engine.desk.heard({ type, ...about, by, files, text: typedText(text) });
}

const says = (ticket: Ticket, where: string, text: string, message = text) =>
  happens(ticket, where, { type: "message", message, text });

const edits = (ticket: Ticket, where: string, message: string, text: string) =>
  happens(ticket, where, { type: "edited", message, text });

const deletes = (ticket: Ticket, where: string, message: string) =>
  happens(ticket, where, { type: "deleted", message });

interface Ticket {
  engine: Engine;
  id: string;
}

/** Rob's ticket, of which all have heard. */
async function robsTicket(): Promise<Ticket> {
  const engine = await startedEngine();
  return { engine, id: await engine.opened() };
}

/** Ann says “first”; the next post on her platform, which is to Rob, ends so. */
async function annSaysFirst(ticket: Ticket, ending: Ending): Promise<void> {
  next(ticket.engine.one, "post", ending);
  await says(ticket, "triage", "first");
  await ticket.engine.settled();
}

/** The process starts again, and comes to rest. */
async function restarts(engine: Engine): Promise<void> {
  await engine.start();
  await engine.pass(10 * secondsMs);
}

const count = (platform: SimulatedPlatform, name: string) =>
  platform.calls.filter((call) => call.do === name).length;

async function nothingIsOwed({ engine, id }: Ticket) {
  const { owes, underway } = await engine.document(id);
  expect({ owes, underway }).toEqual({ owes: false, underway: [] });
}

describe("a place gets everything in order", () => {
  test("also when sending has to be tried again", async () => {
    const ticket = await robsTicket();
    const { engine } = ticket;
    next(engine.one, "post", "retry", "retry");
    await says(ticket, "triage", "first");
    await says(ticket, "triage", "second");
    await engine.settled();
    expect(engine.one.textsAt("rob")).toEqual(["It burns"]);
    await engine.pass(10 * secondsMs);
    expect(engine.one.textsAt("rob")).toEqual(["It burns", "first", "second"]);
    await nothingIsOwed(ticket);
  });

  test.each(["retry", "slow-before"] as const)(
    "while another place has trouble (%s), and that place gets it later",
    async (ending) => {
      const ticket = await robsTicket();
      const { engine } = ticket;
      next(engine.two, "post", ending);
      await says(ticket, "rob", "first");
      await says(ticket, "rob", "second");
      await engine.settled();
      expect(engine.one.textsAt("triage")).toEqual(["It burns", "first", "second"]);
      expect(engine.two.textsAt("desk")).toEqual(["It burns"]);
      engine.two.release();
      await engine.pass(10 * secondsMs);
      expect(engine.two.textsAt("desk")).toEqual(["It burns", "first", "second"]);
    },
  );

  test("as it is by then, when it was edited while it was on its way", async () => {
    const ticket = await robsTicket();
    const { engine } = ticket;
    await annSaysFirst(ticket, "slow-after");
    await edits(ticket, "triage", "first", "better");
    engine.one.release();
    await engine.settled();
    expect(engine.one.textsAt("rob")).toEqual(["It burns", "better"]);
  });

  test.each(["slow-before", "slow-after"] as const)(
    "but not what was deleted while it was on its way (%s)",
    async (ending) => {
      const ticket = await robsTicket();
      const { engine } = ticket;
      await annSaysFirst(ticket, ending);
      await deletes(ticket, "triage", "first");
      engine.one.release();
      await engine.settled();
      expect(engine.one.textsAt("rob")).toEqual(["It burns"]);
      await nothingIsOwed(ticket);
    },
  );

  test("at the time that the platform asked for", async () => {
    const ticket = await robsTicket();
    const { engine, id } = ticket;
    const adapter = engine.one.ending;
    engine.one.ending = (call) => (call.do === "post" ? "retry" : adapter(call));
    await says(ticket, "triage", "first");
    await engine.settled();
    const [trouble] = (await engine.document(id)).troubles;
    expect(Date.parse(trouble?.dueAt ?? "") - engine.clock.now()).toBe(750);
  });
});

describe("what may have been sent is looked for, not sent again", () => {
  test.each(["uncertain-before", "uncertain-after"] as const)("%s", async (ending) => {
    const ticket = await robsTicket();
    const { engine } = ticket;
    next(engine.one, "post", ending);
    await says(ticket, "triage", "first");
    await engine.pass(10 * secondsMs);
    expect(engine.one.textsAt("rob")).toEqual(["It burns", "first"]);
    await nothingIsOwed(ticket);
  });

  test.each(["retry", "uncertain-before", "uncertain-after"] as const)(
    "and when looking fails (%s), it is looked for once more",
    async (ending) => {
      const ticket = await robsTicket();
      const { engine } = ticket;
      const endings: Record<string, Ending[]> = { post: ["uncertain-after"], findPosted: [ending] };
      engine.one.ending = (call) => endings[call.do]?.shift() ?? "ok";
      await says(ticket, "triage", "first");
      await engine.pass(60 * secondsMs);
      expect(engine.one.textsAt("rob")).toEqual(["It burns", "first"]);
      expect(count(engine.one, "findPosted")).toBe(2);
      await nothingIsOwed(ticket);
    },
  );

  test("also a thread that was to be opened", async () => {
    const engine = await startedEngine();
    next(engine.one, "openThread", "uncertain-after", "uncertain-after");
    await engine.opened();
    await engine.pass(10 * secondsMs);
    expect(engine.one.threads.map(({ where }) => where).sort()).toEqual(["rob", "triage"]);
    expect(engine.one.textsAt("rob")).toEqual(["It burns"]);
  });

  test.each([
    ["comes in between", "other twenty-four ones", ["other", "twenty-four", "ones"]],
    ["needs fewer messages: the one too many is removed", "short", ["short"]],
  ])("also when an edit of it %s", async (_, text, shown) => {
    const ticket = await robsTicket();
    const { engine } = ticket;
    next(engine.one, "post", "ok", "uncertain-after");
    await says(ticket, "triage", "twenty-four characters", "m");
    await engine.settled();
    await edits(ticket, "triage", "m", text);
    await engine.pass(10 * secondsMs);
    expect(engine.one.textsAt("rob")).toEqual(["It burns", ...shown]);
    await nothingIsOwed(ticket);
  });

  test("also when it was deleted meanwhile, and looking for it fails at first", async () => {
    const ticket = await robsTicket();
    const { engine } = ticket;
    const endings: Record<string, Ending[]> = { post: ["uncertain-after"], findPosted: ["retry"] };
    engine.one.ending = (call) => endings[call.do]?.shift() ?? "ok";
    await says(ticket, "triage", "first");
    await engine.settled();
    await deletes(ticket, "triage", "first");
    await engine.pass(60 * secondsMs);
    expect(engine.one.textsAt("rob")).toEqual(["It burns"]);
    await nothingIsOwed(ticket);
  });

  test("and what never can be sent for sure is tried ever more slowly, not without end", async () => {
    const ticket = await robsTicket();
    const { engine, id } = ticket;
    const { thread } = await engine.place(id, "rob");
    engine.one.ending = ({ do: name, where }) =>
      name === "post" && where === thread ? "uncertain-before" : "ok";
    await says(ticket, "triage", "first");
    await engine.pass(2 * deadAfterMs);
    expect(count(engine.one, "post")).toBeLessThan(40);
    expect((await engine.document(id)).troubles).toMatchObject([{ dead: true }]);
  });
});

describe("what was taken back before it could be sent", () => {
  test("is owed no longer", async () => {
    const ticket = await robsTicket();
    const { engine } = ticket;
    await annSaysFirst(ticket, "retry");
    await deletes(ticket, "triage", "first");
    await engine.pass(10 * secondsMs);
    expect(engine.one.textsAt("rob")).toEqual(["It burns"]);
    await nothingIsOwed(ticket);
    expect(engine.outbox.backlog().tickets).toBe(0);
  });
});

describe("what cannot be delivered", () => {
  test.each([
    ["at once, when the platform says that it never will", "dead", 0],
    ["after half an hour of trying", "retry", deadAfterMs + 600_000],
  ] as const)("is shown to the agents %s, and can be tried again", async (_, ending, ms) => {
    const ticket = await robsTicket();
    const { engine, id } = ticket;
    const { thread } = await engine.place(id, "rob");
    engine.one.ending = ({ do: name, where }) =>
      name === "post" && where === thread ? ending : "ok";
    await says(ticket, "triage", "first");
    await says(ticket, "triage", "second");
    await engine.settled();
    await engine.pass(ms);
    const notices = engine.two.shownAt("desk").filter(({ kind }) => kind === "notice");
    expect(notices.map(({ text }) => text).join(" ")).toContain("“first”");
    expect(engine.one.marks.get("first")).toBe("failed");

    engine.one.ending = () => "ok";
    const retries = new Set(notices.flatMap(({ retry }) => (retry ? [retry.delivery] : [])));
    expect([...retries].length).toBeGreaterThan(0);
    for (const delivery of retries)
      await engine.desk.act(id, { do: "retry", delivery }, ann, `again ${delivery}`);
    await engine.pass(deadAfterMs);
    expect(engine.one.textsAt("rob").sort()).toEqual(["It burns", "first", "second"]);
    expect(engine.one.marks.get("first")).toBe("delivered");
    const left = engine.two.shownAt("desk").filter(({ retry }) => retry);
    expect(left).toEqual([]);
    await nothingIsOwed(ticket);
  });

  test("because its thread cannot be opened is told, and said to be over once it can", async () => {
    const engine = await startedEngine();
    engine.one.ending = ({ do: name, where }) =>
      name === "openThread" && where === "rob" ? "dead" : "ok";
    const id = await engine.opened();
    const [notice] = engine.two.shownAt("desk").filter(({ retry }) => retry);
    const delivery = notice?.retry?.delivery ?? "";
    engine.one.ending = () => "ok";
    await engine.desk.act(id, { do: "retry", delivery }, ann, "again");
    await engine.settled();
    expect(engine.one.textsAt("rob")).toEqual(["It burns"]);
    expect(engine.two.shownAt("desk").filter(({ retry }) => retry)).toEqual([]);
    expect(engine.two.textsAt("desk").join(" ")).toContain("can be now");
    await nothingIsOwed({ engine, id });
  });
});

describe("a thread that is gone", () => {
  test("is followed by another, with what was still to be said", async () => {
    const ticket = await robsTicket();
    const { engine } = ticket;
    next(engine.one, "post", "gone");
    await says(ticket, "triage", "first");
    await says(ticket, "triage", "second");
    await engine.pass(10 * secondsMs);
    expect(engine.one.textsAt("rob")).toEqual(["first", "second"]);
    await nothingIsOwed(ticket);
  });

  test("does not take the next one with it when a message of it is edited or deleted", async () => {
    const ticket = await robsTicket();
    const { engine } = ticket;
    await says(ticket, "triage", "old");
    await says(ticket, "triage", "older");
    await engine.settled();
    next(engine.one, "post", "gone");
    await says(ticket, "triage", "first");
    await engine.pass(10 * secondsMs);
    await edits(ticket, "triage", "old", "renewed");
    await deletes(ticket, "triage", "older");
    await engine.pass(10 * secondsMs);
    expect(engine.one.threads.filter(({ where }) => where === "rob")).toHaveLength(2);
    expect(engine.one.textsAt("rob")).toEqual(["first", "renewed"]);
    await nothingIsOwed(ticket);
  });
});

describe("a store that cannot be written", () => {
  test.each(["fails", "unsure"] as const)(
    "after a send (%s): nothing is sent twice, nothing removed, and nothing more until it can be",
    async (ending) => {
      const ticket = await robsTicket();
      const { engine } = ticket;
      next(engine.one, "post", "slow-after");
      await says(ticket, "triage", "first");
      await says(ticket, "triage", "second");
      await engine.settled();
      const failing = { is: true };
      engine.writeEnding = () => (failing.is ? ending : "ok");
      engine.one.release();
      await engine.settled();
      expect(engine.one.textsAt("rob")).toEqual(["It burns", "first"]);
      await engine.pass(60 * secondsMs);
      expect(engine.one.textsAt("rob")).toEqual(["It burns", "first"]);
      failing.is = false;
      await engine.pass(60 * secondsMs);
      expect(engine.one.textsAt("rob")).toEqual(["It burns", "first", "second"]);
      expect(count(engine.one, "remove")).toBe(0);
      await nothingIsOwed(ticket);
    },
  );

  test("before a send: nothing is sent until it can be", async () => {
    const ticket = await robsTicket();
    const { engine } = ticket;
    await annSaysFirst(ticket, "retry");
    const failing = { is: true };
    engine.writeEnding = () => (failing.is ? "fails" : "ok");
    await engine.pass(60 * secondsMs);
    expect(engine.one.textsAt("rob")).toEqual(["It burns"]);
    failing.is = false;
    await engine.pass(60 * secondsMs);
    expect(engine.one.textsAt("rob")).toEqual(["It burns", "first"]);
  });
});

const crashes = ["crash-before", "crash-after"] as const;

describe("after a crash in the middle of a send", () => {
  test.each(crashes)("it is there once (%s)", async (ending) => {
    const ticket = await robsTicket();
    const { engine } = ticket;
    await annSaysFirst(ticket, ending);
    await restarts(engine);
    expect(engine.one.textsAt("rob")).toEqual(["It burns", "first"]);
    expect(engine.two.textsAt("desk")).toEqual(["It burns", "first"]);
    await nothingIsOwed(ticket);
  });

  test.each(crashes)("its thread is there once (%s)", async (ending) => {
    const engine = await startedEngine();
    next(engine.one, "openThread", ending);
    await Promise.race([engine.desk.open(robsForm()), engine.life.over]);
    await engine.settled();
    await restarts(engine);
    expect(engine.one.threads.map(({ where }) => where).sort()).toEqual(["rob", "triage"]);
    expect(engine.one.textsAt("triage")).toEqual(["It burns"]);
  });

  test("it is there once, also when something changes before all that was owed is taken up", async () => {
    const ticket = await robsTicket();
    const { engine, id } = ticket;
    await annSaysFirst(ticket, "slow-after");
    // The message before it now needs another one, which comes first after the start.
    await edits(ticket, "rob", "unknown", "said by an edit");
    const { messages } = await engine.document(id);
    expect(messages).toHaveLength(3);
    await restarts(engine);
    expect(engine.one.textsAt("rob")).toEqual(["It burns", "first"]);
  });

  test("it is there once, also when an earlier message has grown since it was sent", async () => {
    const ticket = await robsTicket();
    const { engine } = ticket;
    await says(ticket, "triage", "small");
    await engine.settled();
    await annSaysFirst(ticket, "slow-after");
    await edits(ticket, "triage", "small", "grown by an edit");
    await restarts(engine);
    const texts = engine.one.textsAt("rob");
    expect(texts.filter((text) => text === "first")).toHaveLength(1);
    expect([...texts].sort()).toEqual(["It burns", "edit", "first", "grown by an"]);
  });

  test("it is nowhere when it was deleted before the crash", async () => {
    const ticket = await robsTicket();
    const { engine } = ticket;
    await annSaysFirst(ticket, "slow-after");
    await deletes(ticket, "triage", "first");
    await restarts(engine);
    expect(engine.one.textsAt("rob")).toEqual(["It burns"]);
    await nothingIsOwed(ticket);
  });

  test("the requester no longer has it when it became a note before the crash", async () => {
    const ticket = await robsTicket();
    const { engine } = ticket;
    await annSaysFirst(ticket, "slow-after");
    await edits(ticket, "triage", "first", "// first");
    await restarts(engine);
    expect(engine.one.textsAt("rob")).toEqual(["It burns"]);
    expect(engine.two.textsAt("desk")).toEqual(["It burns", "first"]);
    await nothingIsOwed(ticket);
  });
});

describe("files", () => {
  const file = (given: object = {}) => ({
    ...{ file: "f1", name: "a.txt", sizeBytes: 3, type: "text/plain" },
    ...given,
  });

  async function saysWith(ticket: Ticket, text: string, files: OfferedFile[]) {
    await happens(ticket, "triage", { type: "message", message: text, text, files });
    await ticket.engine.settled();
  }

  test("are passed on after the words they came with, before what was said next", async () => {
    const ticket = await robsTicket();
    const { engine, id } = ticket;
    engine.one.files.set("f1", Buffer.from("abc"));
    next(engine.one, "fetchFile", "slow-before");
    await saysWith(ticket, "look", [file()]);
    await says(ticket, "triage", "next");
    await engine.settled();
    expect(engine.one.textsAt("rob")).toEqual(["It burns", "look"]);
    engine.one.release();
    await engine.settled();
    expect(engine.one.textsAt("rob")).toEqual(["It burns", "look", "a.txt", "next"]);
    expect((await engine.document(id)).ticket.attachments).toMatchObject([{ filename: "a.txt" }]);
    await nothingIsOwed(ticket);
  });

  test.each([
    ["too large", { sizeBytes: 2_000 }],
    ["not of a type that is taken", { type: "application/x-evil" }],
    ["not there any more", { file: "lost" }],
  ])("that are %s are refused, with a word to all, and hold up nothing", async (_, given) => {
    const ticket = await robsTicket();
    const { engine } = ticket;
    await saysWith(ticket, "look", [file(given)]);
    expect(engine.one.textsAt("rob").slice(0, 2)).toEqual(["It burns", "look"]);
    expect(engine.one.textsAt("rob").join(" ")).toContain("not passed");
    expect(engine.one.marks.get("look")).toBe("delivered");
    await nothingIsOwed(ticket);
  });

  test("that a platform refuses for good keep back neither the next file nor what was said next; each can be tried again", async () => {
    const ticket = await robsTicket();
    const { engine, id } = ticket;
    for (const name of ["f1", "f2", "f3"]) engine.one.files.set(name, Buffer.from(name));
    next(engine.one, "postFile", "dead", "retry");
    const names = ["a.txt", "b.txt", "c.txt"];
    await saysWith(
      ticket,
      "look",
      names.map((name, index) => file({ file: `f${index + 1}`, name })),
    );
    await says(ticket, "triage", "next");
    await engine.settled();
    expect(engine.one.textsAt("rob")).toEqual(["It burns", "look", "c.txt", "next"]);
    await engine.pass(10 * secondsMs);
    expect(engine.one.textsAt("rob")).toEqual(["It burns", "look", "c.txt", "next", "b.txt"]);
    expect(engine.one.marks.get("look")).toBe("failed");
    expect(engine.outbox.backlog().tickets).toBe(0);
    const retries = () => engine.two.shownAt("desk").flatMap(({ retry }) => retry?.delivery ?? []);
    expect(new Set(retries())).toEqual(new Set(["p1/m1/f0"]));

    // What changes nothing does not make it owed again.
    await says(ticket, "triage", "next");
    await engine.settled();
    expect((await engine.document(id)).owes).toBe(false);
    await engine.desk.act(id, { do: "retry", delivery: "p1/m1/f0" }, ann, "again");
    await engine.pass(10 * secondsMs);
    expect(engine.one.textsAt("rob").sort()).toEqual([...names, "It burns", "look", "next"].sort());
    expect(retries()).toEqual([]);
    expect(engine.one.marks.get("look")).toBe("delivered");
    await nothingIsOwed(ticket);
  });

  test("with a name or a type that no list takes are passed on all the same", async () => {
    const ticket = await robsTicket();
    const { engine, id } = ticket;
    engine.one.files.set("f1", Buffer.from("abc"));
    await saysWith(ticket, "look", [file({ name: " ", type: "unknown" })]);
    const document = await engine.document(id);
    expect(document.ticket.attachments).toMatchObject([
      { filename: "file", type: "application/octet-stream" },
    ]);
    await nothingIsOwed(ticket);
  });

  test.each(["uncertain-after", "crash-after"] as const)(
    "are removed when they were taken off while it was not known whether they arrived (%s)",
    async (ending) => {
      const ticket = await robsTicket();
      const { engine, id } = ticket;
      engine.one.files.set("f1", Buffer.from("abc"));
      next(engine.one, "postFile", ending);
      await saysWith(ticket, "look", [file()]);
      if (ending === "crash-after") await engine.start();
      await edits(ticket, "triage", "look", "look");
      await engine.pass(10 * secondsMs);
      expect(engine.one.textsAt("rob")).toEqual(["It burns", "look"]);
      expect((await engine.document(id)).ticket.attachments).toEqual([]);
      await nothingIsOwed(ticket);
    },
  );
});

test("an adapter whose code fails stops neither its lane nor the process", async () => {
  const ticket = await robsTicket();
  const { engine } = ticket;
  const failing = { is: true };
  engine.one.fits = () => {
    if (failing.is) throw new Error("cannot split");
    return true;
  };
  await says(ticket, "triage", "first");
  await engine.settled();
  expect(engine.two.textsAt("desk")).toEqual(["It burns", "first"]);
  failing.is = false;
  await engine.pass(10 * secondsMs);
  expect(engine.one.textsAt("rob")).toEqual(["It burns", "first"]);
});

test("a stop begins nothing more, and waits for what is under way as long as it may", async () => {
  const ticket = await robsTicket();
  const { engine, id } = ticket;
  next(engine.one, "post", "slow-after");
  await says(ticket, "triage", "first");
  await says(ticket, "triage", "second");
  await engine.settled();
  const stopped = engine.outbox.stop(60 * secondsMs);
  engine.one.release();
  await stopped;
  expect(engine.one.textsAt("rob")).toEqual(["It burns", "first"]);
  expect((await engine.document(id)).underway).toEqual([]);
});
