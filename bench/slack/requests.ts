/** What Slack sends, signed: https://docs.slack.dev/authentication/verifying-requests-from-slack */
import { createHmac } from "node:crypto";
import { givenTicket } from "../tickets.ts";
import { agent, requester, workspace } from "./workspace.ts";

export interface Letter {
  body: string;
  headers: Record<string, string>;
}

const form = "application/x-www-form-urlencoded";
const { team, appId, botUserId, botId, triageChannel, signingSecret } = workspace;

function signed(body: string, type: string): Letter {
  const seconds = `${Math.floor(Date.now() / 1_000)}`;
  const digest = createHmac("sha256", signingSecret).update(`v0:${seconds}:${body}`).digest("hex");
  return {
    body,
    headers: {
      "content-type": type,
      "x-slack-request-timestamp": seconds,
      "x-slack-signature": `v0=${digest}`,
    },
  };
}

/** `/ticket`, with a mark in its trigger. */
export function command(index: number, mark: string): Letter {
  const user = requester(index);
  const fields = new URLSearchParams({
    ...{ token: "verification", team_id: team, team_domain: "bench", api_app_id: appId },
    ...{ channel_id: "C0GENERAL", channel_name: "general", user_id: user, user_name: user },
    ...{ command: "/ticket", text: "", is_enterprise_install: "false" },
    ...{ response_url: "https://hooks.slack.example/commands/1", trigger_id: mark },
  });
  return signed(fields.toString(), form);
}

const option = (value: string) => ({ selected_option: { value } });

/** A form, filled in. */
export function submission(index: number): Letter {
  const user = requester(index);
  const { title, description, priority, category, tags } = givenTicket(`form ${index}`);
  const values = {
    title: { value: { value: title } },
    description: { value: { value: description } },
    priority: { value: option(priority) },
    category: { value: option(category) },
    tags: { value: { value: tags.join(", ") } },
    attachments: { value: { files: [] } },
  };
  const view = {
    ...{ id: `V${index}`, team_id: team, type: "modal", callback_id: "ticket_form" },
    ...{ private_metadata: "{}", state: { values }, hash: "1.abc", app_id: appId, bot_id: botId },
    title: { type: "plain_text", text: "New ticket" },
    blocks: [],
  };
  const payload = {
    type: "view_submission",
    team: { id: team, domain: "bench" },
    user: { id: user, username: user, name: user, team_id: team },
    ...{ api_app_id: appId, token: "verification", trigger_id: `${index}.1`, response_urls: [] },
    ...{ is_enterprise_install: false, enterprise: null, view },
  };
  return signed(new URLSearchParams({ payload: JSON.stringify(payload) }).toString(), form);
}

/** What an agent writes in a thread, with a mark in it. */
export function agentMessage(index: number, thread: string, mark: string): Letter {
  const user = agent(index);
  const ts = `1800000000.${`${index}`.padStart(6, "0")}`;
  const text = `${mark} the token was renewed at noon: please log in again, and tell us if it fails`;
  const elements = [{ type: "rich_text_section", elements: [{ type: "text", text }] }];
  const event = {
    ...{ type: "message", user, ts, text, team, channel: triageChannel, channel_type: "channel" },
    ...{ thread_ts: thread, parent_user_id: botUserId, event_ts: ts, client_msg_id: `m${index}` },
    blocks: [{ type: "rich_text", block_id: "b1", elements }],
  };
  const authorization = { team_id: team, user_id: botUserId, is_bot: true, enterprise_id: null };
  const envelope = {
    ...{ type: "event_callback", token: "verification", team_id: team, api_app_id: appId },
    ...{ event_id: `Ev${index}`, event_time: 1_800_000_000, event },
    authorizations: [{ ...authorization, is_enterprise_install: false }],
  };
  return signed(JSON.stringify(envelope), "application/json");
}
