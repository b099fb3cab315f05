import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { readDocument } from "../../src/desk/document.ts";
import type { Running } from "../process.ts";
import { agentToken, clientToken } from "../servers.ts";
import { givenTicket } from "../tickets.ts";
import { dataOf, startDeskhand } from "./apps.ts";
import { lengthened } from "./lengthened.ts";
import { Letters } from "./letters.ts";
import { startSides } from "./sides.ts";
import { type Opened, openTickets } from "./tickets.ts";

/** What a reply costs on tickets of one length, in one round. */
export interface LongSample {
  round: number;
  how: "in chat" | "over HTTP";
  isLong: boolean;
  /** Median time until it was posted on the other platform, or answered. */
  medianMs: number;
  /** CPU time of Deskhand for each, with all that follows from it, in ms. */
  cpuMs: number | undefined;
}

export interface LongOptions {
  folder: string;
  rounds: number;
  /** How many entries the long tickets have; the short ones have `fewEntries`. */
  entries: number;
}

export const fewEntries = 10;

const longTickets = 2;
/** Many short ones, so that they stay so. */
const shortTickets = 20;
const repliesEach = 20;

/** What one length of ticket is asked. */
interface Asked {
  how: LongSample["how"];
  isLong: boolean;
  /** Writes one reply, and resolves to how long it took in ms. */
  reply(index: number): Promise<number>;
}

export async function measureLong(
  { folder, rounds, entries }: LongOptions,
  tell: (line: string) => void,
): Promise<LongSample[]> {
  const sides = await startSides();
  const own = `${folder}/deskhand-long`;
  const before = await startDeskhand(sides, own);
  tell("opening tickets that become long");
  const letters = new Letters(sides);
  const all = await openTickets(sides, 2 * (longTickets + shortTickets));
  // Requesters in Slack, agents in Discord, which takes more than one message a second in a thread.
  const opened = all.filter((_, index) => index % 2 === 0);
  await fill(letters, opened);
  const ids = await createAll(before.url);
  await before.settled();
  await before.stop();
  const tickets = join(dataOf(own), "tickets");
  lengthenAll(
    tickets,
    { ids, names: opened.slice(0, longTickets).map(({ name }) => name) },
    entries,
  );
  const running = await startDeskhand(sides, own);
  const paths = ids.map((id) => `${running.url}${base}/${id}`);
  const asked = [
    ...byLength(opened, "in chat", (ticket) => mirrored(letters, ticket)),
    ...byLength(paths, "over HTTP", replied),
  ];
  const samples: LongSample[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    tell(
      round === 0 ? "warming up on long tickets" : `round ${round} of ${rounds} on long tickets`,
    );
    for (const each of asked) {
      const sample = await measure(running, each, round);
      if (round > 0) samples.push(sample);
    }
  }
  letters.end();
  await running.stop();
  await sides.stop();
  return samples;
}

/** The first are the long ones. */
function byLength<T>(
  tickets: T[],
  how: LongSample["how"],
  reply: (ticket: T) => Promise<number>,
): Asked[] {
  const asked = (those: T[], isLong: boolean): Asked => ({
    ...{ how, isLong },
    reply(index) {
      const ticket = those[index % those.length];
      if (ticket === undefined) throw new Error("There is no ticket");
      return reply(ticket);
    },
  });
  return [asked(tickets.slice(longTickets), false), asked(tickets.slice(0, longTickets), true)];
}

async function measure(
  running: Running,
  { how, isLong, reply }: Asked,
  round: number,
): Promise<LongSample> {
  await running.settled();
  const before = running.cpuUs();
  const took: number[] = [];
  for (let index = 0; index < repliesEach; index += 1) {
    took.push(await reply(index));
    await wait(restMs);
  }
  await running.settled();
  const after = running.cpuUs();
  const isKnown = before !== undefined && after !== undefined;
  took.sort((one, other) => one - other);
  return {
    ...{ round, how, isLong },
    medianMs: took[Math.floor(took.length / 2)] ?? 0,
    cpuMs: isKnown ? (after - before) / 1_000 / repliesEach : undefined,
  };
}

/** What follows from a reply is over by then, or nearly. */
const restMs = 100;

/** Until it is asked to be posted. */
async function mirrored(letters: Letters, { requester }: Opened): Promise<number> {
  const letter = letters.write(requester);
  await letters.settled();
  return (letter.postedAt ?? 0) - letter.writtenAt;
}

/** The description is the first entry. */
async function fill(letters: Letters, tickets: Opened[]): Promise<void> {
  for (let entry = 1; entry < fewEntries; entry += 1) {
    for (const { requester } of tickets) letters.write(requester);
    await letters.settled();
  }
}

const base = "/v2/support-tickets";

/** Over HTTP; resolves to the ids. */
async function createAll(url: string): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < longTickets + shortTickets; index += 1) {
    const answer = await posted(`${url}${base}`, clientToken, givenTicket(`long ${index}`));
    const id = idIn(await answer.json());
    for (let entry = 1; entry < fewEntries; entry += 1) await replied(`${url}${base}/${id}`);
    ids.push(id);
  }
  return ids;
}

const idIn = (body: unknown): string => {
  const [id] = /support_ticket_\w+/.exec(JSON.stringify(body)) ?? [];
  if (id === undefined) throw new Error("A ticket was created without an id");
  return id;
};

async function replied(path: string): Promise<number> {
  const started = performance.now();
  const message = "Please try again: the token was renewed at noon.";
  const answer = await posted(`${path}/threads`, agentToken, { message });
  await answer.arrayBuffer();
  return performance.now() - started;
}

async function posted(url: string, token: string, body: unknown): Promise<Response> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (answer.status !== 201) throw new Error(`${url} answered ${answer.status}`);
  return answer;
}

/** In the files, while no one else does: those of these ids, of which the first are to be long, and names. */
function lengthenAll(
  folder: string,
  { ids, names }: { ids: string[]; names: string[] },
  entries: number,
): void {
  const wanted = new Set(ids.slice(0, longTickets));
  for (const file of readdirSync(folder)) {
    if (!file.startsWith("support_ticket_")) continue;
    const path = join(folder, file);
    const document = readDocument(JSON.parse(readFileSync(path, "utf8")));
    const { _id, title } = document.ticket;
    if (!wanted.has(_id) && !names.some((name) => title.endsWith(name))) continue;
    writeFileSync(path, `${JSON.stringify(lengthened(document, entries), null, 2)}\n`);
  }
}
