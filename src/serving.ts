/** What a process needs in whatever role it serves. */
import { mkdir } from "node:fs/promises";
import { keptTokens, sharedTokens } from "./api-tokens.ts";
import type { Attachments } from "./attachments/attachments.ts";
import { createLinks, type Links } from "./attachments/links.ts";
import { openAttachments } from "./attachments/open.ts";
import { attachmentsSecret, sharedSecret } from "./attachments/secret.ts";
import { type Chat, deskRules } from "./chat.ts";
import { type Config, version } from "./config.ts";
import { createDesk, type DeskParts } from "./desk/desk.ts";
import type { Log, TicketStore } from "./desk/ports.ts";
import { type AppParts, createApp } from "./http/app.ts";
import type { Front } from "./http/front.ts";
import type { Metrics } from "./http/metrics.ts";
import type { ApiToken } from "./http/tokens.ts";
import { readiness } from "./ready.ts";
import type { Remote } from "./service.ts";
import type { World } from "./world.ts";

export interface Given {
  config: Config;
  log: Log;
  world: World;
  front: Front;
}

/** What undoes each step of a start, should a later one fail. */
export type Undoing = (() => Promise<void>)[];

/** What was begun is undone, the last first, when the work throws. */
export async function orUndone<T>(undoing: Undoing, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    for (const undo of undoing.reverse()) await undo();
    throw error;
  }
}

/** What one process does on a store. */
export interface Service {
  tokens: readonly ApiToken[];
  /** What keeps a chat platform from working, each as a sentence. */
  problems(): string[];
  /** No new work, what was accepted is committed, then all is let go of. HTTP is served on. */
  stop(): Promise<void>;
}

/** How long what is under way may take once it is stopping; the store's writes come after. */
export const graceMs = 5_000;

/** All that a process does at once; with one process, it does all. */
export const roles = [
  "http",
  "outbox",
  "catch-up",
  "gateways",
  "ticket-service",
  "attachments",
] as const;

type Role = (typeof roles)[number];

export interface Common {
  tokens: readonly ApiToken[];
  files: Attachments;
  links: Links;
  rules: ReturnType<typeof deskRules> & { service?: Remote["spot"] };
}

/** Throws what keeps it from starting. */
export async function commonOf(
  { config, log, world, front }: Given,
  store: TicketStore,
  chat: Chat,
  remote: Remote | undefined,
  undoing: Undoing,
): Promise<Common> {
  const { dataDir, database } = config;
  await mkdir(dataDir, { recursive: true });
  const isShared = database !== undefined || config.attachments !== undefined;
  const made = () => (database ? sharedTokens(store, dataDir) : keptTokens(dataDir));
  const tokens = config.apiTokens ?? (await made());
  const files = await openAttachments({
    ...{ folder: dataDir, config: config.attachments, log, ...world },
  });
  undoing.push(async () => files.close());
  const links = createLinks({
    secret: await (isShared ? sharedSecret(store, dataDir) : attachmentsSecret(dataDir)),
    publicUrl: () => config.publicUrl ?? front.url,
    now: world.now,
    linkMs: config.settings.attachments.linkMs,
  });
  const rules = { ...deskRules(config.settings, chat), ...(remote && { service: remote.spot }) };
  return { tokens, files, links, rules };
}

interface Answering {
  store: TicketStore;
  chat: Chat;
  desk: DeskParts;
  common: Common;
  metrics: Metrics;
  problems: () => string[];
  roles: readonly Role[];
}

/** What answers HTTP. */
export function appOf({ config, log, world, front }: Given, parts: Answering) {
  const { store, chat, desk, common, metrics, problems } = parts;
  const { tokens, files, links } = common;
  const given: AppParts = {
    ...{ log, tokens, metrics, version, rateLimit: config.rateLimit, now: world.now },
    publicUrl: () => config.publicUrl ?? front.url,
    desk: createDesk(desk),
    notReady: readiness(store, problems, log, world.now),
    roles: parts.roles,
    attachments: { files, links },
    hooks: chat.hooks,
  };
  return createApp(given);
}
