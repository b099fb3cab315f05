import { knownEvents } from "./scopes.ts";

/** What Slack knows about the app that is tested: its manifest, and what it was granted. */
export interface App {
  readonly signingSecret: string;
  readonly botToken: string;
  readonly appToken: string;
  /** Bot scopes that were granted. */
  scopes: string[];
  /** Subscriptions by the manifest's names, such as `message.im`. */
  events: string[];
  commands: string[];
  shortcuts: string[];
  /** App Home: whether people can write to the bot. */
  messagesTab: "on" | "read-only" | "off";
  homeTab: boolean;
  /** What a token is answered with once it has been revoked. */
  revoked: "token_revoked" | "account_inactive" | undefined;
}

const everyScope = [
  ...["app_mentions:read", "channels:history", "channels:join", "channels:read", "chat:write"],
  ...["chat:write.customize", "commands", "files:read", "files:write", "groups:history"],
  ...["groups:read", "im:history", "im:read", "im:write", "reactions:read", "reactions:write"],
  ...["team:read", "usergroups:read", "users:read"],
];

/** An app that may do everything, unless said otherwise. */
export const newApp = (given: Partial<App> = {}): App => ({
  signingSecret: "signing-secret-of-the-stand-in",
  botToken: "xoxb-of-the-stand-in",
  appToken: "xapp-of-the-stand-in",
  scopes: [...everyScope],
  events: [...knownEvents],
  commands: ["/ticket"],
  shortcuts: ["open_ticket"],
  messagesTab: "on",
  homeTab: true,
  revoked: undefined,
  ...given,
});
