/** What the buttons and menus of cards ask for, on whichever platform they are pressed. */
import type { Priority, Status, TicketId } from "../tickets/ticket.ts";
import type { Action, Done } from "./chat.ts";
import { type Refused, refusalWords } from "./refusal-words.ts";

export type Press = { ticket: TicketId } & (
  | { press: "claim" | "release" | "reopen" | "resolve" | "note" | "reply" }
  | { press: "status"; value: Status }
  | { press: "priority"; value: Priority }
  /** `value` names the delivery. */
  | { press: "retry"; value: string }
);

/** What is to be done at once; undefined where a form asks for words first. */
export function actionFor(press: Press): Action | undefined {
  switch (press.press) {
    case "claim":
    case "release":
    case "reopen":
      return { do: press.press };
    case "status":
      return { do: "status", status: press.value };
    case "priority":
      return { do: "priority", priority: press.value };
    case "retry":
      return { do: "retry", delivery: press.value };
    case "resolve":
    case "note":
    case "reply":
      return undefined;
  }
}

/** What whoever pressed is told, as plain text; undefined when the card tells it. */
export function wordsFor(
  done: Done | null,
  refusedWords: (code: Refused) => string = refusalWords,
): string | undefined {
  if (done === null) return refusedWords("SUPPORT_TICKET_NOT_FOUND");
  if ("refused" in done) return refusedWords(done.refused);
  if ("claimedBy" in done) return `${done.claimedBy} was faster and is on this ticket already.`;
  return undefined;
}
