import type { Json } from "../json.ts";

/** One thing that Slack sends to the app. */
export interface Outbound {
  kind: "event" | "command" | "interaction";
  payload: Json;
  /** Set from the second attempt on; only events come again. */
  retry?: { num: number; reason: string };
}

/** https://docs.slack.dev/apis/events-api/#retries: the reasons. */
export type FailureReason =
  | "http_timeout"
  | "connection_failed"
  | "http_error"
  | "too_many_redirects"
  | "unknown_error";

export type Ack =
  | { kind: "acked"; body: unknown }
  | { kind: "failed"; reason: FailureReason; status?: number; noRetry: boolean };

export const failed = (reason: FailureReason): Ack => ({ kind: "failed", reason, noRetry: false });

/** A way to the app: HTTP or Socket Mode. */
export interface Transport {
  /** Resolves with what the app answered, or with why there was no answer. Never rejects. */
  deliver(outbound: Outbound): Promise<Ack>;
  /** The connection breaks before the app has the whole of it. */
  breakOff(outbound: Outbound): Promise<Ack>;
}
