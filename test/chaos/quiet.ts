/** When nothing is on its way any more. */
import { setTimeout as wait } from "node:timers/promises";
import { z } from "zod";
import { Api } from "./api.ts";
import { until } from "./waiting.ts";
import type { World } from "./world.ts";

const looksApartMs = 300;
const quietLooks = 3;
/** What was tried often waits for minutes before it is tried again. */
const quietWithinMs = 15 * 60_000;

/** What was done in the ticket service is taken in by then. */
const quietPolls = 3;

/** Nothing is on its way, nothing is owed, and it stays so for a while. */
export async function becomesQuiet(world: World): Promise<void> {
  let [looks, polled] = [0, polls(world)];
  await until(
    "all is quiet",
    async () => {
      world.check();
      if (await isQuiet(world)) looks += 1;
      else [looks, polled] = [0, polls(world)];
      await wait(looksApartMs);
      return looks >= quietLooks && polls(world) >= polled + quietPolls;
    },
    quietWithinMs,
  );
  world.journal.note("all is quiet");
}

/** How often the tickets there were listed. */
const polls = ({ tickets }: World): number =>
  tickets.requests.filter(
    ({ method, path }) => method === "GET" && path.endsWith("/support-tickets"),
  ).length;

async function isQuiet(world: World): Promise<boolean> {
  const { slack, discord, service } = world;
  if (!service.isReady || slack.events.unsettled() + discord.underway() > 0) return false;
  if (discord.gateway.connections() === 0) return false;
  return (await isIdle(world)) && (await owed(world)).length === 0;
}

/** None of its processes says otherwise. */
async function isIdle({ service }: World): Promise<boolean> {
  const texts = await Promise.all(service.urls.map((url) => new Api(url).text("/metrics")));
  if (texts.includes(undefined)) return false;
  const metrics = texts.join("\n");
  const isNone = (name: string) => {
    const values = [...metrics.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, "gm"))];
    return values.every(([, value]) => value === "0");
  };
  return metrics !== "" && isNone("deskhand_outbox_tickets") && isNone("deskhand_catch_up_tickets");
}

const documentSchema = z.looseObject({
  owes: z.boolean(),
  underway: z.array(z.unknown()),
  ticket: z.looseObject({ title: z.string() }),
});

/** The titles of the tickets whose documents still owe something, or do not know what became of it. */
export async function owed({ kept }: Pick<World, "kept">): Promise<string[]> {
  return (await kept.documents())
    .map((json) => documentSchema.parse(JSON.parse(json)))
    .filter(({ owes, underway }) => owes || underway.length > 0)
    .map(({ ticket }) => ticket.title);
}
