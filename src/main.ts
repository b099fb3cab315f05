import type { Config } from "./config.ts";
import type { Log } from "./desk/ports.ts";
import { Front } from "./http/front.ts";
import type { ApiToken } from "./http/tokens.ts";
import { lead } from "./leader.ts";
import { openStore } from "./open-store.ts";
import { type Given, graceMs, orUndone, type Service, type Undoing } from "./serving.ts";
import { Sharing } from "./sharing.ts";
import { realWorld } from "./world.ts";

export interface Running {
  /** Where it listens. */
  url: string;
  tokens: readonly ApiToken[];
  /** What keeps a chat platform from working, each as a sentence. */
  problems(): string[];
  /** Resolves to what forces it to end; never, as a rule. */
  failed: Promise<Error>;
  /** No new work, what was accepted is committed, then all is let go of. */
  stop(): Promise<void>;
}

/** Starts Deskhand: store, desk, outbox, HTTP, platforms. Throws what keeps it from starting. */
export async function start(config: Config, log: Log, world = realWorld): Promise<Running> {
  const given = { config, log, world, front: new Front({ ...config, log, after: world.after }) };
  try {
    return await (config.database ? share(given, config.database) : startAlone(given));
  } catch (error) {
    await given.front.stop(0);
    throw error;
  }
}

async function startAlone(given: Given): Promise<Running> {
  const { config, log } = given;
  const store = await openStore(config, log);
  const undoing: Undoing = [() => store.close()];
  const service = await orUndone(undoing, () => lead(store, given, undoing));
  return running(given, service, new Promise(() => undefined));
}

/** One of several processes on one store. */
async function share(given: Given, database: NonNullable<Config["database"]>): Promise<Running> {
  let fail: (error: Error) => void = () => undefined;
  const failed = new Promise<Error>((resolve) => {
    fail = resolve;
  });
  const sharing = await Sharing.start(given, database, (error) => fail(error));
  return running(given, sharing, failed);
}

function running({ front, log }: Given, service: Service, failed: Promise<Error>): Running {
  return {
    url: front.url,
    tokens: service.tokens,
    problems: () => service.problems(),
    failed,
    async stop() {
      const closing = front.stop(graceMs);
      await service.stop();
      await closing;
      log.info({}, "stopped");
    },
  };
}
