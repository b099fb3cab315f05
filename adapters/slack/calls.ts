import type { WebClient } from "@slack/web-api";
import type { z } from "zod";
import { SlackFault } from "./errors.ts";
import type { LineName, Pace } from "./pace.ts";

/**
 * Makes one call of the Web API, once, and reads the answer. Throws what the `WebClient` throws, or a
 * `SlackFault` when it has to wait or the answer is not one of this method.
 */
export type Call = <T>(
  method: string,
  args: Record<string, unknown>,
  answer: z.ZodType<T>,
) => Promise<T>;

export function createCall(web: WebClient, pace: Pace): Call {
  return async (method, args, answer) => {
    const said = await pace.run(lineOf(method, args), () => web.apiCall(method, args));
    const read = answer.safeParse(said);
    if (read.success) return read.data;
    const message = `Slack's answer to ${method} cannot be understood`;
    throw new SlackFault("UNEXPECTED_ANSWER", message, { cause: read.error });
  };
}

const history: ReadonlySet<string> = new Set(["conversations.history", "conversations.replies"]);

/**
 * https://docs.slack.dev/apis/web-api/rate-limits: about one message a second in a channel. History is
 * counted for the whole workspace, and pages that are kept apart would only come later.
 */
function lineOf(method: string, { channel, channel_id }: Record<string, unknown>): LineName {
  if (history.has(method)) return { name: method, apartMs: 0 };
  const at = channel ?? channel_id;
  return { name: typeof at === "string" ? `${method} ${at}` : method, apartMs: 1_000 };
}
