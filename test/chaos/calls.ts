/** Calls of Deskhand's to Slack, to Discord and to the ticket service, as far as they are alike, and what goes wrong with them. */
import { setTimeout as wait } from "node:timers/promises";
import type { ApiFault as DiscordFault } from "../fakes/discord/faults.ts";
import { record, string } from "../fakes/json.ts";
import type { ApiFault as SlackFault } from "../fakes/slack/faults.ts";
import type { Recorded } from "../fakes/ticket-api.ts";
import type { Fault as TicketFault } from "../fakes/ticket-api-faults.ts";
import type { Draws } from "./draws.ts";
import type { Killer } from "./killer.ts";
import { hasSecret, tokensIn } from "./words.ts";
import type { PeerName, World } from "./world.ts";

export interface Called {
  platform: PeerName;
  /** The method, or the route. */
  what: string;
  /** All that is said in it. */
  words: string;
  /** Whether others see what it does. */
  isSend: boolean;
  /** Whether it reads what was written. */
  isReading: boolean;
  /** Whether it posts what someone wrote into a thread. */
  isPost: boolean;
  /** The channel or the thread, if it is about one. */
  channel: string;
}

/** What both stand-ins know. */
export type Fault =
  | "reset"
  | "reset-after-effect"
  | "cut-off"
  | "html"
  | "silence"
  | "silence-after-effect"
  | { status: number; afterEffect?: boolean }
  | { retryAfterS: number }
  | { until: Promise<unknown> }
  | { answeredAfter: Promise<unknown> };

const lateMs = [300, 1_200, 2_500];

const usual: readonly [name: string, make: (draw: Draws) => Fault][] = [
  ["dropped before its effect", () => "reset"],
  ["dropped after its effect", () => "reset-after-effect"],
  ["half an answer", () => "cut-off"],
  ["HTML with 200", () => "html"],
  ["5xx before its effect", ({ pick }) => ({ status: pick([500, 502, 503]) })],
  ["5xx after its effect", ({ pick }) => ({ status: pick([500, 503, 504]), afterEffect: true })],
  ["429 with Retry-After", ({ pick }) => ({ retryAfterS: pick([1, 2, 3]) })],
  ["delayed before its effect", ({ pick }) => ({ until: wait(pick(lateMs)) })],
  ["delayed after its effect", ({ pick }) => ({ answeredAfter: wait(pick(lateMs)) })],
];

/** An answer that never comes costs 15 s: these are rare. */
const silent: typeof usual = [
  ["no answer before its effect", () => "silence"],
  ["no answer after its effect", () => "silence-after-effect"],
];

/** So likely goes a call wrong, never is answered, or is a post refused for good. */
export interface Likely {
  wrong: number;
  silent: number;
  refused: number;
}

export class Calls {
  readonly #world: World;
  readonly #killer: Killer;
  readonly #draw: Draws;
  readonly #likely: Likely;
  /** What went to requesters and is for agents only, be it for a moment. */
  readonly leaks: string[] = [];
  #isOn = false;
  readonly #away = new Set<Called["platform"]>();

  constructor(world: World, killer: Killer, draw: Draws, likely: Likely) {
    this.#world = world;
    this.#killer = killer;
    this.#draw = draw;
    this.#likely = likely;
    world.slack.misbehaves((method, args) => {
      const fault = this.#faultOf(slackCall(method, args));
      return fault === "refuse"
        ? { error: "msg_too_long" }
        : (fault satisfies SlackFault | undefined);
    });
    world.discord.misbehaves(({ route, body, channel = "" }) => {
      const fault = this.#faultOf(discordCall(route, body, channel));
      const error = { status: 400, code: 200_000, message: "Blocked by automatic moderation" };
      return fault === "refuse" ? { error } : (fault satisfies DiscordFault | undefined);
    });
    world.tickets.misbehaves((asked) => {
      const fault = this.#faultOf(ticketCall(asked));
      return fault === undefined || fault === "refuse" ? undefined : inTicketService(fault);
    });
  }

  begin(): void {
    this.#isOn = true;
  }

  end(): void {
    this.#isOn = false;
  }

  /** Until then, no call of this platform has any effect. */
  goesAway(platform: Called["platform"]): () => void {
    this.#away.add(platform);
    return () => this.#away.delete(platform);
  }

  #faultOf(called: Called): Fault | "refuse" | undefined {
    const { journal } = this.#world;
    this.#looksForLeaks(called);
    const killed = this.#killer.onCall(called);
    if (killed) return killed;
    if (this.#away.has(called.platform)) return "reset";
    if (!this.#isOn) return undefined;
    const { next, pick } = this.#draw;
    const { wrong, silent: unanswered, refused } = this.#likely;
    const drawn = next();
    if (called.isPost && drawn < refused) return this.#refuses(called);
    if (drawn >= refused + wrong + unanswered) return undefined;
    const [name, make] = pick(drawn < refused + wrong ? usual : silent);
    journal.count("faults", `${called.platform}: ${name}`);
    journal.note(`${called.platform} ${called.what}: ${name}`, this.#ticketOf(called));
    return make(this.#draw);
  }

  #looksForLeaks({ platform, what, words, channel, isSend }: Called): void {
    const isPublic = platform === "tickets" || this.#world.isOfRequester(platform, channel);
    if (!isSend || !hasSecret(words) || !isPublic) return;
    this.leaks.push(`${what} to ${channel}: ${words.slice(0, 300)}`);
  }

  /** For the history of a ticket; what cannot be told apart is counted only. */
  #ticketOf({ words }: Called): string {
    const [token] = tokensIn(words);
    const [named] = /\bt\d+x\d+\b/.exec(words) ?? [];
    return (token && this.#world.owners.get(token.message)) ?? named ?? "?";
  }

  #refuses(called: Called): "refuse" {
    const { journal, refused } = this.#world;
    for (const { message } of tokensIn(called.words)) refused.add(message);
    journal.count("faults", `${called.platform}: refused for good`);
    journal.note(`${called.platform} ${called.what}: refused for good`, this.#ticketOf(called));
    return "refuse";
  }
}

const isNotice = (words: string): boolean =>
  /could not be |it stays a note|was not passed on/.test(words);

function slackCall(method: string, args: Record<string, unknown>): Called {
  const words = JSON.stringify(args);
  const isPosting = method === "chat.postMessage";
  return {
    platform: "slack",
    what: method,
    words,
    channel: string(args.channel ?? args.channel_id),
    isSend: /^chat\.|^reactions\.|completeUpload/.test(method),
    isReading: /^conversations\.(?:history|replies)$/.test(method),
    isPost: isPosting && args.thread_ts !== undefined && isSaid(string(args.text)),
  };
}

function discordCall(route: string, body: unknown, channel: string): Called {
  const words = JSON.stringify(body ?? {});
  const isPosting = route === "POST /channels/:id/messages";
  const isCard = /"title":/.test(JSON.stringify(record(body).embeds ?? []));
  return {
    platform: "discord",
    what: route,
    words,
    channel,
    isSend: /^(?:POST|PATCH|PUT|DELETE) \/channels/.test(route),
    isReading: route === "GET /channels/:id/messages",
    isPost: isPosting && !isCard && isSaid(words),
  };
}

function ticketCall({ method, path, body }: Recorded): Called {
  const [id = ""] = path.split("/").slice(3);
  return {
    platform: "tickets",
    what: `${method} ${id === "" ? "all" : "one"}`,
    words: JSON.stringify(body ?? {}),
    channel: id,
    isSend: method !== "GET",
    isReading: false,
    isPost: false,
  };
}

function inTicketService(fault: Fault): TicketFault {
  if (fault === "reset-after-effect") return "reset-after-write";
  if (fault === "silence-after-effect") return "slow-headers";
  if (fault === "silence") return { until: new Promise(() => undefined) };
  if (typeof fault === "string") return fault;
  if ("retryAfterS" in fault)
    return { status: 429, headers: { "retry-after": String(fault.retryAfterS) } };
  if (!("status" in fault)) return fault;
  const { status, afterEffect } = fault;
  return afterEffect ? { statusAfterwards: status } : { status };
}

const isSaid = (words: string) => tokensIn(words).length > 0 && !isNotice(words);
