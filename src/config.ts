import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { z } from "zod";
import type { AttachmentsConfig } from "./attachments/open.ts";
import { type AttachmentsUrl, readAttachmentsUrl } from "./attachments-url.ts";
import type { Spot } from "./desk/open.ts";
import { type ApiToken, readApiTokens } from "./http/tokens.ts";
import { readSettings, type Settings, spotSchema, triageOn } from "./settings.ts";

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
const withoutSlash = (url: string): string => url.replace(/\/+$/, "");
const portError = "must be a port, 0 to 65535; 0 takes a free one";
const token = (expected: string) =>
  z
    .string()
    .trim()
    .regex(new RegExp(`^${expected}[\\x21-\\x7e]+$`), {
      error: `must begin with ${expected}, and have no spaces in it`,
    });

const discordTokenExpected =
  "must be a bot's token, three parts with dots between them: Reset Token on the app's Bot page shows one";
const limitError = "must be a whole number of requests per minute, or off";
const pollError = "must be a whole number of milliseconds, 1000 to 3600000";
const databaseExpected =
  "must be an address of PostgreSQL: postgresql://user:password@host:5432/name";
const connectionsError = "must be a whole number of connections, 1 to 1000";

/** What stands in the header of a request: an error there would quote it. */
const credential = z
  .string()
  .trim()
  .regex(/^[\x21-\x7e]*$/, { error: "must be in one line, without blanks: paste it once more" });

/** Every variable that is read, and what is expected of it. */
const variables = z.object({
  HOST: z.string().default("127.0.0.1"),
  PORT: wholeNumber(0, 65_535, portError).default(3000),
  PUBLIC_URL: httpUrl.transform(withoutSlash).exactOptional(),
  DATA_DIR: z.string().default("./data"),
  DATABASE_URL: z
    .url({ protocol: /^postgres(?:ql)?$/, error: databaseExpected })
    .refine((url) => new URL(url).pathname.length > 1, { error: databaseExpected })
    .exactOptional(),
  DATABASE_CONNECTIONS: wholeNumber(1, 1_000, connectionsError).default(10),
  ATTACHMENTS_URL: z
    .string()
    .transform((url, context): AttachmentsUrl => {
      const read = readAttachmentsUrl(url);
      if ("place" in read) return read.place;
      for (const message of read.problems) context.addIssue(message);
      return z.NEVER;
    })
    .exactOptional(),
  AWS_ACCESS_KEY_ID: credential.exactOptional(),
  AWS_SECRET_ACCESS_KEY: credential.exactOptional(),
  AWS_SESSION_TOKEN: credential.exactOptional(),
  AWS_REGION: z.string().trim().exactOptional(),
  AWS_DEFAULT_REGION: z.string().trim().exactOptional(),
  API_TOKENS: z.string().exactOptional(),
  API_RATE_LIMIT: z
    .union([z.literal("off"), wholeNumber(1, 1_000_000_000, limitError)], { error: limitError })
    .default(600),
  LOG_LEVEL: z.enum(logLevels, { error: `must be one of ${logLevels.join(", ")}` }).default("info"),
  TRIAGE: spotSchema.exactOptional(),
  SLACK_BOT_TOKEN: token("xoxb-").exactOptional(),
  SLACK_APP_TOKEN: token("xapp-").exactOptional(),
  SLACK_SIGNING_SECRET: z.string().trim().exactOptional(),
  SLACK_API_URL: httpUrl.exactOptional(),
  DISCORD_TOKEN: z
    .string()
    .trim()
    .regex(/^[\w-]+\.[\w-]+\.[\w-]+$/, { error: discordTokenExpected })
    .exactOptional(),
  DISCORD_API_URL: httpUrl.transform(withoutSlash).exactOptional(),
  TICKETS_API_URL: httpUrl.exactOptional(),
  TICKETS_API_TOKEN: z.string().exactOptional(),
  TICKETS_API_REPLIES: z
    .enum(replyModes, { error: `must be one of ${replyModes.join(", ")}` })
    .default("put-threads"),
  TICKETS_API_POLL_MS: wholeNumber(1_000, 3_600_000, pollError).default(15_000),
});

export interface Config {
  host: string;
  port: number;
  /** How others reach it; from host and port when it is not set. */
  publicUrl: string | undefined;
  /** Absolute. */
  dataDir: string;
  /** Undefined: tickets are kept in the data folder. */
  database: DatabaseConfig | undefined;
  /** Undefined: made at first start, and kept in the data folder. */
  apiTokens: readonly ApiToken[] | undefined;
  /** Undefined: in the data folder, which no other process has. */
  attachments: AttachmentsConfig | undefined;
  /** Requests per minute and caller; undefined for no limit. */
  rateLimit: number | undefined;
  logLevel: (typeof logLevels)[number];
  /** Undefined: there is no other ticket service. */
  remote: RemoteConfig | undefined;
  /** Undefined: Slack is off. */
  slack: SlackConfig | undefined;
  /** Undefined: Discord is off. */
  discord: DiscordConfig | undefined;
  /** Of `deskhand.yaml`, with TRIAGE as the last of its routes. */
  settings: Settings;
  /** Variables that are set and do nothing, as what they are for is off. */
  ignored: string[];
  /** By `npm start` or `npx`, whose shell may end without telling us. */
  startedByNpm: boolean;
}

interface DatabaseConfig {
  /** With a password in it. */
  url: string;
  /** How many there are at most, beside the one that holds the database. */
  connections: number;
}

export interface RemoteConfig {
  url: string;
  token: string;
  /** How replies get there. */
  replies: (typeof replyModes)[number];
  /** How long to wait from one look at its tickets to the next. */
  pollMs: number;
}

export interface SlackConfig {
  botToken: string;
  /** With it, Socket Mode; else HTTP, signed with the secret. One of them is there. */
  appToken?: string;
  signingSecret?: string;
  /** Another Web API base. */
  apiUrl?: string;
}

export interface DiscordConfig {
  token: string;
  /** Another address of its HTTP API. */
  apiUrl?: string;
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

/**
 * Reads the environment, and the files `.env` and `deskhand.yaml` beside package.json. Throws a
 * ConfigError.
 */
export function loadConfig(): Config {
  const environment = { ...readEnvFile(join(packageFolder, ".env")), ...given(process.env) };
  return readConfig(environment, join(packageFolder, settingsName));
}

/** A blank variable is one that is not set. */
const given = (environment: Environment) =>
  Object.fromEntries(Object.entries(environment).filter(([, value]) => value?.trim()));

/**
 * `settingsFile` is read when it is there, and DESKHAND_CONFIG names no other. Throws a ConfigError
 * that lists every problem at once.
 */
export function readConfig(environment: Environment, settingsFile?: string): Config {
  const set = given(environment);
  const parsed = variables.safeParse(set);
  const tokens = apiTokensOf(set);
  const read = settingsOf(set.DESKHAND_CONFIG, settingsFile, parsed.data?.TRIAGE);
  const routes = "settings" in read ? read.settings.routes : [];
  const problems = [
    ...(parsed.error?.issues ?? []).map((issue) => `${String(issue.path[0])} ${issue.message}`),
    ...tokens.problems,
    ...missing(set, routes),
    ...("problems" in read ? read.problems : []),
  ];
  if (!parsed.success || "problems" in read || problems.length > 0) throw new ConfigError(problems);
  const { data } = parsed;
  return {
    host: data.HOST,
    port: data.PORT,
    publicUrl: data.PUBLIC_URL,
    dataDir: resolve(data.DATA_DIR),
    database: databaseOf(data),
    apiTokens: tokens.tokens,
    attachments: attachmentsOf(data),
    rateLimit: data.API_RATE_LIMIT === "off" ? undefined : data.API_RATE_LIMIT,
    logLevel: data.LOG_LEVEL,
    remote: remoteOf(data),
    slack: slackOf(data),
    discord: discordOf(data),
    settings: read.settings,
    ignored: ignoredOf(set),
    startedByNpm: set.npm_lifecycle_event !== undefined,
  };
}

function apiTokensOf({ API_TOKENS }: Environment): { tokens?: ApiToken[]; problems: string[] } {
  if (API_TOKENS === undefined) return { problems: [] };
  const read = readApiTokens(API_TOKENS);
  return "tokens" in read
    ? { tokens: read.tokens, problems: [] }
    : { problems: [`API_TOKENS ${read.problem}`] };
}

/** What is set does not work without something else. */
function missing(set: Environment, routes: Settings["routes"]): string[] {
  const {
    TICKETS_API_URL,
    TICKETS_API_TOKEN,
    SLACK_BOT_TOKEN,
    SLACK_APP_TOKEN,
    SLACK_SIGNING_SECRET,
    DISCORD_TOKEN,
  } = set;
  const problems = missingOfBucket(set);
  if (TICKETS_API_URL && !TICKETS_API_TOKEN)
    problems.push("TICKETS_API_TOKEN is needed with TICKETS_API_URL: the token of that service");
  if (SLACK_BOT_TOKEN && !SLACK_APP_TOKEN && !SLACK_SIGNING_SECRET)
    problems.push(
      "SLACK_BOT_TOKEN needs one more, by which Slack reaches this machine: SLACK_APP_TOKEN for Socket Mode, which works behind any firewall, or SLACK_SIGNING_SECRET for requests to PUBLIC_URL/slack/events",
    );
  const slackUser = ["SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"].find((name) => set[name]);
  const needing = (platform: string) => triageNeeding(platform, set, routes);
  const user = SLACK_BOT_TOKEN ? undefined : (slackUser ?? needing("slack"));
  if (user) problems.push(`SLACK_BOT_TOKEN is needed with ${user}: without it, Slack is off`);
  const other = DISCORD_TOKEN ? undefined : needing("discord");
  if (other) problems.push(`DISCORD_TOKEN is needed with ${other}: without it, Discord is off`);
  return problems;
}

function missingOfBucket(set: Environment): string[] {
  if (!set.ATTACHMENTS_URL?.trim().startsWith("s3:")) return [];
  const names = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].filter((name) => !set[name]);
  return names.map(
    (name) => `${name} is needed with ATTACHMENTS_URL=s3://…: a key that may use the bucket`,
  );
}

/** What puts agents on a platform, if anything does. */
function triageNeeding(
  platform: string,
  { TRIAGE }: Environment,
  routes: Settings["routes"],
): string | undefined {
  if (TRIAGE?.trim().startsWith(`${platform}:`)) return "TRIAGE";
  const name = platform === "slack" ? "Slack" : "Discord";
  return triageOn({ routes }, platform).length > 0 ? `triage on ${name}` : undefined;
}

/** Where a platform or the ticket service is off, what says more of it does nothing. */
const ignoredOf = (set: Environment): string[] =>
  [
    ...(set.SLACK_BOT_TOKEN ? [] : ["SLACK_API_URL"]),
    ...(set.DISCORD_TOKEN ? [] : ["DISCORD_API_URL"]),
    ...(set.TICKETS_API_URL ? [] : ["TICKETS_API_POLL_MS"]),
    ...(set.DATABASE_URL ? [] : ["DATABASE_CONNECTIONS"]),
  ].filter((name) => name in set);

const settingsName = "deskhand.yaml";

/** Problems begin with where they are: "deskhand.yaml line 3: …". */
function settingsOf(
  path: string | undefined,
  usualFile: string | undefined,
  triage: Spot | undefined,
): { settings: Settings } | { problems: string[] } {
  const name = path === undefined ? settingsName : "DESKHAND_CONFIG";
  const usual = usualFile !== undefined && existsSync(usualFile) ? usualFile : undefined;
  try {
    const file = path ?? usual;
    const read = readSettings(file === undefined ? undefined : readFileSync(file, "utf8"), triage);
    if ("settings" in read) return read;
    return { problems: read.problems.map((problem) => `${name} ${problem}`) };
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    return { problems: [`${name} must be a file that can be read (${error.code})`] };
  }
}

function attachmentsOf(data: z.output<typeof variables>): AttachmentsConfig | undefined {
  const { ATTACHMENTS_URL: place, AWS_SESSION_TOKEN: sessionToken } = data;
  if (place?.kind !== "bucket") return place;
  const { AWS_REGION: region, AWS_DEFAULT_REGION: usual } = data;
  return {
    ...place,
    region: place.region ?? region ?? usual ?? "us-east-1",
    credentials: {
      accessKeyId: data.AWS_ACCESS_KEY_ID ?? "",
      secretAccessKey: data.AWS_SECRET_ACCESS_KEY ?? "",
      ...(sessionToken !== undefined && { sessionToken }),
    },
  };
}

function slackOf(data: z.output<typeof variables>): SlackConfig | undefined {
  const {
    SLACK_BOT_TOKEN: botToken,
    SLACK_APP_TOKEN: appToken,
    SLACK_SIGNING_SECRET: signingSecret,
    SLACK_API_URL: apiUrl,
  } = data;
  if (botToken === undefined) return undefined;
  return {
    botToken,
    ...(appToken === undefined ? {} : { appToken }),
    ...(signingSecret === undefined ? {} : { signingSecret }),
    ...(apiUrl === undefined ? {} : { apiUrl }),
  };
}

function discordOf(data: z.output<typeof variables>): DiscordConfig | undefined {
  const { DISCORD_TOKEN: token, DISCORD_API_URL: apiUrl } = data;
  if (token === undefined) return undefined;
  return apiUrl === undefined ? { token } : { token, apiUrl };
}

const databaseOf = ({
  DATABASE_URL: url,
  DATABASE_CONNECTIONS: connections,
}: z.output<typeof variables>): Config["database"] =>
  url === undefined ? undefined : { url, connections };

function remoteOf(data: z.output<typeof variables>): Config["remote"] {
  const {
    TICKETS_API_URL: url,
    TICKETS_API_TOKEN: token,
    TICKETS_API_REPLIES: replies,
    TICKETS_API_POLL_MS: pollMs,
  } = data;
  return url === undefined || token === undefined ? undefined : { url, token, replies, pollMs };
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
