import type { AppName } from "./apps.ts";

/** One thing that is measured in Slack. */
export interface SlackScenario {
  kind: "command" | "submission" | "message";
  name: string;
  /** How many people do it at once; one alone waits each time until nothing is left to do. */
  callers: number;
  apps: readonly AppName[];
  /** Whom Deskhand is held against. */
  peer: AppName;
}

const named = {
  command: "`/ticket` → `views.open`",
  submission: "form → ack",
  message: "agent's message → post",
} as const;

const all: readonly AppName[] = ["Deskhand", "bare Bolt", "durable Bolt"];
const withoutWrites: readonly AppName[] = ["Deskhand", "bare Bolt"];

const scenario = (kind: SlackScenario["kind"], callers: number): SlackScenario => ({
  ...{ kind, callers },
  name: `${named[kind]}, ${callers === 1 ? "one at a time" : `${callers} callers`}`,
  // Opening a form owes no write.
  apps: kind === "command" ? withoutWrites : all,
  peer: kind === "command" ? "bare Bolt" : "durable Bolt",
});

export const slackScenarios: readonly SlackScenario[] = [
  scenario("command", 1),
  scenario("command", 32),
  scenario("submission", 1),
  scenario("submission", 32),
  scenario("message", 1),
  scenario("message", 32),
];
