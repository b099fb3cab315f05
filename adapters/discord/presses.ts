/** Buttons and menus, and the small forms behind some of them. */
import { hash } from "node:crypto";
import type { ChatActor } from "../../src/desk/chat.ts";
import { actionFor, type Press, wordsFor } from "../../src/desk/pressing.ts";
import { refusalWords } from "../../src/desk/refusal-words.ts";
import { within } from "../../src/desk/timing.ts";
import { type Outcome, type Said, settle, showModal } from "./answers.ts";
import { readPress } from "./cards.ts";
import { button, rowsOf, typed } from "./components.ts";
import { type Context, platform } from "./context.ts";
import {
  actionOf,
  type Dialog,
  dialogAgainId,
  dialogModal,
  dialogs,
  missingText,
  readDialogAgainId,
  readText,
} from "./dialogs.ts";
import type { Interacting, OfType } from "./interactions.ts";
import { textOf } from "./message-text.ts";
import { type Offered, readOffer } from "./offers.ts";
import { readMessageReference, writeThread } from "./references.ts";
import { sourceMessage } from "./source.ts";
import { filesComeAlong, openAgain, openForm, originOfAgain } from "./ticket-form.ts";

/** Does what was pressed; false when nothing here knows it. */
export async function pressed(context: Context, press: OfType<"press">): Promise<boolean> {
  const { customId, values, message } = press;
  const onCards = readPress(customId, values);
  const offered = readOffer(customId);
  const formAgain = originOfAgain(customId);
  const dialogAgain = readDialogAgainId(customId);
  if (onCards) await onCard(context, press, onCards);
  else if (offered) await onOffer(context, press, offered);
  else if (formAgain) await openAgain(context, press, formAgain);
  else if (dialogAgain)
    await showModal(context, press, dialogModal(dialogAgain, message.description));
  else return false;
  return true;
}

async function onCard(context: Context, pressed: OfType<"press">, press: Press): Promise<void> {
  const does = dialogs.find((each) => each === press.press);
  if (does) return openDialog(context, pressed, { does, ticket: press.ticket, key: pressed.id });
  const action = actionFor(press);
  if (!action) return settle(context, pressed, Promise.resolve(undefined), undefined);
  const work = async (): Promise<Outcome> => {
    const by = await actorOf(context, pressed);
    const done = await context.desk.act(press.ticket, action, by, `${platform} ${pressed.id}`);
    const words = wordsFor(done);
    return words === undefined ? undefined : { tell: { content: typed(words) } };
  };
  await settle(context, pressed, work(), { tell: { content: notDone } });
}

const notDone = "That could not be done just now. Please press it again in a moment.";

const actorOf = async (
  { agents }: Context,
  { user, person, member }: Interacting,
): Promise<ChatActor> => ({ ...person, isAgent: await agents.isAgent(user, member) });

/** Of the 3 s in which a form has to open. */
const lookUpWithinMs = 500;

/**
 * Whether they may do it is checked when it is submitted: the form has to open at once. How the
 * ticket was resolved the last time stands in it, if that is known in time.
 */
async function openDialog(
  context: Context,
  pressed: OfType<"press">,
  dialog: Dialog,
): Promise<void> {
  const before = dialog.does === "resolve" ? await resolutionOf(context, dialog.ticket) : "";
  await showModal(context, pressed, dialogModal(dialog, before));
}

async function resolutionOf({ desk, after, log }: Context, ticket: string): Promise<string> {
  const looked = desk.card(ticket, "agents").catch((err: unknown) => {
    log.warn({ err }, "A ticket could not be looked up; the form to resolve it is empty");
    return null;
  });
  const card = await within(looked, { ms: lookUpWithinMs, after, late: null });
  return card?.resolution ?? "";
}

/** Takes what was written in a small form. Never rejects. */
export async function submitDialog(
  context: Context,
  form: OfType<"form">,
  dialog: Dialog,
): Promise<void> {
  const text = readText(form.inputs);
  // What they alone see is replaced; the card, on which the form was opened, is not.
  const isAgain = form.message?.isEphemeral === true;
  const told = (said: Said): Outcome => (isAgain ? { replace: said } : { tell: said });
  const refused = (why: string) => told(keepingText(why, text ?? "", dialog));
  const work = async (): Promise<Outcome> => {
    if (text === undefined) return refused(`${missingText(dialog)}.`);
    const action = actionOf(dialog, text);
    // What was changed before it was submitted again is taken as well.
    const key = `${platform} dialog ${dialog.key} ${hash("sha256", JSON.stringify(action), "base64url")}`;
    const by = await actorOf(context, form);
    const done = await context.desk.act(dialog.ticket, action, by, key);
    const words = wordsFor(done);
    if (words !== undefined) return refused(typed(words));
    return isAgain ? { replace: { content: "Thank you, it is taken." } } : undefined;
  };
  await settle(context, form, work(), refused(notSaved));
}

const notSaved =
  "This could not be saved just now. Nothing you typed is lost: please open the form again in a moment and submit it. It is taken only once.";

/** What was typed is read from there when the form is opened again, also after a restart. */
function keepingText(why: string, text: string, dialog: Dialog): Said {
  return {
    content: why,
    embeds: text.trim() === "" ? [] : [{ description: text }],
    components: rowsOf([button("Open the form again", dialogAgainId(dialog))]),
  };
}

async function onOffer(
  context: Context,
  pressed: OfType<"press">,
  offered: Offered,
): Promise<void> {
  if (offered.offer === "carry") {
    const failed = { tell: { content: notDone } };
    return settle(context, pressed, carry(context, pressed, offered), failed);
  }
  const { source, category } = offered;
  if (source === undefined)
    return openForm(context, pressed, { ...(category !== undefined && { category }) });
  const { description } = pressed.message;
  const hints = { attachments: filesComeAlong };
  await openForm(context, pressed, { description, hints }, { key: pressed.id, source });
}

const gone: Said = { content: "That message is no longer there. Please write it again." };

/** What was written to the bot becomes a reply of the ticket that was chosen for it. */
async function carry(
  context: Context,
  { person }: Interacting,
  { ticket, source }: Extract<Offered, { offer: "carry" }>,
): Promise<Outcome> {
  const { desk, guilds } = context;
  const { message, isPersons } = (await sourceMessage(context, source)) ?? {};
  if (!message || !isPersons) return { tell: gone };
  const { channel, message: root } = readMessageReference(source);
  const heard = await desk.carry(ticket, {
    type: "message",
    platform,
    thread: writeThread({ kind: "direct", channel, root }),
    message: source,
    by: { ...person, isAgent: false },
    text: textOf(guilds, message.content),
    files: message.files,
  });
  if ("refused" in heard) return { tell: { content: refusalWords(heard.refused) } };
  const card = await desk.card(ticket, "requester");
  if (!card) return { tell: { content: refusalWords("SUPPORT_TICKET_NOT_FOUND") } };
  return { replace: { content: `This was added to ${card.reference}.` } };
}
