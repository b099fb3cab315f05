/** Why the desk did not do what someone in Discord wanted, in words for them. */
import { type Refused, refusalWords } from "../../src/desk/refusal-words.ts";

const inDiscord: Readonly<Partial<Record<Refused, string>>> = {
  NOT_AN_AGENT:
    "Only agents can do that, so nothing was changed or passed on. If you are one, ask for the permission Send Messages in the triage channel, or to be added to Deskhand's list of agents.",
};

/** Plain text. */
export const refusedWords = (code: Refused): string => inDiscord[code] ?? refusalWords(code);

export const notDone = "That could not be done just now. Please press it again in a moment.";
