import { type Logger, LogLevel } from "@slack/bolt";
import type { Log } from "../../src/desk/ports.ts";

/**
 * What Slack's SDKs have to say, in our log. Their debug lines hold what people wrote and are left
 * out, as are tokens and the tickets of WebSocket addresses, wherever they stand.
 */
export function sdkLog(log: Log, { quiet = false } = {}): Logger {
  const say =
    (level: keyof Log) =>
    (first: unknown, ...more: unknown[]) =>
      log[quiet ? "debug" : level]({ from: "slack-sdk" }, withoutSecrets([first, ...more]));
  return {
    debug: () => undefined,
    info: say("debug"),
    warn: say("warn"),
    error: say("error"),
    // The level is not theirs to set; below `debug` they put no line together.
    setLevel: () => undefined,
    getLevel: () => LogLevel.INFO,
    setName: () => undefined,
  };
}

const withoutSecrets = (said: readonly unknown[]) =>
  said
    .map((each) => (each instanceof Error ? each.message : String(each)))
    .join(" ")
    .replaceAll(/\bx(?:ox[a-z]|app)[-.][\w.-]+/g, "[token]")
    .replaceAll(/\bticket=[^&\s"]+/g, "ticket=[secret]");
