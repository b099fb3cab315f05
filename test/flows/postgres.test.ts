import { describe, expect, onTestFinished, test } from "vitest";
import { documentSchema } from "../../src/desk/document.ts";
import { newDocument } from "../contracts/store.ts";
import { wallClock } from "../fakes/clock.ts";
import type { Person } from "../fakes/slack/person.ts";
import { startSlack } from "../fakes/slack/slack.ts";
import { postgresServer, type TestDatabase } from "../postgres.ts";
import { type Deskhand, deskhand, nothingOwed, startDeskhand } from "../process.ts";
import { cabled, opened } from "../store/postgres-stores.ts";
import { temporaryFolder } from "../temporary.ts";
import { printer } from "./slack-team.ts";

const server = postgresServer();

/** Slack tries again sooner, and for as long as the service is away. */
const retriesAfterMs = Array.from({ length: 300 }, () => 100);

/** A Slack with a requester, an agent and a triage channel, and what Deskhand is started with. */
async function team(address?: (given: TestDatabase) => Promise<string>) {
  const slack = await startSlack({ clock: wallClock, retriesAfterMs });
  onTestFinished(() => slack.stop());
  const given = await server.database("empty");
  onTestFinished(() => given.remove());
  const ada = slack.person("U0ADA0001", { name: "ada", displayName: "Ada" });
  const rob = slack.person("U0ROB0001", { name: "rob", displayName: "Rob" });
  const members = [ada.id, slack.workspace.bot.userId];
  const triage = slack.workspace.addChannel({ id: "C0TRIAGE1", name: "triage", members }).id;
  const env = {
    DATABASE_URL: (await address?.(given)) ?? given.url,
    DATA_DIR: await temporaryFolder(),
    TRIAGE: `slack:${triage}`,
    SLACK_BOT_TOKEN: slack.app.botToken,
    SLACK_SIGNING_SECRET: slack.app.signingSecret,
    SLACK_API_URL: slack.apiUrl,
  };
  const starts = async () => {
    const service = await startDeskhand(env);
    slack.sendTo(`${service.url}/slack/events`);
    return service;
  };
  const rootOf = (who: Person, channel: string) =>
    slack.until(
      () => who.reads(channel).find(({ thread, ephemeral }) => thread === undefined && !ephemeral),
      60_000,
    );
  const opens = async () => {
    await rob.types("/ticket");
    await slack.until(() => rob.modal, 60_000);
    await rob.submits(printer);
    const [{ ts: atAgents }, { ts: atRequester }] = [
      await rootOf(ada, triage),
      await rootOf(rob, rob.dm),
    ];
    return {
      adaSays: (text: string) => ada.writes(triage, text, { thread: atAgents }),
      robSays: (text: string) => rob.writes(rob.dm, text, { thread: atRequester }),
      /** What stands below the card, on either side. */
      below: () => [
        ada
          .reads(triage, { thread: atAgents })
          .slice(1)
          .map(({ words }) => words),
        rob
          .reads(rob.dm, { thread: atRequester })
          .slice(1)
          .map(({ words }) => words),
      ],
    };
  };
  return { slack, given, env, starts, opens };
}

/** A store on a new database, to put something into it. */
async function opening() {
  const given = await server.database("empty");
  onTestFinished(() => given.remove());
  return { ...(await opened(given.url)), given };
}

async function runs(args: string[], env: Record<string, string>) {
  const command: Deskhand = deskhand(args, env);
  const code = await command.exit;
  return { code, said: command.stdout(), complained: command.stderr() };
}

describe("with its tickets in PostgreSQL, Deskhand", () => {
  test("has what was said before a kill and meanwhile on both sides, once and in order", async () => {
    const { slack, starts, opens } = await team();
    let service = await starts();
    const { adaSays, robSays, below } = await opens();
    await nothingOwed(service.url);
    adaSays("Try water.");
    robSays("It is wet now.");
    service.kill("SIGKILL");
    await service.exit;
    adaSays("And a towel?");
    service = await starts();
    const said = ["It burns.", "Try water.", "It is wet now.", "And a towel?"].sort();
    await slack.until(() => below().every(({ length }) => length >= said.length), 60_000);
    await nothingOwed(service.url);
    for (const side of below()) {
      expect([...side].sort()).toEqual(said);
      expect(side.indexOf("Try water.")).toBeLessThan(side.indexOf("And a towel?"));
    }
  });

  test("has it also when the database was away meanwhile, and says so while it is", async () => {
    let unplugged: { unplug(): void; plugIn(): void } | undefined;
    const { slack, starts, opens } = await team(async ({ url }) => {
      const near = await cabled(url);
      unplugged = near.cable;
      return near.url;
    });
    const service = await starts();
    const { adaSays, below } = await opens();
    await nothingOwed(service.url);
    const ready = async () => (await fetch(`${service.url}/readyz`)).status;
    expect(await ready()).toBe(200);
    unplugged?.unplug();
    adaSays("Try water.");
    await expect.poll(ready, { timeout: 60_000 }).toBe(503);
    unplugged?.plugIn();
    await expect.poll(ready, { timeout: 60_000 }).toBe(200);
    await slack.until(() => below().every((side) => side.includes("Try water.")), 60_000);
    await nothingOwed(service.url);
    expect(below()).toEqual([
      ["It burns.", "Try water."],
      ["It burns.", "Try water."],
    ]);
  });

  test("is looked at and asked by its commands, which tell no password", async () => {
    const { env, starts, opens } = await team();
    const before = await runs(["doctor"], env);
    expect(before.said).toMatch(/^(?:good |WRONG) {2}store: PostgreSQL \d+.* at 127\.0\.0\.1/m);
    const service = await starts();
    await opens();
    await nothingOwed(service.url);
    const exported = await runs(["export"], env);
    expect(exported.code).toBe(0);
    expect(documentSchema.parse(JSON.parse(exported.said)).ticket.title).toBe(printer.title);
    const deliveries = await runs(["deliveries"], env);
    expect(deliveries).toMatchObject({ code: 0, said: expect.stringContaining("Nothing is in") });
    const { password } = new URL(env.DATABASE_URL);
    const all = [before, exported, deliveries].map((each) => JSON.stringify(each));
    expect(all.join() + service.stdout() + service.stderr()).not.toContain(password);
  });

  test("is asked where it listens to send again what was given up, and while it is down it is put down", async () => {
    const { store, given } = await opening();
    const place = {
      ...({ id: "p1", side: "requester", platform: "slack", where: "D1", thread: "t" } as const),
      ...{ opened: 0, card: null, shown: null, readTo: null },
    };
    const since = "2026-01-01T00:00:00.000Z";
    const trouble = {
      ...{ delivery: "p1/m0", since, attempts: 9, dead: true, dueAt: since, reason: "archived" },
    };
    const documents = [0, 1].map(() =>
      newDocument({}, { places: [place], troubles: [{ ...trouble }] }),
    );
    for (const document of documents) await store.create(document);
    await store.close();
    const env = {
      ...{ DATABASE_URL: given.url, DATA_DIR: await temporaryFolder() },
      API_TOKENS: "agent:a1:secret-of-an-agent",
    };
    const [first = "", second = ""] = documents.map(({ reference }) => reference);
    const running = await startDeskhand(env);
    // Whatever the configuration says, it is asked where it listens.
    const asking = { ...env, PORT: "1", PUBLIC_URL: "http://127.0.0.1:1" };
    const asked = await runs(["deliveries", "retry", first], asking);
    expect(asked).toMatchObject({ code: 0, said: expect.stringContaining("sent again now") });
    running.kill("SIGKILL");
    await running.exit;
    const later = await runs(["deliveries", "retry", second], asking);
    expect(later).toMatchObject({ code: 0, said: expect.stringContaining("at the next start") });
    const exported = await runs(["export"], env);
    const audits = exported.said
      .trim()
      .split("\n")
      .map((line) => documentSchema.parse(JSON.parse(line)))
      .map(({ reference, audit }) => [reference, audit.find(({ what }) => what === "retried")?.by]);
    expect(Object.fromEntries(audits)).toEqual({ [first]: "a1", [second]: "operator" });
  });
});
