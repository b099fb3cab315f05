import type { Json } from "../json.ts";

/** What Discord answers instead of a result. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: number;
  readonly body: Json;

  /** `errors` is the nested object that says which field is wrong, and why. */
  constructor(status: number, code: number, message: string, errors?: Json) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.body = { message, code, ...(errors && { errors }) };
  }
}

/** https://docs.discord.com/developers/topics/opcodes-and-status-codes#json */
const known = {
  10003: [404, "Unknown Channel"],
  10004: [404, "Unknown Guild"],
  10007: [404, "Unknown Member"],
  10008: [404, "Unknown Message"],
  10013: [404, "Unknown User"],
  10014: [400, "Unknown Emoji"],
  10015: [404, "Unknown Webhook"],
  10062: [404, "Unknown interaction"],
  10063: [404, "Unknown application command"],
  20022: [429, "This message cannot be edited due to announcement rate limits."],
  30010: [400, "Maximum number of reactions reached (20)"],
  40001: [401, "Unauthorized"],
  40005: [413, "Request entity too large"],
  40060: [400, "Interaction has already been acknowledged."],
  50001: [403, "Missing Access"],
  50005: [403, "Cannot edit a message authored by another user"],
  50006: [400, "Cannot send an empty message"],
  50007: [403, "Cannot send messages to this user"],
  50008: [400, "Cannot send messages in a non-text channel"],
  50013: [403, "Missing Permissions"],
  50021: [403, "Cannot execute action on a system message"],
  50024: [400, "Cannot execute action on this channel type"],
  50027: [401, "Invalid Webhook Token"],
  50083: [400, "Thread is archived"],
  160002: [403, "Cannot reply without permission to read message history"],
  160004: [400, "A thread has already been created for this message"],
  160005: [403, "Thread is locked"],
} as const satisfies Record<number, readonly [number, string]>;

export type KnownCode = keyof typeof known;

export function refused(code: KnownCode): ApiError {
  const [status, message] = known[code];
  return new ApiError(status, code, message);
}

/** One field that is wrong; its path is dotted, as `embeds.0.title`. */
export interface Wrong {
  readonly at: string;
  readonly code: string;
  readonly message: string;
}

/** https://docs.discord.com/developers/reference#error-messages */
export function invalidForm(wrong: readonly Wrong[]): ApiError {
  const errors: Json = {};
  for (const { at, code, message } of wrong) {
    let place = errors;
    for (const key of at.split(".").filter((each) => each !== "")) {
      place = place[key] = Object(place[key] ?? {});
    }
    place._errors = [...(Array.isArray(place._errors) ? place._errors : []), { code, message }];
  }
  return new ApiError(400, 50035, "Invalid Form Body", errors);
}
