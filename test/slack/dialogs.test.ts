import type { types } from "@slack/bolt";
import { describe, expect, test } from "vitest";
import {
  dialogError,
  dialogIds,
  noteDialog,
  readDialog,
  replyDialog,
  resolveDialog,
} from "../../adapters/slack/dialogs.ts";
import { record } from "../fakes/json.ts";
import { slackWithApp } from "../fakes/slack/tiny-app.ts";

const id = "support_ticket_0123456789abcdef0123456789abcdef";
const reference = "T-4F7K2M";

/** An agent before a dialog, in front of an app that answers as it says. */
async function atThe(view: types.ModalView) {
  const { app, ada, call } = await slackWithApp();
  await ada.types("/ticket");
  const { trigger_id } = app.received.at(-1)?.body ?? {};
  expect(await call("views.open", { trigger_id, view })).toMatchObject({ ok: true });
  const submitted = () => record(app.received.at(-1)?.body.view);
  app.reply = () => {
    const read = readDialog(submitted());
    return "errors" in read
      ? { body: { response_action: "errors", errors: read.errors } }
      : { status: 200 };
  };
  return { app, ada, submitted };
}

describe("a dialog", () => {
  test.each([
    ["Resolution", resolveDialog(id, reference), { do: "resolve", resolution: "We put *it* out." }],
    ["Note", noteDialog(id, reference), { do: "note", text: "We put *it* out." }],
    ["Reply", replyDialog(id, reference), { do: "reply", text: "We put *it* out." }],
  ] as const)("for a %s does it to its ticket", async (label, view, action) => {
    const { ada, submitted } = await atThe(view);
    expect(await ada.submits({ [label]: "We put *it* out." })).toEqual({ kind: "closed" });
    expect(readDialog(submitted())).toEqual({ ticket: id, action });
  });

  test("has an id of its own for each", () => {
    const views = [
      resolveDialog(id, reference),
      noteDialog(id, reference),
      replyDialog(id, reference),
    ];
    expect(views.map(({ callback_id }) => callback_id)).toEqual([...dialogIds]);
  });

  test.each([
    [resolveDialog(id, reference), "A resolution is required to resolve a ticket"],
    [noteDialog(id, reference), "Message is required"],
    [replyDialog(id, reference), "Message is required"],
  ])("with nothing but blanks says that there are no words", async (view, sentence) => {
    const { ada } = await atThe(view);
    expect(await ada.submits({ text: " \n " })).toEqual({
      kind: "errors",
      errors: { text: sentence },
    });
    expect(await ada.submits({ text: "Some words" })).toEqual({ kind: "closed" });
  });

  test("says what kept the text from being taken", async () => {
    const { app, ada } = await atThe(replyDialog(id, reference));
    app.reply = () => ({ body: dialogError("This ticket is closed.") });
    expect(await ada.submits({ Reply: "Hello" })).toEqual({
      kind: "errors",
      errors: { text: "This ticket is closed." },
    });
  });

  test("for a resolution has the one before in it, unless a part of it would be lost", async () => {
    const { ada, submitted } = await atThe(resolveDialog(id, reference, "x".repeat(3_000)));
    await ada.submits();
    expect(readDialog(submitted())).toMatchObject({ action: { resolution: "x".repeat(3_000) } });
    const longer = await atThe(resolveDialog(id, reference, "x".repeat(3_001)));
    expect(await longer.ada.submits()).toMatchObject({ kind: "refused by the client" });
  });

  test("is one of ours, or a fault", () => {
    expect(() => readDialog({ callback_id: "other", private_metadata: "{" })).toThrow();
  });
});
