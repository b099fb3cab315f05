/** What the process that leads does for those that follow: it sends and takes in what they leave to it. */
import type { Chat } from "./chat.ts";
import type { CatchUp } from "./desk/catch-up.ts";
import type { Outbox } from "./desk/outbox.ts";
import type { HeldStore } from "./desk/ports.ts";
import { HandedOver } from "./handed.ts";
import type { Given } from "./serving.ts";

/** What was not told in time is looked for so often. */
const lookEveryMs = 5_000;
/** Also in tickets of which it is known that they owe something: in each so many-th look. */
const looksAtAll = 12;

export interface Followers {
  /** Until what waits for this process is in, what comes now waits behind it; undefined: it need not. */
  handOver(platform: string, told: object): Promise<void> | undefined;
  /** What they say and hand over is taken in from now on. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export function hearFollowers(
  { log, world: { after } }: Given,
  store: HeldStore,
  { chat, outbox, catchUp }: { chat: Chat; outbox: Outbox; catchUp: CatchUp },
): Followers {
  const { others } = store;
  if (!others) return alone;
  const handed = new HandedOver({
    ...{ others, log, after },
    take: ({ platform, content }) => chat.takeIn(platform, content),
    lineOf: ({ platform, content }) => chat.lineOf(platform, content),
    onDropped: ({ platform, atMs }) => catchUp.mayHaveMissed(platform, atMs),
  });
  let [cancel, looks, isStopped]: [() => void, number, boolean] = [() => undefined, 0, false];
  const look = async (all: boolean) => {
    try {
      const owing = await store.owing();
      if (all) for (const id of owing) outbox.wake(id);
      else outbox.notice(owing);
    } catch (err) {
      log.error({ err }, "What others have left to be sent cannot be told: it waits");
    }
  };
  const lookLater = () => {
    if (isStopped) return;
    cancel = after(lookEveryMs, () => {
      looks += 1;
      void look(looks % looksAtAll === 0).then(lookLater);
    });
  };
  return {
    handOver: (platform, told) =>
      handed.isDrained ? undefined : others.hand(platform, JSON.stringify(told)),
    async start() {
      if (isStopped) return;
      await others.listen(
        (ids) => {
          for (const id of ids) outbox.wake(id);
          if (ids.length === 0) handed.look();
        },
        () => void look(true),
      );
      handed.look();
      lookLater();
    },
    async stop() {
      isStopped = true;
      cancel();
      await handed.stop();
    },
  };
}

const alone: Followers = {
  handOver: () => undefined,
  start: async () => undefined,
  stop: async () => undefined,
};
