import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { ConfigError, readConfig } from "../src/config.ts";
import { triageFor } from "../src/settings.ts";
import { temporaryFolder } from "./temporary.ts";

function problemsOf(environment: Record<string, string>, settingsFile?: string): readonly string[] {
  try {
    readConfig(environment, settingsFile);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

const spot = (where: string) => ({ platform: "slack", where });
const slack = { SLACK_BOT_TOKEN: "xoxb-secret", SLACK_APP_TOKEN: "xapp-secret" };
const discord = { DISCORD_TOKEN: "MTIz.secret.secret" };

describe("the configuration", () => {
  test("is complete with nothing set, and with everything blank", () => {
    const usual = {
      host: "127.0.0.1",
      port: 3000,
      publicUrl: undefined,
      dataDir: resolve("data"),
      apiTokens: undefined,
      attachments: undefined,
      rateLimit: 600,
      logLevel: "info",
      remote: undefined,
      slack: undefined,
      discord: undefined,
      settings: expect.objectContaining({ replies: "thread", agents: undefined, routes: [] }),
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
        ATTACHMENTS_URL: "s3://desk-files/some/files/?region=eu-central-1",
        AWS_ACCESS_KEY_ID: "AKID",
        AWS_SECRET_ACCESS_KEY: "secret-7",
        API_RATE_LIMIT: "off",
        LOG_LEVEL: "debug",
        TICKETS_API_URL: "https://api.example.com",
        TICKETS_API_TOKEN: "secret-3",
        TICKETS_API_REPLIES: "off",
        TICKETS_API_POLL_MS: "60000",
        TRIAGE: "slack:C0123ABC",
        SLACK_BOT_TOKEN: "xoxb-secret-4",
        SLACK_APP_TOKEN: " xapp-secret-5 ",
        SLACK_SIGNING_SECRET: "secret-6",
        SLACK_API_URL: "http://127.0.0.1:4000/api/",
        DISCORD_TOKEN: " MTIz.abc-d.e_f ",
        DISCORD_API_URL: "http://127.0.0.1:5000/api/",
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
      attachments: {
        ...{ kind: "bucket", bucket: "desk-files", prefix: "some/files/" },
        ...{ region: "eu-central-1", endpoint: undefined },
        credentials: { accessKeyId: "AKID", secretAccessKey: "secret-7" },
      },
      rateLimit: undefined,
      logLevel: "debug",
      remote: {
        ...{ url: "https://api.example.com", token: "secret-3" },
        ...{ replies: "off", pollMs: 60_000 },
      },
      slack: {
        botToken: "xoxb-secret-4",
        appToken: "xapp-secret-5",
        signingSecret: "secret-6",
        apiUrl: "http://127.0.0.1:4000/api/",
      },
      discord: { token: "MTIz.abc-d.e_f", apiUrl: "http://127.0.0.1:5000/api" },
      settings: expect.objectContaining({ routes: [{ to: [spot("C0123ABC")] }] }),
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
      ATTACHMENTS_URL: "ftp://hush-hush",
      API_TOKENS: "client:c1:hush-hush,root:x:hush-hush",
      TICKETS_API_URL: "ftp://hush-hush",
      TICKETS_API_REPLIES: "perhaps",
      TICKETS_API_POLL_MS: "999",
      DATABASE_URL: "mysql://user:hush-hush@host/db",
      DATABASE_CONNECTIONS: "0",
      TRIAGE: "#hush-hush",
      SLACK_BOT_TOKEN: "xoxp-hush-hush",
      SLACK_APP_TOKEN: "xoxb-hush-hush",
      SLACK_API_URL: "hush-hush",
      DESKHAND_CONFIG: "/hush-hush/deskhand.yaml",
    });
    for (const name of [
      "PORT",
      "PUBLIC_URL",
      "API_RATE_LIMIT",
      "LOG_LEVEL",
      "ATTACHMENTS_URL",
      "API_TOKENS",
      "TICKETS_API_URL",
      "TICKETS_API_REPLIES",
      "TICKETS_API_POLL_MS",
      "DATABASE_URL",
      "DATABASE_CONNECTIONS",
      "TRIAGE",
      "SLACK_BOT_TOKEN",
      "SLACK_APP_TOKEN",
      "SLACK_API_URL",
      "DESKHAND_CONFIG",
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

  test.each([
    ["file:///srv/attachments/", { kind: "folder", path: "/srv/attachments/" }],
    ["file:///srv/with%20space", { kind: "folder", path: "/srv/with space" }],
    ["s3://desk-files", { bucket: "desk-files", prefix: "", region: "eu-usual-1" }],
    ["s3://desk.files/a/b?region=auto", { bucket: "desk.files", prefix: "a/b/", region: "auto" }],
    [
      "s3://desk-files?endpoint=https://s3.example.com:9000/",
      { endpoint: "https://s3.example.com:9000", region: "eu-usual-1" },
    ],
  ])("attachments may be at %s", (ATTACHMENTS_URL, place) => {
    const keys = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b", AWS_SESSION_TOKEN: "c" };
    const set = { ATTACHMENTS_URL, ...keys, AWS_DEFAULT_REGION: "eu-usual-1" };
    expect(readConfig(set).attachments).toMatchObject(place);
  });

  test.each([
    ["/srv/attachments", "must be a folder, such as file:///"],
    ["file://host/share", "must be a folder"],
    ["file:///srv%2Fattachments", "must be a folder"],
    ["https://s3.example.com/bucket", "or a bucket, such as s3://"],
    ["s3://key:hush-hush@bucket", "must have no credentials in it"],
    ["s3://bucket?endpoint=https://key:hush-hush@host", "http(s) address as its endpoint"],
    ["s3://bucket?endpoint=s3.example.com", "http(s) address as its endpoint"],
    ["s3://bucket/a//b", "must have a prefix of"],
    ["s3://bucket/a%20b", "must have a prefix of"],
    ["s3:///prefix", "must name a bucket"],
    ["s3://bucket?secret=hush-hush", "takes two parameters"],
    ["s3://bucket?region=a/b", "must have a region"],
  ])("ATTACHMENTS_URL=%s is refused: it %s", (ATTACHMENTS_URL, problem) => {
    const keys = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" };
    const problems = problemsOf({ ATTACHMENTS_URL, ...keys });
    expect(problems).toEqual([expect.stringContaining(problem)]);
    expect(problems.join()).not.toContain("hush-hush");
  });

  test("a bucket needs a key and its secret", () => {
    expect(problemsOf({ ATTACHMENTS_URL: "s3://bucket" })).toEqual([
      expect.stringMatching(/^AWS_ACCESS_KEY_ID is needed/),
      expect.stringMatching(/^AWS_SECRET_ACCESS_KEY is needed/),
    ]);
  });

  test("credentials that were pasted with a line break are refused, and not told", () => {
    const keys = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" };
    const set = { ATTACHMENTS_URL: "s3://bucket", ...keys, AWS_SESSION_TOKEN: "hush\nhush" };
    const problems = problemsOf(set);
    expect(problems).toEqual([expect.stringMatching(/^AWS_SESSION_TOKEN must be in one line/)]);
    expect(problems.join()).not.toContain("hush");
  });

  test("a remote service needs its token", () => {
    expect(problemsOf({ TICKETS_API_URL: "https://api.example.com" })).toEqual([
      expect.stringMatching(/^TICKETS_API_TOKEN is needed/),
    ]);
  });

  test("what does nothing, as what it is for is off, is named", () => {
    const set = {
      TICKETS_API_POLL_MS: "15000",
      SLACK_API_URL: "http://x",
      DISCORD_API_URL: "http://x",
    };
    expect(readConfig(set).ignored).toEqual([
      "SLACK_API_URL",
      "DISCORD_API_URL",
      "TICKETS_API_POLL_MS",
    ]);
    const remote = { TICKETS_API_URL: "https://api.example.com", TICKETS_API_TOKEN: "secret" };
    expect(readConfig({ ...slack, ...discord, ...remote, ...set }).ignored).toEqual([]);
  });
});

describe("the configuration of Slack", () => {
  test("takes either way by which Slack reaches us", () => {
    expect(readConfig(slack).slack).toEqual({ botToken: "xoxb-secret", appToken: "xapp-secret" });
    const overHttp = { SLACK_BOT_TOKEN: "xoxb-secret", SLACK_SIGNING_SECRET: "secret" };
    expect(readConfig(overHttp).slack).toEqual({
      botToken: "xoxb-secret",
      signingSecret: "secret",
    });
  });

  test("a bot token alone is answered with both ways, and what each is for", () => {
    expect(problemsOf({ SLACK_BOT_TOKEN: "xoxb-secret" })).toEqual([
      expect.stringMatching(
        /^SLACK_BOT_TOKEN .*SLACK_APP_TOKEN for Socket Mode.*SLACK_SIGNING_SECRET for requests/,
      ),
    ]);
  });

  test.each([
    ["SLACK_APP_TOKEN", "xapp-secret"],
    ["SLACK_SIGNING_SECRET", "secret"],
    ["TRIAGE", "slack:C0123ABC"],
  ])("%s without a bot token is told, and not passed over", (name, value) => {
    expect(problemsOf({ [name]: value })).toEqual([
      expect.stringMatching(`^SLACK_BOT_TOKEN is needed with ${name}`),
    ]);
  });

  test.each(["slack:#support", "slack:U0123ABC", "C0123ABC", "discord:#support", "discord:123"])(
    "TRIAGE=%s is refused in words",
    (TRIAGE) => {
      expect(problemsOf({ ...slack, ...discord, TRIAGE })).toEqual([
        expect.stringMatching("^TRIAGE must be slack: or discord:, and a channel's id"),
      ]);
    },
  );
});

describe("the configuration of Discord", () => {
  test("is a token, and triage there needs it", () => {
    const TRIAGE = "discord:123456789012345678";
    expect(readConfig({ ...discord, TRIAGE })).toMatchObject({
      discord: { token: "MTIz.secret.secret" },
      settings: { routes: [{ to: [{ platform: "discord", where: "123456789012345678" }] }] },
    });
    expect(problemsOf({ TRIAGE })).toEqual([
      expect.stringMatching(/^DISCORD_TOKEN is needed with TRIAGE/),
    ]);
  });

  test("a token that is none is told without it", () => {
    const problems = problemsOf({ DISCORD_TOKEN: "my secret" });
    expect(problems).toEqual([expect.stringMatching(/^DISCORD_TOKEN must be a bot's token/)]);
    expect(problems.join()).not.toContain("secret");
  });
});

describe("deskhand.yaml", () => {
  const written = async (text: string) => {
    const path = join(await temporaryFolder(), "deskhand.yaml");
    await writeFile(path, text);
    return path;
  };

  test("is read where it is usually, or where DESKHAND_CONFIG says", async () => {
    const usual = await written("replies: explicit");
    const other = await written("replies: thread\ndeliveries: { deadAfterHours: 1 }");
    expect(readConfig({}, usual).settings.replies).toBe("explicit");
    expect(readConfig({ DESKHAND_CONFIG: other }, usual).settings).toMatchObject({
      replies: "thread",
      deliveries: { deadAfterMs: 3_600_000 },
    });
    expect(readConfig({}, join(await temporaryFolder(), "none.yaml")).settings.replies).toBe(
      "thread",
    );
  });

  test("its routes come before TRIAGE", async () => {
    const path = await written("triage: [{ to: slack:C1, category: billing }]");
    const { settings } = readConfig({ ...slack, TRIAGE: "slack:C2" }, path);
    const ticket = { priority: "low", platform: "slack" } as const;
    expect(triageFor(settings, { category: "billing", ...ticket })).toEqual([spot("C1")]);
    expect(triageFor(settings, { category: "general", ...ticket })).toEqual([spot("C2")]);
  });

  test("its problems are told with those of the variables, by file and line", async () => {
    const path = await written("replies: thread\nagents: none");
    expect(problemsOf({ PORT: "http" }, path)).toEqual([
      expect.stringMatching(/^PORT /),
      "deskhand.yaml line 2: agents must be a list of at least one agent",
    ]);
    expect(problemsOf({ DESKHAND_CONFIG: path })).toEqual([
      "DESKHAND_CONFIG line 2: agents must be a list of at least one agent",
    ]);
  });

  test("one that cannot be read is told", async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, "deskhand.yaml"));
    expect(problemsOf({}, join(folder, "deskhand.yaml"))).toEqual([
      "deskhand.yaml must be a file that can be read (EISDIR)",
    ]);
    expect(problemsOf({ DESKHAND_CONFIG: join(folder, "none") })).toEqual([
      "DESKHAND_CONFIG must be a file that can be read (ENOENT)",
    ]);
  });

  test("routes to Slack need Slack", async () => {
    expect(problemsOf({}, await written("triage: [{ to: slack:C1 }]"))).toEqual([
      expect.stringMatching(/^SLACK_BOT_TOKEN is needed with triage on Slack/),
    ]);
  });
});
