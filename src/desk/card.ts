import { transitions } from "../tickets/lifecycle.ts";
import type { Action, Side, TicketCard } from "./chat.ts";
import { shortDigest } from "./digest.ts";
import type { Place, TicketDocument } from "./document.ts";
import { undeliveredIn } from "./undelivered.ts";

export interface CardRules {
  /** `explicit`: what agents write in the thread is sent only when they say so. */
  replies: "thread" | "explicit";
}

/** Of the description, as much as is readable at a glance; all of it stands in the thread. */
const excerptLength = 300;

/** How a ticket stands, as one side sees it; a ticket service shows none, and is taken for agents. */
export function cardFor(
  document: TicketDocument,
  seenBy: Place["side"],
  rules: CardRules,
): TicketCard {
  const side: Side = seenBy === "service" ? "agents" : seenBy;
  const { reference, requester, assignee, ticket } = document;
  const { title, status, priority, category, tags, resolution, createdAt } = ticket;
  const isForAgents = side === "agents";
  const elsewhere = document.places.find((place) => place.side === "service")?.thread ?? null;
  return {
    side,
    id: ticket._id,
    reference,
    title,
    ...(isForAgents && { description: excerptOf(ticket.description) }),
    status,
    priority,
    category,
    tags,
    requester: requester.name,
    assignee: assignee?.name ?? null,
    resolution,
    createdAt,
    ...(elsewhere !== null && { elsewhere }),
    undelivered: isForAgents ? undeliveredIn(document).length : 0,
    offers: isForAgents ? offersOf(document, rules) : [],
    moves: isForAgents ? transitions[status] : [],
  };
}

function excerptOf(description: string): string {
  const characters = [...description];
  if (characters.length <= excerptLength) return description;
  return `${characters.slice(0, excerptLength).join("").trimEnd()}…`;
}

function offersOf({ ticket, assignee }: TicketDocument, { replies }: CardRules): Action["do"][] {
  const { status } = ticket;
  if (status === "closed") return [];
  const reply: Action["do"][] = replies === "explicit" ? ["reply"] : [];
  if (status === "resolved") return ["reopen", ...reply, "note", "status"];
  return [assignee ? "release" : "claim", "resolve", ...reply, "note", "status", "priority"];
}

/** Differs when cards do. */
export const digestOf = (card: TicketCard): string => shortDigest(JSON.stringify(card));
