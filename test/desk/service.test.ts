import { describe, expect, test } from "vitest";
import { factsOf } from "../../src/desk/card-words.ts";
import { addMessage } from "../../src/desk/messages.ts";
import { isForService } from "../../src/desk/service-place.ts";
import { robsTicket, start } from "./documents.ts";
import { ann, deadAfterMs } from "./engine.ts";
import { serviceStory, storyThere } from "./service-story.ts";

const secondMs = 1_000;
const hourMs = 60 * 60 * secondMs;

const logFile = { file: "f1", name: "error.log", sizeBytes: 3, type: "text/plain" };

describe("a ticket that is opened here is created there", () => {
  test("with what its form held, and its cards show its id", async () => {
    const story = await storyThere({ tags: ["printer"] });
    const { title, description, priority, category, tags } = story.there.ticket.asked;
    expect([title, description, priority, category, tags]).toEqual([
      ...["Printer", "It burns", "high", "technical", ["printer"]],
    ]);
    for (const where of ["rob", "triage"]) {
      const card = story.card(where);
      expect(card && factsOf(card)).toContainEqual(["Ticket service", story.there.ticket.id]);
    }
    expect(story.there.words).toEqual(["It burns"]);
    await story.expectAlike();
  });

  test("its description is not said a second time, anywhere, however it is written there", async () => {
    const story = await serviceStory();
    await story.open({ description: "It  burns" });
    const [first] = story.there.ticket.entries;
    story.there.edits(first?.ref ?? "", "<p>It burns</p>");
    expect(await story.engine.poll()).toBe(true);
    expect(story.said("triage")).toHaveLength(1);
    expect(story.said("rob")).toHaveLength(1);
  });

  test("only once the service is there again; meanwhile chat goes on", async () => {
    const story = await serviceStory();
    story.there.ending = () => "retry";
    await story.open();
    await story.says("triage", "hello");
    await story.says("rob", "help");
    await story.engine.pass(10 * 60 * secondMs);
    expect(story.said("rob")).toEqual(["Rob: It burns", "Ann: hello"]);
    expect(story.said("triage")).toEqual(["Rob: It burns", "Rob: help"]);
    expect(story.engine.one.marks.get("hello")).toBe("delivered");
    expect(story.told()).toEqual([]);
    story.there.ending = () => "ok";
    await story.engine.pass(10 * 60 * secondMs);
    expect(story.there.words).toEqual(["It burns", "hello", "help"]);
    await story.expectAlike();
  });

  test.each(["uncertain-after", "crash-after"] as const)(
    "once, when the answer is lost: %s",
    async (ending) => {
      const story = await serviceStory();
      story.next("create", ending);
      await story.open();
      if (story.engine.life.isOver) await story.engine.start();
      await story.engine.pass(10 * secondMs);
      expect(story.there.tickets).toHaveLength(1);
      expect(story.count("findCreated")).toBe(1);
      await story.engine.poll();
      await story.expectAlike();
      expect(story.said("rob")).toEqual(["Rob: It burns"]);
    },
  );

  test("what was changed there before its answer was found is not written over", async () => {
    const story = await serviceStory();
    story.next("create", "uncertain-after");
    await story.open();
    story.there.changes({ status: "pending", assignedTo: "eve" });
    await story.engine.pass(10 * secondMs);
    await story.engine.poll();
    expect((await story.document()).ticket).toMatchObject({ status: "pending", assignedTo: "eve" });
    await story.expectAlike();
  });

  test("one that is refused is shown to the agents with the service's words, and to the operator; it can be tried again", async () => {
    const story = await serviceStory();
    story.there.refusal = "The category is not one of ours";
    await story.open();
    const told =
      "The ticket could not be created in the ticket service, so it lives here only: The category is not one of ours.";
    expect(story.told()).toEqual([told]);
    expect(story.told("rob")).toEqual([]);
    const errors = story.engine.log.lines.filter(({ level }) => level === "error");
    expect(JSON.stringify(errors)).toContain("The category is not one of ours");
    await story.says("triage", "hello");
    expect(story.there.done).toEqual(["create"]);
    expect(story.said("rob")).toContain("Ann: hello");
    story.there.refusal = undefined;
    await story.acts({ do: "retry", delivery: "p4/open" });
    expect(story.there.words).toEqual(["It burns", "hello"]);
    expect(story.told()).not.toContain(told);
    await story.engine.poll();
    await story.expectAlike();
  });

  test("the operator is told a beginning of its words only", async () => {
    const story = await serviceStory();
    story.there.refusal = `No ${"more ".repeat(100)}`;
    await story.open();
    expect(story.told()[0]).toContain(story.there.refusal.trim());
    const logged = JSON.stringify(story.engine.log.lines);
    expect(logged).toContain("No more more");
    expect(logged).not.toContain("more ".repeat(60));
  });

  test("one that gets the id of another ticket lives here only: no one reads the other's words", async () => {
    const story = await serviceStory();
    story.there.givesId = "there-0";
    await story.open();
    const other = await story.engine.opened({ creationKey: "form-2", title: "Other" });
    const { places } = await story.engine.document(other);
    expect(places.find(({ side }) => side === "service")?.thread).toBeNull();
    expect(story.told().join()).toContain("the service gave it the id of another ticket");
  });

  test("is given up after as long as anything else, and agents are told", async () => {
    const story = await serviceStory();
    story.there.ending = () => "retry";
    await story.open();
    await story.engine.pass(2 * deadAfterMs);
    expect(story.told()).toHaveLength(1);
    const calls = story.there.calls.length;
    await story.engine.pass(hourMs);
    expect(story.there.calls).toHaveLength(calls);
  });
});

describe("replies go there", () => {
  test("from both sides, in order and once; notes and what Deskhand says do not", async () => {
    const story = await storyThere();
    await story.says("rob", "public 1");
    await story.says("triage", "// secret 1");
    await story.says("desk", "public 2");
    await story.acts({ do: "note", text: "secret 2" }, "note");
    await story.acts({ do: "resolve", resolution: "mended" });
    expect(story.there.words).toEqual(["It burns", "public 1", "public 2"]);
    expect(story.there.ticket.entries.map(({ type, author }) => [type, author])).toEqual([
      ["user", "our-account"],
      ["user", "one:rob"],
      ["agent", "two:amy"],
    ]);
    expect(story.there.ever.join()).not.toContain("secret");
    await story.engine.poll();
    expect(story.said("rob")).toEqual(["Rob: It burns", "Amy: public 2"]);
    await story.expectAlike();
  });

  test("but not what no person said, and nothing of a ticket's that is no reply", () => {
    const document = robsTicket();
    const by = { id: "api", name: "api" };
    const threads = [...document.ticket.threads];
    for (const type of ["system", "agent"] as const)
      threads.push({ author: "api", message: type, timestamp: document.ticket.createdAt, type });
    document.ticket = { ...document.ticket, threads };
    addMessage(document, { kind: "notice", side: "agents", by, entry: 1 }, start);
    addMessage(document, { kind: "reply", side: "agents", by, entry: 2 }, start);
    expect(document.messages.map(isForService)).toEqual([true, false, true]);
  });

  test("edits and deletions follow them", async () => {
    const story = await storyThere();
    await story.says("rob", "one");
    await story.says("rob", "two");
    await story.edits("rob", "one", "uno");
    await story.deletes("rob", "two");
    expect(story.there.words).toEqual(["It burns", "uno"]);
    await story.expectAlike();
  });

  test("one that becomes a note is taken off there", async () => {
    const story = await storyThere();
    await story.says("triage", "oops");
    expect(story.there.words).toEqual(["It burns", "oops"]);
    await story.edits("triage", "oops", "// for us: the password");
    expect(story.there.words).toEqual(["It burns"]);
    expect(story.there.ever.join()).not.toContain("password");
    await story.expectAlike();
  });

  test("one that is refused with words that quote it is told to the agents so, and none of it is in the log", async () => {
    const story = await storyThere();
    story.there.refusesEntry = (message) => `“${message}” is not nice`;
    await story.says("triage", "my password is hush");
    expect(story.told()).toEqual([
      "“my password is hush” is not recorded in the ticket service: “my password is hush” is not nice.",
    ]);
    const logged = JSON.stringify(story.engine.log.lines);
    expect(logged).toContain("it said no (HTTP 400)");
    expect(logged).not.toContain("hush");
  });

  test("where it cannot be taken off there, agents are told", async () => {
    const story = await storyThere();
    story.there.lets = false;
    await story.says("triage", "oops");
    await story.edits("triage", "oops", "// for us");
    expect(story.told()).toEqual([
      "“for us” could not be removed in the ticket service: the service lets no one take replies off.",
    ]);
    expect(story.there.words).toEqual(["It burns", "oops"]);
  });

  test("an edit that the service does not take is told to the agents", async () => {
    const story = await storyThere();
    story.there.lets = false;
    await story.says("triage", "helo");
    await story.edits("triage", "helo", "hello");
    expect(story.told()).toEqual([
      "“hello” could not be changed in the ticket service: the service lets no one change replies.",
    ]);
    expect(story.said("rob")).toContain("Ann: hello");
  });

  test("what the service does not keep is shown as not recorded there, and can be tried again", async () => {
    const story = await storyThere();
    story.there.keeps = false;
    await story.says("triage", "hello");
    const told = "“hello” is not recorded in the ticket service: the service keeps no replies.";
    expect(story.told()).toEqual([told]);
    expect(story.said("rob")).toContain("Ann: hello");
    expect(story.engine.one.marks.get("hello")).toBe("delivered");
    story.there.keeps = true;
    await story.says("triage", "again");
    await story.acts({ do: "retry", delivery: "p4/m1" });
    expect(story.there.words).toEqual(["It burns", "again", "hello"]);
    expect(story.told()).not.toContain(told);
    await story.expectAlike();
  });

  test.each(["uncertain-after", "crash-after", "uncertain-before", "crash-before"] as const)(
    "once, however the answer is lost: %s",
    async (ending) => {
      const story = await storyThere();
      story.next("append", ending);
      await story.says("rob", "help");
      if (story.engine.life.isOver) await story.engine.start();
      await story.engine.pass(10 * secondMs);
      expect(story.there.words).toEqual(["It burns", "help"]);
      await story.engine.poll();
      expect(story.said("triage")).toEqual(["Rob: It burns", "Rob: help"]);
      await story.expectAlike();
    },
  );

  test("one that was edited while it was not known whether it is there is not there twice", async () => {
    const story = await storyThere();
    story.next("append", "uncertain-after");
    await story.says("rob", "help");
    await story.edits("rob", "help", "help me");
    await story.engine.pass(10 * secondMs);
    expect(story.there.words).toEqual(["It burns", "help me"]);
    await story.expectAlike();
  });

  test("one that was edited before it could be sent says in the end what it says here", async () => {
    const story = await storyThere();
    story.next("read", "slow-after");
    await story.acts({ do: "claim" });
    await story.says("rob", "help");
    await story.edits("rob", "help", "help me");
    story.there.release();
    await story.engine.settled();
    expect(story.there.words).toEqual(["It burns", "help me"]);
    await story.expectAlike();
  });

  test("one that was given up in doubt, and is there, is known when it is seen", async () => {
    const story = await storyThere();
    story.there.ending = (call) =>
      call.do === "append" ? "uncertain-after" : call.do === "findAppended" ? "dead" : "ok";
    await story.says("rob", "help");
    await story.engine.pass(10 * secondMs);
    expect(story.told()).toHaveLength(1);
    story.there.ending = () => "ok";
    expect(await story.engine.poll()).toBe(true);
    expect(story.said("triage")).toEqual(["Rob: It burns", "Rob: help"]);
    expect(story.said("rob")).toEqual(["Rob: It burns"]);
    await story.expectAlike();
  });

  test("its text and its files fare by themselves: what is on its way there is not taken for someone else's, and what was given up stays so", async () => {
    const story = await storyThere();
    story.engine.one.files.set("f1", Buffer.from("abc"));
    story.there.refusesEntry = (message) => (message === "see" ? "it is not nice" : undefined);
    let isLost = true;
    story.there.ending = ({ do: call, said }) => {
      if (call === "append" && said.startsWith("[")) return "uncertain-after";
      return call === "findAppended" && isLost ? "retry" : "ok";
    };
    await story.says("rob", "see", [logFile]);
    expect(story.told()).toHaveLength(1);
    expect(await story.engine.poll(), "its file is on its way").toBe(false);
    await story.engine.pass(2 * deadAfterMs);
    expect(story.told()).toHaveLength(2);
    const appends = story.count("append");
    isLost = false;
    expect(await story.engine.poll()).toBe(true);
    await story.engine.pass(hourMs);
    expect(story.count("append"), "what was refused is not sent again by itself").toBe(appends);
    expect(story.told()).toEqual([
      "“see” is not recorded in the ticket service: it is not nice.",
      "What could not be delivered at first was delivered after all.",
    ]);
    expect(story.said("triage")).toHaveLength(3);
    story.there.refusesEntry = undefined;
    await story.acts({ do: "retry", delivery: "p4/m1" });
    expect(story.there.words.map((words) => words.split(" ")[0])).toEqual([
      ...["It", "[attachment:", "see"],
    ]);
    await story.expectAlike();
  });

  test("files go as links, each in an entry of its own, also those of the form", async () => {
    const story = await serviceStory();
    story.engine.one.files.set("f1", Buffer.from("abc"));
    story.engine.one.files.set("f2", Buffer.from("def"));
    await story.open({ files: [logFile] });
    story.next("append", "uncertain-after");
    await story.says("rob", "see", [{ ...logFile, file: "f2", name: "two.log" }]);
    await story.engine.pass(10 * secondMs);
    expect(story.there.words.map((words) => words.replace(/\d+$/, "n"))).toEqual([
      "It burns",
      "[attachment: error.log] https://files.example/error.log?n",
      "see",
      "[attachment: two.log] https://files.example/two.log?n",
    ]);
    expect(story.there.ticket.asked.attachments).toEqual([]);
    await story.engine.poll();
    expect(story.said("triage")).toHaveLength(4);
    await story.expectAlike();
  });

  test("a link that was lost on its way there is found by the link that was sent", async () => {
    const story = await storyThere();
    story.engine.one.files.set("f1", Buffer.from("abc"));
    story.there.ending = (call) =>
      call.said.startsWith("[") && call.do === "append" && story.count("findAppended") === 0
        ? "uncertain-after"
        : "ok";
    await story.says("rob", "see", [logFile]);
    await story.engine.pass(10 * secondMs);
    expect(story.count("findAppended")).toBe(1);
    expect(story.there.words).toHaveLength(3);
    await story.expectAlike();
  });
});

describe("how it stands goes there", () => {
  test("status, priority, assignee and resolution, after what was said before", async () => {
    const story = await storyThere();
    story.there.ending = () => "retry";
    await story.acts({ do: "claim" });
    await story.says("triage", "mended");
    await story.acts({ do: "priority", priority: "low" });
    await story.acts({ do: "resolve", resolution: "new paper" });
    story.there.ending = () => "ok";
    await story.engine.pass(10 * 60 * secondMs);
    expect(story.there.ticket.fields).toEqual({
      ...{ status: "resolved", priority: "low", assignedTo: "one:ann", resolution: "new paper" },
    });
    const writes = story.there.done.filter((each) => each === "append" || each === "change");
    expect(writes.lastIndexOf("append")).toBeLessThan(writes.lastIndexOf("change"));
    await story.expectAlike();
  });

  test("one field that is refused holds up no other, and agents are told", async () => {
    const story = await storyThere();
    story.there.ending = (call) => (call.said.includes("assignedTo") ? "dead" : "ok");
    await story.acts({ do: "claim" });
    await story.acts({ do: "resolve", resolution: "new paper" });
    expect(story.there.ticket.fields).toMatchObject({ status: "resolved", assignedTo: null });
    expect(story.told()[0]).toBe(
      "The ticket's assignee could not be changed in the ticket service: it was made to end so: dead.",
    );
    story.there.ending = () => "ok";
    await story.acts({ do: "retry", delivery: "p4/assignedTo" });
    await story.expectAlike();
  });

  test("what could not be changed for long is given up, and agents are told", async () => {
    const story = await storyThere();
    story.there.ending = () => "retry";
    await story.acts({ do: "priority", priority: "low" });
    await story.engine.pass(2 * deadAfterMs);
    expect(story.told()).toEqual([
      "The ticket's priority could not be changed in the ticket service: it was made to end so: retry.",
    ]);
    story.there.ending = () => "ok";
    await story.acts({ do: "retry", delivery: "p4/priority" });
    expect(story.told()).toEqual(["What could not be delivered at first is there now."]);
    await story.expectAlike();
  });

  test("what failed and is no longer to be changed leaves nothing for the next failure to add to", async () => {
    const story = await storyThere();
    story.next("change", "retry");
    await story.acts({ do: "priority", priority: "low" });
    expect((await story.document()).troubles).toMatchObject([{ delivery: "p4/priority" }]);
    await story.acts({ do: "priority", priority: "high" }, "back");
    expect((await story.document()).troubles).toEqual([]);
    await story.engine.pass(2 * deadAfterMs);
    story.next("change", "retry");
    await story.acts({ do: "priority", priority: "urgent" }, "again");
    await story.engine.pass(10 * secondMs);
    expect(story.told()).toEqual([]);
    expect(story.there.ticket.fields.priority).toBe("urgent");
    await story.expectAlike();
  });

  test("what was refused, and is no longer wanted, is not offered to be tried again", async () => {
    const story = await storyThere();
    story.next("change", "dead");
    await story.acts({ do: "priority", priority: "low" });
    await story.acts({ do: "priority", priority: "high" }, "back");
    expect(story.told()).toEqual(["What could not be delivered at first is no longer needed."]);
    await story.expectAlike();
  });

  test("a service that is down is known as such, and makes nobody unready", async () => {
    const story = await serviceStory();
    story.there.ending = () => "down-before";
    for (const name of ["a", "b", "c", "d", "e"])
      await story.engine.opened({ creationKey: name, title: name });
    const circuits = () => story.engine.outbox.circuits();
    expect(circuits().find(({ platform }) => platform === "service")?.downSince).toBe(
      story.engine.clock.now(),
    );
    expect(story.engine.outbox.problems()).toEqual([]);
    story.there.ending = () => "ok";
    await story.engine.pass(60 * secondMs);
    expect(story.there.tickets).toHaveLength(5);
    expect(circuits().every(({ downSince }) => downSince === undefined)).toBe(true);
  });

  test("what it cannot do for some tickets keeps it from no other", async () => {
    const story = await serviceStory();
    const { engine } = story;
    story.there.ending = ({ said }) => (said.includes("low") ? "down-before" : "ok");
    for (const name of ["a", "b", "c"]) {
      const id = await engine.opened({ creationKey: name, title: name });
      await engine.desk.act(id, { do: "priority", priority: "low" }, ann, name);
      await engine.settled();
    }
    await engine.pass(5 * 60 * secondMs);
    await engine.opened({ creationKey: "good", title: "good" });
    await engine.pass(2 * 60 * secondMs);
    expect(story.there.tickets.map(({ asked }) => asked.title)).toContain("good");
  });

  test("what was read there before something was sent is no news when it is read once more, late", async () => {
    const story = await storyThere();
    const { engine, there } = story;
    const old = there.seen(there.ticket.id);
    await engine.pass(5 * secondMs);
    there.writes("agent", "eve", "looking");
    there.changes({ priority: "low" });
    await story.acts({ do: "claim" });
    const before = await story.document();
    const stamp = await engine.serviceDesk.stampOf(old.id);
    await engine.serviceDesk.takeIn(old, stamp ?? "");
    await engine.settled();
    const { ticket, audit } = await story.document();
    expect(ticket).toMatchObject({ priority: "low", assignedTo: "one:ann" });
    expect(audit).toEqual(before.audit);
    expect(story.said("rob").at(-1)).toBe("eve: looking");
  });

  test("what was said there just before it was closed there is heard, though something is owed to it", async () => {
    const story = await storyThere();
    story.there.ending = () => "retry";
    await story.acts({ do: "priority", priority: "low" });
    story.there.writes("agent", "eve", "Look at page two.");
    story.there.changes({ status: "closed", resolution: "page two" });
    story.there.ending = () => "ok";
    await story.engine.pass(10 * secondMs);
    await story.engine.poll();
    expect((await story.document()).ticket).toMatchObject({ status: "closed", priority: "low" });
    expect(story.said("rob").at(-1)).toBe("eve: Look at page two.");
    expect(story.said("triage").at(-1)).toBe("eve: Look at page two.");
    expect(story.told()).toEqual(["The ticket service closed this ticket."]);
  });

  test("what was refused is asked for anew once it is changed", async () => {
    const story = await storyThere();
    story.next("change", "dead");
    await story.acts({ do: "priority", priority: "low" });
    expect(story.there.ticket.fields.priority).toBe("high");
    await story.acts({ do: "priority", priority: "urgent" });
    expect(story.there.ticket.fields.priority).toBe("urgent");
    await story.expectAlike();
  });

  test("step by step, where the service lets no status be skipped", async () => {
    const story = await storyThere();
    await story.acts({ do: "resolve", resolution: "mended" });
    story.there.ending = () => "retry";
    await story.says("rob", "no");
    await story.acts({ do: "status", status: "pending" });
    story.there.ending = () => "ok";
    await story.engine.pass(10 * 60 * secondMs);
    expect(story.there.ticket.fields.status).toBe("pending");
    await story.expectAlike();
  });

  test.each(["uncertain-after", "crash-after"] as const)(
    "also when the answer is lost: %s",
    async (ending) => {
      const story = await storyThere();
      story.next("change", ending);
      await story.acts({ do: "priority", priority: "low" }).catch(() => undefined);
      if (story.engine.life.isOver) await story.engine.start();
      await story.engine.pass(10 * secondMs);
      await story.engine.poll();
      await story.expectAlike();
      expect((await story.document()).ticket.priority).toBe("low");
    },
  );
});
