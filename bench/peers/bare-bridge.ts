/**
 * The least that mirrors messages between Slack and Discord: Bolt and discord.js, and what comes from
 * the one is posted with the other. What it was about to post when it dies is lost, and what comes
 * twice is posted twice. Given a folder, it makes durable what it has to if nothing is to be lost: a
 * message before it is acked and posted, and once it is posted, what it became.
 * Arguments: port, a file with what it needs to know, folder.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { App, HTTPReceiver, LogLevel } from "@slack/bolt";
import { Client, Events, GatewayIntentBits } from "discord.js";
import type { Bridged } from "../mirror/peer.ts";
import { durableFiles, type Keep } from "./durable-file.ts";

const [port, file = "", folder] = process.argv.slice(2);
const { slack, discord, pairs }: Bridged = JSON.parse(readFileSync(file, "utf8"));

const toDiscord = new Map(pairs.map(({ slack, discord }) => [slack.join("/"), discord]));
const toSlack = new Map(pairs.map(({ slack, discord }) => [discord, slack]));

const { Guilds, GuildMessages, MessageContent } = GatewayIntentBits;
const client = new Client({
  intents: [Guilds, GuildMessages, MessageContent],
  rest: { api: discord.apiUrl, retries: 0 },
});

const receiver = new HTTPReceiver({
  signingSecret: slack.signingSecret,
  logLevel: LogLevel.ERROR,
  // Without it, events are acked before listeners are called.
  processBeforeResponse: folder !== undefined,
  customRoutes: [
    {
      path: "/readyz",
      method: "GET",
      handler: (_request, response) => void response.writeHead(client.isReady() ? 200 : 503).end(),
    },
  ],
});
const app = new App({
  receiver,
  token: slack.botToken,
  logLevel: LogLevel.ERROR,
  clientOptions: { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 } },
  convoStore: false,
  attachFunctionToken: false,
});

const keep = folder === undefined ? undefined : await keeping(folder);

async function keeping(path: string): Promise<Keep> {
  mkdirSync(path, { recursive: true });
  return durableFiles(path);
}

/** Whoever told of it is not kept waiting for the post, only until it is kept. */
async function mirror(
  name: string,
  message: object,
  post: () => Promise<string | undefined>,
): Promise<void> {
  if (!keep) {
    await post();
    return;
  }
  await keep(`${name}.json`, JSON.stringify(message));
  void post().then((posted) => keep(`${name}.json`, JSON.stringify({ message, posted })));
}

app.event("message", async ({ event }) => {
  if (!("thread_ts" in event && "text" in event && "user" in event)) return;
  const { channel, ts, user, text } = event;
  const id = toDiscord.get(`${channel}/${event.thread_ts}`);
  if (id === undefined) return;
  await mirror(`${channel}-${ts}`, { channel, ts, user, text }, async () => {
    const thread = client.channels.cache.get(id) ?? (await client.channels.fetch(id));
    if (!thread?.isSendable()) return undefined;
    const content = `**${user}** ${text}`;
    const posted = await thread.send({ content, allowedMentions: { parse: [] } });
    return posted.id;
  });
});

client.on(Events.MessageCreate, async ({ id, author, channelId, content: text }) => {
  const place = toSlack.get(channelId);
  if (author.bot || !place) return;
  const [channel, thread_ts] = place;
  const username = author.displayName;
  await mirror(id, { channel: channelId, id, username, text }, async () => {
    const posted = await app.client.chat.postMessage({ channel, thread_ts, text, username });
    return posted.ts;
  });
});

await app.start(Number(port));
await client.login(discord.token);
