/** The process that does all there is to do on a store: on one that is shared, one at a time. */
import { LRUCache } from "lru-cache";
import { createUnused, type Unused } from "./attachments/unused.ts";
import { type Chat, createChat } from "./chat.ts";
import { version } from "./config.ts";
import { type CatchUp, createCatchUp } from "./desk/catch-up.ts";
import { createChatDesk } from "./desk/chat-desk.ts";
import type { Split } from "./desk/deliveries.ts";
import type { DeskParts } from "./desk/desk.ts";
import { randomIds } from "./desk/ids.ts";
import { createOutbox, type Outbox } from "./desk/outbox.ts";
import {
  type AttachmentFolder,
  type HeldStore,
  type Log,
  StoreError,
  type TicketStore,
} from "./desk/ports.ts";
import { createServiceDesk } from "./desk/service-desk.ts";
import type { RichText } from "./desk/text.ts";
import { type Followers, hearFollowers } from "./followers.ts";
import { createMetrics, type Metrics } from "./http/metrics.ts";
import { storeWords } from "./open-store.ts";
import { mayRemoveFiles } from "./other-stores.ts";
import { createRemote, type Remote } from "./service.ts";
import {
  appOf,
  type Common,
  commonOf,
  connectMs,
  type Given,
  graceMs,
  roles,
  type Service,
  type Undoing,
} from "./serving.ts";

const sendingGraceMs = 2_500;

/** Throws what keeps it from starting; then `undoing` has what undoes what was begun. */
export async function lead(store: HeldStore, given: Given, undoing: Undoing): Promise<Service> {
  const { config, log, world, front } = given;
  const metrics = createMetrics(store);
  const mayPost = () => store.isHeld();
  const handOver: Followers["handOver"] = (...told) => followers.handOver(...told);
  const chat = await createChat({ ...given, mayPost, handOver, onRateLimit: metrics.rateLimited });
  const remote = await openRemote(given, store, metrics);
  const common = await commonOf(given, store, chat, remote, undoing);
  const { files, links, rules, tokens } = common;
  const parts = { store, chat, remote, files, links, rules, metrics, catchUp: () => catchUp };
  const outbox = openOutbox(given, parts);
  const desk = { store, ids: randomIds, rules, now: world.now, outbox };
  const catchUp = await openCatchUp(given, desk, chat, metrics);
  const followers = hearFollowers(given, store, { chat, outbox, catchUp });
  const problems = () => [...chat.problems(), ...outbox.problems()];
  const answering = { store, chat, desk, common, metrics, problems, roles };
  const opened = await front.open(appOf(given, answering), metrics);
  await announce(store, opened.url, log);
  const unused = lookForUnused(given, store, common);
  undoing.push(() => unused.stop());
  undoing.push(() => chat.stop());
  undoing.push(() => followers.stop());
  // What is owed is sent, and what was missed is read, once the platforms are there, or have said
  // what is wrong.
  const sending = chat.start(createChatDesk({ ...desk, catchUp })).then(async () => {
    catchUp.start();
    // Before what is owed is looked for, so that nothing comes in between.
    await followers.start();
    await untilStarted(outbox, given);
    remote?.start(createServiceDesk({ ...desk, platform: remote.spot.platform }));
  });
  await Promise.race([sending, new Promise<void>((resolve) => world.after(connectMs, resolve))]);
  const { dataDir } = config;
  log.info({ url: opened.url, dataDir, store: storeWords(config), version, roles }, "ready");
  const ending = { store, chat, catchUp, outbox, remote, common, unused, followers };
  return { tokens, problems: chat.problems, stop: stopOf(ending, opened.drained, log) };
}

const startAgainMs = 2_000;

/** A store that cannot tell what is owed is asked again: what is not asked for is never sent. */
async function untilStarted(outbox: Outbox, { log, world }: Given): Promise<void> {
  for (;;) {
    try {
      return await outbox.start();
    } catch (err) {
      if (err instanceof StoreError && err.code === "CLOSED") return;
      log.error({ err }, "What is owed cannot be told: nothing is sent until it can");
    }
    await new Promise<void>((resolve) => world.after(startAgainMs, resolve));
  }
}

interface Ending {
  store: HeldStore;
  chat: Chat;
  catchUp: CatchUp;
  outbox: Outbox;
  remote: Remote | undefined;
  common: Common;
  unused: Unused;
  followers: Pick<Followers, "stop">;
}

function stopOf(
  { store, chat, catchUp, outbox, remote, common, unused, followers }: Ending,
  drained: (withinMs: number) => Promise<void>,
  log: Log,
): () => Promise<void> {
  return async () => {
    await announce(store, undefined, log);
    await followers.stop();
    const taking = [drained(graceMs), catchUp.stop(), chat.stop(), remote?.stop(sendingGraceMs)];
    await Promise.all(taking);
    await catchUp.remember();
    await outbox.stop(sendingGraceMs);
    await remote?.close(0);
    const looked = unused.stop();
    common.files.close();
    await looked;
    await store.close();
  };
}

const openRemote = async ({ config, log, world }: Given, store: HeldStore, metrics: Metrics) =>
  config.remote &&
  createRemote({
    ...{ config: config.remote, log, world, store, onPoll: metrics.polled },
    mayPost: () => store.isHeld(),
  });

interface Sending {
  store: TicketStore;
  chat: Chat;
  remote: Remote | undefined;
  files: AttachmentFolder;
  links: Common["links"];
  rules: Common["rules"];
  metrics: Metrics;
  catchUp(): CatchUp;
}

function openOutbox({ config, log, world }: Given, parts: Sending): Outbox {
  const { store, chat, remote, files, links, rules, metrics, catchUp } = parts;
  const { attachments, deliveries } = config.settings;
  const { adapters } = chat;
  const outbox = createOutbox({
    ...{ store, files, log, adapters, fileRules: attachments, ...world },
    ...(remote && { service: remote.service }),
    rules: {
      ...rules,
      linkTo: links.urlFor,
      split: remembered((platform, text) => adapters.get(platform)?.split(text) ?? [text]),
      deadAfterMs: deliveries.deadAfterMs,
      random: world.random,
    },
    onAttempt: metrics.attempted,
    onFoundLate: (platform, sinceMs) => catchUp().mayHaveMissed(platform, sinceMs),
  });
  metrics.watch(outbox);
  return outbox;
}

async function openCatchUp(
  { log, world }: Given,
  desk: DeskParts,
  { readers }: Chat,
  metrics: Metrics,
): Promise<CatchUp> {
  const { after } = world;
  const catchUp = await createCatchUp({ ...desk, readers, log, after, onTaken: metrics.readBack });
  metrics.watchUnread(catchUp);
  return catchUp;
}

const dayMs = 24 * 60 * 60_000;

/** Links that were given out have ended by the time it is removed. */
function lookForUnused(
  { config, log, world }: Given,
  store: TicketStore,
  { files }: Common,
): Unused {
  const graceMs = config.settings.attachments.linkMs + dayMs;
  const mayRemove = () => mayRemoveFiles(config, { store, place: files.place, log });
  const unused = createUnused({ store, files, graceMs, log, mayRemove, ...world });
  unused.start();
  return unused;
}

/** So that a command on this machine finds it; one that does not says what to do. */
async function announce(store: HeldStore, url: string | undefined, log: Log): Promise<void> {
  try {
    await store.announce(url);
  } catch (err) {
    log.warn({ err }, "`deskhand deliveries retry` cannot be told where this process listens");
  }
}

const mostSplits = 500;

/** The same long text is looked at many times on its way, and takes long to split. */
function remembered(split: Split): Split {
  const splits = new LRUCache<string, RichText[]>({ max: mostSplits });
  return (platform, text) => {
    const key = `${platform} ${JSON.stringify(text)}`;
    const parts = splits.get(key) ?? split(platform, text);
    splits.set(key, parts);
    return parts;
  };
}
