/** What Deskhand is deployed with, read as far as it can be held to the code. */
import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { parseSync, Visitor } from "oxc-parser";
import { parse } from "yaml";
import { z } from "zod";

export const textOf = (file: string): string =>
  readFileSync(new URL(`../${file}`, import.meta.url), "utf8");

/** The names of all variables that `src/config.ts` reads. */
export function variablesRead(): Set<string> {
  const names = new Set<string>();
  const isVariable = (name: string) => /^[A-Z]+(?:_[A-Z]+)*$/.test(name);
  new Visitor({
    Property({ key }) {
      if (key.type === "Identifier" && isVariable(key.name)) names.add(key.name);
    },
    MemberExpression({ object, property }) {
      const isOfSet = object.type === "Identifier" && object.name === "set";
      if (isOfSet && property.type === "Identifier" && isVariable(property.name))
        names.add(property.name);
    },
  }).visit(parseSync("config.ts", textOf("src/config.ts")).program);
  return names;
}

/** A number that a file of the code has by this name. */
export function numberIn(file: string, name: string): number {
  const [, digits] = new RegExp(`\\b${name}(?: = |: )(\\d[\\d_]*)\\b`).exec(textOf(file)) ?? [];
  if (digits === undefined) throw new Error(`${file} has no number ${name}`);
  return Number(digits.replaceAll("_", ""));
}

export const packageJson = z
  .object({
    engines: z.object({ node: z.string() }),
    bin: z.object({ deskhand: z.string() }),
    scripts: z.record(z.string(), z.string()),
    devDependencies: z.record(z.string(), z.string()),
  })
  .parse(JSON.parse(textOf("package.json")));

/** The names that are set in it, also where they are blank. */
export const exampleEnv: Record<string, string> = Object.fromEntries(
  Object.entries(parseEnv(textOf(".env.example"))).map(([name, value]) => [name, value ?? ""]),
);

export interface Instruction {
  name: string;
  rest: string;
}

/** The stages of the Dockerfile, each from its FROM on; what stands before the first is left out. */
export function dockerStages(): Instruction[][] {
  const lines = textOf("Dockerfile").replaceAll(/\\\n/g, " ").split("\n");
  const stages: Instruction[][] = [];
  for (const line of lines) {
    const [, name, rest] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    if (name === undefined || rest === undefined) continue;
    if (name === "FROM") stages.push([]);
    stages.at(-1)?.push({ name, rest });
  }
  return stages;
}

/** What the instructions of this name say, in order. */
export const saidBy = (stage: readonly Instruction[], name: string): string[] =>
  stage.filter((instruction) => instruction.name === name).map(({ rest }) => rest);

/** What `.dockerignore` does not keep out of a build. */
export function dockerContext(): string[] {
  const lines = textOf(".dockerignore").split("\n");
  const rules = lines.filter((line) => line !== "" && !line.startsWith("#"));
  if (rules[0] !== "*" || rules.slice(1).some((rule) => !rule.startsWith("!")))
    throw new Error(".dockerignore keeps out everything first, and lets in what is needed");
  return rules.slice(1).map((rule) => rule.slice(1));
}

const environmentSchema = z.record(z.string(), z.coerce.string());

const serviceSchema = z.looseObject({
  image: z.string(),
  build: z.string().exactOptional(),
  ports: z.array(z.string()).default([]),
  env_file: z.string().exactOptional(),
  environment: environmentSchema.default({}),
  volumes: z.array(z.string()).default([]),
  stop_grace_period: z.string().exactOptional(),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  healthcheck: z.object({ test: z.array(z.string()) }).exactOptional(),
});

const composeSchema = z.object({
  services: z.record(z.string(), serviceSchema),
  volumes: z.record(z.string(), z.null()),
});

/** `compose.yaml`, its variables filled in from these as compose does; one that is blank throws. */
export function compose(variables: Readonly<Record<string, string>>) {
  const text = textOf("compose.yaml").replaceAll(/\$\{(\w+):\?[^}]+\}/g, (_, name: string) => {
    const value = variables[name];
    if (!value) throw new Error(`compose refuses: ${name} is not set`);
    return value;
  });
  return composeSchema.parse(parse(text, { merge: true }));
}

/** The variables that `compose.yaml` has filled in; each of them as `${NAME:?why}`, so that it must be set. */
export function composeVariables(): { name: string; mustBeSet: boolean }[] {
  const found = textOf("compose.yaml").matchAll(/\$\{?(\w+)(:\?)?/g);
  return [...found].map(([, name = "", required]) => ({ name, mustBeSet: required !== undefined }));
}

/** The settings of the unit by name, each with all its values in order. */
export function unitSettings(): Map<string, string[]> {
  const settings = new Map<string, string[]>();
  for (const line of textOf("deploy/deskhand.service").split("\n")) {
    const [, name, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined)
      settings.set(name, [...(settings.get(name) ?? []), value]);
  }
  return settings;
}

/** Of `15s` and `1m`, as compose writes them. */
export function durationMs(text: string | undefined): number {
  const [, count, unit] = /^(\d+)(s|m)$/.exec(text ?? "") ?? [];
  if (count === undefined) throw new Error(`${text} is no duration`);
  return Number(count) * (unit === "m" ? 60_000 : 1_000);
}
