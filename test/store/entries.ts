import { currentSchema, type TicketDocument } from "../../src/desk/document.ts";

/** So many minutes after the first entry. */
export const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 10, minute)).toISOString();

/** A ticket whose entries were written one minute after the other. */
export function documentWith(entries: number): TicketDocument {
  const threads = Array.from({ length: entries }, (_, minute) => ({
    ...{ author: "rob", message: `words ${minute}`, timestamp: at(minute), type: "user" as const },
  }));
  return {
    ...{ schema: currentSchema, reference: "T-4F7K2M", creationKey: null },
    requester: { id: "rob", name: "Rob" },
    ...{ assignee: null, places: [], unwanted: [], owes: false, troubles: [], underway: [] },
    ...{ audit: [], answers: [] },
    messages: threads.map(({ timestamp }, entry) => ({
      ...{ kind: "reply", audience: "everyone", side: "requester", at: timestamp, entry },
      ...{ by: { id: "rob", name: "Rob" }, text: null, revision: 1, deleted: false, from: null },
      ...{ files: [], copies: [], marked: null, retry: null },
    })),
    ticket: {
      ...{ _id: "t1", title: "Printer", description: "It burns.", status: "open" },
      ...{ priority: "high", category: "technical", client: "rob", assignedTo: null, threads },
      ...{ attachments: [], tags: [], resolution: null, createdAt: at(0), updatedAt: at(entries) },
      resolvedAt: null,
    },
  };
}
