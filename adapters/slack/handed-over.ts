/** What one process was told by Slack and another takes in. */
import { z } from "zod";
import { type Incoming, incomingSchema } from "./intake.ts";

/** Undefined: it is none. */
export function incomingIn(content: string): Incoming | undefined {
  try {
    return incomingSchema.safeParse(JSON.parse(content)).data;
  } catch {
    return undefined;
  }
}

const text = z.string().optional().catch(undefined);
const inThread = z.object({ ts: text, thread_ts: text }).optional().catch(undefined);

const eventSchema = z.object({
  event: z.object({
    channel: text,
    ...{ ts: text, thread_ts: text },
    message: inThread,
    previous_message: inThread,
  }),
});

/** What is about one thread has one line, as has all that is about none. */
export function lineIn(incoming: Incoming | undefined): string {
  const { data } = eventSchema.safeParse(incoming?.body);
  if (!data) return "";
  const { channel, ts, thread_ts, message, previous_message: before } = data.event;
  const thread = message?.thread_ts ?? before?.thread_ts ?? thread_ts;
  return `${channel} ${thread ?? message?.ts ?? before?.ts ?? ts}`;
}
