import type { WebClient } from "@slack/web-api";
import type { ChatActor, ChatDesk } from "../../src/desk/chat.ts";
import type { Once } from "../../src/desk/once-each.ts";
import type { Log } from "../../src/desk/ports.ts";
import type { After } from "../../src/desk/timing.ts";
import type { Said } from "./block-kit.ts";
import type { Directory } from "./directory.ts";
import { failureOf } from "./errors.ts";
import type { Identity } from "./identity.ts";

export const platform = "slack";

/** What everything that answers people in Slack works with. */
export interface Context {
  desk: ChatDesk;
  /** For what is not a delivery: forms, offers, words to one person. */
  web: WebClient;
  directory: Directory;
  us: Identity;
  log: Log;
  /** In ms since 1970. */
  now: () => number;
  after: After;
  /** Does the work unless it was done for this before: Slack tells some things twice. */
  once: Once;
}

/** Someone who presses a button or fills a form; who they are is asked for only here. */
export async function actorOf({ directory }: Context, user: string): Promise<ChatActor> {
  const [person, isAgent] = await Promise.all([directory.personOf(user), directory.isAgent(user)]);
  return { ...person, isAgent };
}

/**
 * Says something to one person, where only they see it. Throws when it may work later: what they
 * did is then not acked, and comes again. What never will work is only logged.
 */
export async function whisper(
  { web, log }: Pick<Context, "web" | "log">,
  to: { channel: string; user: string; thread?: string | undefined },
  said: Said,
): Promise<void> {
  const { channel, user, thread } = to;
  try {
    const at = thread === undefined ? {} : { thread_ts: thread };
    await web.chat.postEphemeral({ channel, user, ...at, ...said });
  } catch (err) {
    const { outcome } = failureOf(err);
    if (outcome === "retry" || outcome === "uncertain") throw err;
    log.warn({ channel, err }, "Someone in Slack could not be told what came of what they did");
  }
}
