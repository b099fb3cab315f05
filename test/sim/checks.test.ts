import { describe, expect, test } from "vitest";
import type { TicketDocument } from "../../src/desk/document.ts";
import { live } from "./history.ts";
import type { Platform } from "./platform.ts";
import type { World } from "./world.ts";

const timeoutMs = 5 * 60_000;

const mostSeeds = 400;

/** What is wrong in the first history in which something is. */
async function firstWrongs(sabotage: (world: World) => void): Promise<string[]> {
  for (let seed = 0; seed < mostSeeds; seed += 1) {
    const { wrongs } = await live({ seed, sabotage });
    if (wrongs.length > 0) return wrongs;
  }
  return [];
}

const onEach = (break_: (platform: Platform) => void) => (world: World) => {
  for (const platform of world.platforms.values()) break_(platform);
};

/** Only every so many calls are affected. */
function every(most: number): () => boolean {
  let calls = 0;
  return () => {
    calls += 1;
    return calls % most === 0;
  };
}

const written = (change: (document: TicketDocument) => TicketDocument) => (world: World) => {
  const keep = world.disk.keep.bind(world.disk);
  world.disk.keep = (document) => keep(change(document));
};

const atEachStart = (change: (document: TicketDocument) => TicketDocument) => (world: World) => {
  const start = world.start.bind(world);
  world.start = () => {
    const { documents } = world.disk;
    for (const [id, document] of documents) documents.set(id, change(document));
    start();
  };
};

const broken: [what: string, found: RegExp, sabotage: (world: World) => void][] = [
  [
    "a message that its platform says it has, and has not",
    /is meant to show|never arrived/,
    onEach((platform) => {
      const post = platform.post.bind(platform);
      const isLost = every(7);
      platform.post = (thread, message) => {
        const id = post(thread, message);
        if (isLost()) platform.remove(id);
        return id;
      };
    }),
  ],
  [
    "a message that is sent again, as it is not found",
    /twice|is meant to show/,
    onEach((platform) => {
      const post = platform.post.bind(platform);
      platform.post = (thread, message) => post(thread, { ...message, key: `${message.key} ` });
    }),
  ],
  [
    "what the process before had begun, and is not looked for",
    /twice|is meant to show|one-t\d+,one-t\d+|two-t\d+,two-t\d+/,
    atEachStart((document) => ({ ...document, underway: [] })),
  ],
  [
    "a write that was said to be durable",
    /./,
    (world) => {
      const keep = world.disk.keep.bind(world.disk);
      const isLost = every(30);
      world.disk.keep = (document) => {
        if (!isLost()) keep(document);
      };
    },
  ],
  [
    "a note that requesters read",
    /A note stood in the requester's/,
    written((document) => ({
      ...document,
      messages: document.messages.map((message) => ({ ...message, audience: "everyone" })),
    })),
  ],
  [
    "an edit that does not arrive",
    /is meant to show/,
    onEach((platform) => {
      platform.edit = () => undefined;
    }),
  ],
  [
    "a deletion that does not arrive",
    /is meant to show/,
    onEach((platform) => {
      const remove = platform.remove.bind(platform);
      platform.remove = (message) => {
        if (platform.find(message)?.writer) remove(message);
      };
    }),
  ],
  [
    "a thread in another order",
    /stands after/,
    onEach((platform) => {
      const post = platform.post.bind(platform);
      platform.post = (thread, message) => {
        const id = post(thread, message);
        platform.thread(thread).messages.reverse();
        return id;
      };
    }),
  ],
  [
    "a thread that is opened twice",
    /one-t\d+,one-t\d+|two-t\d+,two-t\d+/,
    onEach((platform) => {
      const open = platform.open.bind(platform);
      platform.open = (where, key) => {
        open(where, key);
        return open(where, key);
      };
    }),
  ],
  [
    "a form that becomes two tickets",
    /forms have become/,
    (world) => {
      world.disk.find = () => undefined;
    },
  ],
  [
    "a mark that is not set",
    /is marked “”/,
    onEach((platform) => {
      platform.marksOf = () => new Set();
    }),
  ],
  [
    "a failure that no agent sees",
    /No agent sees/,
    onEach((platform) => {
      const post = platform.post.bind(platform);
      platform.post = (thread, message) => post(thread, { ...message, retry: undefined });
    }),
  ],
  [
    "a card that shows how it was",
    /The card in/,
    onEach((platform) => {
      const showCard = platform.showCard.bind(platform);
      platform.showCard = (thread, shows) =>
        showCard(thread, Object.freeze({ ...shows, status: "closed" }));
    }),
  ],
];

describe("the checks notice", () => {
  test.each(broken)(
    "%s",
    async (_, found, sabotage) => {
      expect((await firstWrongs(sabotage)).join("\n")).toMatch(found);
    },
    timeoutMs,
  );
});
