import { onTestFinished } from "vitest";
import { createSlack } from "../../adapters/slack/slack.ts";
import { openAttachments } from "../../src/attachments/open.ts";
import type { ChatDesk, WrittenEvent } from "../../src/desk/chat.ts";
import { createChatDesk } from "../../src/desk/chat-desk.ts";
import { randomIds } from "../../src/desk/ids.ts";
import { createOutbox } from "../../src/desk/outbox.ts";
import { StoreError, type TicketStore } from "../../src/desk/ports.ts";
import { plainText } from "../../src/desk/text-plain.ts";
import { openLowdbStore } from "../../src/store/lowdb/open.ts";
import { type Slack, startSlack } from "../fakes/slack/slack.ts";
import { keptLog } from "../log.ts";
import { temporaryFolder } from "../temporary.ts";
import { type Mode, served } from "./receiving.ts";

/** What the desk is told, and how it fares. */
interface Watched {
  /** Since when something may have been missed, each time. */
  missed: (number | undefined)[];
  /** Every `heard` of what comes live fails. */
  fails: boolean;
  /** What comes live waits for it before it is heard. */
  waits: Promise<void>;
  /** How many wait. */
  waiting: number;
}

const triage = "C0TRIAGE1";

/** Slack's people before a real desk, with a ticket of Rob's that has its two threads. */
export async function atTheDesk(
  mode: Mode = "HTTP",
  { before = (_: Slack): void => undefined, retriesAfterMs = [0, 60_000, 300_000] } = {},
) {
  const slack = await startSlack({ retriesAfterMs });
  onTestFinished(() => slack.stop());
  const ada = slack.person("U0ADA0001", { name: "ada", displayName: "Ada" });
  const rob = slack.person("U0ROB0001", { name: "rob", displayName: "Rob" });
  const members = [ada.id, slack.workspace.bot.userId];
  slack.workspace.addChannel({ id: triage, name: "triage", members });
  const log = keptLog();
  const folder = await temporaryFolder();
  const store = await openLowdbStore({ folder, log });
  onTestFinished(() => store.close());
  const desk: Watched = { missed: [], fails: false, waits: Promise.resolve(), waiting: 0 };
  before(slack);
  const begin = () => begun({ slack, store, folder, log, desk, mode });
  let running = await begin();
  const id = await ticketOf(running.desk, slack, rob.id);
  const threads = await threadsOf(store, id);
  const [agents = "", requester = ""] = [threads.get("agents"), threads.get("requester")];
  /** Reads a thread back into the desk, as it is done after a gap. */
  const readsBack = async (thread: string, sinceMs: number) => {
    const events: WrittenEvent[] = [];
    const where = thread === agents ? triage : rob.id;
    for await (const event of running.adapter.platform.readSince({ thread, where }, sinceMs)) {
      events.push(event);
      await running.desk.heard(event);
    }
    return events;
  };
  const restarts = async () => {
    await running.stop();
    running = await begin();
  };
  /** What the ticket holds of what was written in its threads. */
  const holds = async () => {
    const { messages = [] } = (await store.get(id)) ?? {};
    return messages.flatMap(({ from, text }) => (from ? [plainText(text ?? [])] : []));
  };
  return {
    ...{ slack, ada, rob, triage, log, desk, agents, requester, restarts, readsBack, holds },
    adapter: () => running.adapter,
    heardUntil: () => running.adapter.platform.heardUntil(),
    stops: () => running.stop(),
  };
}

interface Kept {
  slack: Slack;
  store: TicketStore;
  folder: string;
  log: ReturnType<typeof keptLog>;
  desk: Watched;
  mode: Mode;
}

async function begun({ slack, store, folder, log, desk: watched, mode }: Kept) {
  const { clock, app, apiUrl } = slack;
  const now = () => clock.now();
  const after = (ms: number, act: () => void) => clock.after(ms, act);
  const { botToken, appToken, signingSecret } = app;
  const adapter = createSlack({
    ...{ botToken, apiUrl, agents: undefined, triageChannels: [triage], log, now, after },
    ...(mode === "HTTP" ? { signingSecret } : { appToken }),
    random: () => 1,
  });
  const { handle } = adapter;
  if (handle) slack.sendTo(await served(handle));
  const { platform } = adapter;
  const rules = {
    replies: "thread" as const,
    triageFor: () => [{ platform: "slack", where: triage }],
    idOf: ({ id }: { id: string }) => id,
    split: (_: string, text: Parameters<typeof platform.split>[0]) => platform.split(text),
    deadAfterMs: 60_000,
    random: () => 0.5,
  };
  const files = await openAttachments({ folder, log });
  const fileRules = { maxBytes: 1_000_000, allows: () => true };
  const adapters = new Map([["slack", platform]]);
  const outbox = createOutbox({ store, adapters, rules, log, files, fileRules, now, after });
  const desk = createChatDesk({ store, ids: randomIds, rules, now, outbox });
  await adapter.start(watching(desk, watched));
  await outbox.start();
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= ended(slack, async () => {
      await adapter.stop();
      await outbox.stop(0);
    });
    return stopping;
  };
  onTestFinished(stop);
  return { adapter, desk, stop };
}

const watching = (desk: ChatDesk, watched: Watched): ChatDesk => ({
  ...desk,
  async heard(event) {
    if (watched.fails) throw new StoreError("WRITE_FAILED", "The disk is full");
    watched.waiting += 1;
    await watched.waits;
    watched.waiting -= 1;
    return desk.heard(event);
  },
  mayHaveMissed(_, sinceMs) {
    watched.missed.push(sinceMs);
  },
});

/** What waits for a time that is over by then is let go. */
async function ended(slack: Slack, stop: () => Promise<void>): Promise<void> {
  const stopped = stop().then(() => true);
  const passing = setInterval(() => slack.clock.advance(100), 1);
  await stopped.finally(() => clearInterval(passing));
}

/** Once they are open, by side. */
async function threadsOf(store: TicketStore, id: string): Promise<ReadonlyMap<string, string>> {
  for (;;) {
    const { places = [] } = (await store.get(id)) ?? {};
    const open = places.flatMap(({ side, thread }) =>
      thread === null ? [] : [[side, thread] as const],
    );
    if (open.length === 2) return new Map(open);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function ticketOf(desk: ChatDesk, slack: Slack, user: string): Promise<string> {
  const person = { id: `slack:${slack.workspace.team.id}:${user}`, name: "Rob" };
  const fields = { title: "Printer on fire", description: "It burns.", tags: [], files: [] };
  const opened = await desk.open({
    ...{ ...fields, creationKey: "form", priority: "high", category: "technical" },
    ...{ requester: person, by: person, platform: "slack", where: user },
  });
  return opened.id;
}
