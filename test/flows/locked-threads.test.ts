import { expect, test } from "vitest";
import { permissionsOfNames } from "../fakes/discord/permissions.ts";
import { overwrite } from "../fakes/discord/threads.ts";
import { conversation, words } from "./discord-team.ts";
import { mixedTeam } from "./mixed-team.ts";

test("what a requester writes, and takes back, gets to agents once their thread is unlocked", async () => {
  const story = await conversation();
  const { discord, triage, opened, passing, quiet } = story;
  const { rob, ada, agentsThread } = opened;
  const mistake = rob.writes("Never mind.");
  await passing(() => words(ada).includes("Never mind."));
  await quiet();
  overwrite(discord.server, discord.server.channel(triage), {
    ...{ id: discord.server.application.id, type: 1 },
    allow: permissionsOfNames(["viewChannel"]),
    deny: permissionsOfNames(["manageThreads"]),
  });
  discord.locks(agentsThread);
  rob.deletes(mistake);
  rob.writes("It burns again.");
  await passing(() => story.log.lines.some((line) => JSON.stringify(line).includes("unlock")));
  discord.clock.advance(60 * 60_000);
  expect(words(ada)).toEqual(["Never mind."]);
  discord.unlocks(agentsThread);
  await passing(() => words(ada).includes("It burns again."));
  await quiet();
  expect(words(ada)).toEqual(["It burns again."]);
});

test("an answer that is long, then short, then long again within minutes is whole in the end", async () => {
  const { opens, passing, quiet } = await mixedTeam({ requester: "discord", agents: ["slack"] });
  const { rob, ada } = await opens();
  const long = Array.from({ length: 300 }, (_, n) => `Step ${n} goes on and on.`).join(" ");
  const parts = () => rob.lines().slice(1);
  const line = ada.writes(long);
  await passing(() => parts().length > 1);
  await quiet();
  ada.edits(line, "Wait.");
  await passing(() => parts().length === 1);
  await quiet();
  ada.edits(line, long);
  await passing(() => parts().length > 1);
  await quiet();
  const whole = parts().map((part) => part.words.trim());
  expect(whole.join(" ")).toBe(long);
  expect(ada.lines().at(-1)?.words).not.toContain("could not");
});
