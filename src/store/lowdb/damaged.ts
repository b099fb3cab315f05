import { readdir } from "node:fs/promises";
import { join } from "node:path";

/** Where files of a data folder are moved that hold no ticket: they may have been some. */
export const damagedIn = (dataDir: string): string => join(dataDir, "damaged");

/** How many there are. Throws what the disk says. */
export async function countDamaged(dataDir: string): Promise<number> {
  try {
    return (await readdir(damagedIn(dataDir))).length;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return 0;
    throw error;
  }
}
