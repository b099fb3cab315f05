import { execFileSync } from "node:child_process";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Ticket } from "../src/tickets/ticket.ts";
import { newDocument } from "./contracts/store.ts";
import { startTicketApi } from "./fakes/ticket-api.ts";
import { type Deskhand, deskhand, startDeskhand } from "./process.ts";
import { temporaryFolder } from "./temporary.ts";

const path = "/v2/support-tickets";

/** The line that a start prints for its reader to paste; it comes just after it is ready. */
async function printedCurl({ stdout }: Deskhand): Promise<string> {
  const printed = () => /^\s*(curl .*)$/m.exec(stdout())?.[1];
  await expect.poll(printed, { timeout: 10_000, interval: 5 }).toBeDefined();
  return printed() ?? "";
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
    const DATA_DIR = await temporaryFolder();
    const API_TOKENS = "client:c1:secret-of-a-client,agent:a1:secret-of-an-agent";
    const running = await startDeskhand({
      DATA_DIR,
      API_TOKENS,
      LOG_LEVEL: "debug",
      SLACK_BOT_TOKEN: "xoxb-secret",
    });
    const headers = { Authorization: "Bearer secret-of-a-client" };
    expect((await fetch(running.url + path, { headers })).status).toBe(200);
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
        "SLACK_BOT_TOKEN does nothing in this version",
      ]),
    );
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

  test("stopping answers what was accepted, and ends with 0", async () => {
    const DATA_DIR = await temporaryFolder();
    const API_TOKENS = "agent:a1:secret-of-an-agent";
    const running = await startDeskhand({ DATA_DIR, API_TOKENS });
    const body = JSON.stringify({
      title: "T",
      description: "D",
      priority: "low",
      category: "general",
    });
    const headers = {
      Authorization: "Bearer secret-of-an-agent",
      "Content-Type": "application/json",
    };
    const creates = Array.from({ length: 40 }, () =>
      fetch(running.url + path, { method: "POST", headers, body }).then(
        ({ status }) => status,
        () => 0,
      ),
    );
    await Promise.race(creates);
    running.kill("SIGTERM");
    const answered = await Promise.all(creates);
    expect(await running.exit).toBe(0);
    const accepted = answered.filter((status) => status === 201);
    expect(answered.filter((status) => status !== 201 && status !== 0)).toEqual([]);
    expect(accepted.length).toBeGreaterThan(0);
    expect((await readdir(join(DATA_DIR, "tickets"))).length).toBeGreaterThanOrEqual(
      accepted.length,
    );
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
    expect(before.stdout()).toMatch(/^good {3}remote ticket service: /m);
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
    ["a variable that does nothing", { DISCORD_TOKEN: "x" }, /^WRONG .*DISCORD_TOKEN/m],
    ["a short token", { API_TOKENS: "client:c1:short" }, /^WRONG .*client c1/m],
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
