import { expect, onTestFinished, test } from "vitest";
import { createRemote, remoteWords } from "../src/service.ts";
import { realWorld } from "../src/world.ts";
import { memoryStore } from "./desk/memory-store.ts";
import { startTicketApi } from "./fakes/ticket-api.ts";
import { hangsMs } from "./fakes/until.ts";
import { keptLog } from "./log.ts";
import { newTicket } from "./ticket-api/connected.ts";
import { recordedServiceDesk } from "./ticket-api/recorded-service-desk.ts";

test("a ticket is created in the other service, and what is written there comes in", async () => {
  const fake = await startTicketApi();
  onTestFinished(() => fake.stop());
  const store = memoryStore();
  const desk = recordedServiceDesk();
  const polls: string[] = [];
  const remote = await createRemote({
    config: { url: fake.url, token: fake.agentToken, replies: "put-threads", pollMs: 1_000 },
    ...{ log: keptLog(), world: realWorld, store, onPoll: (outcome) => polls.push(outcome) },
  });
  const { id } = await remote.service.create(newTicket, "1/p1/open/0");
  expect(remote.spot.platform).toBe(remote.service.platform);
  desk.tickets.add(id);
  fake.tickets.write(id, "agent_7", "On it.");
  remote.start(desk);
  await expect.poll(() => polls, { timeout: hangsMs }).toContain("done");
  expect(desk.taken[0]?.ticket).toMatchObject({ id, entries: [{}, { message: "On it." }] });
  const { host } = new URL(fake.url);
  expect(await store.value(`ticket service ${host}`)).toContain("updatedMs");
  await remote.stop(30_000);
  await remote.close(30_000);
  await expect(remote.service.read(id)).rejects.toMatchObject({ code: "CLOSED" });
});

test("what is started while it stops reads nothing", async () => {
  const fake = await startTicketApi();
  onTestFinished(() => fake.stop());
  const remote = await createRemote({
    config: { url: fake.url, token: fake.agentToken, replies: "off", pollMs: 1_000 },
    ...{ log: keptLog(), world: realWorld, store: memoryStore(), onPoll: () => undefined },
  });
  await remote.stop(0);
  remote.start(recordedServiceDesk());
  await remote.stop(30_000);
  await remote.close(30_000);
  expect(fake.requests).toEqual([]);
});

test("what is told of a service has no secret of its address in it", () => {
  const url = "https://someone:hush-hush@tickets.example.com/base/?key=hush-hush";
  const words = remoteWords({ url, token: "hush-hush", replies: "post-thread", pollMs: 2_500 });
  expect(words).toBe(
    "tickets.example.com/base: replies are posted to a ticket's threads; what changes there is read every 2.5 s",
  );
});
