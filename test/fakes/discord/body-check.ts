import { isRecord, type Json, record, records, string } from "../json.ts";
import { wrongInChoices, wrongInCommand } from "./command-rules.ts";
import type { Wrong } from "./errors.ts";
import { limits } from "./limits.ts";
import { pingsNoOne } from "./mentions.ts";
import { wrongInMessage } from "./message-rules.ts";
import { wrongInModal } from "./modal-rules.ts";
import { wrongByDescription } from "./openapi.ts";
import { lengthOf } from "./rule-parts.ts";

/** A message in the body of a call, and where it stands there. */
interface Inside {
  readonly message: Json;
  readonly at: string;
  /** An edit that leaves the text alone pings no one anew. */
  readonly edits: boolean;
}

/** https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-response-object-interaction-callback-type */
const answers = { message: 4, deferred: 5, update: 7, choices: 8, modal: 9 } as const;

function messageIn(route: string, body: Json): Inside | undefined {
  switch (route) {
    case "POST /channels/:id/messages":
    case "POST /webhooks/:id/:token":
      return { message: body, at: "", edits: false };
    case "PATCH /channels/:id/messages/:id":
    case "PATCH /webhooks/:id/:token/messages/@original":
    case "PATCH /webhooks/:id/:token/messages/:id":
      return { message: body, at: "", edits: true };
    case "POST /channels/:id/threads":
      return isRecord(body.message)
        ? { message: body.message, at: "message", edits: false }
        : undefined;
    case "POST /interactions/:id/:token/callback":
      return messageInAnswer(body);
    default:
      return undefined;
  }
}

function messageInAnswer({ type, data }: Json): Inside | undefined {
  if (type !== answers.message && type !== answers.update) return undefined;
  return { message: record(data), at: "data", edits: type === answers.update };
}

function wrongByRules(route: string, body: unknown): Wrong[] {
  const given = record(body);
  const inside = messageIn(route, given);
  const inMessage = inside ? wrongInMessage(inside.message, inside.at) : [];
  switch (route) {
    case "POST /interactions/:id/:token/callback":
      return [...inMessage, ...wrongInAnswer(given)];
    case "PUT /applications/:id/commands":
      return records(body).flatMap((each, place) => wrongInCommand(each, String(place)));
    case "POST /applications/:id/commands":
      return wrongInCommand(given, "");
    case "POST /channels/:id/threads":
    case "POST /channels/:id/messages/:id/threads":
      return [...inMessage, ...threadName(given)];
    default:
      return inMessage;
  }
}

const threadName = (body: Json): Wrong[] =>
  lengthOf(body, "name", { at: "", most: limits.threadName, least: 1 });

function wrongInAnswer({ type, data }: Json): Wrong[] {
  if (type === answers.modal) return wrongInModal(record(data), "data");
  return type === answers.choices ? wrongInChoices(record(data).choices, "data.choices") : [];
}

/** Everything that is wrong with a body that came as JSON: by Discord's rules, and by its description. */
export function wrongInBody(route: string, body: unknown): Wrong[] {
  const byRules = wrongByRules(route, body);
  return byRules.length > 0 ? byRules : wrongByDescription(route, body);
}

/** Whether the body is a message that leaves it to its text whom it pings. */
export function leavesPingsOpen(route: string, body: unknown): boolean {
  const inside = messageIn(route, record(body));
  if (!inside) return false;
  const silent = inside.edits && typeof inside.message.content !== "string";
  return !silent && !pingsNoOne(inside.message);
}

/** In a line, for who reads a test's failure. */
export const inWords = (route: string, { at, code, message }: Wrong): string =>
  `${route}: ${string(at) || "the body"}: ${message} (${code})`;
