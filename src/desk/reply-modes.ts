/**
 * How agents say that something is for the requester may be changed between two starts. What they
 * wrote before is read as they meant it then: their talk among themselves must not be sent.
 */
import { z } from "zod";
import type { CardRules } from "./card.ts";
import type { Log, TicketStore } from "./ports.ts";

type Mode = CardRules["replies"];

const valueName = "replies";

const mode = z.enum(["thread", "explicit"] satisfies Mode[]);
const modesSchema = z.object({
  now: mode,
  /** What held before, and until when. */
  before: z.object({ mode, until: z.iso.datetime() }).optional(),
});

/**
 * Tells the mode that held at a time (in ms since 1970), now that this one does. Throws what the
 * store throws when it is read.
 */
export async function replyModes(
  store: Pick<TicketStore, "value" | "setValue">,
  current: Mode,
  now: number,
  log: Log,
): Promise<(at: number) => Mode> {
  const kept = readModes(await store.value(valueName));
  const isSame = kept?.now === current;
  const until = new Date(now).toISOString();
  const before = isSame || !kept ? kept?.before : { mode: kept.now, until };
  if (!isSame) await keep(store, { now: current, before }, log);
  return (at) => (before && at < Date.parse(before.until) ? before.mode : current);
}

async function keep(
  store: Pick<TicketStore, "setValue">,
  modes: z.infer<typeof modesSchema>,
  log: Log,
): Promise<void> {
  try {
    await store.setValue(valueName, JSON.stringify(modes));
  } catch (err) {
    log.warn(
      { err },
      "How agents' replies are told could not be saved: the next start tries again",
    );
  }
}

function readModes(value: string | undefined): z.infer<typeof modesSchema> | undefined {
  try {
    return modesSchema.parse(JSON.parse(value ?? ""));
  } catch {
    return undefined;
  }
}
