import { onTestFinished } from "vitest";
import type { Config } from "../../src/config.ts";
import { type Running, start } from "../../src/main.ts";
import type { HandClock } from "../fakes/clock.ts";
import { keptLog } from "../log.ts";
import { AtWork } from "./at-work.ts";

/** Deskhand, as it runs in a story: time passes for it when the story lets it. */
export interface Deskhand {
  log: ReturnType<typeof keptLog>;
  url(): string;
  token(role: "agent" | "client"): string;
  /** Asks the ticket API; resolves to the body of its answer, as text. */
  asks(role: "agent" | "client", method: string, path: string, body?: unknown): Promise<string>;
  /** What keeps a platform from working, each as a sentence. */
  problems(): string[];
  /** Ends it in order, and starts it anew on the same data once what is done `meanwhile` is. */
  restart(meanwhile?: () => void | Promise<void>): Promise<void>;
  /** Lets time pass until something is found. */
  passing<Found>(look: () => Found): Promise<NonNullable<Found>>;
  /** Lets time pass until nothing is owed and nothing is on its way. */
  quiet(): Promise<void>;
}

export interface Given {
  clock: HandClock;
  /** Asked for whenever it starts. */
  config: Config | (() => Promise<Config>);
  /** How much is on its way from the platforms. */
  underway: () => number;
  /** What has to be done whenever it has started. */
  started?: (running: Running) => Promise<void>;
  /** What has to be done whenever it has ended. */
  ended?: () => void;
}

/** It ends with the test. */
export async function runDeskhand(given: Given): Promise<Deskhand> {
  const { clock, config } = given;
  const log = keptLog();
  let running: Running;
  const begin = async () => {
    const now = typeof config === "function" ? await config() : config;
    running = await starting(clock, start(now, log, worldOf(clock)));
    await given.started?.(running);
  };
  await begin();
  const end = async () => {
    await ending(clock, running);
    given.ended?.();
  };
  onTestFinished(end);
  const token = (role: "agent" | "client") =>
    running.tokens.find((each) => each.role === role)?.token ?? "";
  return {
    log,
    token,
    url: () => running.url,
    problems: () => running.problems(),
    passing: (look) => passingUntil(given, look),
    quiet: () => quietAt(given, () => running.url),
    asks: (role, method, path, body) =>
      asked(`${running.url}/v2/support-tickets${path}`, method, token(role), body),
    restart: async (meanwhile) => {
      await end();
      await meanwhile?.();
      await begin();
    },
  };
}

async function asked(url: string, method: string, token: string, body: unknown): Promise<string> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const json = body === undefined ? {} : { body: JSON.stringify(body) };
  const answer = await fetch(url, { method, headers, ...json });
  return answer.text();
}

const worldOf = (clock: HandClock) => ({
  now: () => clock.now(),
  after: (ms: number, work: () => void) => clock.after(ms, work),
  random: () => 0.5,
});

const startPatienceMs = 1_000;

/** A start that waits for something gets it: time passes once it has taken long. */
async function starting(clock: HandClock, start: Promise<Running>): Promise<Running> {
  let patience = startPatienceMs;
  const passing = setInterval(() => {
    patience -= 10;
    if (patience < 0) clock.advance(100);
  }, 10);
  return start.finally(() => clearInterval(passing));
}

/** What waits for a time that is over by then is let go. */
async function ending(clock: HandClock, running: Running): Promise<void> {
  let ended = false;
  const stop = running.stop().finally(() => {
    ended = true;
  });
  while (!ended) {
    clock.advance(100);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await stop;
}

const mostTurns = 20_000;

/** So many seconds pass before it is looked whether anything is left. */
const secondsOfQuiet = 20;

/** In so many turns in a row nothing is at work: what is between two steps of its work is found. */
const stillTurns = 10;

async function quietAt({ clock, underway }: Given, url: () => string): Promise<void> {
  const work = new AtWork(underway);
  const turn = turnsOf2Ms("it did not become quiet");
  do {
    for (let passed = 0; passed < secondsOfQuiet; await turn()) passed += secondIn(clock, work);
    for (let still = 0; still < stillTurns; await turn()) still = work.isAtWork() ? 0 : still + 1;
  } while ((await owesAnything(url())) || work.isAtWork());
}

function turnsOf2Ms(late: string): () => Promise<void> {
  let left = mostTurns;
  return async () => {
    left -= 1;
    if (left < 0) throw new Error(late);
    await new Promise((resolve) => setTimeout(resolve, 2));
  };
}

/** Lets a second pass, if it may: says how many have. */
function secondIn(clock: HandClock, work: AtWork): 0 | 1 {
  const mayPass = work.mayTimePass();
  clock.advance(mayPass ? 1_000 : 0);
  return mayPass ? 1 : 0;
}

async function owesAnything(url: string): Promise<boolean> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return !/^deskhand_outbox_tickets 0$/m.test(metrics);
}

/** In so many turns, a second. */
const turnsOfSecond = 20;

async function passingUntil<Found>(
  { clock, underway }: Given,
  look: () => Found,
): Promise<NonNullable<Found>> {
  const work = new AtWork(underway);
  let turns = 0;
  for (let turn = 0; turn < mostTurns; turn += 1) {
    const found = look();
    if (found) return found;
    if (work.mayTimePass()) turns += 1;
    clock.advance(turns === turnsOfSecond ? 1_000 : 0);
    if (turns === turnsOfSecond) turns = 0;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  throw new Error(`it did not happen: ${look.toString()}`);
}
