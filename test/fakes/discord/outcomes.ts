import type { Json } from "../json.ts";
import type { Channel, Message } from "./records.ts";

/** https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-object-interaction-type */
export const interactionType = { command: 2, component: 3, autocomplete: 4, modal: 5 } as const;

/** https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-response-object-interaction-callback-type */
export const answers = {
  4: "message",
  5: "thinking",
  6: "deferred update",
  7: "update",
  8: "choices",
  9: "modal",
} as const;

export type AnswerType = keyof typeof answers;

/** How the app took a command, a click or a submission. */
export type Outcome =
  | { kind: "answered"; with: (typeof answers)[AnswerType]; choices?: readonly Json[] }
  /** Nothing came in time: what the client says then is in `notices`. */
  | { kind: "failed"; why: string };

/** What a person does with the app. */
export interface Deed {
  readonly type: (typeof interactionType)[keyof typeof interactionType];
  readonly user: string;
  readonly channel: Channel;
  readonly data: Json;
  /** The message that was clicked on, or that a modal was opened from. */
  readonly source?: Message | undefined;
  /** A modal's: what it was opened by. */
  readonly opener?: Json | undefined;
}
