import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { startS3 } from "../fakes/s3/server.ts";
import { type MixedTeam, mixedTeam } from "./mixed-team.ts";

const log = { name: "printer.log", content: "It burns.\n" };

/** Rob on Slack, Ada on Discord, and files in a bucket. */
async function begin() {
  let now = Date.now;
  const s3 = await startS3({ now: () => now() });
  onTestFinished(() => s3.stop());
  const { region, ...credentials } = s3.keys;
  let dataDir = "";
  const team = await mixedTeam({
    ...{ requester: "slack", agents: ["discord"] },
    config: async (config) => {
      dataDir = config.dataDir;
      const { bucket, url: endpoint } = s3;
      const attachments = { kind: "bucket" as const, bucket, prefix: "", endpoint };
      return { ...config, attachments: { ...attachments, region, credentials } };
    },
  });
  now = () => team.clock.now();
  return { team, s3, dataDir: () => dataDir };
}

/** Where the ticket's first file opens. */
async function linkOf({ asks }: MixedTeam): Promise<URL> {
  const { data } = JSON.parse(await asks("agent", "GET", "?limit=1"));
  const ticket = JSON.parse(await asks("agent", "GET", `/${data[0]._id}`));
  return new URL((ticket.data ?? ticket).attachments[0].url);
}

describe("with a bucket,", () => {
  test("a file from Slack stands in Discord, and its link opens it, also after a restart", async () => {
    const { team, s3, dataDir } = await begin();
    const { rob, ada } = await team.opens();
    rob.writes("See this.", [log]);
    await team.passing(() => ada.lines().some(({ files }) => files.includes(log.name)));
    await team.quiet();
    const hash = createHash("sha256").update(log.content).digest("hex");
    expect([...s3.objects.keys()].filter((key) => key.startsWith(hash))).toHaveLength(1);
    expect(await readdir(dataDir())).not.toContain("attachments");
    expect(await readdir(dataDir())).not.toContain("attachments-secret");
    const first = await linkOf(team);
    expect(await (await fetch(first)).text()).toBe(log.content);
    await team.restart();
    first.host = (await linkOf(team)).host;
    expect(await (await fetch(first)).text()).toBe(log.content);
  });

  test("that fails as someone opens a file, they are told to come again, and never have half of it as whole", async () => {
    const { team, s3 } = await begin();
    const { rob, ada } = await team.opens();
    rob.writes("See this.", [{ name: "big.bin", content: Buffer.alloc(500_000, "deskhand") }]);
    await team.passing(() => ada.lines().some(({ files }) => files.includes("big.bin")));
    await team.quiet();
    const url = await linkOf(team);
    s3.misbehaves = ({ key }) => (key === "" ? undefined : { cut: "amid" });
    await expect(fetch(url).then((response) => response.arrayBuffer())).rejects.toThrow();
    s3.misbehaves = () => ({ status: 403, code: "AccessDenied" });
    const refused = await fetch(url);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(await refused.text()).not.toMatch(/s3:|desk-files|AccessDenied/);
    s3.misbehaves = () => undefined;
    expect((await (await fetch(url)).arrayBuffer()).byteLength).toBe(500_000);
  });

  test("that is down, what is said goes on, and the file follows once it is back", async () => {
    const { team, s3 } = await begin();
    const { rob, ada } = await team.opens();
    s3.misbehaves = () => ({ status: 503, code: "ServiceUnavailable" });
    rob.writes("See this.", [log]);
    rob.writes("Do you see it?");
    await team.passing(() => ada.lines().some(({ words }) => words.includes("Do you see it?")));
    expect(ada.lines().flatMap(({ files }) => files)).toEqual([]);
    s3.misbehaves = () => undefined;
    await team.passing(() => ada.lines().some(({ files }) => files.includes(log.name)));
    await team.quiet();
    expect(ada.lines().flatMap(({ files }) => files)).toEqual([log.name]);
  });

  test.each([
    ["as a file is kept", false],
    ["as one that was kept is to be posted", true],
  ])("that never answers %s, neither words nor other tickets wait for it", async (_, isKept) => {
    const { team, s3 } = await begin();
    const first = await team.opens();
    const second = await team.opens({ title: "Another printer on fire" });
    const before = s3.requests.length;
    const isWritten = () => s3.requests.slice(before, -1).some(({ method }) => method === "PUT");
    s3.misbehaves = () => (isKept && !isWritten() ? undefined : { silent: "all" });
    const since = (at: number) => s3.requests.slice(at).map(({ query: { prefix } }) => prefix);
    first.rob.writes("See this.", [log]);
    await team.passing(() => since(before).includes("probe"));
    const asked = s3.requests.length;
    for (const { rob, ada } of [first, second]) {
      for (const name of ["a.log", "b.log", "c.log"])
        rob.writes(`This is ${name}.`, [{ name, content: name }]);
      rob.writes("Do you see them?");
      await team.passing(() => ada.lines().some(({ words }) => words === "Do you see them?"));
    }
    // No file was waited for: only whether the bucket is back.
    expect(since(asked).filter((prefix) => prefix !== "probe")).toEqual([]);
    s3.misbehaves = () => undefined;
    await team.quiet();
    const files = [first, second].map(({ ada }) => ada.lines().flatMap(({ files }) => files));
    const [some, others] = files.map((names) => [...names].sort());
    expect(some).toEqual(["a.log", "b.log", "c.log", log.name]);
    expect(others).toEqual(["a.log", "b.log", "c.log"]);
  });
});
