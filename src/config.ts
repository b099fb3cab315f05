import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { z } from "zod";
import { type ApiToken, readApiTokens } from "./http/tokens.ts";

const logLevels = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;
const replyModes = ["put-threads", "post-thread", "off"] as const;

function wholeNumber(min: number, max: number, error: string) {
  const inRange = (value: number) => value >= min && value <= max;
  return z
    .string({ error })
    .regex(/^\d{1,15}$/, { error, abort: true })
    .transform(Number)
    .refine(inRange, { error });
}

const httpUrl = z.url({ protocol: /^https?$/, error: "must be an http(s) address" });
const portError = "must be a port, 0 to 65535; 0 takes a free one";
const limitError = "must be a whole number of requests per minute, or off";
const notYetPostgres =
  "must not be set: this version keeps tickets in DATA_DIR only, PostgreSQL is not part of it yet";

/** Every variable that is read, and what is expected of it. */
const variables = z
  .object({
    HOST: z.string().default("127.0.0.1"),
    PORT: wholeNumber(0, 65_535, portError).default(3000),
    PUBLIC_URL: httpUrl.exactOptional(),
    DATA_DIR: z.string().default("./data"),
    DATABASE_URL: z.never({ error: notYetPostgres }).exactOptional(),
    API_TOKENS: z.string().exactOptional(),
    API_RATE_LIMIT: z
      .union([z.literal("off"), wholeNumber(1, 1_000_000_000, limitError)], { error: limitError })
      .default(600),
    LOG_LEVEL: z
      .enum(logLevels, { error: `must be one of ${logLevels.join(", ")}` })
      .default("info"),
    TICKETS_API_URL: httpUrl.exactOptional(),
    TICKETS_API_TOKEN: z.string().exactOptional(),
    TICKETS_API_REPLIES: z
      .enum(replyModes, { error: `must be one of ${replyModes.join(", ")}` })
      .default("put-threads"),
  })
  .refine(({ TICKETS_API_URL, TICKETS_API_TOKEN }) => !TICKETS_API_URL || TICKETS_API_TOKEN, {
    path: ["TICKETS_API_TOKEN"],
    error: "is needed with TICKETS_API_URL: the token of that service",
  });

/** Promised, and not part of this version: whoever sets one should hear that it does nothing. */
const notYet = [
  "TRIAGE",
  "SLACK_BOT_TOKEN",
  "SLACK_APP_TOKEN",
  "SLACK_SIGNING_SECRET",
  "SLACK_API_URL",
  "DISCORD_TOKEN",
  "DISCORD_API_URL",
  "TICKETS_API_POLL_MS",
  "DESKHAND_CONFIG",
];

export interface Config {
  host: string;
  port: number;
  /** How others reach it; from host and port when it is not set. */
  publicUrl: string | undefined;
  /** Absolute. */
  dataDir: string;
  /** Undefined: made at first start, and kept in the data folder. */
  apiTokens: readonly ApiToken[] | undefined;
  /** Requests per minute and caller; undefined for no limit. */
  rateLimit: number | undefined;
  logLevel: (typeof logLevels)[number];
  remote: { url: string; token: string; replies: (typeof replyModes)[number] } | undefined;
  /** Variables that are set and do nothing in this version. */
  ignored: string[];
  /** By `npm start` or `npx`, whose shell may end without telling us. */
  startedByNpm: boolean;
}

/** The configuration is wrong; the message lists everything that is, and no value of it. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(["The configuration is wrong:", ...problems].join("\n  "));
    this.problems = problems;
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the environment, and the `.env` file beside package.json. Throws a ConfigError. */
export function loadConfig(): Config {
  return readConfig({ ...readEnvFile(join(packageFolder, ".env")), ...given(process.env) });
}

/** A blank variable is one that is not set. */
const given = (environment: Environment) =>
  Object.fromEntries(Object.entries(environment).filter(([, value]) => value?.trim()));

/** Throws a ConfigError that lists every problem at once. */
export function readConfig(environment: Environment): Config {
  const set = given(environment);
  const parsed = variables.safeParse(set);
  const tokens = set.API_TOKENS === undefined ? undefined : readApiTokens(set.API_TOKENS);
  const problems = [
    ...(parsed.error?.issues ?? []).map((issue) => `${String(issue.path[0])} ${issue.message}`),
    ...(tokens && "problem" in tokens ? [`API_TOKENS ${tokens.problem}`] : []),
  ];
  if (!parsed.success || (tokens && "problem" in tokens)) throw new ConfigError(problems);
  const { data } = parsed;
  return {
    host: data.HOST,
    port: data.PORT,
    publicUrl: data.PUBLIC_URL?.replace(/\/+$/, ""),
    dataDir: resolve(data.DATA_DIR),
    apiTokens: tokens?.tokens,
    rateLimit: data.API_RATE_LIMIT === "off" ? undefined : data.API_RATE_LIMIT,
    logLevel: data.LOG_LEVEL,
    remote: remoteOf(data),
    ignored: notYet.filter((name) => name in set),
    startedByNpm: set.npm_lifecycle_event !== undefined,
  };
}

function remoteOf(data: z.output<typeof variables>): Config["remote"] {
  const { TICKETS_API_URL: url, TICKETS_API_TOKEN: token, TICKETS_API_REPLIES: replies } = data;
  return url === undefined || token === undefined ? undefined : { url, token, replies };
}

function readEnvFile(path: string): Environment {
  return existsSync(path) ? parseEnv(readFileSync(path, "utf8")) : {};
}

/** Where package.json is: above the sources, and above what is built of them. */
const packageFolder = folderOfPackage(import.meta.dirname);

function folderOfPackage(folder: string): string {
  if (existsSync(join(folder, "package.json"))) return folder;
  const above = dirname(folder);
  if (above === folder) throw new Error("package.json was not found above the code");
  return folderOfPackage(above);
}

const packageSchema = z.object({ version: z.string() });

export const { version } = packageSchema.parse(
  JSON.parse(readFileSync(join(packageFolder, "package.json"), "utf8")),
);
