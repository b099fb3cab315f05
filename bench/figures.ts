/** A median, and between what the values lie that it is of. */
export interface Spread {
  median: number;
  least: number;
  most: number;
}

/** Undefined when there are no values. */
export function spreadOf(values: number[]): Spread | undefined {
  const sorted = values.toSorted((one, other) => one - other);
  const low = sorted[Math.floor((sorted.length - 1) / 2)];
  const high = sorted[Math.floor(sorted.length / 2)];
  if (low === undefined || high === undefined) return undefined;
  return { median: (low + high) / 2, least: Math.min(...values), most: Math.max(...values) };
}

const none = "–";

/** The median with three digits that count, and its unit. */
export function figure(values: (number | undefined)[], unit: string): string {
  const spread = spreadOf(values.filter((value) => value !== undefined));
  return spread ? `${digits(spread.median)}${unit}` : none;
}

/** The same of what each of several samples tells. */
export const figureOf = <Sample>(
  samples: readonly Sample[],
  tells: (sample: Sample) => number | undefined,
  unit: string,
): string => figure(samples.map(tells), unit);

/** The median of ratios, and their range. */
export const ratio = (spread: Spread | undefined): string =>
  spread ? `**${digits(spread.median)}** (${digits(spread.least)}–${digits(spread.most)})` : none;

export const digits = (value: number): string =>
  value >= 100 ? count(Math.round(value)) : value.toFixed(value >= 10 ? 1 : 2);

/** Of bytes. */
export const megabytes = (bytes: number | undefined): number | undefined =>
  bytes === undefined ? undefined : bytes / 1e6;

export const count = (value: number): string => value.toLocaleString("en");

/** In Markdown. */
export const table = (head: string[], rows: string[][]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
