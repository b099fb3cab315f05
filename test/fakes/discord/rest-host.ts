import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type DiscordAPIError, REST } from "discord.js";
import { onTestFinished } from "vitest";
import { HandClock } from "../clock.ts";
import { type Json, record } from "../json.ts";
import { Cdn } from "./cdn.ts";
import { Faults } from "./faults.ts";
import type { PermissionName } from "./permissions.ts";
import { RateLimits } from "./rate-limits.ts";
import { Rest } from "./rest.ts";
import { type Dispatch, Server } from "./server.ts";

/** What a bot that works may do in the guild below. */
const usual: readonly PermissionName[] = ["manageThreads"];

/**
 * The HTTP half of the stand-in for one test, with a guild, a channel in it, two people, and the
 * `REST` of discord.js to ask with.
 */
export async function restHost({ botPermissions = usual, revoked = false } = {}) {
  const clock = new HandClock();
  const token = "MTAwMDAwMDAwMDAwMDAwMDAw.fake.token";
  const application = { id: "100000000000000000", name: "deskhand", token, messageContent: true };
  const server = new Server(clock, { ...application, revoked });
  const told: Dispatch[] = [];
  server.onDispatch((dispatch) => told.push(dispatch));
  const faults = new Faults();
  const rates = new RateLimits();
  const rest = new Rest(server, faults, rates);
  const cdn = new Cdn(server, faults);
  server.origin = await listening((path) => (path.startsWith("/cdn/") ? cdn : rest));
  const rob = server.addUser({ name: "rob", globalName: "Rob" });
  const ada = server.addUser({ name: "ada" });
  const guild = server.addGuild({ name: "Works", botPermissions });
  server.addMember(guild, rob.id);
  server.addMember(guild, ada.id);
  const channel = server.addChannel(guild, { name: "help" });
  const api = new REST({ api: `${server.origin}/api`, version: "10", retries: 0 });
  api.setToken(token);
  return { ...{ clock, server, rest, faults, rates, api, told, token }, guild, channel, rob, ada };
}

interface Handler {
  handle: Rest["handle"];
}

async function listening(handlerOf: (path: string) => Handler): Promise<string> {
  const http = createServer((request, response) => {
    handlerOf(request.url ?? "/")
      .handle(request, response)
      .catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    const closed = new Promise((resolve) => http.close(resolve));
    http.closeAllConnections();
    await closed;
  });
  const { port } = http.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}

/** A message that pings no one. */
export const said = (content: string, more: Json = {}): { body: Json } => ({
  body: { content, allowed_mentions: { parse: [] }, ...more },
});

/** What Discord answers a call that it refuses. */
export async function refusal(call: Promise<unknown>): Promise<Json> {
  try {
    await call;
  } catch (error) {
    const { status, rawError } = error as DiscordAPIError;
    return { status, ...record(rawError) };
  }
  throw new Error("it was not refused");
}
