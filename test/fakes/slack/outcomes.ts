import type { Ephemeral, Message, OpenView } from "./records.ts";

/** How the app took a click, a shortcut or a command. */
export type Outcome =
  | { kind: "acked" }
  /** The person sees a warning sign, or that the command failed. */
  | { kind: "failed"; why: string }
  /** The client does not send it. */
  | { kind: "refused by the client"; why: string };

export type Submitted =
  /** This view has gone, and the one under it is there again. */
  | { kind: "closed" }
  /** Every view has gone. */
  | { kind: "cleared" }
  | { kind: "updated" }
  | { kind: "pushed" }
  /** The view is still there, with these marks: block id → what stands under the field. */
  | { kind: "errors"; errors: Record<string, string> }
  /** “We had some trouble connecting. Try again?” The view is still there. */
  | { kind: "trouble"; why: string }
  /** Nothing was sent. */
  | { kind: "refused by the client"; errors: Record<string, string> };

/** What was clicked on. */
export type Place =
  | { on: "message"; message: Message }
  | { on: "ephemeral"; ephemeral: Ephemeral }
  | { on: "view"; view: OpenView };
