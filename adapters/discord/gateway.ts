/** The connection over which Discord tells what happens: https://docs.discord.com/developers/events/gateway */
import {
  Client,
  type ClientOptions,
  Events,
  GatewayCloseCodes,
  GatewayDispatchEvents,
  GatewayIntentBits,
  Options,
  SimpleShardingStrategy,
} from "discord.js";
import type { Log } from "../../src/desk/ports.ts";
import { type After, within } from "../../src/desk/timing.ts";
import { cannotRead } from "./identity.ts";
import { badToken } from "./refusals.ts";
import { serverEvents } from "./server-events.ts";

export const requiredIntents = [
  GatewayIntentBits.Guilds,
  GatewayIntentBits.GuildMessages,
  GatewayIntentBits.DirectMessages,
  GatewayIntentBits.MessageContent,
] as const;

/** What is listened to. */
const dispatches = [
  GatewayDispatchEvents.MessageCreate,
  GatewayDispatchEvents.MessageUpdate,
  GatewayDispatchEvents.MessageDelete,
  GatewayDispatchEvents.MessageDeleteBulk,
  GatewayDispatchEvents.InteractionCreate,
  ...serverEvents,
] as const;

export type GatewayState =
  | { state: "connected" }
  /** It is tried again by itself. */
  | { state: "lost"; reason: string }
  /** Only another connection helps. */
  | { state: "ended"; reason: string };

/**
 * What is known of a shard's session. Only a new one (`began`) is told nothing again of what was
 * before it; one that is `resumed` has been, by then.
 */
export type ShardNews = { shard: number } & (
  | { news: "began" | "resumed" | "lost" }
  /** A heartbeat was answered so long after it was sent: all that was told before that has come. */
  | { news: "heartbeat"; latencyMs: number }
  /** The session knows its servers, but for these, which Discord itself does not reach. */
  | { news: "servers"; unavailable: readonly string[] }
);

interface GatewayParts {
  token: string;
  /** Discord's own when undefined. */
  apiUrl: string | undefined;
  log: Log;
  after: After;
  /** Must not throw. What it is about is not in the client's cache yet. */
  onDispatch(name: string, data: unknown): void;
  /** Must not throw; told before the dispatch that it is about. */
  onShard?(news: ShardNews): void;
  /** Told of each change, and first when it is known whether there is a connection. */
  onState(state: GatewayState): void;
}

export interface Gateway {
  /** Keeps in mind the servers, their channels and roles; nothing else. */
  readonly client: Client;
  /** Connects. Never rejects: what comes of it is told to `onState`. */
  open(): Promise<void>;
  /** For good, within some seconds. Nothing is told any more. */
  close(): Promise<void>;
}

export function createGateway(parts: GatewayParts): Gateway {
  return new Connection(parts);
}

/** Sessions are resumed all the time: only what takes longer is worth a word. */
const lostAfterMs = 5_000;
/** The SDK has tried for so long: a fresh start is the last that can help. */
const endAfterMs = 120_000;
const closeWithinMs = 2_000;

const lostWords = "the connection to its gateway is lost; it is tried again";
const noAnswerWords = "its gateway does not answer; it is tried again";

class Connection implements Gateway {
  readonly client: Client;
  readonly #parts: GatewayParts;
  /** The shards that have no session now. */
  readonly #missing = new Set<number>();
  #cancels: (() => void)[] = [];
  #isOver = false;

  constructor(parts: GatewayParts) {
    this.#parts = parts;
    this.client = new Client(
      optionsFor(parts.apiUrl, {
        isOver: () => this.#isOver,
        onHeartbeat: (shard, latencyMs) => this.#tell({ shard, news: "heartbeat", latencyMs }),
      }),
    );
    this.#listen();
  }

  #tell(news: ShardNews): void {
    if (!this.#isOver) this.#parts.onShard?.(news);
  }

  #listen(): void {
    const { client } = this;
    const { log, onDispatch } = this.#parts;
    client.on(Events.Raw, ({ t }, shard) => {
      if (t === GatewayDispatchEvents.Ready) this.#tell({ shard, news: "began" });
      if (t === GatewayDispatchEvents.Resumed) this.#tell({ shard, news: "resumed" });
    });
    for (const name of dispatches)
      client.ws.on(name, (data: unknown) => {
        if (!this.#isOver) onDispatch(name, data);
      });
    client.on(Events.ClientReady, () => this.#found());
    client.on(Events.ShardReady, (shard, unavailable) => {
      this.#tell({ shard, news: "servers", unavailable: [...(unavailable ?? [])] });
      this.#found(shard);
    });
    client.on(Events.ShardResume, (shard) => this.#found(shard));
    client.on(Events.ShardReconnecting, (shard) => this.#lose(shard));
    client.on(Events.ShardDisconnect, ({ code }) => this.#end(reasonOf(code)));
    client.on(Events.ShardError, (err) => log.warn({ err }, "A connection to Discord broke"));
    client.on(Events.Error, (err) => log.warn({ err }, "discord.js failed at something"));
    client.on(Events.Warn, (said) => log.debug({ said }, "discord.js warns"));
  }

  async open(): Promise<void> {
    this.#waitFor(noAnswerWords);
    try {
      await this.client.login(this.#parts.token);
    } catch (err) {
      const message = err instanceof Error ? err.message : String(err);
      this.#end(`its gateway cannot be reached (${message})`, err);
    }
  }

  async close(): Promise<void> {
    this.#isOver = true;
    this.#stopWaiting();
    const { log, after } = this.#parts;
    const closed = this.client.destroy().catch((err: unknown) => {
      log.debug({ err }, "The connection to Discord could not be closed well");
    });
    await within(closed, { ms: closeWithinMs, after, late: undefined });
  }

  #lose(shard: number): void {
    this.#tell({ shard, news: "lost" });
    if (this.#missing.size === 0) this.#waitFor(lostWords);
    this.#missing.add(shard);
  }

  #found(shard?: number): void {
    if (shard !== undefined) this.#missing.delete(shard);
    if (this.#isOver || this.#missing.size > 0 || !this.client.isReady()) return;
    this.#stopWaiting();
    this.#parts.onState({ state: "connected" });
  }

  #waitFor(reason: string): void {
    const { after, onState } = this.#parts;
    this.#stopWaiting();
    this.#cancels = [
      after(lostAfterMs, () => onState({ state: "lost", reason })),
      after(endAfterMs, () => this.#end(reason)),
    ];
  }

  #stopWaiting(): void {
    for (const cancel of this.#cancels) cancel();
    this.#cancels = [];
  }

  #end(reason: string, err?: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stopWaiting();
    this.#parts.log.debug({ err, reason }, "A connection to Discord is over");
    this.#parts.onState({ state: "ended", reason });
  }
}

/** https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes */
function reasonOf(code: number): string {
  if (code === GatewayCloseCodes.AuthenticationFailed) return badToken.reason;
  if (code === GatewayCloseCodes.DisallowedIntents) return cannotRead;
  return `its gateway ended the connection (${code} ${GatewayCloseCodes[code] ?? "for no known reason"})`;
}

const requestMs = 15_000;

interface Watching {
  isOver(): boolean;
  /** One was answered. */
  onHeartbeat(shard: number, latencyMs: number): void;
}

function optionsFor(apiUrl: string | undefined, { isOver, onHeartbeat }: Watching): ClientOptions {
  return {
    intents: requiredIntents,
    shards: "auto",
    rest: { retries: 0, timeout: requestMs, ...(apiUrl !== undefined && { api: apiUrl }) },
    makeCache: Options.cacheWithLimits({
      ...nothingOf,
      GuildMemberManager: { maxSize: 0, keepOverLimit: ({ id, client }) => id === client.user.id },
      UserManager: { maxSize: 0, keepOverLimit: ({ id, client }) => id === client.user.id },
    }),
    ws: {
      buildStrategy(manager) {
        manager.on("heartbeat", ({ shardId, latency }: { shardId: number; latency: number }) =>
          onHeartbeat(shardId, latency),
        );
        // A shard that waits to connect again does so even after it was destroyed; it asks for its
        // session first, and when there is never an answer, it is gone.
        const { options } = manager;
        const sessionOf = options.retrieveSessionInfo.bind(options);
        options.retrieveSessionInfo = (shard) =>
          isOver() ? new Promise(() => undefined) : sessionOf(shard);
        return new SimpleShardingStrategy(manager);
      },
    },
  };
}

const nothingOf = {
  ApplicationCommandManager: 0,
  ApplicationEmojiManager: 0,
  AutoModerationRuleManager: 0,
  BaseGuildEmojiManager: 0,
  DMMessageManager: 0,
  EntitlementManager: 0,
  GuildBanManager: 0,
  GuildEmojiManager: 0,
  GuildInviteManager: 0,
  GuildMessageManager: 0,
  GuildScheduledEventManager: 0,
  GuildStickerManager: 0,
  MessageManager: 0,
  PresenceManager: 0,
  ReactionManager: 0,
  ReactionUserManager: 0,
  StageInstanceManager: 0,
  ThreadMemberManager: 0,
  VoiceStateManager: 0,
} as const;
