/** What of a ticket does not arrive: for agents and operators only, and without what anyone wrote. */
import { copyIn, isFor } from "./copies.ts";
import { readId } from "./delivery.ts";
import type { Message, Place, TicketDocument, Trouble } from "./document.ts";

/** A delivery that failed, and is tried again or was given up. */
export interface Owed {
  /** `p2/m1`, `p2/m1/f0`, `p1/open`, …: names it within its ticket. */
  id: string;
  /** The ticket's id. */
  ticket: string;
  reference: string;
  platform: string;
  /** Whose thread it is for, or a ticket service; of a mark or a file to be fetched, whose it is from. */
  side: Place["side"];
  /** In words, such as "a file". */
  what: string;
  /** When it was first tried, in ISO 8601. */
  since: string;
  attempts: number;
  /** Not before this is it tried again, in ISO 8601; null: it was given up. */
  dueAt: string | null;
  /** It was given up: it is not tried again unless someone asks for it. */
  dead: boolean;
  /** Why it failed the last time. */
  reason: string;
}

/** What is in trouble, the oldest first. */
export function owedIn(document: TicketDocument): Owed[] {
  const { reference, ticket } = document;
  const owed = document.troubles.flatMap((trouble): Owed[] => {
    const about = aboutOf(document, trouble.delivery);
    if (!about) return [];
    const { delivery: id, since, attempts, dead, reason } = trouble;
    const dueAt = dead ? null : trouble.dueAt;
    return [{ id, ticket: ticket._id, reference, ...about, since, attempts, dueAt, dead, reason }];
  });
  return owed.sort((one, other) => Date.parse(one.since) - Date.parse(other.since));
}

type About = Pick<Owed, "platform" | "side" | "what">;

/** Undefined: it is not owed to anyone any more. */
function aboutOf(document: TicketDocument, id: Trouble["delivery"]): About | undefined {
  const named = readId(id);
  const message = document.messages[named.message ?? -1];
  if (named.place === undefined) return message && aboutMessage(message, named.file);
  const place = document.places.find((each) => each.id === named.place);
  if (!place) return undefined;
  const { platform, side } = place;
  if (named.part !== undefined) return { platform, side, what: partWords(named.part, side) };
  return message && { platform, side, what: messageWords(message, place, named.file) };
}

/** What is owed where a message was written: that it is read, or marked. */
function aboutMessage({ from, side, files }: Message, at: number | undefined): About | undefined {
  if (at === undefined) return from ? { platform: from.platform, side, what: "a mark" } : undefined;
  const file = files[at];
  // One that was refused is not fetched any more, whoever asks for it.
  if (file?.state !== "offered") return undefined;
  return { platform: file.platform, side, what: "a file that is being fetched" };
}

const parts: Readonly<Record<string, string>> = {
  open: "its thread",
  card: "its card",
  assignedTo: "its assignee",
};

function partWords(part: string, side: Place["side"]): string {
  if (side === "service" && part === "open") return "the ticket";
  return parts[part] ?? `its ${part}`;
}

const kinds: Readonly<Record<Message["kind"], string>> = {
  reply: "a message",
  note: "a note",
  notice: "a notice",
};

function messageWords(message: Message, place: Place, file: number | undefined): string {
  const what = file === undefined ? kinds[message.kind] : "a file";
  const posted = copyIn(message, place);
  if (!isWanted(message, place, file)) return `the removal of ${what}`;
  const isEdit =
    file === undefined && posted?.parts.some(({ revision }) => revision !== message.revision);
  return isEdit ? `an edit of ${what}` : what;
}

const isWanted = (message: Message, place: Place, file: number | undefined): boolean =>
  isFor(message, place) && (file === undefined || message.files[file]?.state !== "removed");
