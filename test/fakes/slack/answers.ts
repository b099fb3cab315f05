import type { ServerResponse } from "node:http";
import type { ApiFault } from "./faults.ts";

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string | Buffer;
}

export const json = { "content-type": "application/json; charset=utf-8" };

/** What Slack shows to whom it does not know, with 200. */
export const signInPage = "<!DOCTYPE html><html><head><title>Sign in | Slack</title></head></html>";

function send(response: ServerResponse, { status, headers, body }: Answer) {
  response.writeHead(status, headers).end(body);
}

/** Answers a request, or does with it what the fault says. */
export async function answer(
  response: ServerResponse,
  fault: ApiFault | undefined,
  apply: () => Answer,
): Promise<void> {
  if (fault === undefined) return send(response, apply());
  if (typeof fault === "string") return broken[fault](response, apply);
  if ("until" in fault) {
    await fault.until;
    return send(response, apply());
  }
  if ("answeredAfter" in fault) {
    const late = apply();
    await fault.answeredAfter;
    return send(response, late);
  }
  if ("location" in fault) return send(response, { status: 302, headers: fault, body: "" });
  if ("retryAfterS" in fault) {
    const headers = { ...json, "retry-after": String(fault.retryAfterS) };
    const body = JSON.stringify({ ok: false, error: "ratelimited" });
    return send(response, { status: 429, headers, body });
  }
  if (fault.afterEffect) apply();
  if ("error" in fault) {
    const body = JSON.stringify({ ok: false, error: fault.error });
    return send(response, { status: 200, headers: json, body });
  }
  const headers = { "content-type": "text/plain" };
  return send(response, { status: fault.status, headers, body: "upstream is not well" });
}

type Broken = (response: ServerResponse, apply: () => Answer) => void;

const broken: Record<Extract<ApiFault, string>, Broken> = {
  reset: ({ socket }) => {
    socket?.resetAndDestroy();
  },
  "reset-after-effect": ({ socket }, apply) => {
    apply();
    socket?.resetAndDestroy();
  },
  silence: () => {},
  "silence-after-effect": (_, apply) => {
    apply();
  },
  "cut-off": (response, apply) => {
    const { body, headers, status } = apply();
    const length = Buffer.byteLength(body);
    response.writeHead(status, { ...headers, "content-length": length });
    response.write(body.slice(0, body.length / 2), () => response.socket?.destroy());
  },
  html: (response) => {
    send(response, { status: 200, headers: { "content-type": "text/html" }, body: signInPage });
  },
};
