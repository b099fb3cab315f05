import { errors } from "../tickets/errors.ts";
import type { Done, Heard } from "./chat.ts";

/** Why the desk did not do what someone wanted. */
export type Refused =
  | Extract<Heard, { refused: string }>["refused"]
  | Extract<Done, { refused: string }>["refused"];

/** What only the HTTP service answers: here it would be a fault of ours. */
type OverHttpOnly =
  | "INVALID_JSON"
  | "UNKNOWN_FIELD"
  | "INVALID_PARAMETERS"
  | "INVALID_IDEMPOTENCY_KEY"
  | "BAD_REQUEST"
  | "UNAUTHORIZED"
  | "DELIVERY_NOT_FOUND"
  | "NOT_FOUND"
  | "METHOD_NOT_ALLOWED"
  | "REQUEST_TIMEOUT"
  | "IDEMPOTENCY_KEY_REUSED"
  | "PAYLOAD_TOO_LARGE"
  | "UNSUPPORTED_MEDIA_TYPE"
  | "HEADERS_TOO_LARGE"
  | "INTERNAL_ERROR"
  | "INVALID_TYPE"
  | "LINK_INVALID"
  | "LINK_EXPIRED";

const corrected = (code: keyof typeof errors) =>
  `${errors[code].sentence}. Please correct that and try again.`;

const told: Readonly<Record<Exclude<Refused, OverHttpOnly>, string>> = {
  NOT_AN_AGENT:
    "Only agents can do that, so nothing was changed or passed on. If you are one, ask to be added to the triage channel or to Deskhand's list of agents.",
  NOT_THE_REQUESTER:
    "This is someone else's ticket, so what you wrote was not passed on. To open one of your own, use /ticket.",
  TICKET_CLOSED:
    "This ticket is closed, so nothing was changed or passed on. Please open another one with /ticket.",
  TICKET_FULL:
    "This ticket holds as many messages as it can, so that was not passed on. Please open another one with /ticket.",
  INVALID_TRANSITION:
    "The ticket cannot go there from where it is now: someone may have been quicker. Its card shows how it stands.",
  RESOLUTION_REQUIRED:
    "A ticket is resolved with some words on how. Use the Resolve… button on its card.",
  FORBIDDEN: "That is for agents to do, so nothing was changed. You can ask for it in the thread.",
  SUPPORT_TICKET_NOT_FOUND: "There is no such ticket any more, so nothing was changed.",
  MESSAGE_REQUIRED: "There are no words in that, so nothing was passed on. Please write some.",
  INVALID_MESSAGE: `${errors.INVALID_MESSAGE.sentence}, so it was not passed on. Please send it in parts.`,
  RATE_LIMITED: "That was too much at once. Please wait a minute and try again.",
  STORE_UNAVAILABLE: `${errors.STORE_UNAVAILABLE.sentence} in a minute.`,
  TITLE_REQUIRED: corrected("TITLE_REQUIRED"),
  DESCRIPTION_REQUIRED: corrected("DESCRIPTION_REQUIRED"),
  PRIORITY_REQUIRED: corrected("PRIORITY_REQUIRED"),
  CATEGORY_REQUIRED: corrected("CATEGORY_REQUIRED"),
  INVALID_TITLE: corrected("INVALID_TITLE"),
  INVALID_DESCRIPTION: corrected("INVALID_DESCRIPTION"),
  INVALID_PRIORITY: corrected("INVALID_PRIORITY"),
  INVALID_CATEGORY: corrected("INVALID_CATEGORY"),
  INVALID_TAGS: corrected("INVALID_TAGS"),
  INVALID_ATTACHMENTS: corrected("INVALID_ATTACHMENTS"),
  INVALID_STATUS: corrected("INVALID_STATUS"),
  INVALID_ASSIGNEE: corrected("INVALID_ASSIGNEE"),
  INVALID_RESOLUTION: corrected("INVALID_RESOLUTION"),
};

const ours =
  "That did not work, through no fault of yours, and nothing was changed. Please try again; if it stays like this, tell an agent.";

const words: Readonly<Partial<Record<Refused, string>>> = told;

/** For the person who wanted it: what happened, and what they can do. Plain text. */
export const refusalWords = (code: Refused): string => words[code] ?? ours;
