/** What people are told whose words the desk did not take in. */
import { hash } from "node:crypto";
import type { NotHeard, WrittenEvent } from "../../src/desk/chat.ts";
import { refusalWords } from "../../src/desk/refusal-words.ts";
import { plainText } from "../../src/desk/text-plain.ts";
import { type Context, whisper } from "./context.ts";
import { offer } from "./offers.ts";
import { isDirect, readReference, userIn } from "./references.ts";

/**
 * Tells who wrote it why it was not taken in, once for the same words while we run: what was heard may
 * be read back as well. Throws when it may work later.
 */
export async function tellRefused(
  context: Pick<Context, "web" | "log" | "once"> & { us: Pick<Context["us"], "team"> },
  { message, thread, text, by }: WrittenEvent,
  { refused }: NotHeard,
): Promise<void> {
  const { team } = context.us;
  const { channel, ts } = readReference(team, message);
  const to = { channel, user: userIn(by.id), thread: readReference(team, thread).ts };
  const words = refusalWords(refused);
  const said = plainText(text);
  // A requester's words are carried over to another ticket.
  const { blocks } = isDirect(channel)
    ? offer({ words: said, tickets: [], source: `${channel}/${ts}`, because: words })
    : { blocks: [] };
  await context.once(`refused ${refused} ${message} ${hash("sha256", said)}`, () =>
    whisper(context, to, { text: words, blocks }),
  );
}
