import { App, type Receiver } from "@slack/bolt";
import type { Log } from "../../src/desk/ports.ts";
import { sdkLog } from "./sdk-log.ts";

/** Who we are in the workspace, as `auth.test` tells. */
export interface Identity {
  botToken: string;
  botId: string;
  botUserId: string;
  teamId: string;
}

const answerWithinMs = 10_000;

/**
 * Bolt, with a receiver of ours. It knows who we are and asks Slack nothing on its own; events that
 * we caused ourselves reach the listeners too. What a listener throws comes out of `processEvent`,
 * so that the receiver sees it.
 */
export function createBolt(given: {
  receiver: Receiver;
  identity: Identity;
  /** Slack's own when undefined. */
  apiUrl: string | undefined;
  log: Log;
}): App {
  const { receiver, apiUrl, log } = given;
  const { botToken, botId, botUserId, teamId } = given.identity;
  const app = new App({
    receiver,
    authorize: async () => ({ botToken, botId, botUserId, teamId }),
    ignoreSelf: false,
    convoStore: false,
    attachFunctionToken: false,
    logger: sdkLog(log),
    // A new object: the SDKs change the one that they are given.
    clientOptions: {
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
      timeout: answerWithinMs,
      ...(apiUrl !== undefined && { slackApiUrl: apiUrl }),
    },
  });
  app.error(async (error) => {
    throw error;
  });
  return app;
}
