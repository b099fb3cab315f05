/** Buttons and menus, and the small forms behind some of them. */
import { hash } from "node:crypto";
import type { ChatActor } from "../../src/desk/chat.ts";
import { actionFor, type Press, wordsFor } from "../../src/desk/pressing.ts";
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
import { onOffer } from "./offered.ts";
import { readOffer } from "./offers.ts";
import { notDone, refusedWords } from "./refused.ts";
import { openAgain, originOfAgain } from "./ticket-form.ts";
import { readWhereButton, tellWhere } from "./whereabouts.ts";

/** Does what was pressed; false when nothing here knows it. */
export async function pressed(context: Context, press: OfType<"press">): Promise<boolean> {
  const { customId, values, message } = press;
  const onCards = readPress(customId, values);
  const offered = readOffer(customId);
  const formAgain = originOfAgain(customId);
  const dialogAgain = readDialogAgainId(customId);
  const coming = readWhereButton(customId);
  if (onCards) await onCard(context, press, onCards);
  else if (offered) await onOffer(context, press, offered);
  else if (formAgain) await openAgain(context, press, formAgain);
  else if (coming !== undefined) await tellWhere(context, press, coming);
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
    const words = wordsFor(done, refusedWords);
    return words === undefined ? undefined : { tell: { content: typed(words) } };
  };
  await settle(context, pressed, work(), { tell: { content: notDone } });
}

const actorOf = async (
  { agents }: Context,
  { user, person, member }: Interacting,
): Promise<ChatActor> => ({ ...person, isAgent: await agents.isAgent(user, member) });

/** Of the 3 s in which a form has to open. */
const lookUpWithinMs = 500;

/**
 * Whether they may do it is checked when it is submitted: the form has to open at once. How the
 * ticket was resolved the last time stands in it, if that is known in time, and that they may know.
 */
async function openDialog(
  context: Context,
  pressed: OfType<"press">,
  dialog: Dialog,
): Promise<void> {
  const before = dialog.does === "resolve" ? await resolutionFor(context, pressed, dialog) : "";
  await showModal(context, pressed, dialogModal(dialog, before));
}

async function resolutionFor(
  { agents, desk, after, log }: Context,
  { user, member }: Interacting,
  { ticket }: Dialog,
): Promise<string> {
  const asked = Promise.all([agents.isAgent(user, member), desk.card(ticket, "agents")]);
  const looked = asked.catch((err: unknown) => {
    log.warn({ err }, "A ticket could not be looked up; the form to resolve it is empty");
    return nothing;
  });
  const [isAgent, card] = await within(looked, { ms: lookUpWithinMs, after, late: nothing });
  return (isAgent && card?.resolution) || "";
}

const nothing: [boolean, null] = [false, null];

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
    const words = wordsFor(done, refusedWords);
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
