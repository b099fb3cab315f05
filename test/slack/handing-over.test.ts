import { describe, expect, test } from "vitest";
import type { Incoming } from "../../adapters/slack/intake.ts";
import { slackWithBolt } from "./receiving.ts";

/** An app that takes no events in itself, and what it has handed over. */
async function handing(retriesAfterMs: number[] = []) {
  const handed: Incoming[] = [];
  let isBroken = false;
  const given = await slackWithBolt("HTTP", undefined, {
    retriesAfterMs,
    handOver: async (incoming) => {
      if (isBroken) throw new Error("the database is away");
      handed.push(incoming);
    },
  });
  const heard: unknown[] = [];
  given.app.event(/.*/, async ({ payload }) => void heard.push(payload));
  const breaks = (broken: boolean) => {
    isBroken = broken;
  };
  return { ...given, handed, heard, breaks };
}

describe("where another process takes in what Slack tells of", () => {
  test("events are handed over before Slack is told that they arrived, and nothing else is", async () => {
    const { slack, app, ada, triage, handed, heard } = await handing();
    const commands: string[] = [];
    app.command(/.*/, async ({ body, ack }) => {
      commands.push(body.command);
      await ack();
    });
    ada.writes(triage, "hello");
    await slack.until(() => handed.length === 1);
    await slack.settled();
    expect(handed[0]?.body).toMatchObject({ event: { type: "message", text: "hello" } });
    await ada.types("/ticket");
    expect(commands).toEqual(["/ticket"]);
    expect(handed).toHaveLength(1);
    expect(heard).toEqual([]);
  });

  test("what could not be handed over Slack sends again", async () => {
    const { slack, ada, triage, handed, breaks, log } = await handing([0]);
    breaks(true);
    ada.writes(triage, "hello");
    await slack.until(() => log.lines.some(({ level }) => level === "error"));
    breaks(false);
    await slack.until(() => handed.length > 0);
    expect(handed[0]?.body).toMatchObject({ event: { text: "hello" } });
    expect(JSON.stringify(log.lines)).not.toContain("hello");
  });

  test("what Slack does not send again is handed over as soon as that can be", async () => {
    const { slack, ada, triage, handed, breaks, log, waiting } = await handing([]);
    breaks(true);
    ada.writes(triage, "hello");
    await slack.until(() => log.lines.some(({ level }) => level === "error"));
    await waiting(2_000);
    slack.clock.advance(2_000);
    await waiting(2_000, 2);
    breaks(false);
    slack.clock.advance(2_000);
    await slack.until(() => handed.length === 1);
    slack.clock.advance(60_000);
    expect(handed).toHaveLength(1);
  });
});
