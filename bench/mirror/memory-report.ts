import { atMost, verdict } from "../expectations.ts";
import { digits, figure, megabytes, spreadOf, table } from "../figures.ts";
import type { MemorySample } from "./steady.ts";

/** Of what is resident in the last third of the time, beside the first: what cannot be told from flat. */
const mostGrowth = 1.05;

/** What memory did, in Markdown. */
export function memoryReport(memory: MemorySample[]): string[] {
  const third = Math.floor(memory.length / 3);
  if (third === 0) return [];
  const leastOf = (samples: MemorySample[], of: (sample: MemorySample) => number | undefined) =>
    spreadOf(samples.flatMap((sample) => of(sample) ?? []))?.least;
  const kinds = [
    { name: "resident", of: ({ residentBytes }: MemorySample) => residentBytes },
    { name: "in the heap", of: ({ heapBytes }: MemorySample) => heapBytes },
  ];
  const rows = kinds.map(({ name, of }) => {
    const [first, last] = [leastOf(memory.slice(0, third), of), leastOf(memory.slice(-third), of)];
    const slope = slopeOf(memory, of);
    return {
      cells: [
        name,
        figure([megabytes(first)], " MB"),
        figure([megabytes(last)], " MB"),
        slope === undefined ? "–" : `${digits(slope / 1e6)} MB`,
      ],
      ratio: first === undefined || last === undefined ? [] : [last / first],
    };
  });
  const minutes = (memory.at(-1)?.atMs ?? 0) / 60_000;
  return [
    `Memory of Deskhand under that load, for ${digits(minutes)} minutes: the least that was seen in the first third of the time and in the last, and the slope of a line through all that was seen.`,
    table(
      ["memory", "first third", "last third", "a minute"],
      rows.map(({ cells }) => cells),
    ),
    [
      atMost(
        `memory is flat: the least resident in the last third at most ${mostGrowth} of that in the first`,
        { bound: mostGrowth, unit: "" },
        rows[0]?.ratio ?? [],
      ),
    ]
      .map(verdict)
      .join("\n"),
  ];
}

/** In bytes a minute, by least squares. */
function slopeOf(
  memory: MemorySample[],
  of: (sample: MemorySample) => number | undefined,
): number | undefined {
  const points = memory.flatMap((sample) => {
    const bytes = of(sample);
    return bytes === undefined ? [] : [{ x: sample.atMs / 60_000, y: bytes }];
  });
  if (points.length < 2) return undefined;
  const mean = (values: number[]) => values.reduce((sum, each) => sum + each, 0) / values.length;
  const [x, y] = [mean(points.map((each) => each.x)), mean(points.map((each) => each.y))];
  const covariance = mean(points.map((each) => (each.x - x) * (each.y - y)));
  return covariance / mean(points.map((each) => (each.x - x) ** 2));
}
