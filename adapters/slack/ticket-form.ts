/** How a ticket's form is opened, and what comes of it. */
import { z } from "zod";
import type { OfferedFile, Person } from "../../src/desk/chat.ts";
import { shownName } from "../../src/desk/file-name.ts";
import { within } from "../../src/desk/timing.ts";
import { type ErrorsAnswer, inJson } from "./block-kit.ts";
import { type Context, platform } from "./context.ts";
import { formError, readSubmission, ticketModal } from "./form.ts";
import { limits } from "./limits.ts";
import type { MessageAddress } from "./references.ts";

/** What a form carries with it beside its fields. */
const carriedSchema = z.object({
  /** Who wrote the message that the ticket is made from. */
  author: z.string().optional(),
  files: z
    .array(
      z.object({ file: z.string(), name: z.string(), sizeBytes: z.number(), type: z.string() }),
    )
    .optional(),
  /** The message with the words that the form was asked for with: one ticket is made of it. */
  source: z.string().optional(),
  /** The bot's message on which the form was asked for: it is done with once the ticket is open. */
  offer: z.object({ channel: z.string(), ts: z.string() }).optional(),
});

interface Carried {
  author?: string;
  files?: readonly OfferedFile[];
  source?: string;
  offer?: MessageAddress;
}

export interface FormStart {
  title?: string;
  description?: string;
  carried?: Carried;
  /** To be said above the fields. */
  notice?: string;
}

/** Opens the form; throws what `views.open` throws, such as that it took too long. */
export async function openForm(
  { web }: Pick<Context, "web">,
  trigger: string,
  { title, description, carried = {}, notice: before }: FormStart,
): Promise<void> {
  const { metadata, notice: along = "" } = carriedWithin(carried);
  const notice = [before, along].filter(Boolean).join("\n");
  const { view } = ticketModal({
    metadata,
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
    ...(notice !== "" && { notice }),
  });
  await web.views.open({ trigger_id: trigger, view });
}

/** As many files as a form can carry along; those that it cannot are named. */
function carriedWithin({ files = [], ...rest }: Carried): { metadata: Carried; notice?: string } {
  const taken: OfferedFile[] = [];
  for (const file of files) {
    const length = JSON.stringify({ ...rest, files: [...taken, file] }).length;
    if (length > limits.privateMetadata) break;
    taken.push(file);
  }
  if (files.length === 0) return { metadata: rest };
  const left = files.slice(taken.length).map(({ name }) => shownName(name));
  const names = taken.map(({ name }) => shownName(name)).join(", ");
  const along = taken.length === 0 ? "" : `These files come along: ${names}. `;
  const missing = left.length === 0 ? "" : `Please add these yourself: ${left.join(", ")}.`;
  return { metadata: { ...rest, files: taken }, notice: `${along}${missing}`.trim() };
}

const submittedSchema = z.object({
  user: z.object({ id: z.string(), username: z.string().optional(), name: z.string().optional() }),
  view: z.looseObject({ id: z.string(), private_metadata: inJson(carriedSchema) }),
});

/** Slack waits 3 s; by then the form has to have an answer. */
const patienceMs = 2_000;

const tooSlow = formError(
  "Saving this takes longer than usual. Please press Open ticket again in a moment: it is opened only once.",
);
const notSaved = formError(
  "The ticket could not be saved just now. Nothing you typed is lost: please press Open ticket again in a moment.",
);

const savedBefore = (reference: string) =>
  formError(
    `This is open already, as ${reference}, with what stood here when you first pressed Open ticket. What you changed since is not in it: please write that in the ticket's thread, then close this form.`,
  );

/**
 * Makes a ticket of a submitted form. Undefined: it is durable, and the form may close; else what
 * the form says.
 */
export async function submitForm(
  context: Context,
  body: unknown,
): Promise<ErrorsAnswer | undefined> {
  const { user, view } = submittedSchema.parse(body);
  const submission = readSubmission(view);
  if ("errors" in submission) return { response_action: "errors", errors: submission.errors };
  const work = open(context, user, view, submission);
  try {
    return await within(work, { ms: patienceMs, after: context.after, late: tooSlow });
  } catch (err) {
    context.log.error({ err }, "A ticket from a form could not be saved; its form says so");
    return notSaved;
  }
}

async function open(
  context: Context,
  user: z.infer<typeof submittedSchema>["user"],
  { id, private_metadata }: z.infer<typeof submittedSchema>["view"],
  { form, files }: Extract<ReturnType<typeof readSubmission>, { form: unknown }>,
): Promise<ErrorsAnswer | undefined> {
  const { desk, directory, us } = context;
  const { author, files: carried = [], source, offer } = private_metadata;
  const { isGuess: _, ...by } = await directory.personOf(user.id, user.username ?? user.name);
  const { person, where } = await requesterOf(context, { person: by, where: user.id }, author);
  const { reference, isOther } = await desk.open({
    ...form,
    creationKey: `${platform} form ${us.team} ${source ?? id}`,
    files: [...carried, ...files],
    requester: person,
    by,
    platform,
    where,
  });
  if (offer) void close(context, offer, reference);
  return isOther ? savedBefore(reference) : undefined;
}

/** Nothing waits for it, least of all the form's answer. Never rejects. */
async function close(
  { web, log }: Context,
  { channel, ts }: MessageAddress,
  reference: string,
): Promise<void> {
  try {
    await web.chat.update({ channel, ts, text: `This became ${reference}.`, blocks: [] });
  } catch (err) {
    log.warn({ err }, "An offer still stands in Slack, though a ticket was made of it");
  }
}

/**
 * Whoever fills the form asked for the ticket. Only an agent opens one for somebody else: for who
 * wrote the message that it is made from, unless that is an agent too.
 */
async function requesterOf(
  { directory }: Context,
  filler: { person: Person; where: string },
  author: string | undefined,
): Promise<{ person: Person; where: string }> {
  if (author === undefined || author === filler.where) return filler;
  if (!(await directory.isAgent(filler.where))) return filler;
  if (await directory.isAgent(author)) return filler;
  const { isGuess: _, ...person } = await directory.personOf(author);
  return { person, where: author };
}
