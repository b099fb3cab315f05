import { keptTokens } from "./api-tokens.ts";
import { type Config, version } from "./config.ts";
import { createDesk } from "./desk/desk.ts";
import { randomIds } from "./desk/ids.ts";
import type { Log } from "./desk/ports.ts";
import { createApp } from "./http/app.ts";
import { createMetrics } from "./http/metrics.ts";
import { type HttpServer, serve } from "./http/server.ts";
import type { ApiToken } from "./http/tokens.ts";
import { readiness } from "./ready.ts";
import { openLowdbStore } from "./store/lowdb/open.ts";

export interface Running {
  /** Where it listens. */
  url: string;
  tokens: readonly ApiToken[];
  /** No new work, what was accepted is committed, then all is let go of. */
  stop(): Promise<void>;
}

/** How long requests under way may take once it is stopping; the store's writes come after. */
const graceMs = 7_000;

/** Starts Deskhand: store, desk, HTTP, in this order. Throws what keeps it from starting. */
export async function start(config: Config, log: Log): Promise<Running> {
  const store = await openLowdbStore({ folder: config.dataDir, log });
  try {
    const tokens = config.apiTokens ?? (await keptTokens(config.dataDir));
    const desk = createDesk({ store, ids: randomIds, now: Date.now });
    const metrics = createMetrics(store);
    const app = createApp({
      desk,
      log,
      tokens,
      metrics,
      rateLimit: config.rateLimit,
      notReady: readiness(store, log, Date.now),
      version,
      publicUrl: () => config.publicUrl ?? http.url,
      now: Date.now,
    });
    const http: HttpServer = await serve(app, {
      ...config,
      onRefused: (refused) => {
        metrics.answered("none", "none", refused.status, 0);
        log.info(refused, "what came was no request");
      },
    });
    log.info({ url: http.url, dataDir: config.dataDir, version }, "ready");
    const stop = async () => {
      await http.stop(graceMs);
      await store.close();
      log.info({}, "stopped");
    };
    return { url: http.url, tokens, stop };
  } catch (error) {
    await store.close();
    throw error;
  }
}
