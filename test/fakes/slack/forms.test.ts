import { describe, expect, test } from "vitest";
import { type Json, record, string } from "../json.ts";
import { slackWithApp } from "./tiny-app.ts";

const plain = (text: string) => ({ type: "plain_text", text });
const option = (value: string) => ({ text: plain(value.toUpperCase()), value });

const titleField = {
  type: "input",
  block_id: "title",
  label: plain("Title"),
  element: { type: "plain_text_input", action_id: "value", min_length: 3, max_length: 10 },
};

const form = (more: Json = {}): Json => ({
  type: "modal",
  callback_id: "ticket",
  title: plain("New ticket"),
  submit: plain("Open"),
  blocks: [
    titleField,
    {
      type: "input",
      block_id: "priority",
      label: plain("Priority"),
      element: {
        type: "static_select",
        action_id: "value",
        options: [option("high"), option("low")],
      },
    },
    {
      type: "input",
      block_id: "files",
      optional: true,
      label: plain("Files"),
      element: { type: "file_input", action_id: "value", max_files: 2 },
    },
  ],
  ...more,
});

/** A person before the form, in a Slack whose app acks everything. */
async function atTheForm(view: Json = form()) {
  const given = await slackWithApp();
  const { slack, app, rob, call } = given;
  await rob.types("/ticket printer on fire");
  const trigger_id = app.received[0]?.body.trigger_id;
  const opened = await call("views.open", { trigger_id, view });
  return { ...given, slack, opened, trigger_id };
}

const good = { title: "Printer", priority: "high" };

describe("opening a modal", () => {
  test("a trigger opens one, and only one, within 3 s", async () => {
    const { slack, app, call, rob, opened, trigger_id } = await atTheForm();
    expect(opened.view).toMatchObject({ type: "modal", callback_id: "ticket" });
    const again = await call("views.open", { trigger_id, view: form() });
    expect(again.error).toBe("exchanged_trigger_id");
    await rob.types("/ticket");
    slack.clock.advance(3_001);
    const late = { trigger_id: app.received[1]?.body.trigger_id, view: form() };
    expect((await call("views.open", late)).error).toBe("expired_trigger_id");
    const unknown = { trigger_id: "1.2.x", view: form() };
    expect((await call("views.open", unknown)).error).toBe("invalid_trigger_id");
  });

  test.each<[string, Json, string]>([
    [
      "a long title",
      { title: plain("x".repeat(25)) },
      "must be less than 25 characters [json-pointer:/view/title/text]",
    ],
    [
      "too much private metadata",
      { private_metadata: "x".repeat(3_001) },
      "must be less than 3001 characters",
    ],
    [
      "101 blocks",
      { blocks: Array.from({ length: 101 }, () => ({ type: "divider" })) },
      "no more than 100 items allowed",
    ],
    ["no submit for an input", { submit: undefined }, "must define `submit`"],
    ["a block id twice", { blocks: [titleField, titleField] }, '`block_id` "title" already exists'],
    [
      "a long option",
      {
        blocks: [
          {
            ...titleField,
            element: {
              type: "static_select",
              options: [{ text: plain("x".repeat(76)), value: "v" }],
            },
          },
        ],
      },
      "must be less than 76 characters",
    ],
    [
      "101 options",
      {
        blocks: [
          {
            ...titleField,
            element: {
              type: "static_select",
              options: Array.from({ length: 101 }, () => option("v")),
            },
          },
        ],
      },
      "no more than 100 items allowed",
    ],
    [
      "an initial value that is too long",
      {
        blocks: [
          { ...titleField, element: { ...titleField.element, initial_value: "x".repeat(11) } },
        ],
      },
      "initial_value is longer than max_length",
    ],
    [
      "a block that only messages have",
      { blocks: [{ type: "markdown", text: "hi" }] },
      "unsupported type: markdown",
    ],
    ["an unknown key", { color: "red" }, "invalid additional property: color"],
  ])("%s is refused, in words", async (_, more, message) => {
    const { opened, rob } = await atTheForm(form(more));
    expect(opened.error).toBe("invalid_arguments");
    expect(opened.wrong[0]).toBe(
      "[ERROR] failed to match all allowed schemas [json-pointer:/view]",
    );
    expect(opened.wrong.join("\n")).toContain(message);
    expect(rob.modal).toBeUndefined();
  });

  test("views lie on each other three high, and change by hash", async () => {
    const { app, rob, call, opened } = await atTheForm();
    const trigger = async () => {
      await rob.uses("open_ticket");
      return app.received.at(-1)?.body.trigger_id;
    };
    for (const _ of [2, 3]) {
      expect((await call("views.push", { trigger_id: await trigger(), view: form() })).ok).toBe(
        true,
      );
    }
    const fourth = await call("views.push", { trigger_id: await trigger(), view: form() });
    expect(fourth.error).toBe("push_limit_reached");
    const { id: view_id, hash } = opened.view;
    const update = { view_id, hash, view: form({ title: plain("Changed") }) };
    expect((await call("views.update", update)).ok).toBe(true);
    expect((await call("views.update", update)).error).toBe("hash_conflict");
    expect((await call("views.update", { ...update, view_id: "V0" })).error).toBe("not_found");
  });
});

describe("submitting", () => {
  test("what the client can see to be wrong is not sent", async () => {
    const { app, rob } = await atTheForm();
    const before = app.received.length;
    expect(await rob.submits({ title: "ab" })).toEqual({
      kind: "refused by the client",
      errors: { title: "is too short", priority: "Please complete this required field." },
    });
    expect(await rob.submits({ title: "x".repeat(11), priority: "low" })).toMatchObject({
      errors: { title: "is too long" },
    });
    expect(app.received).toHaveLength(before);
  });

  test("the app gets the fields by block and action, and an empty ack closes", async () => {
    const { app, rob } = await atTheForm();
    const files = [{ name: "a.txt", content: "a" }];
    expect(await rob.submits({ Title: "Printer", Priority: "HIGH", files })).toEqual({
      kind: "closed",
    });
    const { view } = record(app.received.at(-1)?.body);
    expect(record(record(view).state).values).toMatchObject({
      title: { value: { type: "plain_text_input", value: "Printer" } },
      priority: { value: { selected_option: { value: "high" } } },
      files: { value: { type: "file_input", files: [{ name: "a.txt", mode: "hosted" }] } },
    });
    expect(rob.modal).toBeUndefined();
  });

  test("errors stand at their fields and nothing typed is lost", async () => {
    const { app, rob } = await atTheForm();
    app.reply = () => ({ body: { response_action: "errors", errors: { title: "Say more" } } });
    expect(await rob.submits(good)).toEqual({ kind: "errors", errors: { title: "Say more" } });
    expect(rob.modal).toMatchObject({
      errors: { title: "Say more" },
      values: { title: { value: { value: "Printer" } } },
    });
    app.reply = () => ({});
    expect(await rob.submits()).toEqual({ kind: "closed" });
  });

  test.each<[string, Json]>([
    ["an unknown block", { response_action: "errors", errors: { titel: "Say more" } }],
    ["no words", { response_action: "errors", errors: { title: "" } }],
    ["a view that is refused", { response_action: "update", view: { type: "modal" } }],
    ["what is no answer", { hello: "there" }],
  ])("with %s the person only sees trouble, and the form stays", async (_, body) => {
    const { app, rob } = await atTheForm();
    app.reply = () => ({ body });
    expect((await rob.submits(good)).kind).toBe("trouble");
    expect(rob.modal).toBeDefined();
  });

  test("trouble too after 3 s, and the same can be sent again", async () => {
    const { slack, app, rob } = await atTheForm();
    app.reply = () => "silence";
    const submitted = rob.submits(good);
    await slack.until(() => app.received.length === 2);
    slack.clock.advance(3_000);
    expect(await submitted).toEqual({ kind: "trouble", why: "http_timeout" });
    app.reply = () => ({});
    expect(await rob.submits()).toEqual({ kind: "closed" });
    const ids = app.received.slice(1).map(({ body }) => string(record(body.view).id));
    expect(new Set(ids).size).toBe(1);
  });

  test("an answer that gets lost leaves the form, and a late click sends a closed one again", async () => {
    const { slack, app, rob } = await atTheForm();
    slack.interactions.disturb("lose-ack");
    expect((await rob.submits(good)).kind).toBe("trouble");
    slack.interactions.disturb("break-off");
    expect((await rob.submits()).kind).toBe("trouble");
    const view = rob.modal;
    const twice = await Promise.all([rob.submits(), rob.submits()]);
    if (view) await rob.submitsAgain(view);
    expect(twice).toEqual([{ kind: "closed" }, { kind: "closed" }]);
    expect(app.received.filter(({ body }) => body.type === "view_submission")).toHaveLength(4);
  });

  test("the answer can show another view, put one on top, or clear them all", async () => {
    const { app, rob } = await atTheForm();
    app.reply = () => ({
      body: { response_action: "push", view: form({ title: plain("Second") }) },
    });
    expect(await rob.submits(good)).toEqual({ kind: "pushed" });
    expect(rob.modal?.content.title).toEqual(plain("Second"));
    app.reply = () => ({
      body: { response_action: "update", view: form({ title: plain("Third") }) },
    });
    expect(await rob.submits(good)).toEqual({ kind: "updated" });
    app.reply = () => ({ body: { response_action: "clear" } });
    expect(await rob.submits(good)).toEqual({ kind: "cleared" });
    expect(rob.modal).toBeUndefined();
  });

  test("an update keeps what was typed into fields that are still there", async () => {
    const { rob, call, opened } = await atTheForm();
    rob.fills({ title: "Printer", priority: "high" });
    const view = form({ blocks: [titleField] });
    await call("views.update", { view_id: opened.view.id, view });
    expect(rob.modal?.values).toEqual({
      title: { value: { type: "plain_text_input", value: "Printer" } },
    });
  });

  test("the cross is told to an app that asked", async () => {
    const { app, rob } = await atTheForm(form({ notify_on_close: true }));
    await rob.closes();
    expect(app.received.at(-1)?.body).toMatchObject({ type: "view_closed", is_cleared: false });
    expect(rob.modal).toBeUndefined();
  });
});
