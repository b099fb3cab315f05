import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { TicketStore } from "../desk/ports.ts";
import { statuses } from "../tickets/ticket.ts";

export interface Metrics {
  /** One request was answered; `route` is the path as it is described, not as it was asked for. */
  answered(method: string, route: string, status: number, seconds: number): void;
  /** One delivery was tried. */
  attempted(platform: string, outcome: string): void;
  /** Shows from now on what is still to be delivered. */
  watch(outbox: Backlog): void;
  /** Something was read back. */
  readBack(platform: string, result: string): void;
  /** Shows from now on what is still to be read back. */
  watchUnread(catchUp: CatchUp): void;
  /** In Prometheus' text format. */
  text(): Promise<string>;
}

interface CatchUp {
  /** How many tickets are to be read, and what was written since when (in ms) may be missing. */
  unread(): { platform: string; tickets: number; since: number | undefined }[];
}

interface Backlog {
  /** How many tickets owe something, and since when (in ms) the oldest of them. */
  backlog(): { tickets: number; since: number | undefined };
}

const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

export function createMetrics(store: TicketStore): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: "deskhand_http_requests_total",
    help: "HTTP requests answered",
    labelNames: ["method", "route", "status"],
    registers,
  });
  const seconds = new Histogram({
    name: "deskhand_http_request_duration_seconds",
    help: "How long requests took to answer",
    labelNames: ["method", "route"],
    buckets: secondsBuckets,
    registers,
  });
  gaugeTickets(store, registers);
  const deliveries = new Counter({
    name: "deskhand_deliveries_total",
    help: "Deliveries tried, by how it ended",
    labelNames: ["platform", "outcome"],
    registers,
  });
  const readBack = new Counter({
    name: "deskhand_catch_up_messages_total",
    help: "Messages that were read back, by what became of them",
    labelNames: ["platform", "result"],
    registers,
  });
  return {
    readBack: (platform, result) => readBack.inc({ platform, result }),
    watchUnread: (catchUp) => gaugeUnread(catchUp, registers),
    attempted: (platform, outcome) => deliveries.inc({ platform, outcome }),
    watch: (outbox) => gaugeBacklog(outbox, registers),
    answered(method, route, status, took) {
      requests.inc({ method, route, status });
      seconds.observe({ method, route }, took);
    },
    text: () => registry.metrics(),
  };
}

function gaugeTickets(store: TicketStore, registers: Registry[]): void {
  new Gauge({
    name: "deskhand_tickets",
    help: "Tickets by status",
    labelNames: ["status"],
    registers,
    async collect() {
      const counts = await store.counts();
      for (const status of statuses) this.set({ status }, counts[status]);
    },
  });
}

function gaugeBacklog(outbox: Backlog, registers: Registry[]): void {
  new Gauge({
    name: "deskhand_outbox_tickets",
    help: "Tickets that still owe something to some place",
    registers,
    collect() {
      this.set(outbox.backlog().tickets);
    },
  });
  new Gauge({
    name: "deskhand_outbox_oldest_seconds",
    help: "How long the oldest of them has owed it",
    registers,
    collect() {
      const { since } = outbox.backlog();
      this.set(since === undefined ? 0 : (Date.now() - since) / 1_000);
    },
  });
}

function gaugeUnread(catchUp: CatchUp, registers: Registry[]): void {
  new Gauge({
    name: "deskhand_catch_up_tickets",
    help: "Tickets whose threads are still to be read back",
    labelNames: ["platform"],
    registers,
    collect() {
      for (const { platform, tickets } of catchUp.unread()) this.set({ platform }, tickets);
    },
  });
  new Gauge({
    name: "deskhand_catch_up_since_seconds",
    help: "How long ago the oldest of what may be missing there was written",
    labelNames: ["platform"],
    registers,
    collect() {
      for (const { platform, since } of catchUp.unread())
        this.set({ platform }, since === undefined ? 0 : (Date.now() - since) / 1_000);
    },
  });
}
