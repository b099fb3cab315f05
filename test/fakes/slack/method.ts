import { z } from "zod";
import { type Json, parsedJson, records } from "../json.ts";
import type { App } from "./app.ts";
import { wrongInMessage } from "./blocks.ts";
import { limits } from "./limits.ts";
import type { Channel, Message } from "./records.ts";
import { textsIn } from "./seen.ts";
import type { SocketMode } from "./socket-mode.ts";
import type { Views } from "./views.ts";
import type { Workspace } from "./workspace.ts";

/** What the methods of the Web API work on. */
export interface Backend {
  app: App;
  workspace: Workspace;
  views: Views;
  socketMode: SocketMode;
  origin: string;
  /** The most messages that a page of history has: 15 for apps sold outside the Marketplace. */
  historyPage: number;
  /** What was written before it, in ms since 1970, is shown to no one: the plan does not go so far back. */
  shownSince: number;
}

/** Slack's `{ ok: false, error }`. */
export class Refusal extends Error {
  readonly answer: Json;

  constructor(error: string, more: Json = {}) {
    super(error);
    this.name = "Refusal";
    this.answer = { ok: false, error, ...more };
  }
}

export interface Method {
  readonly token: "bot" | "app";
  call(backend: Backend, args: Json): Json;
}

/** A method with its arguments and the scopes it needs; what it returns gets `ok: true`. */
export function method<Shape extends z.ZodRawShape>(given: {
  args: Shape;
  /** All of these are needed. */
  scopes?: string[] | ((args: z.infer<z.ZodObject<Shape>>, backend: Backend) => string[]);
  token?: "bot" | "app";
  run(args: z.infer<z.ZodObject<Shape>>, backend: Backend): Json;
}): Method {
  const shape = z.object(given.args);
  return {
    token: given.token ?? "bot",
    call(backend, raw) {
      const parsed = shape.safeParse(raw);
      if (!parsed.success) throw invalidArguments(parsed.error.issues.map(argumentInWords));
      const { scopes = [] } = given;
      const needed = typeof scopes === "function" ? scopes(parsed.data, backend) : scopes;
      requireScopes(backend.app, needed);
      return { ok: true, ...given.run(parsed.data, backend) };
    },
  };
}

const argumentInWords = ({ path, message }: z.core.$ZodIssue) =>
  `${message} [json-pointer:/${path.map(String).join("/")}]`;

/** https://docs.slack.dev/reference/methods/views.open: with what is wrong, and where. */
export const invalidArguments = (wrong: string[]) =>
  new Refusal("invalid_arguments", {
    response_metadata: { messages: wrong.map((each) => `[ERROR] ${each}`) },
  });

function requireScopes({ scopes }: App, needed: string[]) {
  const missing = needed.find((each) => !scopes.includes(each));
  if (missing === undefined) return;
  throw new Refusal("missing_scope", { needed: missing, provided: scopes.join(",") });
}

/** A form has text where JSON has other values. */
const fromForm = (value: unknown) =>
  typeof value === "string" ? (parsedJson(value) ?? value) : value;

export const arg = {
  text: z.string(),
  optional: z.string().optional(),
  /** Ids and timestamps: WebClient sends what it was given. */
  id: z.string().min(1),
  flag: z.preprocess(
    (value) =>
      value === undefined ? undefined : value === true || value === "true" || value === "1",
    z.boolean().optional(),
  ),
  count: z.coerce.number().int().optional(),
  json: z.preprocess(fromForm, z.unknown()),
};

/** The channel, as far as the bot can see it: private ones only from within. */
export function visibleChannel({ workspace }: Backend, id: string): Channel {
  const channel = workspace.channels.get(id);
  if (!channel) throw new Refusal("channel_not_found");
  if (channel.kind !== "channel" && !channel.members.has(workspace.bot.userId)) {
    throw new Refusal("channel_not_found");
  }
  return channel;
}

export function theMessage({ workspace }: Backend, channel: Channel, ts: string): Message {
  const message = workspace.message(channel, ts);
  if (!message) throw new Refusal("message_not_found");
  return message;
}

/** The blocks of a message, when nothing is wrong with them. */
export function messageBlocks(given: unknown): Json[] | undefined {
  if (given === undefined) return undefined;
  if (!Array.isArray(given)) throw new Refusal("invalid_blocks_format");
  const wrong = wrongInMessage(given);
  if (wrong.length > 0) {
    const messages = wrong.map((each) => `[ERROR] ${each}`);
    throw new Refusal("invalid_blocks", { errors: wrong, response_metadata: { messages } });
  }
  if (lengthOf(given) > limits.messageBlocksText) throw new Refusal("msg_blocks_too_long");
  return records(given);
}

/** How long all the texts are together. */
const lengthOf = (blocks: unknown) => textsIn(blocks).join("").length;
