import { readFileSync } from "node:fs";
import { expect, onTestFinished } from "vitest";
import { createTicketApi, type TicketApiOptions } from "../../adapters/ticket-api/client.ts";
import { TicketApiError } from "../../adapters/ticket-api/errors.ts";
import type { NewTicket, Ticket } from "../../src/tickets/ticket.ts";
import { startTicketApi } from "../fakes/ticket-api.ts";

export const fixture = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../fixtures/contract/${name}`, import.meta.url), "utf8"));

export const newTicket = fixture<NewTicket>("create.request.json");
export const created = fixture<{ success: true; data: Ticket }>("create.response.json");

/** A client of whatever answers at `url`, closed when the test is over. */
export function clientOf(url: string, options: Partial<TicketApiOptions> = {}) {
  const api = createTicketApi({ url, token: "a-token", replies: "put-threads", ...options });
  onTestFinished(() => api.close());
  return api;
}

/** A stand-in and an agent's client of it; both are gone when the test is over. */
export async function connected({
  etags = false,
  ...options
}: Partial<TicketApiOptions> & { etags?: boolean } = {}) {
  const service = await startTicketApi({ etags });
  const api = clientOf(service.url, { token: service.agentToken, ...options });
  onTestFinished(() => service.stop());
  return { service, api };
}

/** What the call fails with. */
export async function faultOf(call: Promise<unknown>): Promise<TicketApiError> {
  const fault = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(fault instanceof TicketApiError)) return expect.fail(`It gave ${String(fault)}`);
  return fault;
}
