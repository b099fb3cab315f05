/** How what was read back goes into its ticket: as if it had been told of, in the order of writing. */
import type { ReadEvent, Reading } from "./catch-up-reading.ts";
import type { ChatEvent, Heard, NotHeard, WrittenEvent } from "./chat.ts";
import type { Place, TicketDocument } from "./document.ts";
import { type HearRules, hear } from "./hear.ts";
import { messageFrom } from "./messages.ts";
import { noteReadAgain, tellMissing } from "./missing.ts";

/** What has been read of a place by now. */
export interface Batch {
  reading: Reading;
  events: readonly ReadEvent[];
  deleted: readonly string[];
  /** It has ended, with these. */
  isEnded: boolean;
}

export const batchOf = (reading: Reading): Batch => ({
  reading,
  events: [...reading.events],
  deleted: [...reading.deleted],
  isEnded: reading.state !== "unread",
});

/** What became of something that was read. */
export type TakenAs =
  | Extract<Heard, { heard: string }>["heard"]
  | "refused"
  | "deleted"
  /** What cannot be read any more was told of. */
  | "missing"
  /** It may be older than what was heard of it meanwhile: it has to be read once more. */
  | "outdated";

export interface Taken {
  platform: string;
  as: TakenAs;
  refusal?: { event: WrittenEvent; refused: NotHeard };
}

export interface TakeRules {
  /** As they were when it was written. */
  rulesAt(writtenAt: number): HearRules;
  /** The message was edited, as was heard, since it was read. */
  isOutdated(event: WrittenEvent): boolean;
}

/** All of it at once, or nothing; a second time changes nothing. `now` is in ms. */
export function takeIn(
  draft: TicketDocument,
  batches: readonly Batch[],
  rules: TakeRules,
  now: number,
): Taken[] {
  const written = batches
    .flatMap(({ reading, events }) => events.map((each) => ({ ...each, reading })))
    .sort((one, other) => one.writtenAt - other.writtenAt);
  return [
    ...written.map((each) => takeWritten(draft, each, rules, now)),
    ...batches.flatMap((batch) => takeDeleted(draft, batch, rules, now)),
    ...batches.flatMap(({ reading }) => takeEnd(draft, reading, now)),
  ];
}

function takeWritten(
  draft: TicketDocument,
  { event, writtenAt, reading }: ReadEvent & { reading: Reading },
  rules: TakeRules,
  now: number,
): Taken {
  const { platform } = event;
  if (rules.isOutdated(event)) return { platform, as: "outdated" };
  const place = placeOf(draft, event);
  const isDecided = writtenAt < reading.takesFrom && !messageFrom(draft, event);
  if (!place || isDecided) return { platform, as: "known" };
  const heard = hear(draft, event, place, rules.rulesAt(writtenAt), now);
  if ("heard" in heard) return { platform, as: heard.heard };
  // Of what was written before the gap, whoever wrote it was told then.
  const isTold = writtenAt < reading.since;
  return { platform, as: "refused", ...(isTold ? {} : { refusal: { event, refused: heard } }) };
}

function takeDeleted(
  draft: TicketDocument,
  { reading, deleted }: Batch,
  rules: TakeRules,
  now: number,
): Taken[] {
  const { platform, thread, began } = reading;
  return deleted.map((message): Taken => {
    const event: ChatEvent = { type: "deleted", platform, thread, message };
    const place = placeOf(draft, event);
    if (!place || !messageFrom(draft, event)) return { platform, as: "known" };
    const heard = hear(draft, event, place, rules.rulesAt(began), now);
    return { platform, as: "heard" in heard && heard.heard === "accepted" ? "deleted" : "known" };
  });
}

function takeEnd(draft: TicketDocument, reading: Reading, now: number): Taken[] {
  const { platform, since, state, failure } = reading;
  const place = placeOf(draft, reading);
  if (!place) return [];
  if (state === "read") noteReadAgain(draft, place, now);
  if (state !== "lost" || !failure) return [];
  const { reason } = failure;
  return tellMissing(draft, place, { since, reason }, now) ? [{ platform, as: "missing" }] : [];
}

/** So that nothing is read twice after a restart: all that was written until then is in the ticket. */
export function noteReadTo(draft: TicketDocument, reading: Reading): void {
  const place = placeOf(draft, reading);
  const { state, began, reached, since } = reading;
  if (!place || state === "lost") return;
  const until = state === "read" ? began : reached;
  const before = place.readTo === null ? since : Math.max(since, Date.parse(place.readTo));
  if (until > before) place.readTo = new Date(until).toISOString();
}

const placeOf = (
  { places }: TicketDocument,
  { platform, thread }: Pick<ChatEvent, "platform" | "thread">,
): Place | undefined =>
  places.find((place) => place.platform === platform && place.thread === thread);
