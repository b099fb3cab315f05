import { createRequire } from "node:module";
import type * as Yaml from "yaml";
import { z } from "zod";
import type { Spot, TriageCase } from "./desk/open.ts";
import type { FileRules } from "./desk/ports.ts";
import { limits } from "./tickets/limits.ts";
import { categories, priorities } from "./tickets/ticket.ts";

/** What `deskhand.yaml` says, and what holds where it says nothing. */
export interface Settings {
  /** `explicit`: what agents write in a thread is sent only when they say so. */
  replies: (typeof replyModes)[number];
  /** Undefined: who may write in the triage channel. */
  agents: readonly Agent[] | undefined;
  /** The first that fits a ticket says where its agents are. */
  routes: readonly Route[];
  attachments: FileRules & {
    /** How long a signed link is good. */
    linkMs: number;
  };
  deliveries: {
    /** What could not be delivered for so long is given up. */
    deadAfterMs: number;
  };
}

interface Agent {
  platform: string;
  /** A person, or a group of them, as the platform names them. */
  who: string;
  /** Their id in the ticket service. */
  id?: string;
}

/** What it does not name fits every ticket. */
interface Route {
  /** Each gets a thread of its own. */
  to: readonly Spot[];
  category?: readonly TriageCase["category"][];
  priority?: readonly TriageCase["priority"][];
  /** Where the requester is. */
  platform?: readonly (typeof origins)[number][];
}

/** Where the agents of such a ticket are; nowhere, when no route fits. */
export function triageFor(
  { routes }: Pick<Settings, "routes">,
  { category, priority, platform = "http" }: TriageCase,
): readonly Spot[] {
  const fits = (route: Route) =>
    (route.category?.includes(category) ?? true) &&
    (route.priority?.includes(priority) ?? true) &&
    (route.platform?.some((each) => each === platform) ?? true);
  return routes.find(fits)?.to ?? [];
}

/** The agents whom the settings list on one platform; undefined when they list none at all. */
export const agentsOn = (
  { agents }: Pick<Settings, "agents">,
  platform: string,
): string[] | undefined =>
  agents?.filter((agent) => agent.platform === platform).map(({ who }) => who);

/** Where agents' threads may be, each once. */
export const triageSpots = ({ routes }: Pick<Settings, "routes">): Spot[] => [
  ...new Map(routes.flatMap(({ to }) => to).map((spot) => [named(spot), spot])).values(),
];

const named = ({ platform, where }: Spot): string => `${platform}:${where}`;

/** The same on one platform. */
export const triageOn = (settings: Pick<Settings, "routes">, platform: string): string[] =>
  triageSpots(settings)
    .filter((spot) => spot.platform === platform)
    .map(({ where }) => where);

const replyModes = ["thread", "explicit"] as const;

const mibBytes = 1024 * 1024;
const hourMs = 60 * 60_000;

/** Where requesters are. */
const origins = ["slack", "discord", "http"] as const;

const channelExpected =
  "must be slack: or discord:, and a channel's id, not its name: slack:C0123ABC, discord:123456789012345678";

/** `slack:C0123ABC`, `discord:123456789012345678`: a channel on a platform. */
export const spotSchema = z.string({ error: channelExpected }).transform((text, context): Spot => {
  const [, slack, discord] =
    /^(?:slack:([CG][A-Z0-9]+)|discord:(\d{15,20}))$/.exec(text.trim()) ?? [];
  if (slack !== undefined) return { platform: "slack", where: slack };
  if (discord !== undefined) return { platform: "discord", where: discord };
  context.addIssue({ code: "custom", message: channelExpected });
  return z.NEVER;
});

/** Tells of what is in a list again; `within` says where in it that stands. */
const eachOnce =
  <T>(nameOf: (item: T) => string, within: (item: T) => string[] = () => []) =>
  (items: readonly T[], context: z.RefinementCtx): void => {
    const names = items.map(nameOf);
    for (const [index, item] of items.entries())
      if (names.indexOf(nameOf(item)) < index)
        context.addIssue({
          ...{ code: "custom", path: [index, ...within(item)], message: "is listed before" },
        });
  };

const spotsSchema = z
  .union([spotSchema.transform((spot) => [spot]), z.array(spotSchema).min(1)], {
    error: `${channelExpected}; or a list of them`,
  })
  .superRefine(eachOnce(named));

/** A part of the file, with names of its own. */
function section<const S extends z.core.$ZodShape>(shape: S) {
  const names = Object.keys(shape).join(", ");
  return z.strictObject(shape, {
    error: ({ code }) =>
      code === "unrecognized_keys"
        ? `is not known here; known are: ${names}`
        : `must be a section with some of: ${names}`,
  });
}

function list<T extends z.ZodType>(item: T, expected: string) {
  const error = `must be a list of at least one ${expected}`;
  return z.array(item, { error }).min(1, { error });
}

/** One, or a list of some. */
function someOf<const T extends readonly [string, ...string[]]>(options: T) {
  const choice = z.enum(options);
  const error = `must be one of ${options.join(", ")}, or a list of some of them`;
  return z
    .union([choice.transform((one) => [one]), z.array(choice).min(1)], { error })
    .exactOptional();
}

function upTo(max: number, unit: string) {
  const error = `must be a number of ${unit}, above 0 and up to ${max}`;
  return z.number({ error }).gt(0, { error }).lte(max, { error });
}

const slackExpected = "must be the id of a Slack user or user group: U0123ABC or S0123ABC";
const discordExpected = 'must be the id of a Discord user or role, in quotes: "123456789012345678"';
const oneExpected = "must have one of slack and discord: who it is";
const idExpected = `must be text of 1 to ${limits.idLength} characters; numbers go in quotes`;

const agentSchema = section({
  slack: z
    .string({ error: slackExpected })
    .regex(/^[UWS][A-Z0-9]+$/, { error: slackExpected })
    .exactOptional(),
  discord: z
    .string({ error: discordExpected })
    .regex(/^\d{15,20}$/, { error: discordExpected })
    .exactOptional(),
  id: z
    .string({ error: idExpected })
    .trim()
    .min(1, { error: idExpected })
    .max(limits.idLength, { error: idExpected })
    .exactOptional(),
}).refine(({ slack, discord }) => (slack === undefined) !== (discord === undefined), {
  error: oneExpected,
});

const routeSchema = section({
  to: spotsSchema,
  platform: someOf(origins),
  category: someOf(categories),
  priority: someOf(priorities),
});

const typeExpected = 'must be a MIME type, or all of a kind: "application/pdf", "image/*"';

const fileSchema = section({
  replies: z.enum(replyModes, { error: `must be ${replyModes.join(" or ")}` }).default("thread"),
  agents: list(agentSchema, "agent")
    .superRefine(
      eachOnce(
        ({ slack, discord }) => `${slack}:${discord}`,
        ({ slack }) => [slack === undefined ? "discord" : "slack"],
      ),
    )
    .exactOptional(),
  triage: list(routeSchema, "route")
    .superRefine((routes, context) => {
      const index = routes.findIndex((route) => Object.keys(route).length === 1);
      const message = "takes every ticket, so that the routes below it take none: make it the last";
      if (index !== -1 && index < routes.length - 1)
        context.addIssue({ code: "custom", path: [index], message });
    })
    .default([]),
  attachments: section({
    maxSizeMb: upTo(1_000, "megabytes").default(25),
    types: list(
      z.string({ error: typeExpected }).regex(/^(?:\*|[\w.+-]+)\/(?:\*|[\w.+-]+)$/, {
        error: typeExpected,
      }),
      "MIME type",
    ).exactOptional(),
    linkHours: upTo(8_760, "hours").default(72),
  }).prefault({}),
  deliveries: section({ deadAfterHours: upTo(720, "hours").default(24) }).prefault({}),
});

/**
 * Reads the text of a `deskhand.yaml`; undefined where there is none. `otherwise` is where agents
 * are for the tickets that no route of it takes. A problem begins with its line: "line 3: …".
 */
export function readSettings(
  text: string | undefined,
  otherwise?: Spot,
): { settings: Settings } | { problems: string[] } {
  const read = text === undefined ? { value: {}, lineOf: () => undefined } : readYaml(text);
  if ("problems" in read) return read;
  const parsed = fileSchema.safeParse(read.value);
  return parsed.success
    ? { settings: settingsOf(parsed.data, otherwise) }
    : { problems: parsed.error.issues.flatMap((issue) => tell(issue, read.lineOf)) };
}

function settingsOf(file: z.output<typeof fileSchema>, otherwise: Spot | undefined): Settings {
  const { maxSizeMb, types, linkHours } = file.attachments;
  return {
    replies: file.replies,
    agents: file.agents?.map(({ slack, discord, ...given }) =>
      slack === undefined
        ? { platform: "discord", who: discord ?? "", ...given }
        : { platform: "slack", who: slack, ...given },
    ),
    routes: [...file.triage, ...(otherwise ? [{ to: [otherwise] }] : [])],
    attachments: {
      maxBytes: Math.floor(maxSizeMb * mibBytes),
      allows: (type) => types?.some((pattern) => fits(type, pattern)) ?? true,
      linkMs: linkHours * hourMs,
    },
    deliveries: { deadAfterMs: file.deliveries.deadAfterHours * hourMs },
  };
}

/** Names of types are the same in any case, and their parameters say nothing about the kind. */
function fits(type: string, pattern: string): boolean {
  const name = (type: string) => type.replace(/;.*$/s, "").trim().toLowerCase().split("/");
  const [kind, subtype] = name(type);
  const [wantedKind, wantedSubtype] = name(pattern);
  const isWanted = (given: string | undefined, wanted: string | undefined) =>
    wanted === "*" || given === wanted;
  return isWanted(kind, wantedKind) && isWanted(subtype, wantedSubtype);
}

type Path = readonly PropertyKey[];
/** Of a value, or of the name under which nothing is expected. */
type LineOf = (path: Path, name?: string) => number | undefined;

function tell(issue: z.core.$ZodIssue, lineOf: LineOf): string[] {
  const { path, message } = issue;
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => at(lineOf(path, key), [...path, key], message));
  return [at(lineOf(path), path, message)];
}

function at(line: number | undefined, path: Path, message: string): string {
  const name = path.reduce<string>(
    (name, part) =>
      typeof part === "number" ? `${name}[${part}]` : `${name}${name && "."}${String(part)}`,
    "",
  );
  return `${line === undefined ? "" : `line ${line}: `}${name || "it"} ${message}`;
}

const load = createRequire(import.meta.url);

function readYaml(text: string): { value: unknown; lineOf: LineOf } | { problems: string[] } {
  // Most have no such file: they need not wait for what reads it.
  const yaml: typeof Yaml = load("yaml");
  const lines = new yaml.LineCounter();
  const document = yaml.parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const wrong = [...document.errors, ...document.warnings];
  if (wrong.length > 0)
    return {
      problems: wrong.map(({ pos, message }) => `line ${lines.linePos(pos[0]).line}: ${message}`),
    };
  try {
    // What is left blank is not given.
    const blank = (_: unknown, value: unknown) => value ?? undefined;
    return {
      value: document.toJS({ reviver: blank }) ?? {},
      lineOf: linesIn(yaml, document, lines),
    };
  } catch (error) {
    return { problems: [`cannot be read: ${error instanceof Error ? error.message : error}`] };
  }
}

function linesIn(yaml: typeof Yaml, document: Yaml.Document, lines: Yaml.LineCounter): LineOf {
  const lineOf: LineOf = (path, name) => {
    const node = document.getIn(path, true);
    const pair = yaml.isMap(node)
      ? node.items.find(({ key }) => yaml.isScalar(key) && String(key.value) === name)
      : undefined;
    const found = pair?.key ?? node;
    if (yaml.isNode(found) && found.range) return lines.linePos(found.range[0]).line;
    return path.length === 0 ? undefined : lineOf(path.slice(0, -1));
  };
  return lineOf;
}
