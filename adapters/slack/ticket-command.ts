/** `/ticket`, and the shortcut on a message. */
import type { RespondArguments } from "@slack/bolt";
import { z } from "zod";
import { plainText } from "../../src/desk/text-plain.ts";
import type { Said } from "./block-kit.ts";
import { renderCard } from "./cards.ts";
import type { Context } from "./context.ts";
import { textOf } from "./conversation.ts";
import { helpMessage, listMessage, noSuchTicket } from "./offers.ts";
import { openForm } from "./ticket-form.ts";

export const command = "/ticket";
export const shortcut = "open_ticket";

const commandSchema = z.object({
  text: z.string().default(""),
  user_id: z.string(),
  trigger_id: z.string(),
});

type Command = z.infer<typeof commandSchema>;

/** How an answer is given: the ack of a command, and what is said to its URL afterwards. */
export interface Answering {
  ack(answer?: Said & { response_type: "ephemeral" }): Promise<void>;
  respond(said: RespondArguments): Promise<unknown>;
}

/** Nothing is done before the form is asked for: its trigger lives for 3 s. */
export async function ticketCommand(
  context: Context,
  body: unknown,
  { ack, respond }: Answering,
): Promise<void> {
  const given = commandSchema.parse(body);
  const words = unescaped(given.text).trim();
  const answer = await answerTo(context, words, given);
  if (answer) {
    await ack({ response_type: "ephemeral", ...answer });
    return;
  }
  const opening = openForm(context, given.trigger_id, words === "" ? {} : { title: words });
  const [opened] = await Promise.allSettled([opening, ack()]);
  if (opened.status === "rejected") await notOpened(context, opened.reason, respond);
}

/** What is asked for in words; undefined where it is the form. */
async function answerTo(
  { desk, directory }: Context,
  words: string,
  { user_id }: Command,
): Promise<Said | undefined> {
  if (/^help$/i.test(words)) return helpMessage();
  const show = /^show(?:\s+(?<reference>\S+))?$/i.exec(words);
  if (!show && !/^list$/i.test(words)) return undefined;
  const { id } = await directory.personOf(user_id);
  if (!show) return listMessage(await desk.openTicketsOf(id));
  const reference = show.groups?.reference ?? "";
  const card = await desk.findFor(id, reference);
  return card ? renderCard(card) : noSuchTicket(reference);
}

export async function notOpened(
  { log }: Context,
  err: unknown,
  respond: Answering["respond"],
): Promise<void> {
  log.warn({ err }, "Slack did not open a form; whoever asked for it is told to ask again");
  const text = "Slack did not open the form in time. Please try again.";
  await respond({ text, response_type: "ephemeral", replace_original: false }).catch(
    (error: unknown) => log.warn({ err: error }, "They could not be told"),
  );
}

const entities: Readonly<Record<string, string>> = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };

const unescaped = (text: string) =>
  text.replaceAll(/&(?:amp|lt|gt);/g, (entity) => entities[entity] ?? entity);

const shortcutSchema = z.object({
  trigger_id: z.string(),
  user: z.object({ id: z.string() }),
  channel: z.object({ id: z.string() }),
  message: z.looseObject({
    ts: z.string(),
    thread_ts: z.string().optional(),
    user: z.string().optional(),
    bot_id: z.string().optional(),
    text: z.string().optional(),
    blocks: z.array(z.unknown()).optional(),
    files: z
      .array(
        z.object({
          id: z.string(),
          name: z.string().nullish(),
          size: z.number().nullish(),
          mimetype: z.string().nullish(),
        }),
      )
      .nullish(),
  }),
});

/** The form with the message as its description, and a link back to it. */
export async function ticketShortcut(
  context: Context,
  body: unknown,
  { ack, respond }: Answering,
): Promise<void> {
  const { trigger_id, user: by, channel, message } = shortcutSchema.parse(body);
  await ack();
  const { user, bot_id, text, blocks } = message;
  const words = plainText(await textOf(context, { text, blocks }));
  const description = [words, linkTo(context, channel.id, message)].filter(Boolean).join("\n\n");
  const files = (message.files ?? []).map(({ id, name, size, mimetype }) => ({
    file: id,
    name: name || "file",
    sizeBytes: size ?? 0,
    type: mimetype || "application/octet-stream",
  }));
  const author = bot_id === undefined ? user : undefined;
  const carried = { files, ...(author !== undefined && { author }) };
  const notice = author === undefined || author === by.id ? "" : forTheAuthor;
  try {
    await openForm(context, trigger_id, { description, carried, notice });
  } catch (error) {
    await notOpened(context, error, respond);
  }
}

/** There is no time to find out who is an agent before the form is open. */
const forTheAuthor =
  "If you are an agent and whoever wrote the message is not, this will be their ticket: they read all of it, and see that you wrote it. Otherwise it will be yours.";

/** https://docs.slack.dev/reference/methods/chat.getPermalink, without asking for it. */
function linkTo(
  { us }: Context,
  channel: string,
  { ts, thread_ts }: { ts: string; thread_ts?: string | undefined },
): string {
  const page = `${us.url}archives/${channel}/p${ts.replace(".", "")}`;
  const isReply = thread_ts !== undefined && thread_ts !== ts;
  return isReply ? `${page}?thread_ts=${thread_ts}&cid=${channel}` : page;
}
