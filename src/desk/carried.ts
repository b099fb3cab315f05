/** Words that were written elsewhere on a platform, and were carried into a ticket. */
import type { TicketDocument } from "./document.ts";

/** A message on some platform. Only its adapter reads `message`. */
export interface MessageRef {
  platform: string;
  message: string;
}

/** Of what was typed into a form of Deskhand's, there is no message on any platform. */
export const formPlatform = "form";

export const carriedInto = ({ messages }: Pick<TicketDocument, "messages">): MessageRef[] =>
  messages.flatMap(({ from }) => {
    if (from?.place !== null || from.platform === formPlatform) return [];
    return { platform: from.platform, message: from.message };
  });
