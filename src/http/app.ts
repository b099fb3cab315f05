import { randomUUID } from "node:crypto";
import type { HttpBindings } from "@hono/node-server";
import { type Context, Hono } from "hono";
import type { Desk } from "../desk/desk.ts";
import { type Log, StoreError, type StoreErrorCode } from "../desk/ports.ts";
import type { Actor } from "../tickets/changes.ts";
import { type Answer, answer, internalError, refusal, responseOf, textAnswer } from "./answers.ts";
import {
  type AttachmentParts,
  attachmentPath,
  attachmentRequest,
  serveAttachment,
} from "./attachments.ts";
import { boundedRequest, readJson } from "./body.ts";
import type { Metrics } from "./metrics.ts";
import { openApi } from "./openapi.ts";
import { type ApiRequest, type Operation, operations } from "./operations.ts";
import { searchOf } from "./parameters.ts";
import { rateLimiter } from "./rate-limit.ts";
import { type ApiToken, bearerToken, tokenReader } from "./tokens.ts";

export interface AppParts {
  desk: Desk;
  log: Log;
  metrics: Metrics;
  tokens: readonly ApiToken[];
  /** Requests per minute and caller; undefined for no limit. */
  rateLimit: number | undefined;
  /** What is not ready, each as a sentence; empty when all is. */
  notReady(): Promise<string[]>;
  /** What this process does, of what one process at a time does. */
  roles: readonly string[];
  version: string;
  /** How others reach it. */
  publicUrl(): string;
  now(): number;
  /** Without them there are no attachments, and no links to any. */
  attachments?: AttachmentParts;
  /**
   * Who answers what others post to us, by path. They find out by themselves who asks; what they
   * get is no larger than any other request.
   */
  hooks?: Readonly<Record<string, Hook>>;
}

type Hook = (request: Request) => Promise<Response>;

/** What is known of a request while it is answered. */
interface Variables {
  requestId: string;
  /** Who asks, once it is known: `client client_1`. */
  caller: string;
}

interface Env {
  Bindings: HttpBindings;
  Variables: Variables;
}

type Requested = Context<Env>;
type Route = [method: string, path: string, handler: Serve];
type Serve = (context: Requested) => Answer | Promise<Answer>;

/** The HTTP side: the ticket API, its description, health and metrics. */
export function createApp(parts: AppParts): Hono<Env> {
  const app = new Hono<Env>();
  const api = apiServer(parts);

  const serve = (route: string, handler: Serve) => (context: Requested) =>
    observed(parts, context, route, handler);

  const routes: Route[] = [
    ["GET", "/healthz", () => answer(200, { status: "ok" })],
    ["GET", "/readyz", () => readiness(parts)],
    ["GET", "/metrics", async () => textAnswer(200, await parts.metrics.text())],
    ["GET", "/openapi.json", () => answer(200, openApi(parts.version, parts.publicUrl()))],
    ...operations.map((one): Route => [one.method, one.path, api(one)]),
    ...attachmentRoutes(parts),
    ...Object.entries(parts.hooks ?? {}).map(([path, hook]): Route => ["POST", path, hooked(hook)]),
  ];
  for (const [method, path, handler] of routes)
    app.on(method, path.replaceAll(parameter, pattern), serve(path, handler));
  app.notFound(serve("none", ({ req }) => missing(routes, req.path)));
  app.onError((_, context) => failed(context.get("requestId")));
  return app;
}

/** Where a part of a path stands for something: `{id}`. */
const parameter = /\{(\w+)\}/g;

/** A delivery's id has slashes in it: as they are, or encoded. */
const pattern = (_: string, name: string) => (name === "delivery" ? `:${name}{.+}` : `:${name}`);

/** What fits a route's path, whatever stands for its parameters. */
const fitting = (route: string) =>
  new RegExp(
    `^${route.replaceAll(parameter, (_, name) => (name === "delivery" ? ".+" : "[^/]+"))}$`,
  );

const failed = (requestId: string): Response => responseOf(internalError(requestId), requestId);

/** What is told where no route fits: the path takes other methods, or there is no such path. */
function missing(routes: Route[], path: string): Answer {
  const methods = routes.filter((route) => fitting(route[1]).test(path)).map(([method]) => method);
  if (methods.length === 0) return refusal("NOT_FOUND");
  const allowed = methods.includes("GET") ? [...methods, "HEAD"] : methods;
  return refusal("METHOD_NOT_ALLOWED", { Allow: allowed.join(", ") });
}

function attachmentRoutes({ attachments, log }: AppParts): Route[] {
  if (!attachments) return [];
  const serve = (context: Requested) =>
    serveAttachment(attachments, attachmentRequest(context.req), (err) => {
      log.error({ requestId: context.get("requestId"), err }, "An attachment was cut off");
      context.env.outgoing.destroy();
    });
  return [["GET", attachmentPath, serve]];
}

const hooked =
  (hook: Hook): Serve =>
  async ({ req }) => {
    const request = await boundedRequest(req);
    if ("refused" in request) return refusal(request.refused);
    const response = await hook(request);
    const { "content-type": type = "text/plain; charset=utf-8", ...headers } = Object.fromEntries(
      response.headers,
    );
    return { status: response.status, type, text: await response.text(), headers };
  };

async function readiness({ notReady, roles }: AppParts): Promise<Answer> {
  const reasons = await notReady();
  return reasons.length === 0
    ? answer(200, { status: "ready", roles })
    : answer(503, { status: "not ready", reasons, roles });
}

/** Answers a request, whatever happens, and tells the log and the metrics how it went. */
async function observed(
  parts: AppParts,
  context: Requested,
  route: string,
  serve: Serve,
): Promise<Response> {
  const started = performance.now();
  const requestId = randomUUID();
  context.set("requestId", requestId);
  const given = await answerOf(parts, context, serve);
  const ms = performance.now() - started;
  const { method, path } = context.req;
  parts.metrics.answered(method, route, given.status, ms / 1_000);
  const fields = {
    requestId,
    method,
    path,
    status: given.status,
    ms,
    caller: context.get("caller"),
  };
  // Reading changes nothing: it is told only to those who want to hear of everything.
  const isQuiet = given.status < 400 && (method === "GET" || method === "HEAD");
  parts.log[isQuiet ? "debug" : "info"](fields, "request");
  return responseOf(given, requestId);
}

/** Faults of the disk that changed nothing, and may be gone the next time. */
const passing: ReadonlySet<StoreErrorCode> = new Set(["WRITE_FAILED", "READ_FAILED"]);

async function answerOf({ log }: AppParts, context: Requested, serve: Serve): Promise<Answer> {
  try {
    return await serve(context);
  } catch (err) {
    const requestId = context.get("requestId");
    log.error({ requestId, err }, "A request failed");
    const mayPass = err instanceof StoreError && passing.has(err.code);
    return mayPass
      ? refusal("STORE_UNAVAILABLE", { "Retry-After": "5" })
      : internalError(requestId);
  }
}

/** Serves operations of the ticket API to those who have a token, within their limit. */
function apiServer({ desk, tokens, rateLimit, now, attachments }: AppParts) {
  const served = { desk, links: attachments?.links };
  const readToken = tokenReader(tokens);
  const waitMs = rateLimiter(rateLimit, now);

  function admit(context: Requested): Actor | Answer {
    const token = bearerToken(context.req.header("Authorization"));
    const actor = token === undefined ? undefined : readToken(token);
    const caller = actor ? `${actor.role} ${actor.id}` : addressOf(context);
    context.set("caller", caller);
    const wait = waitMs(caller);
    if (wait > 0) return refusal("RATE_LIMITED", { "Retry-After": `${Math.ceil(wait / 1_000)}` });
    return actor ?? refusal("UNAUTHORIZED", { "WWW-Authenticate": "Bearer" });
  }

  return (operation: Operation): Serve =>
    async (context) => {
      const admitted = admit(context);
      if ("status" in admitted) return admitted;
      const body = operation.body ? await readJson(context.req) : { json: undefined };
      if ("refused" in body) return refusal(body.refused);
      return operation.run(served, requestOf(context, admitted, body.json));
    };
}

const addressOf = (context: Requested): string =>
  `address ${context.env.incoming.socket.remoteAddress ?? "unknown"}`;

const requestOf = ({ req }: Requested, actor: Actor, json: unknown): ApiRequest => ({
  actor,
  json,
  id: req.param("id") ?? "",
  delivery: req.param("delivery") ?? "",
  search: searchOf(req),
  idempotencyKey: req.header("Idempotency-Key"),
});
