import type {
  Failure,
  PlatformAdapter,
  PlatformReader,
  WantedMessage,
  WrittenEvent,
} from "../../src/desk/chat.ts";
import { typedText } from "../../src/desk/text.ts";
import { plainText } from "../../src/desk/text-plain.ts";
import { asError } from "./disk.ts";
import {
  numberOf,
  type Platform,
  PlatformFault,
  type Shown,
  type Thread,
  threadOf,
  writtenAt,
} from "./platform.ts";
import type { Owner, Scheduler } from "./scheduler.ts";
import type { Ending, Weather } from "./weather.ts";

interface Parts {
  platform: Platform;
  scheduler: Scheduler;
  weather: Weather;
  heardUntil(): number | undefined;
}

/** What is asked of a platform, by which one knows it in the trace. */
type Call = <T>(name: string, about: string, effect: () => T) => Promise<T>;

/** A page of what is read back. */
const pageLength = 2;

/** Files carry no key on this platform. */
const withoutFileKeys = "two";

/** How a process calls a platform: each request arrives some time, or not, and then it is answered. */
export function adapterOf(process: Owner, parts: Parts): PlatformAdapter & PlatformReader {
  const { platform } = parts;
  const call = callOf(process, parts);
  const shown = (thread: Thread): Opened => {
    if (!thread.card) throw new Error("It has no card");
    return { thread: thread.id, card: thread.card.id };
  };
  return {
    platform: platform.name,
    split: platform.split,
    failureOf,

    async openThread(where, card, key) {
      const opened = await call("openThread", key, () => platform.open(where, key));
      return byHalf(
        call("openThread's card", key, () => {
          platform.showCard(platform.thread(opened.id), card);
          return shown(opened);
        }),
      );
    },

    async findThread(where, card, key) {
      const isIt = (each: Thread) => each.where === where && each.key === key && !each.isGone;
      const found = await call("findThread", key, () => [...platform.threads.values()].find(isIt));
      if (!found || found.card) return found && shown(found);
      return byHalf(
        call("findThread's card", key, () => {
          if (!found.card) platform.showCard(platform.thread(found.id), card);
          return shown(found);
        }),
      );
    },

    post: ({ thread }, { kind, author, text, retry }, key) =>
      call("post", key, () =>
        platform.post(thread, { kind, author: author.name, text: wordsOf(text), retry, key }),
      ),

    postFile: ({ thread }, { author, name }, key) =>
      call("postFile", key, () => {
        const file = { kind: "file", author: author.name, text: name } as const;
        return platform.post(thread, { ...file, retry: undefined, key });
      }),

    async update(message, content) {
      if ("message" in content) {
        const { kind, text, retry } = content.message;
        await call("update", message, () =>
          platform.edit(message, { kind, text: wordsOf(text), retry }),
        );
        return undefined;
      }
      const { card, at } = content;
      const isShown = await call("update card", message, () => {
        const thread = platform.thread(at.thread);
        if (thread.card?.id !== message) return false;
        thread.card.shows = card;
        return true;
      });
      if (isShown) return undefined;
      // Someone has deleted it.
      return call("show card", message, () => {
        return platform.showCard(platform.thread(at.thread), card).id;
      });
    },

    remove: (message) => call("remove", message, () => platform.remove(message)),

    async mark(message, mark, others) {
      const marked = (): Set<string> => {
        if (!platform.find(message) || platform.threads.get(threadOf(message))?.isGone)
          throw new PlatformFault("dead", "the message is not there");
        return platform.marksOf(message);
      };
      if (mark !== null) await call(`mark ${mark}`, message, () => marked().add(mark));
      for (const other of others)
        await call(`unmark ${other}`, message, () => marked().delete(other));
    },

    findPosted: (thread, wanted) =>
      call("findPosted", wanted.key, () => {
        const { messages } = platform.thread(thread);
        return messages.find((each) => isWanted(each, wanted, platform.name))?.id;
      }),

    fetchFile: (file) =>
      call("fetchFile", file, () => {
        const content = platform.files.get(file);
        if (!content) throw new PlatformFault("dead", "the file is not there");
        return content;
      }),

    ...readerOf(call, parts),
  };
}

/** What was done by half had an effect, however the rest of it failed. */
async function byHalf<T>(rest: Promise<T>): Promise<T> {
  try {
    return await rest;
  } catch (error) {
    const { outcome, reason, isDown } = failureOf(error);
    throw outcome === "gone"
      ? error
      : new PlatformFault("uncertain", reason, { ...(isDown && { isDown }) });
  }
}

type Opened = Awaited<ReturnType<PlatformAdapter["openThread"]>>;

function callOf(process: Owner, { platform, scheduler, weather }: Parts): Call {
  return (name, about, effect) => {
    const label = `${platform.name}.${name} ${about}`;
    return new Promise((resolve, reject) => {
      const arrive = () => {
        const isLookUp = name.startsWith("find") || name.startsWith("read");
        const answer = answerTo(weather.call(platform.name, !isLookUp), effect, () =>
          weather.more(platform.name),
        );
        const given = { owner: process };
        if ("value" in answer)
          scheduler.put(`${label} is answered`, () => resolve(answer.value), given);
        else
          scheduler.put(
            `${label} fails: ${answer.fault.message}`,
            () => reject(answer.fault),
            given,
          );
      };
      // What makes something may arrive late: it is looked for only once it has.
      const arrives = name.startsWith("openThread") || name.startsWith("post") ? "later" : "now";
      const fate = () => (weather.arrives() ? arrives : "lost");
      scheduler.put(label, arrive, { owner: process, fate });
    });
  };
}

type Answer<T> = { value: T } | { fault: Error };

function answerTo<T>(ending: Ending, effect: () => T, more: More): Answer<T> {
  if (ending === "retry" || ending === "dead") return { fault: faultOf(ending, more) };
  if (ending === "uncertain-before") return { fault: faultOf("uncertain", more) };
  try {
    const value = effect();
    return ending === "ok" ? { value } : { fault: faultOf("uncertain", more) };
  } catch (thrown) {
    return { fault: asError(thrown) };
  }
}

/** What a failure tells besides how the call ended. */
type More = () => Pick<Failure, "retryAfterMs" | "isDown">;

function faultOf(outcome: Failure["outcome"], more: More): PlatformFault {
  const { retryAfterMs, isDown } = more();
  return new PlatformFault(outcome, `it ends as ${outcome}`, {
    ...(outcome === "retry" && retryAfterMs !== undefined && { retryAfterMs }),
    ...(outcome !== "dead" && isDown && { isDown }),
  });
}

const failureOf = (error: unknown): Failure =>
  error instanceof PlatformFault ? error.failure : { outcome: "uncertain", reason: String(error) };

const wordsOf = (text: Parameters<typeof plainText>[0]) => plainText(text).trim();

function isWanted(shown: Shown, { key, sinceMs, file }: WantedMessage, platform: string): boolean {
  if (shown.writer !== undefined || shown.at < sinceMs) return false;
  if (!file || platform !== withoutFileKeys) return shown.key === key;
  return shown.kind === "file" && shown.text === file.name && !file.others.includes(shown.id);
}

/** What catching up asks of a platform. */
function readerOf(call: Call, { platform, heardUntil }: Parts): PlatformReader {
  return {
    heardUntil,
    writtenAt,
    tellRefused: async (event) => {
      await call("read: refused", event.message, () => platform.refused.add(event.message));
    },
    isThere: (_at, message) =>
      call("read: is there", message, () => {
        platform.thread(threadOf(message));
        return platform.find(message) !== undefined;
      }),
    async *readSince({ thread }, sinceMs, reached) {
      let after = 0;
      for (;;) {
        const page = await call("readSince", `${thread} ${after}`, () => {
          const { messages } = platform.thread(thread);
          return messages
            .filter(({ id, at }) => at >= sinceMs && numberOf(id) > after)
            .slice(0, pageLength)
            .map((shown) => ({ shown, number: numberOf(shown.id) }));
        });
        for (const { shown } of page) yield* writtenBy(platform, thread, shown);
        const last = page.at(-1);
        if (!last || page.length < pageLength) return;
        after = last.number;
        reached?.(last.shown.at);
      }
    },
  };
}

function writtenBy({ name }: Platform, thread: string, shown: Shown): WrittenEvent[] {
  const { id: message, writer: by, text, files, isEdited } = shown;
  if (!by) return [];
  const type = isEdited ? "edited" : "message";
  return [{ type, platform: name, thread, message, by, text: typedText(text), files }];
}
