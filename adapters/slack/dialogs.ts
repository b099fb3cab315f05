/** The small modals in which an agent writes what a button of the card asks for. */
import type { types } from "@slack/bolt";
import { z } from "zod";
import type { Action } from "../../src/desk/chat.ts";
import { shortened } from "../../src/desk/shortened.ts";
import { errors } from "../../src/tickets/errors.ts";
import type { TicketId } from "../../src/tickets/ticket.ts";
import { type ErrorsAnswer, inJson, plain } from "./block-kit.ts";
import { limits } from "./limits.ts";

/** The modals' `callback_id`s. */
export const dialogIds = ["resolve_dialog", "note_dialog", "reply_dialog"] as const;

type DialogId = (typeof dialogIds)[number];

/** The only input. */
const blockId = "text";
const actionId = "value";

/**
 * How a ticket was resolved. `before`, how it was the last time, stands in it already if it fits;
 * a longer one does not, for what is submitted takes its place.
 */
export const resolveDialog = (ticket: TicketId, reference: string, before = ""): types.ModalView =>
  dialog("resolve_dialog", ticket, {
    title: `Resolve ${reference}`,
    submit: "Resolve",
    label: "Resolution",
    hint: "How it was resolved. The requester reads this",
    start: before.length <= limits.plainTextInput ? before : "",
  });

export const noteDialog = (ticket: TicketId, reference: string): types.ModalView =>
  dialog("note_dialog", ticket, {
    title: `Note on ${reference}`,
    submit: "Add note",
    label: "Note",
    hint: "Only agents see this",
  });

export const replyDialog = (ticket: TicketId, reference: string): types.ModalView =>
  dialog("reply_dialog", ticket, {
    title: `Reply to ${reference}`,
    submit: "Send reply",
    label: "Reply",
    hint: "The requester reads this, under your name",
  });

function dialog(
  callback_id: DialogId,
  ticket: TicketId,
  given: { title: string; submit: string; label: string; hint: string; start?: string },
): types.ModalView {
  const { title, submit, label, hint, start = "" } = given;
  return {
    type: "modal",
    callback_id,
    title: plain(shortened(title, limits.viewTitle)),
    submit: plain(submit),
    close: plain("Cancel"),
    private_metadata: JSON.stringify({ ticket }),
    blocks: [
      {
        type: "input",
        block_id: blockId,
        label: plain(label),
        hint: plain(hint),
        element: {
          type: "plain_text_input",
          action_id: actionId,
          multiline: true,
          max_length: limits.plainTextInput,
          focus_on_load: true,
          ...(start === "" ? {} : { initial_value: start }),
        },
      },
    ],
  };
}

const submittedSchema = z.object({
  callback_id: z.enum(dialogIds),
  private_metadata: inJson(z.object({ ticket: z.string().min(1) })),
  state: z.object({
    values: z.object({
      [blockId]: z.object({ [actionId]: z.object({ value: z.string().nullish() }) }),
    }),
  }),
});

export type DialogSubmission =
  | { ticket: TicketId; action: Action }
  /** By block id. */
  | { errors: Record<string, string> };

/** What was submitted; throws zod's error when `view` is no submission of a dialog. */
export function readDialog(view: unknown): DialogSubmission {
  const { callback_id, private_metadata, state } = submittedSchema.parse(view);
  const text = state.values[blockId][actionId].value ?? "";
  const { ticket } = private_metadata;
  if (text.trim() === "") return { errors: { [blockId]: missing(callback_id) } };
  return { ticket, action: actionOf(callback_id, text) };
}

const missing = (id: DialogId): string =>
  errors[id === "resolve_dialog" ? "RESOLUTION_REQUIRED" : "MESSAGE_REQUIRED"].sentence;

function actionOf(id: DialogId, text: string): Action {
  switch (id) {
    case "resolve_dialog":
      return { do: "resolve", resolution: text };
    case "note_dialog":
      return { do: "note", text };
    case "reply_dialog":
      return { do: "reply", text };
  }
}

/** What kept the text from being taken, said below it. */
export const dialogError = (sentence: string): ErrorsAnswer => ({
  response_action: "errors",
  errors: { [blockId]: sentence },
});
