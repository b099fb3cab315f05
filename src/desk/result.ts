/** What became of a delivery, as far as its call tells. */
import type { Failure } from "./chat.ts";
import type { ServiceTicket } from "./service.ts";

/** How a delivery ended. What was looked for and not found has no message. */
export interface Sent {
  message?: string;
  thread?: string;
  hash?: string;
  /** Of what was created in a ticket service: the entry that its description became. */
  entry?: string;
  /** Nothing was sent: first, what was changed there is to be taken in. */
  there?: ServiceTicket;
}

export type Result = { sent: Sent } | { failed: Failure };
