import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { projectFolder } from "./options.ts";
import type { Scenario } from "./scenarios.ts";
import { givenTicket, seededDocument, seededId, seededTicket } from "./tickets.ts";

export const serverNames = ["Deskhand", "bare durable", "bare Hono", "json-server"] as const;
export type ServerName = (typeof serverNames)[number];

/** What a load sends. */
export interface Asked {
  method: "GET" | "POST";
  path: string;
  headers: Record<string, string>;
  body?: string;
}

/** What each server under test is: how it is filled, started and asked. */
export interface Server {
  name: ServerName;
  /** Puts so many tickets where it will look for them. */
  seed(folder: string, count: number): void;
  /** What starts it on that folder. */
  command(folder: string, count: number, port: number): Command;
  /** Answers 200 once it is ready. */
  readyPath: string;
  /** The scenarios it takes part in; each gives what to ask next, of `count` seeded tickets. */
  asks: Partial<Record<Scenario["kind"], (count: number) => Asked>>;
}

export interface Command {
  args: string[];
  env: Record<string, string>;
}

const base = "/v2/support-tickets";
export const clientToken = "client-token-of-the-bench";
export const agentToken = "agent-token-of-the-bench";

/** All are sent the same, also those who do not look at it. */
const headers = { Authorization: `Bearer ${agentToken}` };

const get = (path: string): Asked => ({ method: "GET", path, headers });

let created = 0;

/** Another ticket each time, with a key of its own. */
function create(path: string): Asked {
  created += 1;
  return {
    method: "POST",
    path,
    headers: {
      Authorization: `Bearer ${clientToken}`,
      "Content-Type": "application/json",
      "Idempotency-Key": `bench-${created}`,
    },
    body: JSON.stringify(givenTicket(`created ${created}`)),
  };
}

/** How many tickets are looked at again and again: the newest. */
const oftenRead = 1_000;

const oneOf = (count: number) => Math.floor(Math.random() * count);
const oftenReadId = (count: number) => seededId(count - 1 - oneOf(Math.min(count, oftenRead)));
const anyId = (count: number) => seededId(oneOf(count));

/** Set to nothing, so that what a `.env` file says of them does not count. */
const notSet = [
  "HOST",
  "PUBLIC_URL",
  "DATABASE_URL",
  "LOG_LEVEL",
  "DESKHAND_CONFIG",
  "TRIAGE",
  "SLACK_BOT_TOKEN",
  "SLACK_APP_TOKEN",
  "SLACK_SIGNING_SECRET",
  "SLACK_API_URL",
  "DISCORD_TOKEN",
  "DISCORD_API_URL",
  "TICKETS_API_URL",
  "TICKETS_API_TOKEN",
  "TICKETS_API_REPLIES",
  "TICKETS_API_POLL_MS",
];

export const deskhand: Server = {
  name: "Deskhand",
  seed(folder, count) {
    const tickets = join(folder, "tickets");
    mkdirSync(tickets, { recursive: true, mode: 0o700 });
    for (let index = 0; index < count; index += 1) {
      const text = `${JSON.stringify(seededDocument(index), null, 2)}\n`;
      writeFileSync(join(tickets, `${seededId(index)}.json`), text, { mode: 0o600 });
    }
  },
  command: (folder, _count, port) => ({
    args: [fileURLToPath(import.meta.resolve("../src/cli.js")), "start"],
    env: {
      ...Object.fromEntries(notSet.map((name) => [name, ""])),
      PORT: `${port}`,
      DATA_DIR: folder,
      API_RATE_LIMIT: "off",
      API_TOKENS: `client:client_bench:${clientToken},agent:agent_bench:${agentToken}`,
    },
  }),
  readyPath: "/readyz",
  asks: {
    create: () => create(base),
    "read often": (count) => get(`${base}/${oftenReadId(count)}`),
    "read any": (count) => get(`${base}/${anyId(count)}`),
    list: () => get(base),
    "list open": () => get(`${base}?status=open&countByStatus=true`),
  },
};

const bareDurable: Server = {
  name: "bare durable",
  seed(folder, count) {
    mkdirSync(folder, { recursive: true });
    for (let index = 0; index < count; index += 1)
      writeFileSync(join(folder, `${seededId(index)}.json`), JSON.stringify(seededTicket(index)));
  },
  command: (folder, _count, port) => ({
    args: [fileURLToPath(import.meta.resolve("./peers/bare-durable.js")), `${port}`, folder],
    env: {},
  }),
  readyPath: "/readyz",
  asks: {
    create: () => create(base),
    "read often": (count) => get(`${base}/${oftenReadId(count)}`),
    "read any": (count) => get(`${base}/${anyId(count)}`),
  },
};

const bareHono: Server = {
  name: "bare Hono",
  seed() {},
  command: (_folder, count, port) => ({
    args: [fileURLToPath(import.meta.resolve("./peers/bare-hono.js")), `${port}`, `${count}`],
    env: {},
  }),
  readyPath: "/readyz",
  asks: {
    "read often": (count) => get(`${base}/${oftenReadId(count)}`),
    "read any": (count) => get(`${base}/${anyId(count)}`),
    list: () => get(base),
    "list open": () => get(base),
  },
};

const jsonServerFolder = join(projectFolder, "bench", "json-server");
const jsonServerFile = join(jsonServerFolder, "node_modules", "json-server", "lib", "bin.js");

const jsonServer: Server = {
  name: "json-server",
  seed(folder, count) {
    mkdirSync(folder, { recursive: true });
    const tickets = Array.from({ length: count }, (_, index) => {
      const { _id: id, ...ticket } = seededTicket(index);
      return { id, ...ticket };
    });
    writeFileSync(join(folder, "db.json"), JSON.stringify({ tickets }, null, 2));
  },
  command: (folder, _count, port) => ({
    args: [jsonServerFile, join(folder, "db.json"), "--port", `${port}`],
    env: {},
  }),
  readyPath: "/tickets?_page=1",
  asks: {
    create: () => create("/tickets"),
    "read often": (count) => get(`/tickets/${oftenReadId(count)}`),
    "read any": (count) => get(`/tickets/${anyId(count)}`),
    list: () => get("/tickets?_page=1&_per_page=10"),
    "list open": () => get("/tickets?_page=1&_per_page=10&status=open"),
  },
};

/** Those that there are; json-server is left out, with the reason, when it cannot be installed. */
export function availableServers(): { servers: Server[]; missing: string[] } {
  const servers = [deskhand, bareDurable, bareHono];
  try {
    if (!existsSync(jsonServerFile)) installJsonServer();
    return { servers: [...servers, jsonServer], missing: [] };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { servers, missing: [`json-server was not measured: ${reason}`] };
  }
}

/** It asks for a newer Node than Deskhand does, so it is kept out of Deskhand's own `npm ci`. */
function installJsonServer(): void {
  const args = ["ci", "--prefix", jsonServerFolder, "--ignore-scripts", "--no-audit", "--no-fund"];
  execFileSync("npm", [...args, "--loglevel=error"], { stdio: ["ignore", "ignore", "inherit"] });
}
