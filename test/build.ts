import { execFileSync } from "node:child_process";

/** Tests that start Deskhand as a process start what `npm start` starts: the built code. */
export function setup(): void {
  execFileSync("npm", ["run", "--silent", "build"], { stdio: "inherit" });
}
