import { describe, expect, test } from "vitest";
import { guildObject } from "../fakes/discord/objects.ts";
import { type PermissionName, permissionsOfNames } from "../fakes/discord/permissions.ts";
import { overwrite } from "../fakes/discord/threads.ts";
import { conversation, type DiscordStory, readiness, words } from "./discord-team.ts";

const isMessage = { route: "POST /channels/:id/messages" };

const bot = ({ discord }: DiscordStory) => discord.server.application.id;

/** The bot has all in the triage channel but these. */
function leaves(story: DiscordStory, ...denied: PermissionName[]): void {
  const { discord, triage } = story;
  const [allow, deny] = [permissionsOfNames(["viewChannel"]), permissionsOfNames(denied)];
  overwrite(discord.server, discord.server.channel(triage), {
    ...{ id: bot(story), type: 1, allow: allow & ~deny, deny },
  });
}

interface Trouble {
  what: string;
  begin: (story: DiscordStory) => void;
  mend: (story: DiscordStory) => void;
  why: string;
}

const lackOf = (permission: PermissionName, name: string): Trouble => ({
  what: `the bot lacks ${name}`,
  begin: (story) => leaves(story, permission),
  mend: (story) => leaves(story),
  why: name,
});

const troubles: Trouble[] = [
  {
    what: "the token is reset",
    begin: ({ discord }) => {
      discord.revokesToken();
      discord.gateway.closes(4004, "Authentication failed.");
    },
    mend: ({ discord }) => discord.restoresToken(),
    why: "set the new DISCORD_TOKEN",
  },
  {
    what: "the bot may no longer read messages",
    begin: ({ discord }) => {
      discord.withoutIntent();
      discord.gateway.closes(4014, "Disallowed intent(s).");
    },
    mend: ({ discord }) => discord.withIntent(),
    why: "switch on Message Content Intent",
  },
  {
    what: "the bot is thrown out of the server",
    begin: (story) => story.discord.removes(story.guild, bot(story)),
    mend: (story) => {
      const { server } = story.discord;
      const role = [...story.guild.roles.values()].find(({ name }) => name === "Deskhand");
      server.addMember(story.guild, bot(story), { roles: role ? [role.id] : [] });
      server.tell("GUILD_CREATE", guildObject(server, story.guild), { guild: story.guild.id });
    },
    why: "the bot is in no Discord server: open the app's install link",
  },
  {
    ...lackOf("viewChannel", "View Channel"),
    begin: ({ discord, triage }) => discord.removesPermissions(triage, ["viewChannel"]),
  },
  lackOf("sendMessages", "Send Messages"),
  lackOf("sendMessagesInThreads", "Send Messages in Threads"),
  lackOf("embedLinks", "Embed Links"),
  lackOf("attachFiles", "Attach Files"),
  lackOf("readMessageHistory", "Read Message History"),
  lackOf("addReactions", "Add Reactions"),
  lackOf("createPublicThreads", "Create Public Threads"),
];

describe("within a minute", () => {
  test.each(troubles)(
    "it is shown and logged in words that $what; it works again by itself once that is mended",
    async ({ begin, mend, why }) => {
      const story = await conversation();
      const { discord, opened, log, passing, quiet } = story;
      const { rob, ada, agentsThread } = opened;
      expect((await readiness(story)).status).toBe(200);
      // It is heard, and cannot be passed on yet.
      const slowmode = { status: 429, code: 20_028, message: "The write rate limit was hit" };
      discord.misbehave({ error: slowmode }, { ...isMessage, channel: agentsThread });
      const before = discord.calls.length;
      rob.writes("Hello?");
      await discord.until(() =>
        discord.calls
          .slice(before)
          .some(({ path }) => path === `/channels/${agentsThread}/messages`),
      );
      await discord.settled();

      begin(story);
      const begunAt = discord.clock.now();
      let { status, said } = await readiness(story);
      // At first it may be no more than that nobody answers.
      while (status === 200 || !said.includes(why)) {
        expect(discord.clock.now() - begunAt).toBeLessThan(60_000);
        discord.clock.advance(500);
        ({ status, said } = await readiness(story));
      }
      expect(said).not.toMatch(/#triage|Missing/);
      const isLogged = ({ level, fields }: (typeof log.lines)[number]) =>
        level === "error" && String(fields.problem).includes(why);
      await passing(() => log.lines.some(isLogged));
      for (let second = 0; second < 60; second += 1) {
        discord.clock.advance(1_000);
        await new Promise((resolve) => setImmediate(resolve));
      }

      mend(story);
      let mended = false;
      await passing(() => {
        void readiness(story).then(({ status }) => {
          mended = status === 200;
        });
        return mended;
      });
      await passing(() => words(ada).includes("Hello?"));
      rob.writes("Are you back?");
      await passing(() => words(ada).includes("Are you back?"));
      ada.writes("We are.");
      await passing(() => words(rob).includes("We are."));
      await quiet();
      expect(words(ada)).toEqual(["Hello?", "Are you back?", "We are."]);
      expect(JSON.stringify(log.lines)).not.toContain(discord.token);
    },
  );

  test("it is shown that the triage channel is deleted; the requester's thread goes on", async () => {
    const story = await conversation();
    const { discord, opened, triage, passing } = story;
    discord.deletesChannel(triage);
    await passing(() => story.problems().length > 0);
    expect((await readiness(story)).said).toContain(
      `the bot cannot see the Discord channel ${triage}: check TRIAGE`,
    );
    opened.rob.writes("Hello?");
    const { data } = JSON.parse(await story.asks("agent", "GET", "?limit=1"));
    await story.asks("agent", "POST", `/${data[0]._id}/threads`, { message: "Over HTTP." });
    await passing(() => words(opened.rob).includes("Over HTTP."));
  });
});
