/** What people did with a ticket, held against what everyone can read of it in the end. */
import { statusWords } from "../../src/desk/words.ts";
import type { Ticket as ApiTicket } from "../../src/tickets/ticket.ts";
import { type Finding, found, nameOf, wrongOrder, wrongPieces } from "./finding.ts";
import { agentsOf, placesOf, type Ticket, type Written } from "./tickets.ts";
import { inPlace, isFor, needlessNotices } from "./verdict-place.ts";
import { type Token, tokensIn } from "./words.ts";

/** What is wrong with one ticket, wherever it can be read; `kept` is what the ticket API tells. */
export function judge(ticket: Ticket, kept: ApiTicket): Finding[] {
  const findings = [
    ...threads(ticket),
    ...placesOf(ticket).flatMap((place) => inPlace(ticket, place)),
    ...overHttp(ticket, kept),
    ...cards(ticket, kept),
    ...fields(ticket, kept),
    ...theirs(ticket),
    ...needlessNotices(ticket),
    ...notices(ticket),
  ];
  return findings.map((finding) => ({ ...finding, ticket: ticket.name }));
}

/** How many copies of what people wrote are looked for. */
export const copiesOf = (ticket: Ticket): number =>
  placesOf(ticket).flatMap((place) => ticket.written.filter((written) => isFor(written, place)))
    .length;

function threads(ticket: Ticket): Finding[] {
  const chats = agentsOf[ticket.category].length + (ticket.origin === "http" ? 0 : 1);
  const wanted = chats + 1;
  const places = placesOf(ticket);
  return [
    ...found(places.length < wanted, "lost", `of ${wanted} places there are ${places.length}`),
    ...places.flatMap((place) => {
      const there = place.threads();
      return found(there > 1, "repeated", `there are ${there} threads for ${place.name}`);
    }),
  ];
}

function overHttp({ written, name }: Ticket, kept: ApiTicket): Finding[] {
  const tokens = kept.threads.flatMap(({ message }) => tokensIn(message));
  const { title } = kept;
  return [
    ...found(!title.includes(name), "invalid", `its title is ${title}`),
    ...written.flatMap((each) => entryOf(each, tokens)),
    ...written.flatMap((each) => attachmentsOf(each, kept)),
    ...wrongOrder(written.filter(isPublic), tokens, "HTTP"),
  ];
}

const isPublic = ({ isDeleted, isSecret }: Written): boolean => !isDeleted && !isSecret;

function entryOf(written: Written, tokens: readonly Token[]): Finding[] {
  const there = tokens.filter(({ message }) => message === written.number);
  const isThere = there.length > 0;
  const name = nameOf(written);
  if (written.isSecret) return found(isThere, "leaked", `${name} is to be read over HTTP`);
  if (written.isDeleted)
    return found(isThere, "outdated", `${name} was deleted, and is still read over HTTP`);
  return isThere
    ? wrongPieces(written, there, "HTTP")
    : found(written.isSure, "lost", `${name} is missing over HTTP`);
}

const attachmentsOf = (written: Written, { attachments }: ApiTicket): Finding[] =>
  written.files.flatMap(({ name }) => {
    const times = attachments.filter(({ filename }) => filename === name).length;
    const says = `the file ${name} is listed ${times} times over HTTP`;
    if (written.isSecret) return found(times > 0, "leaked", says);
    const wanted = isPublic(written) ? 1 : 0;
    return [
      ...found(times > wanted, "repeated", says),
      ...found(times < wanted && written.isSure, "lost", says),
    ];
  });

/** Every card shows how the ticket stands. */
const cards = (ticket: Ticket, { status }: ApiTicket): Finding[] =>
  placesOf(ticket).flatMap((place) => {
    const isShown = place.card().includes(statusWords[status]);
    return found(!isShown, "outdated", `the card in ${place.name} is not “${status}”`);
  });

/** What people write in the remote service stays as they left it, whatever is written there beside it. */
function theirs({ written, remote }: Ticket): Finding[] {
  if (!remote) return [];
  const { name } = remote;
  const tokens = remote.shows().flatMap(({ words, byBot }) => (byBot ? [] : tokensIn(words)));
  return written
    .filter(({ source }) => source === name)
    .flatMap((each) => {
      const there = tokens.filter(({ message }) => message === each.number);
      const says = (what: string) => `${nameOf(each)} was written in the ${name}, and ${what}`;
      if (each.isDeleted) return found(there.length > 0, "outdated", says("is there again"));
      return there.length === 0
        ? found(true, "lost", says("is no longer there"))
        : wrongPieces(each, there, name);
    });
}

/** What stands in the remote service is what stands here. The card there is the status. */
function fields({ remote }: Ticket, kept: ApiTicket): Finding[] {
  const there = remote?.fields();
  return (["priority", "assignedTo", "resolution"] as const).flatMap((name) =>
    found(
      there !== undefined && there[name] !== kept[name],
      "outdated",
      `its ${name} is “${kept[name]}” here, and “${there?.[name]}” in the service`,
    ),
  );
}

/** What Deskhand says to everyone is said in every chat, as often. */
const notices = (ticket: Ticket): Finding[] =>
  ticket.resolutions.flatMap((resolution) => {
    const isIt = ({ words, byBot }: { words: string; byBot: boolean }) =>
      byBot && words.includes(`: ${resolution} `);
    const chats = placesOf(ticket).filter(({ side }) => side !== "service");
    const times = chats.map((place) => place.shows().filter(isIt).length);
    const isSame = times.every((each) => each === times[0]);
    return found(!isSame, "lost", `that it was resolved (${resolution}) is told ${times} times`);
  });
