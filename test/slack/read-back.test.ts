import { describe, expect, test } from "vitest";
import type { WrittenEvent } from "../../src/desk/chat.ts";
import { plainText } from "../../src/desk/text-plain.ts";
import { spot } from "../contracts/adapter.ts";
import { answeredBy, card, placeOf, slackWithPlatform } from "./connected.ts";

const replies = "conversations.replies";
const day = 24 * 60 * 60_000;

async function withThread(options: Parameters<typeof slackWithPlatform>[0] = {}) {
  const connected = await slackWithPlatform(options);
  const { slack, platform, triage, ada } = connected;
  const sinceMs = slack.clock.now();
  const { thread } = await platform.openThread(triage, card(), "card");
  const { ts: root } = placeOf(thread);
  const says = (text: string, more: object = {}) => {
    slack.clock.advance(1_000);
    return ada.writes(triage, text, { thread: root, ...more });
  };
  const read = async (at = thread, since = sinceMs) => {
    const events: WrittenEvent[] = [];
    for await (const event of platform.readSince(spot(at), since)) events.push(event);
    return events;
  };
  const failing = async (at = thread, since = sinceMs) => {
    const error: unknown = await read(at, since).then(
      () => Promise.reject(new Error("it did not fail")),
      (thrown: unknown) => thrown,
    );
    return platform.failureOf(error);
  };
  /** Reads for as long as Slack asks to wait; resolves to what was read, and how often it had to. */
  const readPatiently = async () => {
    for (let waits = 0; waits < 20; waits += 1) {
      const events = await read().catch((error: unknown) => {
        slack.clock.advance(platform.failureOf(error).retryAfterMs ?? 0);
      });
      if (events) return { events, waits };
    }
    throw new Error("it never came to an end");
  };
  const asked = () => slack.calls.filter(({ method }) => method === replies).length;
  return { ...connected, thread, root, sinceMs, says, read, failing, readPatiently, asked };
}

const words = (events: readonly WrittenEvent[]) => events.map(({ text }) => plainText(text));

describe("with 15 messages a minute", () => {
  const texts = Array.from({ length: 40 }, (_, index) => `message ${index}`);

  test("a long thread is read in as many minutes as it has pages", async () => {
    const { slack, says, readPatiently, asked } = await withThread();
    for (const text of texts) says(text);
    slack.sellsOutsideTheMarketplace();
    const { events, waits } = await readPatiently();
    expect(words(events)).toEqual(texts);
    expect(waits).toBe(2);
    expect(asked()).toBe(5);
  });

  test("whoever reads another thread is told to wait, and Slack is not asked", async () => {
    const { slack, platform, says, read, failing, asked } = await withThread();
    const members = [...slack.workspace.channelOf({ channel: "C0TRIAGE1" }).members];
    slack.workspace.addChannel({ id: "C0SECOND1", name: "second", members });
    const other = await platform.openThread("C0SECOND1", card(), "other");
    says("hello");
    slack.sellsOutsideTheMarketplace();
    await read();
    expect(await failing(other.thread)).toMatchObject({ outcome: "retry", retryAfterMs: 60_000 });
    const before = asked();
    slack.clock.advance(20_000);
    expect(await failing()).toMatchObject({ outcome: "retry", retryAfterMs: 40_000 });
    expect(asked()).toBe(before);
  });

  test("what was edited while it waited comes as it stands then", async () => {
    const { slack, ada, says, failing, readPatiently, editions } = await withThread();
    const [first, ...more] = texts.map((text) => says(text));
    slack.sellsOutsideTheMarketplace();
    expect(await failing()).toMatchObject({ outcome: "retry" });
    if (!first) throw new Error("nothing was written");
    ada.edits(first, "edited");
    const { channel, ts } = first;
    const content = { text: "edited", blocks: undefined };
    editions.taken({
      ...{ type: "edited", channel, ts, thread: first.thread, at: slack.clock.now() / 1_000 },
      ...{ user: ada.id, content, files: [], under: undefined },
    });
    const { events } = await readPatiently();
    expect(words(events)).toEqual(["edited", ...more.map((seen) => seen.words)]);
  });

  test("what was edited in a gap while it waited comes as it stands then", async () => {
    const { slack, ada, says, failing, readPatiently, heard } = await withThread();
    const [first, ...more] = texts.map((text) => says(text));
    slack.sellsOutsideTheMarketplace();
    expect(await failing()).toMatchObject({ outcome: "retry" });
    if (!first) throw new Error("nothing was written");
    ada.edits(first, "edited");
    heard.missed(slack.clock.now());
    const { events } = await readPatiently();
    expect(words(events)).toEqual(["edited", ...more.map((seen) => seen.words)]);
  });

  test("whether a message is there waits for its turn, and is then said", async () => {
    const { slack, platform, ada, says, thread, asked } = await withThread();
    const [said, kept] = [says("oops"), says("fine")];
    slack.sellsOutsideTheMarketplace();
    ada.deletes(said);
    const asks = ({ channel, ts }: { channel: string; ts: string }) =>
      platform.isThere(spot(thread), `${slack.workspace.team.id}/${channel}/${ts}`);
    expect(await asks(said)).toBe(false);
    const failure = await asks(kept).catch((error: unknown) => platform.failureOf(error));
    expect(failure).toMatchObject({ outcome: "retry", retryAfterMs: 60_000 });
    slack.clock.advance(60_000);
    expect(await asks(kept)).toBe(true);
    expect(asked()).toBe(3);
  });

  test("who wants to know of more is given what was written before as well", async () => {
    const { slack, platform, says, failing, readPatiently } = await withThread();
    const all = texts.map((text) => says(text));
    slack.sellsOutsideTheMarketplace();
    const half = `${slack.workspace.team.id}/${all[20]?.channel}/${all[20]?.ts}`;
    expect(await failing(undefined, platform.writtenAt(half))).toMatchObject({ outcome: "retry" });
    expect(words((await readPatiently()).events)).toEqual(texts);
  });
});

describe("an edit that was read back", () => {
  test("is known once it was taken, and not before", async () => {
    const { slack, platform, ada, says, thread, sinceMs, editions } = await withThread();
    const said = says("hte");
    const { channel, ts } = said;
    says("and more");
    slack.clock.advance(10_000);
    const older = {
      ...({ type: "edited", channel, ts, thread: placeOf(thread).ts, user: ada.id } as const),
      ...{ content: { text: "teh", blocks: undefined }, files: [], under: undefined },
      at: slack.clock.now() / 1_000 - 2,
    };
    ada.edits(said, "the");
    const reading = platform.readSince(spot(thread), sinceMs)[Symbol.asyncIterator]();
    const { value } = await reading.next();
    expect(value).toMatchObject({ type: "edited" });
    expect(editions.isOutdated(older)).toBe(false);
    await reading.next();
    expect(editions.isOutdated(older)).toBe(true);
    expect(editions.isOutdated({ ...older, at: slack.clock.now() / 1_000 })).toBe(false);
  });

  test("is not taken for known by who gives up in the middle", async () => {
    const { slack, platform, ada, says, thread, sinceMs, editions } = await withThread();
    const said = says("hte");
    slack.clock.advance(10_000);
    ada.edits(said, "the");
    for await (const { type } of platform.readSince(spot(thread), sinceMs)) {
      expect(type).toBe("edited");
      break;
    }
    expect(editions.turn).toBe(0);
  });
});

describe("what belongs to a thread", () => {
  test("is also what was sent to the channel as well, and what has files only", async () => {
    const { says, read } = await withThread();
    says("for all", { broadcast: true });
    says("", { files: [{ name: "a.txt", content: "a" }] });
    const [broadcast, file, ...more] = await read();
    expect(broadcast && words([broadcast])).toEqual(["for all"]);
    expect(file?.files).toMatchObject([{ name: "a.txt" }]);
    expect(more).toEqual([]);
  });

  test("is not what a person wrote in the channel itself, nor a thread's root", async () => {
    const { ada, triage, says, read, slack } = await withThread();
    const own = ada.writes(triage, "my own thread");
    ada.writes(triage, "in it", { thread: own.ts });
    says("in the ticket's");
    expect(words(await read())).toEqual(["in the ticket's"]);
    const reference = `${slack.workspace.team.id}/${triage}/${own.ts}`;
    expect(words(await read(reference))).toEqual(["in it"]);
  });

  test("comes without the files that were taken off it, as an edit", async () => {
    const { ada, says, read } = await withThread();
    const files = [
      { name: "a.txt", content: "a" },
      { name: "b.txt", content: "b" },
    ];
    ada.deletesFile(says("both", { files }), "a.txt");
    const [event] = await read();
    expect(event).toMatchObject({ type: "edited", files: [{ name: "b.txt" }] });
  });

  test("can be asked for, with one message a page, also when the card was deleted", async () => {
    const { slack, platform, ada, triage, says, root, thread } = await withThread();
    slack.givesPagesOf(1);
    const said = says("hello");
    const asks = () =>
      platform.isThere(spot(thread), `${slack.workspace.team.id}/${triage}/${said.ts}`);
    expect(await asks()).toBe(true);
    const shown = ada.reads(triage).find(({ ts }) => ts === root);
    if (shown) slack.deletes(shown);
    expect(await asks()).toBe(true);
    expect(await platform.isThere(spot(thread), thread)).toBe(false);
    slack.deletes(said);
    const gone = await asks().catch((error: unknown) => platform.failureOf(error));
    expect(gone).toMatchObject({ outcome: "gone" });
  });

  test("is read also when the card was deleted", async () => {
    const { slack, ada, triage, says, read, root } = await withThread();
    says("still here");
    const shown = ada.reads(triage).find(({ ts }) => ts === root);
    if (shown) slack.deletes(shown);
    expect(words(await read())).toEqual(["still here"]);
  });
});

describe("what cannot be read", () => {
  test.each([
    ["not_in_channel", "dead", "invite it"],
    ["channel_not_found", "dead", "invite it"],
    ["missing_scope", "dead", "lacks a scope"],
    ["no_permission", "dead", "check its scopes"],
    ["not_allowed_token_type", "dead", "does not let bots read"],
    ["thread_not_found", "gone", "deleted"],
    ["some_new_code", "dead", "some_new_code"],
    ["token_revoked", "retry", "token"],
    ["invalid_cursor", "retry", "where it left off"],
    ["internal_error", "uncertain", "trouble"],
  ])("because of %s is %s, and it is said why", async (error, outcome, why) => {
    const { slack, failing } = await withThread();
    slack.misbehave({ error }, { method: replies });
    const failure = await failing();
    expect(failure).toMatchObject({ outcome, reason: expect.stringContaining(why) });
  });

  test("because the plan hides it is told, after what is shown", async () => {
    const { slack, platform, says, thread, sinceMs, failing, read } = await withThread();
    says("long ago");
    slack.clock.advance(100 * day);
    says("today");
    slack.hidesBefore(slack.clock.now() - 90 * day);
    const seen: WrittenEvent[] = [];
    const reading = async () => {
      for await (const event of platform.readSince(spot(thread), sinceMs)) seen.push(event);
    };
    await expect(reading()).rejects.toThrow();
    expect(words(seen)).toEqual(["today"]);
    expect(await failing()).toMatchObject({
      outcome: "dead",
      reason: expect.stringContaining("plan"),
    });
    // Whatever else is hidden in the workspace: of these days, all is there.
    expect(words(await read(thread, slack.clock.now() - day))).toEqual(["today"]);
  });

  test("because no one says who is an agent is tried again", async () => {
    const { slack, says, failing, read } = await withThread();
    says("hello");
    slack.misbehave({ error: "internal_error" }, { method: "conversations.members" });
    expect(await failing()).toMatchObject({
      outcome: "retry",
      reason: expect.stringContaining("who is an agent"),
    });
    slack.clock.advance(5_000);
    expect(words(await read())).toEqual(["hello"]);
  });

  test("in one message is not passed over as if that was deleted", async () => {
    const apiUrl = await answeredBy((_, response) => {
      response.setHeader("content-type", "application/json");
      const messages = [{ ts: "1700000000.000100", user: "U0ADA0001", text: 17 }];
      response.end(JSON.stringify({ ok: true, messages }));
    });
    const { platform } = await slackWithPlatform({ apiUrl });
    const reading = async () => {
      const at = spot("T0FAKE001/C0TRIAGE1/1600000000.000100");
      for await (const _ of platform.readSince(at, 0)) throw new Error("something came");
    };
    const error: unknown = await reading().catch((thrown: unknown) => thrown);
    expect(platform.failureOf(error)).toMatchObject({ outcome: "uncertain" });
  });
});

test.each([
  ["1700000000.123456", 1_700_000_000_123],
  ["1700000000.000000", 1_700_000_000_000],
  ["1700000000.999999", 1_700_000_000_999],
])("a message with the ts %s was written at %d", async (ts, at) => {
  const { platform } = await slackWithPlatform();
  expect(platform.writtenAt(`T1/C1/${ts}`)).toBe(at);
});
