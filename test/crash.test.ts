import { randomInt } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Status, Ticket } from "../src/tickets/ticket.ts";
import { startDeskhand } from "./process.ts";
import { temporaryFolder } from "./temporary.ts";

/** How often it is killed, and how many callers are at work when it is. */
const kills = 50;
const callers = 8;
const mostAnswersBetweenKills = 60;

const API_TOKENS = "agent:agent_1:agent-secret-for-the-crash-test";
const path = "/v2/support-tickets";

/** What a caller asked for; it is asked for again, with its key, until it is answered. */
interface Asked {
  key: string;
  method: "POST" | "PUT";
  path: string;
  json: object;
  /** Takes the answer down in what is expected of the service. */
  answered(ticket: Ticket): void;
}

interface Expected {
  id: string;
  title: string;
  messages: string[];
  status: Status;
}

const statusesToTake = ["in_progress", "pending", "resolved", "open"] as const;

/** A caller works on its own tickets, one request after the other, so that it knows their order. */
class Caller {
  readonly expected: Expected[] = [];
  readonly #name: string;
  #asked = 0;
  #unanswered: Asked | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  /** Asks on and on until the service is gone; what was not answered then is asked again first. */
  async work(url: string, onAnswer: () => void): Promise<void> {
    for (;;) {
      this.#unanswered ??= this.#next();
      const ticket = await ask(url, this.#unanswered);
      if (!ticket) return;
      this.#unanswered.answered(ticket);
      this.#unanswered = undefined;
      onAnswer();
    }
  }

  /** Asks again what was not answered before the last kill. */
  async settle(url: string): Promise<void> {
    if (!this.#unanswered) return;
    const ticket = await ask(url, this.#unanswered);
    expect(ticket).toBeDefined();
    if (ticket) this.#unanswered.answered(ticket);
    this.#unanswered = undefined;
  }

  #next(): Asked {
    this.#asked += 1;
    const text = `${this.#name} ${this.#asked}`;
    const one = this.expected[randomInt(this.expected.length + 1)];
    if (!one) return this.#create(text);
    return randomInt(2) === 0 ? this.#reply(text, one) : this.#change(text, one);
  }

  #create(text: string): Asked {
    const json = { title: text, description: text, priority: "low", category: "general" };
    const answered = ({ _id: id }: Ticket) => {
      this.expected.push({ id, title: text, messages: [text], status: "open" });
    };
    return { key: text.replaceAll(" ", "-"), method: "POST", path, json, answered };
  }

  #reply(text: string, one: Expected): Asked {
    const answered = ({ status }: Ticket) => {
      one.messages.push(text);
      one.status = status;
    };
    return {
      key: text.replaceAll(" ", "-"),
      method: "POST",
      path: `${path}/${one.id}/threads`,
      json: { message: text },
      answered,
    };
  }

  #change(text: string, one: Expected): Asked {
    const status = one.status === "resolved" ? "open" : (statusesToTake[randomInt(3)] ?? "pending");
    const json = { status, title: text, resolution: text };
    const answered = (ticket: Ticket) => {
      one.status = ticket.status;
      one.title = text;
    };
    return {
      key: text.replaceAll(" ", "-"),
      method: "PUT",
      path: `${path}/${one.id}`,
      json,
      answered,
    };
  }
}

/** Undefined when the service was gone before it answered. */
async function ask(url: string, { key, method, path, json }: Asked): Promise<Ticket | undefined> {
  let status = 0;
  let text = "";
  try {
    const response = await fetch(url + path, {
      method,
      headers: { ...headers, "Content-Type": "application/json", "Idempotency-Key": key },
      body: JSON.stringify(json),
    });
    status = response.status;
    text = await response.text();
  } catch {
    return undefined;
  }
  expect([200, 201], text).toContain(status);
  return JSON.parse(text).data;
}

const headers = { Authorization: "Bearer agent-secret-for-the-crash-test" };

async function get(
  url: string,
  at: string,
): Promise<{ data: Ticket; pagination: { total: number } }> {
  const response = await fetch(url + at, { headers });
  expect(response.status).toBe(200);
  return JSON.parse(await response.text());
}

test(`killed ${kills} times at full speed, it keeps every answer it gave: whole, in order, once`, async () => {
  const DATA_DIR = await temporaryFolder();
  const env = { DATA_DIR, API_TOKENS, API_RATE_LIMIT: "off" };
  const everyone = Array.from({ length: callers }, (_, n) => new Caller(`caller ${n}`));
  let answers = 0;

  for (let kill = 0; kill < kills; kill += 1) {
    const service = await startDeskhand(env);
    await Promise.all(everyone.map((caller) => caller.settle(service.url)));
    await holds(service.url, DATA_DIR, everyone);
    let left = randomInt(mostAnswersBetweenKills);
    await Promise.all(
      everyone.map((caller) =>
        caller.work(service.url, () => {
          answers += 1;
          left -= 1;
          if (left <= 0) service.kill("SIGKILL");
        }),
      ),
    );
    expect(await service.exit).toBeNull();
  }

  const service = await startDeskhand(env);
  await Promise.all(everyone.map((caller) => caller.settle(service.url)));
  await holds(service.url, DATA_DIR, everyone);
  expect(answers).toBeGreaterThan(kills * 10);
}, 300_000);

/** What the service shows is what its callers were told. */
async function holds(url: string, folder: string, everyone: Caller[]): Promise<void> {
  const total = everyone.reduce((sum, { expected }) => sum + expected.length, 0);
  expect((await get(url, `${path}?limit=1`)).pagination.total).toBe(total);
  expect(readdirSync(join(folder, "tickets"))).toHaveLength(total);
  expect(existsSync(join(folder, "damaged"))).toBe(false);
  for (const one of everyone.flatMap(({ expected }) => expected)) {
    const { data } = await get(url, `${path}/${one.id}`);
    const shown = {
      id: data._id,
      title: data.title,
      messages: data.threads.map(({ message }) => message),
      status: data.status,
    };
    expect(shown).toEqual(one);
  }
}
