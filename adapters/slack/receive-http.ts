/** Slack over HTTP: https://docs.slack.dev/apis/events-api/using-http-request-urls */
import { isValidSlackRequest, type Receiver } from "@slack/bolt";
import { z } from "zod";
import { within } from "../../src/desk/timing.ts";
import {
  type Answer,
  answerWithinMs,
  type Incoming,
  Intake,
  type IntakeParts,
  isEvent,
} from "./intake.ts";

/** `now` is the time on the wall: Slack signs it. */
interface HttpParts extends IntakeParts {
  signingSecret: string;
}

export interface HttpReceiver extends Receiver {
  /** Answers a POST to the request URL. Never rejects. */
  handle(request: Request): Promise<Response>;
  /** Takes in what another process was asked and handed over. Never rejects. */
  take(incoming: Incoming): Promise<Answer>;
}

const maxBodyBytes = 1024 * 1024;
const maxAgeMs = 5 * 60_000;
const stopWithinMs = 5_000;

export function createHttpReceiver(parts: HttpParts): HttpReceiver {
  const intake = new Intake(parts);
  return {
    init: (app) => intake.open(app),
    // Whoever writes may be told of from now on: that Slack cannot reach us is not to be seen here.
    start: async () => parts.heard.begins(parts.now),
    stop: () => intake.close(stopWithinMs),
    handle: (request) => handle(request, parts, intake),
    take: (incoming) => intake.take(incoming),
  };
}

async function handle(request: Request, parts: HttpParts, intake: Intake): Promise<Response> {
  const raw = await readBody(request);
  if (typeof raw !== "string") return answered(raw.status);
  if (isCertificateCheck(request, raw)) return answered(200);
  const wrong = whatIsWrong(request.headers, raw, parts);
  if (wrong) {
    parts.log.warn({ reason: wrong }, "A request that is not known to be Slack's was refused");
    return answered(401);
  }
  const body = readPayload(request, raw);
  if (!body) return answered(400, "This is neither JSON nor a form");
  if (body.type === "url_verification") return answered(200, String(body.challenge));
  const incoming = { body, ...retryOf(request.headers) };
  const late = { ms: answerWithinMs, after: parts.after, late: "late" as const };
  const answer = await within(intake.take(incoming), late);
  return answer === "late" ? tooLate(incoming) : responseTo(answer);
}

async function readBody(request: Request): Promise<string | { status: 400 | 413 }> {
  const length = request.headers.get("content-length");
  try {
    if (length === null) return await readChunks(request);
    if (Number(length) > maxBodyBytes) return { status: 413 };
    // Several times as fast as its chunks: Slack says how long it is.
    return Buffer.from(await request.arrayBuffer()).toString();
  } catch {
    return { status: 400 };
  }
}

async function readChunks({ body }: Request): Promise<string | { status: 413 }> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBodyBytes) return { status: 413 };
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

const isForm = ({ headers }: Request) =>
  /^application\/x-www-form-urlencoded\b/i.test(headers.get("content-type") ?? "");

/** Comes unsigned: https://docs.slack.dev/interactivity/implementing-slash-commands */
const isCertificateCheck = (request: Request, raw: string) =>
  isForm(request) && new URLSearchParams(raw).get("ssl_check") === "1";

/** https://docs.slack.dev/authentication/verifying-requests-from-slack */
function whatIsWrong(
  headers: Headers,
  body: string,
  { signingSecret, now }: HttpParts,
): string | undefined {
  const signature = headers.get("x-slack-signature");
  const timestamp = headers.get("x-slack-request-timestamp");
  if (signature === null || timestamp === null) return "it is not signed";
  const seconds = Number(timestamp);
  const nowMs = now();
  // Also refuses what is no number.
  if (!(Math.abs(nowMs - seconds * 1_000) <= maxAgeMs))
    return "it was signed more than 5 minutes away from the time here: if it is Slack's, this machine's clock is wrong";
  const signed = { "x-slack-signature": signature, "x-slack-request-timestamp": seconds };
  return isValidSlackRequest({ signingSecret, body, headers: signed, nowMilliseconds: nowMs })
    ? undefined
    : "its signature does not fit: if it is Slack's, SLACK_SIGNING_SECRET is not this app's";
}

const payload = z.record(z.string(), z.unknown());

/** Interactions come as a form with JSON in it, commands as a form, all else as JSON. */
function readPayload(request: Request, raw: string): Record<string, unknown> | undefined {
  const form = isForm(request) ? new URLSearchParams(raw) : undefined;
  const json = form ? form.get("payload") : raw;
  if (form && json === null) return Object.fromEntries(form);
  try {
    return payload.safeParse(JSON.parse(json ?? "")).data;
  } catch {
    return undefined;
  }
}

function retryOf(headers: Headers): Omit<Incoming, "body"> {
  const num = headers.get("x-slack-retry-num");
  const reason = headers.get("x-slack-retry-reason");
  return {
    ...(num !== null && { retryNum: Number(num) }),
    ...(reason !== null && { retryReason: reason }),
  };
}

const refusals = {
  failed: [500, "Something went wrong on our side"],
  "no listener": [404, "Nothing here takes this"],
  closed: [503, "Deskhand is stopping"],
} as const satisfies Record<string, readonly [number, string]>;

function responseTo(answer: Answer): Response {
  if (!answer.acked) {
    const [status, words] = refusals[answer.why];
    return answered(status, words);
  }
  const { body } = answer;
  if (!body) return answered(200);
  return typeof body === "string" ? answered(200, body) : Response.json(body);
}

const tooLate = (incoming: Incoming) =>
  isEvent(incoming)
    ? answered(503, "It takes longer than Slack waits")
    : answered(500, "It took longer than Slack waits");

const answered = (status: number, words = "") =>
  new Response(words, { status, headers: { "content-type": "text/plain; charset=utf-8" } });
