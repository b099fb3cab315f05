import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { WebClient } from "@slack/web-api";
import { Ajv } from "ajv";
import { parseSync, Visitor } from "oxc-parser";
import { describe, expect, test } from "vitest";
import { subscriptions } from "../../adapters/slack/events.ts";
import { featureScopes, methodScopes, neededScopes } from "../../adapters/slack/scopes.ts";
import { command, shortcut } from "../../adapters/slack/ticket-command.ts";
import { knownEvents, scopeOfEvent } from "../fakes/slack/scopes.ts";
import { manifest, rawManifest } from "./manifest.ts";

const folder = fileURLToPath(new URL("../../adapters/slack/", import.meta.url));

/** All of the adapter but the table itself. */
const sources = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts") && name !== "scopes.ts")
  .map((name) => ({ name, text: readFileSync(join(folder, name), "utf8") }));

/** The names of all methods that the SDK has: `chat.postMessage`, … */
function methodsOf(from: object, path: string[] = []): string[] {
  return Object.entries(from).flatMap(([name, value]): string[] => {
    const whole = [...path, name];
    if (typeof value === "function") return path.length === 0 ? [] : [whole.join(".")];
    const isGroup = typeof value === "object" && value?.constructor === Object;
    return isGroup ? methodsOf(value, whole) : [];
  });
}

const known = new Set(methodsOf(new WebClient()));

/** `web.chat.postMessage` as its names; what else it begins with is left out. */
function chainOf(node: unknown): string[] {
  const { type, name, object, property }: Record<string, unknown> = Object(node);
  if (type === "Identifier") return [String(name)];
  if (type !== "MemberExpression") return [];
  return [...chainOf(object), String(Object(property).name)];
}

interface Used {
  methods: Set<string>;
  /** Names of properties that are given to something. */
  properties: Set<string>;
}

/** What a source calls by name, `web.chat.postMessage()`, or names in a text, `"chat.postMessage"`. */
function usedIn({ name, text }: { name: string; text: string }): Used {
  const { program, errors } = parseSync(name, text);
  expect(errors, name).toEqual([]);
  const used: Used = { methods: new Set(), properties: new Set() };
  new Visitor({
    CallExpression({ callee }) {
      const chain = chainOf(callee);
      const ends = chain.map((_, index) => chain.slice(index).join("."));
      const called = ends.find((end) => known.has(end));
      if (called !== undefined) used.methods.add(called);
    },
    Literal({ value }) {
      if (typeof value === "string" && known.has(value)) used.methods.add(value);
    },
    Property({ key }) {
      if (key.type === "Identifier") used.properties.add(key.name);
    },
  }).visit(program);
  return used;
}

const used = sources.map(usedIn);
const methods = new Set(used.flatMap((each) => [...each.methods]));

const sorted = (all: Iterable<string>) => [...all].sort();

describe("the manifest", () => {
  test("is one that Slack takes", () => {
    const path = new URL("../fixtures/slack-manifest.schema.json", import.meta.url);
    const schema: object = JSON.parse(readFileSync(path, "utf8"));
    const ajv = new Ajv({ strict: false, validateFormats: false });
    const isValid = ajv.compile(schema);
    expect(isValid(rawManifest), ajv.errorsText(isValid.errors)).toBe(true);
    const wrong = { ...Object(rawManifest), display_information: { description: "no name" } };
    expect(isValid(wrong)).toBe(false);
  });

  test("subscribes to the events that the adapter reads, and to no others", () => {
    const events = subscriptions.map(({ event }) => event);
    expect(manifest.settings.event_subscriptions.bot_events).toEqual(sorted(events));
  });

  test("asks for the scopes that are needed, and for no others", () => {
    expect(manifest.oauth_config.scopes.bot).toEqual(neededScopes);
  });

  test("has the command and the shortcut that are listened to, and no others", () => {
    expect(manifest.features.slash_commands).toMatchObject([
      { command, should_escape: false, usage_hint: expect.stringContaining("list") },
    ]);
    expect(manifest.features.shortcuts).toMatchObject([
      { callback_id: shortcut, type: "message", name: "Open a ticket" },
    ]);
  });

  test("lets people write to the bot, press its buttons, and needs no public address", () => {
    expect(manifest.features.app_home).toEqual({
      home_tab_enabled: true,
      messages_tab_enabled: true,
      messages_tab_read_only_enabled: false,
    });
    expect(manifest.features.bot_user.always_online).toBe(true);
    expect(manifest.settings.interactivity.is_enabled).toBe(true);
    expect(manifest.settings.socket_mode_enabled).toBe(true);
  });
});

describe("what the bot is allowed", () => {
  test("is known of every method that is called, and of no other", () => {
    expect(sorted(methods)).toEqual(sorted(Object.keys(methodScopes)));
  });

  test("is what Slack asks for with each event", () => {
    for (const { event, scope } of subscriptions) {
      expect(knownEvents).toContain(event);
      expect(scope, event).toBe(scopeOfEvent(event) ?? null);
    }
  });

  test("has what messages under another name need exactly when there are some", () => {
    const properties = used.flatMap((each) => [...each.properties]);
    const isCustomized = properties.includes("username") || properties.includes("icon_url");
    expect(featureScopes.includes("chat:write.customize")).toBe(isCustomized);
  });
});
