import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { TicketStore } from "../desk/ports.ts";
import { statuses } from "../tickets/ticket.ts";

export interface Metrics {
  /** One request was answered; `route` is the path as it is described, not as it was asked for. */
  answered(method: string, route: string, status: number, seconds: number): void;
  /** In Prometheus' text format. */
  text(): Promise<string>;
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
  return {
    answered(method, route, status, took) {
      requests.inc({ method, route, status });
      seconds.observe({ method, route }, took);
    },
    text: () => registry.metrics(),
  };
}
