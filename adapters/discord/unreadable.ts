/** Messages without anything in them that can be passed on. */
import { answer, type Telling } from "./below.ts";
import type { Context } from "./context.ts";
import type { WrittenMessage } from "./message-events.ts";

const nothingWords =
  "This could not be read here, so it was not passed on. Please write it in words, or send it as a file.";

/** Says so in the log; whoever wrote it is told by what this returns. */
export function tellOfNothing(
  context: Pick<Context, "rest" | "log">,
  message: Pick<WrittenMessage, "channel" | "id" | "unreadable">,
): Telling {
  const { channel, id, unreadable } = message;
  if (unreadable === undefined)
    context.log.warn(
      { channel, message: id },
      "Discord gave a message without anything in it that can be read; its writer is told. " +
        "If this is so with every message, switch on Message Content Intent on the app's Bot page",
    );
  else
    context.log.error(
      { channel, message: id, at: unreadable },
      "Discord gave a message of another shape than it has; its writer is told",
    );
  return () => answer(context, message, { content: nothingWords });
}
