import { createServer, type RequestListener } from "node:http";
import { onTestFinished } from "vitest";
import { createDirectory } from "../../adapters/slack/directory.ts";
import { Editions } from "../../adapters/slack/editions.ts";
import { HeardUntil } from "../../adapters/slack/heard-until.ts";
import type { Identity } from "../../adapters/slack/identity.ts";
import { createSlackPlatform } from "../../adapters/slack/platform.ts";
import type { RenderCard } from "../../adapters/slack/post.ts";
import { createWeb } from "../../adapters/slack/web.ts";
import type { OutboundMessage, TicketCard } from "../../src/desk/chat.ts";
import { onceEach } from "../../src/desk/once-each.ts";
import { typedText } from "../../src/desk/text.ts";
import { ticketCard } from "../contracts/adapter.ts";
import type { HandClock } from "../fakes/clock.ts";
import { type SlackOptions, startSlack } from "../fakes/slack/slack.ts";
import { keptLog } from "../log.ts";

/**
 * A Slack with a triage channel, an agent and a requester, and the adapter on the real WebClient.
 * Whoever waits moves the clock.
 */
export async function slackWithPlatform(
  options: Partial<SlackOptions<HandClock>> & {
    apiUrl?: string;
    transferMs?: number;
    identity?: () => Identity;
    renderCard?: RenderCard;
  } = {},
) {
  const { transferMs = 30_000, renderCard = shortCard, ...slackOptions } = options;
  const slack = await startSlack(slackOptions);
  onTestFinished(() => slack.stop());
  const { team, bot } = slack.workspace;
  const ada = slack.person("U0ADA0001", { name: "ada", displayName: "Ada" });
  const rob = slack.person("U0ROB0001", { name: "rob", displayName: "Rob" });
  const triage = "C0TRIAGE1";
  const members = [ada.id, bot.userId];
  slack.workspace.addChannel({ id: triage, name: "triage", members });
  const log = keptLog();
  const { app, clock } = slack;
  const { apiUrl = slack.apiUrl } = options;
  const token = app.botToken;
  const web = createWeb({ token, apiUrl, timeoutMs: 30_000, log });
  const now = () => clock.now();
  const after = (ms: number, act: () => void) => clock.after(ms, act);
  const agents = { agents: undefined, triageChannels: [triage] };
  const directory = createDirectory({ web, team: team.id, log, now, after, ...agents });
  const { botId, userId: botUserId, appId } = bot;
  const us = { team: team.id, botId, botUserId, appId, url: "https://fake-works.slack.com/" };
  const editions = new Editions();
  const heard = new HeardUntil({ after });
  const platform = createSlackPlatform({
    ...{ web, token, apiUrl, renderCard, log, now, transferMs, editions, heard },
    identity: options.identity ?? (() => us),
    directory: () => directory,
    once: onceEach(),
    wait: async (ms) => {
      clock.advance(ms);
    },
  });
  return { slack, platform, ada, rob, triage, log, editions, heard };
}

const shortCard: RenderCard = ({ title, status }) => {
  const text = `${title} (${status})`;
  return { text, blocks: [{ type: "header", text: { type: "plain_text", text } }] };
};

export const card = (given: Partial<TicketCard> = {}): TicketCard =>
  ticketCard({ id: "ticket-1", ...given });

const rob = { id: "discord:1", name: "Rob", picture: "https://pictures.example/rob.png" };

export const message = (text: string, given: Partial<OutboundMessage> = {}): OutboundMessage => ({
  kind: "reply",
  author: rob,
  text: typedText(text),
  ...given,
});

/** Where in a reference the channel and the message are. */
export function placeOf(reference: string): { channel: string; ts: string } {
  const [, channel = "", ts = ""] = reference.split("/");
  return { channel, ts };
}

/** The URL of a Web API on a free port, which answers so until the test is over. */
export async function answeredBy(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${Object(server.address()).port}/api/`;
}
