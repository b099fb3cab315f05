import { LRUCache } from "lru-cache";
import { keptTokens } from "./api-tokens.ts";
import type { Attachments } from "./attachments/attachments.ts";
import { createLinks, type Links } from "./attachments/links.ts";
import { openAttachments } from "./attachments/open.ts";
import { attachmentsSecret, sharedSecret } from "./attachments/secret.ts";
import { createUnused, type Unused } from "./attachments/unused.ts";
import { type Chat, createChat, deskRules } from "./chat.ts";
import { type Config, version } from "./config.ts";
import { type CatchUp, createCatchUp } from "./desk/catch-up.ts";
import { createChatDesk } from "./desk/chat-desk.ts";
import type { Split } from "./desk/deliveries.ts";
import { createDesk, type DeskParts } from "./desk/desk.ts";
import { randomIds } from "./desk/ids.ts";
import { createOutbox, type Outbox } from "./desk/outbox.ts";
import type { AttachmentFolder, HeldStore, Log, TicketStore } from "./desk/ports.ts";
import { createServiceDesk } from "./desk/service-desk.ts";
import type { RichText } from "./desk/text.ts";
import { createApp } from "./http/app.ts";
import { createMetrics, type Metrics } from "./http/metrics.ts";
import { type HttpServer, serve } from "./http/server.ts";
import type { ApiToken } from "./http/tokens.ts";
import { openStore, storeWords } from "./open-store.ts";
import { mayRemoveFiles } from "./other-stores.ts";
import { readiness } from "./ready.ts";
import { createRemote, type Remote } from "./service.ts";
import { realWorld, type World } from "./world.ts";

export interface Running {
  /** Where it listens. */
  url: string;
  tokens: readonly ApiToken[];
  /** What keeps a chat platform from working, each as a sentence. */
  problems(): string[];
  /** Resolves to what forces it to end; never, as a rule. */
  failed: Promise<Error>;
  /** No new work, what was accepted is committed, then all is let go of. */
  stop(): Promise<void>;
}

/** How long what is under way may take once it is stopping; the store's writes come after. */
const graceMs = 5_000;
const sendingGraceMs = 2_500;

/** A platform that takes longer than this to answer is waited for while the rest works. */
const connectMs = 3_000;

/** Starts Deskhand: store, desk, outbox, HTTP, platforms. Throws what keeps it from starting. */
export async function start(config: Config, log: Log, world = realWorld): Promise<Running> {
  let fail: (error: Error) => void = () => undefined;
  const failed = new Promise<Error>((resolve) => {
    fail = resolve;
  });
  const store = await openStore(config, log, (error) => fail(error));
  const begun: (() => Promise<void>)[] = [() => store.close()];
  try {
    return { ...(await startOn(store, { config, log, world }, begun)), failed };
  } catch (error) {
    for (const end of begun.reverse()) await end();
    throw error;
  }
}

interface Given {
  config: Config;
  log: Log;
  world: World;
}

/** `begun` gets what undoes each step, should a later one fail. */
async function startOn(
  store: HeldStore,
  given: Given,
  begun: (() => Promise<void>)[],
): Promise<Omit<Running, "failed">> {
  const { config, log, world } = given;
  const tokens = config.apiTokens ?? (await keptTokens(config.dataDir));
  const metrics = createMetrics(store);
  const chat = await createChat({ ...given, onRateLimit: metrics.rateLimited });
  const remote = await openRemote(given, store, metrics);
  const rules = {
    ...deskRules(config.settings, chat),
    ...(remote && { service: remote.spot }),
  };
  const files = await openAttachments({
    ...{ folder: config.dataDir, config: config.attachments, log, ...world },
  });
  begun.push(async () => files.close());
  const publicUrl = () => config.publicUrl ?? http.url;
  const links = await linksOf(given, store, publicUrl);
  const parts = { store, chat, remote, files, links, rules, metrics, catchUp: () => catchUp };
  const outbox = openOutbox(given, parts);
  const desk = { store, ids: randomIds, rules, now: world.now, outbox };
  const catchUp = await openCatchUp(given, desk, chat, metrics);
  const problems = () => [...chat.problems(), ...outbox.problems()];
  const app = createApp({
    ...{ log, tokens, metrics, version, publicUrl, rateLimit: config.rateLimit, now: world.now },
    desk: createDesk(desk),
    notReady: readiness(store, problems, log, world.now),
    attachments: { files, links },
    hooks: chat.hooks,
  });
  const http = await listen(app, given, metrics);
  begun.push(() => http.stop(0));
  await announce(store, http.url, log);
  const unused = lookForUnused(given, store, files);
  begun.push(() => unused.stop());
  // What is owed is sent, and what was missed is read, once the platforms are there, or have said
  // what is wrong.
  const sending = chat.start(createChatDesk({ ...desk, catchUp })).then(async () => {
    catchUp.start();
    await outbox.start();
    remote?.start(createServiceDesk({ ...desk, platform: remote.spot.platform }));
  });
  await Promise.race([sending, new Promise<void>((resolve) => world.after(connectMs, resolve))]);
  log.info({ url: http.url, dataDir: config.dataDir, store: storeWords(config), version }, "ready");
  const stop = stopOf({ store, http, chat, catchUp, outbox, remote, files, unused }, log);
  return { url: http.url, tokens, problems: chat.problems, stop };
}

interface Parts {
  store: HeldStore;
  http: HttpServer;
  chat: Chat;
  catchUp: CatchUp;
  outbox: Outbox;
  remote: Remote | undefined;
  files: Attachments;
  unused: Unused;
}

function stopOf(parts: Parts, log: Log): () => Promise<void> {
  const { store, http, chat, catchUp, outbox, remote, files, unused } = parts;
  return async () => {
    await announce(store, undefined, log);
    const taking = [http.stop(graceMs), catchUp.stop(), chat.stop(), remote?.stop(sendingGraceMs)];
    await Promise.all(taking);
    await catchUp.remember();
    await outbox.stop(sendingGraceMs);
    await remote?.close(0);
    const looked = unused.stop();
    files.close();
    await looked;
    await store.close();
    log.info({}, "stopped");
  };
}

const openRemote = async ({ config, log, world }: Given, store: TicketStore, metrics: Metrics) =>
  config.remote &&
  createRemote({ config: config.remote, log, world, store, onPoll: metrics.polled });

interface Sending {
  store: TicketStore;
  chat: Chat;
  remote: Remote | undefined;
  files: AttachmentFolder;
  links: Links;
  rules: ReturnType<typeof deskRules>;
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

const linksOf = async ({ config, world }: Given, store: TicketStore, publicUrl: () => string) =>
  createLinks({
    secret: await (config.attachments
      ? sharedSecret(store, config.dataDir)
      : attachmentsSecret(config.dataDir)),
    publicUrl,
    now: world.now,
    linkMs: config.settings.attachments.linkMs,
  });

const listen = (
  app: ReturnType<typeof createApp>,
  { config, log }: Given,
  metrics: Metrics,
): Promise<HttpServer> =>
  serve(app, {
    ...config,
    onRefused: (refused) => {
      metrics.answered("none", "none", refused.status, 0);
      log.info(refused, "what came was no request");
    },
  });

const dayMs = 24 * 60 * 60_000;

/** Links that were given out have ended by the time it is removed. */
function lookForUnused(
  { config, log, world }: Given,
  store: TicketStore,
  files: Attachments,
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
