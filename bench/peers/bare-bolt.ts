/**
 * The least that an app made with Bolt can do: `/ticket` opens a form, a form that is submitted is
 * acked, a message is posted to another channel. Given a folder, it makes durable what it has to if
 * nothing is to be lost: a form before its ack, a message before its ack, and once it is posted, what
 * it became.
 * Arguments: port, Web API, bot token, signing secret, channel, folder.
 */
import { mkdirSync } from "node:fs";
import { App, HTTPReceiver, LogLevel, type types } from "@slack/bolt";
import { durableFiles, type Keep } from "./durable-file.ts";

const [port, slackApiUrl = "", token = "", signingSecret = "", channel = "", folder] =
  process.argv.slice(2);

const receiver = new HTTPReceiver({
  signingSecret,
  logLevel: LogLevel.ERROR,
  // Without it, events are acked before listeners are called.
  processBeforeResponse: folder !== undefined,
  customRoutes: [
    { path: "/readyz", method: "GET", handler: (_request, response) => void response.end() },
  ],
});
const app = new App({
  receiver,
  token,
  logLevel: LogLevel.ERROR,
  clientOptions: { slackApiUrl, retryConfig: { retries: 0 } },
  convoStore: false,
  attachFunctionToken: false,
});

const input = (name: string, element: types.InputBlockElement): types.InputBlock => ({
  type: "input",
  block_id: name,
  label: { type: "plain_text", text: name },
  element,
});

const view: types.ModalView = {
  type: "modal",
  callback_id: "ticket_form",
  title: { type: "plain_text", text: "New ticket" },
  submit: { type: "plain_text", text: "Open ticket" },
  blocks: [
    input("title", { type: "plain_text_input", action_id: "value" }),
    input("description", { type: "plain_text_input", action_id: "value", multiline: true }),
  ],
};

app.command("/ticket", async ({ ack, body, client }) => {
  await ack();
  await client.views.open({ trigger_id: body.trigger_id, view });
});

const keep = folder === undefined ? undefined : await keeping(folder);

async function keeping(path: string): Promise<Keep> {
  mkdirSync(path, { recursive: true });
  return durableFiles(path);
}

app.view("ticket_form", async ({ ack, view }) => {
  await keep?.(`${view.id}.json`, JSON.stringify(view));
  await ack();
});

app.event("message", async ({ event, client }) => {
  if (!("text" in event) || event.text === undefined) return;
  const { text, ts } = event;
  const post = () => client.chat.postMessage({ channel, text });
  if (!keep) {
    await post();
    return;
  }
  await keep(`${ts}.json`, JSON.stringify(event));
  // Slack is not kept waiting for the post.
  void post().then((posted) => keep(`${ts}.json`, JSON.stringify({ event, posted: posted.ts })));
});

await app.start(Number(port));
