import { describe, expect, test } from "vitest";
import type {
  Failure,
  OutboundFile,
  PlatformAdapter,
  PlatformReader,
  WrittenEvent,
} from "../../src/desk/chat.ts";
import { plainText } from "../../src/desk/text-plain.ts";
import { type Exceptions, said, spot, ticketCard } from "./adapter.ts";

/** The platform itself: what people do there, and how it lets itself be read. */
interface ReadingWorld {
  /** Someone writes in a thread: an agent in the agents' one, the requester in theirs. */
  writes(
    thread: string,
    text: string,
    file?: Pick<OutboundFile, "name" | "content">,
  ): { message: string };
  edits(message: string, text: string): void;
  /** Someone deletes a message, with its files. */
  deletes(message: string): void;
  deletesThread(thread: string): void;
  /** A bot that is not ours writes in a thread of the agents. */
  botWrites(thread: string, text: string): void;
  /** From now on, no page has more messages than this. */
  givesPagesOf(messages: number): void;
  /** After `pages` more of them, whoever asks for one is told to wait, once. */
  throttles(pages: number, retryAfterS: number): void;
  /** We are no longer let see the agents' place. */
  shutsUsOut(): void;
  refusesToken(): void;
  /** What only the writer of this message is told about it. */
  toldOf(message: string): string[];
  /** Time goes on. */
  passes(ms: number): void;
  now(): number;
}

export interface ReaderUnderTest {
  adapter: PlatformAdapter & PlatformReader;
  /** Two places: the agents' channel, and a person's. */
  where: { agents: string; requester: string };
  world: ReadingWorld;
}

const log = { name: "log.txt", content: Buffer.from("hello") };

/** What every chat platform must do when it is read back, whatever it is made of. */
export function readingContract(
  name: string,
  make: () => Promise<ReaderUnderTest>,
  exceptions: Exceptions = {},
): void {
  const names = new Set<string>();
  const holds = (what: string, check: (under: Open) => Promise<void>) => {
    names.add(what);
    const reason = exceptions[what];
    if (reason === undefined) test(what, async () => check(await opened(await make())));
    else test.skip(`${what} (not here: ${reason})`);
  };

  describe(`${name}: the contract of reading back`, () => {
    holds(
      "what agents wrote comes in order, with who they are",
      async ({ world, agents, read }) => {
        const first = world.writes(agents, "one");
        const second = world.writes(agents, "two *and* a half");
        const [one, two, ...more] = await read(agents);
        expect(one).toMatchObject({ type: "message", thread: agents, message: first.message });
        expect(one?.by).toMatchObject({ name: "Ada", isAgent: true });
        expect(two).toMatchObject({ message: second.message, by: one?.by });
        expect(words([one, two])).toEqual(["one", "two *and* a half"]);
        expect(more).toEqual([]);
      },
    );

    holds("what the requester wrote comes as theirs", async ({ world, requester, read }) => {
      const { message } = world.writes(requester, "it burns");
      const [said, ...more] = await read(requester);
      expect(said).toMatchObject({ type: "message", thread: requester, message });
      expect(said?.by).toMatchObject({ name: "Rob", isAgent: false });
      expect(words([said])).toEqual(["it burns"]);
      expect(more).toEqual([]);
    });

    holds("where no one wrote, nothing comes", async ({ agents, requester, read }) => {
      expect(await read(agents)).toEqual([]);
      expect(await read(requester)).toEqual([]);
    });

    holds("only what was written since then comes", async (under) => {
      const { adapter, world, agents, read } = under;
      world.writes(agents, "before");
      world.passes(1_000);
      const { message } = world.writes(agents, "at that time");
      world.passes(1_000);
      world.writes(agents, "after");
      const since = await read(agents, adapter.writtenAt(message));
      expect(words(since)).toEqual(["at that time", "after"]);
      world.passes(60_000);
      expect(await read(agents, world.now())).toEqual([]);
    });

    holds("a message tells when it was written", async ({ adapter, world, agents }) => {
      const times = [0, 1, 999, 86_400_000].map((ms) => {
        world.passes(ms);
        const { message } = world.writes(agents, "hello");
        return { written: adapter.writtenAt(message), now: world.now() };
      });
      for (const { written, now } of times) expect(Math.abs(written - now)).toBeLessThanOrEqual(1);
    });

    holds("what was edited comes as it stands now, as an edit", async (under) => {
      const { world, agents, requester, read } = under;
      for (const thread of [agents, requester]) {
        const { message } = world.writes(thread, "hte printer");
        world.writes(thread, "and the screen");
        world.passes(1_000);
        world.edits(message, "teh printer");
        world.passes(1_000);
        world.edits(message, "the printer");
        const events = await read(thread);
        expect(events.map(({ type }) => type)).toEqual(["edited", "message"]);
        expect(words(events)).toEqual(["the printer", "and the screen"]);
      }
    });

    holds("what was deleted does not come", async ({ world, agents, read }) => {
      const { message } = world.writes(agents, "oops", log);
      world.writes(agents, "fine");
      world.deletes(message);
      expect(words(await read(agents))).toEqual(["fine"]);
    });

    holds("of each message it can be asked whether it is there", async (under) => {
      const { world, agents, requester, isThere } = under;
      for (const thread of [agents, requester]) {
        const before = world.writes(thread, "before");
        world.passes(1_000);
        const { message } = world.writes(thread, "oops", log);
        world.passes(1_000);
        const after = world.writes(thread, "after");
        world.edits(after.message, "afterwards");
        expect(await isThere(thread, message)).toBe(true);
        world.deletes(message);
        world.passes(86_400_000);
        expect(await isThere(thread, message)).toBe(false);
        for (const other of [before, after])
          expect(await isThere(thread, other.message)).toBe(true);
      }
    });

    holds("it is not said to be gone where it cannot be asked for", async (under) => {
      const { adapter, world, agents, isThere } = under;
      const { message } = world.writes(agents, "hello");
      const asking = (at = message) =>
        isThere(agents, at).then(
          () => Promise.reject(new Error("it did not fail")),
          (error: unknown) => adapter.failureOf(error),
        );
      expect(await asking("nonsense")).toMatchObject({ outcome: "dead" });
      world.shutsUsOut();
      expect(["dead", "gone"]).toContain((await asking()).outcome);
      world.refusesToken();
      expect((await asking()).outcome).toBe("retry");
    });

    holds("files are offered, and can be fetched", async ({ adapter, world, agents, read }) => {
      world.writes(agents, "see here", log);
      const [event] = await read(agents);
      expect(event?.files).toMatchObject([{ name: "log.txt", sizeBytes: 5 }]);
      expect(await adapter.fetchFile(event?.files[0]?.file ?? "", 5)).toEqual(log.content);
    });

    holds("what is ours or another bot's does not come", async (under) => {
      const { adapter, world, agents, requester, read } = under;
      await adapter.post(spot(agents), said("from the other side"), "1");
      await adapter.post(spot(agents), said("It failed", { kind: "notice" }), "2");
      await adapter.postFile(spot(agents), { ...log, type: "text/plain", author: rob }, "3");
      await adapter.post(spot(requester, under.where.requester), said("an answer"), "4");
      world.botWrites(agents, "the weather is fine");
      world.writes(agents, "mine");
      expect(words(await read(agents))).toEqual(["mine"]);
      expect(await read(requester)).toEqual([]);
    });

    holds(
      "another ticket's messages do not come",
      async ({ adapter, where, world, agents, read }) => {
        const other = await adapter.openThread(where.agents, ticketCard(), "other");
        world.writes(other.thread, "about the screen");
        world.writes(agents, "about the printer");
        expect(words(await read(agents))).toEqual(["about the printer"]);
      },
    );

    holds("all pages are read, each message once", async ({ adapter, world, agents, read }) => {
      world.givesPagesOf(5);
      const texts = Array.from({ length: 17 }, (_, index) => `message ${index}`);
      for (const [index, text] of texts.entries()) {
        world.writes(agents, text);
        if (index % 4 === 0) await adapter.post(spot(agents), said("ours"), text);
        world.passes(1_000);
      }
      expect(words(await read(agents))).toEqual(texts);
    });

    holds("asked to wait, it says for how long, and then all of it is read", async (under) => {
      const { world, agents, read, failing } = under;
      world.givesPagesOf(5);
      const texts = Array.from({ length: 9 }, (_, index) => `message ${index}`);
      for (const text of texts) world.writes(agents, text);
      for (const pages of [0, 1]) {
        world.throttles(pages, 17);
        const failure = await failing(agents);
        expect(failure.outcome).toBe("retry");
        expect(failure.retryAfterMs).toBeGreaterThanOrEqual(17_000);
        world.passes(failure.retryAfterMs ?? 0);
      }
      expect(words(await read(agents))).toEqual(texts);
    });

    holds("a thread that was deleted is told of as gone", async ({ world, agents, failing }) => {
      world.deletesThread(agents);
      expect(await failing(agents)).toMatchObject({
        outcome: "gone",
        reason: expect.stringContaining("deleted"),
      });
    });

    holds("a place that we are shut out of is told of, with what to do", async (under) => {
      const { world, agents, failing } = under;
      world.writes(agents, "hello?");
      world.shutsUsOut();
      const { outcome, reason } = await failing(agents);
      expect(["dead", "gone"]).toContain(outcome);
      expect(reason).not.toBe("");
    });

    holds("a token that is refused is tried again, as it can be mended", async (under) => {
      const { world, agents, failing } = under;
      world.refusesToken();
      expect(await failing(agents)).toMatchObject({
        outcome: "retry",
        reason: expect.stringContaining("token"),
      });
    });

    holds("what is no reference cannot be read", async ({ adapter, failing }) => {
      expect(await failing("nonsense")).toMatchObject({ outcome: "dead" });
      expect(() => adapter.writtenAt("nonsense")).toThrow();
    });

    holds("whoever wrote what is refused is told so", async ({ adapter, world, agents, read }) => {
      const { message } = world.writes(agents, "let me in");
      const [event] = await read(agents);
      if (!event) throw new Error("it was not read");
      await adapter.tellRefused(event, { refused: "NOT_AN_AGENT", ticket: ticketCard().id });
      expect(world.toldOf(message)).toEqual([expect.stringContaining("agent")]);
    });

    test("every exception is one to a test that there is", () => {
      expect(Object.keys(exceptions).filter((each) => !names.has(each))).toEqual([]);
    });
  });
}

const rob = { id: "elsewhere:1", name: "Rob" };

const words = (events: readonly (WrittenEvent | undefined)[]) =>
  events.map((event) => event && plainText(event.text));

interface Open extends ReaderUnderTest {
  /** Its threads. */
  agents: string;
  requester: string;
  read(thread: string, sinceMs?: number): Promise<WrittenEvent[]>;
  isThere(thread: string, message: string): Promise<boolean>;
  /** What the adapter makes of the error that reading ends with. */
  failing(thread: string): Promise<Failure>;
}

/** A ticket with a thread on either side, that began a second ago. */
async function opened(under: ReaderUnderTest): Promise<Open> {
  const { adapter, where, world } = under;
  const since = world.now();
  const cards = [
    await adapter.openThread(where.agents, ticketCard(), "agents"),
    await adapter.openThread(where.requester, ticketCard({ side: "requester" }), "requester"),
  ];
  world.passes(1_000);
  const [agents = "", requester = ""] = cards.map(({ thread }) => thread);
  const placeOf = (thread: string) => (thread === requester ? where.requester : where.agents);
  const read = async (thread: string, sinceMs = since) => {
    const events: WrittenEvent[] = [];
    for await (const event of adapter.readSince(spot(thread, placeOf(thread)), sinceMs))
      events.push(event);
    return events;
  };
  const failing = (thread: string) =>
    read(thread).then(
      () => Promise.reject(new Error("it did not fail")),
      (error: unknown) => adapter.failureOf(error),
    );
  const isThere = (thread: string, message: string) =>
    adapter.isThere(spot(thread, placeOf(thread)), message);
  return { ...under, agents, requester, read, isThere, failing };
}
