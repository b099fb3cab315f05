/** The small modals in which an agent writes what a button of the card asks for. */
import type { APIModalInteractionResponseCallbackData } from "discord.js";
import type { Action } from "../../src/desk/chat.ts";
import { errors } from "../../src/tickets/errors.ts";
import type { TicketId } from "../../src/tickets/ticket.ts";
import { customIdOf, labelled, textInput } from "./components.ts";
import { limits } from "./limits.ts";

export const dialogs = ["resolve", "note", "reply"] as const;

/** One modal, from its opening to what becomes of it. */
export interface Dialog {
  does: (typeof dialogs)[number];
  ticket: TicketId;
  /** Names it: what stands in it is taken once, however often it is submitted or opened again. */
  key: string;
}

const dialogId = "dialog";
const againId = "rewrite";

const idFor =
  (what: string) =>
  ({ does, ticket, key }: Dialog): string =>
    customIdOf(what, does, ticket, key);

function readId(what: string, customId: string): Dialog | undefined {
  const [kind, doing, ticket, key] = customId.split(":");
  const does = dialogs.find((each) => each === doing);
  return kind === what && does && ticket && key ? { does, ticket, key } : undefined;
}

export const readDialogId = (customId: string) => readId(dialogId, customId);

/** Of the button that opens it again. */
export const dialogAgainId = idFor(againId);
export const readDialogAgainId = (customId: string) => readId(againId, customId);

const words: Readonly<Record<Dialog["does"], { title: string; label: string; hint: string }>> = {
  resolve: {
    title: "Resolve the ticket",
    label: "Resolution",
    hint: "How it was resolved. The requester reads this",
  },
  note: { title: "Note on the ticket", label: "Note", hint: "Only agents see this" },
  reply: {
    title: "Reply to the requester",
    label: "Reply",
    hint: "The requester reads this, under your name",
  },
};

const inputId = "text";

/** `start` stands in it already if it fits; of a longer one a part would be lost. */
export function dialogModal(dialog: Dialog, start = ""): APIModalInteractionResponseCallbackData {
  const { title, label, hint } = words[dialog.does];
  const maxLength = limits.textInput;
  const value = start.length <= maxLength ? start : "";
  return {
    custom_id: idFor(dialogId)(dialog),
    title,
    components: [labelled(label, textInput({ id: inputId, isLong: true, maxLength, value }), hint)],
  };
}

/** What was written into it; undefined when there is nothing but blanks. */
export function readText(inputs: Readonly<Record<string, readonly string[]>>): string | undefined {
  const text = inputs[inputId]?.[0] ?? "";
  return text.trim() === "" ? undefined : text;
}

export const missingText = ({ does }: Dialog): string =>
  errors[does === "resolve" ? "RESOLUTION_REQUIRED" : "MESSAGE_REQUIRED"].sentence;

export function actionOf({ does }: Dialog, text: string): Action {
  return does === "resolve" ? { do: does, resolution: text } : { do: does, text };
}
