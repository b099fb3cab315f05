/**
 * The least that Hono can do to answer a ticket, or a page of ten: tickets from a Map, as JSON.
 * Arguments: port, how many tickets.
 */
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { summaryOf } from "../../src/tickets/ticket.ts";
import { seededTicket } from "../tickets.ts";

const [port, count] = process.argv.slice(2).map(Number);
const path = "/v2/support-tickets";

const tickets = new Map(
  Array.from({ length: count ?? 0 }, (_, index) => seededTicket(index)).map((ticket) => [
    ticket._id,
    ticket,
  ]),
);
const newest = [...tickets.values()].slice(-10).reverse();
const pagination = { page: 1, limit: 10, total: tickets.size, pages: Math.ceil(tickets.size / 10) };

const app = new Hono();
app.get("/readyz", (context) => context.json({}));
app.get(path, (context) =>
  context.json({ success: true, data: newest.map(summaryOf), pagination }),
);
app.get(`${path}/:id`, (context) => {
  const data = tickets.get(context.req.param("id"));
  return data ? context.json({ success: true, data }) : context.notFound();
});
serve({ fetch: app.fetch, port: port ?? 0, hostname: "127.0.0.1" });
