/** Buttons and menus, and the small forms behind some of them. */
import { hash } from "node:crypto";
import type { types } from "@slack/bolt";
import { z } from "zod";
import type { TicketCard } from "../../src/desk/chat.ts";
import { offerWords } from "../../src/desk/offer-words.ts";
import { actionFor, type Press, wordsFor } from "../../src/desk/pressing.ts";
import { refusalWords } from "../../src/desk/refusal-words.ts";
import { typedText } from "../../src/desk/text.ts";
import { plainText } from "../../src/desk/text-plain.ts";
import { within } from "../../src/desk/timing.ts";
import type { ErrorsAnswer } from "./block-kit.ts";
import { readAction } from "./cards.ts";
import { actorOf, type Context, platform } from "./context.ts";
import { textOf } from "./conversation.ts";
import { dialogError, noteDialog, readDialog, replyDialog, resolveDialog } from "./dialogs.ts";
import { refusedWith } from "./errors.ts";
import { readMessageEvent } from "./message-events.ts";
import { type Offered, readOffer } from "./offers.ts";
import { writeReference } from "./references.ts";
import { mrkdwn } from "./text-write.ts";
import { type Answering, notOpened } from "./ticket-command.ts";
import { type FormStart, openForm } from "./ticket-form.ts";

const pressedSchema = z.object({
  user: z.object({ id: z.string() }),
  trigger_id: z.string(),
  actions: z.array(z.unknown()).min(1),
  channel: z.object({ id: z.string() }).optional(),
  message: z.object({ ts: z.string(), thread_ts: z.string().optional() }).optional(),
});

type Pressed = z.infer<typeof pressedSchema>;

/** Does what was pressed, and acks it when it is durable. */
export async function pressed(context: Context, body: unknown, answering: Answering) {
  const given = pressedSchema.parse(body);
  const [action] = given.actions;
  const press = readAction(action);
  if (press) return onCard(context, given, press, answering);
  const offered = readOffer(action);
  if (offered) return onOffer(context, given, offered, answering);
  context.log.debug({}, "Something was pressed that is not ours");
  await answering.ack();
}

async function onCard(
  context: Context,
  given: Pressed,
  press: Press,
  answering: Answering,
): Promise<void> {
  const dialog = dialogFor(press);
  if (dialog) return openDialog(context, given, press, dialog, answering);
  const action = actionFor(press);
  if (!action) return answering.ack();
  const by = await actorOf(context, given.user.id);
  const done = await context.desk.act(press.ticket, action, by, given.trigger_id);
  await answering.ack();
  const words = wordsFor(done);
  if (words !== undefined) await tell(context, given, words, answering);
}

/**
 * Where it was pressed, also to someone who is not in the channel; only they see it. There may be
 * someone's name in the words: it is shown as it was typed.
 */
async function tell(
  { log }: Context,
  { message }: Pressed,
  words: string,
  { respond }: Pick<Answering, "respond">,
): Promise<void> {
  const isReply = message?.thread_ts !== undefined && message.thread_ts !== message.ts;
  const at = isReply && message.thread_ts !== undefined ? { thread_ts: message.thread_ts } : {};
  const text = mrkdwn(typedText(words));
  const said = { text, response_type: "ephemeral", replace_original: false, ...at } as const;
  await respond(said).catch((err: unknown) =>
    log.warn({ err }, "Someone in Slack could not be told what came of what they pressed"),
  );
}

type Dialog = (card: TicketCard) => types.ModalView;

function dialogFor({ press }: Press): Dialog | undefined {
  switch (press) {
    case "resolve":
      return ({ id, reference, resolution }) => resolveDialog(id, reference, resolution ?? "");
    case "note":
      return ({ id, reference }) => noteDialog(id, reference);
    case "reply":
      return ({ id, reference }) => replyDialog(id, reference);
    default:
      return undefined;
  }
}

/** Whether they may do it is checked when it is submitted: the form has to open within 3 s. */
async function openDialog(
  context: Context,
  { trigger_id }: Pressed,
  { ticket }: Press,
  dialog: Dialog,
  { ack, respond }: Answering,
): Promise<void> {
  const card = await context.desk.card(ticket, "agents");
  await ack();
  if (!card) return;
  try {
    await context.web.views.open({ trigger_id, view: dialog(card) });
  } catch (error) {
    await notOpened(context, error, respond);
  }
}

const submittedSchema = z.object({
  user: z.object({ id: z.string() }),
  view: z.looseObject({ id: z.string() }),
});

const patienceMs = 2_000;
const tooSlow = dialogError(
  "Saving this takes longer than usual. Please submit it again in a moment: it is taken only once.",
);
const notSaved = dialogError(
  "This could not be saved just now. Nothing you typed is lost: please submit it again in a moment.",
);

/** Undefined: it is done and durable; else what the form says. */
export async function submitDialog(
  context: Context,
  body: unknown,
): Promise<ErrorsAnswer | undefined> {
  const { user, view } = submittedSchema.parse(body);
  const submission = readDialog(view);
  if ("errors" in submission) return { response_action: "errors", errors: submission.errors };
  const { ticket, action } = submission;
  const work = async () => {
    // What was changed before it was submitted again is taken as well.
    const key = `${platform} view ${view.id} ${hash("sha256", JSON.stringify(action), "base64url")}`;
    const done = await context.desk.act(ticket, action, await actorOf(context, user.id), key);
    const words = wordsFor(done);
    return words === undefined ? undefined : dialogError(words);
  };
  try {
    return await within(work(), { ms: patienceMs, after: context.after, late: tooSlow });
  } catch (err) {
    context.log.error({ err }, "What an agent submitted could not be saved; its form says so");
    return notSaved;
  }
}

async function onOffer(
  context: Context,
  given: Pressed,
  offered: Offered,
  answering: Answering,
): Promise<void> {
  if (offered.offer === "carry") return carry(context, given, offered, answering);
  await answering.ack();
  try {
    const start = await startOf(context, offered);
    if (start) await openForm(context, given.trigger_id, closing(start, given, offered));
    else await tell(context, given, offerWords.gone, answering);
  } catch (error) {
    await notOpened(context, error, answering.respond);
  }
}

/** What only its reader sees is no message to Slack, and cannot be changed by its `ts`. */
function closing(
  start: FormStart,
  { channel, message }: Pressed,
  { source }: Extract<Offered, { offer: "open_form" }>,
): FormStart {
  if (source === undefined) return start;
  const offer = channel && message ? { offer: { channel: channel.id, ts: message.ts } } : {};
  return { ...start, carried: { ...start.carried, source, ...offer } };
}

/** Of the 3 s in which the form has to open. */
const lookUpWithinMs = 1_000;

/** What was written, as it is now; as it was, when that is not known in time. Undefined: it is gone. */
async function startOf(
  context: Context,
  { words, source }: Extract<Offered, { offer: "open_form" }>,
): Promise<FormStart | undefined> {
  if (source === undefined) return {};
  const looked = sourceOf(context, source).then((message) => ({ message }));
  const { after, log } = context;
  const found = await within(looked, { ms: lookUpWithinMs, after, late: undefined }).catch(
    (err: unknown) => {
      if (words === undefined) throw err;
      log.warn({ err }, "A message could not be read again; the form has it as it was");
      return undefined;
    },
  );
  if (found?.message) {
    const { content, files } = found.message;
    return { description: plainText(await textOf(context, content)), carried: { files } };
  }
  if (found) return undefined;
  if (words === undefined) throw new Error("Slack does not say in time what was written");
  return { description: words, notice: filesMissing };
}

const filesMissing = "If your message had files, please add them here again.";

/** What was written to the bot becomes a reply of the ticket that was chosen for it. */
async function carry(
  context: Context,
  given: Pressed,
  { ticket, source }: Extract<Offered, { offer: "carry" }>,
  { ack, respond }: Answering,
): Promise<void> {
  const { desk, us } = context;
  const message = await sourceOf(context, source);
  if (!message) {
    await ack();
    await tell(context, given, offerWords.gone, { respond });
    return;
  }
  const { channel, ts, content, files } = message;
  const reference = writeReference(us.team, { channel, ts });
  const by = { ...(await context.directory.personOf(given.user.id)), isAgent: false };
  const text = await textOf(context, content);
  const said = { type: "message", platform, thread: reference, message: reference } as const;
  const heard = await desk.carry(ticket, { ...said, by, text, files });
  await ack();
  const card = await desk.card(heard.ticket ?? ticket, "requester");
  const words =
    "refused" in heard
      ? refusalWords(heard.refused)
      : `This was added to ${card?.reference ?? "your ticket"}. Go on in its thread.`;
  await respond({ text: words, replace_original: !("refused" in heard) }).catch((err: unknown) =>
    context.log.warn({ err }, "Someone could not be told that their words were taken"),
  );
}

const threadSchema = z.object({ messages: z.array(z.unknown()) });

/**
 * The message that an offer is about, as it is now; undefined when it is gone. Of a reply, too,
 * `conversations.replies` tells it by its own `ts`.
 */
async function sourceOf({ web, us }: Context, source: string) {
  const [channel = "", ts = ""] = source.split("/");
  const answer = await web.conversations
    .replies({ channel, ts, limit: 1 })
    .catch((err: unknown) => {
      if (refusedWith(err) === "thread_not_found") return { messages: [] };
      throw err;
    });
  const [message] = threadSchema.parse(answer).messages;
  const event = readMessageEvent({ ...Object(message), channel, channel_type: "im" }, us);
  const isWritten = event?.type === "direct" || event?.type === "message";
  return isWritten && event.ts === ts ? event : undefined;
}
