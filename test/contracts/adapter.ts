import { describe, expect, test } from "vitest";
import type {
  Failure,
  Mark,
  OutboundFile,
  OutboundMessage,
  PlatformAdapter,
  Spot,
  TicketCard,
} from "../../src/desk/chat.ts";
import { tidy, typedText } from "../../src/desk/text.ts";
import { plainText } from "../../src/desk/text-plain.ts";

/** A message as a person reads it. */
export interface Read {
  /** As the adapter refers to it. */
  reference: string;
  /** The name that stands over it. */
  from: string;
  words: string;
  files: readonly string[];
  marks: readonly Mark[];
  /** Whom it calls. */
  pings: readonly string[];
}

/** Calls that can break, by what they make. */
export type Step = "card" | "thread" | "message" | "file";

/** The platform itself: what people see and do there, and how calls to it end. */
interface World {
  /** What stands in a thread, its card first; nothing when there is none. */
  reads(thread: string): Read[];
  /** How many threads were ever opened at a place. */
  threadsAt(where: string): number;
  /** The next call that makes this at a place ends so; `after` it had its effect. */
  breaks(
    step: Step,
    how: "reset before" | "reset after" | { retryAfterS: number },
    at: string,
  ): void;
  /** Someone deletes a message, with its files. */
  deletes(message: string): void;
  deletesThread(thread: string): void;
  /** Someone writes in a thread of the agents. */
  writes(thread: string, text: string, file?: Pick<OutboundFile, "name" | "content">): Written;
  refusesToken(): void;
  /** How many calls there were. */
  calls(): number;
  now(): number;
  /** Waits until nothing is on its way any more. */
  settled(): Promise<void>;
}

interface Written {
  message: string;
  /** As it is offered to the desk. */
  file?: string;
}

export interface PlatformUnderTest {
  adapter: PlatformAdapter;
  /** Two places: the agents' channel, and a person's. */
  where: { agents: string; requester: string };
  world: World;
}

/** What a platform cannot do, by the name of the test; the reason is shown. */
export type Exceptions = Readonly<Record<string, string>>;

export const ticketCard = (given: Partial<TicketCard> = {}): TicketCard => ({
  side: "agents",
  id: "support_ticket_0123456789abcdef0123456789abcdef",
  reference: "T-4F7K2M",
  title: "Printer on fire",
  status: "open",
  priority: "high",
  category: "technical",
  tags: [],
  requester: "Rob",
  assignee: null,
  resolution: null,
  createdAt: "2024-01-15T10:30:00.000Z",
  undelivered: 0,
  offers: [],
  moves: [],
  ...given,
});

/** A thread, where it does not matter whose it is. */
export const spot = (thread: string, where = "100000000000000000"): Spot => ({ thread, where });

const rob = { id: "elsewhere:1", name: "Rob", picture: "https://pictures.example/rob.png" };

export const said = (text: string, given: Partial<OutboundMessage> = {}): OutboundMessage => ({
  kind: "reply",
  author: rob,
  text: typedText(text),
  ...given,
});

const log: OutboundFile = {
  author: rob,
  name: "log.txt",
  type: "text/plain",
  content: Buffer.from("hello"),
};

const hostile =
  "@everyone @here <@1> <@!100000000000000001> <@&1> <!channel> <!here> <@U0ADA0001> <#1> " +
  "*b* _i_ ~s~ `c` ||s|| # h > q [x](https://evil.example) <https://evil.example|x> :fire: &amp; \\";

/** What every chat platform must do for the outbox, whatever it is made of. */
export function adapterContract(
  name: string,
  make: () => Promise<PlatformUnderTest>,
  exceptions: Exceptions = {},
): void {
  const names = new Set<string>();
  const holds = (what: string, check: (under: PlatformUnderTest) => Promise<void>) => {
    names.add(what);
    const reason = exceptions[what];
    if (reason === undefined) test(what, async () => check(await make()));
    else test.skip(`${what} (not here: ${reason})`);
  };
  const opened = async ({ adapter, where }: PlatformUnderTest, key = "card") =>
    adapter.openThread(where.agents, ticketCard(), key);

  describe(`${name}: the contract of chat platforms`, () => {
    holds(
      "a thread begins with its card, in the agents' place and in the person's",
      async (under) => {
        const { adapter, where, world } = under;
        for (const [side, at] of [
          ["agents", where.agents],
          ["requester", where.requester],
        ] as const) {
          const { thread, card } = await adapter.openThread(at, ticketCard({ side }), side);
          const [first, ...more] = world.reads(thread);
          expect(first?.reference).toBe(card);
          expect(first?.words).toContain("Printer on fire");
          expect(more).toEqual([]);
        }
      },
    );

    holds("a thread is found by its key, and by no other", async (under) => {
      const { adapter, where } = under;
      for (const at of [where.agents, where.requester]) {
        expect(await adapter.findThread(at, ticketCard(), "key", 0)).toBeUndefined();
        const thread = await adapter.openThread(at, ticketCard(), "key");
        expect(await adapter.findThread(at, ticketCard(), "key", 0)).toEqual(thread);
        expect(await adapter.findThread(at, ticketCard(), "other", 0)).toBeUndefined();
      }
    });

    holds("a thread from long before the time asked is not found", async (under) => {
      await opened(under);
      const later = under.world.now() + 60 * 60_000;
      const { adapter, where } = under;
      expect(await adapter.findThread(where.agents, ticketCard(), "card", later)).toBeUndefined();
    });

    holds("a second call to open a thread makes no second one", async (under) => {
      const { adapter, where, world } = under;
      for (const at of [where.agents, where.requester]) {
        const first = await adapter.openThread(at, ticketCard(), "key");
        expect(await adapter.openThread(at, ticketCard(), "key")).toEqual(first);
        expect(world.threadsAt(at)).toBe(1);
        expect(world.reads(first.thread)).toHaveLength(1);
      }
    });

    holds("a second call to post makes no second message", async (under) => {
      const { thread } = await opened(under);
      const { adapter, world } = under;
      const first = await adapter.post(spot(thread), said("once"), "key");
      expect(await adapter.post(spot(thread), said("once"), "key")).toBe(first);
      expect(world.reads(thread)).toHaveLength(2);
    });

    holds("messages stand in their order, under their authors' names", async (under) => {
      const { thread } = await opened(under);
      const { adapter, world } = under;
      await adapter.post(spot(thread), said("one"), "1");
      await adapter.post(spot(thread), said("two", { author: { id: "x:2", name: "Ada" } }), "2");
      await adapter.postFile(spot(thread), log, "3");
      const [, one, two, file] = world.reads(thread);
      expect(one).toMatchObject({ from: "Rob", words: "one" });
      expect(two).toMatchObject({ from: "Ada", words: "two" });
      expect(file).toMatchObject({ files: ["log.txt"] });
      expect(`${file?.from} ${file?.words}`).toContain("Rob");
    });

    holds(
      "a message in the person's place is posted, edited, found and removed there",
      async (under) => {
        const { adapter, where, world } = under;
        const { thread } = await adapter.openThread(where.requester, ticketCard(), "card");
        const posted = await adapter.post(spot(thread), said("hello"), "key");
        await adapter.update(posted, { message: said("goodbye") });
        expect(
          world
            .reads(thread)
            .map(({ words }) => words)
            .slice(1),
        ).toEqual(["goodbye"]);
        expect(await adapter.findPosted(thread, { key: "key", sinceMs: 0 })).toBe(posted);
        await adapter.remove(posted);
        expect(world.reads(thread)).toHaveLength(1);
      },
    );

    holds("a note says that it is for agents only, and a reply does not", async (under) => {
      const { thread } = await opened(under);
      const { adapter, world } = under;
      await adapter.post(spot(thread), said("call back", { kind: "note" }), "1");
      await adapter.post(spot(thread), said("call back"), "2");
      const [, note, reply] = world.reads(thread);
      expect(note?.words).toMatch(/agents only/);
      expect(note?.words).toContain("call back");
      expect(reply?.words).toBe("call back");
    });

    holds("a notice is said by Deskhand itself", async (under) => {
      const { thread } = await opened(under);
      await under.adapter.post(spot(thread), said("It failed", { kind: "notice" }), "1");
      const [card, notice] = under.world.reads(thread);
      expect(notice).toMatchObject({ from: card?.from, words: "It failed" });
    });

    holds("whatever is typed is read just so, and calls no one", async (under) => {
      const { adapter, world } = under;
      const card = ticketCard({ title: hostile.slice(0, 150), requester: hostile });
      const { thread } = await adapter.openThread(under.where.agents, card, "card");
      await adapter.post(
        spot(thread),
        said(hostile, { author: { id: "x:1", name: hostile } }),
        "1",
      );
      await adapter.post(spot(thread), said(hostile, { kind: "note" }), "2");
      await adapter.postFile(spot(thread), { ...log, author: { id: "x:1", name: hostile } }, "3");
      const [, reply, note, ...more] = world.reads(thread);
      expect(reply?.words).toBe(hostile);
      expect(note?.words).toContain(hostile);
      expect(more).toHaveLength(1);
      expect(world.reads(thread).flatMap(({ pings }) => pings)).toEqual([]);
    });

    holds("a long text is several messages, in which nothing is lost", async (under) => {
      const { thread } = await opened(under);
      const { adapter, world } = under;
      const text = typedText("a word & another *word* ".repeat(800).trim());
      const parts = adapter.split(text);
      expect(parts.length).toBeGreaterThan(1);
      expect(tidy(parts.flat())).toEqual(tidy(text));
      for (const [index, part] of parts.entries()) {
        const posted = await adapter.post(spot(thread), said("", { text: part }), `${index}`);
        await adapter.update(posted, { message: said("", { text: part, kind: "note" }) });
        await adapter.update(posted, { message: said("", { text: part }) });
      }
      const words = world
        .reads(thread)
        .slice(1)
        .map((each) => each.words.trim());
      const wanted = parts.map((part) => plainText(part).trim());
      expect(words.every((each, index) => each === wanted[index])).toBe(true);
      expect(words).toHaveLength(wanted.length);
    });

    holds("a text that was taken away leaves words to be read", async (under) => {
      const { thread } = await opened(under);
      const posted = await under.adapter.post(spot(thread), said("hello"), "1");
      await under.adapter.update(posted, { message: said("") });
      expect(under.world.reads(thread).at(-1)?.words).toBe("(no text)");
    });

    holds(
      "a card shows how the ticket stands now, and is found by its key still",
      async (under) => {
        const { adapter, where, world } = under;
        const { thread, card } = await opened(under);
        const now = { card: ticketCard({ status: "resolved" }), at: spot(thread, where.agents) };
        expect(await adapter.update(card, now)).toBeUndefined();
        expect(await adapter.update(card, now)).toBeUndefined();
        expect(world.reads(thread)[0]?.words).toMatch(/resolved/i);
        expect(await adapter.findThread(where.agents, ticketCard(), "card", 0)).toMatchObject({
          thread,
        });
      },
    );

    holds("a card that was deleted is posted anew in its thread, once", async (under) => {
      const { adapter, where, world } = under;
      const { thread, card } = await opened(under);
      await adapter.post(spot(thread), said("hello"), "1");
      const shown = (status: TicketCard["status"]) => ({
        card: ticketCard({ status }),
        at: spot(thread, where.agents),
      });
      world.deletes(card);
      const other = await adapter.update(card, shown("pending"));
      const latest = () => world.reads(thread).at(-1);
      expect(latest()?.reference).toBe(other);
      expect(latest()?.words).toContain("Printer on fire");
      const before = world.reads(thread).length;
      expect(await adapter.update(card, shown("resolved"))).toBe(other);
      expect(await adapter.update(other ?? "", shown("resolved"))).toBeUndefined();
      expect(world.reads(thread)).toHaveLength(before);
      expect(latest()?.words).toMatch(/resolved/i);
      world.deletes(other ?? "");
      const third = await adapter.update(other ?? "", shown("pending"));
      expect(latest()?.reference).toBe(third);
      expect(third).not.toBe(other);
      expect(world.threadsAt(where.agents)).toBe(1);
    });

    holds("a card whose thread was deleted with it tells so", async (under) => {
      const { adapter, where, world } = under;
      const { thread, card } = await opened(under);
      world.deletesThread(thread);
      world.deletes(card);
      const content = { card: ticketCard(), at: spot(thread, where.agents) };
      const failure = await failing(adapter, adapter.update(card, content));
      expect(failure.outcome).toBe("gone");
      expect(world.reads(thread)).toEqual([]);
    });

    holds(
      "in a closed ticket's thread messages are still posted, edited and removed",
      async (under) => {
        const { adapter, where, world } = under;
        const { thread, card } = await opened(under);
        const first = await adapter.post(spot(thread), said("one"), "1");
        const second = await adapter.post(spot(thread), said("two"), "2");
        const closed = ticketCard({ status: "closed" });
        await adapter.update(card, { card: closed, at: spot(thread, where.agents) });
        await adapter.update(first, { message: said("edited") });
        await adapter.remove(second);
        await adapter.post(spot(thread), said("three"), "3");
        expect(
          world
            .reads(thread)
            .slice(1)
            .map(({ words }) => words),
        ).toEqual(["edited", "three"]);
      },
    );

    holds("an edited message keeps its author, and is found by its key still", async (under) => {
      const { adapter, world } = under;
      const { thread } = await opened(under);
      const posted = await adapter.post(spot(thread), said("hello"), "key");
      await adapter.update(posted, { message: said("goodbye") });
      expect(world.reads(thread).at(-1)).toMatchObject({ from: "Rob", words: "goodbye" });
      expect(await adapter.findPosted(thread, { key: "key", sinceMs: 0 })).toBe(posted);
    });

    holds("to remove what is not there any more is no failure", async (under) => {
      const { adapter, world } = under;
      const { thread } = await opened(under);
      const posted = await adapter.post(spot(thread), said("hello"), "key");
      world.deletes(posted);
      await adapter.remove(posted);
      await adapter.remove(posted);
      expect(world.reads(thread)).toHaveLength(1);
    });

    holds("to edit what is not there any more is no failure", async (under) => {
      const { adapter, world } = under;
      const { thread } = await opened(under);
      const posted = await adapter.post(spot(thread), said("hello"), "key");
      world.deletes(posted);
      await adapter.update(posted, { message: said("goodbye") });
      expect(world.reads(thread)).toHaveLength(1);
    });

    holds("a message shows how it fares by one mark at a time", async (under) => {
      const { adapter, world } = under;
      const { thread } = await opened(under);
      const { message } = world.writes(thread, "hello");
      const marks = () => world.reads(thread).at(-1)?.marks;
      const steps: [Mark | null, Mark[]][] = [
        ["sending", []],
        ["sending", ["delivered", "failed"]],
        ["failed", ["sending"]],
        ["failed", ["sending"]],
        ["delivered", ["sending", "failed"]],
        [null, ["sending", "delivered", "failed"]],
        [null, []],
      ];
      for (const [mark, others] of steps) {
        await adapter.mark(message, mark, others);
        expect(marks()).toEqual(mark === null ? [] : [mark]);
      }
    });

    holds("a thread whose answer was lost is uncertain, and is found", async (under) => {
      const { adapter, where, world } = under;
      world.breaks("card", "reset after", under.where.agents);
      const failure = await failing(adapter, opened(under));
      expect(failure.outcome).toBe("uncertain");
      const found = await adapter.findThread(where.agents, ticketCard(), "card", 0);
      await adapter.post(spot(found?.thread ?? ""), said("hello"), "1");
      expect(world.reads(found?.thread ?? "")).toHaveLength(2);
      expect(world.threadsAt(where.agents)).toBe(1);
    });

    holds("a thread that was opened by half is completed", async (under) => {
      const { adapter, where, world } = under;
      for (const [at, how] of [
        [where.agents, "reset before"],
        [where.requester, "reset after"],
      ] as const) {
        world.breaks("thread", how, at);
        const failure = await failing(adapter, adapter.openThread(at, ticketCard(), "card"));
        expect(failure.outcome).toBe("uncertain");
        const found = await adapter.findThread(at, ticketCard(), "card", 0);
        expect(world.reads(found?.thread ?? "").map(({ reference }) => reference)).toEqual([
          found?.card,
        ]);
        expect(world.threadsAt(at)).toBe(1);
      }
    });

    holds("a message whose answer was lost is uncertain, and is found", async (under) => {
      const { adapter, world } = under;
      const { thread } = await opened(under);
      world.breaks("message", "reset after", under.where.agents);
      const failure = await failing(adapter, adapter.post(spot(thread), said("once"), "key"));
      expect(failure.outcome).toBe("uncertain");
      const found = await adapter.findPosted(thread, { key: "key", sinceMs: 0 });
      expect(found).toBe(world.reads(thread).at(-1)?.reference);
    });

    holds("a message that may have been posted, and was not, is not found", async (under) => {
      const { adapter, world } = under;
      const { thread } = await opened(under);
      world.breaks("message", "reset before", under.where.agents);
      const failure = await failing(adapter, adapter.post(spot(thread), said("once"), "key"));
      expect(failure.outcome).toBe("uncertain");
      expect(await adapter.findPosted(thread, { key: "key", sinceMs: 0 })).toBeUndefined();
    });

    holds("what others say with the same words is not taken for ours", async (under) => {
      const { adapter, world } = under;
      const { thread } = await opened(under);
      world.writes(thread, "once", log);
      await world.settled();
      const file = { name: log.name, sizeBytes: 5, others: [] };
      expect(await adapter.findPosted(thread, { key: "key", sinceMs: 0, file })).toBeUndefined();
    });

    holds("a file whose answer was lost is uncertain, and is found", async (under) => {
      const { adapter, world } = under;
      const { thread } = await opened(under);
      world.breaks("file", "reset after", under.where.agents);
      const failure = await failing(adapter, adapter.postFile(spot(thread), log, "key"));
      expect(failure.outcome).toBe("uncertain");
      const file = { name: log.name, sizeBytes: 5, others: [] };
      const found = await adapter.findPosted(thread, { key: "key", sinceMs: 0, file });
      expect(world.reads(thread).at(-1)).toMatchObject({ reference: found, files: ["log.txt"] });
    });

    holds("two files with one name are two messages, each found by its own key", async (under) => {
      const { adapter } = under;
      const { thread } = await opened(under);
      const first = await adapter.postFile(spot(thread), log, "1");
      const second = await adapter.postFile(spot(thread), log, "2");
      const find = (key: string) =>
        adapter.findPosted(thread, {
          ...{ key, sinceMs: 0 },
          file: { name: log.name, sizeBytes: 5, others: [first, second] },
        });
      expect(await find("2")).toBe(second);
      expect(await find("1")).toBe(first);
      expect(await find("3")).toBeUndefined();
    });

    holds("a file with nothing in it is told of as that", async (under) => {
      const { adapter } = under;
      const { thread } = await opened(under);
      const empty = { ...log, content: Buffer.alloc(0) };
      const failure = await failing(adapter, adapter.postFile(spot(thread), empty, "key"));
      expect(failure).toMatchObject({ outcome: "dead", reason: expect.stringContaining("empty") });
    });

    holds(
      "a file that someone wrote is fetched as it is, if it is not too large",
      async (under) => {
        const { adapter, world } = under;
        const { thread } = await opened(under);
        const { file = "", message } = world.writes(thread, "see here", log);
        expect(await adapter.fetchFile(file, 5)).toEqual(log.content);
        const large = await failing(adapter, adapter.fetchFile(file, 4));
        expect(large).toMatchObject({ outcome: "dead", reason: "the file is too large" });
        world.deletes(message);
        const deleted = await failing(adapter, adapter.fetchFile(file, 5));
        expect(deleted).toMatchObject({
          outcome: "dead",
          reason: expect.stringContaining("deleted"),
        });
      },
    );

    holds("a thread that was deleted is told of, and nothing is left beside it", async (under) => {
      const { adapter, where, world } = under;
      const { thread } = await opened(under);
      world.deletesThread(thread);
      const posting = await failing(adapter, adapter.post(spot(thread), said("secret"), "1"));
      const file = await failing(adapter, adapter.postFile(spot(thread), log, "2"));
      const finding = await failing(adapter, adapter.findPosted(thread, { key: "1", sinceMs: 0 }));
      expect([posting, file, finding].map(({ outcome }) => outcome)).toEqual([
        "gone",
        "gone",
        "gone",
      ]);
      expect(world.reads(thread)).toEqual([]);
      const next = await adapter.openThread(where.agents, ticketCard(), "another");
      expect(next.thread).not.toBe(thread);
      expect(world.reads(next.thread)).toHaveLength(1);
    });

    holds(
      "when the platform asks to wait, nothing was sent, and it is tried again then",
      async (under) => {
        const { adapter, world } = under;
        const { thread } = await opened(under);
        world.breaks("message", { retryAfterS: 17 }, under.where.agents);
        const failure = await failing(adapter, adapter.post(spot(thread), said("once"), "key"));
        expect(failure.outcome).toBe("retry");
        expect(failure.retryAfterMs).toBeGreaterThanOrEqual(17_000);
        expect(world.reads(thread)).toHaveLength(1);
      },
    );

    holds("a token that is refused is tried again, as it can be mended", async (under) => {
      const { adapter, world } = under;
      const { thread } = await opened(under);
      world.refusesToken();
      const failure = await failing(adapter, adapter.post(spot(thread), said("once"), "key"));
      expect(failure).toMatchObject({ outcome: "retry", reason: expect.stringContaining("token") });
    });

    holds("what is no reference is a dead delivery, and nothing is sent", async (under) => {
      const { adapter, world } = under;
      const failures = [
        await failing(adapter, adapter.post(spot("nonsense"), said("hi"), "1")),
        await failing(adapter, adapter.update("nonsense", { message: said("hi") })),
        await failing(adapter, adapter.remove("nonsense")),
      ];
      expect(failures.map(({ outcome }) => outcome)).toEqual(["dead", "dead", "dead"]);
      expect(world.calls()).toBe(0);
    });

    test("every exception is one to a test that there is", () => {
      expect(Object.keys(exceptions).filter((each) => !names.has(each))).toEqual([]);
    });
  });
}

/** What the adapter makes of the error that the call ends with. */
async function failing(adapter: PlatformAdapter, done: Promise<unknown>): Promise<Failure> {
  const error: unknown = await done.then(
    () => {
      throw new Error("it did not fail");
    },
    (thrown: unknown) => thrown,
  );
  return adapter.failureOf(error);
}
