import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Command, deskhand } from "../servers.ts";
import { workspace } from "./workspace.ts";

export const appNames = ["Deskhand", "bare Bolt", "durable Bolt"] as const;
export type AppName = (typeof appNames)[number];

export interface App {
  name: AppName;
  /** What starts it, with a folder of its own. */
  command(given: { folder: string; port: number; apiUrl: string }): Command;
}

const { botToken, signingSecret, otherChannel, triageChannel } = workspace;

const deskhandInSlack: App = {
  name: "Deskhand",
  command({ folder, port, apiUrl }) {
    const { args, env } = deskhand.command(folder, 0, port);
    const slack = {
      SLACK_BOT_TOKEN: botToken,
      SLACK_SIGNING_SECRET: signingSecret,
      SLACK_API_URL: apiUrl,
      TRIAGE: `slack:${triageChannel}`,
    };
    return { args, env: { ...env, ...slack } };
  },
};

const boltFile = fileURLToPath(import.meta.resolve("../peers/bare-bolt.js"));

const bolt = (port: number, apiUrl: string): string[] => [
  ...[boltFile, `${port}`, apiUrl],
  ...[botToken, signingSecret, otherChannel],
];

const bareBolt: App = {
  name: "bare Bolt",
  command: ({ port, apiUrl }) => ({ args: bolt(port, apiUrl), env: {} }),
};

const durableBolt: App = {
  name: "durable Bolt",
  command: ({ folder, port, apiUrl }) => ({ args: [...bolt(port, apiUrl), folder], env: {} }),
};

export const apps: readonly App[] = [deskhandInSlack, bareBolt, durableBolt];

export function folderFor({ name }: App, folder: string): string {
  const own = join(folder, `slack-${name.replaceAll(" ", "-")}`);
  mkdirSync(own, { recursive: true });
  return own;
}
