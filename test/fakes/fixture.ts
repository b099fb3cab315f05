import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Where package.json is, also for what was built into another folder. */
export const packageFolder = folderOfPackage(import.meta.dirname);

/** A file of `test/fixtures`, which is JSON. */
export const fixture = (name: string): unknown =>
  JSON.parse(readFileSync(join(packageFolder, "test", "fixtures", name), "utf8"));

function folderOfPackage(folder: string): string {
  if (existsSync(join(folder, "package.json"))) return folder;
  const above = dirname(folder);
  if (above === folder) throw new Error("package.json was not found above the tests");
  return folderOfPackage(above);
}
