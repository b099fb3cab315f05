/** What comes of the buttons of offers, and of panels. */
import { offerWords } from "../../src/desk/offer-words.ts";
import { type Outcome, type Said, settle } from "./answers.ts";
import { untyped } from "./components.ts";
import { type Context, platform } from "./context.ts";
import type { OfType } from "./interactions.ts";
import { textOf } from "./message-text.ts";
import { isOfferTo, type Offered } from "./offers.ts";
import { readMessageReference, writeThread } from "./references.ts";
import { notDone, refusedWords } from "./refused.ts";
import { sourceMessage, sourceWords } from "./source.ts";
import { filesComeAlong, openForm } from "./ticket-form.ts";

/** Opens the form with their words, or adds these to a ticket. */
export async function onOffer(
  context: Context,
  pressed: OfType<"press">,
  offered: Offered,
): Promise<void> {
  if (offered.offer === "carry") {
    const failed = { tell: { content: notDone } };
    return settle(context, pressed, carry(context, pressed, offered), failed);
  }
  const { source, category, hasFiles = false } = offered;
  if (source === undefined)
    return openForm(context, pressed, { ...(category !== undefined && { category }) });
  const read = await sourceWords(context, pressed, source);
  const description = read ?? untyped(pressed.message.description);
  const hints = {
    ...(read === undefined && description === "" && { description: writeAgain }),
    ...(hasFiles && { attachments: filesComeAlong }),
  };
  // Of one message one ticket is made, however often it is pressed.
  const origin = { key: source, ...(hasFiles && { source }) };
  await openForm(context, pressed, { description, hints }, origin);
}

const writeAgain = "Your message could not be read just now: please copy it into here";

const gone: Said = { content: offerWords.gone };

/** What they wrote to the bot becomes a reply of the ticket that was chosen for it. */
async function carry(
  context: Context,
  pressed: OfType<"press">,
  { ticket, source }: Extract<Offered, { offer: "carry" }>,
): Promise<Outcome> {
  const { desk, guilds } = context;
  const { user, person } = pressed;
  const { message, isPersons } = (await sourceMessage(context, pressed, source)) ?? {};
  if (!message || !isPersons || message.user !== user) return { tell: gone };
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
  if ("refused" in heard) return { tell: { content: refusedWords(heard.refused) } };
  const card = await desk.card(heard.ticket ?? ticket, "requester");
  if (!card) return { tell: { content: refusedWords("SUPPORT_TICKET_NOT_FOUND") } };
  const added: Said = { content: `This was added to ${card.reference}.` };
  return isOfferTo(user, pressed.message) ? { replace: added } : { tell: added };
}
