/** The workspace that is measured in. */
export const workspace = {
  team: "T0BENCH",
  botToken: "xoxb-bench",
  signingSecret: "signing-secret-of-the-bench",
  appId: "A0BENCH",
  botId: "B0BENCH",
  botUserId: "U0BOT",
  triageChannel: "C0TRIAGE",
  /** Where bare Bolt posts to. */
  otherChannel: "C0OTHER",
  agents: ["U0AGENT1", "U0AGENT2", "U0AGENT3", "U0AGENT4"],
} as const;

/** How many people open tickets. */
const requesters = 200;

export const requester = (index: number): string => `U1PERSON${index % requesters}`;

export const agent = (index: number): string =>
  workspace.agents[index % workspace.agents.length] ?? workspace.agents[0];
