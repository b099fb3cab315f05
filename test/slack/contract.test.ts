import { renderCard } from "../../adapters/slack/cards.ts";
import type { Mark } from "../../src/desk/chat.ts";
import { adapterContract, type Step } from "../contracts/adapter.ts";
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

adapterContract(
  "Slack",
  async () => {
    const { slack, platform, triage, ada, rob } = await slackWithPlatform({ renderCard });
    const readerOf = (channel: string) => (channel === rob.dm ? rob : ada);
    const referenceOf = ({ channel, ts }: Seen) => `${slack.workspace.team.id}/${channel}/${ts}`;
    const deletes = (reference: string) => {
      const { channel, ts } = placeOf(reference);
      const message = slack.workspace.message(slack.workspace.channelOf({ channel }), ts);
      for (const id of message?.files ?? []) {
        const file = slack.workspace.files.get(id);
        if (file) file.deleted = true;
      }
      if (message) slack.workspace.remove(message);
    };
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
        writes(thread, text, file) {
          const { channel, ts } = placeOf(thread);
          const files = file ? [file] : [];
          const message = referenceOf(ada.writes(channel, text, { thread: ts, files }));
          const id = file && [...slack.workspace.files.keys()].at(-1);
          return { message, ...(id !== undefined && { file: id }) };
        },
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
