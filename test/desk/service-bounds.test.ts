import { expect, test } from "vitest";
import type { ServiceEntry } from "../../src/desk/service.ts";
import { takeEntries } from "../../src/desk/service-entries.ts";
import { plainText } from "../../src/desk/text-plain.ts";
import { limits } from "../../src/tickets/limits.ts";
import { placeOf, robsTicket, start } from "./documents.ts";
import { type ServiceStory, storyThere } from "./service-story.ts";

const minuteMs = 60_000;

async function polls(story: ServiceStory): Promise<void> {
  await story.engine.pass(minuteMs);
  expect(await story.engine.poll()).toBe(true);
  await story.engine.pass(minuteMs);
}

const writesOf = (story: ServiceStory) => {
  let writes = 0;
  story.engine.writeEnding = () => {
    writes += 1;
    return "ok";
  };
  return () => writes;
};

test("a message of the service that is longer than one may be is cut, and says so and where all of it is; once, also when the service renames it", async () => {
  const story = await storyThere();
  const words = "👍🏽 word ".repeat(4_000);
  story.there.writes("agent", "eve", words);
  await polls(story);
  const { threads } = (await story.document()).ticket;
  const cut = threads[1]?.message ?? "";
  expect([...cut].length).toBeLessThanOrEqual(limits.messageLength);
  expect(cut.startsWith(words.slice(0, 5_000))).toBe(true);
  expect(cut).toMatch(
    /\n\[Cut here: all of it, about 40,000 characters, is in the ticket service, in there-1\]$/,
  );
  expect(story.said("rob")).toEqual(["Rob: It burns", `eve: ${cut}`]);
  const writes = writesOf(story);
  await polls(story);
  expect(writes()).toBe(0);
  story.there.renames = "at writes";
  story.there.changes({});
  await polls(story);
  expect(story.said("rob")).toHaveLength(2);
});

const entryOf = (ref: string, message: string): ServiceEntry => ({
  ...{ ref, type: "user", author: "eve", timestamp: null, message },
});

/** Rob's ticket, and what its service shows: its description, and what else was written there. */
function shown(words: readonly string[]) {
  const document = robsTicket();
  const id = {
    ...placeOf(document, "p1"),
    id: "p9",
    side: "service",
    platform: "service",
  } as const;
  document.places.push({ ...id, thread: "there-1", card: "there-1" });
  const entries = ["It burns", ...words].map((message, index) => entryOf(`e${index}`, message));
  const fields = { status: "open", priority: "high", assignedTo: null, resolution: null } as const;
  const there = { id: "there-1", fields, updatedAt: document.ticket.updatedAt, entries };
  const read = (): void =>
    takeEntries(document, placeOf(document, "p9"), there, { isOld: false, now: start });
  const told = (): string[] =>
    document.messages
      .filter(({ kind, audience }) => kind === "notice" && audience === "agents")
      .map(({ text }) => plainText(text ?? []));
  return { document, there, read, told };
}

const noRoom =
  "No more of what is written in the ticket service comes here: there is no room left for it. Please read and answer it there, in there-1, or go on in another ticket.";

test("of more messages than a ticket may hold, agents are told once that no more come; what is known goes on", () => {
  const long = "x".repeat(limits.messageLength - 10);
  const { document, there, read, told } = shown(
    Array.from({ length: 210 }, (_, index) => `${index} ${long}`),
  );
  read();
  expect(told()).toEqual([noRoom]);
  expect(document.ticket.threads.length).toBeGreaterThan(199);
  expect(document.ticket.threads.length).toBeLessThan(205);
  const before = structuredClone(document);
  read();
  there.entries.push(entryOf("e999", "more"));
  read();
  expect(document).toEqual(before);
  Object.assign(there.entries[1] ?? {}, { message: "the first" });
  read();
  expect(document.ticket.threads[1]?.message).toBe("the first");
});

test("what is written for ever to a ticket that is closed here is shown to agents as far as that helps", () => {
  const { document, read, told } = shown(
    Array.from({ length: 150 }, (_, index) => `wait ${index}`),
  );
  document.ticket = { ...document.ticket, status: "closed" };
  read();
  expect(told().filter((each) => each.includes("wait"))).toHaveLength(100);
  expect(told().filter((each) => each === noRoom)).toHaveLength(1);
  const before = structuredClone(document);
  read();
  expect(document).toEqual(before);
});
