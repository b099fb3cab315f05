import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Place, TicketDocument } from "../src/desk/document.ts";
import type { Owed } from "../src/desk/owed.ts";
import { openLowdbStore } from "../src/store/lowdb/open.ts";
import { newDocument } from "./contracts/store.ts";
import { startSlack } from "./fakes/slack/slack.ts";
import { hangsMs } from "./fakes/until.ts";
import { keptLog } from "./log.ts";
import { deskhand, type Environment, nothingOwed, startDeskhand } from "./process.ts";
import { temporaryFolder } from "./temporary.ts";

const place: Place = {
  ...{ id: "p1", side: "requester", platform: "slack", where: "D1", thread: "t" },
  ...{ opened: 0, card: null, shown: null, readTo: null },
};

const trouble = {
  ...{ delivery: "p1/m0", since: "2026-01-01T00:00:00.000Z", attempts: 9, dead: true },
  ...{ dueAt: "2026-01-02T00:00:00.000Z", reason: "they are \u001b[31mdeactivated" },
};

/** A data folder with three tickets: two have given something up, the third has no trouble. */
async function folderWithTroubles() {
  const DATA_DIR = await temporaryFolder();
  const store = await openLowdbStore({ folder: DATA_DIR, log: keptLog() });
  const places = [place];
  const first = newDocument(
    {},
    {
      places,
      troubles: [
        trouble,
        { ...trouble, delivery: "p1/m0/f0", since: "2026-01-01T00:00:01.000Z" },
        { ...trouble, delivery: "p1/card", since: "2026-01-01T00:00:02.000Z", dead: false },
      ],
    },
  );
  first.messages[0]?.files.push({
    ...{ file: "F1", platform: "slack", name: "a.txt", sizeBytes: 3, type: "text/plain" },
    ...{ state: "kept", hash: "abc" },
  });
  const since = "2026-01-01T00:00:03.000Z";
  const second = newDocument({}, { places, troubles: [{ ...trouble, since }] });
  for (const document of [first, second, newDocument()]) await store.create(document);
  await store.close();
  const read = async ({ ticket }: TicketDocument): Promise<TicketDocument> =>
    JSON.parse(await readFile(join(DATA_DIR, "tickets", `${ticket._id}.json`), "utf8"));
  return { env: { DATA_DIR }, first, second, read };
}

/** A Slack with Ada in a triage channel, and the variables that turn it on. */
async function slackWithTriage() {
  const slack = await startSlack();
  onTestFinished(() => slack.stop());
  const ada = slack.person("U0ADA0001", { name: "ada", displayName: "Ada" });
  const members = [ada.id, slack.workspace.bot.userId];
  const triage = slack.workspace.addChannel({ id: "C0TRIAGE1", name: "triage", members }).id;
  const env = {
    DATA_DIR: await temporaryFolder(),
    API_TOKENS: "client:c1:secret-of-a-client,agent:a1:secret-of-an-agent",
    SLACK_API_URL: slack.apiUrl,
    SLACK_BOT_TOKEN: slack.app.botToken,
    SLACK_APP_TOKEN: slack.app.appToken,
    TRIAGE: `slack:${triage}`,
  };
  return { slack, ada, triage, env };
}

async function posts(url: string, json: object): Promise<unknown> {
  const headers = {
    Authorization: "Bearer secret-of-a-client",
    "Content-Type": "application/json",
  };
  return (await fetch(url, { method: "POST", headers, body: JSON.stringify(json) })).json();
}

/** A ticket over HTTP; resolves to its id. */
async function opens(url: string): Promise<string> {
  const given = { title: "Printer", description: "It burns.", priority: "low" };
  const answer = await posts(`${url}/v2/support-tickets`, { ...given, category: "general" });
  return (answer as { data: { _id: string } }).data._id;
}

/** Someone else who listens, and whom nobody is to ask anything. */
async function decoy(port = 0) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.headers.authorization}`);
    response.end("{}");
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const PORT = String((server.address() as AddressInfo).port);
  return { PORT, PUBLIC_URL: `http://127.0.0.1:${PORT}`, asked };
}

async function runs(env: Environment, ...args: string[]) {
  const process = deskhand(["deliveries", ...args], env);
  const code = await process.exit;
  return { code, said: process.stdout(), complained: process.stderr() };
}

const deadIn = ({ troubles }: TicketDocument): string[] =>
  troubles.filter(({ dead }) => dead).map(({ delivery }) => delivery);

const retriedIn = ({ audit }: TicketDocument) =>
  audit.filter(({ what }) => what === "retried").map(({ by, to }) => [by, to]);

describe("deskhand deliveries", () => {
  test("is a table of what is in trouble over all tickets, the oldest first, and changes nothing", async () => {
    const { env, first, second, read } = await folderWithTroubles();
    const { code, said } = await runs(env);
    expect(code).toBe(0);
    const [heading, ...rows] = said.trim().split("\n");
    expect(heading).toMatch(/^TICKET +DELIVERY +WHAT +FOR +STATE +SINCE +TRIES +REASON$/);
    expect(rows).toEqual([
      expect.stringMatching(
        `^${first.reference} +p1/m0 +a message +the requester \\(slack\\) +given up +2026-01-01 00:00 UTC +9 +they are`,
      ),
      expect.stringMatching(`^${first.reference} +p1/m0/f0 +a file `),
      expect.stringMatching(
        `^${first.reference} +p1/card +its card .* next try 2026-01-02 00:00 UTC `,
      ),
      expect.stringMatching(`^${second.reference} +p1/m0 `),
      "",
      "3 given up, 1 being tried again",
      expect.stringContaining("deskhand deliveries retry TICKET"),
    ]);
    // What comes from elsewhere does nothing to a terminal.
    expect(said).not.toContain("\u001b");
    expect(await read(first)).toEqual(first);
  });

  test("has JSON lines with --json, as the ticket API tells them, also while Deskhand runs", async () => {
    const { env, first, second } = await folderWithTroubles();
    await startDeskhand(env);
    const { code, said } = await runs(env, "--json");
    expect(code).toBe(0);
    const lines = said
      .trim()
      .split("\n")
      .map((line): Owed => JSON.parse(line));
    const of = ({ reference, ticket }: TicketDocument) => ({ reference, ticket: ticket._id });
    expect(lines.filter(({ dead }) => dead)).toMatchObject([
      { ...of(first), id: "p1/m0", what: "a message", side: "requester", dueAt: null },
      { ...of(first), id: "p1/m0/f0", what: "a file" },
      { ...of(second), id: "p1/m0", reason: trouble.reason },
    ]);
  });

  test("says so when nothing is in trouble, and names what it cannot read", async () => {
    const DATA_DIR = await temporaryFolder();
    expect(await runs({ DATA_DIR })).toMatchObject({
      code: 1,
      complained: expect.stringContaining("Check DATA_DIR"),
    });
    await (await openLowdbStore({ folder: DATA_DIR, log: keptLog() })).close();
    const fine = await runs({ DATA_DIR });
    expect(fine).toMatchObject({ code: 0, said: expect.stringContaining("Nothing is in trouble") });
    expect(await runs({ DATA_DIR }, "--json")).toMatchObject({ code: 0, said: "" });
    await writeFile(join(DATA_DIR, "tickets", "torn.json"), "{");
    const torn = await runs({ DATA_DIR });
    expect(torn).toMatchObject({ code: 1, complained: expect.stringContaining("torn.json") });
  });
});

describe("deskhand deliveries retry", () => {
  test("while Deskhand does not run, puts down what is sent at the next start", async () => {
    const { env, first, second, read } = await folderWithTroubles();
    const one = await runs(env, "retry", first.reference.toLowerCase(), "p1/m0/f0");
    expect(one).toMatchObject({
      code: 0,
      said: "1 delivery is sent again at the next start: Deskhand is not running.\n",
    });
    expect(deadIn(await read(first))).toEqual(["p1/m0"]);
    expect(await runs(env, "retry", first.ticket._id)).toMatchObject({ code: 0 });
    const document = await read(first);
    expect(deadIn(document)).toEqual([]);
    expect(document.owes).toBe(true);
    expect(retriedIn(document)).toEqual([
      ["operator", "p1/m0/f0"],
      ["operator", "p1/m0"],
    ]);
    expect(deadIn(await read(second))).toEqual(["p1/m0"]);
    expect(await runs(env, "retry", first.reference)).toMatchObject({
      code: 0,
      said: "Nothing was given up: it is being tried.\n",
    });
  });

  test("while Deskhand does not run, has it sent at the next start, once", async () => {
    const { slack, ada, triage, env } = await slackWithTriage();
    const first = await startDeskhand(env);
    const patience = { timeout: hangsMs };
    const card = () => ada.reads(triage)[0];
    const below = () => ada.reads(triage, { thread: card()?.ts ?? "" }).map(({ words }) => words);
    const shown = () => card()?.words ?? "";
    const id = await opens(first.url);
    await expect.poll(below, patience).toContain("It burns.");
    slack.misbehave({ error: "msg_too_long" }, { method: "chat.postMessage", channel: triage });
    await posts(`${first.url}/v2/support-tickets/${id}/threads`, { message: "Still burning." });
    await expect.poll(shown, patience).toContain("1 message could not be delivered");
    await nothingOwed(first.url);
    expect(below()).not.toContain("Still burning.");
    first.kill("SIGTERM");
    expect(await first.exit).toBe(0);
    expect(await runs(env, "retry", id)).toMatchObject({ code: 0 });
    const second = await startDeskhand(env);
    await expect.poll(below, patience).toContain("Still burning.");
    await expect.poll(shown, patience).not.toContain("could not be delivered");
    await nothingOwed(second.url);
    expect(below().filter((words) => words === "Still burning.")).toHaveLength(1);
  });

  test("with --all, takes every ticket", async () => {
    const { env, first, second, read } = await folderWithTroubles();
    const all = await runs(env, "retry", "--all");
    expect(all).toMatchObject({ code: 0, said: expect.stringContaining("3 deliveries are sent") });
    for (const document of [first, second]) expect(deadIn(await read(document))).toEqual([]);
  });

  test("while Deskhand runs, asks it to, with an agent's token that is printed nowhere", async () => {
    const { env, first, second, read } = await folderWithTroubles();
    // Whatever the configuration says, and whoever listens there: it is asked where it listens.
    const { PORT, PUBLIC_URL, asked } = await decoy();
    await startDeskhand(env);
    const asking = { ...env, PORT, PUBLIC_URL };
    const { code, said, complained } = await runs(asking, "retry", "--all");
    expect(asked).toEqual([]);
    expect(said).toBe(
      "3 deliveries are sent again now. What fails again shows on its ticket's card.\n",
    );
    expect(code).toBe(0);
    for (const document of [first, second]) {
      expect(deadIn(await read(document))).toEqual([]);
      expect(retriedIn(await read(document))).toContainEqual(["agent_local", "p1/m0"]);
    }
    const kept: { tokens: string[] } = JSON.parse(
      await readFile(join(env.DATA_DIR, "api-tokens.json"), "utf8"),
    );
    for (const token of kept.tokens)
      expect(said + complained).not.toContain(token.split(":").at(-1));
  });

  test("goes on past a limit on requests, as fast as it allows", async () => {
    const { env, first, read } = await folderWithTroubles();
    const limited = { ...env, API_RATE_LIMIT: "60" };
    const running = await startDeskhand(limited);
    const kept = await readFile(join(env.DATA_DIR, "api-tokens.json"), "utf8");
    const token = /agent:agent_local:([^"]+)/.exec(kept)?.[1];
    const headers = { Authorization: `Bearer ${token}` };
    const asks = async () => (await fetch(`${running.url}/v2/support-tickets`, { headers })).status;
    await expect.poll(asks, { timeout: hangsMs, interval: 0 }).toBe(429);
    expect(await runs(limited, "retry", "--all")).toMatchObject({ code: 0 });
    expect(deadIn(await read(first))).toEqual([]);
  });

  test("that a running Deskhand does not take says what to do", async () => {
    const { env, first, read } = await folderWithTroubles();
    const API_TOKENS = "agent:a1:secret-of-an-agent";
    await startDeskhand({ ...env, API_TOKENS });
    const cases = [
      { API_TOKENS: "agent:a1:another-secret", code: 3, told: "Give this command the API_TOKENS" },
      { API_TOKENS: "client:c1:another-secret", code: 2, told: "no agent token" },
    ];
    for (const { code, told, ...more } of cases) {
      const { said, ...ended } = await runs({ ...env, ...more }, "retry", "--all");
      expect(ended).toMatchObject({ code, complained: expect.stringContaining(told) });
      expect(said + ended.complained).not.toContain("secret");
    }
    expect(deadIn(await read(first))).toHaveLength(2);
    expect(await runs({ ...env, API_TOKENS }, "retry", "--all")).toMatchObject({ code: 0 });
    expect(retriedIn(await read(first))).toContainEqual(["a1", "p1/m0"]);
  });

  test("gives its token to nobody who listens where a killed Deskhand did", async () => {
    const { env, first, read } = await folderWithTroubles();
    const API_TOKENS = "agent:a1:secret-of-an-agent";
    const killed = await startDeskhand({ ...env, API_TOKENS });
    killed.kill("SIGKILL");
    await killed.exit;
    const { PORT, PUBLIC_URL, asked } = await decoy(Number(new URL(killed.url).port));
    const retry = (more: Environment = {}) =>
      runs({ ...env, API_TOKENS, PORT, ...more }, "retry", "--all");
    const folder = env.DATA_DIR;
    const store = await openLowdbStore({ folder, log: keptLog() });
    const self = JSON.parse(await readFile(join(folder, "lock"), "utf8"));
    expect(self).toMatchObject({ pid: process.pid, host: hostname() });
    const holders = [
      { told: `process ${process.pid} does not listen anywhere` },
      // What the killed one has left, read by who is quicker than the one that comes after it.
      { pid: killed.pid, url: PUBLIC_URL, told: `process ${killed.pid}, which` },
      { host: "elsewhere", url: PUBLIC_URL, told: "it runs on elsewhere" },
      { pid: "1", told: "which process it is" },
    ];
    for (const { told, ...more } of holders) {
      await writeFile(join(folder, "lock"), JSON.stringify({ ...self, ...more }));
      const { code, complained } = await retry();
      expect(complained).toContain(told);
      expect(code).toBe(3);
    }
    expect(asked).toEqual([]);
    await store.close();
    expect(await readFile(join(folder, "lock"), "utf8")).toBe("");
    expect(await retry()).toMatchObject({ code: 0, said: expect.stringContaining("next start") });
    expect(asked).toEqual([]);
    expect(deadIn(await read(first))).toEqual([]);
  });

  test("asks one on another machine at its public address, where nobody else can read it", async () => {
    const { env } = await folderWithTroubles();
    const API_TOKENS = "agent:a1:secret-of-an-agent";
    const running = await startDeskhand({ ...env, API_TOKENS });
    const lock = join(env.DATA_DIR, "lock");
    const self = JSON.parse(await readFile(lock, "utf8"));
    expect(self).toMatchObject({ pid: running.pid, url: running.url });
    await writeFile(
      lock,
      JSON.stringify({ ...self, host: "elsewhere", url: "http://127.0.0.1:1" }),
    );
    const retry = (PUBLIC_URL: string) =>
      runs({ ...env, API_TOKENS, PUBLIC_URL }, "retry", "--all");
    const open = await retry("http://support.example.com");
    expect(open).toMatchObject({ code: 3, complained: expect.stringContaining("https") });
    expect(await retry(running.url)).toMatchObject({ code: 0 });
  });

  test("of what is not there says so, and of nothing it is wrong usage", async () => {
    const { env, first } = await folderWithTroubles();
    expect(await runs(env, "retry", "T-000XXX")).toMatchObject({
      code: 1,
      said: expect.stringContaining("There is no ticket T-000XXX in "),
    });
    expect(await runs(env, "retry", first.reference, "p9/m9")).toMatchObject({
      code: 1,
      said: expect.stringContaining("has no delivery p9/m9 in trouble"),
    });
    for (const wrong of [["retry"], ["retry", "--all", first.reference], ["retri"]])
      expect(await runs(env, ...wrong)).toMatchObject({ code: 2, said: "" });
  });
});
