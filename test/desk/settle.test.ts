import { describe, expect, test } from "vitest";
import type { Failure } from "../../src/desk/chat.ts";
import { type Delivery, isMaking } from "../../src/desk/delivery.ts";
import { documentSchema, type TicketDocument } from "../../src/desk/document.ts";
import { forgetEnded } from "../../src/desk/ended.ts";
import { nextIn } from "../../src/desk/next.ts";
import { owes } from "../../src/desk/owes.ts";
import type { Result } from "../../src/desk/result.ts";
import { begin, settle } from "../../src/desk/settle.ts";
import {
  deadAfterMs,
  deletes,
  edits,
  lastOf,
  noticesOf,
  placeOf,
  robsTicket,
  rules,
  says,
  start,
} from "./documents.ts";

function nextOf(document: TicketDocument, lane: string, now: number): Delivery {
  const next = nextIn(document, lane, rules, now);
  if (!next || !("delivery" in next)) throw new Error("Nothing is owed now");
  return next.delivery;
}

/** Lets the next delivery of a lane end so. */
function ends(document: TicketDocument, lane: string, result: Result, now = start): Delivery {
  const delivery = nextOf(document, lane, now);
  if (isMaking(delivery)) begin(document, delivery);
  settle(document, delivery, result, rules, now);
  documentSchema.parse(document);
  return delivery;
}

const fails = (outcome: Failure["outcome"], retryAfterMs?: number): Result => ({
  failed: { outcome, reason: "it is archived", ...(retryAfterMs && { retryAfterMs }) },
});

describe("what was sent", () => {
  test("is known by its message, and owed no longer", () => {
    const document = robsTicket();
    ends(document, "p1", { sent: { message: "x" } });
    expect(document.messages[0]?.copies).toEqual([
      { place: "p1", parts: [{ message: "x", revision: 1 }], files: [], done: true },
    ]);
    expect(document.underway).toEqual([]);
    expect(document.owes).toBe(true);
  });

  test("is known once, also when it is written down twice", () => {
    const document = robsTicket();
    const delivery = ends(document, "p1", { sent: { message: "x" } });
    const before = structuredClone(document);
    settle(document, delivery, { sent: { message: "x" } }, rules, start);
    expect(document).toEqual(before);
  });

  test("is removed when it was deleted meanwhile", () => {
    const document = robsTicket();
    says(document, "p2", { text: "oops" });
    ends(document, "p1", { sent: { message: "burns" } });
    const delivery = nextOf(document, "p1", start);
    if (isMaking(delivery)) begin(document, delivery);
    deletes(document, "p2");
    settle(document, delivery, { sent: { message: "x" } }, rules, start);
    expect(nextOf(document, "p1", start)).toMatchObject({ do: "remove", of: "x" });
    ends(document, "p1", { sent: {} });
    expect(nextOf(document, "p1", start).do).toBe("card");
  });

  test("is removed when it has gone with its thread, and no other thread is opened for that", () => {
    const document = robsTicket();
    const message = document.messages.length;
    says(document, "p2", { text: "oops" });
    ends(document, "p1", { sent: { message: "burns" } });
    ends(document, "p1", { sent: { message: "x" } });
    deletes(document, "p2");
    expect(ends(document, "p1", fails("gone"))).toMatchObject({ do: "remove", of: "x" });
    expect(document.messages[message]?.copies).toMatchObject([
      { place: "p1", parts: [], done: true },
    ]);
    expect(placeOf(document, "p1").thread).not.toBeNull();
    expect(document.troubles).toEqual([]);
  });

  test("opens a thread with its card", () => {
    const document = robsTicket({ open: false });
    ends(document, "p1", { sent: { thread: "t", message: "c" } });
    expect(placeOf(document, "p1")).toMatchObject({ thread: "t", card: "c" });
    expect(nextOf(document, "p1", start).do).toBe("post");
  });

  test("keeps the message that shows a card which had to be posted anew", () => {
    const document = robsTicket();
    ends(document, "p1", { sent: { message: "burns" } });
    const { card } = placeOf(document, "p1");
    expect(ends(document, "p1", { sent: { message: "anew" } })).toMatchObject({
      do: "card",
      of: card,
    });
    document.ticket = { ...document.ticket, priority: "low" };
    expect(ends(document, "p1", { sent: {} })).toMatchObject({ do: "card", of: "anew" });
    expect(placeOf(document, "p1").card).toBe("anew");
  });

  test("for a closed ticket is followed by its card, which closes the thread again", () => {
    const document = robsTicket();
    document.ticket = { ...document.ticket, status: "closed" };
    ends(document, "p3", { sent: { message: "burns" } });
    expect(ends(document, "p3", { sent: {} }).do).toBe("card");
    expect(nextIn(document, "p3", rules, start)).toBeUndefined();
    says(document, "p2", { text: "// toner" });
    ends(document, "p3", { sent: { message: "toner" } });
    expect(document.owes).toBe(true);
    expect(ends(document, "p3", { sent: {} }).do).toBe("card");
    expect(nextIn(document, "p3", rules, start)).toBeUndefined();
  });
});

describe("what failed is tried again", () => {
  test("later each time, but no later than after some minutes", () => {
    const document = robsTicket();
    const waits: number[] = [];
    let now = start;
    for (let attempt = 0; attempt < 12; attempt += 1) {
      const delivery = nextOf(document, "p1", now);
      if (isMaking(delivery)) begin(document, delivery);
      settle(document, delivery, fails("retry"), { ...rules, deadAfterMs: 1e9 }, now);
      const dueAt = Date.parse(document.troubles[0]?.dueAt ?? "");
      waits.push(dueAt - now);
      now = dueAt;
    }
    expect(waits.slice(0, 4)).toEqual([750, 1_500, 3_000, 6_000]);
    expect(waits.at(-1)).toBe(225_000);
  });

  test.each([30_000, 3 * 60 * 60_000])("not before the platform said (%i ms)", (askedMs) => {
    const document = robsTicket();
    ends(document, "p1", fails("retry", askedMs));
    expect(nextIn(document, "p1", rules, start)).toEqual({ waitUntil: start + askedMs });
  });

  test("within a minute while its platform is down, which is not asked by everything at once", () => {
    const document = robsTicket();
    let now = start;
    for (let attempt = 0; attempt < 12; attempt += 1) {
      const failed: Failure = { outcome: "retry", reason: "it is down", isDown: true };
      const delivery = nextOf(document, "p1", now);
      if (isMaking(delivery)) begin(document, delivery);
      settle(document, delivery, { failed }, { ...rules, deadAfterMs: 1e9 }, now);
      now = Date.parse(document.troubles[0]?.dueAt ?? "");
    }
    const [trouble] = document.troubles;
    expect(now).toBeLessThanOrEqual(start + 12 * 60_000);
    expect(trouble).toMatchObject({ attempts: 12 });
  });

  test("when the adapter lets it, and was not tried while that held it back", () => {
    const document = robsTicket();
    const failed: Failure = { outcome: "retry", reason: "Slack asks to wait", isHeldBack: true };
    ends(document, "p1", { failed });
    expect([document.troubles, document.underway, document.owes]).toEqual([[], [], true]);
    expect(nextOf(document, "p1", start).do).toBe("post");
  });

  test.each([
    ["retry", "post"],
    ["uncertain", "find"],
  ] as const)("after %s with a %s", (outcome, then) => {
    const document = robsTicket();
    ends(document, "p1", fails(outcome));
    expect(nextOf(document, "p1", start + 750).do).toBe(then);
  });

  test("and its trouble is over once it is sent, but not once it was only looked for in vain", () => {
    const document = robsTicket();
    ends(document, "p1", fails("uncertain"));
    ends(document, "p1", { sent: {} }, start + 750);
    expect(document.troubles).toMatchObject([{ delivery: "p1/m0", attempts: 1 }]);
    ends(document, "p1", { sent: { message: "x" } }, start + 750);
    expect(document.troubles).toEqual([]);
  });
});

describe("what is given up", () => {
  test.each([
    ["dead", 0],
    ["retry", deadAfterMs],
    ["uncertain", deadAfterMs],
  ] as const)(
    "after %s, in the end, is told to the agents, who may try again",
    (outcome, afterMs) => {
      const document = robsTicket();
      if (afterMs > 0) ends(document, "p1", fails("retry"));
      ends(document, "p1", fails(outcome), start + afterMs);
      expect(noticesOf(document)).toEqual([
        "“It burns” could not be posted in the requester's thread: it is archived.",
      ]);
      expect(document.messages.at(-1)).toMatchObject({ audience: "agents", retry: "p1/m0" });
      expect(document.troubles).toMatchObject([{ dead: true }]);
    },
  );

  test("is told with the platform, where a side has several threads", () => {
    const document = robsTicket();
    ends(document, "p3", fails("dead"));
    expect(noticesOf(document)).toEqual([
      "“It burns” could not be posted in the agents' thread on Two: it is archived.",
    ]);
  });

  test("is said to have been delivered after all, when it was", () => {
    const document = robsTicket();
    ends(document, "p1", fails("dead"));
    document.troubles = [];
    ends(document, "p1", { sent: { message: "x" } });
    expect(noticesOf(document)).toEqual([
      "What could not be delivered at first was delivered after all.",
    ]);
    expect(document.messages.at(-1)?.retry).toBeNull();
  });

  test("is not said to have been delivered, when its words were taken out, and its file is there", () => {
    const document = robsTicket();
    const file = { file: "f", name: "a.txt", sizeBytes: 3, type: "text/plain" };
    says(document, "p2", { text: "bad words", files: [file] });
    ends(document, "p1", { sent: { message: "burns" } });
    const said = lastOf(document);
    Object.assign(said.files[0] ?? {}, { state: "kept", hash: "abc" });
    ends(document, "p1", fails("dead"));
    ends(document, "p1", { sent: { message: "file" } });
    edits(document, "p2", { text: "", files: [file] });
    Object.assign(said.files[0] ?? {}, { state: "kept", hash: "abc" });
    forgetEnded(document, rules);
    expect(noticesOf(document)).toEqual([
      "What could not be delivered at first is no longer needed.",
    ]);
  });

  test("is said to have been taken back, when it was", () => {
    const document = robsTicket();
    says(document, "p2", { text: "oops" });
    ends(document, "p1", { sent: { message: "burns" } });
    ends(document, "p1", fails("dead"));
    deletes(document, "p2");
    const copies = document.messages[1]?.copies;
    expect(copies?.find(({ place }) => place === "p1")).toBeUndefined();
    expect(nextOf(document, "p1", start).do).toBe("card");
  });

  test("is told once, and of a notice of it not at all", () => {
    const document = robsTicket();
    ends(document, "p1", fails("dead"));
    ends(document, "p2", { sent: { message: "x" } });
    ends(document, "p2", fails("dead"));
    expect(noticesOf(document)).toHaveLength(1);
  });

  test("is a thread that cannot be opened: then nothing else is tried there", () => {
    const document = robsTicket({ open: false });
    ends(document, "p1", fails("dead"));
    expect(noticesOf(document)).toEqual([
      "The requester's thread could not be opened, so no message reaches it: it is archived.",
    ]);
    expect(nextIn(document, "p1", rules, start)).toBeUndefined();
  });

  test("is a card or a mark without a word", () => {
    const document = robsTicket();
    ends(document, "p1", { sent: { message: "x" } });
    expect(ends(document, "p1", fails("dead")).do).toBe("card");
    expect(noticesOf(document)).toEqual([]);
  });
});

describe("a file that is given up", () => {
  const file = { file: "f", name: "fire.png", sizeBytes: 3, type: "image/png" };
  const tooLarge: Result = {
    failed: { outcome: "dead", reason: "it is too large: make it small" },
  };
  const inTwoOf = (platform: string) =>
    `The file “fire.png” could not be posted in the agents' thread on ${platform}: it is too large: make it small.`;
  const notShown = "The file “fire.png” could not be shown to the agents: it is too large.";

  /** Who is at home in this place has posted the file, which is there but for the places `open`. */
  function withFile(from: string) {
    const document = robsTicket();
    for (const place of ["p1", "p2", "p3"]) ends(document, place, { sent: { message: "burns" } });
    says(document, from, { files: [file] });
    ends(document, "files", { sent: { hash: "a".repeat(64) } });
    return document;
  }

  test.each([
    ["its platform does not give is refused after a quarter of an hour", false, "refused"],
    ["cannot be kept here, as the disk is full, waits as long as anything", true, "offered"],
  ] as const)("that %s", (_, isOurs, state) => {
    const document = robsTicket();
    says(document, "p1", { files: [file] });
    const failed: Failure = { outcome: "retry", reason: "not now", ...(isOurs && { isOurs }) };
    for (const now of [start, start + 20 * 60_000])
      settle(
        document,
        nextOf(document, "files", now),
        { failed },
        { ...rules, deadAfterMs: 1e9 },
        now,
      );
    expect(document.messages[1]?.files).toMatchObject([{ state }]);
  });

  test("wherever agents are, is told to the requester as well, once, without what agents can do", () => {
    const document = withFile("p1");
    ends(document, "p2", tooLarge);
    expect(noticesOf(document)).toEqual([inTwoOf("One")]);
    ends(document, "p3", tooLarge);
    expect(noticesOf(document)).toEqual([inTwoOf("One"), inTwoOf("Two"), notShown]);
    const notice = document.messages.at(-1);
    expect(notice).toMatchObject({ audience: "requester" });
    expect(nextOf(document, "p1", start)).toMatchObject({ do: "post", message: 4 });
    for (const place of ["p2", "p3"])
      expect(nextOf(document, place, start)).toMatchObject({ message: 2 });

    document.troubles = document.troubles.filter(({ delivery }) => delivery !== "p3/m1/f0");
    ends(document, "p3", tooLarge);
    expect(noticesOf(document).filter((words) => words === notShown)).toHaveLength(1);

    document.troubles = [];
    ends(document, "p3", { sent: { message: "fire" } });
    expect(noticesOf(document).slice(2)).toContain(
      "What could not be delivered at first was delivered after all.",
    );
    expect(noticesOf(document)).not.toContain(notShown);
  });

  test("is told to the requester no longer once any agents see it", () => {
    const document = withFile("p1");
    ends(document, "p2", tooLarge);
    ends(document, "p3", tooLarge);
    document.troubles = document.troubles.filter(({ delivery }) => delivery !== "p2/m1/f0");
    ends(document, "p2", { sent: { message: "fire" } });
    expect(noticesOf(document)).not.toContain(notShown);
    expect(noticesOf(document)).toContain(inTwoOf("Two"));
  });

  test("in one place of the agents, while another shows it, is no matter to the requester", () => {
    const document = withFile("p1");
    ends(document, "p2", { sent: { message: "fire" } });
    ends(document, "p3", tooLarge);
    expect(noticesOf(document)).toEqual([inTwoOf("Two")]);
  });

  test("on its way to the requester is told to the agents", () => {
    const document = withFile("p2");
    ends(document, "p1", tooLarge);
    expect(noticesOf(document)).toEqual([
      "The file “fire.png” could not be posted in the requester's thread: it is too large: make it small.",
    ]);
    expect(document.messages.at(-1)).toMatchObject({ audience: "agents", retry: "p1/m1/f0" });
  });

  test("keeps back neither the file after it nor what was said next; each has its own word and retry", () => {
    const document = robsTicket();
    ends(document, "p1", { sent: { message: "burns" } });
    const smoke = { ...file, file: "s", name: "smoke.png" };
    says(document, "p2", { message: "a", text: "look", files: [file, smoke] });
    ends(document, "files", { sent: { hash: "a".repeat(64) } });
    ends(document, "files", { sent: { hash: "b".repeat(64) } });
    says(document, "p2", { message: "b", text: "next" });
    ends(document, "p1", { sent: { message: "look" } });
    expect(ends(document, "p1", tooLarge)).toMatchObject({ do: "file", id: "p1/m1/f0" });
    expect(ends(document, "p1", tooLarge)).toMatchObject({ do: "file", id: "p1/m1/f1" });
    expect(ends(document, "p1", { sent: { message: "next" } })).toMatchObject({ message: 2 });
    const retries = document.messages.flatMap(({ retry }) => retry ?? []);
    expect(retries).toEqual(["p1/m1/f0", "p1/m1/f1"]);

    const [trouble] = document.troubles;
    Object.assign(trouble ?? {}, { dead: false });
    ends(document, "p1", { sent: { message: "fire" } }, start + 10 * 60_000);
    expect(document.messages.flatMap(({ retry }) => retry ?? [])).toEqual(["p1/m1/f1"]);
    expect(document.troubles).toMatchObject([{ delivery: "p1/m1/f1", dead: true }]);
  });

  test.each(["retry", "uncertain"] as const)(
    "is not yet one that only waits (%s): what was said next overtakes it, and it is posted when it can be",
    (outcome) => {
      const document = withFile("p2");
      says(document, "p2", { message: "b", text: "next" });
      ends(document, "p1", fails(outcome));
      expect(ends(document, "p1", { sent: { message: "next" } })).toMatchObject({ message: 2 });
      expect(ends(document, "p1", { sent: {} }).do).toBe("card");
      expect(nextIn(document, "p1", rules, start)).toEqual({ waitUntil: start + 750 });
      const then = outcome === "uncertain" ? "find" : "file";
      expect(ends(document, "p1", { sent: { message: "fire" } }, start + 750).do).toBe(then);
      expect(nextIn(document, "p1", rules, start)).toBeUndefined();
    },
  );

  test("is owed no longer, whatever else is asked of the ticket, until someone tries it again", () => {
    const document = withFile("p2");
    for (const lane of ["p1", "p3"]) ends(document, lane, tooLarge);
    for (const lane of ["p1", "p2", "p3", "marks"])
      while (nextIn(document, lane, rules, start)) ends(document, lane, { sent: { message: "x" } });
    expect(owes(document, rules)).toBe(false);
    for (const trouble of document.troubles) trouble.dead = false;
    expect(owes(document, rules)).toBe(true);
  });

  test("by name also when it was not even found out whether it is there", () => {
    const document = withFile("p2");
    ends(document, "p1", fails("uncertain"));
    ends(document, "p1", fails("dead"), start + 750);
    expect(noticesOf(document)).toEqual([
      "The file “fire.png” could not be posted in the requester's thread: it is archived.",
    ]);
  });
});

describe("a thread that is gone", () => {
  test("is followed by another, for what was not there yet", () => {
    const document = robsTicket();
    ends(document, "p1", { sent: { message: "burns" } });
    says(document, "p2", { text: "hello" });
    ends(document, "p1", fails("gone"));
    expect(placeOf(document, "p1")).toMatchObject({ thread: null, card: null, opened: 1 });
    ends(document, "p1", { sent: { thread: "t2", message: "c2" } }, start + 750);
    expect(ends(document, "p1", { sent: { message: "x" } }, start + 750)).toMatchObject({
      ...{ do: "post", message: 1 },
    });
  });

  test("takes with it that something could not be delivered: that is said again in the next one", () => {
    const document = robsTicket();
    ends(document, "p1", fails("dead"));
    const index = document.messages.length - 1;
    const shown = () =>
      document.messages[index]?.copies.some(({ place, done }) => place === "p2" && done);
    while (!shown()) ends(document, "p2", { sent: { message: `shown-${document.owes}` } });
    says(document, "p1", { text: "hello" });
    ends(document, "p2", fails("gone"));
    ends(document, "p2", { sent: { thread: "t2", message: "c2" } }, start + 750);
    expect(ends(document, "p2", { sent: { message: "y" } }, start + 750)).toMatchObject({
      ...{ do: "post", message: index },
    });
  });

  test("is not one that could not be opened yet", () => {
    const document = robsTicket({ open: false });
    ends(document, "p1", fails("gone"));
    expect(placeOf(document, "p1").opened).toBe(0);
  });
});

describe("what is not given up", () => {
  const late = start + 100 * deadAfterMs;

  test.each<Failure["outcome"]>(["dead", "retry"])(
    "the agents' thread: without it no one would see the ticket (%s)",
    (outcome) => {
      const document = robsTicket({ open: false });
      ends(document, "p2", fails(outcome));
      ends(document, "p2", fails(outcome), late);
      expect(document.troubles).toMatchObject([{ delivery: "p2/open", dead: false }]);
      expect(document.owes).toBe(true);
    },
  );

  test("what could not be tried, as nothing was for most of the time", () => {
    const document = robsTicket();
    ends(document, "p1", fails("retry"));
    const delivery = nextOf(document, "p1", late);
    if (isMaking(delivery)) begin(document, delivery);
    settle(document, delivery, fails("retry"), { ...rules, startedAt: late }, late);
    expect(document.troubles).toMatchObject([{ delivery: "p1/m0", dead: false }]);
  });

  test("that something could not be delivered, only because it takes long", () => {
    const document = robsTicket();
    ends(document, "p2", fails("dead"));
    const notice = document.messages.findIndex(({ retry }) => retry === "p2/m0");
    ends(document, "p2", fails("retry"));
    ends(document, "p2", fails("retry"), late);
    const trouble = document.troubles.find(({ delivery }) => delivery === `p2/m${notice}`);
    expect(trouble).toMatchObject({ attempts: 2, dead: false });
  });
});
