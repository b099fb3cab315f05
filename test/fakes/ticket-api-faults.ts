import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Answer } from "./ticket-api-tickets.ts";

/**
 * What can be wrong with one answer. Those marked (applied) come after the request took effect,
 * the others instead of it.
 */
export type Fault =
  /** Nothing comes back (applied). */
  | "slow-headers"
  /** Half of the answer, and then nothing (applied). */
  | "slow-body"
  | "reset"
  /** The connection is reset instead of the answer (applied). */
  | "reset-after-write"
  /** A whole HTTP message with half of the JSON (applied). */
  | "truncated-json"
  /** The connection ends in the middle of the answer (applied). */
  | "cut-off"
  /** A sign-in page, with 200. */
  | "html"
  /** Not HTTP; it holds the request's token. */
  | "garbage"
  /** A JSON answer of at least so many bytes (applied). */
  | { hugeBytes: number }
  | { status: number; headers?: Record<string, string>; body?: unknown }
  /** That status instead of the answer (applied). */
  | { statusAfterwards: number }
  /** It takes effect once that is settled, and is answered as usual. */
  | { until: Promise<unknown> }
  /** It is answered as usual, once that is settled (applied). */
  | { answeredAfter: Promise<unknown> }
  /** The answer, changed (applied). */
  | { rewrite: (body: unknown) => unknown };

const json = { "content-type": "application/json; charset=utf-8" };

export function send(response: ServerResponse, { status, body, etag }: Answer): void {
  const headers = etag === undefined ? json : { ...json, etag };
  response.writeHead(status, headers).end(JSON.stringify(body));
}

export function answerWrongly(
  response: ServerResponse,
  fault: Fault,
  apply: () => Answer,
  token: string,
) {
  if (typeof fault === "string") return broken[fault](response, apply, token);
  if ("status" in fault) {
    const { status, headers = {}, body = {} } = fault;
    response.writeHead(status, { ...json, ...headers }).end(JSON.stringify(body));
  } else if ("statusAfterwards" in fault) {
    apply();
    send(response, { status: fault.statusAfterwards, body: { error: "It failed" } });
  } else if ("until" in fault) {
    void fault.until.then(() => send(response, apply()));
  } else if ("answeredAfter" in fault) {
    const answer = apply();
    void fault.answeredAfter.then(() => send(response, answer));
  } else if ("rewrite" in fault) {
    const { status, body } = apply();
    send(response, { status, body: fault.rewrite(structuredClone(body)) });
  } else {
    pour(response, apply().status, fault.hugeBytes);
  }
}

type Broken = (response: ServerResponse, apply: () => Answer, token: string) => void;

const broken: Record<Extract<Fault, string>, Broken> = {
  "slow-headers": (_, apply) => {
    apply();
  },
  "slow-body": (response, apply) => {
    begin(response, apply());
  },
  reset: ({ socket }) => {
    reset(socket);
  },
  "reset-after-write": ({ socket }, apply) => {
    apply();
    reset(socket);
  },
  "truncated-json": (response, apply) => {
    const { status, body } = apply();
    response.writeHead(status, json).end(half(JSON.stringify(body)));
  },
  "cut-off": (response, apply) => {
    begin(response, apply(), () => response.socket?.destroy());
  },
  html: (response) => {
    const page = "<!doctype html><title>Sign in</title>";
    response.writeHead(200, { "content-type": "text/html" }).end(page);
  },
  garbage: ({ socket }, _, token) => {
    socket?.end(`What is this, ${token}?\r\n\r\n`);
  },
};

const half = (body: string) => body.slice(0, body.length / 2);

function begin(response: ServerResponse, { status, body }: Answer, then?: () => void) {
  const whole = JSON.stringify(body);
  response.writeHead(status, { ...json, "content-length": Buffer.byteLength(whole) });
  response.write(half(whole), then);
}

function reset(socket: Socket | null) {
  socket?.resetAndDestroy();
}

function pour(response: ServerResponse, status: number, bytes: number) {
  const piece = "x".repeat(64 * 1024);
  let left = bytes;
  response.writeHead(status, json);
  response.write('{"success":true,"padding":"');
  const more = () => {
    while (left > 0) {
      left -= piece.length;
      if (!response.write(piece)) return response.once("drain", more);
    }
    return response.end('"}');
  };
  more();
}

/** For `rewrite`: leaves out every key whose value is null. */
export const withoutNulls = (body: unknown): unknown =>
  reshaped(body, (_, value) => value !== null);

/** For `rewrite`: puts a key that no one knows into every object. */
export const withExtraKeys = (body: unknown): unknown =>
  reshaped(body, () => true, { __v: 0, somethingNew: { deep: [null] } });

function reshaped(
  value: unknown,
  keep: (key: string, value: unknown) => boolean,
  extra: object = {},
): unknown {
  if (Array.isArray(value)) return value.map((item) => reshaped(item, keep, extra));
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([key, item]) => keep(key, item));
  return {
    ...Object.fromEntries(kept.map(([key, item]) => [key, reshaped(item, keep, extra)])),
    ...extra,
  };
}
