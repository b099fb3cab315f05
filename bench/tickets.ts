import { createHash } from "node:crypto";
import { firstAnswer } from "../src/desk/answers.ts";
import type { TicketDocument } from "../src/desk/document.ts";
import { newDocument } from "../src/desk/open.ts";
import { openTicket } from "../src/tickets/changes.ts";
import type { NewTicket, Status, Ticket, TicketId } from "../src/tickets/ticket.ts";

const words =
  "the client answers 401 since the token was renewed and the dashboard shows no call of it ";

/** What is created: a ticket that takes about 1.5 KB as a document of Deskhand. */
export const givenTicket = (name: string): NewTicket => ({
  title: `Requests fail after a renewed token, ${name}`,
  description: words.repeat(3).trim(),
  priority: "high",
  category: "technical",
  attachments: [],
  tags: ["api", "authentication"],
});

/** In ms; each ticket is a second younger than the one before it. */
const createdAt = (index: number) => Date.parse("2024-01-01T00:00:00.000Z") + index * 1_000;

/** Most tickets of a service that has many are done with. */
const statuses: readonly Status[] = ["open", "in_progress", "pending"];
const share = 10;

/** How many people the tickets are of. */
const clients = 1_000;

const digest = (index: number) => createHash("sha256").update(`${index}`).digest("hex");

/** The id of a ticket that was there before, counted from 0, oldest first. */
export const seededId = (index: number): TicketId => `support_ticket_${digest(index).slice(0, 20)}`;

export function seededTicket(index: number): Ticket {
  const actor = { role: "client", id: `client_${index % clients}` } as const;
  const given = givenTicket(`${index}`);
  const ticket = openTicket(seededId(index), given, actor, createdAt(index));
  return { ...ticket, status: statuses[index % share] ?? "closed" };
}

/** The same as a document of Deskhand, as if it were created over HTTP with an Idempotency-Key. */
export function seededDocument(index: number): TicketDocument {
  const ticket = seededTicket(index);
  const once = { key: `http client ${ticket.client} seed-${index}`, hash: digest(index) };
  return newDocument(
    {
      ticket,
      reference: `T-${index.toString().padStart(6, "0")}`,
      requester: { id: ticket.client, name: ticket.client },
      creationKey: once.key,
      answers: [firstAnswer(once, ticket, createdAt(index))],
    },
    { replies: "thread", triageFor: () => [] },
  );
}
