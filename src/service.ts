import type { RemoteConfig } from "./config.ts";
import type { Spot } from "./desk/open.ts";
import type { Log, TicketStore } from "./desk/ports.ts";
import type { ServiceDesk, TicketService } from "./desk/service.ts";
import { within } from "./desk/timing.ts";
import type { World } from "./world.ts";

/** The other ticket service in which tickets live, too. */
export interface Remote {
  /** What the outbox calls. */
  service: TicketService;
  /** Where each new ticket has a place there. */
  spot: Spot;
  /** Takes in from now on what is written there; once it was stopped, nothing. Does not wait. */
  start(desk: ServiceDesk): void;
  /** Takes nothing in any more; what is under way is waited for, but no longer than this. */
  stop(graceMs: number): Promise<void>;
  /**
   * Ends the calls under way and lets go of its connections, no later than this. What was sent and not
   * answered stays in doubt: the next start looks for it.
   */
  close(graceMs: number): Promise<void>;
}

interface Given {
  config: RemoteConfig;
  log: Log;
  world: World;
  store: Pick<TicketStore, "value" | "setValue">;
  /** Whether anything may be written there at this moment. */
  mayPost?: () => boolean;
  /** Told of every look at what has changed there. */
  onPoll(outcome: "done" | "failed"): void;
}

/** Connects nothing yet. Its HTTP client is loaded only when there is such a service. */
export async function createRemote({
  config,
  log,
  world,
  store,
  onPoll,
  mayPost,
}: Given): Promise<Remote> {
  const { createTicketApi } = await import("../adapters/ticket-api/client.ts");
  const { createTicketService } = await import("../adapters/ticket-api/service.ts");
  const { createPoller } = await import("../adapters/ticket-api/poller.ts");
  const { url, token, replies, pollMs } = config;
  const api = createTicketApi({ url, token, replies, log, now: world.now, mayWrite: mayPost });
  const service = createTicketService(api);
  let poller: ReturnType<typeof createPoller> | undefined;
  let isStopped = false;
  return {
    service,
    spot: { platform: service.platform, where: "tickets" },
    start(desk) {
      if (isStopped) return;
      const parts = { api, service, desk, store, pollMs, log, onPoll, ...world };
      poller ??= createPoller({ ...parts, name: progressName(service.platform, { url }) });
      poller.start();
    },
    async stop(graceMs) {
      isStopped = true;
      await poller?.stop(graceMs);
    },
    close: (graceMs) => within(api.close(), { ms: graceMs, after: world.after, late: undefined }),
  };
}

/** Without what may be secret in an address. */
/** Of the value that says how far a service was read; an empty one: nothing was. */
export const progressName = (platform: string, { url }: Pick<RemoteConfig, "url">): string =>
  `${platform} ${placeOf(url)}`;

function placeOf(url: string): string {
  const { host, pathname } = new URL(url);
  return host + pathname.replace(/\/+$/, "");
}

const replyWords: Readonly<Record<RemoteConfig["replies"], string>> = {
  "put-threads": "replies are put among a ticket's threads",
  "post-thread": "replies are posted to a ticket's threads",
  off: "replies are not sent there",
};

const aSecondMs = 1_000;

/** How it is used, for who operates Deskhand. */
export const remoteWords = ({ url, replies, pollMs }: RemoteConfig): string =>
  `${placeOf(url)}: ${replyWords[replies]}; what changes there is read every ${pollMs / aSecondMs} s`;
