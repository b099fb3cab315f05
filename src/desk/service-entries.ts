/** What people write, change and take off in a ticket service: how a document takes it in. Times are in ms. */
import { replyToTicket } from "../tickets/changes.ts";
import { errors } from "../tickets/errors.ts";
import { limits } from "../tickets/limits.ts";
import { remember } from "./answers.ts";
import type { Person } from "./chat.ts";
import { copyIn, isFor } from "./copies.ts";
import { begunBy, fileId, messageId } from "./delivery.ts";
import type { Copy, Message, Place, TicketDocument, Underway } from "./document.ts";
import { quoteOf } from "./giving-up.ts";
import { forgetTroubles, setEntry, speak, withdrawn } from "./hear.ts";
import { foundAfterAll, link } from "./made.ts";
import { addAudit, addMessage, addNotice, messageIn, rewrite } from "./messages.ts";
import type { ServiceEntry, ServiceTicket } from "./service.ts";
import { descriptionIn } from "./service-courier.ts";
import { atMost } from "./service-fields.ts";
import { serviceItself } from "./service-merge.ts";
import { rename, renamedIn } from "./service-names.ts";
import {
  headOf,
  isCreatedThere,
  refsIn,
  sayTheSame,
  withHead,
  wordsTaken,
} from "./service-place.ts";
import { oneLine } from "./shortened.ts";
import { typedText } from "./text.ts";
import { plainText } from "./text-plain.ts";

/**
 * Takes in what is there and was not known; of an old state of the ticket (`isOld`), nothing else.
 * `place` is the draft's own.
 */
export function takeEntries(
  draft: TicketDocument,
  place: Place,
  there: ServiceTicket,
  { isOld, now }: { isOld: boolean; now: number },
): void {
  linkDescription(draft, place, there);
  const { entries = [] } = there;
  const renamed = renamedIn(draft, place, entries);
  // What has an older name in an older state keeps its newer one.
  if (!isOld) rename(draft, place, renamed, entries, now);
  const known = new Map(
    draft.messages.flatMap((message) =>
      message.from?.place === place.id ? [[message.from.message, message] as const] : [],
    ),
  );
  if (!isOld)
    for (const entry of entries) {
      const message = known.get(entry.ref);
      if (message) takeAgain(draft, place, message, entry, now);
    }
  takeNew(draft, place, entries, new Set([...refsIn(draft, place), ...renamed.keys()]), now);
}

function takeNew(
  draft: TicketDocument,
  place: Place,
  entries: readonly ServiceEntry[],
  refs: Set<string>,
  now: number,
): void {
  let isFull = false;
  for (const entry of entries) {
    if (refs.has(entry.ref)) continue;
    refs.add(entry.ref);
    if (linkDoubtful(draft, place, entry) || isFull) continue;
    isFull = take(draft, place, entry, now) === "full";
  }
  if (isFull && isFirstTime(draft, place, "full", place.id, now))
    addNotice(draft, fullWords(place), { audience: "agents" }, now);
}

/** Of what a ticket does not take, so much is shown to agents: one that is closed may be written to for ever. */
const mostForAgents = 100;

const isForAgents = ({ from, audience }: Message, { id }: Place): boolean =>
  from?.place === id && audience === "agents";

const fullWords = ({ thread }: Place): string =>
  `No more of what is written in the ticket service comes here: there is no room left for it. Please read and answer it there, in ${thread}, or go on in another ticket.`;

/** Takes off what is no longer there. Where nothing is shown, nothing is known of it. */
export function takeAbsences(
  draft: TicketDocument,
  place: Place,
  { entries = [], updatedAt }: ServiceTicket,
  now: number,
): void {
  const refs = new Set(entries.map(({ ref }) => ref));
  if (refs.size === 0) return;
  for (const { from } of [...draft.messages])
    if (from?.place === place.id && !refs.has(from.message))
      withdraw(draft, place, from.message, now);
  // What it shows is from before we wrote there, should it be older; some give no fractions.
  const writtenBy = Date.parse(updatedAt) + 1_000;
  for (const [index, message] of [...draft.messages.entries()])
    if (Date.parse(message.at) < writtenBy) missOurs(draft, place, index, refs, now);
}

function linkDescription(draft: TicketDocument, place: Place, there: ServiceTicket): void {
  const first = messageIn(draft, 0);
  const ref = isCreatedThere(first, place) ? descriptionIn(there, draft.ticket) : undefined;
  if (ref !== undefined && !refsIn(draft, place).includes(ref)) link(first, place, ref);
}

/** Whether something of ours is on its way there, and no one has given it up. */
export const isBusy = (draft: TicketDocument, { id }: Place): boolean =>
  draft.underway.some((begun) => begun.place === id && !isGivenUp(draft, begun));

/** Of a message, its text and each of its files fare by themselves. */
function isGivenUp({ troubles, places }: TicketDocument, begun: Underway): boolean {
  const place = places.find(({ id }) => id === begun.place);
  if (!place || begun.makes === "thread") return false;
  const id = begunBy(begun, place);
  return troubles.some(({ delivery, dead }) => dead && delivery === id);
}

/** What was given up in doubt is known by its words. */
function linkDoubtful(
  draft: TicketDocument,
  place: Place,
  { ref, message }: ServiceEntry,
): boolean {
  const begun = draft.underway.find(
    (each) =>
      each.place === place.id && each.makes !== "thread" && sayTheSame(each.words ?? "", message),
  );
  if (begun) foundAfterAll(draft, place, begun, ref);
  return begun !== undefined;
}

const isBlank = (words: string) => words.trim() === "";

/** `full`: nothing was put down, as there is no room for it. */
function take(
  draft: TicketDocument,
  place: Place,
  entry: ServiceEntry,
  now: number,
): "taken" | "full" {
  const words = wordsTaken(entry, place);
  if (isBlank(words)) return "taken";
  const by = writerOf(draft, place, entry);
  const from = { place: place.id, platform: place.platform, message: entry.ref };
  const said = { by, text: typedText(words), from };
  const refused =
    entry.type === "system"
      ? announce(draft, said, words, now)
      : speak(
          draft,
          {
            ...said,
            kind: "reply",
            side: entry.type === "user" ? "requester" : "agents",
            files: [],
          },
          words,
          now,
        );
  if (!refused) return "taken";
  const shown = draft.messages.filter((message) => isForAgents(message, place)).length;
  if (refused.refused === "TICKET_FULL" || shown >= mostForAgents) return "full";
  const told = `What ${by.name} wrote in the ticket service is shown to agents only (${errors[refused.refused].sentence}):`;
  addMessage(
    draft,
    {
      ...said,
      kind: "notice",
      side: "agents",
      audience: "agents",
      text: typedText(withHead(told, words)),
    },
    now,
  );
  return "taken";
}

/** What no person said is an entry as well, for everyone. */
function announce(
  draft: TicketDocument,
  said: Pick<Message, "by" | "text" | "from">,
  message: string,
  now: number,
) {
  const actor = { role: "agent", id: said.by.id } as const;
  const replied = replyToTicket(draft.ticket, { message, type: "system" }, actor, now);
  if ("refused" in replied) return replied;
  const entry = replied.threads.length - 1;
  addMessage(draft, { ...said, kind: "notice", side: "agents", entry }, now);
  remember(draft, replied, undefined, now);
  return undefined;
}

/** Someone as they are known here, where they are. */
function writerOf(draft: TicketDocument, place: Place, { author }: ServiceEntry): Person {
  const id = atMost(author, limits.idLength);
  if (id === null) return serviceItself(place);
  const { requester, assignee, messages } = draft;
  const known = [requester, assignee, ...messages.map(({ by }) => by).reverse()];
  return known.find((person) => person?.id === id) ?? { id, name: oneLine(id) || id };
}

/** An entry that is known may say something else by now, or be there again. */
function takeAgain(
  draft: TicketDocument,
  place: Place,
  message: Message,
  entry: ServiceEntry,
  now: number,
): void {
  const words = wordsTaken(entry, place);
  if (isBlank(words)) return;
  const wasGone = message.deleted;
  message.deleted = false;
  if (!rewrite(message, typedText(wordsFor(message, words))) && !wasGone) return;
  forgetTroubles(draft, message);
  setEntry(draft, message, words, now);
  const what = wasGone ? "restored" : "edited";
  addAudit(draft, message.by.id, what, { to: String(draft.messages.indexOf(message)) }, now);
}

const wordsFor = ({ audience, text }: Message, words: string): string =>
  audience === "everyone" ? words : withHead(headOf(plainText(text ?? [])), words);

function withdraw(
  draft: TicketDocument,
  { platform, thread }: Place,
  message: string,
  now: number,
): void {
  withdrawn(draft, { type: "deleted", platform, thread: thread ?? "", message }, now);
}

/** An entry of ours that another has overwritten is written once more, and once only. */
function missOurs(
  draft: TicketDocument,
  place: Place,
  index: number,
  refs: ReadonlySet<string>,
  now: number,
): void {
  const message = messageIn(draft, index);
  const copy = copyIn(message, place);
  if (!copy || !isFor(message, place)) return;
  const isThere = ({ message: ref }: { message: string }) => refs.has(ref);
  if (copy.parts.every(isThere) && copy.files.every(isThere)) return;
  const id = messageId(place, index);
  if (isFirstTime(draft, place, "missing", id, now)) {
    const gone = takeOff(draft, place, index, copy, isThere);
    if (gone.has(id) && isCreatedThere(message, place)) tellMissing(draft, message, "it off", now);
  } else if (isFirstTime(draft, place, "missing again", id, now))
    tellMissing(draft, message, "it off twice", now);
}

/** What is not there is to be written once more. Says which deliveries that are. */
function takeOff(
  draft: TicketDocument,
  place: Place,
  index: number,
  copy: Copy,
  isThere: (each: { message: string }) => boolean,
): Set<string> {
  const files = copy.files.filter((each) => !isThere(each));
  const gone = new Set(files.map(({ file }) => fileId(place, index, file)));
  if (!copy.parts.every(isThere)) gone.add(messageId(place, index));
  copy.parts = copy.parts.filter(isThere);
  copy.files = copy.files.filter(isThere);
  copy.done = false;
  // It could not be changed for it was not there.
  draft.troubles = draft.troubles.filter(({ delivery }) => !gone.has(delivery));
  return gone;
}

function tellMissing(draft: TicketDocument, message: Message, taken: string, now: number): void {
  const told = `${quoteOf(draft, message)} is no longer recorded in the ticket service: something else there has taken ${taken}.`;
  addNotice(draft, told, { audience: "agents" }, now);
}

function isFirstTime(
  draft: TicketDocument,
  place: Place,
  what: string,
  to: string,
  now: number,
): boolean {
  if (draft.audit.some((each) => each.what === what && each.to === to)) return false;
  addAudit(draft, place.platform, what, { to }, now);
  return true;
}

/** Changes whenever something of this place does, on its way as well. */
export function stampOf(draft: TicketDocument, place: Place): string {
  const ours = ({ place: of }: Pick<Copy | Underway, "place">) => of === place.id;
  const messages = draft.messages.map(({ from, revision, deleted, copies }) => [
    from?.place === place.id && [from.message, revision, deleted],
    copies.filter(ours),
  ]);
  const { thread, shown } = place;
  return JSON.stringify([thread, shown, draft.underway.filter(ours), messages]);
}
