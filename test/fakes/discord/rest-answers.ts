import type { ServerResponse } from "node:http";
import type { ApiFault } from "./faults.ts";

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string | Buffer;
}

export const json = { "content-type": "application/json" };

const page =
  "<!DOCTYPE html><html><head><title>Attention Required! | Cloudflare</title></head></html>";

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
  if ("html" in fault) return sendPage(response, fault.html);
  if ("retryAfterS" in fault) return send(response, tooMany(fault));
  if (fault.afterEffect) apply();
  if ("error" in fault) {
    const { status, code, message } = fault.error;
    return send(response, { status, headers: json, body: JSON.stringify({ message, code }) });
  }
  const body = "upstream connect error or disconnect/reset before headers";
  return send(response, { status: fault.status, headers: { "content-type": "text/plain" }, body });
}

/** https://docs.discord.com/developers/topics/rate-limits#exceeding-a-rate-limit */
export function tooMany({
  retryAfterS,
  global = false,
}: {
  retryAfterS: number;
  global?: boolean;
}): Answer {
  const message = global
    ? "You are being blocked from accessing our API temporarily due to exceeding our global rate limit"
    : "You are being rate limited.";
  return {
    status: 429,
    headers: {
      ...json,
      "retry-after": String(retryAfterS),
      "x-ratelimit-scope": global ? "global" : "user",
      "x-ratelimit-reset-after": String(retryAfterS),
      ...(global && { "x-ratelimit-global": "true" }),
    },
    body: JSON.stringify({ message, retry_after: retryAfterS, global }),
  };
}

const sendPage = (response: ServerResponse, status: number) =>
  send(response, { status, headers: { "content-type": "text/html" }, body: page });

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
    const length = Math.max(Buffer.byteLength(body), 2);
    response.writeHead(status, { ...headers, "content-length": length });
    response.write(body.length > 1 ? body.slice(0, body.length / 2) : " ", () =>
      response.socket?.destroy(),
    );
  },
  html: (response) => sendPage(response, 200),
};
