/** https://docs.discord.com/developers/reference#snowflakes */
const epochMs = 1_420_070_400_000;

/** When something was made, in ms since 1970: its id says so. */
export const madeAt = (id: string): number => Number(BigInt(id) >> 22n) + epochMs;

/** The greatest id that something could have that was made before this time, in ms since 1970. */
export function lastIdBefore(ms: number): string {
  const first = BigInt(Math.max(0, Math.floor(ms) - epochMs)) << 22n;
  return String(first === 0n ? 0n : first - 1n);
}
