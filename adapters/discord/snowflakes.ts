/** https://docs.discord.com/developers/reference#snowflakes */
const epochMs = 1_420_070_400_000;

/** When something was made, in ms since 1970: its id says so. */
export const madeAt = (id: string): number => Number(BigInt(id) >> 22n) + epochMs;
