/** How a ticket's form is opened, and what comes of it. */
import { RESTJSONErrorCodes, Routes } from "discord.js";
import type { ChatForm, OfferedFile, OpenedTicket, Person } from "../../src/desk/chat.ts";
import { shownName } from "../../src/desk/file-name.ts";
import type { Problem } from "../../src/tickets/errors.ts";
import { editAnswer, type Outcome, reply, type Said, settle, showModal } from "./answers.ts";
import { customIdOf, rowsOf, typed } from "./components.ts";
import { type Context, platform } from "./context.ts";
import { unlessRefused } from "./errors.ts";
import { check, type FormStart, labelOf, readTyped, ticketModal } from "./form.ts";
import type { Interacting, OfType } from "./interactions.ts";
import { keeping, readKept } from "./kept.ts";
import { isOfferTo } from "./offers.ts";
import type { Found } from "./openings.ts";
import { linkTo } from "./own-thread.ts";
import { memberSchema, personOf, userSchema } from "./people.ts";
import { placeFor } from "./place.ts";
import { type Where, writeWhere } from "./references.ts";
import { sourceMessage } from "./source.ts";
import { whereButton } from "./whereabouts.ts";

/** Where a form came from; it goes with it, from its opening to the ticket. */
export interface FormOrigin {
  /** Names the form: it opens one ticket, however often it is submitted or opened again. */
  key: string;
  /** The reference to the message whose files come along. */
  source?: string;
  /** Who wrote the message that the ticket is made from. */
  author?: string;
}

const formId = "form";
const againId = "again";

const originId = (kind: string, { key, source, author }: FormOrigin): string =>
  customIdOf(kind, key, source ?? "", author ?? "");

/** What a form's id, or that of the button that opens it again, says; undefined if it is neither. */
function readOrigin(kind: string, customId: string): FormOrigin | undefined {
  const [what, key, source, author] = customId.split(":");
  if (what !== kind || !key) return undefined;
  return {
    key,
    ...(source && { source }),
    ...(author && { author }),
  };
}

export const originOfForm = (customId: string) => readOrigin(formId, customId);
export const originOfAgain = (customId: string) => readOrigin(againId, customId);

/** The hint where files of a message need not be added again. */
export const filesComeAlong = "The files of the message come along by themselves";

/** Opens the form, which has to be the first answer. */
export async function openForm(
  context: Context,
  asked: Interacting,
  start: FormStart,
  origin: FormOrigin = { key: asked.id },
): Promise<void> {
  await showModal(context, asked, ticketModal(originId(formId, origin), start));
}

/** Opens the form again, with all that is kept in the message in it. */
export async function openAgain(
  context: Context,
  press: OfType<"press">,
  origin: FormOrigin,
): Promise<void> {
  const { files, ...start } = readKept(press.message);
  const names = files.map(({ name }) => shownName(name)).join(", ");
  const along = origin.source === undefined ? "" : filesComeAlong;
  const attachments = files.length === 0 ? along : `Added already: ${names}`;
  const hints = attachments === "" ? {} : { attachments };
  await openForm(context, press, { ...start, hints }, origin);
}

/** Makes a ticket of a submitted form, and says what came of it. Never rejects. */
export async function submitForm(
  context: Context,
  form: OfType<"form">,
  origin: FormOrigin,
): Promise<void> {
  const given = readTyped(form, form.message ? readKept(form.message).files : []);
  const again = originId(againId, origin);
  const checked = check(given);
  if ("problems" in checked) {
    const wrong = keeping(problemWords(checked.problems), given, again);
    return conclude(context, form, { work: Promise.resolve({ tell: wrong }) });
  }
  const opening = open(context, form, origin, { ...checked.form, files: given.files });
  const work = opening.then((opened) => ({ done: openedWords(opened) }));
  await conclude(context, form, { work, failed: keeping(notSaved, given, again) });
  const opened = await opening.catch(() => undefined);
  if (!opened || opened.isOther || opened.forOther !== undefined) return;
  context.openings.expect(opened.id, (found) => {
    void editAnswer(context, form, openedWords(opened, found));
  });
}

type Told = { tell: Said } | { done: Said };

/** What is theirs alone, or was offered to them, is replaced when it is done with. */
function conclude(
  context: Context,
  form: OfType<"form">,
  { work, failed = {} }: { work: Promise<Told>; failed?: Said },
): Promise<void> {
  const { message } = form;
  if (!message || !(message.isEphemeral || isOfferTo(form.user, message)))
    return reply(
      context,
      form,
      work.then((told) => ("done" in told ? told.done : told.tell)),
      failed,
    );
  const settled = (told: Told): Outcome => {
    if ("done" in told) return { replace: told.done };
    return message.isEphemeral ? { replace: told.tell } : told;
  };
  return settle(context, form, work.then(settled), settled({ tell: failed }));
}

const notSaved =
  "The ticket could not be saved just now. Nothing you typed is lost: please open the form again in a moment and submit it. It is opened only once.";

function problemWords(problems: readonly Problem[]): string {
  const lines = problems.map(({ field, error }) => {
    const label = labelOf(field);
    return label === undefined ? `- ${error}` : `- **${label}**: ${error}`;
  });
  return ["The ticket is not open yet. Please correct this:", ...lines].join("\n");
}

interface MadeTicket extends Pick<OpenedTicket, "id" | "reference" | "isOther"> {
  where: Where;
  /** The name of the requester, when that is not who filled the form. */
  forOther: string | undefined;
  /** Not all files of the message came along. */
  lacksFiles: boolean;
}

async function open(
  context: Context,
  form: OfType<"form">,
  { key, source, author }: FormOrigin,
  given: Pick<ChatForm, "title" | "description" | "priority" | "category" | "tags" | "files">,
): Promise<MadeTicket> {
  const [requester, carried] = await Promise.all([
    requesterOf(context, form, author),
    source ? filesOf(context, form, source) : [],
  ]);
  const where = placeFor(context, form, requester.user);
  const { id, reference, isOther } = await context.desk.open({
    ...given,
    creationKey: `${platform} form ${form.user} ${key}`,
    files: [...(carried ?? []), ...given.files],
    requester: requester.person,
    by: form.person,
    platform,
    where: writeWhere(where),
  });
  const forOther = requester.user === form.user ? undefined : requester.person.name;
  return { id, reference, isOther, where, forOther, lacksFiles: carried === undefined };
}

/**
 * Whoever fills the form asked for the ticket. Only an agent opens one for somebody else: for who
 * wrote the message that it is made from, if they are in this server and no agents too.
 */
async function requesterOf(
  { agents, rest }: Context,
  { user, person, member }: Interacting,
  author: string | undefined,
): Promise<{ user: string; person: Person }> {
  const filler = { user, person };
  if (author === undefined || author === user || !member) return filler;
  if (!(await agents.isAgent(user, member))) return filler;
  const { guild } = member;
  const found = await unlessRefused(notThere, rest.get(Routes.guildMember(guild, author)));
  if (found === undefined) return filler;
  const { user: other, ...theirs } = foundSchema.parse(found);
  if (other.bot) return filler;
  if (await agents.isAgent(author, { guild, roles: theirs.roles })) return filler;
  return { user: author, person: personOf(other, theirs) };
}

const notThere = [RESTJSONErrorCodes.UnknownMember, RESTJSONErrorCodes.UnknownUser] as const;

const foundSchema = memberSchema.extend({ user: userSchema });

/** The message may have been deleted since, or be where the bot cannot look: then they are missing. */
async function filesOf(
  context: Context,
  form: OfType<"form">,
  source: string,
): Promise<readonly OfferedFile[] | undefined> {
  const { message } = (await sourceMessage(context, form, source)) ?? {};
  return message?.files;
}

function openedWords(opened: MadeTicket, found?: Found): Said {
  const { reference, isOther, lacksFiles } = opened;
  if (isOther)
    return {
      content: `This is open already, as ${reference}, with what stood here when it was first submitted. What was changed since is not in it: please write that in the ticket's thread.`,
    };
  const missing = lacksFiles
    ? " The files of the message could not be brought along: please send them there."
    : "";
  const isComing = found === undefined && opened.forOther === undefined;
  return {
    content: `${whereItIs(opened, found)}${missing}`,
    components: isComing ? rowsOf([whereButton(reference)]) : [],
  };
}

function whereItIs({ reference, where, forOther }: MadeTicket, found?: Found): string {
  if (forOther !== undefined)
    return `${reference} is open for ${typed(forOther)}, who reads on in ${where.kind === "direct" ? "direct messages" : "a private thread here"}.`;
  if (found === "unreachable")
    return `${reference} is open, and agents see it. But there can be no thread for it here, and Discord does not let the bot write to you. Please allow direct messages from this server (in the server's menu, under Privacy Settings), so that you can be answered there: agents have been told, and can try again then.`;
  if (found?.kind === "thread") return `${reference} is open: ${linkTo(found)}`;
  if (found)
    return `${reference} is open. There can be no thread for it here, so it goes on in your direct messages: ${linkTo(found)}`;
  if (where.kind === "direct")
    return `${reference} is open. There can be no thread for it here, so it goes on in your direct messages.`;
  return `${reference} is open. Your thread for it comes in a moment.`;
}
