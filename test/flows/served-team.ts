/** A team whose tickets live in another ticket service, too. */
import { expect, onTestFinished } from "vitest";
import type { RemoteConfig } from "../../src/config.ts";
import { exportFolder } from "../../src/store/lowdb/export.ts";
import type { HandClock } from "../fakes/clock.ts";
import { startTicketApi, type TicketApiFake } from "../fakes/ticket-api.ts";
import type { FakeEntry, FakeTicket } from "../fakes/ticket-api-tickets.ts";
import { type LeavingTeam, leavingTeam } from "./absences.ts";
import { lifeline } from "./lifeline.ts";
import type { MixedOptions } from "./mixed-team.ts";

interface ServedTeam extends LeavingTeam {
  service: TicketApiFake;
  /** The service cannot be reached, until what it returns is called. */
  goesDown(): () => void;
  /** The only ticket there, once there is one. */
  there(): Promise<FakeTicket>;
  /** What was said in it, its description left out. */
  entries(): FakeEntry[];
  /** It has been looked at often enough that all that is there has come, and nothing is owed. */
  hasPolled(): Promise<void>;
  /** What happened to the only ticket, but for what people said: as `what from → to`. */
  audit(): Promise<string[]>;
}

export async function servedTeam({
  replies = "put-threads",
  etags = false,
  ...options
}: MixedOptions & {
  replies?: RemoteConfig["replies"];
  etags?: boolean;
}): Promise<ServedTeam> {
  const service = await startTicketApi({ etags });
  onTestFinished(() => service.stop());
  const line = await lifeline(service.url);
  const remote = { url: line.url, token: service.agentToken, replies, pollMs: 15_000 };
  const team = await leavingTeam({ ...options, config: async (config) => ({ ...config, remote }) });
  const { tickets, requests } = service;
  tickets.habits.now = ticking(team.clock);
  const polls = () => requests.filter(({ method, path }) => isList(method, path)).length;
  return {
    ...team,
    service,
    goesDown: line.breaks,
    there: () => team.passing(() => [...tickets.byId.values()][0]),
    entries: () => [...tickets.byId.values()].flatMap(({ threads }) => threads.slice(1)),
    async hasPolled() {
      const before = polls();
      await team.passing(() => polls() >= before + 3);
      await team.quiet();
    },
    async audit() {
      const { documents } = await exportFolder(team.folder());
      for await (const one of documents) {
        if (!("document" in one)) continue;
        return one.document.audit.map(({ what, from, to }) => `${what} ${from} → ${to}`);
      }
      return expect.fail("there is no ticket");
    },
  };
}

/** Whatever stands still here: nothing there happens at the very same time as something before. */
function ticking(clock: Pick<HandClock, "now">): () => number {
  let last = 0;
  return () => {
    last = Math.max(last + 1, clock.now());
    return last;
  };
}

const isList = (method: string, path: string) =>
  method === "GET" && path.endsWith("/support-tickets");
