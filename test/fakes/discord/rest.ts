import type { IncomingMessage, ServerResponse } from "node:http";
import { record } from "../json.ts";
import { inWords, leavesPingsOpen, wrongInBody } from "./body-check.ts";
import { ApiError, invalidForm, refused } from "./errors.ts";
import type { ApiFault, Faults, Target } from "./faults.ts";
import { limits } from "./limits.ts";
import type { RateLimits } from "./rate-limits.ts";
import { type Answer, answer, json, tooMany } from "./rest-answers.ts";
import { channelRoutes } from "./rest-channels.ts";
import { commandRoutes } from "./rest-commands.ts";
import { guildRoutes } from "./rest-guilds.ts";
import { interactionRoutes } from "./rest-interactions.ts";
import { messageRoutes } from "./rest-messages.ts";
import { type Received, received } from "./rest-request.ts";
import type { Routes } from "./rest-route.ts";
import { threadRoutes } from "./rest-threads.ts";
import type { Result, Server } from "./server.ts";

const routes: Routes = {
  ...guildRoutes,
  ...channelRoutes,
  ...messageRoutes,
  ...threadRoutes,
  ...commandRoutes,
  ...interactionRoutes,
};

/** One call of the API, as it came. */
export interface Call {
  readonly method: string;
  /** Without `/api/v10` and without the query. */
  readonly path: string;
  /** With the method, and with `:id` for every id: `POST /channels/:id/messages`. */
  readonly route: string;
  readonly query: Record<string, string>;
  readonly body: unknown;
  readonly files: readonly { name: string; bytes: number }[];
  /** On the stand-in's clock. */
  readonly at: number;
  /** Undefined when it had no effect. */
  status: number | undefined;
  answer: unknown;
}

interface Asked extends Received {
  readonly route: string;
  readonly params: readonly string[];
  readonly query: URLSearchParams;
  readonly authorization: string | undefined;
}

/** https://docs.discord.com/developers/reference: version 10 of the HTTP API. */
export class Rest {
  readonly calls: Call[] = [];
  /** Bodies that break a rule of Discord's: they were refused, and no test should see one. */
  readonly violations: string[] = [];
  /** Messages that would have pinged whomever their text names. */
  readonly unguarded: string[] = [];
  readonly #server: Server;
  readonly #faults: Faults;
  readonly #rates: RateLimits;

  constructor(server: Server, faults: Faults, rates: RateLimits) {
    this.#server = server;
    this.#faults = faults;
    this.#rates = rates;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "GET", headers } = request;
    const { pathname, searchParams: query } = new URL(request.url ?? "/", "http://stand-in");
    const path = pathname.replace(/^\/api(\/v10)?/, "");
    const { route, params } = routed(method, path);
    const body = await received(request);
    const call = this.#record({ method, path, route, query, body });
    const permit = this.#rates.take(route, params[0] ?? "");
    const asked = { ...body, route, params, query, authorization: headers.authorization };
    const apply = (): Answer => {
      if (permit.retryAfterS !== undefined) {
        const late = tooMany({ retryAfterS: permit.retryAfterS });
        return { ...late, headers: { ...late.headers, ...permit.headers } };
      }
      const result = this.#call(asked);
      Object.assign(call, { status: result.status, answer: result.body });
      return written(result, permit.headers);
    };
    const target = {
      ...{ route, body: body.json },
      ...(route.includes("/channels/:id") && { channel: params[0] }),
    };
    await answer(response, this.#fault(target, permit.retryAfterS), apply);
    this.#server.changed();
  }

  #fault(target: Target, late: number | undefined): ApiFault | undefined {
    return late === undefined ? this.#faults.next(target) : undefined;
  }

  #record(given: {
    method: string;
    path: string;
    route: string;
    query: URLSearchParams;
    body: Received;
  }): Call {
    const { body, query, ...rest } = given;
    const call: Call = {
      ...rest,
      query: Object.fromEntries(query),
      body: body.json,
      files: body.files.map(({ name, content }) => ({ name, bytes: content.length })),
      at: this.#server.clock.now(),
      status: undefined,
      answer: undefined,
    };
    this.calls.push(call);
    this.#server.changed();
    return call;
  }

  #call(asked: Asked): Result {
    const { route, params, query, json: raw, files } = asked;
    try {
      this.#authorize(asked);
      const run = routes[route];
      if (!run) throw new ApiError(404, 0, `404: Not Found (the stand-in has no ${route})`);
      this.#check(asked);
      return run({ server: this.#server, params, query, body: record(raw), raw, files });
    } catch (error) {
      if (error instanceof ApiError) return { status: error.status, body: error.body };
      throw error;
    }
  }

  #authorize({ route, authorization }: Asked) {
    if (route in interactionRoutes) return;
    const { token, revoked } = this.#server.application;
    if (authorization === `Bot ${token}` && !revoked) return;
    throw new ApiError(401, 0, "401: Unauthorized");
  }

  #check({ route, json: body, files, broken }: Asked) {
    if (broken) throw new ApiError(400, 50109, "The request body contains invalid JSON.");
    const large = files.find(({ content }) => content.length > limits.fileBytes);
    if (large || files.length > limits.files) {
      this.violations.push(`${route}: ${large ? `${large.name} is too large` : "too many files"}`);
      throw refused(40005);
    }
    if (body === undefined) return;
    if (leavesPingsOpen(route, body)) this.unguarded.push(`${route}: ${JSON.stringify(body)}`);
    const wrong = wrongInBody(route, body);
    if (wrong.length === 0) return;
    this.violations.push(...wrong.map((each) => inWords(route, each)));
    throw invalidForm(wrong);
  }
}

function written({ status, body }: Result, headers: Record<string, string>): Answer {
  if (status === 204) return { status, headers, body: "" };
  return { status, headers: { ...json, ...headers }, body: JSON.stringify(body) };
}

const patterns = Object.keys(routes).map((route) => ({ route, parts: route.split(/[ /]+/) }));

/** The known route that fits best: one with a word in a place before one with an id there. */
function routed(method: string, path: string): { route: string; params: string[] } {
  const parts = [method, ...path.split("/").slice(1).map(decodeURIComponent)];
  const fitting = patterns.filter(
    (each) =>
      each.parts.length === parts.length && each.parts.every((part, at) => fits(part, parts[at])),
  );
  const [best] = fitting.sort((one, other) => free(one.parts) - free(other.parts));
  if (!best) return { route: `${method} ${path.replaceAll(/\d{15,}/g, ":id")}`, params: [] };
  const params = best.parts.flatMap((part, at) => (part.startsWith(":") ? [parts[at] ?? ""] : []));
  return { route: best.route, params };
}

const free = (parts: string[]) => parts.filter((part) => part.startsWith(":")).length;

function fits(part: string, given: string | undefined): boolean {
  if (part === ":id") return /^\d+$/.test(given ?? "");
  return part.startsWith(":") || part === given;
}
