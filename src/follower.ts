/** A process on a store that another one leads: it answers HTTP, and hands on what it is told. */
import { createChat } from "./chat.ts";
import { createChatDesk } from "./desk/chat-desk.ts";
import { randomIds } from "./desk/ids.ts";
import { createOnlooker } from "./desk/onlooker.ts";
import type { SharedStore } from "./desk/ports.ts";
import { within } from "./desk/timing.ts";
import { createMetrics } from "./http/metrics.ts";
import { createRemote } from "./service.ts";
import {
  appOf,
  commonOf,
  connectMs,
  type Given,
  graceMs,
  type Service,
  type Undoing,
} from "./serving.ts";

/** Throws what keeps it from starting; then `undoing` has what undoes what was begun. */
export async function follow(store: SharedStore, given: Given, undoing: Undoing): Promise<Service> {
  const { config, log, world, front } = given;
  const metrics = createMetrics(store, { leads: false });
  const { exchange } = store;
  const chat = await createChat({
    ...{ ...given, onRateLimit: metrics.rateLimited },
    onlyAnswers: true,
    handOver: (platform, told) => exchange.hand(platform, JSON.stringify(told)),
  });
  // What is to be written there is put down in its tickets by whoever opens them.
  const remote =
    config.remote &&
    (await createRemote({ config: config.remote, log, world, store, onPoll: metrics.polled }));
  const common = await commonOf(given, store, chat, remote, undoing);
  const outbox = createOnlooker(exchange, { log, after: world.after });
  metrics.watch(outbox);
  const desk = { store, ids: randomIds, rules: common.rules, now: world.now, outbox };
  const problems = () => chat.problems();
  const answering = { store, chat, desk, common, metrics, problems, roles: ["http"] as const };
  const opened = await front.open(appOf(given, answering), metrics);
  undoing.push(() => chat.stop());
  const connecting = chat.start(createChatDesk(desk));
  await within(connecting, { ms: connectMs, after: world.after, late: undefined });
  if (!config.attachments)
    log.warn(
      { dataDir: config.dataDir },
      "ATTACHMENTS_URL is not set: this process gives out only the attachments of its own DATA_DIR. Set it to the same place for all processes",
    );
  log.info({ url: opened.url, roles: ["http"] }, "ready");
  return {
    tokens: common.tokens,
    problems,
    async stop() {
      await Promise.all([opened.drained(graceMs), chat.stop(), outbox.stop(0)]);
      await remote?.close(0);
      common.files.close();
      await store.close();
    },
  };
}
