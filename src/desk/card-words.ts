/** What stands on a ticket's card, whichever platform shows it. Plain text. */
import type { TicketCard } from "./chat.ts";
import { categoryWords, signedPriority, signedStatus } from "./words.ts";

/** In this order; names and values as they are typed. */
export function factsOf(card: TicketCard): [name: string, value: string][] {
  const { reference, status, priority, category, requester, assignee, elsewhere } = card;
  return [
    ["Ticket", reference],
    ["Status", signedStatus(status)],
    ["Priority", signedPriority(priority)],
    ["Category", categoryWords(category)],
    ["Requester", requester],
    ["Assignee", assignee ?? "No one yet"],
    ...(elsewhere === undefined ? [] : [["Ticket service", elsewhere] satisfies [string, string]]),
  ];
}

/** That something did not arrive; undefined when all did. */
export function undeliveredWords({ undelivered }: TicketCard): string | undefined {
  if (undelivered === 0) return undefined;
  return undelivered === 1
    ? "⚠️ 1 message could not be delivered"
    : `⚠️ ${undelivered} messages could not be delivered`;
}

export const tryAgainWords = "Try again";

/** From left to right. A single delivery is tried again where its failure is told. */
export const cardButtons = ["claim", "release", "reply", "note", "resolve", "reopen"] as const;

export type CardButton = (typeof cardButtons)[number];

export const buttonWords: Readonly<Record<CardButton, string>> = {
  claim: "Claim",
  release: "Release",
  reply: "Reply…",
  note: "Note…",
  resolve: "Resolve…",
  reopen: "Reopen",
};

/** To be said where a ticket can be closed. */
export const closedForGood = "For good: it cannot be reopened";
