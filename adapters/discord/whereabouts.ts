/**
 * The way to a ticket that is being opened, from the answer that says so. That answer is changed once
 * its thread is there, unless Deskhand ends before: its button finds the thread also then.
 */
import type { APIButtonComponentWithCustomId } from "discord.js";
import { type Outcome, settle } from "./answers.ts";
import { button, customIdOf } from "./components.ts";
import type { Context } from "./context.ts";
import type { OfType } from "./interactions.ts";
import { noSuchTicket } from "./offers.ts";
import { bringBack, linkTo, ownThreadOf } from "./own-thread.ts";
import { notDone } from "./refused.ts";

const whereId = "where";

/** `reference` is the ticket's. */
export const whereButton = (reference: string): APIButtonComponentWithCustomId =>
  button("Where is it?", customIdOf(whereId, reference));

/** The reference of the ticket; undefined if it is not such a button's. */
export function readWhereButton(customId: string): string | undefined {
  const [what, reference] = customId.split(":");
  return what === whereId ? reference : undefined;
}

/** Never rejects. */
export const tellWhere = (
  context: Context,
  pressed: OfType<"press">,
  reference: string,
): Promise<void> =>
  settle(context, pressed, whereIs(context, pressed, reference), { tell: { content: notDone } });

async function whereIs(
  context: Context,
  { person, user }: OfType<"press">,
  reference: string,
): Promise<Outcome> {
  const ticket = await context.desk.findFor(person.id, reference);
  if (!ticket) return { tell: noSuchTicket(reference) };
  const thread = ownThreadOf(ticket);
  const isThere = thread !== undefined && (await bringBack(context, thread, user));
  if (isThere) return { replace: { content: `${ticket.reference} is open: ${linkTo(thread)}` } };
  return { tell: { content: `The thread of ${ticket.reference} is not there yet.` } };
}
