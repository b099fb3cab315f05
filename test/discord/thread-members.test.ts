import { describe, expect, test } from "vitest";
import { ticketCard as card, said, spot } from "../contracts/adapter.ts";
import { leaveThread } from "../fakes/discord/threads.ts";
import { discordWithPlatform, failing } from "./connected.ts";

const addition = "PUT /channels/:id/thread-members/:id";
const posting = "POST /channels/:id/messages";

async function withThread() {
  const connected = await discordWithPlatform();
  const { server, platform, privately, rob, help, clock } = connected;
  const { thread } = await platform.openThread(privately, card({ side: "requester" }), "card");
  return {
    ...connected,
    thread,
    posts: () => platform.post(spot(thread, privately), said("hello"), "key"),
    finds: () => platform.findPosted(thread, { key: "key", sinceMs: clock.now() - 1_000 }),
    leaves: () => leaveThread(server, server.channel(thread), rob.id),
    isThere: () => rob.threads(help).some(({ id }) => id === thread),
    posted: () =>
      [...server.channel(thread).messages.values()].filter(({ embeds }) =>
        JSON.stringify(embeds).includes("hello"),
      ),
  };
}

describe("a requester who has left their private thread", () => {
  test("is brought back by what is written there", async () => {
    const { posts, leaves, isThere } = await withThread();
    leaves();
    await posts();
    expect(isThere()).toBe(true);
  });

  test("does not keep waiting what is written there", async () => {
    const { discord, posts, posted } = await withThread();
    let open = () => {};
    const answeredAfter = new Promise<void>((resolve) => {
      open = resolve;
    });
    discord.misbehave({ answeredAfter }, { route: addition });
    const done = posts();
    await discord.until(() => posted().length === 1);
    open();
    await done;
  });

  test("is brought back by the search for the message, if Discord did not answer to that at first", async () => {
    const { discord, platform, posts, finds, leaves, isThere, posted } = await withThread();
    leaves();
    discord.misbehave({ status: 503 }, { route: addition, times: 2 });
    expect(await failing(platform, posts())).toMatchObject({ outcome: "uncertain" });
    expect(isThere()).toBe(false);
    expect(await failing(platform, finds())).toMatchObject({ outcome: "retry" });
    expect(await finds()).toEqual(expect.any(String));
    expect(isThere()).toBe(true);
    expect(posted()).toHaveLength(1);
  });
});

describe("a requester who has left the server", () => {
  test("has nothing in their thread that they will not read", async () => {
    const { discord, guild, platform, rob, posts, posted } = await withThread();
    discord.removes(guild, rob.id);
    expect(await failing(platform, posts())).toMatchObject({ outcome: "dead" });
    expect(posted()).toEqual([]);
  });

  test("is not taken for reached by a message that is found there", async () => {
    const { discord, guild, platform, rob, posts, finds, posted } = await withThread();
    discord.misbehave({ status: 503 }, { route: addition });
    expect(await failing(platform, posts())).toMatchObject({ outcome: "uncertain" });
    discord.removes(guild, rob.id);
    expect(await finds()).toBeUndefined();
    expect(posted()).toEqual([]);
    expect(await failing(platform, posts())).toMatchObject({ outcome: "dead" });
  });
});

test("a message that nobody knows of is looked for, whatever became of bringing them back", async () => {
  const { discord, platform, posts, posted } = await withThread();
  discord.misbehave("reset-after-effect", { route: posting });
  discord.misbehave({ status: 503 }, { route: addition });
  expect(await failing(platform, posts())).toMatchObject({ outcome: "uncertain" });
  expect(posted()).toHaveLength(1);
});
