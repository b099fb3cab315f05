import { readThread } from "../../adapters/discord/references.ts";
import { readMarkdown } from "../../adapters/discord/text.ts";
import type { Mark } from "../../src/desk/chat.ts";
import { plainText } from "../../src/desk/text-plain.ts";
import {
  adapterContract,
  type PlatformUnderTest,
  type Read,
  type Step,
} from "../contracts/adapter.ts";
import { remove } from "../fakes/discord/messages.ts";
import { messageType } from "../fakes/discord/records.ts";
import type { Seen } from "../fakes/discord/seen.ts";
import { record, string } from "../fakes/json.ts";
import { discordWithPlatform, placeOf } from "./connected.ts";

const posting = "POST /channels/:id/messages";
const startingBelow = "POST /channels/:id/messages/:id/threads";
const starting = "POST /channels/:id/threads";

const marks: Readonly<Record<string, Mark>> = {
  "⏳": "sending",
  "✅": "delivered",
  "❌": "failed",
};

const names = { person: () => undefined, role: () => undefined, channel: () => undefined };

/** As the client shows it: typed text in Markdown is what was typed. */
function shown({ embeds, from, words, ...message }: Seen): Read {
  const { author, title, description, footer } = embeds[0] ?? {};
  const text = plainText(readMarkdown(string(description), { names })).trim();
  const isCard = title !== undefined;
  return {
    reference: `${message.channel}/${message.id}`,
    from: string(record(author).name) || from,
    words: isCard ? words : [text, string(record(footer).text)].filter(Boolean).join("\n"),
    files: message.files,
    marks: message.reactions.flatMap((emoji) => marks[emoji] ?? []),
    pings: message.pings,
  };
}

type Connected = Awaited<ReturnType<typeof discordWithPlatform>>;

const isSaid = ({ type }: Seen) => type === messageType.plain || type === messageType.reply;

/** What someone reads in a thread, with the message that it was started from. */
function readIn({ server, ada, rob }: Connected, reference: string): Read[] {
  const thread = readThread(reference);
  const channel = server.channels.get(thread.channel);
  if (!channel) return [];
  const reader = ada.sees(channel.id) ? ada : rob;
  const messages = reader.reads(channel.id).filter(isSaid);
  if (thread.kind === "thread") {
    const starters = reader.reads(channel.parent ?? "").filter(({ id }) => id === channel.id);
    return [...starters, ...messages].map(shown);
  }
  const isBelow = ({ id, embeds }: Seen) =>
    id === thread.root || string(embeds[0]?.url).includes(`/${thread.root}?`);
  return messages.filter(isBelow).map(shown);
}

function underTest(
  connected: Connected,
  where: PlatformUnderTest["where"],
  stepsAt: (where: string) => Partial<Record<Step, string>>,
): PlatformUnderTest {
  const { discord, server, ada, platform, clock } = connected;
  return {
    adapter: platform,
    where,
    world: {
      reads: (thread) => readIn(connected, thread),
      threadsAt(at) {
        const channel = at.startsWith("@")
          ? server.directMessages(at.slice(1))
          : server.channel(placeOf(at).channel);
        const cards = channel.messages.filter(({ embeds }) => embeds[0]?.title !== undefined);
        return Math.max(cards.length, server.threadsOf(channel).length);
      },
      breaks(step, how, at) {
        const route = stepsAt(at)[step];
        if (route === undefined) throw new Error(`there is no call that makes a ${step} at ${at}`);
        const fault = how === "reset before" ? "reset" : "reset-after-effect";
        discord.misbehave(typeof how === "string" ? fault : how, { route });
      },
      deletes(message) {
        const { channel, id } = placeOf(message);
        const found = server.message(channel, id);
        if (found) remove(server, found);
      },
      deletesThread: (thread) => discord.deletesChannel(thread),
      writes(thread, text, file) {
        const { channel, id } = ada.writes(thread, text, { files: file ? [file] : [] });
        const [attachment] = server.message(channel, id)?.attachments ?? [];
        const message = `${channel}/${id}`;
        return { message, ...(attachment && { file: `${message}/${attachment.id}` }) };
      },
      refusesToken: () => discord.revokesToken(),
      calls: () => discord.calls.length,
      now: () => clock.now(),
      settled: () => discord.settled(),
    },
  };
}

adapterContract("Discord, with a channel and private threads", async () => {
  const connected = await discordWithPlatform();
  const { triage: agents, privately: requester } = connected;
  return underTest(connected, { agents, requester }, (where) => ({
    card: posting,
    thread: where === agents ? startingBelow : starting,
    message: posting,
    file: posting,
  }));
});

adapterContract(
  "Discord, with a forum and direct messages",
  async () => {
    const connected = await discordWithPlatform();
    const { forum: agents, directly: requester } = connected;
    return underTest(connected, { agents, requester }, (where) => ({
      card: where === agents ? starting : posting,
      message: posting,
      file: posting,
    }));
  },
  {
    "a thread that was opened by half is completed":
      "a forum's post is made with its card, and direct messages have no thread",
  },
);
