/** How a ticket stands, in words. */
import { ticketForm } from "../tickets/form.ts";
import type { Category, Priority, Status } from "../tickets/ticket.ts";

export const statusWords: Readonly<Record<Status, string>> = {
  open: "Open",
  in_progress: "In progress",
  pending: "Pending",
  resolved: "Resolved",
  closed: "Closed",
};

export const statusSigns: Readonly<Record<Status, string>> = {
  open: "📬",
  in_progress: "🔧",
  pending: "⏳",
  resolved: "✅",
  closed: "🔒",
};

const prioritySigns: Readonly<Record<Priority, string>> = {
  low: "⚪",
  medium: "🔵",
  high: "🟠",
  urgent: "🔴",
};

/** What the ticket form calls a choice. */
function choiceWords(field: "priority" | "category", value: string): string {
  const { options = [] } = ticketForm.find(({ name }) => name === field) ?? {};
  return options.find((each) => each.value === value)?.label ?? value;
}

export const signedStatus = (status: Status): string =>
  `${statusSigns[status]} ${statusWords[status]}`;

export const priorityWords = (priority: Priority): string => choiceWords("priority", priority);

export const signedPriority = (priority: Priority): string =>
  `${prioritySigns[priority]} ${priorityWords(priority)}`;

export const categoryWords = (category: Category): string => choiceWords("category", category);

export const inDigits = (count: number): string => count.toLocaleString("en");

export const counted = (count: number, one: string, more: string): string =>
  `${inDigits(count)} ${count === 1 ? one : more}`;
