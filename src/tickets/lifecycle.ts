import type { EntryType, Status } from "./ticket.ts";

/** The status machine: from each status, where it may go. */
export const transitions: Readonly<Record<Status, readonly Status[]>> = {
  open: ["in_progress", "pending", "resolved", "closed"],
  in_progress: ["pending", "resolved", "closed"],
  pending: ["in_progress", "resolved", "closed"],
  resolved: ["open", "closed"],
  closed: [],
};

/** Where a reply of each type moves the ticket by itself; elsewhere it stays where it is. */
const movedByReply: Readonly<Record<EntryType, Partial<Record<Status, Status>>>> = {
  user: { pending: "in_progress", resolved: "open" },
  agent: { open: "in_progress" },
  system: {},
};

export const mayMove = (from: Status, to: Status): boolean =>
  from === to || transitions[from].includes(to);

export const statusAfterReply = (status: Status, type: EntryType): Status =>
  movedByReply[type][status] ?? status;
