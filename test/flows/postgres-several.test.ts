import { describe, expect, onTestFinished, test } from "vitest";
import { startBalancer } from "../fakes/balancer.ts";
import { wallClock } from "../fakes/clock.ts";
import type { Person } from "../fakes/slack/person.ts";
import { startSlack } from "../fakes/slack/slack.ts";
import { hangsMs } from "../fakes/until.ts";
import { postgresServer } from "../postgres.ts";
import { type Deskhand, startDeskhand } from "../process.ts";
import { cabled } from "../store/postgres-stores.ts";
import { temporaryFolder } from "../temporary.ts";
import { printer } from "./slack-team.ts";

const server = postgresServer();

/** Slack tries again sooner, and for as long as a process is away. */
const retriesAfterMs = Array.from({ length: 600 }, () => 100);

type Running = Deskhand & { url: string };

const rolesOf = async ({ url }: Running): Promise<string[]> => {
  const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) });
  return Object(await answer.json()).roles;
};
const leads = async (each: Running) => (await rolesOf(each)).includes("outbox");

/** A Slack behind whose load balancer there are several processes, which share a database. */
async function team() {
  const slack = await startSlack({ clock: wallClock, retriesAfterMs });
  onTestFinished(() => slack.stop());
  const balancer = await startBalancer();
  onTestFinished(() => balancer.close());
  slack.sendTo(`${balancer.url}/slack/events`);
  const given = await server.database("empty");
  onTestFinished(() => given.remove());
  const ada = slack.person("U0ADA0001", { name: "ada", displayName: "Ada" });
  const rob = slack.person("U0ROB0001", { name: "rob", displayName: "Rob" });
  const members = [ada.id, slack.workspace.bot.userId];
  const triage = slack.workspace.addChannel({ id: "C0TRIAGE1", name: "triage", members }).id;
  const attachments = await temporaryFolder();
  const starts = async (url = given.url): Promise<Running> =>
    startDeskhand({
      DATABASE_URL: url,
      DATA_DIR: await temporaryFolder(),
      ATTACHMENTS_URL: `file://${attachments}`,
      TRIAGE: `slack:${triage}`,
      SLACK_BOT_TOKEN: slack.app.botToken,
      SLACK_SIGNING_SECRET: slack.app.signingSecret,
      SLACK_API_URL: slack.apiUrl,
    });
  const rootOf = (who: Person, channel: string) =>
    slack.until(
      () => who.reads(channel).find(({ thread, ephemeral }) => thread === undefined && !ephemeral),
      hangsMs,
    );
  const opens = async () => {
    await rob.types("/ticket");
    await slack.until(() => rob.modal, hangsMs);
    await rob.submits(printer);
    const [{ ts: atAgents }, { ts: atRequester }] = [
      await rootOf(ada, triage),
      await rootOf(rob, rob.dm),
    ];
    const words = (who: Person, channel: string, thread: string) =>
      who
        .reads(channel, { thread })
        .slice(1)
        .map((each) => each.words);
    const below = () => [words(ada, triage, atAgents), words(rob, rob.dm, atRequester)];
    return {
      adaSays: (text: string) => ada.writes(triage, text, { thread: atAgents }),
      robSays: (text: string) => rob.writes(rob.dm, text, { thread: atRequester }),
      below,
      /** Each of them once on both sides, and those of one writer in their order. */
      async reads(...said: string[]) {
        await slack.until(
          () => below().every((side) => said.every((each) => side.includes(each))),
          hangsMs,
        );
        await expect
          .poll(() => given.query("select 1 from deskhand.tickets where owes"), {
            timeout: hangsMs,
          })
          .toEqual([]);
        for (const side of below()) expect([...side].sort()).toEqual([...said].sort());
      },
    };
  };
  return { slack, balancer, given, starts, opens };
}

/** Three processes, the first of which leads. */
async function three() {
  const story = await team();
  const [first, second, third] = [await story.starts(), await story.starts(), await story.starts()];
  story.balancer.serves([second.url, third.url, first.url]);
  return { ...story, first, second, third };
}

describe("of several processes on one database", () => {
  test("one leads, and all of them take in what is said", async () => {
    const { first, second, third, opens } = await three();
    expect(await Promise.all([first, second, third].map(leads))).toEqual([true, false, false]);
    const metrics = async ({ url }: Running) => (await fetch(`${url}/metrics`)).text();
    expect(await metrics(first)).toMatch(/^deskhand_leader 1$/m);
    expect(await metrics(second)).toMatch(/^deskhand_leader 0$/m);
    const { adaSays, robSays, reads } = await opens();
    const said = Array.from({ length: 12 }, (_, index) => `Word ${index}`);
    for (const [index, each] of said.entries()) (index % 2 === 0 ? adaSays : robSays)(each);
    await reads("It burns.", ...said);
  });

  test("another leads once the one that did was killed, and nothing is lost or doubled", async () => {
    const { first, second, third, opens, starts, balancer } = await three();
    const { adaSays, robSays, reads } = await opens();
    adaSays("One.");
    robSays("Two.");
    first.kill("SIGKILL");
    adaSays("Three.");
    robSays("Four.");
    await first.exit;
    const leading = async () => (await Promise.all([second, third].map(leads))).filter(Boolean);
    await expect.poll(leading, { timeout: hangsMs }).toHaveLength(1);
    await reads("It burns.", "One.", "Two.", "Three.", "Four.");
    const fourth = await starts();
    expect(await leads(fourth)).toBe(false);
    balancer.serves([fourth.url]);
    adaSays("Five.");
    await reads("It burns.", "One.", "Two.", "Three.", "Four.", "Five.");
  });

  test("one that stands still leads no more, and does nothing twice when it goes on", async () => {
    const { first, second, third, opens, balancer } = await three();
    const { adaSays, robSays, reads } = await opens();
    balancer.serves([second.url, third.url]);
    adaSays("One.");
    robSays("Two.");
    first.kill("SIGSTOP");
    adaSays("Three.");
    robSays("Four.");
    const leading = async () => (await Promise.all([second, third].map(leads))).filter(Boolean);
    await expect.poll(leading, { timeout: hangsMs }).toHaveLength(1);
    first.kill("SIGCONT");
    await reads("It burns.", "One.", "Two.", "Three.", "Four.");
    await expect.poll(() => rolesOf(first), { timeout: hangsMs }).toEqual(["http"]);
    balancer.serves([first.url]);
    adaSays("Five.");
    await reads("It burns.", "One.", "Two.", "Three.", "Four.", "Five.");
  });

  test("one that is cut off from the database leads no more, and follows once it is back", async () => {
    const { starts, opens, given, balancer } = await team();
    const { cable, url } = await cabled(given.url);
    const first = await starts(url);
    const second = await starts();
    balancer.serves([first.url]);
    const { adaSays, reads } = await opens();
    adaSays("One.");
    await reads("It burns.", "One.");
    cable.unplug();
    balancer.serves([second.url]);
    adaSays("Two.");
    await expect.poll(() => leads(second), { timeout: hangsMs }).toBe(true);
    await reads("It burns.", "One.", "Two.");
    cable.plugIn();
    await expect.poll(() => rolesOf(first), { timeout: hangsMs }).toEqual(["http"]);
    balancer.serves([first.url]);
    adaSays("Three.");
    await reads("It burns.", "One.", "Two.", "Three.");
  });

  test("each may be stopped and started again while people write", async () => {
    const { first, second, third, starts, opens, balancer } = await three();
    const { adaSays, robSays, reads } = await opens();
    let running = [first, second, third];
    const said: string[] = [];
    for (const each of [first, second, third]) {
      const fresh = await starts();
      running = [...running.filter((one) => one !== each), fresh];
      balancer.serves(running.map(({ url }) => url));
      const words = [`Ada ${said.length}`, `Rob ${said.length}`];
      adaSays(words[0] ?? "");
      robSays(words[1] ?? "");
      said.push(...words);
      each.kill("SIGTERM");
      expect(await each.exit).toBe(0);
    }
    await reads("It burns.", ...said);
    const leading = async () => (await Promise.all(running.map(leads))).filter(Boolean);
    await expect.poll(leading, { timeout: hangsMs }).toHaveLength(1);
  });

  test("all know the same tokens and links, though none was given any", async () => {
    const { given } = await team();
    const start = async () => {
      const DATA_DIR = await temporaryFolder();
      const running = await startDeskhand({ DATABASE_URL: given.url, DATA_DIR });
      const token = /Bearer (\S+?)'/.exec(running.stdout());
      await expect.poll(() => running.stdout(), { timeout: hangsMs }).toContain("Bearer");
      return { url: running.url, token: (token ?? /Bearer (\S+?)'/.exec(running.stdout()))?.[1] };
    };
    const [one, other] = await Promise.all([start(), start()]);
    expect(one.token).toBe(other.token);
    for (const { url } of [one, other]) {
      const headers = { authorization: `Bearer ${one.token}` };
      expect((await fetch(`${url}/v2/support-tickets`, { headers })).status).toBe(200);
    }
  });
});
