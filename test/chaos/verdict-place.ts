/** What one thread of a ticket shows, held against what people did. */
import { type Finding, found, nameOf, wrongOrder, wrongPieces } from "./finding.ts";
import type { Place, Shown, Upload } from "./place.ts";
import type { Ticket, Written } from "./tickets.ts";
import { hasSecret, type Token, tokensIn } from "./words.ts";

/** Whether a place is to show a copy of it. */
export const isFor = (
  { isDeleted, isSecret, source }: Written,
  { name, side }: Pick<Place, "name" | "side">,
): boolean => !isDeleted && source !== name && (!isSecret || side === "agents");

/** What Deskhand says of a failure quotes what it is about. */
const isFailure = ({ words }: Pick<Shown, "words">): boolean =>
  /could not be (?:posted|changed|removed|shown)|is (?:not|no longer) recorded|was not passed on/.test(
    words,
  );

const isNotice = (shown: Pick<Shown, "words">): boolean =>
  isFailure(shown) || shown.words.includes("it stays a note");

/** The messages of which agents are told that something of them is not where it is to be. */
function toldMissing({ agents }: Ticket, isIt = isNotice): ReadonlySet<number> {
  const notices = agents.flatMap((place) =>
    place.shows().filter((shown) => shown.byBot && isIt(shown)),
  );
  return new Set(notices.flatMap(({ words }) => tokensIn(words).map(({ message }) => message)));
}

/** What is said to have failed is something that a platform was told to refuse. */
export function needlessNotices(ticket: Ticket): Finding[] {
  const excused = toldMissing(ticket, isFailure);
  return ticket.written.flatMap((written) => {
    const says = `${nameOf(written)} is said to have failed, and no one refused it`;
    return found(excused.has(written.number) && !written.isRefused, "unsettled", says);
  });
}

export function inPlace(ticket: Ticket, place: Place): Finding[] {
  const shown = place.shows();
  const copied = shown.filter((each) => each.byBot && !isNotice(each));
  const tokens = copied.flatMap(({ words }) => tokensIn(words));
  const excused = toldMissing(ticket);
  const wanted = ticket.written.filter((written) => isFor(written, place));
  const excusable = ticket.written.filter(({ number }) => !excused.has(number));
  return [
    ...leaks(place, shown),
    ...excusable.flatMap((written) => [
      ...wrongText(written, place, tokens),
      ...written.files.flatMap((file) => wrongFile(written, file, place, copied)),
    ]),
    ...wrongOrder(wanted, tokens, place.name),
    ...pings(place, copied),
    ...(place.side === "agents" ? marks(ticket, place, shown, excused) : []),
  ];
}

function leaks(place: Place, shown: readonly Shown[]): Finding[] {
  if (place.side === "agents") return [];
  const all = [
    ...shown.flatMap(({ words, files }) => [words, ...files.map(({ name }) => name)]),
    ...place.whispers(),
    place.card(),
  ];
  return all.flatMap((words) =>
    found(hasSecret(words), "leaked", `${place.name} sees “${words.slice(0, 200)}”`),
  );
}

const pings = ({ name }: Place, copied: readonly Shown[]): Finding[] =>
  copied.flatMap(({ pings, words }) =>
    found(pings.length > 0, "pinged", `${name} is pinged (${pings}) by “${words.slice(0, 80)}”`),
  );

/** Each piece has to be there once, in its order, in its last version. */
function wrongText(written: Written, place: Place, tokens: readonly Token[]): Finding[] {
  const { name } = place;
  const there = tokens.filter(({ message }) => message === written.number);
  const says = (what: string) => `${nameOf(written)} ${what} ${name}`;
  if (isFor(written, place))
    return there.length === 0
      ? found(written.isSure, "lost", says("is missing from"))
      : wrongPieces(written, there, name);
  const isThere = there.length > 0;
  return written.source === name
    ? found(isThere, "repeated", says("came back to where it was written:"))
    : found(isThere, "outdated", says("was taken back, and still stands in"));
}

function wrongFile(
  written: Written,
  { name, content }: Upload,
  place: Place,
  copied: readonly Shown[],
): Finding[] {
  const there = copied.flatMap(({ files }) => files.filter((file) => file.name === name));
  const [first] = there;
  const says = (what: string) => `the file ${name} ${what} ${place.name}`;
  if (!isFor(written, place))
    return found(first !== undefined, "outdated", says("was taken back, and is still in"));
  if (!first) return found(written.isSure, "lost", says("is missing from"));
  return [
    ...found(there.length > 1, "repeated", says("is there more than once: in")),
    ...found(first.content?.equals(content) === false, "lost", says("has another content in")),
  ];
}

/** What an agent is shown of each reply: that it arrived or, where that is told, that it did not. */
function marks(
  { written }: Ticket,
  { name }: Place,
  shown: readonly Shown[],
  excused: ReadonlySet<number>,
): Finding[] {
  const goodFor = ({ isSecret, number }: Written) => {
    if (isSecret) return [""];
    return excused.has(number) ? ["delivered", "failed"] : ["delivered"];
  };
  const own = written.filter(({ source, isDeleted }) => source === name && !isDeleted);
  return own.flatMap((each) => {
    const { marks } = shown.find(({ id }) => id === each.id) ?? { marks: ["gone"] };
    const isGood = goodFor(each).includes(marks.join());
    return found(!isGood, "mismarked", `${nameOf(each)} is marked “${marks}” in ${name}`);
  });
}
