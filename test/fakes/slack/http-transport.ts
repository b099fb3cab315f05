import { createHmac } from "node:crypto";
import { Agent, type ClientRequest, type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import type { Clock } from "../clock.ts";
import { parsedJson } from "../json.ts";
import type { App } from "./app.ts";
import { limits } from "./limits.ts";
import { type Ack, failed, type Outbound, type Transport } from "./transport.ts";

const form = "application/x-www-form-urlencoded";

interface Letter {
  body: string;
  headers: Record<string, string>;
}

/** How a request's signature can be wrong. */
export type Forgery = "unsigned" | "wrong secret" | "other body" | "old";

/** https://docs.slack.dev/authentication/verifying-requests-from-slack */
export const signature = (secret: string, seconds: number, body: string) =>
  `v0=${createHmac("sha256", secret).update(`v0:${seconds}:${body}`).digest("hex")}`;

export class HttpTransport implements Transport {
  readonly #app: App;
  readonly #clock: Clock;
  readonly #url: string;
  readonly #agent: Agent;
  readonly #open = new Set<ClientRequest>();

  constructor(app: App, clock: Clock, { url, keepAlive }: { url: string; keepAlive: boolean }) {
    this.#app = app;
    this.#clock = clock;
    this.#url = url;
    this.#agent = new Agent({ keepAlive });
  }

  deliver(outbound: Outbound): Promise<Ack> {
    return this.#send(this.#signed(outbound));
  }

  breakOff(outbound: Outbound): Promise<Ack> {
    const { body, headers } = this.#signed(outbound);
    return new Promise((resolve) => {
      const sent = this.#request({ body, headers });
      sent.on("error", () => undefined);
      // It may have been answered by then: that is no error.
      sent.on("close", () => resolve(failed("connection_failed")));
      sent.write(body.slice(0, body.length / 2), () => sent.destroy());
    });
  }

  /** What someone sends who is not Slack. Resolves with the status. */
  async forge(outbound: Outbound, how: Forgery): Promise<number | undefined> {
    const letter = forged(this.#signed(outbound), how, this.#app.signingSecret);
    const ack = await this.#send(letter);
    return ack.kind === "acked" ? 200 : ack.status;
  }

  close(): void {
    for (const each of this.#open) each.destroy();
    this.#agent.destroy();
  }

  #request({ body, headers }: Letter): ClientRequest {
    const length = String(Buffer.byteLength(body));
    const sent = request(this.#url, {
      method: "POST",
      agent: this.#agent,
      headers: { ...headers, "content-length": length },
    });
    this.#open.add(sent);
    sent.on("close", () => this.#open.delete(sent));
    return sent;
  }

  #send(letter: Letter): Promise<Ack> {
    return new Promise((resolve) => {
      const sent = this.#request(letter);
      // Slack goes away after 3 s; the app may well be at work on it still.
      const cancel = this.#clock.after(limits.ackMs, () => {
        resolve(failed("http_timeout"));
        sent.destroy();
      });
      const settle = (ack: Ack) => {
        cancel();
        resolve(ack);
      };
      sent.on("error", () => settle(failed("connection_failed")));
      sent.on("response", (response) => {
        answered(response).then(settle, () => settle(failed("connection_failed")));
      });
      sent.end(letter.body);
    });
  }

  #signed({ kind, payload, retry }: Outbound): Letter {
    const body = written(kind, payload);
    const seconds = Math.floor(this.#clock.now() / 1_000);
    return {
      body,
      headers: {
        "user-agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        accept: "*/*",
        "content-type": kind === "event" ? "application/json" : form,
        "x-slack-request-timestamp": String(seconds),
        "x-slack-signature": signature(this.#app.signingSecret, seconds, body),
        ...(retry && {
          "x-slack-retry-num": String(retry.num),
          "x-slack-retry-reason": retry.reason,
        }),
      },
    };
  }
}

function written(kind: Outbound["kind"], payload: Outbound["payload"]): string {
  if (kind === "event") return JSON.stringify(payload);
  if (kind === "interaction") {
    return new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  }
  const fields = new URLSearchParams();
  for (const [name, value] of Object.entries(payload)) fields.set(name, String(value));
  return fields.toString();
}

async function answered(response: IncomingMessage): Promise<Ack> {
  const { statusCode: status = 0, headers } = response;
  const body = await text(response);
  if (status >= 200 && status < 300) return { kind: "acked", body: meaning(body) };
  const noRetry = headers["x-slack-no-retry"] === "1";
  return { kind: "failed", reason: "http_error", status, noRetry };
}

/** An answer is JSON, or the text to show. */
const meaning = (body: string): unknown => (body === "" ? undefined : (parsedJson(body) ?? body));

function forged({ body, headers }: Letter, how: Forgery, secret: string): Letter {
  const seconds = Number(headers["x-slack-request-timestamp"]);
  switch (how) {
    case "unsigned": {
      const { "x-slack-signature": _, ...rest } = headers;
      return { body, headers: rest };
    }
    case "wrong secret":
      return sealed({ body, headers }, seconds, "another-secret");
    case "other body":
      return { body: `${body} `, headers };
    case "old":
      return sealed({ body, headers }, seconds - 6 * 60, secret);
  }
}

const sealed = ({ body, headers }: Letter, seconds: number, secret: string): Letter => ({
  body,
  headers: {
    ...headers,
    "x-slack-request-timestamp": String(seconds),
    "x-slack-signature": signature(secret, seconds, body),
  },
});
