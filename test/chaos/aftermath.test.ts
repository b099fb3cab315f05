import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { verdict } from "./aftermath.ts";
import { Calls, type Likely } from "./calls.ts";
import { draws } from "./draws.ts";
import type { Finding } from "./finding.ts";
import { Journal } from "./journal.ts";
import { Killer } from "./killer.ts";
import { needlessFiles, needlessMemory } from "./leftovers.ts";
import { becomesQuiet } from "./quiet.ts";
import { talk } from "./talk.ts";
import { formSource, type Ticket } from "./tickets.ts";
import { createWorld, type World } from "./world.ts";

/** As for the whole run: nothing here is to depend on how fast it is. */
const hangsMs = 600_000;

const never: Likely = { wrong: 0, silent: 0, refused: 0 };

/** A ticket with a file, that agents on both platforms have, and no one has said a word in. */
function newTicket(name: string): Ticket {
  return {
    ...{ name, origin: "slack", category: "general", asker: 0, isOpen: false, id: undefined },
    ...{ requester: undefined, agents: [], remote: undefined, written: [], resolutions: [] },
  };
}

/** Every check is shown to fail: what is spoilt stays so for the tests that follow. */
describe("once all is quiet, the verdict on what a real Deskhand has left", () => {
  let world: World;
  let killer: Killer;
  let calls: Calls;
  const ticket = newTicket("t1x1");
  const tickets = [ticket];

  beforeAll(async () => {
    world = await createWorld(new Journal(), { seed: 1, losesEvents: true, processes: 1 });
    killer = new Killer(world);
    calls = new Calls(world, killer, draws(1), never);
    await world.start("http");
    // This one's form has a file.
    await talk({ world, draw: draws(seedWithFile) }, ticket, { acts: 0 });
    await becomesQuiet(world);
  }, hangsMs);
  afterAll(async () => {
    killer.close();
    await world.close();
  }, hangsMs);

  const findings = async (): Promise<Finding[]> => [
    ...(await verdict(world, calls, tickets)),
    ...(await needlessFiles(world, tickets)),
  ];
  const inSlack = (method: string, args: object) =>
    fetch(`${world.slack.apiUrl}${method}`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${world.slack.app.botToken}`,
        "content-type": "application/json",
      },
      body: JSON.stringify(args),
    });
  const dm = () => world.people.slackAskers[0]?.dm ?? "";
  const triage = () => world.channels.slackTriage;
  const agentsCard = () => {
    const [card] = world.slack.workspace.channelOf({ channel: triage() }).messages;
    return card?.ts ?? "";
  };
  const [asker = ""] = [0].map((n) => `token-of-the-asker-${n}`);
  const document = () => join(world.folder, "tickets", `${ticket.id}.json`);
  const changesDocument = async (change: (read: string) => string) =>
    writeFile(document(), change(await readFile(document(), "utf8")));

  test("finds nothing where all is as it was promised", async () => {
    const [form] = ticket.written;
    expect(form).toMatchObject({ source: formSource, files: [{}] });
    expect(await findings()).toEqual([]);
  });

  test.each<[string, () => unknown, Finding["kind"], RegExp]>([
    // While nothing else is written that could write over it.
    [
      "a delivery is not settled",
      () => changesDocument((read) => read.replace('"owes": false', '"owes": true')),
      "unsettled",
      /t1x1 Lamp still owes something/,
    ],
    [
      "a requester is sent a note for a moment",
      () => inSlack("chat.postMessage", { channel: dm(), text: "// n900v0p0z" }),
      "leaked",
      /chat\.postMessage to D/,
    ],
    [
      "a note stands where a requester reads",
      () => inSlack("chat.postMessage", { channel: dm(), text: "n901v0p0z" }),
      "leaked",
      /no agent sees .*n901/,
    ],
    [
      "a client's token reads a note",
      () =>
        world.api.writes(asker, {
          ...{ method: "POST", path: `/${ticket.id}/threads`, key: "a-note" },
          body: { message: "n903v0p0z" },
        }),
      "leaked",
      /a client reads .* over HTTP/,
    ],
    // Once Deskhand has read it there, clients read it, too.
    [
      "a note is in the ticket service",
      () => ticket.remote?.writes("n902v0p0z"),
      "leaked",
      /service sees .*n902/,
    ],
    [
      "everyone in a channel is called",
      () =>
        inSlack("chat.postMessage", {
          channel: triage(),
          thread_ts: agentsCard(),
          text: "<!channel> k904v0p0z",
        }),
      "pinged",
      /slack agents is pinged/,
    ],
    [
      "words are in a channel in place of a thread",
      () => inSlack("chat.postMessage", { channel: triage(), text: "k905v0p0z" }),
      "stray",
      /k905/,
    ],
    [
      "a platform does not take a call as it was made",
      () => inSlack("chat.shout", { channel: triage() }),
      "invalid",
      /chat\.shout/,
    ],
    [
      "a ticket was never opened",
      () => void tickets.push(newTicket("t1x7")),
      "lost",
      /there is no such ticket/,
    ],
    [
      "a write was left half done",
      () => writeFile(join(world.folder, "tickets", "some.json.1.tmp"), ""),
      "unsettled",
      /some\.json\.1\.tmp was left/,
    ],
    [
      "a file is kept that no one has uploaded",
      async () => {
        const folder = join(world.folder, "attachments", "aa");
        await mkdir(folder, { recursive: true });
        await writeFile(join(folder, "aa".repeat(32)), "");
      },
      "unsettled",
      /no one has uploaded it/,
    ],
    [
      "there are more documents than tickets",
      async () => {
        for (const name of ["one", "two"])
          await writeFile(
            join(world.folder, "tickets", `${name}.json`),
            await readFile(document()),
          );
      },
      "unsettled",
      /documents of 2 tickets/,
    ],
    [
      "a file cannot be opened any more",
      async () => {
        const folder = join(world.folder, "attachments");
        for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true });
      },
      "lost",
      /the link to .* opens nothing/,
    ],
    [
      "a ticket is there twice",
      () =>
        world.api.writes(world.tokens.client, {
          ...{ method: "POST", path: "", key: "a-second" },
          body: {
            title: "t1x1 Lamp",
            description: "k1v0p0z",
            priority: "low",
            category: "billing",
          },
        }),
      "repeated",
      /there are 2 of it/,
    ],
  ])(
    "finds that %s",
    async (_, spoil, kind, says) => {
      const isIt = (finding: Finding) => finding.kind === kind && says.test(finding.says);
      expect((await findings()).filter(isIt)).toEqual([]);
      await spoil();
      expect((await findings()).filter(isIt)).not.toEqual([]);
    },
    hangsMs,
  );
});

/** Its form comes with a file. */
const seedWithFile = 23;

test("what a process holds beyond what a fresh one does is found, but for what any needs", () => {
  const mib = 1024 * 1024;
  const held = (mibs: number) => needlessMemory({ usedBytes: mibs * mib, freshBytes: 30 * mib });
  expect(held(45)).toEqual([]);
  expect(held(80)).toMatchObject([{ kind: "unsettled" }]);
});
