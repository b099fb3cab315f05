/**
 * The least a server can do that keeps a ticket before it says so: parse, check, write one file,
 * make it durable, answer. No auth, no idempotency, no list. Arguments: port, folder.
 */
import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import { durableFiles } from "./durable-file.ts";

const [port, folder = "."] = process.argv.slice(2);
const path = "/v2/support-tickets";

type Json = Record<string, unknown>;

mkdirSync(folder, { recursive: true });
const tickets = new Map<string, Json>(
  readdirSync(folder).map((name) => {
    const ticket: Json = JSON.parse(readFileSync(join(folder, name), "utf8"));
    return [String(ticket._id), ticket];
  }),
);
const keep = await durableFiles(folder);

const server = createServer((request, response) => {
  serve(request, response).catch((error: unknown) => send(response, 500, { error: String(error) }));
});
server.listen(Number(port), "127.0.0.1");

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url = "" } = request;
  if (method === "POST" && url === path) return create(request, response);
  if (url === "/readyz") return send(response, 200, {});
  const ticket = tickets.get(url.slice(path.length + 1));
  if (ticket) send(response, 200, { success: true, data: ticket });
  else send(response, 404, { error: "Not found" });
}

async function create(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const given: Json = JSON.parse(Buffer.concat(chunks).toString("utf8"));
  if (!isTicket(given)) return send(response, 400, { error: "Not a ticket" });
  const ticket = ticketOf(given);
  await keep(`${ticket._id}.json`, JSON.stringify(ticket));
  tickets.set(ticket._id, ticket);
  send(response, 201, { success: true, data: ticket });
}

const priorities = new Set<unknown>(["low", "medium", "high", "urgent"]);
const categories = new Set<unknown>([
  "technical",
  "billing",
  "account",
  "feature_request",
  "general",
]);

const isTicket = ({ title, description, priority, category, tags, attachments }: Json): boolean =>
  isText(title, 150) &&
  isText(description, 10_000) &&
  priorities.has(priority) &&
  categories.has(category) &&
  isListOf(tags, (tag) => isText(tag, 50)) &&
  isListOf(attachments, isAttachment);

const isText = (value: unknown, maxLength: number): boolean =>
  typeof value === "string" && value.trim() !== "" && value.length <= maxLength;

const isListOf = (value: unknown, holds: (part: unknown) => boolean): boolean =>
  value === undefined || (Array.isArray(value) && value.length <= 20 && value.every(holds));

function isAttachment(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { filename, url, size, type } = value as Json;
  return isText(filename, 255) && isText(url, 2_048) && Number.isInteger(size) && isText(type, 255);
}

function ticketOf(given: Json) {
  const at = new Date().toISOString();
  const client = "client_bench";
  return {
    _id: `support_ticket_${randomBytes(10).toString("hex")}`,
    title: given.title,
    description: given.description,
    status: "open",
    priority: given.priority,
    category: given.category,
    client,
    assignedTo: null,
    threads: [{ author: client, message: given.description, timestamp: at, type: "user" }],
    attachments: given.attachments ?? [],
    tags: given.tags ?? [],
    resolution: null,
    createdAt: at,
    updatedAt: at,
    resolvedAt: null,
  };
}

function send(response: ServerResponse, status: number, body: Json): void {
  const text = JSON.stringify(body);
  const headers = {
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(text),
  };
  response.writeHead(status, headers).end(text);
}
