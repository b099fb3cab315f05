import { type Place, readDocument, type TicketDocument } from "../../src/desk/document.ts";
import type { Form, Memory } from "./memory.ts";
import { lastOf, type Said, saidIn, submittedKey } from "./people.ts";
import type { Shown, Thread } from "./platform.ts";
import { filesWanted, fileWanted, isBefore, marksWanted, settle, wantedOf } from "./wanted.ts";
import type { World } from "./world.ts";

/** What is wrong, as sentences: empty, when every promise was kept. */
export type Wrongs = string[];

/** A ticket, what people know of it, and what can be read of it. */
interface Case {
  world: World;
  memory: Memory;
  form: Form;
  document: TicketDocument;
  said: Said[];
  wrongs: Wrongs;
}

/** What must hold at any time. */
export function leaks({ world, memory }: Pick<Case, "world" | "memory">): Wrongs {
  const requesters = new Set(memory.forms.map(({ where }) => where));
  return [...world.platforms.values()].flatMap(({ ever }) =>
    ever
      .filter(({ where, text }) => requesters.has(where) && /(^|\s)s\d/.test(text))
      .map(({ thread, text }) => `A note stood in the requester's ${thread}: ${text}`),
  );
}

/** What must hold once nothing goes wrong any more, and all is quiet. */
export function wrongsIn(world: World, memory: Memory): Wrongs {
  const wrongs: Wrongs = leaks({ world, memory });
  const { documents } = world.disk;
  if (documents.size !== memory.forms.length)
    wrongs.push(`${memory.forms.length} forms have become ${documents.size} tickets`);
  for (const form of memory.forms) checkForm({ world, memory, form, wrongs });
  wrongs.push(...world.asking.waiting.map((label) => `It was never answered: ${label}`));
  const backlog = world.process?.outbox.backlog().tickets;
  if (backlog !== 0) wrongs.push(`The outbox still has ${backlog} tickets`);
  return wrongs;
}

function checkForm(given: Omit<Case, "document" | "said">): void {
  const { world, memory, form, wrongs } = given;
  const documents = [...world.disk.documents.values()];
  const document = documents.find((each) => each.creationKey === form.creationKey);
  if (!document || form.ticket !== document.ticket._id) {
    wrongs.push(`${form.creationKey} has become no ticket, or another than was told`);
    return;
  }
  const said = memory.said.filter(({ ticket }) => ticket === form.creationKey);
  for (const one of said) settle(world, one, document);
  const each = { ...given, document, said };
  checkDocument(each);
  for (const place of document.places) checkPlace(each, place);
  checkEntries(each);
  checkMarks(each);
}

function checkDocument({ document, wrongs }: Case): void {
  const { ticket, owes, underway, troubles } = document;
  try {
    readDocument(JSON.parse(JSON.stringify(document)));
  } catch (error) {
    wrongs.push(`${ticket._id} is not valid: ${String(error)}`);
  }
  const dead = troubles.filter((trouble) => trouble.dead && !isAside(trouble.delivery));
  if (owes || underway.length > 0 || dead.length > 0)
    wrongs.push(`${ticket._id} is not settled: ${JSON.stringify({ owes, underway, dead })}`);
}

/**
 * A card or a mark that could not be shown is not tried again before it changes, nor a file that was
 * not taken at all.
 */
export const isAside = (delivery: string): boolean => /\/(?:card|mark)$|^m\d+\/f/.test(delivery);

/** The threads that a place has, or had; the last of them is there. */
function threadsOf({ world, document, wrongs }: Case, place: Place): Thread[] {
  const prefix = `${document.ticket._id}/${place.id}/`;
  const threads = [...world.platform(place.platform).threads.values()].filter(
    ({ where, key }) => where === place.where && key.startsWith(prefix),
  );
  const there = threads.filter(({ isGone }) => !isGone);
  // That one was deleted is noticed when something is to be posted there.
  const known = threads.find(({ id }) => id === place.thread);
  if (!known || there.length > 1 || (!known.isGone && there.length === 0))
    wrongs.push(
      `${document.ticket._id} has ${there.map(({ id }) => id)} in ${place.where}, and knows of ${place.thread}`,
    );
  return threads;
}

function checkPlace(each: Case, place: Place): void {
  const { document, wrongs } = each;
  const threads = threadsOf(each, place);
  const where = `${place.where} of ${document.ticket._id}`;
  const present = threads.find(({ isGone }) => !isGone);
  if (present) checkCard(each, place, present, where);
  for (const thread of threads) checkKeys(thread, wrongs);
  const shown = (present?.messages ?? []).filter(({ writer }) => writer === undefined);
  const lost = threads.filter(({ isGone }) => isGone);
  for (const said of each.said) checkSaid(each, said, place, { shown, lost, where });
  const known = new Set(each.said.map(({ number }) => number));
  for (const { text, kind } of shown)
    if (isSpoken(kind) && !known.has(saidIn(text) ?? -1))
      wrongs.push(`${where} shows what no one said: ${text}`);
  for (const thread of threads) checkOrder(each, place, thread, lost.length > 0);
}

const isSpoken = (kind: Shown["kind"]) => kind === "reply" || kind === "note";

function checkCard({ world, document, wrongs }: Case, place: Place, thread: Thread, where: string) {
  const { ticket, assignee } = document;
  const { card } = thread;
  // One that someone has deleted is posted anew when it changes.
  if (!card || world.troubled.has(`${document.reference} ${place.id}/card`)) return;
  const shown = [card.shows.status, card.shows.assignee];
  const wanted = [ticket.status, assignee?.name ?? null];
  if (String(shown) !== String(wanted))
    wrongs.push(`The card in ${where} shows ${shown}, and the ticket is ${wanted}`);
}

/** Nothing stands there twice, whatever it is. */
function checkKeys({ id, messages }: Thread, wrongs: Wrongs): void {
  const keys = messages.flatMap(({ key }) => key ?? []);
  const twice = keys.filter((key, index) => keys.indexOf(key) !== index);
  if (twice.length > 0) wrongs.push(`${id} shows twice: ${twice}`);
}

interface Reading {
  shown: readonly Shown[];
  lost: readonly Thread[];
  where: string;
}

const partsOf = (messages: readonly Shown[], { number }: Said): string =>
  messages
    .filter(
      ({ writer, kind, text }) =>
        writer === undefined && kind !== "notice" && saidIn(text) === number,
    )
    .map(({ text }) => text)
    .join(" ");

/** What was said is there once, as it was last said, and only where it is for. */
function checkSaid(each: Case, said: Said, place: Place, reading: Reading): void {
  const { wrongs } = each;
  const { shown, lost, where } = reading;
  const wanted = wantedOf(said, place);
  const parts = partsOf(shown, said);
  checkFiles(each, said, place, reading);
  if (wanted.includes(parts)) return;
  // What stood in a thread that is gone is not written again, unless it is changed.
  const wasThere = lost.some(({ messages }) =>
    wanted.some((words) => partsOf(messages, said).startsWith(words)),
  );
  if (parts === "" && wasThere) return;
  wrongs.push(`${where} shows “${parts}” of r${said.number}, and is meant to show “${wanted}”`);
}

/** Files that are taken are there once each; of others, it is said that they are not. */
function checkFiles({ wrongs }: Case, said: Said, place: Place, reading: Reading): void {
  const { shown, lost, where } = reading;
  if (said.isLost) return;
  const before = lost.flatMap(({ messages }) => messages);
  const names = new Set(said.versions.flatMap(({ files }) => files.map(({ name }) => name)));
  for (const name of names) {
    const count = (messages: readonly Shown[]) =>
      messages.filter(({ kind, text }) => kind === "file" && text === name).length;
    const isTold = [...shown, ...before].some(
      ({ kind, text }) => kind === "notice" && text.includes(name),
    );
    const there = count(shown);
    const { most, isMissed } = filesWanted[fileWanted(said, place, name)];
    if (there > most) wrongs.push(`${where} shows ${name} ${there} times`);
    if (isMissed && there + count(before) === 0 && !isTold)
      wrongs.push(`${where} does not show ${name}, and does not say why`);
  }
}

/** What was taken in before something else was told stands before it. */
function checkOrder(each: Case, place: Place, thread: Thread, hasLost: boolean): void {
  const first = firstsIn(thread);
  const there = each.said.filter(
    (said) => first.has(said.number) && !mayBeLate(each, said, place, hasLost),
  );
  const at = ({ number }: Said) => first.get(number) ?? 0;
  for (const one of there)
    for (const other of there)
      if (one !== other && isBefore(one, other, each.world) && at(one) > at(other))
        each.wrongs.push(
          `In ${thread.id} of ${place.where}, r${one.number} stands after r${other.number}`,
        );
}

/** Where each thing that was said begins in a thread. */
function firstsIn({ messages }: Thread): Map<number, number> {
  const first = new Map<number, number>();
  for (const [index, { text, writer, kind }] of messages.entries()) {
    const number = writer || !isSpoken(kind) ? undefined : saidIn(text);
    if (number !== undefined && !first.has(number)) first.set(number, index);
  }
  return first;
}

/** What could not be delivered comes later; so does what is edited after its thread was lost. */
function mayBeLate({ world, document }: Case, said: Said, place: Place, hasLost: boolean): boolean {
  if (hasLost && said.versions.length > 1) return true;
  const name = said.at?.message ?? submittedKey(said);
  const index = document.messages.findIndex(
    ({ from, entry }) =>
      from?.message === name || said.number === saidIn(entryOf(document, entry) ?? ""),
  );
  const names = [document.reference, document.ticket._id];
  return names.some(
    (name) =>
      world.troubled.has(`${name} ${place.id}/m${index}`) ||
      world.troubled.has(`${name} ${place.id}/open`),
  );
}

const entryOf = ({ ticket }: TicketDocument, entry: number | null) =>
  ticket.threads[entry ?? -1]?.message;

/** The ticket, as clients get it, has each reply once, and nothing of a note. */
function checkEntries({ document, said, wrongs }: Case): void {
  const { ticket } = document;
  if (/\bs\d+v/.test(JSON.stringify(ticket))) wrongs.push(`${ticket._id} shows a note to clients`);
  for (const each of said) {
    const last = lastOf(each);
    const isNote = each.versions.some((version) => version.isNote && version.isTried);
    if (!last || isNote || each.isLost) continue;
    const entries = ticket.threads.filter(({ message }) => saidIn(message) === each.number);
    const wanted = each.isDeleted ? 0 : 1;
    if (entries.length !== wanted || entries.some(({ message }) => !message.startsWith(last.words)))
      wrongs.push(`${ticket._id} has “${entries.map(({ message }) => message)}” of ${last.words}`);
  }
}

/** An agent sees at each of their replies that it was delivered, and at a note nothing. */
function checkMarks({ world, document, said, wrongs }: Case): void {
  const isRefused = ({ at }: Said) =>
    document.messages.some(
      ({ from }, index) =>
        from?.message === at?.message &&
        document.troubles.some(({ delivery, dead }) => dead && delivery === `m${index}/mark`),
    );
  const isMarked = (one: Said) =>
    one.writer.isAgent && !one.isDeleted && !one.isLost && !isRefused(one);
  for (const each of said.filter((one) => isMarked(one) && lastOf(one))) {
    const shown = each.at && marksShown(world, each.at);
    const wanted = marksWanted(each);
    if (shown !== undefined && !wanted.includes(shown))
      wrongs.push(`r${each.number} in ${each.at?.where} is marked “${shown}”, not “${wanted}”`);
  }
}

/** Undefined: they may be any. */
function marksShown(world: World, { platform, thread, message }: NonNullable<Said["at"]>) {
  const { threads, marksOf } = world.platform(platform);
  return threads.get(thread)?.isGone === false ? [...marksOf(message)].join() : undefined;
}

/** Before anyone tries again: of each failure, agents can see that it failed. */
export function unseenFailures(world: World): Wrongs {
  return [...world.disk.documents.values()].flatMap(({ ticket, places, troubles, messages }) => {
    const isDead = (id: string) => troubles.some(({ delivery, dead }) => dead && delivery === id);
    const agents = places.filter(({ side }) => side === "agents");
    const offered = new Set(
      agents.flatMap(({ platform, thread }) =>
        (world.platform(platform).threads.get(thread ?? "")?.messages ?? []).flatMap(
          ({ retry }) => retry?.delivery ?? [],
        ),
      ),
    );
    return troubles
      .filter(({ delivery, dead }) => dead && !isAside(delivery) && !offered.has(delivery))
      .filter(({ delivery }) => {
        const isAboutNotice = messages.some(
          ({ kind, audience }, index) =>
            kind === "notice" && audience !== "everyone" && delivery.endsWith(`/m${index}`),
        );
        const noticeAt = messages.findIndex(({ retry }) => retry === delivery);
        // What was told in a thread that someone has deleted is not told again.
        const couldBeTold = agents.some(
          ({ id, opened }) => opened === 0 && !isDead(`${id}/m${noticeAt}`),
        );
        return !isAboutNotice && couldBeTold;
      })
      .map(
        ({ delivery, reason }) => `No agent sees that ${ticket._id} ${delivery} failed: ${reason}`,
      );
  });
}
