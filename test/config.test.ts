import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { ConfigError, readConfig } from "../src/config.ts";

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    readConfig(environment);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

describe("the configuration", () => {
  test("is complete with nothing set, and with everything blank", () => {
    const usual = {
      host: "127.0.0.1",
      port: 3000,
      publicUrl: undefined,
      dataDir: resolve("data"),
      apiTokens: undefined,
      rateLimit: 600,
      logLevel: "info",
      remote: undefined,
      ignored: [],
      startedByNpm: false,
    };
    expect(readConfig({})).toEqual(usual);
    expect(readConfig({ PORT: "", HOST: " ", API_TOKENS: "", TICKETS_API_URL: "" })).toEqual(usual);
  });

  test("takes what INTERFACE promises", () => {
    expect(
      readConfig({
        HOST: "::",
        PORT: "0",
        PUBLIC_URL: "https://desk.example.com/",
        DATA_DIR: "/srv/desk",
        API_TOKENS: "client:c1:secret-1, agent:slack:T1:U1:secret-2,",
        API_RATE_LIMIT: "off",
        LOG_LEVEL: "debug",
        TICKETS_API_URL: "https://api.example.com",
        TICKETS_API_TOKEN: "secret-3",
        TICKETS_API_REPLIES: "off",
      }),
    ).toEqual({
      host: "::",
      port: 0,
      publicUrl: "https://desk.example.com",
      dataDir: "/srv/desk",
      apiTokens: [
        { role: "client", id: "c1", token: "secret-1" },
        { role: "agent", id: "slack:T1:U1", token: "secret-2" },
      ],
      rateLimit: undefined,
      logLevel: "debug",
      remote: { url: "https://api.example.com", token: "secret-3", replies: "off" },
      ignored: [],
      startedByNpm: false,
    });
  });

  test("tells every problem at once, by name, and no value", () => {
    const problems = problemsOf({
      PORT: "http",
      PUBLIC_URL: "desk.example.com",
      API_RATE_LIMIT: "0",
      LOG_LEVEL: "loud",
      API_TOKENS: "client:c1:hush-hush,root:x:hush-hush",
      TICKETS_API_URL: "ftp://hush-hush",
      TICKETS_API_REPLIES: "perhaps",
      DATABASE_URL: "postgres://user:hush-hush@host/db",
    });
    for (const name of [
      "PORT",
      "PUBLIC_URL",
      "API_RATE_LIMIT",
      "LOG_LEVEL",
      "API_TOKENS",
      "TICKETS_API_URL",
      "TICKETS_API_REPLIES",
      "DATABASE_URL",
    ])
      expect(problems.filter((problem) => problem.startsWith(`${name} `))).toHaveLength(1);
    expect(problems.join()).not.toContain("hush-hush");
  });

  test.each([
    "client",
    "client:x",
    "client::secret-1",
    "admin:x:secret-1",
    "client:x:",
    "client:a b:secret-1",
    ",",
  ])("API_TOKENS=%s is refused", (API_TOKENS) => {
    expect(problemsOf({ API_TOKENS })).toEqual([expect.stringContaining("role:id:token")]);
  });

  test("the same token for two callers is refused", () => {
    expect(problemsOf({ API_TOKENS: "client:a:secret-1,agent:b:secret-1" })).toHaveLength(1);
  });

  test("a remote service needs its token", () => {
    expect(problemsOf({ TICKETS_API_URL: "https://api.example.com" })).toEqual([
      expect.stringMatching(/^TICKETS_API_TOKEN is needed/),
    ]);
  });

  test("what does nothing yet is named", () => {
    expect(readConfig({ SLACK_BOT_TOKEN: "xoxb", TRIAGE: "slack:C1" }).ignored).toEqual([
      "TRIAGE",
      "SLACK_BOT_TOKEN",
    ]);
  });
});
