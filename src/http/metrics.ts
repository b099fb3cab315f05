import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { TicketStore } from "../desk/ports.ts";
import { statuses } from "../tickets/ticket.ts";

export interface Metrics {
  /** One request was answered; `route` is the path as it is described, not as it was asked for. */
  answered(method: string, route: string, status: number, seconds: number): void;
  /** One delivery was tried. */
  attempted(platform: string, outcome: string): void;
  /** The ticket service was asked for what has changed there. */
  polled(outcome: string): void;
  /** Shows from now on what is still to be delivered. */
  watch(outbox: Backlog): void;
  /** A platform asked to wait so long. */
  rateLimited(platform: string, waitMs: number): void;
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
  /** Since when (in ms) each platform has not answered; undefined while it does. */
  circuits(): { platform: string; downSince: number | undefined }[];
}

const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

export function createMetrics(store: TicketStore, { leads = true } = {}): Metrics {
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
  new Gauge({
    name: "deskhand_leader",
    help: "1 for the process that sends, reads back and is connected to the platforms; else 0",
    registers,
  }).set(leads ? 1 : 0);
  const count = counters(registers);
  return {
    ...count,
    rateLimited: rateLimits(registers),
    watchUnread: (catchUp) => gaugeUnread(catchUp, registers),
    watch(outbox) {
      gaugeBacklog(outbox, registers);
      gaugeCircuits(outbox, registers);
    },
    answered(method, route, status, took) {
      requests.inc({ method, route, status });
      seconds.observe({ method, route }, took);
    },
    text: () => registry.metrics(),
  };
}

/** What only ever grows. */
function counters(registers: Registry[]): Pick<Metrics, "attempted" | "readBack" | "polled"> {
  const counter = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Counter({ name, help, labelNames, registers });
  const deliveries = counter(
    "deskhand_deliveries_total",
    "Deliveries tried, by how it ended",
    "platform",
    "outcome",
  );
  const readBack = counter(
    "deskhand_catch_up_messages_total",
    "Messages that were read back, by what became of them",
    "platform",
    "result",
  );
  const polls = counter(
    "deskhand_ticket_service_polls_total",
    "How often the ticket service was asked for what has changed there, by how it ended",
    "outcome",
  );
  return {
    attempted: (platform, outcome) => deliveries.inc({ platform, outcome }),
    readBack: (platform, result) => readBack.inc({ platform, result }),
    polled: (outcome) => polls.inc({ outcome }),
  };
}

/** Of what asks to wait while it does already, the longest counts. */
function rateLimits(registers: Registry[]): Metrics["rateLimited"] {
  const labelNames = ["platform"];
  const asked = new Counter({
    name: "deskhand_rate_limits_total",
    help: "How often a platform asked to wait (429)",
    labelNames,
    registers,
  });
  const untilMs = new Map<string, number>();
  new Gauge({
    name: "deskhand_rate_limit_wait_seconds",
    help: "How much longer a platform has asked to wait; 0 when it takes all calls",
    labelNames,
    registers,
    collect() {
      for (const [platform, until] of untilMs)
        this.set({ platform }, Math.max(0, until - Date.now()) / 1_000);
    },
  });
  return (platform, waitMs) => {
    asked.inc({ platform });
    untilMs.set(platform, Math.max(untilMs.get(platform) ?? 0, Date.now() + waitMs));
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

function gaugeCircuits(outbox: Backlog, registers: Registry[]): void {
  new Gauge({
    name: "deskhand_circuit_open",
    help: "1 while a platform does not answer, so that what is owed there waits",
    labelNames: ["platform"],
    registers,
    collect() {
      for (const { platform, downSince } of outbox.circuits())
        this.set({ platform }, downSince === undefined ? 0 : 1);
    },
  });
}
