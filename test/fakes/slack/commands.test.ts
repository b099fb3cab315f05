import { describe, expect, test } from "vitest";
import { slackWithApp } from "./tiny-app.ts";

describe("slash commands", () => {
  test("come as a form, and what the app answers is seen by one person", async () => {
    const { app, rob } = await slackWithApp();
    app.reply = () => ({ body: { text: "one moment" } });
    expect(await rob.types("/ticket printer on fire")).toEqual({ kind: "acked" });
    expect(app.received[0]).toMatchObject({
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: { command: "/ticket", text: "printer on fire", user_id: rob.id, channel_id: rob.dm },
    });
    expect(rob.reads(rob.dm)).toMatchObject([{ words: "one moment", ephemeral: true }]);
  });

  test("fail when the app is silent for 3 s or broken, and the person sees it", async () => {
    const { slack, app, rob } = await slackWithApp();
    app.reply = () => "silence";
    const typed = rob.types("/ticket");
    await slack.until(() => app.received.length === 1);
    slack.clock.advance(3_000);
    expect(await typed).toEqual({ kind: "failed", why: "operation_timeout" });
    app.reply = () => ({ status: 500 });
    expect(await rob.types("/ticket")).toEqual({ kind: "failed", why: "dispatch_failed" });
    expect(rob.notices).toHaveLength(2);
  });

  test("do not exist in threads, nor under names the app has not", async () => {
    const { app, ada, triage } = await slackWithApp();
    const { ts } = ada.writes(triage, "root");
    const inThread = await ada.types("/ticket", { channel: triage, thread: ts });
    expect([inThread.kind, (await ada.types("/tikcet")).kind]).toEqual([
      "refused by the client",
      "refused by the client",
    ]);
    expect(app.received.filter(({ body }) => body.command)).toEqual([]);
  });
});
