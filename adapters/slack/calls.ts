import type { WebClient } from "@slack/web-api";
import type { z } from "zod";
import { SlackFault } from "./errors.ts";
import type { Pace } from "./pace.ts";

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
    const channel = channelIn(args);
    const said = await pace.run({ method, channel }, () => web.apiCall(method, args));
    const read = answer.safeParse(said);
    if (read.success) return read.data;
    const message = `Slack's answer to ${method} cannot be understood`;
    throw new SlackFault("UNEXPECTED_ANSWER", message, { cause: read.error });
  };
}

function channelIn({ channel, channel_id }: Record<string, unknown>): string | undefined {
  const at = channel ?? channel_id;
  return typeof at === "string" ? at : undefined;
}
