import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Upload } from "../fakes/slack/person.ts";
import type { Seen } from "../fakes/slack/seen.ts";
import { hangsMs } from "../fakes/until.ts";
import { messagesOf, ticketOverHttp } from "./over-http.ts";
import { type Opened, printer, slackTeam, type Team, type TeamOptions } from "./slack-team.ts";

const mib = 1024 * 1024;

const attachments = { maxBytes: 25 * mib, allows: () => true, linkMs: 60 * 60_000 };
const log = { name: "printer.log", content: "It burns.\n", mimetype: "text/plain" };
const photo = {
  name: "fire.png",
  content: Buffer.from([0x89, 0x50, 0, 1, 2]),
  mimetype: "image/png",
};

async function conversation(options: TeamOptions = {}): Promise<Team & Opened> {
  const team = await slackTeam(options);
  const opened = await team.opens();
  const { atAgents, atRequester } = opened;
  await team.passing(() => atAgents().length === 2 && atRequester().length === 2);
  return { ...team, ...opened };
}

const withFiles = (all: Seen[]) => all.filter(({ files }) => files.length > 0);
const said = (all: Seen[]) => all.slice(2).map(({ words, files }) => files[0] ?? words);

/** What stands in Slack for a file, as the bot posted it. */
const contentOf = ({ slack }: Team, name: string) =>
  [...slack.workspace.files.values()]
    .filter((file) => file.name === name && file.user === slack.workspace.bot.userId)
    .map(({ content }) => content.toString());

async function opened(url: string) {
  const response = await fetch(url);
  const [type] = (response.headers.get("content-type") ?? "").split(";");
  return { status: response.status, type, content: Buffer.from(await response.arrayBuffer()) };
}

describe("a file", () => {
  test("is kept by its hash, uploaded at the other side under the writer's name, and listed", async () => {
    const team = await conversation();
    const { rob, requesterRoot, atAgents, folder, passing } = team;
    rob.writes(rob.dm, "See this.", { thread: requesterRoot, files: [log] });
    await passing(() => withFiles(atAgents()).length === 1);
    await team.quiet();
    expect(said(atAgents())).toEqual(["See this.", "printer.log"]);
    expect(withFiles(atAgents())[0]).toMatchObject({ from: "deskhand", words: "From Rob" });
    expect(contentOf(team, "printer.log")).toEqual([log.content]);
    const hash = createHash("sha256").update(log.content).digest("hex");
    const [kept] = (await readdir(join(folder, "attachments"), { recursive: true })).filter(
      (path) => path.includes(`/${hash}.`),
    );
    expect(await readFile(join(folder, "attachments", kept ?? ""), "utf8")).toBe(log.content);
    const ticket = await ticketOverHttp(team);
    expect(ticket.attachments).toMatchObject([
      { filename: "printer.log", size: log.content.length, type: "text/plain" },
    ]);
    expect(messagesOf(ticket).at(-1)).toBe("See this.\n[attachment: printer.log]");
  });

  test("that was taken back is gone from the data folder some days after, unless it was sent twice", async () => {
    const team = await conversation({ settings: { attachments } });
    const { rob, requesterRoot, atAgents, folder, passing, slack } = team;
    const sends = (text: string, ...files: Upload[]) =>
      rob.writes(rob.dm, text, { thread: requesterRoot, files });
    const both = sends("See these.", log, photo);
    sends("The picture again.", photo);
    await passing(() => withFiles(atAgents()).length === 3);
    rob.deletes(both);
    await passing(() => withFiles(atAgents()).length === 1);
    await team.quiet();
    const kept = async () => {
      const all = await readdir(join(folder, "attachments"), { recursive: true });
      return all.flatMap((path) => /\/([0-9a-f]{64})\./.exec(path)?.[1] ?? []);
    };
    const [hash, other] = [log, photo].map((each) =>
      createHash("sha256").update(each.content).digest("hex"),
    );
    expect((await kept()).sort()).toEqual([hash, other].sort());
    await team.restart();
    for (let days = 0; days < 4; days += 1) {
      slack.clock.advance(24 * 60 * 60_000);
      await team.quiet();
    }
    await expect.poll(kept, { timeout: hangsMs }).toEqual([other]);
    const [shown] = withFiles(atAgents());
    expect(shown?.files).toEqual(["fire.png"]);
  });

  test("is listed with a link that gives its bytes, until it expires, and to no one who changes it", async () => {
    const team = await conversation({
      settings: { attachments: { ...attachments, linkMs: 60_000 } },
    });
    const { slack, ada, triage, agentsRoot, atRequester, passing } = team;
    ada.writes(triage, "", { thread: agentsRoot, files: [photo] });
    await passing(() => withFiles(atRequester()).length === 1);
    await team.quiet();
    const [attachment] = (await ticketOverHttp(team)).attachments;
    const url = attachment?.url ?? "";
    expect(url.startsWith(`${team.url()}/attachments/`)).toBe(true);
    expect(await opened(url)).toEqual({ status: 200, type: "image/png", content: photo.content });
    const isRefused = { status: 403, type: "application/json" };
    expect(await opened(url.replace("fire.png", "water.png"))).toMatchObject(isRefused);
    const later = new URL(url);
    later.searchParams.set("expires", "9999999999");
    expect(await opened(later.href)).toMatchObject(isRefused);
    slack.clock.advance(61_000);
    const [anew] = (await ticketOverHttp(team)).attachments;
    expect(await opened(anew?.url ?? "")).toMatchObject({ status: 200 });
    expect(await opened(url)).toMatchObject({ status: 410 });
  });

  test("that comes with the form is at both sides", async () => {
    const team = await slackTeam();
    const { rob, ada, triage, passing } = team;
    await rob.types("/ticket");
    await passing(() => rob.modal);
    await rob.submits({ ...printer, attachments: [log, photo] });
    await passing(() => withFiles(ada.reads(triage)).length === 2);
    await passing(() => withFiles(rob.reads(rob.dm)).length === 2);
    await team.quiet();
    const { attachments: listed } = await ticketOverHttp(team);
    expect(listed.map(({ filename }) => filename).sort()).toEqual(["fire.png", "printer.log"]);
  });

  test("and others of the same message come in order, before what is written next", async () => {
    const team = await conversation();
    const { slack, ada, triage, agentsRoot, atRequester, passing } = team;
    let give = () => {};
    const until = new Promise<void>((resolve) => {
      give = resolve;
    });
    slack.misbehave({ until }, { method: "download" });
    ada.writes(triage, "Do this:", { thread: agentsRoot, files: [log, photo] });
    ada.writes(triage, "Then that.", { thread: agentsRoot });
    await passing(() => said(atRequester()).includes("Do this:"));
    await passing(() => slack.events.underway() === 0);
    give();
    await passing(() => said(atRequester()).length === 4);
    expect(said(atRequester())).toEqual(["Do this:", "printer.log", "fire.png", "Then that."]);
  });

  test("that comes twice is there twice, and one of them can go", async () => {
    const team = await conversation();
    const { ada, triage, agentsRoot, atRequester, passing } = team;
    ada.writes(triage, "", { thread: agentsRoot, files: [log] });
    const second = ada.writes(triage, "", { thread: agentsRoot, files: [log] });
    await passing(() => withFiles(atRequester()).length === 2);
    await team.quiet();
    expect((await ticketOverHttp(team)).attachments).toHaveLength(2);
    ada.deletes(second);
    await passing(() => withFiles(atRequester()).length === 1);
    await team.quiet();
    expect((await ticketOverHttp(team)).attachments).toHaveLength(1);
  });

  test("that is deleted goes at the other side and from the list; its message and the others stay", async () => {
    const team = await conversation();
    const { ada, triage, agentsRoot, atRequester, passing } = team;
    const both = ada.writes(triage, "Both.", { thread: agentsRoot, files: [log, photo] });
    await passing(() => withFiles(atRequester()).length === 2);
    ada.deletesFile(both, "printer.log");
    await passing(() => withFiles(atRequester()).length === 1);
    await team.quiet();
    expect(said(atRequester())).toEqual(["Both.", "fire.png"]);
    const ticket = await ticketOverHttp(team);
    expect(ticket.attachments.map(({ filename }) => filename)).toEqual(["fire.png"]);
    expect(messagesOf(ticket).at(-1)).toBe("Both.\n[attachment: fire.png]");
  });

  test("of a note stays with the agents", async () => {
    const team = await conversation();
    const { ada, triage, agentsRoot, atRequester } = team;
    ada.writes(triage, "// Between us", { thread: agentsRoot, files: [log] });
    await team.quiet();
    expect(said(atRequester())).toEqual([]);
    expect((await ticketOverHttp(team)).attachments).toEqual([]);
  });

  test("that could not be fetched or uploaded at first arrives once", async () => {
    const team = await conversation();
    const { slack, rob, requesterRoot, atAgents, passing } = team;
    slack.misbehave("reset", { method: "download" });
    slack.misbehave("html", { method: "download" });
    slack.misbehave("cut-off", { method: "download" });
    slack.misbehave({ status: 503 }, { method: "upload" });
    slack.misbehave("reset-after-effect", { method: "files.completeUploadExternal" });
    rob.writes(rob.dm, "", { thread: requesterRoot, files: [log] });
    await passing(() => withFiles(atAgents()).length === 1);
    await team.quiet();
    expect(said(atAgents())).toEqual(["printer.log"]);
    expect(contentOf(team, "printer.log")).toContain(log.content);
  });
});

const smallTexts: TeamOptions["settings"] = {
  attachments: { ...attachments, maxBytes: mib, allows: (type) => type.startsWith("text/") },
};

/** Everyone is told, by name, and the words arrive all the same. */
async function refusedWith(team: Team & Opened, name: string, why: RegExp): Promise<void> {
  const { atAgents, atRequester, passing } = team;
  const told = (all: Seen[]) => all.find(({ words }) => words.includes(name));
  const [atOne, atOther] = await passing(() => {
    const both = [told(atAgents()), told(atRequester())];
    return both.every(Boolean) ? both : undefined;
  });
  for (const notice of [atOne, atOther]) {
    expect(notice?.words).toMatch(why);
    expect(notice?.from).toBe("deskhand");
  }
  await team.quiet();
  expect(said(atAgents())).toContain("See this.");
  expect(withFiles(atAgents())).toEqual([]);
  expect((await ticketOverHttp(team)).attachments).toEqual([]);
}

describe("a file that is not taken is told to its writer and the agents", () => {
  test.each([
    ["too large", { ...log, content: "x".repeat(mib + 1) }, /larger than 1 MB/],
    [
      "with a name that turns text around",
      { ...photo, name: "a\u202egpj.exe" },
      /image\/png are/,
      "a_gpj.exe",
    ],
    ["of another type", { ...photo, name: "printer.log" }, /image\/png are not taken/],
  ])("as it is %s", async (_, file, why, shown = "printer.log") => {
    const team = await conversation({ settings: smallTexts });
    const { rob, requesterRoot } = team;
    rob.writes(rob.dm, "See this.", { thread: requesterRoot, files: [file] });
    await refusedWith(team, shown, why);
  });

  test("as it is larger than a part of a megabyte", async () => {
    const settings = { attachments: { ...attachments, maxBytes: 20 * 1024 } };
    const team = await conversation({ settings });
    const files = [{ ...log, content: "x".repeat(20 * 1024 + 1) }];
    team.rob.writes(team.rob.dm, "See this.", { thread: team.requesterRoot, files });
    await refusedWith(team, "printer.log", /larger than 20 kB/);
  });

  test("as there is nothing in it, and the others of its message are passed on", async () => {
    const team = await conversation();
    const { rob, requesterRoot, atAgents, atRequester, passing } = team;
    const files = [{ ...log, content: "" }, photo];
    rob.writes(rob.dm, "See this.", { thread: requesterRoot, files });
    await passing(() => withFiles(atAgents()).length === 1);
    await team.quiet();
    for (const all of [atAgents(), atRequester()])
      expect(all.filter(({ words }) => words.includes("“printer.log” was not"))).toHaveLength(1);
    const { attachments: listed } = await ticketOverHttp(team);
    expect(listed.map(({ filename }) => filename)).toEqual(["fire.png"]);
  });

  test("as it has been deleted before it could be fetched", async () => {
    const team = await conversation();
    const { slack, rob, requesterRoot } = team;
    slack.misbehave({ error: "file_deleted" }, { method: "files.info" });
    rob.writes(rob.dm, "See this.", { thread: requesterRoot, files: [log] });
    await refusedWith(team, "printer.log", /has been deleted/);
  });

  test.each([
    ["gives a page to sign in on", "html", /files:read/],
    ["cannot be reached", "reset", /connection|reached/],
  ] as const)("as Slack %s for a quarter of an hour", async (_, fault, why) => {
    const team = await conversation();
    const { slack, rob, requesterRoot, passing } = team;
    slack.misbehave(fault, { method: "download", times: 1_000 });
    rob.writes(rob.dm, "See this.", { thread: requesterRoot, files: [log] });
    await passing(() => said(team.atAgents()).includes("See this."));
    for (let minute = 0; minute < 16; minute += 1) {
      const tries = slack.calls.length;
      slack.clock.advance(60_000);
      await passing(() => slack.calls.length > tries);
    }
    await refusedWith(team, "printer.log", why);
  });

  test("but what is written after it does not wait for that", async () => {
    const team = await conversation();
    const { slack, rob, requesterRoot, atAgents, passing } = team;
    slack.misbehave("html", { method: "download", times: 1_000 });
    rob.writes(rob.dm, "See this.", { thread: requesterRoot, files: [log] });
    rob.writes(rob.dm, "And hurry.", { thread: requesterRoot });
    await passing(() => said(atAgents()).includes("And hurry."));
    expect(withFiles(atAgents())).toEqual([]);
  });
});

test("a file that Slack does not take at the other side is told to the agents, by name, and can be tried again", async () => {
  const team = await conversation();
  const { slack, rob, ada, requesterRoot, atAgents, passing } = team;
  slack.misbehave({ error: "blocked_file_type" }, { method: "files.completeUploadExternal" });
  rob.writes(rob.dm, "See this.", { thread: requesterRoot, files: [log] });
  const notice = await passing(() =>
    atAgents()
      .slice(1)
      .find(({ buttons }) => buttons.includes("retry")),
  );
  expect(notice.words).toContain("The file “printer.log” could not be posted");
  await ada.clicks(notice, "retry");
  await passing(() => withFiles(atAgents()).length === 1);
});
