import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { storedAddress } from "../../src/desk/attachment-address.ts";
import type { TicketDocument } from "../../src/desk/document.ts";
import { addMessage } from "../../src/desk/messages.ts";
import { newDocument as openedDocument } from "../../src/desk/open.ts";
import type { TicketFilter, TicketStore } from "../../src/desk/ports.ts";
import { openTicket } from "../../src/tickets/changes.ts";
import { priorities, type Ticket } from "../../src/tickets/ticket.ts";

/** A store under test: opened on something empty, and opened again on what is there. */
export interface StoreUnderTest {
  open(): Promise<TicketStore>;
  /** Removes what it made; every store is closed by then. */
  remove(): Promise<void>;
}

let made = 0;

/** The nth reference of a test. */
const referenceOf = (n: number) => `T-${String(n).padStart(6, "0")}`;

export function newDocument(given: Partial<Ticket> = {}, more: Partial<TicketDocument> = {}) {
  made += 1;
  const fields = {
    title: "API Integration Issue",
    description: "Getting 401 errors.",
    priority: "high",
    category: "technical",
    attachments: [],
    tags: [],
  } as const;
  const actor = { role: "client", id: "client_1" } as const;
  const at = Date.parse("2026-01-01T00:00:00Z") + made * 1_000;
  const ticket = openTicket(`ticket_${made}`, { ...fields, attachments: [], tags: [] }, actor, at);
  const document = openedDocument(
    {
      ticket: { ...ticket, ...given },
      reference: referenceOf(made),
      requester: { id: "client_1", name: "Client" },
      creationKey: null,
    },
    { replies: "thread", triageFor: () => [] },
  );
  return { ...document, ...more };
}

const say = (message: string) => (draft: TicketDocument) => {
  const { updatedAt: timestamp } = draft.ticket;
  draft.ticket.threads.push({ author: "a", message, timestamp, type: "agent" });
};

const edit = (fields: Partial<Ticket>) => (draft: TicketDocument) => {
  Object.assign(draft.ticket, fields);
};

const messages = (document: TicketDocument | undefined) =>
  document?.ticket.threads.slice(1).map((entry) => entry.message);

/** What every store must do, whatever it keeps its tickets in. */
export function storeContract(name: string, start: () => Promise<StoreUnderTest>): void {
  describe(`${name}: the store contract`, () => {
    let under: StoreUnderTest;
    let store: TicketStore;

    beforeEach(async () => {
      under = await start();
      store = await under.open();
    });
    afterEach(async () => {
      await store.close();
      await under.remove();
    });
    const reopen = async () => {
      await store.close();
      store = await under.open();
    };
    const add = async (given: Partial<Ticket> = {}, more: Partial<TicketDocument> = {}) => {
      const document = newDocument(given, more);
      expect(await store.create(document)).toBe("created");
      return document;
    };
    const ids = async (filter: TicketFilter, page = 1, limit = 100) =>
      (await store.list({ filter, page, limit })).tickets.map((ticket) => ticket._id);

    describe("creating", () => {
      test("a ticket is there as it was given, also after a restart", async () => {
        const document = await add({ tags: ["a", "ü 漢 👩‍🚀"] });
        expect(await store.get(document.ticket._id)).toEqual(document);
        await reopen();
        expect(await store.get(document.ticket._id)).toEqual(document);
      });

      test("the same creation key makes one ticket, also after a restart", async () => {
        const first = await add({}, { creationKey: "form 1" });
        expect(await store.create(newDocument({}, { creationKey: "form 1" }))).toBe("exists");
        await reopen();
        expect(await store.create(newDocument({}, { creationKey: "form 1" }))).toBe("exists");
        expect(await store.findByCreationKey("form 1")).toBe(first.ticket._id);
        expect((await store.list({ filter: {}, page: 1, limit: 10 })).total).toBe(1);
      });

      test("of many creates with one key at once, one makes the ticket", async () => {
        const creates = Array.from({ length: 20 }, () =>
          store.create(newDocument({}, { creationKey: "form 2" })),
        );
        const outcomes = await Promise.all(creates);
        expect(outcomes.filter((outcome) => outcome === "created")).toHaveLength(1);
        expect(outcomes.filter((outcome) => outcome === "exists")).toHaveLength(19);
      });

      test("an id or a reference is never given to two tickets", async () => {
        const { reference, ticket } = await add();
        const sameReference = newDocument({}, { reference });
        expect(await store.create(sameReference)).toBe("taken");
        expect(await store.create(newDocument({ _id: ticket._id }))).toBe("taken");
        expect(await store.get(sameReference.ticket._id)).toBeUndefined();
        const twins = [newDocument(), newDocument()].map((twin) => ({
          ...twin,
          reference: "T-ZZZZZZ",
        }));
        const outcomes = await Promise.all(twins.map((twin) => store.create(twin)));
        expect(outcomes.sort()).toEqual(["created", "taken"]);
      });
    });

    describe("changing", () => {
      test("a change is there when it resolves, with what its work returned", async () => {
        const { ticket } = await add();
        expect(await store.change(ticket._id, (draft) => draft.ticket.threads.length)).toBe(1);
        await store.change(ticket._id, say("hello"));
        await reopen();
        expect(messages(await store.get(ticket._id))).toEqual(["hello"]);
      });

      test("changes of one ticket happen one after the other, none lost, in the order asked", async () => {
        const { ticket } = await add();
        const said = Array.from({ length: 50 }, (_, n) => `message ${n}`);
        await Promise.all(said.map((message) => store.change(ticket._id, say(message))));
        expect(messages(await store.get(ticket._id))).toEqual(said);
        await reopen();
        expect(messages(await store.get(ticket._id))).toEqual(said);
      });

      test("work that throws changes nothing, in memory or when read again", async () => {
        const document = await add();
        const { _id } = document.ticket;
        const failing = store.change(_id, (draft) => {
          draft.ticket.title = "Half done";
          draft.ticket.tags.push("half");
          throw new Error("no");
        });
        await expect(failing).rejects.toThrow("no");
        expect(await store.get(_id)).toEqual(document);
        await reopen();
        expect(await store.get(_id)).toEqual(document);
      });

      test.each([
        ["no valid ticket", edit({ title: "" })],
        ["another id", edit({ _id: "other" })],
        [
          "another reference",
          (draft: TicketDocument) => Object.assign(draft, { reference: "T-000000" }),
        ],
        [
          "another creation key",
          (draft: TicketDocument) => Object.assign(draft, { creationKey: "k" }),
        ],
        ["later, being async", async (draft: TicketDocument) => edit({ title: "x" })(draft)],
      ])("work that leaves %s is refused, and changes nothing", async (_, work) => {
        const document = await add();
        const change = store.change(document.ticket._id, work);
        await expect(change).rejects.toMatchObject({ code: "BAD_CHANGE" });
        expect(await store.get(document.ticket._id)).toEqual(document);
      });

      test("one change that fails does not hold up the next", async () => {
        const { ticket } = await add();
        const bad = store.change(ticket._id, () => {
          throw new Error("no");
        });
        const good = store.change(ticket._id, say("after"));
        await expect(bad).rejects.toThrow("no");
        await good;
        expect(messages(await store.get(ticket._id))).toEqual(["after"]);
      });

      test("a ticket that is not there is neither read nor changed", async () => {
        expect(await store.get("nothing")).toBeUndefined();
        expect(await store.change("nothing", say("x"))).toBeUndefined();
        expect(await store.get("../../etc/passwd")).toBeUndefined();
      });

      test("nobody can change a ticket through what was read", async () => {
        const document = await add();
        const read = await store.get(document.ticket._id);
        try {
          read?.ticket.tags.push("sneaked in");
        } catch {
          // Frozen is one way to refuse; giving out a copy is the other.
        }
        expect(await store.get(document.ticket._id)).toEqual(document);
      });
    });

    describe("finding", () => {
      test("by thread, as soon as it is linked, and after a restart", async () => {
        const { ticket } = await add();
        const thread = { platform: "p", thread: "team channel 1.2" };
        expect(await store.findByThread(thread)).toBeUndefined();
        const place = { id: "p1", side: "agents", where: "channel" } as const;
        const notYet = { thread: null, opened: 0, card: null, shown: null, readTo: null };
        await store.change(ticket._id, (draft) =>
          draft.places.push({ ...place, platform: "p", ...notYet }),
        );
        expect(await store.findByThread(thread)).toBeUndefined();
        await store.change(ticket._id, (draft) => {
          draft.places[0] = { ...place, ...notYet, ...thread };
        });
        expect(await store.findByThread(thread)).toBe(ticket._id);
        expect(await store.findByThread({ ...thread, platform: "q" })).toBeUndefined();
        await reopen();
        expect(await store.findByThread(thread)).toBe(ticket._id);
      });

      test("by a message that was carried into it, and after a restart", async () => {
        const [{ ticket }, other] = [await add(), await add()];
        const message = { platform: "p", message: "direct 1.2" };
        const from = (place: string | null, platform: string, named: string) => ({
          ...({ kind: "reply", side: "requester" } as const),
          by: { id: "client_1", name: "Client" },
          from: { place, platform, message: named },
        });
        const addTo = (draft: TicketDocument, ...given: ReturnType<typeof from>[]) => {
          for (const each of given) addMessage(draft, each, Date.parse(ticket.createdAt));
        };
        expect(await store.findByMessage(message)).toBeUndefined();
        await store.change(ticket._id, (draft) =>
          addTo(draft, from(null, "p", "direct 1.2"), from("p1", "p", "thread 1.2")),
        );
        await store.change(other.ticket._id, (draft) => addTo(draft, from(null, "form", "key")));
        const finds = async () => {
          expect(await store.findByMessage(message)).toBe(ticket._id);
          expect(await store.findByMessage({ ...message, platform: "q" })).toBeUndefined();
          expect(await store.findByMessage({ platform: "p", message: "thread 1.2" })).toBe(
            undefined,
          );
          expect(await store.findByMessage({ platform: "form", message: "key" })).toBeUndefined();
        };
        await finds();
        await store.change(ticket._id, say("more"));
        await finds();
        await reopen();
        await finds();
      });

      test("those that owe something, oldest first, and after a restart", async () => {
        const [first, second] = [await add({}, { owes: true }), await add({}, { owes: true })];
        const third = await add();
        const { _id: settled } = first.ticket;
        await store.change(settled, (draft) => {
          draft.owes = false;
        });
        await store.change(third.ticket._id, (draft) => {
          draft.owes = true;
        });
        expect(await store.owing()).toEqual([second.ticket._id, third.ticket._id]);
        await reopen();
        expect(await store.owing()).toEqual([second.ticket._id, third.ticket._id]);
      });

      test("by reference", async () => {
        const { reference, ticket } = await add();
        expect(await store.findByReference(reference)).toBe(ticket._id);
        expect(await store.findByReference("T-YYYYYY")).toBeUndefined();
      });

      test("whether one of them needs a file, as long as one does, and after a restart", async () => {
        const [one, other, mine] = ["1", "2", "3"].map((each) => each.repeat(64)) as [
          ...[string, string, string],
        ];
        const file = (hash: string | null) => ({
          ...{ file: "f", platform: "p", name: "a.txt", sizeBytes: 1, type: "text/plain", hash },
          state: hash === null ? ("offered" as const) : ("kept" as const),
        });
        const withFiles =
          (...hashes: (string | null)[]) =>
          (draft: TicketDocument) => {
            for (const message of draft.messages) message.files = hashes.map(file);
          };
        const takenBack = (draft: TicketDocument) => {
          for (const each of draft.messages.flatMap(({ files }) => files)) each.state = "removed";
        };
        const needed = () => Promise.all([one, other, mine].map((hash) => store.namesFile(hash)));
        const [first, second] = [await add(), await add()];
        const url = storedAddress({ hash: mine, name: "a.txt", type: "text/plain" });
        await add({ attachments: [{ filename: "a.txt", url, size: 1, type: "text/plain" }] });
        expect(await needed()).toEqual([false, false, true]);
        await store.change(first.ticket._id, withFiles(one, null));
        await store.change(second.ticket._id, withFiles(one, other));
        expect(await needed()).toEqual([true, true, true]);
        await store.change(second.ticket._id, takenBack);
        expect(await needed()).toEqual([true, false, true]);
        await reopen();
        expect(await needed()).toEqual([true, false, true]);
        // It is not wanted there any more, but stands there still.
        await store.change(first.ticket._id, (draft) => {
          takenBack(draft);
          const copy = { place: "p1", parts: [], files: [{ file: 0, message: "m" }], done: false };
          for (const message of draft.messages) message.copies = [copy];
        });
        expect(await needed()).toEqual([true, false, true]);
        await store.change(first.ticket._id, (draft) => {
          for (const message of draft.messages) message.copies = [];
        });
        expect(await needed()).toEqual([false, false, true]);
        await reopen();
        expect(await needed()).toEqual([false, false, true]);
      });

      test("all of them, each once", async () => {
        const added = [await add(), await add(), await add()];
        const all: TicketDocument[] = [];
        for await (const document of store.all()) all.push(document);
        const byId = (one: TicketDocument, other: TicketDocument) =>
          one.ticket._id.localeCompare(other.ticket._id);
        expect(all.sort(byId)).toEqual(added.sort(byId));
      });
    });

    describe("listing", () => {
      test("newest first, in pages that together hold each ticket once", async () => {
        const added = [];
        for (let n = 0; n < 25; n += 1) added.unshift((await add()).ticket._id);
        const pages = [await ids({}, 1, 10), await ids({}, 2, 10), await ids({}, 3, 10)];
        expect(pages.map((page) => page.length)).toEqual([10, 10, 5]);
        expect(pages.flat()).toEqual(added);
        expect(await ids({}, 4, 10)).toEqual([]);
        await reopen();
        expect(await ids({})).toEqual(added);
      });

      test("of tickets of the same time, none is shown twice or left out", async () => {
        const createdAt = "2026-01-01T00:00:00.000Z";
        const threads: Ticket["threads"] = [];
        const times = { createdAt, updatedAt: createdAt, threads };
        const added = [];
        for (let n = 0; n < 7; n += 1) added.push((await add(times)).ticket._id);
        const pages = [await ids({}, 1, 3), await ids({}, 2, 3), await ids({}, 3, 3)];
        expect(pages.flat().sort()).toEqual(added.sort());
      });

      test("a summary has a ticket's fields but for the long ones", async () => {
        const { ticket } = await add();
        const { tickets } = await store.list({ filter: {}, page: 1, limit: 1 });
        const { threads, attachments, resolution, resolvedAt, ...summary } = ticket;
        expect(tickets).toEqual([summary]);
      });

      test("by each field, and by several at once", async () => {
        const urgent = await add({ priority: "urgent", tags: ["vip", "api"], client: "client_2" });
        const billing = await add({ category: "billing", assignedTo: "agent_1" });
        const { _id } = urgent.ticket;
        expect(await ids({ priority: "urgent" })).toEqual([_id]);
        expect(await ids({ tag: "vip" })).toEqual([_id]);
        expect(await ids({ client: "client_2" })).toEqual([_id]);
        expect(await ids({ client: "nobody" })).toEqual([]);
        expect(await ids({ category: "billing" })).toEqual([billing.ticket._id]);
        expect(await ids({ assignedTo: "agent_1" })).toEqual([billing.ticket._id]);
        expect(await ids({ client: "client_2", tag: "api", priority: "urgent" })).toEqual([_id]);
        expect(await ids({ client: "client_2", category: "billing" })).toEqual([]);
        for (const priority of priorities) {
          const listed = await store.list({ filter: { priority }, page: 1, limit: 100 });
          expect(listed.total).toBe(listed.tickets.length);
        }
      });

      test("by when they changed", async () => {
        await add();
        const { ticket } = await add();
        const since = Date.parse(ticket.updatedAt) + 1;
        expect(await ids({ updatedSince: since })).toEqual([]);
        await store.change(ticket._id, (draft) => {
          draft.ticket.updatedAt = new Date(since).toISOString();
        });
        expect(await ids({ updatedSince: since })).toEqual([ticket._id]);
      });

      test("a change shows in the lists at once", async () => {
        const { ticket } = await add();
        await store.change(ticket._id, (draft) => {
          draft.ticket.status = "pending";
          draft.ticket.client = "client_9";
        });
        expect(await ids({ status: "open" })).toEqual([]);
        expect(await ids({ status: "pending" })).toEqual([ticket._id]);
        expect(await ids({ client: "client_1" })).toEqual([]);
        expect(await ids({ client: "client_9" })).toEqual([ticket._id]);
        expect(await store.counts()).toMatchObject({ open: 0, pending: 1 });
      });

      test("counts are told before the status filter, and after every other", async () => {
        await add();
        await add({ status: "pending" });
        await add({ status: "pending", category: "billing" });
        const query = { page: 1, limit: 10, countByStatus: true };
        const technical = await store.list({
          ...query,
          filter: { status: "open", category: "technical" },
        });
        expect(technical.total).toBe(1);
        expect(technical.counts).toEqual({
          open: 1,
          pending: 1,
          in_progress: 0,
          resolved: 0,
          closed: 0,
        });
        const all = await store.list({ ...query, filter: {} });
        expect(all.counts).toEqual({ open: 1, pending: 2, in_progress: 0, resolved: 0, closed: 0 });
        expect(await store.counts()).toEqual(all.counts);
        expect(await store.list({ filter: {}, page: 1, limit: 1 })).not.toHaveProperty("counts");
      });
    });

    describe("searching", () => {
      test("words in the title, the description, a tag and a message are found", async () => {
        const title = await add({ title: "Printer on fire" });
        const description = await add({ description: "The printer smokes." });
        const tag = await add({ tags: ["printer"] });
        const message = await add();
        await store.change(message.ticket._id, say("Is it the printer?"));
        const expected = [message, tag, description, title].map(({ ticket }) => ticket._id);
        expect(await ids({ q: "printer" })).toEqual(expected);
        expect(await ids({ q: "PRINTER, smokes!" })).toEqual([description.ticket._id]);
        expect(await ids({ q: "printer absent" })).toEqual([]);
        expect(await ids({ q: "print" })).toEqual([]);
        expect(await ids({ q: "printer", tag: "printer" })).toEqual([tag.ticket._id]);
        expect(await ids({ q: "?!" })).toEqual([]);
      });

      test("words are told apart by the same signs and blanks, and known by their first 200 letters", async () => {
        const blanks = ["\t", "\v", "\f", "\n", "\u00A0", "\u2028", "\u3000", "\uFEFF", "-", "…"];
        const long = "x".repeat(200);
        const { ticket } = await add({
          description: [
            ...blanks.map((blank, n) => `before${n}${blank}after${n}`),
            `${long}yz`,
          ].join(" "),
        });
        const found = [ticket._id];
        for (const n of blanks.keys()) {
          expect([n, await ids({ q: `after${n}` })]).toEqual([n, found]);
          expect([n, await ids({ q: `after${n}\tbefore${n}` })]).toEqual([n, found]);
        }
        expect(await ids({ q: long })).toEqual(found);
        expect(await ids({ q: `${long}other` })).toEqual(found);
        expect(await ids({ q: long.slice(1) })).toEqual([]);
        expect(await ids({ q: "\t" })).toEqual([]);
      });

      test("what was written after the first search is found, what was taken back is not", async () => {
        const { ticket } = await add({ title: "Before" });
        expect(await ids({ q: "before" })).toEqual([ticket._id]);
        const later = await add({ title: "Later" });
        expect(await ids({ q: "later" })).toEqual([later.ticket._id]);
        await store.change(ticket._id, edit({ title: "After" }));
        expect(await ids({ q: "before" })).toEqual([]);
        expect(await ids({ q: "after" })).toEqual([ticket._id]);
      });

      test("what is written while the first search runs is found", async () => {
        const many = Array.from({ length: 300 }, () => add({ title: "Old" }));
        const [first] = await Promise.all(many);
        if (!first) throw new Error("the ticket is missing");
        await reopen();
        const search = ids({ q: "old" });
        const written = store.change(first.ticket._id, edit({ title: "Newest" }));
        const adding = add({ title: "Added" });
        expect((await search).length).toBeGreaterThan(0);
        await written;
        const added = await adding;
        expect(await ids({ q: "newest" })).toEqual([first.ticket._id]);
        expect(await ids({ q: "added" })).toEqual([added.ticket._id]);
        expect((await store.list({ filter: { q: "old" }, page: 1, limit: 1 })).total).toBe(299);
      });
    });

    test("those of a platform that are not closed are told, the most recently changed first", async () => {
      const place = { id: "p1", side: "agents", where: "w", thread: "t", opened: 0 } as const;
      const shown = { card: null, shown: null, readTo: null };
      const on = (platform: string) => ({ places: [{ ...place, ...shown, platform }] });
      const addOn = (platform: string) => add({}, { owes: false, ...on(platform) });
      const [{ ticket: one }, { ticket: two }, { ticket: closed }] = [
        ...[await addOn("p"), await addOn("p"), await addOn("p")],
      ] as const;
      await addOn("other");
      await store.change(closed._id, edit({ status: "closed" }));
      expect(await store.unclosed("p")).toEqual([two._id, one._id]);
      const changedAt = Date.parse(closed.updatedAt);
      expect(await store.unclosed("p", changedAt)).toContain(closed._id);
      expect(await store.unclosed("p", changedAt + 1)).not.toContain(closed._id);
      const updatedAt = new Date(Date.parse(closed.updatedAt) + 1).toISOString();
      await store.change(one._id, edit({ updatedAt }));
      expect(await store.unclosed("p")).toEqual([one._id, two._id]);
      await reopen();
      expect(await store.unclosed("p")).toEqual([one._id, two._id]);
    });

    test("the threads of those that are not closed are told, as they come and go", async () => {
      const on = (platform: string, thread: string | null) => {
        const place = { id: "p1", side: "agents", where: "w", opened: 0 } as const;
        const shown = { card: null, shown: null, readTo: null };
        return add({}, { places: [{ ...place, ...shown, platform, thread }] });
      };
      const threads = async () => [...(await store.openThreads("p"))].sort();
      const { ticket } = await on("p", "a");
      expect(await threads()).toEqual(["a"]);
      const unopened = await on("p", null);
      await on("po", "c");
      await on("p", "b");
      expect(await threads()).toEqual(["a", "b"]);
      await store.change(unopened.ticket._id, ({ places: [place] }) => {
        if (place) place.thread = "d";
      });
      await store.change(ticket._id, edit({ priority: "low" }));
      expect(await threads()).toEqual(["a", "b", "d"]);
      await store.change(ticket._id, edit({ status: "closed" }));
      expect(await threads()).toEqual(["b", "d"]);
      await reopen();
      expect(await threads()).toEqual(["b", "d"]);
    });

    test("small values are kept by their names, and outlive a restart", async () => {
      expect(await store.value("read to")).toBeUndefined();
      await Promise.all([store.setValue("read to", "1"), store.setValue("other", "é")]);
      await store.setValue("read to", "2");
      expect(await store.value("read to")).toBe("2");
      await reopen();
      expect(await store.value("read to")).toBe("2");
      expect(await store.value("other")).toBe("é");
    });

    test("a small value is made once, however many make it at the same moment", async () => {
      const made = await Promise.all(["1", "2", "3"].map((each) => store.valueOr("secret", each)));
      expect(new Set(made).size).toBe(1);
      expect(await store.valueOr("secret", "4")).toBe(made[0]);
      await reopen();
      expect(await store.value("secret")).toBe(made[0]);
    });

    test("it can be written to, and says so", async () => {
      await expect(store.probe()).resolves.toBeUndefined();
    });

    test("closing waits for what was accepted, and then takes no more", async () => {
      const { ticket } = await add();
      const change = store.change(ticket._id, say("last"));
      await store.close();
      await change;
      await expect(store.create(newDocument())).rejects.toMatchObject({ code: "CLOSED" });
      await expect(store.get(ticket._id)).rejects.toMatchObject({ code: "CLOSED" });
      store = await under.open();
      expect(messages(await store.get(ticket._id))).toEqual(["last"]);
    });
  });
}
