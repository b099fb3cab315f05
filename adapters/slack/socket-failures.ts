import { WebAPIPlatformError, WebAPIRateLimitedError, WebAPIRequestError } from "@slack/web-api";
import { NoHello } from "./socket-connection.ts";

/** Until someone does something about it. */
const hopelessMs = 60_000;

const newToken =
  "make an app-level token with the scope connections:write, and set it as SLACK_APP_TOKEN";

/** https://docs.slack.dev/reference/methods/apps.connections.open */
const refusals: Readonly<Record<string, string>> = {
  invalid_auth: `Slack does not know SLACK_APP_TOKEN: ${newToken}`,
  not_authed: `Slack does not know SLACK_APP_TOKEN: ${newToken}`,
  token_revoked: `SLACK_APP_TOKEN was revoked: ${newToken}`,
  token_expired: `SLACK_APP_TOKEN has expired: ${newToken}`,
  account_inactive: "the app was uninstalled, or SLACK_APP_TOKEN deleted: install it again",
  not_allowed_token_type: `SLACK_APP_TOKEN is no app-level token, which begins with xapp-: ${newToken}`,
  missing_scope: `SLACK_APP_TOKEN lacks the scope connections:write: ${newToken}`,
  no_permission: `SLACK_APP_TOKEN lacks the scope connections:write: ${newToken}`,
  forbidden_team: "the workspace does not let this app connect",
};

interface WhyNotConnected {
  /** For operators. */
  reason: string;
  /** The least to wait before the next try. */
  waitMs: number;
}

export function whyNotConnected(error: unknown): WhyNotConnected {
  if (error instanceof WebAPIRateLimitedError) {
    const { retryAfter } = error;
    const reason = `Slack asks to wait ${retryAfter} s before the next connection`;
    return { reason, waitMs: retryAfter * 1_000 };
  }
  if (error instanceof WebAPIPlatformError) return refused(error.data.error);
  if (error instanceof NoHello)
    return { reason: "the connection ended before Slack said hello", waitMs: 0 };
  const cause = error instanceof WebAPIRequestError ? error.original : error;
  return { reason: `Slack cannot be reached${why(cause)}`, waitMs: 0 };
}

/** A page with HTTP 200 becomes the code of an error, too. */
function refused(code: string): WhyNotConnected {
  if (!/^[a-z_]{1,64}$/.test(code))
    return { reason: "what answers for Slack is something else, such as a proxy", waitMs: 0 };
  const known = refusals[code];
  return known
    ? { reason: known, waitMs: hopelessMs }
    : { reason: `Slack refuses the connection (${code})`, waitMs: 0 };
}

/** `fetch failed` says less than what is behind it, and a list of addresses tried says nothing. */
function why(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const [first] = error instanceof AggregateError ? error.errors : [error.cause];
  return why(first) || (error.message && `: ${error.message}`);
}
