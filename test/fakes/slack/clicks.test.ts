import { describe, expect, test } from "vitest";
import { type Json, string } from "../json.ts";
import { slackWithApp } from "./tiny-app.ts";

const plain = (text: string) => ({ type: "plain_text", text });
const option = (value: string) => ({ text: plain(value.toUpperCase()), value });

describe("clicking", () => {
  const card = [
    { type: "section", block_id: "card", text: { type: "mrkdwn", text: "Printer" } },
    {
      type: "actions",
      block_id: "actions",
      elements: [
        { type: "button", action_id: "claim", text: plain("Claim"), value: "T-1" },
        { type: "static_select", action_id: "priority", options: [option("high"), option("low")] },
      ],
    },
  ];

  test("a button or a choice on a message tells where and what", async () => {
    const { slack, app, call, ada, triage } = await slackWithApp();
    await call("chat.postMessage", { channel: triage, text: "card", blocks: card });
    await slack.settled();
    const [message] = ada.reads(triage);
    if (!message) throw new Error("there is no card");
    expect(message.buttons).toEqual(["claim", "priority"]);
    expect(await ada.clicks(message, "claim")).toEqual({ kind: "acked" });
    expect(app.received.at(-1)?.body).toMatchObject({
      type: "block_actions",
      user: { id: ada.id },
      container: { type: "message", message_ts: message.ts, channel_id: triage },
      actions: [{ action_id: "claim", block_id: "actions", value: "T-1" }],
    });
    await ada.clicks(message, "priority", "low");
    expect(app.received.at(-1)?.body).toMatchObject({
      actions: [{ selected_option: { value: "low" } }],
    });
    await expect(async () => ada.clicks(message, "resolve")).rejects.toThrow("resolve");
  });

  test("the response URL answers five times", async () => {
    const { slack, app, call, ada, triage } = await slackWithApp();
    await call("chat.postMessage", { channel: triage, text: "card", blocks: card });
    await slack.settled();
    const [message] = ada.reads(triage);
    if (message) await ada.clicks(message, "claim");
    const url = string(app.received.at(-1)?.body.response_url);
    const respond = async (body: Json) =>
      (await fetch(url, { method: "POST", body: JSON.stringify(body) })).status;
    expect(await respond({ text: "yours" })).toBe(200);
    expect(await respond({ text: "taken", replace_original: true })).toBe(200);
    expect(ada.reads(triage)).toMatchObject([
      { words: "taken" },
      { words: "yours", ephemeral: true },
    ]);
    for (const _ of [3, 4, 5]) expect(await respond({ text: "more" })).toBe(200);
    expect(await respond({ text: "too much" })).toBe(404);
  });

  test("a shortcut on a message brings the message", async () => {
    const { slack, app, ada, triage } = await slackWithApp();
    const message = ada.writes(triage, "the printer is on fire");
    await slack.settled();
    expect(await ada.uses("open_ticket", message)).toEqual({ kind: "acked" });
    expect(app.received.at(-1)?.body).toMatchObject({
      type: "message_action",
      callback_id: "open_ticket",
      message: { text: "the printer is on fire", user: ada.id },
      channel: { id: triage },
    });
    expect((await ada.uses("no_such", message)).kind).toBe("refused by the client");
  });

  test("people cannot write to a bot whose messages tab is not on", async () => {
    const { slack, rob } = await slackWithApp();
    slack.app.messagesTab = "read-only";
    expect(() => rob.writes(rob.dm, "hello?")).toThrow("turned off");
  });
});
