import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { type Json, parsedJson, record } from "../json.ts";
import { type Answer, answer, json } from "./answers.ts";
import type { ApiFault, Faults } from "./faults.ts";
import { type Backend, type Method, Refusal } from "./method.ts";
import { chat } from "./methods-chat.ts";
import { conversations } from "./methods-conversations.ts";
import { files } from "./methods-files.ts";
import { people } from "./methods-people.ts";
import { viewMethods } from "./methods-views.ts";
import type { RateLimits } from "./rate-limits.ts";

const methods: Record<string, Method> = {
  ...people,
  ...chat,
  ...conversations,
  ...viewMethods,
  ...files,
};

/** One call of the Web API, as it came. */
export interface Call {
  method: string;
  args: Json;
  /** On the stand-in's clock. */
  at: number;
  /** What it was answered, or would have been. Undefined when it had no effect. */
  answer: Json | undefined;
}

export class WebApi {
  readonly calls: Call[] = [];
  readonly #backend: Backend;
  readonly #faults: Faults;
  readonly #rates: RateLimits;

  constructor(backend: Backend, faults: Faults, rates: RateLimits) {
    this.#backend = backend;
    this.#faults = faults;
    this.#rates = rates;
  }

  async handle(method: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const args = await argumentsOf(request);
    const { headers } = request;
    const call: Call = { method, args, at: this.#backend.workspace.clock.now(), answer: undefined };
    this.calls.push(call);
    this.#backend.workspace.changed();
    const apply = (): Answer => {
      call.answer = this.#call(method, args, headers);
      return { status: 200, headers: this.#headers(), body: JSON.stringify(call.answer) };
    };
    const fault = this.#faults.next(method, args) ?? this.#tooMany(method, args);
    await answer(response, fault, apply);
    this.#backend.workspace.changed();
  }

  #tooMany(method: string, args: Json): ApiFault | undefined {
    const retryAfterS = this.#rates.retryAfterS(method, args.channel);
    return retryAfterS === undefined ? undefined : { retryAfterS };
  }

  #call(name: string, args: Json, headers: IncomingHttpHeaders): Json {
    const method = methods[name];
    if (!method) return { ok: false, error: "unknown_method", req_method: name };
    try {
      this.#authorize(method, tokenOf(args, headers));
      return method.call(this.#backend, args);
    } catch (error) {
      if (error instanceof Refusal) return error.answer;
      throw error;
    }
  }

  #authorize(method: Method, token: string | undefined) {
    const { botToken, appToken, revoked } = this.#backend.app;
    if (token === undefined) throw new Refusal("not_authed");
    if (token !== botToken && token !== appToken) throw new Refusal("invalid_auth");
    if (revoked) throw new Refusal(revoked);
    const fits = token === (method.token === "app" ? appToken : botToken);
    if (!fits) throw new Refusal("not_allowed_token_type");
  }

  #headers() {
    return { ...json, "x-oauth-scopes": this.#backend.app.scopes.join(",") };
  }
}

function tokenOf({ token }: Json, { authorization }: IncomingHttpHeaders): string | undefined {
  const bearer = /^Bearer (.+)$/.exec(authorization ?? "")?.[1];
  return bearer ?? (typeof token === "string" ? token : undefined);
}

/** https://docs.slack.dev/apis/web-api: a form, JSON, or the query of a GET. */
async function argumentsOf(request: IncomingMessage): Promise<Json> {
  const { searchParams } = new URL(request.url ?? "/", "http://stand-in");
  const body = (await buffer(request)).toString();
  const { "content-type": type = "" } = request.headers;
  const given = type.startsWith("application/json")
    ? record(parsedJson(body))
    : Object.fromEntries(new URLSearchParams(body));
  return { ...Object.fromEntries(searchParams), ...given };
}
