import { onTestFinished } from "vitest";
import { createDesk } from "../../src/desk/desk.ts";
import type { IdSource } from "../../src/desk/ids.ts";
import { randomIds } from "../../src/desk/ids.ts";
import type { TicketStore } from "../../src/desk/ports.ts";
import { createApp } from "../../src/http/app.ts";
import { createMetrics } from "../../src/http/metrics.ts";
import { type HttpServer, serve } from "../../src/http/server.ts";
import { readiness } from "../../src/ready.ts";
import { openLowdbStore } from "../../src/store/lowdb/open.ts";
import { keptLog, type Line } from "../log.ts";
import { temporaryFolder } from "../temporary.ts";

export const tokens = [
  { role: "client", id: "client_1", token: "client-one-secret" },
  { role: "client", id: "client_2", token: "client-two-secret" },
  { role: "agent", id: "agent_1", token: "agent-secret" },
  { role: "agent", id: "client_3", token: "agent-three-secret" },
  { role: "client", id: "client_3", token: "client-three-secret" },
  { role: "mirror", id: "mirror_1", token: "mirror-secret" },
] as const;

export interface Answered {
  status: number;
  headers: Headers;
  text: string;
  /** The body, read as JSON. */
  json: unknown;
}

export interface Api {
  url: string;
  lines: Line[];
  store: TicketStore;
  /** Goes on with the same folder, as after a restart. */
  restart(): Promise<void>;
  request(method: string, path: string, options?: RequestOptions): Promise<Answered>;
}

export interface RequestOptions {
  as?: (typeof tokens)[number]["id"] | "nobody";
  json?: unknown;
  /** Sent as it is, instead of `json`. */
  body?: string | Uint8Array<ArrayBuffer>;
  headers?: Record<string, string>;
}

interface ApiOptions {
  rateLimit?: number;
  requestTimeoutMs?: number;
  ids?: IdSource;
  now?: () => number;
  /** Puts something between the desk and the store. */
  wrap?: (store: TicketStore) => TicketStore;
}

/** The whole ticket service, on a real socket and a real folder; gone when the test ends. */
export async function startApi(options: ApiOptions = {}): Promise<Api> {
  const folder = await temporaryFolder();
  const log = keptLog();
  const now = options.now ?? Date.now;
  let store: TicketStore;
  let http: HttpServer;
  const start = async () => {
    const opened = await openLowdbStore({ folder, log });
    store = options.wrap?.(opened) ?? opened;
    const rules = {
      replies: "thread" as const,
      triageFor: () => [],
      idOf: ({ id }: { id: string }) => id,
    };
    const ids = options.ids ?? randomIds;
    const desk = createDesk({
      store,
      ids,
      rules,
      now,
      outbox: { prepare: () => undefined, wake: () => undefined },
    });
    const app = createApp({
      desk,
      log,
      tokens,
      metrics: createMetrics(store),
      rateLimit: options.rateLimit,
      roles: ["http"],
      notReady: readiness(store, () => [], log, now),
      version: "0.0.0",
      publicUrl: () => http.url,
      now,
    });
    const { requestTimeoutMs } = options;
    http = await serve(app, {
      host: "127.0.0.1",
      port: 0,
      ...(requestTimeoutMs ? { requestTimeoutMs } : {}),
    });
  };
  const stop = async () => {
    await http.stop(0);
    await store.close();
  };
  await start();
  onTestFinished(stop);
  return {
    lines: log.lines,
    get url() {
      return http.url;
    },
    get store() {
      return store;
    },
    restart: async () => {
      await stop();
      await start();
    },
    request: (method, path, given = {}) => request(http.url, method, path, given),
  };
}

async function request(
  url: string,
  method: string,
  path: string,
  { as = "client_1", json, body, headers }: RequestOptions,
): Promise<Answered> {
  const token = tokens.find(({ id }) => id === as)?.token;
  const sent = body ?? (json === undefined ? undefined : JSON.stringify(json));
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(token ? { Authorization: `Bearer ${token}` } : {}),
      ...(sent === undefined ? {} : { "Content-Type": "application/json" }),
      ...headers,
    },
    ...(sent === undefined ? {} : { body: sent }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: readJson(text) };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
