import { type Expectation, verdict } from "../expectations.ts";
import { count, figure, figureOf, megabytes, ratio, spreadOf, table } from "../figures.ts";
import { besideBare, callerCounts, type PostgresResult } from "./measure.ts";

const leastBesideBare = 0.5;
const mostGrowth = 1.2;
const mostToldMs = 10;
const mostTakeOverMs = 15_000;

const atOnce = (callers: number) => `${callers} at once`;

/** In Markdown; nothing where it was not measured. */
export function postgresReport(result: PostgresResult | undefined): string[] {
  if (!result) return [];
  const { creates, byProcesses, takeOverMs, toldMs, version, rooms, resident } = result;
  const sizes = [...new Set(creates.map(({ size }) => size))];
  const rows = sizes.flatMap((size) =>
    callerCounts.map((callers) => {
      const samples = creates.filter((each) => each.size === size && each.callers === callers);
      return [
        count(size),
        atOnce(callers),
        figureOf(samples, ({ bare }) => bare, "/s"),
        figureOf(samples, ({ store }) => store, "/s"),
        ratio(besideBare(creates, callers, size)),
      ];
    }),
  );
  const processes = [...new Set(byProcesses.map((each) => each.processes))];
  const perProcess = processes.map((each) => [
    count(each),
    ...callerCounts.map((callers) =>
      figureOf(
        byProcesses.filter((one) => one.processes === each && one.callers === callers),
        ({ perSecond }) => perSecond,
        "/s",
      ),
    ),
  ]);
  const failed = byProcesses.reduce((sum, each) => sum + each.failed, 0);
  return [
    "### PostgreSQL",
    `PostgreSQL ${version}, with \`fsync\` on, on the same machine; ten connections. A ticket of Deskhand's store beside a row with the same document as \`jsonb\` and nothing else, both from the process that measures.`,
    table(["tickets there", "callers", "bare insert", "create", "create / bare insert"], rows),
    "Tickets created over HTTP, by processes that share the database, the callers shared out among them; one caller asks a process that follows, if any does.",
    table(["processes", ...callerCounts.map(atOnce)], perProcess),
    ...(failed > 0 ? [`**${failed} of them failed.**`] : []),
    `The leader is told of what a follower has committed after ${figureOf(toldMs, (each) => each, " ms")}; when it is killed, another leads after ${figureOf(takeOverMs, (each) => each / 1_000, " s")}.`,
    `In the database, ${rooms.map(({ size, bytes }) => `${count(size)} tickets take ${figure([megabytes(bytes)], " MB")}`).join(", ")}, all of it counted. After the creates, a process that leads has ${figure([megabytes(resident.leader)], " MB")} resident, one that follows ${figure([megabytes(resident.follower)], " MB")}.`,
    expectations(result, sizes).map(verdict).join("\n"),
  ];
}

function expectations(
  { creates, toldMs, takeOverMs }: PostgresResult,
  sizes: readonly number[],
): Expectation[] {
  const least = Math.min(...sizes);
  const besides = callerCounts.map((callers): Expectation => {
    const spread = besideBare(creates, callers, least);
    return {
      sentence: `a create, ${atOnce(callers)}, at least ${leastBesideBare} of a bare insert`,
      measured: spread && { value: spread.median, unit: "" },
      ...{ isMost: false, bound: leastBesideBare },
    };
  });
  const most = Math.max(...sizes);
  const growths = callerCounts.map((callers): Expectation => {
    const rate = (size: number) =>
      spreadOf(
        creates
          .filter((each) => each.size === size && each.callers === callers)
          .map(({ store }) => store),
      )?.median;
    const [few, many] = [rate(least), rate(most)];
    const isKnown = most > least && few !== undefined && many !== undefined;
    return {
      sentence: `a create with ${count(most)} tickets there, ${atOnce(callers)}, at most ${mostGrowth} times as long as with ${count(least)}`,
      measured: isKnown ? { value: few / many, unit: "" } : undefined,
      ...{ isMost: true, bound: mostGrowth },
    };
  });
  const told = spreadOf(toldMs);
  return [
    ...besides,
    ...growths,
    {
      sentence: `half of what a follower commits is told the leader within ${mostToldMs} ms`,
      measured: told && { value: told.median, unit: " ms" },
      ...{ isMost: true, bound: mostToldMs },
    },
    {
      sentence: "another leads within 15 s",
      measured: takeOverMs.length > 0 ? { value: Math.max(...takeOverMs), unit: " ms" } : undefined,
      ...{ isMost: true, bound: mostTakeOverMs },
    },
  ];
}
