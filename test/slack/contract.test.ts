import { renderCard } from "../../adapters/slack/cards.ts";
import type { Mark } from "../../src/desk/chat.ts";
import { adapterContract, type Step } from "../contracts/adapter.ts";
import { readingContract } from "../contracts/reading.ts";
import type { Upload } from "../fakes/slack/person.ts";
import type { Seen } from "../fakes/slack/seen.ts";
import { placeOf, slackWithPlatform } from "./connected.ts";

const methods: Readonly<Record<Exclude<Step, "thread">, string>> = {
  card: "chat.postMessage",
  message: "chat.postMessage",
  file: "files.completeUploadExternal",
};

const marks: Readonly<Record<string, Mark>> = {
  hourglass_flowing_sand: "sending",
  white_check_mark: "delivered",
  x: "failed",
};

/** A Slack whose people do what the contracts ask for, by references. */
async function slackWorld() {
  const connected = await slackWithPlatform({ renderCard });
  const { slack, ada, rob } = connected;
  const { workspace } = slack;
  const personIn = (channel: string) => (channel === rob.dm ? rob : ada);
  const referenceOf = ({ channel, ts }: Seen) => `${workspace.team.id}/${channel}/${ts}`;
  const messageAt = (reference: string) => {
    const { channel, ts } = placeOf(reference);
    return workspace.message(workspace.channelOf({ channel }), ts);
  };
  const deletes = (reference: string) => {
    const message = messageAt(reference);
    for (const id of message?.files ?? []) {
      const file = workspace.files.get(id);
      if (file) file.deleted = true;
    }
    if (message) workspace.remove(message);
  };
  const writes = (thread: string, text: string, file?: Upload) => {
    const { channel, ts } = placeOf(thread);
    const files = file ? [file] : [];
    const message = referenceOf(personIn(channel).writes(channel, text, { thread: ts, files }));
    const id = file && [...workspace.files.keys()].at(-1);
    return { message, ...(id !== undefined && { file: id }) };
  };
  return { ...connected, personIn, referenceOf, deletes, writes };
}

adapterContract(
  "Slack",
  async () => {
    const { slack, platform, triage, ...world } = await slackWorld();
    const { rob, personIn: readerOf, referenceOf, deletes, writes } = world;
    return {
      adapter: platform,
      where: { agents: triage, requester: rob.id },
      world: {
        reads(thread) {
          const { channel, ts } = placeOf(thread);
          const messages = readerOf(channel).reads(channel, { thread: ts });
          return messages.map((message) => ({
            ...message,
            reference: referenceOf(message),
            marks: message.reactions.flatMap((name) => marks[name] ?? []),
          }));
        },
        threadsAt: (where) => {
          const channel = where === rob.id ? rob.dm : where;
          const messages = readerOf(channel).reads(channel);
          return messages.filter(({ thread }) => thread === undefined).length;
        },
        breaks(step, how) {
          if (step === "thread") throw new Error("a thread in Slack is made with its card");
          const fault = how === "reset before" ? "reset" : "reset-after-effect";
          slack.misbehave(typeof how === "string" ? fault : how, { method: methods[step] });
        },
        deletes,
        deletesThread: deletes,
        writes,
        refusesToken: () => slack.revokesToken(),
        calls: () => slack.calls.length,
        now: () => slack.clock.now(),
        settled: () => slack.settled(),
      },
    };
  },
  {
    "a second call to open a thread makes no second one":
      "Slack takes no key for what it posts: only `findThread` tells",
    "a second call to post makes no second message":
      "Slack takes no key for what it posts: only `findPosted` tells",
    "a thread that was opened by half is completed":
      "a thread in Slack is made with its card, and never by half",
    "to edit what is not there any more is no failure":
      "what Slack says of it may also be about a message that is hidden, so agents are told",
  },
);

const replies = "conversations.replies";

readingContract("Slack", async () => {
  const { slack, platform, triage, rob, ...world } = await slackWorld();
  const { personIn, deletes, writes } = world;
  const seenAt = (reference: string) => {
    const { channel, ts } = placeOf(reference);
    const person = personIn(channel);
    const all = person.reads(channel);
    const message = all.find((each) => each.ts === ts);
    if (!message) throw new Error(`there is no message ${reference}`);
    return { person, message, all };
  };
  return {
    adapter: platform,
    where: { agents: triage, requester: rob.id },
    world: {
      ...{ writes, deletes },
      deletesThread: deletes,
      edits(reference, text) {
        const { person, message } = seenAt(reference);
        person.edits(message, text);
      },
      botWrites(thread, text) {
        const { channel, ts } = placeOf(thread);
        slack.botWrites(channel, text, { thread: ts });
      },
      givesPagesOf: (messages) => slack.givesPagesOf(messages),
      throttles(pages, retryAfterS) {
        const asItShould = { until: Promise.resolve() };
        if (pages > 0) slack.misbehave(asItShould, { method: replies, times: pages });
        slack.misbehave({ retryAfterS }, { method: replies });
      },
      shutsUsOut: () => slack.removesBot(triage),
      refusesToken: () => slack.revokesToken(),
      toldOf(reference) {
        const { message, all } = seenAt(reference);
        const toThem = all.filter((each) => each.ephemeral && each.thread === message.thread);
        return toThem.map(({ words }) => words);
      },
      passes: (ms) => slack.clock.advance(ms),
      now: () => slack.clock.now(),
    },
  };
});
