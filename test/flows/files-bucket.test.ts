import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { startS3 } from "../fakes/s3/server.ts";
import { mixedTeam } from "./mixed-team.ts";

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
    const url = async () => {
      const { data } = JSON.parse(await team.asks("agent", "GET", "?limit=1"));
      const ticket = JSON.parse(await team.asks("agent", "GET", `/${data[0]._id}`));
      return new URL((ticket.data ?? ticket).attachments[0].url);
    };
    const first = await url();
    expect(await (await fetch(first)).text()).toBe(log.content);
    await team.restart();
    first.host = (await url()).host;
    expect(await (await fetch(first)).text()).toBe(log.content);
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
});
