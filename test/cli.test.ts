import { execFileSync, spawn } from "node:child_process";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Ticket } from "../src/tickets/ticket.ts";
import { newDocument } from "./contracts/store.ts";
import type { App } from "./fakes/slack/app.ts";
import { startSlack } from "./fakes/slack/slack.ts";
import { startTicketApi } from "./fakes/ticket-api.ts";
import { hangsMs } from "./fakes/until.ts";
import { isAlive } from "./is-alive.ts";
import { cli, type Deskhand, deskhand, startDeskhand } from "./process.ts";
import { temporaryFolder } from "./temporary.ts";

const path = "/v2/support-tickets";

/** The line that a start prints for its reader to paste; it comes just after it is ready. */
async function printedCurl({ stdout }: Deskhand): Promise<string> {
  const printed = () => /^\s*(curl .*)$/m.exec(stdout())?.[1];
  await expect.poll(printed, { timeout: hangsMs, interval: 5 }).toBeDefined();
  return printed() ?? "";
}

/** Whether a ticket was made; false when the service is gone. */
async function isCreated(url: string): Promise<boolean> {
  const headers = {
    Authorization: "Bearer secret-of-an-agent",
    "Content-Type": "application/json",
  };
  const given = { title: "T", description: "D", priority: "low", category: "general" };
  try {
    const response = await fetch(url + path, {
      method: "POST",
      headers,
      body: JSON.stringify(given),
    });
    expect(response.status).toBe(201);
    return (await response.json()) !== undefined;
  } catch {
    return false;
  }
}

/** A Slack with a triage channel that the bot is in, and the variables that turn it on. */
async function slackWithTriage(app: Partial<App> = {}) {
  const slack = await startSlack({ app });
  onTestFinished(() => slack.stop());
  const triage = "C0TRIAGE1";
  const members = [slack.workspace.bot.userId];
  slack.workspace.addChannel({ id: triage, name: "triage", members });
  const env = {
    DATA_DIR: await temporaryFolder(),
    SLACK_API_URL: slack.apiUrl,
    SLACK_BOT_TOKEN: slack.app.botToken,
    SLACK_APP_TOKEN: slack.app.appToken,
    TRIAGE: `slack:${triage}`,
  };
  const { SLACK_APP_TOKEN: _, ...others } = env;
  const overHttp = { ...others, SLACK_SIGNING_SECRET: slack.app.signingSecret };
  return { slack, triage, env, overHttp };
}

/** What a start tells once it is ready. */
async function greetingOf(running: Deskhand): Promise<string> {
  await printedCurl(running);
  return running.stdout();
}

describe("deskhand start", () => {
  test("with nothing set, the printed curl line makes a ticket that survives the plug", async () => {
    const DATA_DIR = await temporaryFolder();
    const first = await startDeskhand({ DATA_DIR });
    const curl = await printedCurl(first);
    const answered: { success: boolean; data: Ticket } = JSON.parse(
      execFileSync("sh", ["-c", `${curl} --silent`], { encoding: "utf8" }),
    );
    expect(answered).toMatchObject({ success: true, data: { status: "open" } });
    first.kill("SIGKILL");
    await first.exit;

    const second = await startDeskhand({ DATA_DIR });
    const token = /Bearer ([\w-]+)/.exec(curl)?.[1];
    const headers = { Authorization: `Bearer ${token}` };
    const read = await fetch(`${second.url}${path}/${answered.data._id}`, { headers });
    expect(await read.json()).toEqual(answered);
    expect(await printedCurl(second)).toContain(`Bearer ${token}`);
    expect((await stat(join(DATA_DIR, "api-tokens.json"))).mode & 0o777).toBe(0o600);
  });

  test("tokens that were given are printed nowhere, and the log is JSON lines", async () => {
    const { env } = await slackWithTriage({ botToken: "xoxb-secret", appToken: "xapp-secret" });
    const { DATA_DIR } = env;
    const API_TOKENS = "client:c1:secret-of-a-client,agent:a1:secret-of-an-agent";
    const given = { API_TOKENS, LOG_LEVEL: "debug", TICKETS_API_POLL_MS: "15000" };
    const running = await startDeskhand({ ...env, ...given });
    await greetingOf(running);
    const headers = { Authorization: "Bearer secret-of-a-client" };
    expect((await fetch(running.url + path, { headers })).status).toBe(200);
    const socket = connect(Number(new URL(running.url).port), "127.0.0.1");
    socket.end("GET / HTTP/1.1\r\nAuthorization: Bearer secret-of-a-client\r\nno header\r\n\r\n");
    expect(await text(socket)).toMatch(/^HTTP\/1.1 400 /);
    running.kill("SIGTERM");
    expect(await running.exit).toBe(0);
    expect(running.stdout() + running.stderr()).not.toContain("secret");
    expect(await readdir(DATA_DIR)).not.toContain("api-tokens.json");
    const lines = running
      .stderr()
      .trim()
      .split("\n")
      .map((line): { msg: string } => JSON.parse(line));
    expect(lines.map(({ msg }) => msg)).toEqual(
      expect.arrayContaining([
        "ready",
        "request",
        "stopping",
        "stopped",
        "what came was no request",
        "Slack is on",
        "TICKETS_API_POLL_MS does nothing: what it is for is off",
      ]),
    );
  });

  test("with nothing set, it says that Slack is off, and what turns it on", async () => {
    const greeting = await greetingOf(await startDeskhand({ DATA_DIR: await temporaryFolder() }));
    expect(greeting).toMatch(/Slack +off: set SLACK_BOT_TOKEN and SLACK_APP_TOKEN/);
    expect(greeting).toMatch(/Agents +answer over HTTP only/);
    expect(greeting).not.toContain("Something is wrong");
  });

  test("with Slack, it says how that is reached, where agents' threads are, and what is wrong", async () => {
    const { slack, triage, env, overHttp } = await slackWithTriage();
    const first = await startDeskhand(env);
    const greeting = await greetingOf(first);
    expect(greeting).toMatch(/Slack +on, over Socket Mode/);
    expect(greeting).toMatch(/Agents +answer in threads in slack:C0TRIAGE1/);
    expect(greeting).toContain("type /ticket in Slack");
    expect(greeting).not.toContain("Something is wrong");
    first.kill("SIGTERM");
    expect(await first.exit).toBe(0);
    slack.archives(triage);
    const PUBLIC_URL = "https://deskhand.example.com/";
    const second = await greetingOf(await startDeskhand({ ...overHttp, PUBLIC_URL }));
    expect(second).toMatch(/Slack +on, over HTTP: .*https:..deskhand.example.com.slack.events\n/);
    expect(second).toMatch(/Something is wrong; .*\n+ {2}Slack channel #triage .* is archived/);
  });

  test("a second one on the same folder ends with 3, and says who holds it", async () => {
    const DATA_DIR = await temporaryFolder();
    const first = await startDeskhand({ DATA_DIR });
    const second = deskhand(["start"], { DATA_DIR, PORT: "0" });
    expect(await second.exit).toBe(3);
    expect(second.stderr()).toContain(`in use by process ${first.pid}`);
    first.kill("SIGKILL");
    await first.exit;
    await startDeskhand({ DATA_DIR });
  });

  test("stopping answers all that it takes: not one ticket more than was answered", async () => {
    const DATA_DIR = await temporaryFolder();
    const API_TOKENS = "agent:a1:secret-of-an-agent";
    const running = await startDeskhand({ DATA_DIR, API_TOKENS, API_RATE_LIMIT: "off" });
    let accepted = 0;
    const callers = Array.from({ length: 8 }, async () => {
      while (await isCreated(running.url)) {
        accepted += 1;
        if (accepted === 50) running.kill("SIGTERM");
      }
    });
    // A connection on which nothing is ever asked does not hold the stop up.
    const idle = connect(Number(new URL(running.url).port), "127.0.0.1").on(
      "error",
      () => undefined,
    );
    await Promise.all(callers);
    expect(await running.exit).toBe(0);
    idle.destroy();
    expect(accepted).toBeGreaterThanOrEqual(50);
    expect(await readdir(join(DATA_DIR, "tickets"))).toHaveLength(accepted);
  });

  test("npm start stops when npm is told to, whatever its shell does", async () => {
    const DATA_DIR = await temporaryFolder();
    const npm = spawn("npm", ["start"], {
      cwd: fileURLToPath(new URL("..", import.meta.url)),
      env: { ...process.env, DATA_DIR, PORT: "0" },
      stdio: "ignore",
    });
    const lock = () => readFile(join(DATA_DIR, "lock"), "utf8").catch(() => "");
    await expect.poll(lock, { timeout: hangsMs }).toContain("pid");
    const { pid }: { pid: number } = JSON.parse(await lock());
    // The file with its tokens comes when the store is open.
    await expect.poll(() => readdir(DATA_DIR), { timeout: hangsMs }).toContain("api-tokens.json");
    npm.kill("SIGTERM");
    await expect.poll(() => isAlive(pid), { timeout: hangsMs }).toBe(false);
  });

  test("it lives on when nobody reads what it prints, and when its log cannot be written", async () => {
    const DATA_DIR = await temporaryFolder();
    const script = `"$0" "$1" start 2>/dev/full | true`;
    const shell = spawn("sh", ["-c", script, process.execPath, cli], {
      env: { PATH: process.env.PATH ?? "", DATA_DIR, PORT: "0" },
      stdio: "ignore",
    });
    const lock = () => readFile(join(DATA_DIR, "lock"), "utf8").catch(() => "");
    await expect.poll(lock, { timeout: hangsMs }).toContain("pid");
    const { pid }: { pid: number } = JSON.parse(await lock());
    await expect.poll(() => readdir(DATA_DIR), { timeout: hangsMs }).toContain("api-tokens.json");
    expect(shell.exitCode).toBeNull();
    process.kill(pid, "SIGTERM");
    await expect.poll(() => isAlive(pid), { timeout: hangsMs }).toBe(false);
    // Stopped in order, it leaves an index behind only where there is something to index.
    expect(await readdir(DATA_DIR)).not.toContain("damaged");
  });

  test("a wrong configuration ends with 2, and every problem is told", async () => {
    const wrong = deskhand(["start"], { PORT: "x", LOG_LEVEL: "loud" });
    expect(await wrong.exit).toBe(2);
    expect(wrong.stderr()).toMatch(/PORT must be .*\n.*LOG_LEVEL must be/);
    expect(await deskhand(["begin"], {}).exit).toBe(2);
    expect(await deskhand(["start", "--fast"], {}).exit).toBe(2);
    expect(await deskhand(["--help"], {}).exit).toBe(0);
  });

  test("a damaged token file ends with 2 and says what to do; a port in use ends with 1", async () => {
    const DATA_DIR = await temporaryFolder();
    const first = await startDeskhand({ DATA_DIR });
    const { port } = new URL(first.url);
    const other = deskhand(["start"], { DATA_DIR: await temporaryFolder(), PORT: port });
    expect(await other.exit).toBe(1);
    expect(other.stderr()).toContain("set another HOST or PORT");
    first.kill("SIGTERM");
    await first.exit;
    await writeFile(join(DATA_DIR, "api-tokens.json"), "{");
    const second = deskhand(["start"], { DATA_DIR });
    expect(await second.exit).toBe(2);
    expect(second.stderr()).toContain("delete it and start again");
  });
});

describe("deskhand export", () => {
  test("writes every ticket as a JSON line, also while Deskhand runs", async () => {
    const DATA_DIR = await temporaryFolder();
    const running = await startDeskhand({ DATA_DIR });
    const curl = await printedCurl(running);
    execFileSync("sh", ["-c", `${curl}; ${curl}`], { stdio: "ignore" });
    const exported = deskhand(["export"], { DATA_DIR });
    expect(await exported.exit).toBe(0);
    const lines = exported
      .stdout()
      .trim()
      .split("\n")
      .map((line): unknown => JSON.parse(line));
    const names = (await readdir(join(DATA_DIR, "tickets"))).sort();
    const files = names.map((name) => readFile(join(DATA_DIR, "tickets", name), "utf8"));
    expect(lines).toEqual((await Promise.all(files)).map((text): unknown => JSON.parse(text)));
    expect(lines).toHaveLength(2);
  });

  test("names what it cannot read, goes on, and ends with 1", async () => {
    const DATA_DIR = await temporaryFolder();
    const running = await startDeskhand({ DATA_DIR });
    execFileSync("sh", ["-c", await printedCurl(running)], { stdio: "ignore" });
    await writeFile(
      join(DATA_DIR, "tickets", "torn.json"),
      JSON.stringify(newDocument()).slice(0, 50),
    );
    const exported = deskhand(["export"], { DATA_DIR });
    expect(await exported.exit).toBe(1);
    expect(exported.stdout().trim().split("\n")).toHaveLength(1);
    expect(exported.stderr()).toContain("torn.json");
    const full = execFileSync(
      "sh",
      ["-c", '"$0" "$1" export >/dev/full; echo $?', process.execPath, cli],
      {
        env: { PATH: process.env.PATH ?? "", DATA_DIR },
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      },
    );
    expect(full.trim()).toBe("1");
    const nothing = deskhand(["export"], { DATA_DIR: join(DATA_DIR, "nowhere") });
    expect(await nothing.exit).toBe(1);
    expect(nothing.stderr()).toContain("Check DATA_DIR");
  });
});

describe("deskhand doctor", () => {
  test("tells a line each, and ends with 0 when all is well", async () => {
    const remote = await startTicketApi();
    const env = {
      DATA_DIR: await temporaryFolder(),
      TICKETS_API_URL: remote.url,
      TICKETS_API_TOKEN: remote.clientToken,
    };
    const before = deskhand(["doctor"], env);
    expect(await before.exit).toBe(0);
    expect(before.stdout()).toMatch(/^good {3}store: .* holds no tickets yet$/m);
    expect(before.stdout()).toMatch(
      /^good {3}remote ticket service: .*replies are put among a ticket's threads.*every 15 s$/m,
    );
    const running = await startDeskhand(env);
    const meanwhile = deskhand(["doctor"], env);
    expect(await meanwhile.exit).toBe(0);
    expect(meanwhile.stdout()).toContain("a running Deskhand holds it");
    running.kill("SIGTERM");
    await running.exit;
    const after = deskhand(["doctor"], env);
    expect(await after.exit).toBe(0);
    expect(after.stdout()).toContain("it can be written");
    await remote.stop();
  });

  test.each([
    ["a wrong variable", { PORT: "x" }, /^WRONG {2}configuration: PORT must be/m],
    [
      "a variable that does nothing",
      { TICKETS_API_POLL_MS: "15000" },
      /^WRONG .*TICKETS_API_POLL_MS/m,
    ],
    ["a short token", { API_TOKENS: "client:c1:short" }, /^WRONG .*client c1/m],
    [
      "a bucket that is not there",
      {
        ATTACHMENTS_URL: "s3://desk-files?endpoint=http://127.0.0.1:1",
        AWS_ACCESS_KEY_ID: "AKID",
        AWS_SECRET_ACCESS_KEY: "hush-hush",
      },
      /^WRONG {2}attachments: .*it cannot be reached: /m,
    ],
    [
      "a remote service that is not there",
      { TICKETS_API_URL: "http://127.0.0.1:1", TICKETS_API_TOKEN: "hush-hush" },
      /^WRONG {2}remote ticket service: .*Check TICKETS_API_URL/m,
    ],
  ])("finds %s, and ends with 1", async (_, wrong, told) => {
    const doctor = deskhand(["doctor"], { DATA_DIR: await temporaryFolder(), ...wrong });
    expect(await doctor.exit).toBe(1);
    expect(doctor.stdout()).toMatch(told);
    expect(doctor.stdout()).not.toContain("hush-hush");
  });

  test("finds another store that has files where ATTACHMENTS_URL leads", async () => {
    const share = await temporaryFolder();
    const env = { DATA_DIR: await temporaryFolder(), ATTACHMENTS_URL: `file://${share}` };
    const alone = deskhand(["doctor"], env);
    expect(await alone.exit).toBe(0);
    expect(alone.stdout()).toMatch(/^good {3}attachments: no other store has files in /m);
    await writeFile(join(share, `store-${"0".repeat(32)}`), "PostgreSQL at db.example.com/desk\n");
    const shared = deskhand(["doctor"], env);
    expect(await shared.exit).toBe(1);
    expect(shared.stdout()).toMatch(
      /^WRONG {2}attachments: Another store .* PostgreSQL at db\.example\.com\/desk \(store-0{32}\)/m,
    );
  });

  test("asks Slack, a line for each thing", async () => {
    const { env, overHttp } = await slackWithTriage();
    const doctor = deskhand(["doctor"], env);
    expect(await doctor.exit).toBe(0);
    for (const what of ["", " token", " scopes", " Socket Mode", " channel C0TRIAGE1"])
      expect(doctor.stdout()).toMatch(new RegExp(`^good {3}Slack${what}: `, "m"));
    const without = { ...overHttp, TRIAGE: "", PUBLIC_URL: "https://deskhand.example.com" };
    const other = deskhand(["doctor"], without);
    expect(await other.exit).toBe(0);
    expect(other.stdout()).toContain(
      "request URLs must be https://deskhand.example.com/slack/events",
    );
    expect(other.stdout()).toMatch(/^good {3}triage: .* agents answer over HTTP only/m);
  });

  test("finds what is wrong in Slack, and ends with 1", async () => {
    const { slack, triage, env, overHttp } = await slackWithTriage();
    const DESKHAND_CONFIG = join(env.DATA_DIR, "deskhand.yaml");
    await writeFile(DESKHAND_CONFIG, "agents:\n  - slack: U0NOBODY1\n  - slack: S0NOGROUP\n");
    slack.removesBot(triage);
    slack.app.scopes = slack.app.scopes.filter((each) => each !== "reactions:write");
    const doctor = deskhand(["doctor"], { ...env, DESKHAND_CONFIG });
    expect(await doctor.exit).toBe(1);
    const told = doctor.stdout();
    expect(told).toMatch(/^WRONG {2}Slack scopes: missing: reactions:write\. /m);
    expect(told).toMatch(/^WRONG {2}Slack channel C0TRIAGE1: .*\/invite @Deskhand/m);
    expect(told).toMatch(/^WRONG {2}Slack agent U0NOBODY1: /m);
    expect(told).toMatch(/^WRONG {2}Slack agent S0NOGROUP: /m);
    for (const secret of [slack.app.botToken, slack.app.appToken])
      expect(told).not.toContain(secret);
    await writeFile(DESKHAND_CONFIG, 'agents: [{ discord: "123456789012345678" }]\n');
    const others = deskhand(["doctor"], { ...env, DESKHAND_CONFIG });
    expect(await others.exit).toBe(1);
    expect(others.stdout()).toMatch(/^WRONG {2}Slack agents: .*none of Slack: no one can answer/m);
    for (const PUBLIC_URL of ["", "http://deskhand.example.com"]) {
      const unreachable = deskhand(["doctor"], { ...overHttp, PUBLIC_URL });
      expect(await unreachable.exit).toBe(1);
      expect(unreachable.stdout()).toMatch(/^WRONG {2}Slack: over HTTP, but PUBLIC_URL is not/m);
    }
  });

  test("finds a data folder that is none, a damaged token file and a torn ticket", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "file"), "");
    for (const DATA_DIR of [join(folder, "file"), join(folder, "file", "below")]) {
      const doctor = deskhand(["doctor"], { DATA_DIR });
      expect(await doctor.exit).toBe(1);
      expect(doctor.stdout()).toMatch(/^WRONG {2}store: /m);
      const start = deskhand(["start"], { DATA_DIR, PORT: "0" });
      expect(await start.exit).toBe(1);
      expect(start.stderr()).toContain("DATA_DIR must be a folder");
    }
    await mkdir(join(folder, "tickets"));
    await writeFile(join(folder, "tickets", "torn.json"), "{");
    await writeFile(join(folder, "api-tokens.json"), "{");
    const doctor = deskhand(["doctor"], { DATA_DIR: folder });
    expect(await doctor.exit).toBe(1);
    expect(doctor.stdout()).toMatch(/^WRONG {2}store: .*torn\.json/m);
    expect(doctor.stdout()).toMatch(/^WRONG {2}API tokens: /m);
  });

  test("finds damaged files that were set aside", async () => {
    const DATA_DIR = await temporaryFolder();
    const first = await startDeskhand({ DATA_DIR });
    first.kill("SIGTERM");
    await first.exit;
    await writeFile(join(DATA_DIR, "tickets", "torn.json"), "{");
    const second = await startDeskhand({ DATA_DIR });
    expect(second.stderr()).toContain("torn.json");
    const doctor = deskhand(["doctor"], { DATA_DIR });
    expect(await doctor.exit).toBe(1);
    expect(doctor.stdout()).toMatch(/^WRONG {2}store: 1 damaged/m);
  });
});
