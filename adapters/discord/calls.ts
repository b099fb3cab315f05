import type { RawFile, REST, RouteLike } from "discord.js";
import { RequestMethod } from "discord.js";
import type { z } from "zod";
import { DiscordFault } from "./errors.ts";

interface Request {
  body?: object;
  query?: Readonly<Record<string, string>>;
  files?: RawFile[];
}

/**
 * Makes one call of the HTTP API, once, and reads the answer. Throws what the SDK throws, or a
 * `DiscordFault` when the answer is not one of this route.
 */
export type Call = <T>(
  method: keyof typeof methods,
  route: RouteLike,
  answer: z.ZodType<T>,
  request?: Request,
) => Promise<T>;

const methods = {
  GET: RequestMethod.Get,
  POST: RequestMethod.Post,
  PUT: RequestMethod.Put,
  PATCH: RequestMethod.Patch,
  DELETE: RequestMethod.Delete,
} as const;

export function createCall(rest: REST): Call {
  return async (method, route, answer, { body, query, files } = {}) => {
    const said = await rest.request({
      fullRoute: route,
      method: methods[method],
      ...(body && { body }),
      ...(query && { query: new URLSearchParams(query) }),
      ...(files && { files }),
    });
    const read = answer.safeParse(said);
    if (read.success) return read.data;
    const message = `Discord's answer to ${method} ${route} cannot be understood`;
    throw new DiscordFault("UNEXPECTED_ANSWER", message, { cause: read.error });
  };
}
