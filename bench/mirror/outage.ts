/** Discord is down while people write on; then it is back, with its limits, and everything is owed. */
import { setTimeout as wait } from "node:timers/promises";
import { startAnswered } from "./answered.ts";
import type { Letter, Letters } from "./letters.ts";
import { discordGlobal, limitRates, outOfOrder, refusedBy, steadyRate, takenIn } from "./rates.ts";
import type { Sides } from "./sides.ts";
import { type SeenCall, watchCalls } from "./sightings.ts";
import { timesOf } from "./steady.ts";
import type { Seat } from "./tickets.ts";

export interface OutageResult {
  /** How many messages were owed when Discord was back. */
  owed: number;
  /** From then until the first of them was sent. */
  noticedMs: number;
  /** From the first to the last of them. */
  drainedMs: number;
  /** Messages a second that Discord was sent, of both kinds, while there were more than it takes. */
  perSecond: number | undefined;
  limitPerSecond: number;
  /** How often it said that it was too much. */
  refused: number;
  /** Of those that were owed. */
  outOfOrder: number;
  doubled: number;
  /** Of what was written meanwhile in tickets that owed nothing. */
  meanwhile: { letters: number; medianMs: number; p99Ms: number };
}

interface OutageOptions {
  folder: string;
  owed: number;
}

const tickets = 600;
/** Of those that ask in Slack: nothing is owed there. */
const spared = 20;
const writeEveryMs = 500;

/** What was written so long ago is new no more, and is not sent before what is. */
const oldAfterMs = 35_000;

export async function measureOutage(
  { folder, owed }: OutageOptions,
  tell: (line: string) => void,
): Promise<OutageResult> {
  const answered = await startAnswered(`${folder}/deskhand-outage`, tickets, tell);
  const { sides, opened, letters } = answered;
  const seats = opened.flatMap(({ requester }) =>
    requester.platform === "slack" ? [requester] : [],
  );
  const isBack = goesDown(sides);
  tell(`Discord is down, and ${owed} messages are written`);
  const late = await writeAll(sides, letters, seats.slice(spared), owed);
  await wait(oldAfterMs);
  const calls: SeenCall[] = [];
  const stop = watchCalls(sides, (call) => {
    if (call.platform === "discord" && call.isPost) calls.push(call);
  });
  const backSince = Date.now();
  const backAt = isBack();
  tell("Discord is back");
  const fresh = await writeMeanwhile(letters, seats.slice(0, spared), late);
  await letters.settled();
  stop();
  const refused = await refusedBy(sides, "discord", backSince);
  await answered.stop();
  const postedAt = late.flatMap((each) => each.postedAt ?? []);
  const [first, last] = [Math.min(...postedAt), Math.max(...postedAt)];
  return {
    ...{ owed, refused, limitPerSecond: discordGlobal },
    noticedMs: first - backAt,
    drainedMs: last - first,
    perSecond: steadyRate(calls, first),
    outOfOrder: outOfOrder(late),
    doubled: timesOf(late).doubled,
    meanwhile: timesOf(fresh),
  };
}

/** Every call is answered with 503; the answer ends that, with the limits that there are then. */
function goesDown(sides: Sides): () => number {
  sides.discord.misbehaves(() => ({ status: 503 }));
  return () => {
    limitRates(sides);
    return performance.now();
  };
}

/** As fast as they are taken in; resolves once they all are. */
async function writeAll(
  sides: Sides,
  letters: Letters,
  seats: Seat[],
  count: number,
): Promise<Letter[]> {
  const written: Letter[] = [];
  for (let index = 0; index < count; index += 1) {
    const seat = seats[index % seats.length];
    if (seat) written.push(letters.write(seat));
    await takenIn(sides, seats);
  }
  while (sides.slack.events.unsettled() > 0) await wait(writeEveryMs);
  return written;
}

/** New messages now and then, from when the first that was owed is sent until half of them are. */
async function writeMeanwhile(letters: Letters, seats: Seat[], late: Letter[]): Promise<Letter[]> {
  const written: Letter[] = [];
  const sent = () => late.filter(({ postedAt }) => postedAt !== undefined).length;
  while (sent() === 0) await wait(writeEveryMs);
  while (sent() < late.length / 2) {
    const seat = seats[written.length % seats.length];
    if (seat) written.push(letters.write(seat));
    await wait(writeEveryMs);
  }
  return written;
}
