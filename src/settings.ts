import { createRequire } from "node:module";
import type * as Yaml from "yaml";
import { z } from "zod";
import type { Spot } from "./desk/open.ts";
import type { FileRules } from "./desk/ports.ts";
import { limits } from "./tickets/limits.ts";
import { type Category, categories, type Priority, priorities } from "./tickets/ticket.ts";

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
  to: Spot;
  category?: readonly Category[];
  priority?: readonly Priority[];
}

/** Where the agents of such a ticket are; nowhere, when no route fits. */
export function triageFor(
  { routes }: Pick<Settings, "routes">,
  { category, priority }: { category: Category; priority: Priority },
): Spot[] {
  const fits = (route: Route) =>
    (route.category?.includes(category) ?? true) && (route.priority?.includes(priority) ?? true);
  const route = routes.find(fits);
  return route ? [route.to] : [];
}

/** The agents whom the settings list on one platform; undefined when they list none at all. */
export const agentsOn = (
  { agents }: Pick<Settings, "agents">,
  platform: string,
): string[] | undefined =>
  agents?.filter((agent) => agent.platform === platform).map(({ who }) => who);

/** Where on one platform agents' threads may be, each once. */
export const triageOn = ({ routes }: Pick<Settings, "routes">, platform: string): string[] => [
  ...new Set(routes.filter(({ to }) => to.platform === platform).map(({ to }) => to.where)),
];

const replyModes = ["thread", "explicit"] as const;

const mibBytes = 1024 * 1024;
const hourMs = 60 * 60_000;

const channelExpected = "must be slack: and a channel's id, not its name: slack:C0123ABC";

/** `slack:C0123ABC`: a channel on a platform. */
export const spotSchema = z.string({ error: channelExpected }).transform((text, context): Spot => {
  const where = /^slack:([CG][A-Z0-9]+)$/.exec(text.trim())?.[1];
  if (where !== undefined) return { platform: "slack", where };
  const isLater = text.trim().startsWith("discord:");
  const message = isLater
    ? "must not be on Discord: it comes with a later version"
    : channelExpected;
  context.addIssue({ code: "custom", message });
  return z.NEVER;
});

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

const userExpected = "must be the id of a Slack user or user group: U0123ABC or S0123ABC";
const idExpected = `must be text of 1 to ${limits.idLength} characters; numbers go in quotes`;

const agentSchema = section({
  slack: z.string({ error: userExpected }).regex(/^[UWS][A-Z0-9]+$/, { error: userExpected }),
  id: z
    .string({ error: idExpected })
    .trim()
    .min(1, { error: idExpected })
    .max(limits.idLength, { error: idExpected })
    .exactOptional(),
});

const routeSchema = section({
  to: spotSchema,
  category: someOf(categories),
  priority: someOf(priorities),
});

const typeExpected = 'must be a MIME type, or all of a kind: "application/pdf", "image/*"';

const fileSchema = section({
  replies: z.enum(replyModes, { error: `must be ${replyModes.join(" or ")}` }).default("thread"),
  agents: list(agentSchema, "agent")
    .superRefine((agents, context) => {
      for (const [index, { slack }] of agents.entries())
        if (agents.findIndex((other) => other.slack === slack) < index)
          context.addIssue({ code: "custom", path: [index, "slack"], message: "is listed before" });
    })
    .exactOptional(),
  triage: list(routeSchema, "route")
    .superRefine((routes, context) => {
      const index = routes.findIndex(({ category, priority }) => !category && !priority);
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
    agents: file.agents?.map(({ slack, ...given }) => ({
      platform: "slack",
      who: slack,
      ...given,
    })),
    routes: [...file.triage, ...(otherwise ? [{ to: otherwise }] : [])],
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
