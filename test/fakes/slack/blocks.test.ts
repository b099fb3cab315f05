import { describe, expect, test } from "vitest";
import { slackWithApp } from "./tiny-app.ts";

const section = (text: string, more: object = {}) => ({
  type: "section",
  text: { type: "mrkdwn", text },
  ...more,
});

describe("blocks", () => {
  const button = (more: object = {}) => ({
    type: "button",
    action_id: "go",
    text: { type: "plain_text", text: "Go" },
    ...more,
  });

  test.each<[string, unknown, string]>([
    [
      "an unknown type",
      { type: "sektion" },
      "unsupported type: sektion [json-pointer:/blocks/0/type]",
    ],
    ["a long section", section("x".repeat(3_001)), "must be less than 3001 characters"],
    ["an empty section", section(""), "must be more than 0 characters"],
    ["a section of nothing", { type: "section" }, "must define either `fields` or `text`"],
    [
      "a long button",
      {
        type: "actions",
        elements: [button({ text: { type: "plain_text", text: "x".repeat(76) } })],
      },
      "must be less than 76 characters",
    ],
    ["an unknown key", section("hi", { colour: "red" }), "invalid additional property: colour"],
    [
      "an action id twice",
      { type: "actions", elements: [button(), button()] },
      '`action_id` "go" already exists',
    ],
    ["no elements", { type: "actions", elements: [] }, "no less than 1 items allowed"],
    [
      "mrkdwn in a header",
      { type: "header", text: { type: "mrkdwn", text: "*hi*" } },
      "[json-pointer:/blocks/0/text/type]",
    ],
  ])("%s is refused, and the place is named", async (_, block, message) => {
    const { call, triage } = await slackWithApp();
    const answer = await call("chat.postMessage", { channel: triage, text: "t", blocks: [block] });
    expect(answer.error).toBe("invalid_blocks");
    expect(answer.wrong.join("\n")).toContain(message);
  });

  test("a block id twice, 51 blocks, and too much text together", async () => {
    const { call, triage } = await slackWithApp();
    const post = (blocks: unknown[]) =>
      call("chat.postMessage", { channel: triage, text: "t", blocks });
    const twice = await post([section("1", { block_id: "a" }), section("2", { block_id: "a" })]);
    expect(twice.wrong.join()).toContain('`block_id` "a" already exists');
    const many = await post(Array.from({ length: 51 }, () => ({ type: "divider" })));
    expect(many.wrong.join()).toContain("no more than 50 items allowed");
    const long = await post(Array.from({ length: 5 }, () => section("x".repeat(3_000))));
    expect(long.error).toBe("msg_blocks_too_long");
  });
});
