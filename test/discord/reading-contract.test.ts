import { readThread } from "../../adapters/discord/references.ts";
import { type ReaderUnderTest, readingContract } from "../contracts/reading.ts";
import type { Seen } from "../fakes/discord/seen.ts";
import { discordWithPlatform, placeOf } from "./connected.ts";

const history = "GET /channels/:id/messages";

/** As someone types it who wants just these words to be shown. */
const plain = (text: string) => text.replace(/[*_]/g, "\\$&");

type Connected = Awaited<ReturnType<typeof discordWithPlatform>>;

const referenceOf = ({ channel, id }: Seen) => `${channel}/${id}`;

function underTest(connected: Connected, where: ReaderUnderTest["where"]): ReaderUnderTest {
  const { discord, guild, server, platform, ada, rob, clock, triage, forum } = connected;
  const isAgents = (channel: string) =>
    [triage, forum].includes(server.channel(channel).parent ?? "");
  const seenAt = (reference: string) => {
    const { channel, id } = placeOf(reference);
    const person = isAgents(channel) ? ada : rob;
    const all = person.reads(channel);
    const message = all.find((each) => each.id === id);
    if (!message) throw new Error(`there is no message ${reference}`);
    return { person, message, all };
  };
  const robot = discord.person("400000000000000009", { name: "robot", bot: true });
  return {
    adapter: platform,
    where,
    world: {
      writes(reference, text, file) {
        const thread = readThread(reference);
        const { channel } = thread;
        const person = isAgents(channel) ? ada : rob;
        const files = file ? [file] : [];
        const root = thread.kind === "direct" ? seenAt(`${channel}/${thread.root}`) : undefined;
        const replyTo = root && { replyTo: root.message };
        return { message: referenceOf(person.writes(channel, plain(text), { files, ...replyTo })) };
      },
      edits(reference, text) {
        const { person, message } = seenAt(reference);
        person.edits(message, text);
      },
      deletes: (reference) => discord.deletes(seenAt(reference).message),
      deletesThread: (thread) => discord.deletesChannel(thread),
      botWrites: (thread, text) => void robot.writes(thread, text),
      givesPagesOf: (messages) => discord.givesPagesOf(messages),
      throttles(pages, retryAfterS) {
        if (pages > 0)
          discord.misbehave({ until: Promise.resolve() }, { route: history, times: pages });
        discord.misbehave({ retryAfterS }, { route: history });
      },
      shutsUsOut: () => discord.removes(guild, server.application.id),
      refusesToken: () => discord.revokesToken(),
      toldOf(reference) {
        const { message, all } = seenAt(reference);
        return all.filter(({ replyTo }) => replyTo === message.id).map(({ words }) => words);
      },
      passes: (ms) => clock.advance(ms),
      now: () => clock.now(),
    },
  };
}

const exceptions = {
  "asked to wait, it says for how long, and then all of it is read":
    "discord.js counts the wait by the clock on the wall: read-back.test.ts looks at it",
};

readingContract(
  "Discord, with a channel and private threads",
  async () => {
    const connected = await discordWithPlatform();
    const { triage: agents, privately: requester } = connected;
    return underTest(connected, { agents, requester });
  },
  exceptions,
);

readingContract(
  "Discord, with a forum and direct messages",
  async () => {
    const connected = await discordWithPlatform();
    const { forum: agents, directly: requester } = connected;
    return underTest(connected, { agents, requester });
  },
  exceptions,
);
