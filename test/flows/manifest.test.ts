import { describe, expect, test } from "vitest";
import type { Seen } from "../fakes/slack/seen.ts";
import { appOfManifest } from "../slack/manifest.ts";
import { type Mode, printer, slackTeam, type Team } from "./slack-team.ts";

const ways: [Mode, "channel" | "group"][] = [
  ["socket", "channel"],
  ["http", "group"],
];

const refusedFor = ({ slack }: Team, error: string) =>
  slack.calls.filter(({ answer }) => answer?.error === error).map(({ method }) => method);

const first = (thread: Seen[]): Seen => {
  const [root] = thread;
  if (!root) throw new Error("there is no thread");
  return root;
};

const teamOfManifest = (mode: Mode, triageKind: "channel" | "group") =>
  slackTeam({ mode, triageKind, slack: { app: structuredClone(appOfManifest) } });

/** Rob asks with `/ticket` and a file; both threads are complete. */
async function asks({ rob, ada, triage, passing }: Team) {
  await rob.types("/ticket printer");
  await passing(() => rob.modal);
  const files = [{ name: "photo.png", content: "pixels", mimetype: "image/png" }];
  await rob.submits({ ...printer, attachments: files });
  const card = await passing(() => ada.reads(triage).find(({ words }) => words.includes("T-")));
  const own = await passing(() => rob.reads(rob.dm).find(({ words }) => words.includes("T-")));
  const atAgents = () => ada.reads(triage, { thread: card.ts });
  const atRequester = () => rob.reads(rob.dm, { thread: own.ts });
  await passing(() => [atAgents, atRequester].every((thread) => hasFile(thread(), "photo.png")));
  return { atAgents, atRequester, agentsRoot: card.ts, requesterRoot: own.ts };
}

const hasFile = (thread: Seen[], name: string) => thread.some(({ files }) => files.includes(name));
const hasWords = (thread: Seen[], words: string) => thread.some((seen) => seen.words === words);

describe.each(ways)("with the app of the manifest, over %s, triage in a %s", (mode, kind) => {
  test("a whole story happens, and nothing is refused for a scope", async () => {
    const team = await teamOfManifest(mode, kind);
    const { slack, rob, ada, triage, passing } = team;
    const { atAgents, atRequester, agentsRoot, requesterRoot } = await asks(team);

    const files = [{ name: "guide.txt", content: "Unplug it." }];
    const said = ada.writes(triage, "Try water.", { thread: agentsRoot, files });
    await passing(
      () => hasWords(atRequester(), "Try water.") && hasFile(atRequester(), "guide.txt"),
    );
    expect(atRequester().find(({ words }) => words === "Try water.")?.from).toBe("Ada");
    const delivered = () => atAgents().find(({ ts }) => ts === said.ts)?.reactions;
    await passing(() => delivered()?.includes("white_check_mark"));

    const answer = rob.writes(rob.dm, "It is wet.", { thread: requesterRoot });
    await passing(() => hasWords(atAgents(), "It is wet."));
    rob.edits(answer, "It is very wet.");
    await passing(() => hasWords(atAgents(), "It is very wet."));
    rob.deletes(answer);
    await passing(() => !hasWords(atAgents(), "It is very wet."));

    await ada.clicks(first(atAgents()), "claim");
    await passing(() => first(atAgents()).words.includes("Ada"));
    await ada.clicks(first(atAgents()), "note");
    await passing(() => ada.modal);
    await ada.submits({ text: "He is a regular." });
    const note = "He is a regular.";
    await passing(() => atAgents().some(({ words }) => words.includes(note)));
    expect(atRequester().map(({ words }) => words)).not.toContainEqual(
      expect.stringContaining(note),
    );

    rob.opensHome();
    await passing(() => JSON.stringify(rob.home?.content ?? "").includes(printer.title));
    expect(refusedFor(team, "missing_scope")).toEqual([]);
    expect(slack.calls.length).toBeGreaterThan(10);
  });

  test("what may have been posted is looked for, on both sides, and posted once", async () => {
    const team = await teamOfManifest(mode, kind);
    const { slack, rob, ada, triage, passing } = team;
    const { atAgents, atRequester, agentsRoot, requesterRoot } = await asks(team);
    slack.misbehave("reset-after-effect", { method: "chat.postMessage", channel: rob.dm });
    slack.misbehave("reset-after-effect", { method: "chat.postMessage", channel: triage });
    ada.writes(triage, "Try water.", { thread: agentsRoot });
    rob.writes(rob.dm, "Please hurry.", { thread: requesterRoot });
    await passing(() => hasWords(atRequester(), "Try water."));
    await passing(() => hasWords(atAgents(), "Please hurry."));
    const replies = () => slack.calls.filter(({ method }) => method === "conversations.replies");
    const asked = () => new Set(replies().map(({ args }) => args.channel));
    await passing(() => asked().size === 2);
    await passing(() => atAgents().some(({ reactions }) => reactions.includes("white_check_mark")));
    expect(atRequester().filter(({ words }) => words === "Try water.")).toHaveLength(1);
    expect(atAgents().filter(({ words }) => words === "Please hurry.")).toHaveLength(1);
    expect(refusedFor(team, "missing_scope")).toEqual([]);
  });

  test("the shortcut on a message opens the form, and the bot hears when it is removed", async () => {
    const team = await teamOfManifest(mode, kind);
    const { slack, ada, triage, log, passing } = team;
    const message = ada.writes(triage, "My chair squeaks.");
    await ada.uses("open_ticket", message);
    await passing(() => ada.modal);
    await ada.closes();
    slack.removesBot(triage);
    await passing(() =>
      log.lines.some(({ fields }) => /not in|cannot see/.test(String(fields.problem))),
    );
    expect(refusedFor(team, "missing_scope")).toEqual([]);
  });
});
