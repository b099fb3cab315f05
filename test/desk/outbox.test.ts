import { describe, expect, test } from "vitest";
import { typedText } from "../../src/desk/text.ts";
import { amy, ann, deadAfterMs, type Engine, rob, robsForm, startedEngine } from "./engine.ts";
import type { Ending, SimulatedPlatform } from "./simulated-platform.ts";

const secondsMs = 1_000;

/** The next calls of this kind end so, one after the other; every other call goes well. */
function next(platform: SimulatedPlatform, name: string, ...endings: Ending[]): void {
  platform.ending = (call) => (call.do === name && endings.shift()) || "ok";
}

/** Someone writes in the thread of this channel; resolves when the desk has it. */
async function says(engine: Engine, id: string, where: string, text: string, message = text) {
  const { platform, thread } = await engine.place(id, where);
  const by = where === "rob" ? rob : where === "triage" ? ann : amy;
  const event = {
    type: "message",
    platform,
    thread: thread ?? "",
    message,
    by,
    files: [],
  } as const;
  return engine.desk.heard({ ...event, text: typedText(text) });
}

async function edits(engine: Engine, id: string, where: string, message: string, text: string) {
  const { platform, thread } = await engine.place(id, where);
  const by = where === "rob" ? rob : where === "triage" ? ann : amy;
  const event = { type: "edited", platform, thread: thread ?? "", message, by, files: [] } as const;
  return engine.desk.heard({ ...event, text: typedText(text) });
}

async function deletes(engine: Engine, id: string, where: string, message: string) {
  const { platform, thread } = await engine.place(id, where);
  return engine.desk.heard({ type: "deleted", platform, thread: thread ?? "", message });
}

const count = (platform: SimulatedPlatform, name: string) =>
  platform.calls.filter((call) => call.do === name).length;

async function nothingIsOwed(engine: Engine, id: string) {
  const { owes, underway } = await engine.document(id);
  expect({ owes, underway }).toEqual({ owes: false, underway: [] });
}

describe("a place gets everything in order", () => {
  test("also when sending has to be tried again", async () => {
    const engine = await startedEngine();
    const id = await engine.opened();
    next(engine.one, "post", "retry", "retry");
    await says(engine, id, "triage", "first");
    await says(engine, id, "triage", "second");
    await engine.settled();
    expect(engine.one.textsAt("rob")).toEqual(["It burns"]);
    await engine.pass(10 * secondsMs);
    expect(engine.one.textsAt("rob")).toEqual(["It burns", "first", "second"]);
    await nothingIsOwed(engine, id);
  });

  test.each(["retry", "slow-before"] as const)(
    "while another place has trouble (%s), and that place gets it later",
    async (ending) => {
      const engine = await startedEngine();
      const id = await engine.opened();
      next(engine.two, "post", ending);
      await says(engine, id, "rob", "first");
      await says(engine, id, "rob", "second");
      await engine.settled();
      expect(engine.one.textsAt("triage")).toEqual(["It burns", "first", "second"]);
      expect(engine.two.textsAt("desk")).toEqual(["It burns"]);
      engine.two.release();
      await engine.pass(10 * secondsMs);
      expect(engine.two.textsAt("desk")).toEqual(["It burns", "first", "second"]);
    },
  );

  test("as it is by then, when it was edited while it was on its way", async () => {
    const engine = await startedEngine();
    const id = await engine.opened();
    next(engine.one, "post", "slow-after");
    await says(engine, id, "triage", "first");
    await engine.settled();
    await edits(engine, id, "triage", "first", "better");
    engine.one.release();
    await engine.settled();
    expect(engine.one.textsAt("rob")).toEqual(["It burns", "better"]);
  });

  test.each(["slow-before", "slow-after"] as const)(
    "but not what was deleted while it was on its way (%s)",
    async (ending) => {
      const engine = await startedEngine();
      const id = await engine.opened();
      next(engine.one, "post", ending);
      await says(engine, id, "triage", "first");
      await engine.settled();
      await deletes(engine, id, "triage", "first");
      engine.one.release();
      await engine.settled();
      expect(engine.one.textsAt("rob")).toEqual(["It burns"]);
      await nothingIsOwed(engine, id);
    },
  );

  test("at the time that the platform asked for", async () => {
    const engine = await startedEngine();
    const id = await engine.opened();
    const adapter = engine.one.ending;
    engine.one.ending = (call) => (call.do === "post" ? "retry" : adapter(call));
    await says(engine, id, "triage", "first");
    await engine.settled();
    const [trouble] = (await engine.document(id)).troubles;
    expect(Date.parse(trouble?.dueAt ?? "") - engine.clock.now()).toBe(750);
  });
});

describe("what may have been sent is looked for, not sent again", () => {
  test.each(["uncertain-before", "uncertain-after"] as const)("%s", async (ending) => {
    const engine = await startedEngine();
    const id = await engine.opened();
    next(engine.one, "post", ending);
    await says(engine, id, "triage", "first");
    await engine.pass(10 * secondsMs);
    expect(engine.one.textsAt("rob")).toEqual(["It burns", "first"]);
    await nothingIsOwed(engine, id);
  });

  test.each(["retry", "uncertain-before", "uncertain-after"] as const)(
    "and when looking fails (%s), it is looked for once more",
    async (ending) => {
      const engine = await startedEngine();
      const id = await engine.opened();
      const endings: Record<string, Ending[]> = { post: ["uncertain-after"], findPosted: [ending] };
      engine.one.ending = (call) => endings[call.do]?.shift() ?? "ok";
      await says(engine, id, "triage", "first");
      await engine.pass(60 * secondsMs);
      expect(engine.one.textsAt("rob")).toEqual(["It burns", "first"]);
      expect(count(engine.one, "findPosted")).toBe(2);
      await nothingIsOwed(engine, id);
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

  test("also when an edit of it comes in between", async () => {
    const engine = await startedEngine();
    const id = await engine.opened();
    let posts = 0;
    engine.one.ending = ({ do: name }) => {
      if (name === "post") posts += 1;
      return name === "post" && posts === 2 ? "uncertain-after" : "ok";
    };
    await says(engine, id, "triage", "twenty-four characters", "m");
    await engine.settled();
    await edits(engine, id, "triage", "m", "other twenty-four ones");
    await engine.pass(10 * secondsMs);
    expect(engine.one.textsAt("rob")).toEqual(["It burns", "other", "twenty-four", "ones"]);
    await nothingIsOwed(engine, id);
  });

  test("also when an edit of it needs fewer messages: the one too many is removed", async () => {
    const engine = await startedEngine();
    const id = await engine.opened();
    let posts = 0;
    engine.one.ending = ({ do: name }) => {
      if (name === "post") posts += 1;
      return name === "post" && posts === 2 ? "uncertain-after" : "ok";
    };
    await says(engine, id, "triage", "twenty-four characters", "m");
    await engine.settled();
    await edits(engine, id, "triage", "m", "short");
    await engine.pass(10 * secondsMs);
    expect(engine.one.textsAt("rob")).toEqual(["It burns", "short"]);
    await nothingIsOwed(engine, id);
  });

  test("also when it was deleted meanwhile, and looking for it fails at first", async () => {
    const engine = await startedEngine();
    const id = await engine.opened();
    const endings: Record<string, Ending[]> = { post: ["uncertain-after"], findPosted: ["retry"] };
    engine.one.ending = (call) => endings[call.do]?.shift() ?? "ok";
    await says(engine, id, "triage", "first");
    await engine.settled();
    await deletes(engine, id, "triage", "first");
    await engine.pass(60 * secondsMs);
    expect(engine.one.textsAt("rob")).toEqual(["It burns"]);
    await nothingIsOwed(engine, id);
  });

  test("and what never can be sent for sure is tried ever more slowly, not without end", async () => {
    const engine = await startedEngine();
    const id = await engine.opened();
    const { thread } = await engine.place(id, "rob");
    engine.one.ending = ({ do: name, where }) =>
      name === "post" && where === thread ? "uncertain-before" : "ok";
    await says(engine, id, "triage", "first");
    await engine.pass(2 * deadAfterMs);
    expect(count(engine.one, "post")).toBeLessThan(40);
    expect((await engine.document(id)).troubles).toMatchObject([{ dead: true }]);
  });
});

describe("what was taken back before it could be sent", () => {
  test("is owed no longer", async () => {
    const engine = await startedEngine();
    const id = await engine.opened();
    next(engine.one, "post", "retry");
    await says(engine, id, "triage", "first");
    await engine.settled();
    await deletes(engine, id, "triage", "first");
    await engine.pass(10 * secondsMs);
    expect(engine.one.textsAt("rob")).toEqual(["It burns"]);
    await nothingIsOwed(engine, id);
    expect(engine.outbox.backlog().tickets).toBe(0);
  });
});

describe("what cannot be delivered", () => {
  test.each([
    ["at once, when the platform says that it never will", "dead", 0],
    ["after half an hour of trying", "retry", deadAfterMs + 600_000],
  ] as const)("is shown to the agents %s, and can be tried again", async (_, ending, ms) => {
    const engine = await startedEngine();
    const id = await engine.opened();
    const { thread } = await engine.place(id, "rob");
    engine.one.ending = ({ do: name, where }) =>
      name === "post" && where === thread ? ending : "ok";
    await says(engine, id, "triage", "first");
    await says(engine, id, "triage", "second");
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
    await nothingIsOwed(engine, id);
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
    await nothingIsOwed(engine, id);
  });
});

describe("a thread that is gone", () => {
  test("is followed by another, with what was still to be said", async () => {
    const engine = await startedEngine();
    const id = await engine.opened();
    next(engine.one, "post", "gone");
    await says(engine, id, "triage", "first");
    await says(engine, id, "triage", "second");
    await engine.pass(10 * secondsMs);
    expect(engine.one.textsAt("rob")).toEqual(["first", "second"]);
    await nothingIsOwed(engine, id);
  });

  test("does not take the next one with it when a message of it is edited or deleted", async () => {
    const engine = await startedEngine();
    const id = await engine.opened();
    await says(engine, id, "triage", "old");
    await says(engine, id, "triage", "older");
    await engine.settled();
    next(engine.one, "post", "gone");
    await says(engine, id, "triage", "first");
    await engine.pass(10 * secondsMs);
    await edits(engine, id, "triage", "old", "renewed");
    await deletes(engine, id, "triage", "older");
    await engine.pass(10 * secondsMs);
    expect(engine.one.threads.filter(({ where }) => where === "rob")).toHaveLength(2);
    expect(engine.one.textsAt("rob")).toEqual(["first", "renewed"]);
    await nothingIsOwed(engine, id);
  });
});

describe("a store that cannot be written", () => {
  test.each(["fails", "unsure"] as const)(
    "after a send (%s): nothing is sent twice, nothing removed, and nothing more until it can be",
    async (ending) => {
      const engine = await startedEngine();
      const id = await engine.opened();
      next(engine.one, "post", "slow-after");
      await says(engine, id, "triage", "first");
      await says(engine, id, "triage", "second");
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
      await nothingIsOwed(engine, id);
    },
  );

  test("before a send: nothing is sent until it can be", async () => {
    const engine = await startedEngine();
    const id = await engine.opened();
    next(engine.one, "post", "retry");
    await says(engine, id, "triage", "first");
    await engine.settled();
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
    const engine = await startedEngine();
    const id = await engine.opened();
    next(engine.one, "post", ending);
    await says(engine, id, "triage", "first");
    await engine.settled();
    await engine.start();
    await engine.pass(10 * secondsMs);
    expect(engine.one.textsAt("rob")).toEqual(["It burns", "first"]);
    expect(engine.two.textsAt("desk")).toEqual(["It burns", "first"]);
    await nothingIsOwed(engine, id);
  });

  test.each(crashes)("its thread is there once (%s)", async (ending) => {
    const engine = await startedEngine();
    next(engine.one, "openThread", ending);
    await Promise.race([engine.desk.open(robsForm()), engine.life.over]);
    await engine.settled();
    await engine.start();
    await engine.pass(10 * secondsMs);
    expect(engine.one.threads.map(({ where }) => where).sort()).toEqual(["rob", "triage"]);
    expect(engine.one.textsAt("triage")).toEqual(["It burns"]);
  });

  test("it is there once, also when something changes before all that was owed is taken up", async () => {
    const engine = await startedEngine();
    const id = await engine.opened();
    next(engine.one, "post", "slow-after");
    await says(engine, id, "triage", "first");
    await engine.settled();
    // The message before it now needs another one, which comes first after the start.
    await edits(engine, id, "rob", "unknown", "said by an edit");
    const { messages } = await engine.document(id);
    expect(messages).toHaveLength(3);
    await engine.start();
    await engine.pass(10 * secondsMs);
    expect(engine.one.textsAt("rob")).toEqual(["It burns", "first"]);
  });

  test("it is there once, also when an earlier message has grown since it was sent", async () => {
    const engine = await startedEngine();
    const id = await engine.opened();
    await says(engine, id, "triage", "small");
    await engine.settled();
    next(engine.one, "post", "slow-after");
    await says(engine, id, "triage", "first");
    await engine.settled();
    await edits(engine, id, "triage", "small", "grown by an edit");
    await engine.start();
    await engine.pass(10 * secondsMs);
    const texts = engine.one.textsAt("rob");
    expect(texts.filter((text) => text === "first")).toHaveLength(1);
    expect([...texts].sort()).toEqual(["It burns", "edit", "first", "grown by an"]);
  });

  test("it is nowhere when it was deleted before the crash", async () => {
    const engine = await startedEngine();
    const id = await engine.opened();
    next(engine.one, "post", "slow-after");
    await says(engine, id, "triage", "first");
    await engine.settled();
    await deletes(engine, id, "triage", "first");
    await engine.start();
    await engine.pass(10 * secondsMs);
    expect(engine.one.textsAt("rob")).toEqual(["It burns"]);
    await nothingIsOwed(engine, id);
  });

  test("the requester no longer has it when it became a note before the crash", async () => {
    const engine = await startedEngine();
    const id = await engine.opened();
    next(engine.one, "post", "slow-after");
    await says(engine, id, "triage", "first");
    await engine.settled();
    await edits(engine, id, "triage", "first", "// first");
    await engine.start();
    await engine.pass(10 * secondsMs);
    expect(engine.one.textsAt("rob")).toEqual(["It burns"]);
    expect(engine.two.textsAt("desk")).toEqual(["It burns", "first"]);
    await nothingIsOwed(engine, id);
  });
});

describe("files", () => {
  const file = (given: object = {}) => ({
    ...{ file: "f1", name: "a.txt", sizeBytes: 3, type: "text/plain" },
    ...given,
  });

  async function saysWith(
    engine: Engine,
    id: string,
    text: string,
    files: ReturnType<typeof file>[],
  ) {
    const { platform, thread } = await engine.place(id, "triage");
    const event = { type: "message", platform, thread: thread ?? "", message: text } as const;
    await engine.desk.heard({ ...event, by: ann, text: typedText(text), files });
    await engine.settled();
  }

  test("are passed on after the words they came with, before what was said next", async () => {
    const engine = await startedEngine();
    const id = await engine.opened();
    engine.one.files.set("f1", Buffer.from("abc"));
    next(engine.one, "fetchFile", "slow-before");
    await saysWith(engine, id, "look", [file()]);
    await says(engine, id, "triage", "next");
    await engine.settled();
    expect(engine.one.textsAt("rob")).toEqual(["It burns", "look"]);
    engine.one.release();
    await engine.settled();
    expect(engine.one.textsAt("rob")).toEqual(["It burns", "look", "a.txt", "next"]);
    expect((await engine.document(id)).ticket.attachments).toMatchObject([{ filename: "a.txt" }]);
    await nothingIsOwed(engine, id);
  });

  test.each([
    ["too large", { sizeBytes: 2_000 }],
    ["not of a type that is taken", { type: "application/x-evil" }],
    ["not there any more", { file: "lost" }],
  ])("that are %s are refused, with a word to all, and hold up nothing", async (_, given) => {
    const engine = await startedEngine();
    const id = await engine.opened();
    await saysWith(engine, id, "look", [file(given)]);
    expect(engine.one.textsAt("rob").slice(0, 2)).toEqual(["It burns", "look"]);
    expect(engine.one.textsAt("rob").join(" ")).toContain("not passed");
    expect(engine.one.marks.get("look")).toBe("delivered");
    await nothingIsOwed(engine, id);
  });

  test("with a name or a type that no list takes are passed on all the same", async () => {
    const engine = await startedEngine();
    const id = await engine.opened();
    engine.one.files.set("f1", Buffer.from("abc"));
    await saysWith(engine, id, "look", [file({ name: " ", type: "unknown" })]);
    const { ticket } = await engine.document(id);
    expect(ticket.attachments).toMatchObject([
      { filename: "file", type: "application/octet-stream" },
    ]);
    await nothingIsOwed(engine, id);
  });

  test.each(["uncertain-after", "crash-after"] as const)(
    "are removed when they were taken off while it was not known whether they arrived (%s)",
    async (ending) => {
      const engine = await startedEngine();
      const id = await engine.opened();
      engine.one.files.set("f1", Buffer.from("abc"));
      next(engine.one, "postFile", ending);
      await saysWith(engine, id, "look", [file()]);
      if (ending === "crash-after") await engine.start();
      await edits(engine, id, "triage", "look", "look");
      await engine.pass(10 * secondsMs);
      expect(engine.one.textsAt("rob")).toEqual(["It burns", "look"]);
      expect((await engine.document(id)).ticket.attachments).toEqual([]);
      await nothingIsOwed(engine, id);
    },
  );
});

test("an adapter whose code fails stops neither its lane nor the process", async () => {
  const engine = await startedEngine();
  const id = await engine.opened();
  const failing = { is: true };
  engine.one.fits = () => {
    if (failing.is) throw new Error("cannot split");
    return true;
  };
  await says(engine, id, "triage", "first");
  await engine.settled();
  expect(engine.two.textsAt("desk")).toEqual(["It burns", "first"]);
  failing.is = false;
  await engine.pass(10 * secondsMs);
  expect(engine.one.textsAt("rob")).toEqual(["It burns", "first"]);
});

test("a stop begins nothing more, and waits for what is under way as long as it may", async () => {
  const engine = await startedEngine();
  const id = await engine.opened();
  next(engine.one, "post", "slow-after");
  await says(engine, id, "triage", "first");
  await says(engine, id, "triage", "second");
  await engine.settled();
  const stopped = engine.outbox.stop(60 * secondsMs);
  engine.one.release();
  await stopped;
  expect(engine.one.textsAt("rob")).toEqual(["It burns", "first"]);
  expect((await engine.document(id)).underway).toEqual([]);
});
