/** What people did, held against what everyone can read in the end. */
import type { Ticket as ApiTicket } from "../../src/tickets/ticket.ts";
import { statusWords } from "../../src/desk/words.ts";
import type { Place, Shown } from "./place.ts";
import { agentsOf, placesOf, type Ticket, type Written } from "./tickets.ts";
import { hasSecret, type Token, tokensIn } from "./words.ts";

export const kinds = [
  "lost",
  "repeated",
  "out of order",
  "leaked",
  "outdated",
  "pinged",
  "mismarked",
  "stray",
  "invalid",
  "unsettled",
] as const;

/** Something that is not as it was promised. */
export interface Finding {
  kind: (typeof kinds)[number];
  /** By name; undefined for what is wrong with none of them alone. */
  ticket?: string;
  says: string;
}

/** What is wrong with one ticket, wherever it can be read. */
export function judge(ticket: Ticket, kept: ApiTicket): Finding[] {
  const findings = [
    ...threads(ticket),
    ...placesOf(ticket).flatMap((place) => inPlace(ticket, place)),
    ...overHttp(ticket, kept),
    ...cards(ticket, kept),
    ...notices(ticket),
  ];
  return findings.map((finding) => ({ ...finding, ticket: ticket.name }));
}

/** How many copies of what people wrote were looked for. */
export const copiesOf = (ticket: Ticket): number =>
  placesOf(ticket).flatMap((place) => ticket.written.filter((written) => isFor(written, place)))
    .length;

function threads(ticket: Ticket): Finding[] {
  const wanted = agentsOf[ticket.category].length + (ticket.origin === "http" ? 0 : 1);
  const places = placesOf(ticket);
  const few: Finding[] =
    places.length < wanted
      ? [{ kind: "lost", says: `of ${wanted} threads there are ${places.length}` }]
      : [];
  const many = places.flatMap((place): Finding[] =>
    place.threads() > 1
      ? [{ kind: "repeated", says: `there are ${place.threads()} threads for ${place.name}` }]
      : [],
  );
  return [...few, ...many];
}

const isFor = ({ isDeleted, isSecret, source }: Written, { name, side }: Place): boolean =>
  !isDeleted && source !== name && (!isSecret || side === "agents");

/** What Deskhand says of a failure quotes what it is about. */
const isNotice = ({ words }: Pick<Shown, "words">): boolean =>
  /could not be (?:posted|changed|removed|shown)|it stays a note|was not passed on/.test(words);

/** The messages of which agents are told that they are missing somewhere. */
function toldMissing({ agents }: Ticket): Set<number> {
  const notices = agents.flatMap((place) => place.shows().filter(isNotice));
  return new Set(notices.flatMap(({ words }) => tokensIn(words).map(({ message }) => message)));
}

const nameOf = ({ isSecret, number, version }: Written): string =>
  `${isSecret ? "n" : "k"}${number}v${version}`;

function inPlace(ticket: Ticket, place: Place): Finding[] {
  const shown = place.shows();
  const copied = shown.filter((each) => each.byBot && !isNotice(each));
  const tokens = copied.flatMap(({ words }) => tokensIn(words));
  const excused = toldMissing(ticket);
  return [
    ...leaks(place, shown),
    ...ticket.written.flatMap((written) => [
      ...textOf(written, place, tokens, excused),
      ...filesOf(written, place, copied, excused),
    ]),
    ...order(ticket, place.name, tokens, (written) => isFor(written, place)),
    ...copied
      .filter(({ pings }) => pings.length > 0)
      .map(({ words, pings }): Finding => ({
        kind: "pinged",
        says: `${place.name} is pinged (${pings}) by “${words.slice(0, 80)}”`,
      })),
    ...marks(ticket, place, shown, excused),
  ];
}

function leaks(place: Place, shown: readonly Shown[]): Finding[] {
  if (place.side === "agents") return [];
  const all = [
    ...shown.flatMap(({ words, files }) => [words, ...files.map(({ name }) => name)]),
    ...place.whispers(),
    place.card(),
  ];
  return all
    .filter(hasSecret)
    .map((words) => ({ kind: "leaked", says: `${place.name} sees “${words.slice(0, 200)}”` }));
}

const piecesOf = ({ pieces }: Written) => Array.from({ length: pieces }, (_, piece) => piece);

/** Whether each piece is there once, in its order, in its last version. */
function textOf(
  written: Written,
  place: Place,
  tokens: readonly Token[],
  excused: ReadonlySet<number>,
): Finding[] {
  const there = tokens.filter(({ message }) => message === written.number);
  const isExcused = excused.has(written.number);
  const says = (what: string) => `${nameOf(written)} ${what} ${place.name}`;
  if (!isFor(written, place)) {
    if (there.length === 0 || isExcused) return [];
    if (written.source === place.name)
      return [{ kind: "repeated", says: says("came back to where it was written:") }];
    return [{ kind: "outdated", says: says("was taken back, and still stands in") }];
  }
  if (there.length === 0)
    return isExcused || !written.isSure
      ? []
      : [{ kind: "lost", says: says("is missing from") }];
  return isExcused ? [] : wrongPieces(written, there, says);
}

function wrongPieces(
  written: Written,
  there: readonly Token[],
  says: (what: string) => string,
): Finding[] {
  const pieces = there.map(({ piece }) => piece);
  if (new Set(there.map(({ version, piece }) => `${version} ${piece}`)).size < there.length)
    return [{ kind: "repeated", says: says(`is there more than once (${pieces}): in`) }];
  const versions = new Set(there.map(({ version }) => version));
  if (versions.size > 1 || !versions.has(written.version))
    return [{ kind: "outdated", says: says(`shows as version ${[...versions]} in`) }];
  const wanted = piecesOf(written);
  if (wanted.some((piece) => !pieces.includes(piece)))
    return [{ kind: "lost", says: says(`is there only in part (${pieces} of ${wanted.length}) in`) }];
  return wanted.every((piece, n) => pieces[n] === piece)
    ? []
    : [{ kind: "out of order", says: says(`has its parts in another order (${pieces}) in`) }];
}

function filesOf(
  written: Written,
  place: Place,
  copied: readonly Shown[],
  excused: ReadonlySet<number>,
): Finding[] {
  if (excused.has(written.number)) return [];
  return written.files.flatMap(({ name, content }): Finding[] => {
    const there = copied.flatMap(({ files }) => files.filter((file) => file.name === name));
    const says = (what: string) => `the file ${name} ${what} ${place.name}`;
    if (!isFor(written, place))
      return there.length === 0
        ? []
        : [{ kind: "outdated", says: says("was taken back, and is still in") }];
    if (there.length === 0) return written.isSure ? [{ kind: "lost", says: says("is missing from") }] : [];
    if (there.length > 1) return [{ kind: "repeated", says: says("is there twice: in") }];
    return there.every((file) => file.content.equals(content))
      ? []
      : [{ kind: "lost", says: says("has another content in") }];
  });
}

/** Of each source, what is there stands in the order in which it was written. */
function order(
  { written }: Ticket,
  place: string,
  tokens: readonly Token[],
  isWanted: (written: Written) => boolean,
): Finding[] {
  const firstOf = (number: number) => tokens.findIndex(({ message }) => message === number);
  const sources = new Set(written.map(({ source }) => source));
  return [...sources].flatMap((source): Finding[] => {
    const there = written
      // What was refused and tried again comes late, and what was not sure may.
      .filter((each) => each.source === source && isWanted(each) && each.isSure && !each.isRefused)
      .filter(({ number }) => firstOf(number) >= 0);
    const late = there.find((each, n) => {
      const next = there[n + 1];
      return next !== undefined && firstOf(next.number) < firstOf(each.number);
    });
    return late
      ? [{ kind: "out of order", says: `${nameOf(late)} of ${source} comes too late in ${place}` }]
      : [];
  });
}

/** What an agent is shown of each reply: that it arrived or, where that is told, that it did not. */
function marks(
  { written }: Ticket,
  place: Place,
  shown: readonly Shown[],
  excused: ReadonlySet<number>,
): Finding[] {
  if (place.side !== "agents") return [];
  return written.flatMap((each): Finding[] => {
    if (each.source !== place.name || each.isDeleted) return [];
    const { marks = [] } = shown.find(({ id }) => id === each.id) ?? {};
    const good = each.isSecret ? [""] : excused.has(each.number) ? ["delivered", "failed"] : ["delivered"];
    return good.includes(marks.join())
      ? []
      : [{ kind: "mismarked", says: `${nameOf(each)} is marked “${marks}” in ${place.name}` }];
  });
}

function overHttp({ written, name }: Ticket, { threads, attachments, title }: ApiTicket): Finding[] {
  const tokens = threads.flatMap(({ message }) => tokensIn(message));
  const api: Pick<Place, "name"> = { name: "HTTP" };
  const isThere = ({ isDeleted, isSecret }: Written) => !isDeleted && !isSecret;
  const texts = written.flatMap((each): Finding[] => {
    const there = tokens.filter(({ message }) => message === each.number);
    const says = (what: string) => `${nameOf(each)} ${what} ${api.name}`;
    if (isThere(each))
      return there.length === 0 && each.isSure
        ? [{ kind: "lost", says: says("is missing from") }]
        : there.length === 0
          ? []
          : wrongPieces(each, there, says);
    if (there.length === 0) return [];
    return each.isSecret
      ? [{ kind: "leaked", says: says("is to be read over") }]
      : [{ kind: "outdated", says: says("was deleted, and is still read over") }];
  });
  const files = written.flatMap((each) =>
    each.files.flatMap((file): Finding[] => {
      const times = attachments.filter(({ filename }) => filename === file.name).length;
      const wanted = isThere(each) ? 1 : 0;
      if (times === wanted) return [];
      const kind = each.isSecret ? "leaked" : times > wanted ? "repeated" : "lost";
      return [{ kind, says: `the file ${file.name} is listed ${times} times over HTTP` }];
    }),
  );
  const named: Finding[] = title.includes(name) ? [] : [{ kind: "invalid", says: `its title is ${title}` }];
  return [...texts, ...files, ...named, ...order({ written } as Ticket, api.name, tokens, isThere)];
}

/** Every card shows how the ticket stands. */
const cards = (ticket: Ticket, { status, _id }: ApiTicket): Finding[] =>
  placesOf(ticket).flatMap((place): Finding[] =>
    place.card().includes(statusWords[status])
      ? []
      : [{ kind: "outdated", says: `the card in ${place.name} is not “${status}” as ${_id} is` }],
  );

/** What is said to everyone is said in every place, once. */
const notices = (ticket: Ticket): Finding[] =>
  ticket.resolutions.flatMap((resolution): Finding[] => {
    const times = placesOf(ticket).map(
      (place) =>
        place.shows().filter(({ words, byBot }) => byBot && words.includes(`: ${resolution} `)).length,
    );
    const most = Math.max(0, ...times);
    return times.every((each) => each === most)
      ? []
      : [{ kind: "lost", says: `that it was resolved (${resolution}) is told ${times} times` }];
  });
